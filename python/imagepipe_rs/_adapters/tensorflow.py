"""TensorFlow tensors over the memory of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

from imagepipe_rs._errors import DeviceError
from imagepipe_rs._frameworks import install_here, without_cuda

if TYPE_CHECKING:
    from imagepipe_rs._native import DeviceTensor, Tensor


def check(dtype: str, device: str) -> None:
    """Refuse a GPU if TensorFlow was built without CUDA, or lacks CUDA's libraries.

    Raises:
        DeviceError: it was or does.
    """
    del dtype
    if device == "cpu":
        return
    if not tf.test.is_built_with_cuda():
        remedy = f"pip uninstall tensorflow tensorflow-cpu, then {install_here('tensorflow')}"
        raise without_cuda("tensorflow", f"TensorFlow {tf.__version__}", device, remedy)
    # It loads them, and logs what it misses, when it is asked for devices. No memory is taken.
    if not tf.config.list_physical_devices("GPU"):
        message = (
            f"output='tensorflow' with device={device!r}: TensorFlow {tf.__version__} finds no "
            f"GPU, and its log says why; if it lacks libraries of CUDA: "
            f"{install_here('tensorflow')}"
        )
        raise DeviceError(message)


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return a tensor that shares the memory."""
    del dtype
    # TensorFlow takes unversioned capsules only, and has no stream to bring in order: on a GPU the
    # host waits until the batch is there.
    return tf.experimental.dlpack.from_dlpack(tensor.__dlpack__())
