"""What becomes of the pixels of images."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image
from imagepipe_rs.graph.pixelpipes.image.morphology import DistanceTransform

__all__ = [
    "DerivativeX",
    "DerivativeY",
    "DistanceTransform",
    "Edges",
    "ImageBlend",
    "ImageCoarseDropout",
    "ImageCut",
    "ImageDropout",
    "ImageNormalize",
    "ImageSolarize",
    "Laplacian",
]

ImageBlend = ported_image("ImageBlend")
ImageNormalize = ported_image("ImageNormalize")
ImageDropout = ported_image("ImageDropout")
ImageCoarseDropout = ported_image("ImageCoarseDropout")
ImageCut = ported_image("ImageCut")
ImageSolarize = ported_image("ImageSolarize")
DerivativeX = ported_image("DerivativeX")
DerivativeY = ported_image("DerivativeY")
Edges = ported_image("Edges")
Laplacian = ported_image("Laplacian")
