"""Macros for images: sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._geometry import GetImageProperties
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class EnsureSize(Macro):
    """An image that is at least of a size: a smaller one is enlarged, in its proportions.

    Args:
        source: the image.
        width: the least width, in pixels.
        height: the least height, in pixels.
    """

    def __init__(
        self, source: Operand, width: Operand, height: Operand, *, name: str | None = None
    ) -> None:
        """Take the image and the size."""
        super().__init__(source=source, width=width, height=height, name=name)

    def expand(self, source: Node, width: Node, height: Node) -> Operand:
        """Return the image itself, or one that is as large as need be."""
        image = GetImageProperties(source)
        own = (image["width"], image["height"])
        by = Operation("Maximum", width * 1.0 / own[0], height * 1.0 / own[1])
        sides = [
            Operation("Maximum", Operation("Convert", Operation("Round", side * by), "Integer"), to)
            for side, to in zip(own, (width, height), strict=True)
        ]
        enlarged = Operation("Resize", source, *sides, "Linear")
        return Operation("Conditional", enlarged, source, (own[0] < width) | (own[1] < height))
