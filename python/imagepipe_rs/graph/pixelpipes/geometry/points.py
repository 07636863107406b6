"""Points, each x and y."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import operation
from imagepipe_rs.graph.pixelpipes.graph import Ports

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node

__all__ = [
    "MakePoint",
    "MakePoints",
    "MakeRectangle",
    "PointsBounds",
    "PointsCenter",
    "PointsFromRectangle",
    "RandomPoints",
    "ViewPoints",
]

PointsBounds = operation("PointsBounds")
PointsCenter = operation("PointsCenter")
MakePoints = operation("MakePoints")
PointsFromRectangle = operation("PointsFromRectangle")
RandomPoints = operation("RandomPoints")
ViewPoints = operation("ViewPoints")


class MakePoint(Ports, native.Macro):
    """A point, as an array of one point.

    Args:
        x: its distance from the left.
        y: its distance from the top.
    """

    x = native.Input(native.types.Float())
    y = native.Input(native.types.Float())

    def expand(self, x: Node, y: Node) -> Node:
        """Return the point with an axis for its number."""
        return native.Operation("Unsqueeze", native.Operation("MakePoint", x, y), 0)


class MakeRectangle(Ports, native.Macro):
    """A rectangle: left, top, right, bottom.

    Args:
        left: its left edge.
        top: its upper edge.
        right: its right edge.
        bottom: its lower edge.
    """

    left = native.Input(native.types.Float())
    top = native.Input(native.types.Float())
    right = native.Input(native.types.Float())
    bottom = native.Input(native.types.Float())

    def expand(self, left: Node, top: Node, right: Node, bottom: Node) -> Node:
        """Return the rectangle."""
        return native.Operation("MakeRectangle", left, top, right, bottom)
