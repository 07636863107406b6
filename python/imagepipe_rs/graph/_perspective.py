"""Perspectives of images, with masks, boxes and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imagepipe_rs.graph._motion import How, Motion, Seen, Size, Spatial
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from imagepipe_rs.graph._motion import Kind
    from imagepipe_rs.graph._node import Operand

    Corners: TypeAlias = Node | npt.NDArray[Any] | Sequence[Sequence[float]]


class Perspective(Spatial):
    """An image in another perspective, with its mask, boxes and points.

    The image keeps its size. Points are those of views: (0, 0) is the middle of the upper left
    pixel, as in OpenCV; torchvision's `perspective` takes it for the corner of that pixel.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        startpoints: four points of the image: x and y of each, shape (4, 2).
        endpoints: where each of them goes, shape (4, 2).
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        mask_border: the same for masks, such as ``"ConstantHigh"`` for 255, which often means that
            a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: not four points, or three of them on a line, a resource without an image, or
            with a field of which it is not known what it is.
    """

    def __init__(
        self,
        source: Operand,
        startpoints: Corners,
        endpoints: Corners,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the points."""
        self._how = How.of(interpolation, border, mask_border)
        start, end = (
            one if isinstance(one, Node) else np.asarray(one, np.float32)
            for one in (startpoints, endpoints)
        )
        super().__init__(source, targets, name=name, startpoints=start, endpoints=end)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        view = Operation("PerspectiveView", inputs["startpoints"], inputs["endpoints"])
        return Seen(view, size, self._how)


class RandomPerspective(Spatial):
    """An image in a random perspective with a probability, with its mask, boxes and points.

    Each corner of the image moves inwards, as in torchvision's transform of this name, but not by
    whole pixels: how far is uniform across and down, from 0 to the share `distortion_scale` of half
    of the image.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        distortion_scale: how strong it may be, from 0 to 1. From about 0.67 on, a corner may cross
            the line between its neighbours, which turns parts of the image over.
        p: the probability that the image is changed at all, from 0 to 1.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        seed: a seed to share with other nodes; one of its own if not given.
        mask_border: the same as `border` for masks, such as ``"ConstantHigh"`` for 255, which often
            means that a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: `distortion_scale` is not from 0 to 1, `p` is no probability, a resource without
            an image, or with a field of which it is not known what it is.
    """

    def __init__(
        self,
        source: Operand,
        distortion_scale: Operand = 0.5,
        p: Operand = 0.5,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        seed: Operand | None = None,
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and how strong it is."""
        self._how = How.of(interpolation, border, mask_border)
        self._strength = distortion_scale
        inputs = {"distortion_scale": distortion_scale, "p": p, "seed": seed}
        super().__init__(source, targets, name=name, **inputs)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        strength = self._strength
        if isinstance(strength, int | float) and not 0 <= strength <= 1:
            raise self.fault(f"distortion_scale is {strength}, not from 0 to 1")
        right, bottom = (side - 0.5 for side in size)
        corners = Operation(
            "PointsFromRectangle", Operation("MakeRectangle", -0.5, -0.5, right, bottom)
        )
        # A quarter, because the points are from -1 to 1.
        quarter = Operation("MakePoint", *(side * 0.25 for side in size))
        random = Operation("RandomPoints", 4, self.another(inputs["seed"], 1)) + 1.0
        inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
        moved = corners + random * quarter * inputs["distortion_scale"] * inwards
        return Seen(Operation("PerspectiveView", corners, moved), size, self._how)

    def applies(self, **inputs: Any) -> Node:
        """Return whether anything is changed."""
        return Operation("SampleBernoulli", inputs["p"], inputs["seed"])
