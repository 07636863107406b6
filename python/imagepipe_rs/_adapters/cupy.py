"""CuPy arrays: copies on the GPU of a batch that was made on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cupy
import numpy as np

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def convert(tensor: Tensor, dtype: str) -> Any:
    """Return a copy on the current device."""
    if dtype == "bfloat16":
        message = "output='cupy' has no dtype 'bfloat16': use 'float16' or 'float32'"
        raise ValueError(message)
    return cupy.asarray(np.asarray(tensor))
