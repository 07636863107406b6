"""JAX arrays of a batch: over its memory on the CPU, copies on a GPU.

JAX turns int64 into int32 unless ``jax_enable_x64`` is set, which copies the labels.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor

# Copies that may still read a batch, and the batch's array. JAX lets go of an array without waiting
# for the stream that reads it, so the memory is held here until the copy is there.
_copies: deque[tuple[Any, DeviceTensor]] = deque()
_lock = threading.Lock()


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return an array that shares the memory where JAX can take it, else a copy."""
    del dtype
    if not isinstance(tensor, DeviceTensor):
        return jnp.from_dlpack(tensor)
    copy = jnp.from_dlpack(tensor, copy=True)
    with _lock:
        while _copies and _copies[0][0].is_ready():
            _copies.popleft()
        _copies.append((copy, tensor))
    return copy
