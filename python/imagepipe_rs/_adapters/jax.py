"""JAX arrays of a batch: over its memory on the CPU, copies on a GPU.

JAX turns int64 into int32 unless ``jax_enable_x64`` is set, which copies the labels.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor

# Copies that may still read a batch, and the batch's array. JAX lets go of an array without waiting
# for the stream that reads it, so the memory is held here until the copy is there.
_copies: list[tuple[Any, DeviceTensor]] = []
_lock = threading.Lock()


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return an array that shares the memory where JAX can take it, else a copy."""
    del dtype
    if not isinstance(tensor, DeviceTensor):
        return jnp.from_dlpack(tensor)
    copy = jnp.from_dlpack(tensor, copy=True)
    with _lock:
        _copies[:] = [held for held in _copies if not _is_there(held[0])]
        _copies.append((copy, tensor))
    return copy


def _is_there(copy: Any) -> bool:
    # One that was donated or deleted cannot be asked. We assume that JAX has enqueued the copy by
    # then; the memory's next writer waits for everything that is enqueued.
    return bool(copy.is_deleted() or copy.is_ready())
