"""Macros for images: filters, random changes, and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._geometry import FOR_OTHER, GetImageProperties
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._patch import axes
from imagepipe_rs.graph._token import Token

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

_FEWEST = 2  # points of a lattice along each side


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


class _Separable(Macro):
    """A filter along x, then along y."""

    kernel = ""

    def __init__(
        self,
        source: Operand,
        size_x: Operand,
        size_y: Operand,
        border: Operand = "Reflect",
        *,
        name: str | None = None,
    ) -> None:
        """Take the image and the sizes."""
        super().__init__(source=source, size_x=size_x, size_y=size_y, border=border, name=name)

    def expand(self, source: Node, size_x: Node, size_y: Node, border: Node) -> Operand:
        """Return the image filtered twice."""
        row = Operation("Reshape", Operation(self.kernel, size_x), [1, -1])
        column = Operation("Reshape", Operation(self.kernel, size_y), [-1, 1])
        filtered = Operation("LinearFilter", source, row, border)
        return Operation("LinearFilter", filtered, column, border)


class GaussianFilter(_Separable):
    """An image blurred by a Gaussian function.

    Args:
        source: the image.
        size_x: the width of the kernel, an odd number of pixels.
        size_y: the height of the kernel, an odd number of pixels.
        border: what is taken to lie around the image.
    """

    kernel = "GaussianKernel"


class AverageFilter(_Separable):
    """An image of which each pixel is the mean of those around it.

    Args:
        source: the image.
        size_x: the width of the area, an odd number of pixels.
        size_y: the height of the area, an odd number of pixels.
        border: what is taken to lie around the image.
    """

    kernel = "UniformKernel"


class ImageNoise(Macro):
    """An image with normally distributed noise, the same in all channels.

    Args:
        source: the image.
        amount: the standard deviation, where white is 1.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: it is not known of which type the elements are, or how many axes there are.
    """

    def __init__(
        self,
        source: Operand,
        amount: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image and the amount."""
        super().__init__(source=source, amount=amount, seed=seed, name=name)

    def expand(self, source: Node, amount: Node, seed: Node) -> Operand:
        """Return the sum of image and noise, as the image is."""
        depth = _depth(self, source)
        image = GetImageProperties(source)
        size = image["width"], image["height"]
        noise = Operation("GaussianNoise", *size, 0.0, amount, seed)
        if len(axes(source) or ()) > 2:  # noqa: PLR2004  channels
            noise = Operation("Unsqueeze", noise, 2)
        noisy = Operation("ConvertDepth", source, "Float") + noise
        return Operation("ConvertDepth", noisy, depth)


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


class ImagePiecewiseAffine(Macro):
    """An image whose parts are moved at random, as if it were printed on rubber.

    Args:
        source: the image.
        amount: how far a point of the lattice moves at most along each axis, in pixels.
        subdivision: how many points the lattice has along each side, at least 2.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: too few points.
    """

    def __init__(
        self,
        source: Operand,
        amount: Operand,
        subdivision: int = 4,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image and the amount."""
        self._points = subdivision
        super().__init__(source=source, amount=amount, seed=seed, name=name)

    def expand(self, source: Node, amount: Node, seed: Node) -> Operand:
        """Return the image, each pixel taken from where the lattice says."""
        if self._points < _FEWEST:
            raise self.fault(f"subdivision is {self._points}, and must be at least {_FEWEST}")
        image = GetImageProperties(source)
        size = image["width"], image["height"]
        with self.graph.within(f"{self.name}/y", saturates=False):
            other = seed + FOR_OTHER
        x = self._moved(size, amount, seed) + self._places(size, size[0], vertical=False)
        y = self._moved(size, amount, other) + self._places(size, size[1], vertical=True)
        return Operation("ImageRemap", source, x, y, "Linear", "Reflect")

    def _moved(self, size: tuple[Node, Node], amount: Node, seed: Node) -> Node:
        """Return how far each pixel moves along an axis."""
        lattice = Operation("UniformNoise", self._points, self._points, -amount, amount, seed)
        return Operation("Resize", lattice, *size, "Linear")

    def _places(self, size: tuple[Node, Node], length: Node, *, vertical: bool) -> Node:
        """Return where each pixel is along an axis."""
        return Operation("LinearImage", *size, 0.0, length - 1.0, vertical)


def _depth(macro: Macro, source: Node) -> str:
    found = source.type
    element = found.element if isinstance(found, Token) else None
    if element is None:
        raise macro.fault(f"it is not known of which type the elements of {source!r} are")
    return element
