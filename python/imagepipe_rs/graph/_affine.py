"""Rotations and affine transforms of images, with masks, boxes and points."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from imagepipe_rs.graph._motion import How, Motion, Seen, Size, Spatial, is_row
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._motion import Kind
    from imagepipe_rs.graph._node import Operand

    Range: TypeAlias = Operand | tuple[Operand, Operand]

_DEGREE = math.pi / 180
_PAIR = 2
_TWO_PAIRS = 4
_SEED_OF = {"translate_x": 1, "translate_y": 2, "scale": 3, "shear_x": 4, "shear_y": 5}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


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


class _Drawn(Spatial):
    """A macro that draws numbers."""

    def _limits(self, name: str, value: Any) -> dict[str, Operand]:
        """Return inputs for a number that is drawn: the greatest, or the least and the greatest."""
        if not is_row(value):
            if _is_number(value) and value < 0:
                raise self.refused(name, value, "the greatest angle in either direction, from 0")
            return {f"{name}_most": value}
        low, high = self.numbers(name, value, _PAIR)
        if _is_number(low) and _is_number(high) and not low <= high:
            raise self.refused(name, value, "the least number and the greatest")
        return {f"{name}_low": low, f"{name}_high": high}


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


class RandomRotation(_Drawn):
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
        GraphError: another number of angles than two, a resource without an image, or with a field
            of which it is not known what it is.
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
        super().__init__(source, targets, name=name, seed=seed, **self._limits("degrees", degrees))

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        angle = _drawn("degrees", inputs, inputs["seed"])
        return Seen(_about_middle(size, _turned(-angle)), size, self._how)


class Affine(Spatial):
    """An image slanted, scaled, turned about its middle and moved, with mask, boxes and points.

    It is what torchvision's `affine` does: the image keeps its size, and angles are clockwise here,
    unlike those of :class:`Rotate`.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        angle: by how much it is turned, in degrees, clockwise.
        translate: how far it is moved to the right and down, in pixels.
        scale: by which factor it is enlarged; not 0.
        shear: by how much it is slanted along rows and along columns, in degrees; one number is the
            former.
        interpolation: how images are found between pixels; masks take the nearest pixels.
        border: what is taken to lie around the image.
        mask_border: the same for masks, such as ``"ConstantHigh"`` for 255, which often means that
            a pixel does not count; as `border` if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: other numbers of numbers, a resource without an image, or with a field of which
            it is not known what it is.
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
        x, y = self.numbers("translate", translate, _PAIR)
        across, down = self.numbers("shear", shear, _PAIR) if is_row(shear) else (shear, 0.0)
        inputs: dict[str, Any] = {"x": x, "y": y, "across": across, "down": down}
        super().__init__(source, targets, name=name, angle=angle, scale=scale, **inputs)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        translate, shear = (inputs["x"], inputs["y"]), (inputs["across"], inputs["down"])
        view = _affine(size, inputs["angle"], translate, inputs["scale"], shear)
        return Seen(view, size, self._how)


class RandomAffine(_Drawn):
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
        GraphError: other numbers of numbers, a resource without an image, or with a field of which
            it is not known what it is.
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
        inputs = self._limits("degrees", degrees)
        if translate is not None:
            across, down = self.numbers("translate", translate, _PAIR)
            if not all(0 <= one <= 1 for one in (across, down) if _is_number(one)):
                raise self.refused("translate", translate, "two shares, from 0 to 1")
            inputs |= {"translate_x_most": across, "translate_y_most": down}
        if scale is not None:
            factors = self.numbers("scale", scale, _PAIR)
            if not all(one > 0 for one in factors if _is_number(one)):
                raise self.refused("scale", scale, "two factors above 0")
            inputs |= self._limits("scale", factors)
        if is_row(shear) and len(shear) == _TWO_PAIRS:  # type: ignore[arg-type]  # a row has one
            numbers = self.numbers("shear", shear, _TWO_PAIRS)
            inputs |= self._limits("shear_x", numbers[:_PAIR]) | self._limits(
                "shear_y", numbers[_PAIR:]
            )
        elif shear is not None:
            inputs |= self._limits("shear_x", shear)
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
