"""Rectangles: left, top, right, bottom."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import operation, ported

__all__ = [
    "MakeRectangle",
    "RectangleArea",
    "ResizeRectangle",
]

MakeRectangle = operation("MakeRectangle")
ResizeRectangle = ported(native.ResizeRectangle)
RectangleArea = ported(native.RectangleArea)
