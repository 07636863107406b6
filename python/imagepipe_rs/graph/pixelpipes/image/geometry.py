"""Where the pixels of images are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._node import Operation
from imagepipe_rs.graph.pixelpipes import types
from imagepipe_rs.graph.pixelpipes._image import ported_image
from imagepipe_rs.graph.pixelpipes.graph import Input, Macro

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node

__all__ = [
    "EnsureSize",
    "Flip",
    "ImageCrop",
    "ImageCropSafe",
    "ImageRemap",
    "MaskBoundingBox",
    "RandomPatchView",
    "Resize",
    "Scale",
    "Transpose",
    "ViewImage",
]

Scale = ported_image("Scale")
Flip = ported_image("Flip")
Resize = ported_image("Resize")
MaskBoundingBox = ported_image("MaskBoundingBox")
ImageCrop = ported_image("ImageCrop")
ImageCropSafe = ported_image("ImageCropSafe")
ViewImage = ported_image("ViewImage")
ImageRemap = ported_image("ImageRemap")
RandomPatchView = ported_image("RandomPatchView")
EnsureSize = ported_image("EnsureSize")


class Transpose(Macro):
    """An image whose width is its height.

    Args:
        source: the image.
    """

    source = Input(types.Image(), description="an image")

    def expand(self, source: Node) -> Node:
        """Return the image with its last two axes exchanged."""
        axes = source.type.axes
        order = [1, 0] if axes is not None and len(axes) == 2 else [0, 2, 1]  # noqa: PLR2004
        return Operation("Transpose", source, order)
