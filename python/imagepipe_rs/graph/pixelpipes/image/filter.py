"""Filters."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image

__all__ = [
    "AverageFilter",
    "BilateralFilter",
    "GaussianFilter",
    "GaussianKernel",
    "LinearFilter",
    "MedianBlur",
    "UniformKernel",
]

GaussianKernel = ported_image("GaussianKernel")
UniformKernel = ported_image("UniformKernel")
MedianBlur = ported_image("MedianBlur")
BilateralFilter = ported_image("BilateralFilter")
LinearFilter = ported_image("LinearFilter")
GaussianFilter = ported_image("GaussianFilter")
AverageFilter = ported_image("AverageFilter")
