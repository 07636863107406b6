"""PyTorch tensors over the memory of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return a tensor that shares the memory."""
    del dtype
    if isinstance(tensor, DeviceTensor):
        # PyTorch's streams come from a pool that lives as long as the process.
        with torch.cuda.device(tensor.__dlpack_device__()[1]):
            return torch.from_dlpack(tensor.on_lasting_streams())
    return torch.from_dlpack(tensor)
