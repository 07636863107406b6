"""Macros for rectangles, views and images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import MakeResource

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class AffineView(Macro):
    """A view that scales, then rotates, then moves.

    Args:
        x: how far it moves to the right, in pixels.
        y: how far it moves down, in pixels.
        angle: how far it rotates, in radians.
        sx: by which factor it scales horizontally.
        sy: by which factor it scales vertically.
    """

    def __init__(
        self,
        x: Operand = 0.0,
        y: Operand = 0.0,
        angle: Operand = 0.0,
        sx: Operand = 1.0,
        sy: Operand = 1.0,
        *,
        name: str | None = None,
    ) -> None:
        """Take what it does."""
        super().__init__(x=x, y=y, angle=angle, sx=sx, sy=sy, name=name)

    def expand(self, x: Node, y: Node, angle: Node, sx: Node, sy: Node) -> Operand:
        """Return the product of three views."""
        move = Operation("TranslateView", x, y)
        rotate = Operation("RotateView", angle)
        return Operation("Chain", move, rotate, Operation("ScaleView", sx, sy))


class ResizeRectangle(Macro):
    """A rectangle that is larger or smaller, about its centre.

    Args:
        source: the rectangle: left, top, right, bottom.
        factor: by which width and height are multiplied.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Take the rectangle and the factor."""
        super().__init__(source=source, factor=factor, name=name)

    def expand(self, source: Node, factor: Node) -> Operand:
        """Return the bounds of its corners, each moved away from the centre."""
        corners = Operation("PointsFromRectangle", source)
        centre = Operation("PointsCenter", corners)
        return Operation("PointsBounds", (corners - centre) * factor + centre)


class RectangleArea(Macro):
    """The area of a rectangle.

    Args:
        source: the rectangle: left, top, right, bottom.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Take the rectangle."""
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return width times height."""
        return (source[2] - source[0]) * (source[3] - source[1])


class GetImageProperties(Macro):
    """What is known of an image, as a resource.

    Its fields are whole numbers: `width` and `height` in pixels, `channels`, and `depth` in bits of
    an element.

    Args:
        source: the image.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Take the image."""
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return the resource."""
        fields = ("Width", "Height", "Channels", "Depth")
        return MakeResource({field.lower(): Operation(f"Image{field}", source) for field in fields})


FOR_OTHER = 0x6A09_E667_F3BC_C909
"""What is added to a seed to have another one."""


class RandomPatchView(Macro):
    """A view of a random part of an image, without scaling it.

    The part begins at a whole pixel, so that what is seen is as sharp as the image.

    Args:
        source: the image.
        width: the width of the part, in pixels.
        height: the height of the part, in pixels.
        padding: by how many pixels the part may lie outside of the image.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        padding: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image and the size."""
        super().__init__(
            source=source, width=width, height=height, padding=padding, seed=seed, name=name
        )

    def expand(self, source: Node, width: Node, height: Node, padding: Node, seed: Node) -> Operand:
        """Return a view that moves a random pixel to the upper left corner."""
        image = GetImageProperties(source)
        with self.graph.within(f"{self.name}/y", f"{self.identity}/y", saturates=False):
            other = seed + FOR_OTHER
        x = self._corner(padding, image["width"] - width, seed)
        y = self._corner(padding, image["height"] - height, other)
        return Operation("TranslateView", -x, -y)

    def _corner(self, padding: Node, room: Node, seed: Node) -> Node:
        """Return where the part begins: any pixel as likely as any other."""
        drawn = Operation("SampleUniform", -padding, room + padding + 1, seed)
        return Operation("Floor", drawn)
