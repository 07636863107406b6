"""Macros that change the colours of images at random, or erase parts of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imagepipe_rs.graph._geometry import FOR_OTHER
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagepipe_rs.graph._node import Operand

    Range = float | Sequence[float]

_ADJUSTING = ("AdjustBrightness", "AdjustContrast", "AdjustSaturation", "AdjustHue")
_FACTORS = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
"""What each factor is that changes nothing."""


class ColorJitter(Macro):
    """An image with random brightness, contrast, saturation and hue, as torchvision's ColorJitter.

    Each is adjusted by a factor drawn uniformly from a range, in an order that is drawn, too. A
    range is a pair of numbers, or a number `v`, which stands for the factors from `1 - v`, but not
    below 0, to `1 + v`, and of hues for those from `-v` to `v`. What has a range of 0, or one of a
    factor that changes nothing, is left as it is.

    Args:
        source: the image: of one channel, or of red, green and blue.
        brightness: the range of the factor of brightness, as numbers.
        contrast: that of contrast.
        saturation: that of saturation.
        hue: that of how far hues are shifted, from -0.5 to 0.5.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: a range that is none, or not within its bounds.
    """

    def __init__(
        self,
        source: Operand,
        brightness: Range = 0,
        contrast: Range = 0,
        saturation: Range = 0,
        hue: Range = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image and the ranges."""
        given = (brightness, contrast, saturation, hue)
        self._wanted = dict(zip(_FACTORS, given, strict=True))
        super().__init__(source=source, seed=seed, name=name)

    def expand(self, source: Node, seed: Node) -> Operand:
        """Return the image with all that is to be adjusted, in a random order."""
        ranges = {key: _range(self, key, one) for key, one in self._wanted.items()}
        changed = [number for number, one in enumerate(ranges.values()) if one is not None]
        if not changed:
            return source
        factors: list[Operand] = []
        for number, (key, one) in enumerate(ranges.items()):
            if one is None:
                factors.append(_FACTORS[key])
            else:
                factors.append(Operation("SampleUniform", *one, other_seed(self, seed, number + 1)))
        if len(changed) == 1:
            (only,) = changed
            return Operation(_ADJUSTING[only], source, factors[only])
        return Operation("AdjustColors", source, *factors, Operation("Permutation", 4, seed))


class RandomErasing(Macro):
    """An image with a random rectangle erased, as torchvision's RandomErasing does it.

    Its area and its ratio of height to width are drawn, the ratio uniformly by its logarithm. The
    image stays what it is if none of ten such rectangles is smaller than the image on both sides.

    Args:
        source: the image.
        p: the probability that something is erased, from 0 to 1.
        scale: the least and the greatest area, as shares of the image's, from 0 to 1.
        ratio: the least and the greatest ratio, above 0.
        value: what pixels become: a number, one for each channel, or "random", which draws each
            element: from the standard normal distribution in float32, from all levels in integers.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: `p` is not a probability, or a range is none.
    """

    def __init__(
        self,
        source: Operand,
        p: Operand = 0.5,
        scale: Operand | tuple[float, float] = (0.02, 0.33),
        ratio: Operand | tuple[float, float] = (0.3, 3.3),
        value: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the image, the probability, and the ranges."""
        super().__init__(
            source=source, p=p, scale=scale, ratio=ratio, value=value, seed=seed, name=name
        )

    def expand(
        self, source: Node, p: Node, scale: Node, ratio: Node, value: Node, seed: Node
    ) -> Operand:
        """Return the image, or one without a rectangle."""
        region = Operation("ErasingRegion", source, scale, ratio, other_seed(self, seed, 1))
        erased = Operation("Erase", source, region, value, other_seed(self, seed, 2))
        return Operation("Conditional", erased, source, Operation("SampleBernoulli", p, seed))


def other_seed(macro: Macro, seed: Node, number: int) -> Node:
    """Return a seed that depends on another one, but draws other numbers.

    Args:
        macro: the macro that draws.
        seed: its seed.
        number: which of its draws it is for; 0 is for the seed itself.
    """
    step = FOR_OTHER * number % 2**64
    place = f"seed {number}"
    within = macro.graph.within(
        f"{macro.name}/{place}", f"{macro.identity}/{place}", saturates=False
    )
    with within:
        return seed + (step - 2**64 if step >= 2**63 else step)


def _range(macro: Macro, key: str, given: Range) -> tuple[float, float] | None:
    """Return the factors that are drawn; None for those that change nothing."""
    neutral = _FACTORS[key]
    low, high = (0.0, math.inf) if neutral else (-0.5, 0.5)
    if isinstance(given, int | float):
        if given < 0:
            raise macro.fault(f"{key} is {given}, which is below 0")
        least, most = neutral - given, neutral + given
        least = max(least, 0.0) if neutral else least
    else:
        try:
            least, most = map(float, given)
        except (TypeError, ValueError):
            raise macro.fault(f"{key} is {given!r}, not a number or two of them") from None
    if not low <= least <= most <= high or most == math.inf:
        bounds = "from 0" if neutral else "from -0.5 to 0.5"
        raise macro.fault(f"{key} is {given!r}, not a range of factors {bounds}")
    return None if least == most == neutral else (least, most)
