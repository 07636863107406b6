"""Arrays of a batch as a framework's arrays, sharing memory where it can.

There is a module for each of ``OUTPUTS``; a framework is imported when its arrays are first asked
for. Beside them is what Keras, ``tf.data`` and PyTorch's datasets need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from imagepipe_rs._frameworks import hint
from imagepipe_rs._names import shown

if TYPE_CHECKING:
    from imagepipe_rs._native import DeviceTensor, Tensor

OUTPUTS = ("numpy", "dlpack", "tensorflow", "torch", "jax", "cupy")


class Adapter(Protocol):
    """What each module here offers."""

    def check(self, dtype: str, device: str) -> None:
        """Raise what keeps the framework from taking images of ``dtype`` on ``device``.

        A framework's own runtime is not started for this if that can be avoided.
        """
        ...

    def convert(self, tensor: Tensor | DeviceTensor, dtype: str) -> Any:
        """Return the framework's array over the memory of ``tensor``, of type ``dtype``."""
        ...


def adapter(output: str, dtype: str = "", device: str = "cpu") -> Adapter:
    """Return the adapter for an ``output`` argument, and images of ``dtype`` on ``device``.

    Raises:
        ValueError: not a known output, or one that does not have this type.
        ImportError: the framework is not installed.
        DeviceError: the framework cannot use the device.
    """
    if not isinstance(output, str) or output not in OUTPUTS:
        message = f"output={shown(output)} is not valid: one of {', '.join(map(repr, OUTPUTS))}"
        raise ValueError(message)
    try:
        module = importlib.import_module(f"imagepipe_rs._adapters.{output}")
    except ImportError as error:
        needs = f"output={output!r} needs a package that cannot be imported: {error}"
        raise ImportError(needs + hint(error, output, device)) from error
    found = cast("Adapter", module)
    found.check(dtype, device)
    return found
