"""Random changes of images."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image

__all__ = [
    "ImageBrightness",
    "ImageNoise",
    "ImagePiecewiseAffine",
]

ImageNoise = ported_image("ImageNoise")
ImageBrightness = ported_image("ImageBrightness")
ImagePiecewiseAffine = ported_image("ImagePiecewiseAffine")
