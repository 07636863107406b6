"""Macros for images: sizes and brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._geometry import GetImageProperties
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._token import Token

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class EnsureSize(Macro):
    """An image that is at least of a size: a smaller one is enlarged, in its proportions.

    Args:
        source: the image.
        width: the least width, in pixels.
        height: the least height.
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


class ImageBrightness(Macro):
    """A brighter or darker image.

    Args:
        source: the image.
        amount: what is added to its elements, rounded for integers, which are clipped.

    Raises:
        GraphError: it is not known of which type the elements are.
    """

    def __init__(self, source: Operand, amount: Operand, *, name: str | None = None) -> None:
        """Take the image and the amount."""
        super().__init__(source=source, amount=amount, name=name)

    def expand(self, source: Node, amount: Node) -> Operand:
        """Return the sum, as the image is."""
        depth = _depth(self, source)
        if depth.startswith("float"):
            return Operation("Convert", source + amount, depth)
        return Operation("Convert", source + Operation("Round", amount), depth)


def _depth(macro: Macro, source: Node) -> str:
    found = source.type
    element = found.element if isinstance(found, Token) else None
    if element is None:
        raise macro.fault(f"it is not known of which type the elements of {source!r} are")
    return element
