"""What each node that is not an operation gives: known values, formulas, NumPy's results.

Operations have such a table in src/graph/tests. Here, a case takes the class of nodes, so that it
also runs with the class of the same name for programs of PixelPipes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from imagepipe_rs.graph import Graph, Node, Output, Stream, outputs

if TYPE_CHECKING:
    from pathlib import Path

Values = tuple[tuple[Any, ...], tuple[Any, ...]]
"""Nodes or values, and what each is to be: a value, or a function that checks all samples."""

Case = Callable[..., Values]

CASES: dict[str, Case] = {}

SAMPLES = 1200


def case(name: str) -> Callable[[Case], Case]:
    """Declare what nodes of a name give."""

    def declared(function: Case) -> Case:
        assert name not in CASES
        CASES[name] = function
        return function

    return declared


def check(function: Case, kind: Any, folder: Path) -> None:
    """Make the nodes of a case, and compare what they give."""
    with Graph() as made:
        nodes, expected = function(kind, folder)
        outputs(*nodes)
    if isinstance(kind, type) and issubclass(kind, Node | Output):
        assert any(isinstance(one, kind) for one in (*made.members.values(), *made.outputs))
    stream = Stream(made, seed=7)
    draws = any(map(callable, expected))
    samples = [stream.values(index) for index in (range(SAMPLES) if draws else (0, 3, 2**63))]
    for column, wanted in zip(zip(*samples, strict=True), expected, strict=True):
        if callable(wanted):
            wanted(list(column))
        else:
            for value in column:
                is_same(value, wanted)


def is_same(found: Any, wanted: Any) -> None:
    """Compare values; an array, or a number of NumPy, also says which type it must be of."""
    if isinstance(wanted, str | bytes):
        assert found == wanted
        return
    if isinstance(wanted, list) and isinstance(found, list):
        for one, other in zip(found, wanted, strict=True):
            is_same(one, other)
        return
    assert np.shape(found) == np.shape(wanted)
    if isinstance(wanted, np.ndarray | np.generic):
        assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-5)


def shared(shares: dict[Any, float]) -> Callable[[list[Any]], None]:
    """Return a check that values come as often as they should, within five deviations."""

    def checked(column: list[Any]) -> None:
        counts = Counter(_plain(value) for value in column)
        assert counts.keys() == shares.keys()
        for value, share in shares.items():
            deviation = (share * (1 - share) / len(column)) ** 0.5
            assert abs(counts[value] / len(column) - share) <= 5 * deviation, value

    return checked


def evenly(*values: Any) -> Callable[[list[Any]], None]:
    """Return a check that each of some values is as likely as the others."""
    return shared(dict.fromkeys(values, 1 / len(values)))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(value.ravel().tolist())
    return value.item() if isinstance(value, np.generic) else value
