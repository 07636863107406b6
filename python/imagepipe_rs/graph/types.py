"""What is known of values before any sample is made.

A type says of which elements a value is and how many there are along each axis, None where that
differs from sample to sample. Macros declare the types of their inputs with them, and
:class:`~imagepipe_rs.graph.PyNode` what its function returns.

Example::

    Integer()  # one whole number
    Token("float32", None, 2)  # any number of points
    Image(channels=3)
"""

from __future__ import annotations

from typing import Any

from imagepipe_rs.graph._resource_type import Resource, ResourceList
from imagepipe_rs.graph._token import Anything, Data, Text, Token, TypeException, Union, Wildcard

__all__ = [
    "Anything",
    "Boolean",
    "BooleanList",
    "Buffer",
    "Char",
    "Data",
    "Float",
    "FloatList",
    "Image",
    "Integer",
    "IntegerList",
    "List",
    "Point",
    "Points",
    "Rectangle",
    "Resource",
    "ResourceList",
    "Short",
    "String",
    "Text",
    "Token",
    "TypeException",
    "Union",
    "UnsignedChar",
    "UnsignedShort",
    "View",
    "Wildcard",
    "of_native",
]


def Integer() -> Token:  # noqa: N802
    """Return the type of a whole number."""
    return Token("int32")


def Float() -> Token:  # noqa: N802
    """Return the type of a number."""
    return Token("float32")


def Boolean() -> Token:  # noqa: N802
    """Return the type of a truth value."""
    return Token("bool")


def Char() -> Token:  # noqa: N802
    """Return the type of a whole number from 0 to 255."""
    return Token("uint8")


def UnsignedChar() -> Token:  # noqa: N802
    """Return the same as :func:`Char`."""
    return Token("uint8")


def Short() -> Token:  # noqa: N802
    """Return the type of a whole number of 16 bits."""
    return Token("int16")


def UnsignedShort() -> Token:  # noqa: N802
    """Return the type of a whole number of 16 bits that is not negative."""
    return Token("uint16")


def Image(  # noqa: N802
    width: int | None = None,
    height: int | None = None,
    channels: int | None = None,
    depth: str | None = None,
) -> Token:
    """Return the type of images: (height, width, channels), or (height, width) of one channel.

    Args:
        width: in pixels.
        height: in pixels.
        channels: 1, 3 or 4; any number if not given.
        depth: type of the elements.
    """
    return Token(depth, height, width, channels)


def List(element: Any = None, length: int | None = None) -> Token:  # noqa: N802
    """Return the type of lists.

    Args:
        element: their elements: a type, or a type of elements.
        length: how many there are.
    """
    if isinstance(element, Token) and not isinstance(element, Wildcard | Text):
        return element.push(length)
    if isinstance(element, Data):
        return Wildcard(mindim=1)
    return Token(element, length)


def FloatList(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of lists of numbers."""
    return Token("float32", length)


def IntegerList(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of lists of whole numbers."""
    return Token("int32", length)


def BooleanList(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of lists of truth values."""
    return Token("bool", length)


def String(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of text."""
    return Text("text", length)


def Buffer(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of the bytes of a file."""
    return Text("bytes", length)


def View() -> Token:  # noqa: N802
    """Return the type of views: matrices that map points (x, y, 1)."""
    return Token("float32", 3, 3)


def Point() -> Token:  # noqa: N802
    """Return the type of a point: x, y."""
    return Token("float32", 2)


def Rectangle() -> Token:  # noqa: N802
    """Return the type of rectangles: left, top, right, bottom."""
    return Token("float32", 4)


def Points(length: int | None = None) -> Token:  # noqa: N802
    """Return the type of several points, each x, y."""
    return Token("float32", length, 2)


def of_native(described: Any) -> Data:
    """Return a type that the compiled module describes."""
    if described is None:
        return Anything()
    if isinstance(described, str):
        return Text(described, None)
    kind, element, axes = described
    if kind == "list":
        return List(of_native(element), axes)
    return Wildcard(element) if axes is None else Token(element, *axes)
