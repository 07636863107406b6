"""What other libraries' loaders call things, and what to write here instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs._names import short
from imagepipe_rs._values import (
    augment,
    either,
    mixing,
    on_device,
    one_of,
    policy,
    prefetch,
    resized,
    same_as,
    sampler,
    shard,
    size,
    split,
    threads,
)

if TYPE_CHECKING:
    from imagepipe_rs._values import Answer, Given


def answer(name: str, given: Given) -> str:
    """Return what to write for a foreign argument, which is given beside others."""
    found = FOREIGN[name]
    return found if isinstance(found, str) else found(given[name], given)


# What others call the first argument.
PATHS = {
    *("data_dir", "data_path", "data_root", "dataset", "directory", "directory_url", "root"),
    *("file_list", "file_root", "filenames", "files", "fname", "path_imgrec"),
}

_ON_BATCHES = "apply it to the batches"
_AUGMENT = "augment= has policies with such operations; another function: apply it to the batches"
_NO_PROCESSES = "leave it out: workers are threads of this process"
_NO_INDEX = "leave it out: an index beside a shard is found, and none is needed"
_CACHED = "leave it out: files are read through the page cache"
_MADE_AHEAD = "leave it out: batches are made ahead; prefetch= says how many"
_LAYOUT = one_of("layout", "layout='NHWC' or 'NCHW'")
_LABELS = one_of("labels", "labels='int', 'one_hot' or None")

# Names, and what to write instead of each.
_ANSWERS: tuple[tuple[str, Answer], ...] = (
    # Sizes, threads, order and other things that everybody has.
    ("image_size target_size input_size img_size image_shape data_shape crop_size resize", size),
    ("num_workers num_threads num_parallel_calls num_parallel_reads nthreads", threads),
    ("preprocess_threads n_workers parallel", threads),
    ("prefetch_factor prefetch_queue_depth prefetch_buffer batches_ahead", prefetch),
    ("max_queue_size queue_size", prefetch),
    (
        "shuffle_buffer shuffle_buffer_size buffer_size initial_fill shuffle_size",
        "shuffle=True (a full permutation of each epoch, without a buffer)",
    ),
    ("random_shuffle", same_as("shuffle")),
    ("batch batchsize", same_as("batch_size")),
    ("max_samples num_samples subset_size max_images num_images", same_as("limit")),
    (
        "drop_last drop_remainder",
        either("last_batch='drop'", "last_batch='keep'"),
    ),
    ("shard_id num_shards part_index num_parts num_replicas rank world_size", shard),
    (
        "horizontal_flip hflip rand_mirror random_flip mirror",
        either("flip=True", "flip=False"),
    ),
    ("preprocessing_function vertical_flip vflip", _ON_BATCHES),
    ("brightness_range width_shift_range height_shift_range shear_range", _AUGMENT),
    ("rotation_range rotation", _AUGMENT),
    ("auto_augment autoaugment aa augmentation augmentations auto_augment_policy", augment),
    ("randaugment rand_augment randaug trivial_augment trivialaugment augmix", augment),
    ("mixup cutmix mixup_alpha cutmix_alpha mixup_prob cutmix_minmax mixup_cutmix", mixing),
    ("channel_shift_range color_jitter", _ON_BATCHES),
    ("no_aug re_prob fill_mode cval featurewise_center zca_whitening", _ON_BATCHES),
    ("featurewise_std_normalization samplewise_center", _ON_BATCHES),
    ("samplewise_std_normalization", _ON_BATCHES),
    # tf.keras: image_dataset_from_directory, ImageDataGenerator, flow_from_dataframe, fit
    ("label_mode class_mode", _LABELS),
    ("color_mode", one_of("channels", "channels='RGB', 'BGR' or 'GRAY'; there is no alpha")),
    ("class_names", same_as("classes")),
    ("validation_split subset", split),
    ("keep_aspect_ratio crop_to_aspect_ratio", either("fit='crop'", "fit='stretch'")),
    ("pad_to_aspect_ratio", either("fit='pad'", "fit='stretch'")),
    ("data_format output_layout", _LAYOUT),
    ("follow_links", "leave it out: links are followed"),
    ("verbose", "leave it out: print(loader) says what was found"),
    ("rescale", "dtype='float32' (that is x / 255, and mean= and std= normalise it)"),
    ("zoom_range", "fit='random_crop', with scale= for the shares of the area"),
    ("steps_per_epoch", "give it to the trainer; limit= uses the first samples only"),
    ("dataframe", "write it as a CSV with the columns filename and class; give that as path"),
    ("x_col y_col", "call the CSV's columns filename and class"),
    ("weight_col", "weights= draws samples by weight; loss weights go to the trainer"),
    ("validate_filenames", "leave it out: a missing file is an error"),
    ("save_to_dir save_prefix save_format", "'imagepipe show' draws a batch"),
    (
        "class_weight sample_weight",
        "class_weight of model.fit, or weights= to draw rare classes more often",
    ),
    ("use_multiprocessing", "leave it out: workers= are threads, without Python's lock"),
    ("sep", "leave it out: commas, semicolons and tabs are detected"),
    # torch.utils.data, torchvision
    (
        "transform",
        "size=, fit=, flip=, augment=, mean= and std= do torchvision's usual transforms; another: "
        + _ON_BATCHES,
    ),
    ("target_transform", "apply it to the labels of the batches"),
    ("loader", "leave it out: images are decoded here"),
    ("is_valid_file", "leave it out: on_error='skip' leaves damaged files out"),
    ("sampler batch_sampler", sampler),
    ("collate_fn", f"batches are arrays already; {_ON_BATCHES}"),
    (
        "pin_memory pin_memory_device",
        "leave it out: device='cuda' uses pinned memory, and delivers on the GPU",
    ),
    (
        "replacement",
        either(
            "weights= (one per sample, all alike; with replacement, and endless)",
            "leave it out: an epoch has every sample once",
        ),
    ),
    ("persistent_workers multiprocessing_context worker_init_fn timeout", _NO_PROCESSES),
    ("generator", "seed= determines everything random"),
    ("train", "split=('train', fraction) or split=('validation', fraction)"),
    ("download", "leave it out: path is a dataset on this machine"),
    ("extensions", "leave it out: image formats are recognized by content"),
    ("in_order", "leave it out: batches are always in order"),
    ("antialias", "leave it out: images are antialiased when they shrink"),
    ("center_crop", "fit='crop'"),
    ("random_crop rand_crop random_resized_crop", "fit='random_crop'"),
    ("grayscale", either("channels='GRAY'", "channels='RGB'")),
    ("normalize normalise", "mean= and std=, with dtype='float32'"),
    ("num_classes", "leave it out: loader.num_classes; classes= chooses classes by name"),
    ("channels_last", either("layout='NHWC'", "layout='NCHW'")),
    ("memory_format", "layout='NHWC' or 'NCHW'"),
    ("fp16 half", "dtype='float16'"),
    ("bf16", "dtype='bfloat16'"),
    ("num_epochs epochs", "iterate as many times, or repeat=True"),
    # timm
    ("is_training", "fit='random_crop', flip=True to train; fit='crop', shuffle=False to evaluate"),
    ("crop_pct", "fit='crop', resize_short= (the size divided by it)"),
    ("use_prefetcher read_ahead", _MADE_AHEAD),
    ("distributed", "shard='auto'"),
    # NVIDIA DALI
    ("shuffle_after_epoch", "shuffle=True (each epoch is another permutation)"),
    ("resize_x resize_y", resized),
    ("resize_shorter", lambda value, _given: f"fit='crop', resize_short={short(value)}"),
    ("output_dtype", "dtype='uint8', 'float32', 'float16' or 'bfloat16'"),
    ("pad_last_batch", "last_batch='pad'"),
    ("last_batch_policy", policy),
    ("crop", "size=, with fit='crop' or fit='random_crop'"),
    ("stick_to_shard", "leave it out: a rank's share differs by epoch, unless shuffle=False"),
    ("dont_use_mmap", "leave it out: images are read, not mapped"),
    ("device_id", on_device),
    ("index_path path_imgidx", _NO_INDEX),
    # tf.data
    ("deterministic", "leave it out: batches are always the same"),
    ("compression_type", "leave it out: GZIP and ZLIB are detected"),
    ("cache os_cache", _CACHED),
    ("count", "repeat=True to never end"),
    ("reshuffle_each_iteration", "leave it out: each epoch has an order of its own"),
    # FFCV
    ("order", "shuffle=True or False"),
    ("pipelines", "size=, fit=, flip=, dtype=, mean= and std= say what to do with an image"),
    ("recompile", "leave it out: nothing is compiled"),
    ("indices", "limit= uses the first samples only; others can be listed in a CSV, as path"),
    (
        "custom_fields custom_field_mapper",
        "only images and labels are read; keys= says what they are called in TFRecords",
    ),
    # Accelerate
    (
        "even_batches",
        "leave it out: all ranks have the same number of batches; last_batch= is for the last one",
    ),
)

FOREIGN = {name: said for names, said in _ANSWERS for name in names.split()}
"""What to write for each argument of another library."""

_LABELS_COME = "labels come with the batches; class_counts says how many each class has"
_ONE_FOR_BOTH = (
    "a Loader is dataset and DataLoader in one, with num_samples, classes, class_counts and paths"
)
_IN_TF = "as_tf_dataset() has it"

ATTRIBUTES = {
    # Keras
    "class_indices": "here it is class_to_index",
    "class_names": "here it is classes",
    **dict.fromkeys(("file_paths", "filenames", "filepaths"), "here it is paths"),
    # tf.data
    **dict.fromkeys(("batch", "cardinality", "element_spec", "map", "prefetch"), _IN_TF),
    **dict.fromkeys(("shuffle", "take", "unbatch"), _IN_TF),
    # torchvision
    "class_to_idx": "here it is class_to_index",
    **dict.fromkeys(("imgs", "samples"), f"the files are paths; {_LABELS_COME}"),
    **dict.fromkeys(("labels", "targets"), _LABELS_COME),
    # torch.utils.data
    "dataset": _ONE_FOR_BOTH,
    "drop_last": "here it is the argument last_batch",
    "generator": "here it is the argument seed",
    "num_workers": "here it is the argument workers: threads",
    "sampler": "shuffle, sampling, weights and shard are arguments; set_epoch() is the Loader's",
}
"""What there is here for an attribute of another library's loader."""
