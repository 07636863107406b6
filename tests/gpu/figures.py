"""The goals of a run, and the statistics that they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Above this, blocks of synthetic data differ too much to tell a share of 0.99 from 1.
MOST_SPREAD = 0.005
ROUNDS = 3


@dataclass(frozen=True)
class Goal:
    """A bound that a figure should keep; without one, the figure is only reported."""

    title: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    @property
    def bound(self) -> str:
        """The bound in words."""
        if self.at_least is not None:
            return f"at least {self.at_least:g} {self.unit}".strip()
        if self.at_most is not None:
            return f"at most {self.at_most:g} {self.unit}".strip()
        return "reported"

    def holds(self, value: float) -> bool | None:
        """Say whether a value keeps the bound, if there is one."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.at_most is not None:
            return value <= self.at_most
        return None


GOALS = {
    "upload": Goal(
        "copies of batches to the GPU, relative to cuMemcpyHtoDAsync of as many pinned bytes",
        at_least=0.9,
    ),
    "conversion": Goal("conversion, relative to the device's copy bandwidth", at_least=0.8),
    "register": Goal("registering 1 GiB", at_most=100, unit="ms"),
    "delivered": Goal("images/s per core, delivered to the GPU"),
    "share": Goal("ResNet-50 on real data, relative to synthetic data", at_least=0.99),
}


def share(blocks: Sequence[tuple[str, float]]) -> float:
    """Return the speed on real data relative to synthetic data.

    Args:
        blocks: in the order they ran, ``"S"`` (synthetic) or ``"R"`` (real) and the seconds taken.

    Returns:
        The median, over neighbouring blocks of different kinds, of synthetic by real seconds.

    Raises:
        ValueError: no such neighbours.
    """
    pairs = [
        dict((first, second))
        for first, second in pairwise(blocks)
        if {first[0], second[0]} == {"S", "R"}
    ]
    if not pairs:
        raise ValueError("no block of synthetic data is next to one of real data")
    return median(pair["S"] / pair["R"] for pair in pairs)


def spread(values: Sequence[float]) -> float:
    """Return the difference between the largest and the smallest value, relative to the median."""
    return (max(values) - min(values)) / median(values)


def why_not_claimed(value: float, spread_of_synthetic: float, rounds: int) -> str | None:
    """Return why a share does not count as its goal met; None if it does."""
    if not GOALS["share"].holds(value):
        return f"{value:.4f} is less than {GOALS['share'].at_least}"
    if rounds < ROUNDS:
        return f"only {rounds} of {ROUNDS} rounds were run"
    if spread_of_synthetic > MOST_SPREAD:
        return f"synthetic blocks differ by {spread_of_synthetic:.2%}, more than {MOST_SPREAD:.1%}"
    return None


def growth(values: Sequence[float]) -> float:
    """Return how much a series grew after it settled: its last quarter above its second."""
    quarter = max(1, len(values) // 4)
    return median(values[-quarter:]) - median(values[quarter : 2 * quarter] or values[:1])
