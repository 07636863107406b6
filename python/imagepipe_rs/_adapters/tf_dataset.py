"""A Loader as a ``tf.data.Dataset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from imagepipe_rs._adapters import adapter, keras
from imagepipe_rs.batch import DEFAULT_FIELDS, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.loader import Loader

# Of one sample.
_SPECS = {
    "labels": ((), tf.int64),
    "valid": ((), tf.bool),
    "indices": ((), tf.int64),
    "crops": ((4,), tf.float32),
    "flips": ((), tf.bool),
}


def as_tf_dataset(loader: Loader) -> Any:
    """Return a dataset of the loader's fields, or of images where there are no labels.

    Tensors share the memory of the batches on their way into the dataset's generator.

    Every pass has the same number of batches. A shorter one, of an epoch that was begun elsewhere, would be right for
    ``tf.data`` alone: Keras asks for the number once, and where it is not told takes the length of the first pass, cuts
    the others to it without a word, and warns that the data ran out.
    """
    signature = _signature(loader)
    count = None if loader._endless else len(loader)  # noqa: SLF001

    def batches() -> Iterator[Any]:
        batches = loader._iterate(  # noqa: SLF001
            adapter("tensorflow"), count=count, exact=False, looks=keras.builds()
        )
        return map(Batch._element, batches)  # noqa: SLF001

    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    length = tf.data.INFINITE_CARDINALITY if count is None else count
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(length))
    # A rank's share would be dealt out among the ranks once more, and most of it never be seen.
    return dataset.with_options(_as_it_is()) if loader._world > 1 else dataset  # noqa: SLF001


def _as_it_is() -> Any:
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return options


def _signature(loader: Loader) -> Any:
    size, channels, layout, labels = loader._shape  # noqa: SLF001
    if loader._ragged:  # noqa: SLF001
        message = (
            "as_tf_dataset() needs batches that are one array: not ragged=True; images of several sizes go with "
            "size=None, batch_size=1"
        )
        raise ValueError(message)
    depth = 1 if channels == "GRAY" else 3
    height, width = size or (None, None)
    shape = (height, width, depth) if layout == "NHWC" else (depth, height, width)
    images = tf.TensorSpec((_length(loader), *shape), tf.as_dtype(loader._dtype))  # noqa: SLF001
    if labels is None and loader.fields == DEFAULT_FIELDS:
        return images
    return tuple(images if name == "images" else _spec(loader, name) for name in loader.fields)


def _spec(loader: Loader, name: str) -> Any:
    *_, labels = loader._shape  # noqa: SLF001
    if name == "position":
        return tf.TensorSpec((2,), tf.int64)
    shape, dtype = _SPECS[name]
    if name == "labels" and labels == "one_hot":
        shape, dtype = (loader.num_classes,), tf.float32
    return tf.TensorSpec((_length(loader), *shape), dtype)


def _length(loader: Loader) -> int | None:
    """Return how many samples every batch has; None where that is not one number."""
    given = loader._given  # noqa: SLF001
    full = given["last_batch"] != "keep" and given["on_error"] != "skip"
    return loader.batch_size if full else None
