"""A Loader as a ``tf.data.Dataset``."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from imagepipe_rs._adapters import adapter, keras
from imagepipe_rs.batch import DEFAULT_FIELDS

if TYPE_CHECKING:
    from imagepipe_rs._arguments import Description
    from imagepipe_rs._epochs import Epochs
    from imagepipe_rs._iterator import LoaderIterator

# Of one sample.
_SPECS = {
    "labels": ((), tf.int64),
    "valid": ((), tf.bool),
    "indices": ((), tf.int64),
    "crops": ((4,), tf.float32),
    "flips": ((), tf.bool),
}


def as_tf_dataset(epochs: Epochs) -> Any:
    """Return a dataset of a Loader's fields, or of images alone if there are no labels.

    Tensors share the memory of the batches on their way into the dataset's generator.

    Every pass has the same number of batches. A shorter one, for an epoch that began elsewhere,
    would do for ``tf.data`` alone. But Keras asks for the number once; if it is not told, it takes
    the length of the first pass, cuts the others to it silently, and warns that the data ran out.
    """
    about = epochs.about
    signature = _signature(epochs)
    count = None if about.endless else epochs.native.batches_per_epoch

    def batches() -> Iterator[Any]:
        output, looks = adapter("tensorflow"), keras.builds()
        return _Pass(epochs.iterate(output, count=count, exact=False, looks=looks))

    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    length = tf.data.INFINITE_CARDINALITY if count is None else count
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(length))
    # A rank's share would be dealt out among the ranks once more, and most of it never be seen.
    return dataset.with_options(_as_it_is()) if about.world > 1 else dataset


class _Pass(Iterator[Any]):
    """The elements of a pass, which ends with the program.

    TensorFlow joins its threads when the interpreter lets go of a dataset's iterator. At the end of
    a program that is too late for one that waits for a batch: it cannot come back into the
    interpreter, and the program would never end.
    """

    def __init__(self, batches: LoaderIterator) -> None:
        """Make it of batches."""
        self._batches = batches
        self._taking = threading.Lock()
        self._over = False
        self.left = time.monotonic()
        _passes.add(self)

    def __next__(self) -> Any:
        """Return the next batch as TensorFlow takes it."""
        with self._taking:
            try:
                if self._over:
                    raise StopIteration
                return next(self._batches)._element()  # noqa: SLF001
            finally:
                self.left = time.monotonic()

    def end(self) -> None:
        """Let no thread wait for a batch any more."""
        self._batches.abandon()
        with self._taking:
            self._over = True


_passes: weakref.WeakSet[_Pass] = weakref.WeakSet()

# The threads of a fork's parent are not in the fork, and would be waited for.
os.register_at_fork(after_in_child=_passes.clear)


# Seconds after which a thread of TensorFlow that was given a batch is no longer in Python.
_WAY_BACK = 0.2


@atexit.register
def _end() -> None:
    for under_way in list(_passes):
        under_way.end()
    while any(time.monotonic() < under_way.left + _WAY_BACK for under_way in list(_passes)):
        time.sleep(0.001)


def _as_it_is() -> Any:
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return options


def _signature(epochs: Epochs) -> Any:
    about = epochs.about
    if about.device != "cpu":
        message = (
            f"as_tf_dataset() needs batches on the CPU, not device={about.device!r}: tf.data "
            "copies them to the GPU itself; or iterate over a Loader with output='tensorflow'"
        )
        raise ValueError(message)
    if about.ragged:
        message = (
            "as_tf_dataset() needs batches that are one array, so not ragged=True; "
            "for images of several sizes, use size=None with batch_size=1"
        )
        raise ValueError(message)
    specs = [_images(about) if name == "images" else _spec(epochs, name) for name in about.fields]
    if about.labels is None and about.fields == DEFAULT_FIELDS:
        return specs[0]
    return tuple(specs)


def _images(about: Description) -> Any:
    depth = 1 if about.channels == "GRAY" else 3
    sides = (None, None) if about.size is None else np.broadcast_to(about.size, 2).tolist()
    shape = (*sides, depth) if about.layout == "NHWC" else (depth, *sides)
    return tf.TensorSpec((_length(about), *shape), tf.as_dtype(about.dtype))


def _spec(epochs: Epochs, name: str) -> Any:
    if name == "position":
        return tf.TensorSpec((2,), tf.int64)
    shape, dtype = _SPECS[name]
    if name == "labels" and epochs.about.labels == "one_hot":
        shape, dtype = (len(epochs.native.classes),), tf.float32
    return tf.TensorSpec((_length(epochs.about), *shape), dtype)


def _length(about: Description) -> int | None:
    """Return how many samples every batch has; None if that is not one number."""
    full = about.last_batch != "keep" and about.on_error != "skip"
    return about.batch_size if full else None
