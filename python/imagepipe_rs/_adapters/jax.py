"""JAX arrays over the memory of a batch.

JAX turns int64 into int32 unless ``jax_enable_x64`` is set, which copies the labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def convert(tensor: Tensor, dtype: str) -> Any:
    """Return an array that shares the memory where JAX can take it as it is."""
    del dtype
    return jnp.from_dlpack(tensor)
