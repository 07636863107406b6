"""Random changes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._image import image_node, ported_image

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

__all__ = [
    "ImageBrightness",
    "ImageNoise",
    "ImagePiecewiseAffine",
]


class _ImageNoise(native.ImageNoise):
    """An image with normally distributed noise, the same in all channels.

    Args:
        source: the image.
        amount: the standard deviation, as a share of white.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        amount: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node, without the choice that PixelPipes does not have."""
        super().__init__(source, amount, per_channel=False, seed=seed, name=name)


ImageNoise = image_node("ImageNoise", _ImageNoise)
ImageBrightness = ported_image("ImageBrightness")
ImagePiecewiseAffine = ported_image("ImagePiecewiseAffine")
