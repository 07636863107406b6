"""Cases of macros that change colours at random, or erase parts of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from node_cases import Values, case

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = np.random.default_rng(1).integers(0, 256, (10, 12, 3), np.uint8)


@case("ColorJitter")
def _(kind: Any, _folder: Path) -> Values:
    """A range of one factor is this factor."""
    brighter = np.minimum(PICTURE.astype(np.float32) * np.float32(1.5), 255).astype(np.uint8)
    return (kind(PICTURE), kind(PICTURE, (1.5, 1.5))), (PICTURE, brighter)


@case("RandomErasing")
def _(kind: Any, _folder: Path) -> Values:
    white = np.full((10, 12), 255, np.uint8)

    def erased(column: list[Any]) -> None:
        for found in column:
            rows, columns = (found == 0).any(1), (found == 0).any(0)
            assert not found[np.ix_(rows, columns)].any()
        shares = [np.mean(found == 0) for found in column]
        assert abs(np.mean(np.greater(shares, 0)) - 0.5) < 0.08
        assert max(shares) < 0.42

    return (kind(PICTURE, 0), kind(white)), (PICTURE, erased)
