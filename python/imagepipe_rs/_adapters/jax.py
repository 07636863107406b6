"""JAX arrays of a batch: over its memory on the CPU, copies on a GPU.

JAX turns int64 into int32 unless ``jax_enable_x64`` is set, which copies the labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from imagepipe_rs._adapters import jax_reads
from imagepipe_rs._errors import DeviceError
from imagepipe_rs._frameworks import has_jax_plugin, install_here, without_cuda
from imagepipe_rs._native import DeviceTensor

if TYPE_CHECKING:
    from imagepipe_rs._native import Tensor


def check(dtype: str, device: str) -> None:
    """Refuse a GPU if JAX has no CUDA, or is told not to use it.

    CUDA is not initialised, since JAX would take most of the device's memory before the Loader has
    any.

    Raises:
        DeviceError: JAX cannot use CUDA.
    """
    del dtype
    if device == "cpu":
        return
    platforms = jax.config.jax_platforms
    if platforms and not {"cuda", "gpu"} & {*platforms.split(",")}:
        given = f"output='jax' with device={device!r}"
        message = f"{given}: JAX_PLATFORMS={platforms!r} excludes CUDA: unset it, or add 'cuda'"
        raise DeviceError(message)
    if not (has_jax_plugin() or _has_backend()):
        remedy = install_here("jax")
        raise without_cuda("jax", f"JAX {jax.__version__}", device, remedy)


def _has_backend() -> bool:
    """Ask JAX itself, which initialises it: it may have been built with CUDA in it."""
    try:
        return bool(jax.devices("cuda"))
    except RuntimeError:
        return False


def convert(tensor: Tensor | DeviceTensor, dtype: str) -> Any:
    """Return an array that shares the memory where JAX can take it, else a copy."""
    del dtype
    if not isinstance(tensor, DeviceTensor):
        return jnp.from_dlpack(tensor)
    copy = jnp.from_dlpack(tensor, copy=True)
    # The copy is the program's, to donate or to delete. The element is not, and comes after it.
    jax_reads.hold(tensor, _first(copy))
    return copy


def _element(array: Any) -> Any:
    return jax.lax.slice(array, (0,) * array.ndim, (1,) * array.ndim)


# Compiled, this copies no indices from the host, which a program may forbid.
_first: Any = jax.jit(_element)
