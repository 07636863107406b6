"""TensorFlow tensors over the memory of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from imagepipe_rs._native import DeviceTensor, Tensor


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return a tensor that shares the memory."""
    del dtype
    # TensorFlow takes unversioned capsules only, and has no stream to bring in order: on a GPU the
    # host waits until the batch is there.
    return tf.experimental.dlpack.from_dlpack(tensor.__dlpack__())
