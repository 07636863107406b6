"""Numbers that streams and their batches are given: 0 to 2**64 - 1, refused at once otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs.graph import SampleIndex, SampleUniform, Stream, collage, graph, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imagepipe_rs.graph import Node


@graph
def made() -> tuple[Node, ...]:
    return SampleIndex(), SampleUniform(0, 1)


def _state(sample: Any) -> Any:
    batches = Stream(made()).batches()
    batches.load_state_dict({**batches.state_dict(), "sample": sample})
    return batches


CALLS: list[tuple[str, Callable[[Any], Any]]] = [
    ("index", lambda number: Stream(made()).run(number)),
    ("index", lambda number: collage(Stream(made()), number, 1, 1)),
    ("start", lambda number: Stream(made()).batches(start=number)),
    ("start", lambda number: Stream(made()).profile(start=number)),
    ("seed", lambda number: Stream(made(), seed=number)),
    ("seed", lambda number: Stream(made()).seeded(number)),
    ("seed", lambda number: Stream(made()).batches(seed=number)),
    ("seed", lambda number: pipeline(seed=number)),
    ("state['sample']", _state),
]


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_a_number_that_is_none_is_refused_at_once(name: str, call: Callable[[Any], Any]) -> None:
    numbers: list[Any] = [-1, 2**64, 10**30]
    others: list[Any] = ["7", 1.0, True, np.float64(3)]
    for given in numbers + others:
        kind = ValueError if given in numbers else TypeError
        with pytest.raises(kind) as raised:
            call(given)
        allowed = "is not valid: a whole number from 0 to 2**64 - 1"
        assert str(raised.value) == f"{name}={given!r} {allowed}"


def test_every_number_that_is_one_is_taken() -> None:
    largest = 2**64 - 1
    assert Stream(made(), seed=largest).run(largest) == Stream(made()).seeded(largest).run(largest)
    for number in (np.int64(5), np.uint8(5), np.array(5)):
        assert Stream(made(), seed=number).run(number) == Stream(made(), seed=5).run(5)
    assert next(iter(_state(np.uint64(7))))[0][0] == 7


@pytest.mark.parametrize(
    ("given", "kind"), [(0, ValueError), (2**64, ValueError), ("3", TypeError)]
)
def test_a_number_of_steps_that_is_none_is_refused_at_once(given: Any, kind: type) -> None:
    allowed = r"is not valid: a whole number from 1 to 2\*\*64 - 1, or None"
    with pytest.raises(kind, match=rf"^steps={given!r} {allowed}$"):
        Stream(made()).batches(steps=given)


def test_indices_from_half_of_all_on_are_negative_within_the_graph() -> None:
    assert Stream(made()).run(2**63 - 1)[0] == 2**63 - 1
    assert Stream(made()).run(2**63)[0] == -(2**63)
    assert Stream(made()).run(2**64 - 1)[0] == -1


def test_records_of_more_samples_than_there_are_are_refused(tmp_path: Path) -> None:
    dest = tmp_path / "x.tfrecord"
    with pytest.raises(ValueError, match=r"count=3 is not valid: there are 2 from .* on"):
        Stream(made()).write_tfrecords(dest, 3, start=2**64 - 2)
    assert Stream(made()).write_tfrecords(dest, 2, start=2**64 - 2).records == 2
