"""CuPy arrays: over the memory of a batch on a GPU, or copies of one that is on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cupy
import numpy as np

from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor

# Every stream that got a batch: one that is gone cannot be marked.
_streams: dict[int, Any] = {}


def check(dtype: str, device: str) -> None:
    """Refuse bfloat16, which not all versions of CuPy have.

    Raises:
        ValueError: ``dtype`` is bfloat16.
    """
    del device
    if dtype == "bfloat16":
        message = "dtype='bfloat16' is not valid with output='cupy': use 'float16' or 'float32'"
        raise ValueError(message)


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return an array that shares the memory on a GPU, else a copy on the current device."""
    del dtype
    if isinstance(tensor, DeviceTensor):
        with cupy.cuda.Device(tensor.__dlpack_device__()[1]):
            stream = cupy.cuda.get_current_stream()
            _streams.setdefault(stream.ptr, stream)
            return cupy.from_dlpack(tensor.on_lasting_streams())
    return cupy.asarray(np.asarray(tensor))
