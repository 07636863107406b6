"""Values that records have: labels, keys and the features of an Example."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from numbers import Integral, Real
from operator import index as as_index
from typing import Any

from imagepipe_rs._names import shown


def label_of(value: Any) -> float:
    """Return a number as RecordIO stores it."""
    if isinstance(value, Integral) and not _has_float32(int(value)):
        raise ValueError(f"label={value} is not valid: a whole number that float32 has")
    return float(value)


def _has_float32(number: int) -> bool:
    try:
        (kept,) = struct.unpack("f", struct.pack("f", number))
    except (OverflowError, struct.error):
        return False
    return bool(kept == number)


def whole(name: str, value: int) -> int:
    """Return a whole number that fits 64 bits."""
    allowed = "a whole number from 0 to 2**64 - 1"
    try:
        number = as_index(value)
    except TypeError as error:
        raise TypeError(f"{name}={shown(value)} is not valid: {allowed}") from error
    if not 0 <= number < 2**64:
        raise ValueError(f"{name}={value} is not valid: {allowed}")
    return number


def name_of(name: str) -> str:
    """Return the name of a feature."""
    if not isinstance(name, str):
        raise TypeError(f"a feature's name {name!r} is not valid: a text")
    return name


def values_of(name: str, given: Any) -> tuple[str, list[Any]]:
    """Name the kind of a feature, and list its values."""
    values = listed(given)
    if all(isinstance(value, bytes | bytearray | memoryview) for value in values):
        return ("bytes" if values else _kind_of_none(given)), [bytes(value) for value in values]
    if all(isinstance(value, Integral) for value in values):
        numbers = [int(value) for value in values]
        if not all(-(2**63) <= number < 2**63 for number in numbers):
            raise ValueError(f"features[{name!r}] is not valid: integers of 64 bits")
        return "ints", numbers
    if all(isinstance(value, Real) for value in values):
        return "floats", [float(value) for value in values]
    kinds = ", ".join(sorted({type(value).__name__ for value in values}))
    allowed = "bytes, integers or real numbers, one or a list of them"
    raise TypeError(f"features[{name!r}] of {kinds} is not valid: {allowed}")


def listed(given: Any) -> list[Any]:
    """Return a list of values, of one or of several."""
    if hasattr(given, "dtype") and hasattr(given, "tolist"):
        given = given.tolist()  # an array, or one value of its type
    if isinstance(given, bytes | bytearray | memoryview | str) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def _kind_of_none(given: Any) -> str:
    """Name the kind of a list without values, which only an array has."""
    return {"i": "ints", "u": "ints", "f": "floats"}.get(
        getattr(getattr(given, "dtype", None), "kind", ""), "none"
    )
