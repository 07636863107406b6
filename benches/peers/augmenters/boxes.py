"""What is drawn at random for libraries that do not draw it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import operations as of

if TYPE_CHECKING:
    Box = tuple[int, int, int, int]


def random_box(rng: np.random.Generator, width: int, height: int) -> Box:
    """Draw left, top, width and height of a random crop."""
    return _drawn(rng, width, height, of.AREA, of.RATIO)


def erased_box(rng: np.random.Generator, width: int, height: int) -> Box:
    """Draw left, top, width and height of what is erased."""
    return _drawn(rng, width, height, of.ERASED, of.ERASED_RATIO)


def _drawn(
    rng: np.random.Generator,
    width: int,
    height: int,
    shares: tuple[float, float],
    ratios: tuple[float, float],
) -> Box:
    for _ in range(10):
        area = width * height * rng.uniform(*shares)
        ratio = np.exp(rng.uniform(*np.log(ratios)))
        wide, high = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < wide <= width and 0 < high <= height:
            left, top = rng.integers(width - wide + 1), rng.integers(height - high + 1)
            return int(left), int(top), wide, high
    return 0, 0, width, height


def corners(
    rng: np.random.Generator, width: int, height: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Draw where the corners of an image go, inwards; return them, and where they go."""
    right, bottom = width - 1, height - 1
    start = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32)
    most = of.DISTORTION / 2 * np.array([width, height])
    inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    end = start + inwards * rng.uniform(0, most, (4, 2))
    return start, end.astype(np.float32)
