"""What is known of values; the images of these types are (channels, height, width)."""

from __future__ import annotations

from imagepipe_rs.graph.types import (
    Anything,
    Boolean,
    BooleanList,
    Buffer,
    Char,
    Data,
    Float,
    FloatList,
    Integer,
    IntegerList,
    List,
    Point,
    Points,
    Rectangle,
    Resource,
    ResourceList,
    Short,
    String,
    Text,
    Token,
    TypeException,
    Union,
    UnsignedChar,
    UnsignedShort,
    View,
    Wildcard,
    of_native,
)

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


def Image(  # noqa: N802
    width: int | None = None,
    height: int | None = None,
    channels: int | None = None,
    depth: str | None = None,
) -> Token:
    """Return the type of images: (channels, height, width), or (height, width) of one channel.

    Args:
        width: in pixels.
        height: in pixels.
        channels: 1, 3 or 4; any number if not given.
        depth: type of the elements.
    """
    if channels == 1:
        return Token(depth, height, width)
    return Token(depth, channels, height, width)
