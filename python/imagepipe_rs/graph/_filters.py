"""Macros for filters of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class RandomGaussianBlur(Macro):
    """A smooth image, how smooth being drawn, as torchvision's GaussianBlur makes it.

    Args:
        source: the image, of uint8, int16, uint16 or float32.
        kernel_size: how many pixels across and down count, an odd number; or two, across and down.
        sigma_min: the least standard deviation, in pixels.
        sigma_max: the greatest, which is not reached.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        kernel_size: Operand,
        sigma_min: Operand = 0.1,
        sigma_max: Operand = 2.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image, the size, and the range."""
        super().__init__(
            source=source,
            kernel_size=kernel_size,
            sigma_min=sigma_min,
            sigma_max=sigma_max,
            seed=seed,
            name=name,
        )

    def expand(
        self, source: Node, kernel_size: Node, sigma_min: Node, sigma_max: Node, seed: Node
    ) -> Operand:
        """Return the image, blurred with a sigma drawn uniformly from the range."""
        sigma = Operation("SampleUniform", sigma_min, sigma_max, seed)
        return Operation("GaussianBlur", source, kernel_size, sigma)
