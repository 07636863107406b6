"""Images."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._enumerations import (
    BorderStrategy,
    ImageChannels,
    InterpolationMode,
)
from imagepipe_rs.graph.pixelpipes._image import ported_image

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

GetImageProperties = ported_image("GetImageProperties")
ConvertDepth = ported_image("ConvertDepth")
ColorConvert = ported_image("ColorConvert")
Threshold = ported_image("Threshold")
Invert = ported_image("Invert")
Equals = ported_image("Equals")
