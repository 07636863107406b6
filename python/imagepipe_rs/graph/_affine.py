"""Rotations, affine transforms and perspectives of images, with masks, boxes and points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imagepipe_rs._names import shown
from imagepipe_rs.graph._motion import How, Motion, Seen, Size, Spatial
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from imagepipe_rs.graph._motion import Kind
    from imagepipe_rs.graph._node import Operand

    Range: TypeAlias = Operand | tuple[Operand, Operand]
    Corners: TypeAlias = Node | npt.NDArray[Any] | Sequence[Sequence[float]]

_DEGREE = math.pi / 180
_PAIR = 2
_TWO_PAIRS = 4
_SEED_OF = {"translate_x": 1, "translate_y": 2, "scale": 3, "shear_x": 4, "shear_y": 5}


def _is_row(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _numbers(blamed: str, value: Any, count: int) -> tuple[Operand, ...]:
    """Return the numbers that a value must consist of."""
    if not _is_row(value) or len(value) != count:
        raise ValueError(f"{blamed} is {shown(value)}, not {count} numbers")
    return tuple(one.item() if isinstance(one, np.generic) else one for one in value)


def _limits(name: str, value: Any) -> dict[str, Operand]:
    """Return inputs for a number that is drawn: a greatest one, or a least and a greatest one."""
    if not _is_row(value):
        return {f"{name}_most": value}
    low, high = _numbers(name, value, _PAIR)
    return {f"{name}_low": low, f"{name}_high": high}


def _drawn(name: str, inputs: Mapping[str, Node], seed: Node) -> Node:
    """Return a number that is drawn from what the inputs say."""
    most = inputs.get(f"{name}_most")
    low, high = inputs.get(f"{name}_low", most), inputs.get(f"{name}_high", most)
    return Operation("SampleUniform", low if most is None else -most, high, seed)


def _about_middle(size: Size, *views: Node) -> Node:
    """Return views one after the other, the last one first, about the middle of an image."""
    x, y = ((side - 1) / 2.0 for side in size)
    to_middle, to_origin = Operation("TranslateView", x, y), Operation("TranslateView", -x, -y)
    return Operation("Chain", to_middle, *views, to_origin)


def _turned(degrees: Node | float) -> Node:
    """Return a view that is turned clockwise."""
    return Operation("RotateView", degrees * _DEGREE)


def _slanted(x: Node | float, y: Node | float) -> Node:
    """Return a view that is slanted across, then down, by degrees in torchvision's directions."""
    across, down = (Operation("Tan", one * _DEGREE) for one in (x, y))
    rows: list[Operand] = [1.0, -across, 0.0, -down, across * down + 1.0, 0.0, 0.0, 0.0, 1.0]
    return Operation("Stack", *rows)


def _affine(
    size: Size,
    angle: Node | float,
    translate: tuple[Node | float, Node | float],
    scale: Node | float,
    shear: tuple[Node | float, Node | float],
) -> Node:
    """Return the view that slants, scales, turns and moves."""
    move = Operation("TranslateView", *translate)
    others = (_turned(angle), Operation("ScaleView", scale, scale), _slanted(*shear))
    return Operation("Chain", move, _about_middle(size, *others))


class Rotate(Spatial):
    """An image turned about its middle, with its mask, boxes and points.

    The image keeps its size: what leaves it is lost, as in torchvision's `rotate`. A box becomes
    the bounds of what it covered, clipped to the image.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        angle: by how much, in degrees, counter-clockwise.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        mask_border: the same for masks, such as ``"ConstantHigh"`` for 255, which often means that
            a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
    """

    def __init__(
        self,
        source: Operand,
        angle: Operand,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the angle."""
        self._how = How.of(interpolation, border, mask_border)
        super().__init__(source, targets, name=name, angle=angle)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        return Seen(_about_middle(size, _turned(-inputs["angle"])), size, self._how)


class RandomRotation(Spatial):
    """An image turned about its middle by a random angle, with its mask, boxes and points.

    It is :class:`Rotate` with an angle that is drawn uniformly, as torchvision's transform of this
    name.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        degrees: the greatest angle in either direction, or the least and the greatest one, in
            degrees, counter-clockwise.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        seed: a seed to share with other nodes; one of its own if not given.
        mask_border: the same as `border` for masks, such as ``"ConstantHigh"`` for 255, which often
            means that a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
        ValueError: `degrees` has another number of angles than two.
    """

    def __init__(
        self,
        source: Operand,
        degrees: Range,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        seed: Operand | None = None,
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the angles."""
        self._how = How.of(interpolation, border, mask_border)
        super().__init__(source, targets, name=name, seed=seed, **_limits("degrees", degrees))

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        angle = _drawn("degrees", inputs, inputs["seed"])
        return Seen(_about_middle(size, _turned(-angle)), size, self._how)


class Affine(Spatial):
    """An image slanted, scaled, turned about its middle and moved, with mask, boxes and points.

    It is what torchvision's `affine` does: the image keeps its size, and angles are clockwise here,
    other than those of :class:`Rotate`.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        angle: by how much it is turned, in degrees, clockwise.
        translate: how far it is moved to the right and down, in pixels.
        scale: by which factor it is enlarged.
        shear: by how much it is slanted along rows and along columns, in degrees; one number is the
            former.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        mask_border: the same for masks, such as ``"ConstantHigh"`` for 255, which often means that
            a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
        ValueError: another number of numbers than said.
    """

    def __init__(
        self,
        source: Operand,
        angle: Operand = 0.0,
        translate: tuple[Operand, Operand] = (0.0, 0.0),
        scale: Operand = 1.0,
        shear: Range = 0.0,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and what is done to it."""
        self._how = How.of(interpolation, border, mask_border)
        x, y = _numbers("translate", translate, _PAIR)
        across, down = _numbers("shear", shear, _PAIR) if _is_row(shear) else (shear, 0.0)
        inputs: dict[str, Any] = {"x": x, "y": y, "across": across, "down": down}
        super().__init__(source, targets, name=name, angle=angle, scale=scale, **inputs)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        translate, shear = (inputs["x"], inputs["y"]), (inputs["across"], inputs["down"])
        view = _affine(size, inputs["angle"], translate, inputs["scale"], shear)
        return Seen(view, size, self._how)


class RandomAffine(Spatial):
    """An image slanted, scaled, turned and moved at random, with its mask, boxes and points.

    It is :class:`Affine` with numbers that are drawn uniformly, as torchvision's transform of this
    name: angles are clockwise, and it moves by whole pixels.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        degrees: the greatest angle in either direction, or the least and the greatest one, in
            degrees, clockwise.
        translate: how far it may move, to either side and up or down, as shares of width and
            height; not at all if not given.
        scale: the least and the greatest factor; 1 if not given.
        shear: by how much it may be slanted along rows, in degrees: the greatest angle in either
            direction, or the least and the greatest one; of four angles, the last two are those
            along columns. Not at all if not given.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        seed: a seed to share with other nodes; one of its own if not given.
        mask_border: the same as `border` for masks, such as ``"ConstantHigh"`` for 255, which often
            means that a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
        ValueError: another number of numbers than said.
    """

    def __init__(
        self,
        source: Operand,
        degrees: Range,
        translate: tuple[Operand, Operand] | None = None,
        scale: tuple[Operand, Operand] | None = None,
        shear: Operand | tuple[Operand, ...] | None = None,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        seed: Operand | None = None,
        *,
        mask_border: Operand | None = None,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the ranges."""
        self._how = How.of(interpolation, border, mask_border)
        inputs = _limits("degrees", degrees)
        if translate is not None:
            across, down = _numbers("translate", translate, _PAIR)
            inputs |= {"translate_x_most": across, "translate_y_most": down}
        if scale is not None:
            inputs |= _limits("scale", _numbers("scale", scale, _PAIR))
        if _is_row(shear) and len(shear) == _TWO_PAIRS:  # type: ignore[arg-type]  # a row has one
            numbers = _numbers("shear", shear, _TWO_PAIRS)
            inputs |= _limits("shear_x", numbers[:_PAIR]) | _limits("shear_y", numbers[_PAIR:])
        elif shear is not None:
            inputs |= _limits("shear_x", shear)
        super().__init__(source, targets, name=name, seed=seed, **inputs)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        seed = inputs["seed"]
        angle = _drawn("degrees", inputs, seed)

        def drawn(name: str, otherwise: float) -> Node | float:
            if not any(key.startswith(name) for key in inputs):
                return otherwise
            return _drawn(name, inputs, self.another(seed, _SEED_OF[name]))

        moves = [drawn(f"translate_{axis}", 0.0) for axis in "xy"]
        x, y = (
            Operation("Round", move * side) if isinstance(move, Node) else move
            for move, side in zip(moves, size, strict=True)
        )
        shear = drawn("shear_x", 0.0), drawn("shear_y", 0.0)
        view = _affine(size, angle, (x, y), drawn("scale", 1.0), shear)
        return Seen(view, size, self._how)


class Perspective(Spatial):
    """An image in another perspective, with its mask, boxes and points.

    The image keeps its size. Points are those of views: (0, 0) is the middle of the upper left
    pixel, as in OpenCV; torchvision's `perspective` takes it for the corner of that pixel.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        startpoints: four points of the image: x and y of each, shape (4, 2).
        endpoints: where each of them goes.
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
