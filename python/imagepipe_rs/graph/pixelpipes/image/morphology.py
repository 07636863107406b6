"""Shapes in images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._node import Operation
from imagepipe_rs.graph.pixelpipes import types
from imagepipe_rs.graph.pixelpipes._image import channels_last, ported_image
from imagepipe_rs.graph.pixelpipes.graph import Input, Macro

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node

__all__ = [
    "ConnectedComponents",
    "DistanceTransform",
    "Moments",
]

ConnectedComponents = ported_image("ConnectedComponents")
DistanceTransform = ported_image("DistanceTransform")

_ORDER = [0, 2, 1, 4, 3, 5, 8, 7, 6, 9]
"""Where the moments are that PixelPipes has in turn: m00, m01, m10, m11, m20, m02, m12, m21, m30
and m03."""


class Moments(Macro):
    """The raw moments of the pixels of each value that an image has: float32 (values, 10).

    They are m00, m01, m10, m11, m20, m02, m12, m21, m30 and m03, the least value first.

    Args:
        source: the image, of one channel.
    """

    source = Input(types.Image(), description="an image of one channel")

    def expand(self, source: Node) -> Node:
        """Return the moments in PixelPipes' order."""
        columns = Operation("Transpose", Operation("Moments", channels_last(source)), [1, 0])
        ordered = Operation("Transpose", Operation("Remap", columns, _ORDER), [1, 0])
        return Operation("Convert", ordered, "Float")
