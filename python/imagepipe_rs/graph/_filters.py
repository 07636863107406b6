"""Macros for filters of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class RandomGaussianBlur(Macro):
    """An image that is blurred by a random amount, as torchvision's GaussianBlur does.

    Args:
        source: the image, of uint8, int16, uint16 or float32.
        kernel_size: how many pixels across and down count, an odd number up to 1023; or two,
            across and down.
        sigma: the least standard deviation in pixels and the greatest, which is not reached; or one
            number, not a node, for the same in every sample.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        kernel_size: Operand,
        sigma: Operand | tuple[float, float] = (0.1, 2.0),
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image, the size, and the range."""
        if isinstance(sigma, int | float):
            sigma = (sigma, sigma)
        super().__init__(source=source, kernel_size=kernel_size, sigma=sigma, seed=seed, name=name)

    def expand(self, source: Node, kernel_size: Node, sigma: Node, seed: Node) -> Operand:
        """Return the image, blurred with a sigma drawn uniformly from the range."""
        drawn = Operation("SampleUniform", sigma[0], sigma[1], seed)
        return Operation("GaussianBlur", source, kernel_size, drawn)
