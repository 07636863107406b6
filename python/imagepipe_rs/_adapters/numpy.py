"""NumPy arrays over the memory of a batch: writable, never copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    import numpy.typing as npt

    from imagepipe_rs._native import Tensor


def check(dtype: str, device: str) -> None:
    """Check that bfloat16 is available if it is asked for.

    Raises:
        ImportError: it is not.
    """
    del device
    if dtype == "bfloat16":
        bfloat16()


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> npt.NDArray[Any]:
    """Return an array that keeps the batch's memory alive, or a copy of one on a GPU."""
    array = on_host(tensor)
    return array.view(bfloat16()) if dtype == "bfloat16" else array


def on_host(tensor: Tensor | DeviceTensor) -> npt.NDArray[Any]:
    """Return an array of the memory, or a copy of it from a GPU; bfloat16 as uint16."""
    return np.asarray(tensor.to_cpu() if isinstance(tensor, DeviceTensor) else tensor)


def bfloat16() -> Any:
    """Return the type that NumPy lacks.

    Raises:
        ImportError: ml_dtypes, which has it, is not installed.
    """
    try:
        import ml_dtypes  # noqa: PLC0415  needed for this type alone
    except ImportError as error:
        needs = "dtype='bfloat16' with output='numpy' needs the package ml_dtypes"
        raise ImportError(f"{needs}: pip install ml_dtypes") from error
    return ml_dtypes.bfloat16
