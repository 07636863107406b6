"""PyTorch tensors over the memory of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from imagepipe_rs._frameworks import install_here, without_cuda
from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def check(dtype: str, device: str) -> None:
    """Refuse a GPU if PyTorch was built without CUDA; this does not initialise CUDA.

    Raises:
        DeviceError: it was.
    """
    del dtype
    if device != "cpu" and torch.version.cuda is None:
        remedy = f"pip uninstall torch, then {install_here('torch')}"
        raise without_cuda("torch", f"PyTorch {torch.__version__}", device, remedy)


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return a tensor that shares the memory."""
    del dtype
    if isinstance(tensor, DeviceTensor):
        # PyTorch's streams come from a pool that lives as long as the process.
        with torch.cuda.device(tensor.__dlpack_device__()[1]):
            return torch.from_dlpack(tensor.on_lasting_streams())
    return torch.from_dlpack(tensor)
