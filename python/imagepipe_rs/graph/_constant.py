"""Constants as the compiled module takes them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from imagepipe_rs.augment import Policy, Way

Described: TypeAlias = str | bytes | list[Any] | tuple[str, list[int], bytes]
"""Text, bytes, a list of such, or an array as (type of elements, shape, bytes)."""

_TYPES = {"bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"}
_SMALL = np.iinfo(np.int32)


def described(value: Any) -> Described:
    """Return a constant as the compiled module takes it.

    Python's own numbers become int32 and float32, or int64 where an integer does not fit.

    Raises:
        TypeError: not a number, text, bytes, an array, or a list of these.
    """
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, list | tuple) and not _are_numbers(value):
        return [described(one) for one in value]
    array = _array(value)
    if array.dtype.name not in _TYPES:
        allowed = "only a number, text, bytes, an array of numbers, or a list of these"
        if isinstance(value, Policy | Way):
            allowed = f"it is for a Loader: imagepipe_rs.graph.{type(value).__name__} is the node"
        raise TypeError(f"a value of {_kind(value, array)} cannot be in a graph, {allowed}")
    # An array of no axes would become one of one axis.
    plain = array.astype(array.dtype.newbyteorder("="), order="C", copy=False)
    return plain.dtype.name, list(plain.shape), plain.tobytes()


def _array(value: Any) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(value, dtype=_default_type(value))
    except (OverflowError, ValueError) as error:
        raise TypeError(f"{value!s:.100} cannot be in a graph: {error}") from error


def _kind(value: Any, array: np.ndarray[Any, Any]) -> str:
    kind = type(value).__name__
    return kind if array.dtype.kind == "O" else f"type {kind} with elements of {array.dtype}"


def _are_numbers(values: Any) -> bool:
    """Say whether a list is an array: numbers, or lists of the same length that are arrays."""
    if not values:
        return False
    if all(isinstance(value, bool | int | float | np.generic) for value in values):
        return True
    if not all(isinstance(value, list | tuple) and _are_numbers(value) for value in values):
        return False
    return len({np.shape(value) for value in values}) == 1


def _default_type(value: Any) -> Any:
    """Return the type for Python's own numbers: int32 and float32, where they suffice."""
    if isinstance(value, np.ndarray | np.generic | bool) or hasattr(value, "__array__"):
        return None
    numbers = np.asarray(value)
    if numbers.dtype.kind == "f":
        return np.float32
    if numbers.dtype.kind in "iu":
        fits = numbers.size == 0 or (_SMALL.min <= numbers.min() and numbers.max() <= _SMALL.max)
        return np.int32 if fits else np.int64
    return None
