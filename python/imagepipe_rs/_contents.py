"""What records hold: Examples, and images behind a header."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from operator import index as as_index
from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs import _native
from imagepipe_rs._names import shown

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Buffer

    Values = (
        bytes
        | bytearray
        | memoryview
        | float
        | Iterable[bytes]
        | Iterable[float]
        | npt.NDArray[Any]
    )


class Example:
    """Encodes and decodes ``tf.train.Example``, the message that most TFRecords hold."""

    @staticmethod
    def encode(features: Mapping[str, Values]) -> bytes:
        """Return the bytes of an Example; equal features give equal bytes.

        Args:
            features: by name a list of byte strings, of integers or of real numbers (which become
                float32), or just one of them. An empty list is a feature without a type; a NumPy
                array keeps its own.

        Raises:
            TypeError: not a mapping, a name that is not text, values of other or different types.
            ValueError: an integer that does not fit 64 bits.
        """
        if not isinstance(features, Mapping):
            message = f"features={shown(features)} is not valid: a dictionary of lists of values"
            raise TypeError(message)
        return _native.encode_example(
            {_name(name): _values(name, values) for name, values in features.items()}
        )

    @staticmethod
    def decode(data: Buffer) -> dict[str, list[bytes] | list[float] | list[int]]:
        """Return an Example's features: name to a list of ``bytes``, ``float`` or ``int``.

        Raises:
            RecordError: the bytes are not an Example.
            TypeError: ``data`` has no bytes.
        """
        return _native.decode_example(data)


class ImageRecord(NamedTuple):
    """An image record of a RecordIO file.

    Attributes:
        label: the label, or the record's list of labels.
        id: the record's number.
        id2: a second number.
        data: the encoded image.
    """

    label: float | list[float]
    id: int
    id2: int
    data: bytes


def pack_image(
    data: Buffer,
    label: float | Iterable[float],
    id: int = 0,  # noqa: A002  MXNet's name for it
    id2: int = 0,
) -> bytes:
    """Return an image record: a header and the image.

    Args:
        data: the bytes of an image file, as they are.
        label: a number, or several, stored as float32; a whole number that float32 cannot
            represent, as some from 2**24 on, is an error.
        id: the record's number, 0 to 2**64 - 1.
        id2: a second number, 0 to 2**64 - 1.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value: no labels, or a negative number.
    """
    given = _listed(label)
    if not all(isinstance(value, Real) for value in given):
        raise TypeError(f"label={shown(label)} is not valid: a number, or several")
    if not given:
        raise ValueError("label=[] is not valid: a number, or several")
    is_one = isinstance(label, Real) or getattr(label, "ndim", 1) == 0
    labels = [_label(value) for value in given]
    first, rest = (labels[0], []) if is_one else (0.0, labels)
    return _native.pack_image(data, first, rest, whole("id", id), whole("id2", id2))


def unpack_image(record: Buffer) -> ImageRecord:
    """Return the parts of an image record.

    Raises:
        RecordError: it is too short to be one.
        TypeError: ``record`` has no bytes.
    """
    label, labels, number, second, data = _native.unpack_image(record)
    return ImageRecord(labels or label, number, second, data)


def _label(value: Any) -> float:
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


def _name(name: str) -> str:
    """Return the name of a feature."""
    if not isinstance(name, str):
        raise TypeError(f"a feature's name {name!r} is not valid: a text")
    return name


def _values(name: str, given: Any) -> tuple[str, list[Any]]:
    """Name the kind of a feature, and list its values."""
    values = _listed(given)
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


def _listed(given: Any) -> list[Any]:
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
