"""Shapes in images."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._image import ported_image

__all__ = [
    "ConnectedComponents",
    "DistanceTransform",
    "Moments",
]

Moments = ported_image("Moments")
ConnectedComponents = ported_image("ConnectedComponents")
DistanceTransform = ported_image("DistanceTransform")
