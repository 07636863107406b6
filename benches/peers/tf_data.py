"""tf.data on the CPU, as in TensorFlow's performance guide and ImageNet examples.

Autotuning is off, and the parallelism is fixed: the tuner would still be searching when a short
epoch ends, which says little about training. For crops, only the cropped part of the file is
decoded, which is the fastest way in TensorFlow.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf
from protocol import Job, measure, parse
from tasks import AREA, BATCH, MEAN, RATIO, SHORT_SIDE, SIDE, STD

if TYPE_CHECKING:
    from collections.abc import Iterator


def stretched(job: Job, data: tf.Tensor) -> tf.Tensor:
    """T1."""
    return as_bytes(resized(job, tf.io.decode_jpeg(data, channels=3)))


def centred(job: Job, data: tf.Tensor) -> tf.Tensor:
    """T2: cropping first gives the same image for less work."""
    shape = tf.io.extract_jpeg_shape(data)
    short = tf.cast(tf.minimum(shape[0], shape[1]), tf.float32)
    side = tf.cast(tf.round(short * (SIDE / SHORT_SIDE)), tf.int32)
    window = tf.stack([(shape[0] - side) // 2, (shape[1] - side) // 2, side, side])
    image = resized(job, tf.io.decode_and_crop_jpeg(data, window, channels=3))
    scale = tf.constant([1 / (255 * std) for std in STD])
    shift = tf.constant([mean / std for mean, std in zip(MEAN, STD, strict=True)])
    return tf.transpose(image * scale - shift, [2, 0, 1])


def random_crop(job: Job, data: tf.Tensor) -> tf.Tensor:
    """T3."""
    begin, size, _ = tf.image.sample_distorted_bounding_box(
        tf.io.extract_jpeg_shape(data),
        bounding_boxes=tf.zeros([1, 0, 4]),
        min_object_covered=0.0,
        aspect_ratio_range=RATIO,
        area_range=AREA,
        max_attempts=10,
        use_image_if_no_bounding_boxes=True,
    )
    window = tf.concat([begin[:2], size[:2]], axis=0)
    image = resized(job, tf.io.decode_and_crop_jpeg(data, window, channels=3))
    return tf.image.random_flip_left_right(as_bytes(image))


def resized(job: Job, image: tf.Tensor) -> tf.Tensor:
    """Scale to the output size, bilinear, as float32."""
    return tf.image.resize(image, [SIDE, SIDE], antialias=job.options.antialias)


def as_bytes(image: tf.Tensor) -> tf.Tensor:
    """Round to uint8; a linear filter stays within 0 to 255."""
    return tf.cast(tf.round(image), tf.uint8)


LOADS = {"T1": stretched, "T2": centred, "T3": random_crop}


def dataset(job: Job) -> tf.data.Dataset:
    """Make the pipeline."""
    names = [str(path) for path in job.files]
    load = LOADS[job.task]
    batches = (
        tf.data.Dataset.from_tensor_slices(names)
        .shuffle(len(names), seed=1)
        .repeat()
        .map(lambda name: load(job, tf.io.read_file(name)), num_parallel_calls=job.threads)
        .batch(BATCH, drop_remainder=True)
        .prefetch(2)
    )
    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = job.threads
    return batches.with_options(options)


def batches(job: Job) -> Iterator[Any]:
    """Yield the batches as NumPy arrays that share TensorFlow's memory."""
    return iter(dataset(job).as_numpy_iterator())


if __name__ == "__main__":
    asked = parse("--antialias")
    measure(asked, batches(asked), "tensorflow-cpu", "numpy")
