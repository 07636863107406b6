"""Images that are made up."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image

__all__ = [
    "BinaryNoise",
    "GaussianNoise",
    "LinearImage",
    "PointsMask",
    "PolygonMask",
    "UniformNoise",
]

GaussianNoise = ported_image("GaussianNoise")
UniformNoise = ported_image("UniformNoise")
BinaryNoise = ported_image("BinaryNoise")
LinearImage = ported_image("LinearImage")
PolygonMask = ported_image("PolygonMask")
PointsMask = ported_image("PointsMask")
