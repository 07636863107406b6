"""A Loader as a ``tf.data.Dataset``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from imagepipe_rs._adapters import adapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.loader import Loader


def as_tf_dataset(loader: Loader) -> Any:
    """Return a dataset of (images, labels), or of images where there are no labels.

    Tensors share the memory of the batches on their way into the dataset's generator.
    """
    signature = _signature(loader)

    def batches() -> Iterator[Any]:
        for batch in loader._batches_as(adapter("tensorflow")):  # noqa: SLF001
            yield batch.images if batch.labels is None else (batch.images, batch.labels)

    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    if loader._endless:  # noqa: SLF001
        return dataset.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    return dataset.apply(tf.data.experimental.assert_cardinality(len(loader)))


def _signature(loader: Loader) -> Any:
    size, channels, layout, labels = loader._shape  # noqa: SLF001
    if loader._ragged:  # noqa: SLF001
        message = "as_tf_dataset() needs images of one size: not ragged=True or size=None"
        raise ValueError(message)
    depth = 1 if channels == "GRAY" else 3
    shape = (None, *size, depth) if layout == "NHWC" else (None, depth, *size)
    images = tf.TensorSpec(shape, tf.as_dtype(loader._dtype))  # noqa: SLF001
    if labels is None:
        return images
    if labels == "one_hot":
        return images, tf.TensorSpec((None, loader.num_classes), tf.float32)
    return images, tf.TensorSpec((None,), tf.int64)
