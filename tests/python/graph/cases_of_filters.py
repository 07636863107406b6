"""Cases of macros for filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from imagepipe_rs.graph import GaussianBlur, Integer, RandomSeed, SampleUniform
from node_cases import Values, case

if TYPE_CHECKING:
    from pathlib import Path

SPOT = np.zeros((5, 5), np.float32)
SPOT[2, 2] = 1


@case("RandomGaussianBlur")
def _(kind: Any, _folder: Path) -> Values:
    seed = RandomSeed()
    with_sigma = GaussianBlur(SPOT, 5, SampleUniform(0.5, 1.5, seed))
    same = kind(SPOT, 5, (0.5, 1.5), seed) - with_sigma
    # How much stays in the middle says what sigma was.
    drawn = kind(SPOT, [5, 1])[2][2]

    def spread(column: list[Any]) -> None:
        middle = np.sort(np.ravel(column))
        assert middle[0] < 0.26
        assert middle[-1] > 0.99
        # Below a sigma of 1, which comes as often as 0.9 of 1.9, more than 0.4 stays.
        x = np.arange(-2, 3)
        at_one = 1 / np.exp(-0.5 * x**2).sum()
        share = np.mean(middle > at_one)
        deviation = (9 / 19 * 10 / 19 / len(middle)) ** 0.5
        assert abs(share - 9 / 19) <= 5 * deviation

    return (same, drawn, Integer(kind(SPOT, 1) * 7)), (
        lambda column: np.testing.assert_allclose(column, 0, atol=1e-7),
        spread,
        lambda column: np.testing.assert_array_equal(column[0], (SPOT * 7).astype(np.int32)),
    )
