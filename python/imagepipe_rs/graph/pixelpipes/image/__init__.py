"""Images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs import graph as native
from imagepipe_rs.graph._token import Token
from imagepipe_rs.graph.pixelpipes._enumerations import (
    BorderStrategy,
    DataType,
    ImageChannels,
    InterpolationMode,
)
from imagepipe_rs.graph.pixelpipes._image import channels_last, ported_image
from imagepipe_rs.graph.pixelpipes.graph import Input, Macro
from imagepipe_rs.graph.pixelpipes.types import Image

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node

__all__ = [
    "BorderStrategy",
    "ColorConvert",
    "ConvertDepth",
    "Equals",
    "GetImageProperties",
    "ImageChannels",
    "InterpolationMode",
    "Invert",
    "Threshold",
]

ConvertDepth = ported_image("ConvertDepth")
ColorConvert = ported_image("ColorConvert")
Threshold = ported_image("Threshold")
Invert = ported_image("Invert")
Equals = ported_image("Equals")

_DEPTHS = {
    "bool": "Boolean",
    "uint8": "Char",
    "int16": "Short",
    "uint16": "UnsignedShort",
    "int32": "Integer",
    "float32": "Float",
}


class GetImageProperties(Macro):
    """What is known of an image, as a resource: width, height, channels and depth.

    The depth is the number of the type of the elements, as in DataType.

    Args:
        source: the image.
    """

    source = Input(Image(), description="an image")

    def expand(self, source: Node) -> Node:
        """Return the resource."""
        found = source.type
        element = found.element if isinstance(found, Token) else None
        image = native.GetImageProperties(channels_last(source))
        if element not in _DEPTHS:
            return image
        return native.AppendField(image, "depth", DataType[_DEPTHS[element]])
