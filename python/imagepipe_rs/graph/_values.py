"""Values that come out of a graph."""

from __future__ import annotations

from typing import Any

import numpy as np


def value_of(found: Any) -> Any:
    """Return a value as Python has it: NumPy's arrays and scalars, str, bytes, lists of these."""
    if isinstance(found, list):
        return [value_of(one) for one in found]
    if isinstance(found, str | bytes):
        return found
    return np.asarray(found)[()]


__all__ = ["value_of"]
