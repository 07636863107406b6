"""What other loaders call things, for the error that a habit from one of them meets."""

from __future__ import annotations

import difflib
import functools
import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_Self = TypeVar("_Self")

_Result = TypeVar("_Result")

_Given = Mapping[str, Any]
_Answer = Callable[[Any, _Given], str]


def explains_keywords(
    init: Callable[Concatenate[_Self, _P], None],
) -> Callable[Concatenate[_Self, _P], None]:
    """Let ``init`` answer arguments that it does not have with a ``TypeError`` that says what they are called here."""
    parameters = list(inspect.signature(init).parameters.values())
    known = [parameter.name for parameter in parameters[1:]]
    positional = sum(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters)

    @functools.wraps(init)
    def checked(self: _Self, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        unknown = [name for name in kwargs if name not in known]
        if unknown:
            raise TypeError(_unknown(unknown, kwargs, known))
        if len(args) >= positional:
            raise TypeError(_too_many(args, known[: positional - 1]))
        for name, value in kwargs.items():
            if here := _habit(name, value):
                message = f"{name}={_short(value)} is not valid: here it is {here}"
                known_type = isinstance(value, str | list | tuple)
                raise ValueError(message) if known_type else TypeError(message)
        init(self, *args, **kwargs)

    return checked


def no_attribute(loader: object, name: str) -> AttributeError:
    """Return the error for an attribute that a Loader does not have."""
    lacks = f"{type(loader).__name__!r} object has no attribute {name!r}"
    if name in _ATTRIBUTES:
        return AttributeError(f"{lacks}: {_ATTRIBUTES[name]}")
    return AttributeError(lacks, name=name, obj=loader)


def cannot_change(name: str, value: Any, known: Collection[str]) -> AttributeError:
    """Return the error for an attribute that is an argument, here or elsewhere."""
    refused = f"{name} of a Loader cannot be changed: make another"
    if name in known:
        return AttributeError(f"{refused} Loader(..., {name}={_short(value)})")
    return AttributeError(
        f"{refused}; {name}={_short(value)}: {FOREIGN[name](value, {name: value})}"
    )


def tells_keras_apart(
    init: Callable[..., None],
) -> Callable[[Callable[_P, _Result]], Callable[_P, _Result]]:
    """Let a call that Keras has under the same name answer keywords of that: a Loader, with arguments of ``init``."""
    loader = list(inspect.signature(init).parameters)

    def decorate(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
        own = inspect.signature(function).parameters

        @functools.wraps(function)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
            unknown = [name for name in kwargs if name not in own]
            if unknown and all(name in {*loader, *FOREIGN, *_PATHS} for name in unknown):
                message = (
                    f"this {function.__name__}() is ImagePipe's; what replaces that of Keras' ImageDataGenerator is "
                    f"imagepipe_rs.Loader, with other names: {_answers(unknown, kwargs, loader)}"
                )
                raise TypeError(message)
            return function(*args, **kwargs)

        return checked

    return decorate


def _habit(name: str, value: Any) -> str | None:
    """Return what to write for a value that another library has for an argument of the same name."""
    if name == "labels" and _is_numbers(value):
        return "path= of a CSV with the columns filename and class"
    if name == "split":
        return _side(value)
    word = isinstance(value, str | int) and not isinstance(value, bool)
    if word and (name, value) in _VALUES:
        return _VALUES[name, value]
    if name not in _OBJECTS or (isinstance(value, str) and value in _OBJECTS[name]):
        return None
    found = _last_word(value).lower()
    return f"{name}={found!r}" if found in _OBJECTS[name] else _VALUES.get((name, found))


def _last_word(value: Any) -> str:
    """Return the last word of what a value is called: of numpy.float32, InterpolationMode.BICUBIC, "BICUBIC"."""
    own = getattr(value, "__name__", None) or getattr(value, "name", None) or str(value)
    words = re.findall(r"\w+", str(own))
    return words[-1] if words else ""


def _is_numbers(value: Any) -> bool:
    if not isinstance(value, list | tuple) and getattr(value, "ndim", 0) != 1:
        return False  # of arrays, those of one axis
    first = next(iter(value), "")
    return not isinstance(first, str)


def _side(value: Any) -> str | None:
    """Return what to write for a ``split`` that is a word, a number, or a pair with another word."""
    if isinstance(value, str):
        return _split(None, {"subset": value})
    if isinstance(value, float):
        return _split(None, {"validation_split": value})
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004
        return None
    side, fraction = value
    if not isinstance(side, str) or side in {"train", "validation"}:
        return None
    return _split(None, {"subset": side, "validation_split": fraction})


def _unknown(unknown: list[str], given: _Given, known: list[str]) -> str:
    plural = "s" if len(unknown) > 1 else ""
    return f"unknown argument{plural}: {_answers(unknown, given, known)}"


def _answers(unknown: list[str], given: _Given, known: list[str]) -> str:
    answers: dict[str, list[str]] = {}
    for name in unknown:
        # Arguments that are one here, such as shard_id and num_shards, have one answer.
        answers.setdefault(_answer(name, given, known), []).append(f"{name}={_short(given[name])}")
    return "; ".join(f"{', '.join(names)}: {answer}" for answer, names in answers.items())


def _too_many(args: tuple[Any, ...], positional: list[str]) -> str:
    first = positional[0]
    extra = ", ".join(_short(value) for value in args[len(positional) :])
    return f"only {first} can be given by position: name the rest ({extra}), as in batch_size=32"


def _answer(name: str, given: _Given, known: list[str]) -> str:
    if name in _PATHS:
        return "the data set is the first argument, path"
    if name in known:
        return "the same"
    if name in FOREIGN:
        return FOREIGN[name](given[name], given)
    # Near enough for a slip of the finger; a name that only looks alike may mean something else.
    close = difflib.get_close_matches(name, [*known, *FOREIGN], n=1, cutoff=0.85)
    if not close:
        return "see help(imagepipe_rs.Loader) for all arguments"
    if close[0] in FOREIGN:
        return FOREIGN[close[0]](given[name], given)
    return f"did you mean {close[0]}?"


def _short(value: Any) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004  about half a line


def _say(text: str) -> _Answer:
    return lambda _value, _given: text


def _as(name: str, why: str = "") -> _Answer:
    """Answer with the same value under the name that it has here."""
    note = f" ({why})" if why else ""
    return lambda value, _given: f"{name}={_short(value)}{note}"


def _one_of(choices: Mapping[Any, str], otherwise: str) -> _Answer:
    """Answer with what a value is here; ``otherwise`` for a value that the other library does not have either."""

    def answer(value: Any, _given: _Given) -> str:
        try:
            return choices.get(value, otherwise)
        except TypeError:  # not hashable
            return otherwise

    return answer


def _size(value: Any, _given: _Given) -> str:
    """Translate sizes; those with channels are (channels, height, width)."""
    if isinstance(value, str):
        return "size=(height, width), or one number for both"
    if isinstance(value, list | tuple) and len(value) == 3:  # noqa: PLR2004
        value = tuple(value[:2] if value[2] in {1, 3} else value[1:])
    same = isinstance(value, list | tuple) and len(value) == 2 and value[0] == value[1]  # noqa: PLR2004
    return f"size={value[0] if same else value!r}"


def _split(_value: Any, given: _Given) -> str:
    fraction = given.get("validation_split", 0.2)
    if not isinstance(fraction, float) or not 0 < fraction < 1:
        fraction = 0.2
    side = _SIDES.get(str(given.get("subset")))
    if side:
        return f"split=({side!r}, {fraction})"
    return f"split=('train', {fraction}) and split=('validation', {fraction}), in a Loader for each"


def _shard(_value: Any, given: _Given) -> str:
    rank = _first(given, ("shard_id", "part_index", "rank"), "rank")
    world = _first(given, ("num_shards", "num_parts", "num_replicas", "world_size"), "world_size")
    return f"shard=({rank}, {world}), or shard='auto' for what launched the process"


def _first(given: _Given, names: tuple[str, ...], otherwise: str) -> Any:
    return next((given[name] for name in names if name in given), otherwise)


def _threads(value: Any, _given: _Given) -> str:
    why = "threads, not processes; one per usable core if left out"
    # 0 and -1 are "none" and "you choose" elsewhere.
    wanted = isinstance(value, int) and value > 0
    return f"workers={value} ({why})" if wanted else f"leave it out, or workers= ({why})"


def _prefetch(value: Any, _given: _Given) -> str:
    return f"prefetch={value} (batches)" if isinstance(value, int) else "prefetch=2 (batches)"


def _resized(_value: Any, given: _Given) -> str:
    width = _first(given, ("resize_x",), "width")
    height = _first(given, ("resize_y",), "height")
    return f"size=({height}, {width})"


def _policy(value: Any, _given: _Given) -> str:
    return _POLICIES.get(_last_word(value), "last_batch='keep', 'drop' or 'pad'")


def _sampler(value: Any, _given: _Given) -> str:
    return _SAMPLERS.get(
        type(value).__name__, "shuffle=, sampling=, weights= and shard= say what is drawn"
    )


_SAMPLERS = {
    "DistributedSampler": "shard='auto'",
    "WeightedRandomSampler": "weights= (one per sample, or per class; endless)",
    "RandomSampler": "shuffle=True, the default",
    "SequentialSampler": "shuffle=False",
}

_POLICIES = {
    "FILL": "last_batch='pad'",
    "DROP": "last_batch='drop'",
    "PARTIAL": "last_batch='keep'",
}

_PATHS = {
    "data_dir",
    "data_path",
    "data_root",
    "dataset",
    "directory",
    "directory_url",
    "file_list",
    "file_root",
    "filenames",
    "files",
    "fname",
    "path_imgrec",
    "root",
}

# What an argument may be as an object of another library.
_OBJECTS = {
    "dtype": {"uint8", "float32", "float16", "bfloat16"},
    "interpolation": {"bilinear", "nearest", "bicubic", "lanczos", "area"},
    "layout": set(),
}
_SIDES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
_NO_ALPHA = "channels='RGB': there is no alpha channel"
_VALUES = {
    ("labels", "inferred"): "labels='int'",
    ("labels", "sparse"): "labels='int'",
    ("labels", "binary"): "labels='int' (0 and 1, int64)",
    ("labels", "categorical"): "labels='one_hot'",
    ("channels", "rgb"): "channels='RGB'",
    ("channels", "bgr"): "channels='BGR'",
    ("channels", "grayscale"): "channels='GRAY'",
    ("channels", "gray"): "channels='GRAY'",
    ("channels", "L"): "channels='GRAY'",
    ("channels", "rgba"): _NO_ALPHA,
    ("channels", "RGBA"): _NO_ALPHA,
    ("channels", 1): "channels='GRAY'",
    ("channels", 3): "channels='RGB'",
    ("channels", 4): _NO_ALPHA,
    ("layout", "channels_last"): "layout='NHWC'",
    ("layout", "HWC"): "layout='NHWC'",
    ("layout", "channels_first"): "layout='NCHW'",
    ("layout", "CHW"): "layout='NCHW'",
    ("layout", "contiguous_format"): "layout='NCHW'",
    ("output", "pytorch"): "output='torch'",
    ("output", "tf"): "output='tensorflow'",
    ("output", "np"): "output='numpy'",
    ("interpolation", "cubic"): "interpolation='bicubic'",
    ("interpolation", "linear"): "interpolation='bilinear'",
    ("interpolation", "box"): "interpolation='area'",
    ("interpolation", "lanczos3"): "interpolation='lanczos'",
    ("interpolation", "lanczos5"): "interpolation='lanczos'",
    ("fit", "random_resized_crop"): "fit='random_crop'",
    ("fit", "center_crop"): "fit='crop'",
    ("fit", "resize"): "fit='stretch'",
}

_ON_BATCHES = "apply it to the batches"
_SIZES = (
    "image_size",
    "target_size",
    "input_size",
    "img_size",
    "image_shape",
    "data_shape",
    "crop_size",
    "resize",
)
_THREADS = (
    *("num_workers", "num_threads", "num_parallel_calls", "num_parallel_reads", "nthreads"),
    *("preprocess_threads", "n_workers", "parallel"),
)
_BUFFERS = ("shuffle_buffer", "shuffle_buffer_size", "buffer_size", "initial_fill", "shuffle_size")
_PREFETCHES = (
    *("prefetch_factor", "prefetch_queue_depth", "prefetch_buffer", "batches_ahead"),
    *("max_queue_size", "queue_size"),
)
_AUGMENTATIONS = (
    *(
        "preprocessing_function",
        "vertical_flip",
        "vflip",
        "rotation_range",
        "rotation",
        "brightness_range",
    ),
    *(
        "width_shift_range",
        "height_shift_range",
        "shear_range",
        "channel_shift_range",
        "color_jitter",
    ),
    *("augment", "augmentations", "auto_augment", "no_aug", "re_prob", "fill_mode", "cval"),
    *("featurewise_center", "featurewise_std_normalization", "samplewise_center"),
    *("samplewise_std_normalization", "zca_whitening"),
)
_LIMITS = ("max_samples", "num_samples", "subset_size", "max_images", "num_images")
_DROPS = ("drop_last", "drop_remainder")
_RANKS = (
    *("shard_id", "num_shards", "part_index", "num_parts", "num_replicas"),
    *("rank", "world_size"),
)
_FLIPS = ("horizontal_flip", "hflip", "rand_mirror", "random_flip")
_DECODED_HERE = "leave it out: images are decoded here"
_MADE_AHEAD = "leave it out: batches are made ahead; prefetch= says how many"
_NO_PROCESSES = "leave it out: workers are threads of this process"
_LABEL_MODES = {
    "int": "labels='int'",
    "sparse": "labels='int'",
    "binary": "labels='int' (0 and 1, int64)",
    "categorical": "labels='one_hot'",
    "input": "labels=None",
    None: "labels=None",
}
_COLOURS = {
    "rgb": "channels='RGB'",
    "RGB": "channels='RGB'",
    "bgr": "channels='BGR'",
    "BGR": "channels='BGR'",
    "grayscale": "channels='GRAY'",
    "L": "channels='GRAY'",
    "GRAY": "channels='GRAY'",
}
_LAYOUTS = {
    "channels_last": "layout='NHWC'",
    "NHWC": "layout='NHWC'",
    "HWC": "layout='NHWC'",
    "channels_first": "layout='NCHW'",
    "NCHW": "layout='NCHW'",
    "CHW": "layout='NCHW'",
}

FOREIGN: dict[str, _Answer] = {
    # tf.keras: image_dataset_from_directory, ImageDataGenerator
    "label_mode": _one_of(_LABEL_MODES, "labels='int', 'one_hot' or None"),
    "class_mode": _one_of(_LABEL_MODES, "labels='int', 'one_hot' or None"),
    "color_mode": _one_of(_COLOURS, "channels='RGB', 'BGR' or 'GRAY'; there is no alpha channel"),
    "class_names": _as("classes"),
    "validation_split": _split,
    "subset": _split,
    "keep_aspect_ratio": _one_of({True: "fit='crop'", False: "fit='stretch'"}, "fit='crop'"),
    "crop_to_aspect_ratio": _one_of({True: "fit='crop'", False: "fit='stretch'"}, "fit='crop'"),
    "pad_to_aspect_ratio": _one_of({True: "fit='pad'", False: "fit='stretch'"}, "fit='pad'"),
    "data_format": _one_of(_LAYOUTS, "layout='NHWC' or 'NCHW'"),
    "follow_links": _say("leave it out: links are followed"),
    "verbose": _say("leave it out: print(loader) says what was found"),
    "rescale": _say("dtype='float32' (that is x / 255, and mean= and std= normalise it)"),
    "zoom_range": _say("fit='random_crop', with scale= for the shares of the area"),
    "steps_per_epoch": _say("give it to the trainer; limit= uses the first samples only"),
    "dataframe": _say(
        "write it as a CSV with the columns filename and class, and give that as path"
    ),
    **dict.fromkeys(("x_col", "y_col"), _say("call the CSV's columns filename and class")),
    "weight_col": _say(
        "weights= draws by weights, one per sample; weights of the loss go to the trainer"
    ),
    "validate_filenames": _say("leave it out: a file that is not there is an error"),
    **dict.fromkeys(
        ("save_to_dir", "save_prefix", "save_format"),
        _say("'imagepipe show' makes a picture of a batch"),
    ),
    "batch": _as("batch_size"),
    "batchsize": _as("batch_size"),
    # torch.utils.data, torchvision
    "transform": _say(
        "size=, fit=, flip=, mean= and std= do what torchvision's usual transforms do; another function: "
        + _ON_BATCHES
    ),
    "target_transform": _say("apply it to the labels of the batches"),
    "loader": _say(_DECODED_HERE),
    "is_valid_file": _say("leave it out: on_error='skip' leaves damaged files out"),
    "sampler": _sampler,
    "batch_sampler": _sampler,
    "collate_fn": _say(f"batches are arrays already; {_ON_BATCHES}"),
    **dict.fromkeys(
        ("pin_memory", "pin_memory_device"),
        _say("leave it out: batches are made once, in aligned memory"),
    ),
    "replacement": _one_of(
        {False: "leave it out: an epoch has every sample once"},
        "weights= (one per sample, all alike; with replacement, and endless)",
    ),
    "persistent_workers": _say(_NO_PROCESSES),
    "multiprocessing_context": _say(_NO_PROCESSES),
    "worker_init_fn": _say(_NO_PROCESSES),
    "timeout": _say(_NO_PROCESSES),
    "generator": _say("seed= is what all that is random depends on"),
    "train": _say("split=('train', fraction) or split=('validation', fraction)"),
    "download": _say("leave it out: path is a data set that is there"),
    "extensions": _say("leave it out: images are told apart by content"),
    "in_order": _say("leave it out: batches are always in order"),
    "antialias": _say("leave it out: images are antialiased when they shrink"),
    "center_crop": _say("fit='crop'"),
    "random_crop": _say("fit='random_crop'"),
    "grayscale": _one_of({True: "channels='GRAY'", False: "channels='RGB'"}, "channels='GRAY'"),
    "normalize": _say("mean= and std=, with dtype='float32'"),
    "normalise": _say("mean= and std=, with dtype='float32'"),
    "num_classes": _say(
        "leave it out: loader.num_classes says it; classes= chooses classes by name"
    ),
    "channels_last": _one_of({True: "layout='NHWC'", False: "layout='NCHW'"}, "layout='NHWC'"),
    "memory_format": _say("layout='NHWC' or 'NCHW'"),
    "fp16": _say("dtype='float16'"),
    "bf16": _say("dtype='bfloat16'"),
    "half": _say("dtype='float16'"),
    "num_epochs": _say("iterate as many times, or repeat=True"),
    "epochs": _say("iterate as many times, or repeat=True"),
    # timm
    "is_training": _say(
        "fit='random_crop', flip=True to train; fit='crop', shuffle=False to evaluate"
    ),
    "crop_pct": _say("fit='crop', resize_short= (the size divided by it)"),
    "use_prefetcher": _say(_MADE_AHEAD),
    "distributed": _say("shard='auto'"),
    # NVIDIA DALI
    "random_shuffle": _as("shuffle"),
    "shuffle_after_epoch": _say("shuffle=True (each epoch is another permutation)"),
    "resize_x": _resized,
    "resize_y": _resized,
    "resize_shorter": lambda value, _given: f"fit='crop', resize_short={_short(value)}",
    "mirror": _say("flip=True"),
    "output_layout": _one_of(_LAYOUTS, "layout='NHWC' or 'NCHW'"),
    "output_dtype": _say("dtype='uint8', 'float32', 'float16' or 'bfloat16'"),
    "pad_last_batch": _say("last_batch='pad'"),
    "last_batch_policy": _policy,
    "crop": _say("size=, with fit='crop' or fit='random_crop'"),
    "read_ahead": _say(_MADE_AHEAD),
    "stick_to_shard": _say(
        "leave it out: a rank's share is another one in each epoch, unless shuffle=False"
    ),
    "dont_use_mmap": _say("leave it out: files are read, not mapped, for their images"),
    "device_id": _say("leave it out: batches are delivered on the CPU"),
    "index_path": _say("leave it out: an index beside a shard is found, and none is needed"),
    # TensorFlow
    "deterministic": _say("leave it out: batches are always the same"),
    "compression_type": _say("leave it out: GZIP and ZLIB are found by looking"),
    "cache": _say("leave it out: files are read through the page cache"),
    "count": _say("repeat=True for no end"),
    "reshuffle_each_iteration": _say("leave it out: each epoch has an order of its own"),
    # Keras' fit and flow_from_dataframe
    **dict.fromkeys(
        ("class_weight", "sample_weight"),
        _say("class_weight of model.fit, or weights= to draw rare classes more often"),
    ),
    "use_multiprocessing": _say("leave it out: workers= are threads, without Python's lock"),
    "sep": _say("leave it out: commas, semicolons and tabs are found by looking"),
    # MXNet
    "path_imgidx": _say("leave it out: an index beside a shard is found, and none is needed"),
    "rand_crop": _say("fit='random_crop'"),
    "random_resized_crop": _say("fit='random_crop'"),
    # FFCV
    "order": _say("shuffle=True or False"),
    "pipelines": _say("size=, fit=, flip=, dtype=, mean= and std= say what becomes of an image"),
    "recompile": _say("leave it out: nothing is compiled"),
    "indices": _say(
        "limit= uses the first samples only; others can be listed in a CSV, given as path"
    ),
    **dict.fromkeys(
        ("custom_fields", "custom_field_mapper"),
        _say("only images and labels are read; keys= says what they are called in TFRecords"),
    ),
    "os_cache": _say("leave it out: files are read through the page cache"),
    # Accelerate
    "even_batches": _say(
        "leave it out: all ranks have as many batches, the last ones padded; last_batch='drop' leaves them out"
    ),
    **dict.fromkeys(_SIZES, _size),
    **dict.fromkeys(_THREADS, _threads),
    **dict.fromkeys(
        _BUFFERS, _say("shuffle=True (a full permutation of each epoch, without a buffer)")
    ),
    **dict.fromkeys(_AUGMENTATIONS, _say(_ON_BATCHES)),
    **dict.fromkeys(_LIMITS, _as("limit")),
    **dict.fromkeys(_PREFETCHES, _prefetch),
    **dict.fromkeys(
        _DROPS,
        _one_of({True: "last_batch='drop'", False: "last_batch='keep'"}, "last_batch='drop'"),
    ),
    **dict.fromkeys(_RANKS, _shard),
    **dict.fromkeys(_FLIPS, _one_of({True: "flip=True", False: "flip=False"}, "flip=True")),
}

_LABELS_COME = "labels come with the batches; class_counts says how many each class has"
_ONE_FOR_BOTH = (
    "a Loader is data set and DataLoader in one, with num_samples, classes, class_counts and paths"
)
_ATTRIBUTES = {
    # Keras
    "class_indices": "here it is class_to_index",
    "class_names": "here it is classes",
    "file_paths": "here it is paths",
    "filenames": "here it is paths",
    "filepaths": "here it is paths",
    # tf.data
    **dict.fromkeys(
        ("batch", "cardinality", "element_spec", "map", "prefetch", "shuffle", "take", "unbatch"),
        "as_tf_dataset() has it",
    ),
    # torchvision
    "class_to_idx": "here it is class_to_index",
    "imgs": f"the files are paths; {_LABELS_COME}",
    "labels": _LABELS_COME,
    "samples": f"the files are paths; {_LABELS_COME}",
    "targets": _LABELS_COME,
    # torch.utils.data
    "dataset": _ONE_FOR_BOTH,
    "drop_last": "here it is the argument last_batch",
    "generator": "here it is the argument seed",
    "num_workers": "here it is the argument workers: threads",
    "sampler": "shuffle, sampling, weights and shard are arguments, and set_epoch() is the Loader's own",
}
