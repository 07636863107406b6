"""TensorFlow tensors over the memory of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def convert(tensor: Tensor, dtype: str) -> Any:
    """Return a tensor that shares the memory. TensorFlow takes capsules of the unversioned kind only."""
    del dtype
    return tf.experimental.dlpack.from_dlpack(tensor.__dlpack__())
