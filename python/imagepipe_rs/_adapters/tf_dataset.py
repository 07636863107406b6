"""A Loader as a ``tf.data.Dataset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from imagepipe_rs._adapters import adapter, keras
from imagepipe_rs.batch import DEFAULT_FIELDS, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.loader import Loader

_SPECS = {
    "labels": ((None,), tf.int64),
    "valid": ((None,), tf.bool),
    "indices": ((None,), tf.int64),
    "crops": ((None, 4), tf.float32),
    "flips": ((None,), tf.bool),
    "position": ((2,), tf.int64),
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
    if loader._endless:  # noqa: SLF001
        return dataset.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    return dataset.apply(tf.data.experimental.assert_cardinality(count))


def _signature(loader: Loader) -> Any:
    size, channels, layout, labels = loader._shape  # noqa: SLF001
    if loader._ragged:  # noqa: SLF001
        message = "as_tf_dataset() needs images of one size: not ragged=True or size=None"
        raise ValueError(message)
    depth = 1 if channels == "GRAY" else 3
    shape = (None, *size, depth) if layout == "NHWC" else (None, depth, *size)
    images = tf.TensorSpec(shape, tf.as_dtype(loader._dtype))  # noqa: SLF001
    if labels is None and loader.fields == DEFAULT_FIELDS:
        return images
    return tuple(images if name == "images" else _spec(loader, name) for name in loader.fields)


def _spec(loader: Loader, name: str) -> Any:
    *_, labels = loader._shape  # noqa: SLF001
    if name == "labels" and labels == "one_hot":
        return tf.TensorSpec((None, loader.num_classes), tf.float32)
    return tf.TensorSpec(*_SPECS[name])
