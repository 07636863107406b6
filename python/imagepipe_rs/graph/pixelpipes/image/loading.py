"""Images in files."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image

__all__ = [
    "DecodeImage",
    "DecodePNGPaletteIndices",
]

DecodeImage = ported_image("DecodeImage")
DecodePNGPaletteIndices = ported_image("DecodePNGPaletteIndices")
