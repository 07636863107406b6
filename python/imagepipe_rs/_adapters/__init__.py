"""Arrays of a batch as a framework's arrays, sharing memory where it can.

There is a module for each of ``OUTPUTS``; a framework is imported when its arrays are first asked
for. Beside them is what Keras, ``tf.data`` and PyTorch's datasets need.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from imagepipe_rs._names import shown

if TYPE_CHECKING:
    from imagepipe_rs._native import DeviceTensor, Tensor

OUTPUTS = ("numpy", "dlpack", "tensorflow", "torch", "jax", "cupy")


class Adapter(Protocol):
    """What each module here offers."""

    def convert(self, tensor: Tensor | DeviceTensor, dtype: str) -> Any:
        """Return the framework's array over the memory of ``tensor``, of type ``dtype``."""
        ...


def adapter(output: str) -> Adapter:
    """Return the adapter for an ``output`` argument.

    Raises:
        ValueError: not a known output.
        ImportError: the framework is not installed.
    """
    if not isinstance(output, str) or output not in OUTPUTS:
        message = f"output={shown(output)} is not valid: one of {', '.join(map(repr, OUTPUTS))}"
        raise ValueError(message)
    try:
        module = importlib.import_module(f"imagepipe_rs._adapters.{output}")
    except ImportError as error:
        message = f"output={output!r} needs a package that cannot be imported: {error}"
        raise ImportError(message) from error
    return cast("Adapter", module)
