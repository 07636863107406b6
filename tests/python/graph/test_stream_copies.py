"""Streams and their batches, copied and pickled, and what they look like in text."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Constant,
    FileList,
    MakeList,
    PyNode,
    Range,
    ReadFile,
    SampleIndex,
    SampleUniform,
    outputs,
    pipeline,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imagepipe_rs.graph import Node

GENEROUS = 100


@pipeline(seed=5)
def named() -> dict[str, Node]:
    return {"number": SampleIndex(), "drawn": SampleUniform(0, 1)}


@pipeline()
def own() -> Node:
    return PyNode(abs, [SampleIndex()])


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  what was pickled here


COPIES = [pickled, copy.deepcopy, copy.copy]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_a_stream_gives_the_same_samples(copied: Callable[[Any], Any]) -> None:
    stream = named()
    again = copied(stream)
    assert (again.labels, again.seed, repr(again)) == (stream.labels, 5, repr(stream))
    for index in (0, 3, 2**64 - 1):
        assert again.run(index) == stream.run(index)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_streams_are_pickled_by_every_protocol(protocol: int) -> None:
    again = pickle.loads(pickle.dumps(named(), protocol))  # noqa: S301  as above
    assert again.run(3) == named().run(3)


def test_a_copy_finds_its_files_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @pipeline()
    def read() -> Node:
        return ReadFile(FileList(["a.txt"])[0])

    (tmp_path / "a.txt").write_text("found")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps(read())
    monkeypatch.chdir(tmp_path / "below")
    assert pickle.loads(data).run(0) == (b"found",)  # noqa: S301  as above


@pytest.mark.parametrize("copied", COPIES)
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_a_copy_of_batches_goes_on_where_they_stand(
    copied: Callable[[Any], Any], taken: int
) -> None:
    batches = named().batches(4, start=8, seed=9, ragged=True, shard=(1, 2), workers=2)
    through = iter(batches)
    for _ in range(taken):
        next(through)
    again = copied(batches)
    assert again.state_dict() == batches.state_dict()
    assert repr(again) == repr(batches)
    for expected, found in islice(zip(through, again, strict=False), 3):
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in found)
    next(through)
    assert again.state_dict() != batches.state_dict(), "they must be independent"


def test_a_copy_of_batches_has_as_many_in_a_pass() -> None:
    again = pickled(named().batches(4, steps=3))
    assert len(again) == sum(1 for _ in again) == 3


def test_what_has_a_function_of_ones_own_is_copied_but_not_pickled() -> None:
    for given in (own(), own().batches(2)):
        with pytest.raises(GraphError, match="a function of your own cannot be") as raised:
            pickle.dumps(given)
        assert raised.value.origin.startswith(__file__)
    assert copy.deepcopy(own()).run(3) == (3,)
    assert next(iter(copy.deepcopy(own().batches(2))))[0].tolist() == [0, 1]


@pytest.mark.parametrize("copied", COPIES)
def test_an_iterator_is_not_copied(copied: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"pickle what Stream.batches\(\) returned"):
        copied(iter(named().batches(4)))


def test_processes_that_are_spawned_take_streams_and_batches(tmp_path: Path) -> None:
    program = """
import multiprocessing
from imagepipe_rs.graph import SampleIndex, SampleUniform, pipeline

@pipeline(seed=2)
def drawn():
    return SampleIndex(), SampleUniform(0, 1)

def sample(given):
    stream, index = given
    return stream.run(index)

def numbers(batches):
    return next(iter(batches))[0].tolist()

if __name__ == "__main__":
    stream, batches = drawn(), drawn().batches(4, workers=1)
    next(iter(batches))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = pool.map(sample, [(stream, index) for index in range(8)])
        assert found == [stream.run(index) for index in range(8)]
        assert pool.apply(numbers, [batches]) == [4, 5, 6, 7]
"""
    path = tmp_path / "program.py"
    path.write_text(program)
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    subprocess.run([sys.executable, path], check=True, timeout=GENEROUS, env=environment)


# ------------------------------------------------------------------------------------------- text


def test_a_stream_says_what_its_samples_have() -> None:
    expected = "<Stream of number: one int64, drawn: one float32; 3 operations, seed 5>"
    assert repr(named()) == expected

    @pipeline(seed=7)
    def several() -> tuple[Node, ...]:
        index = SampleIndex()
        picture = Constant(np.zeros((4, 5, 3), np.uint8))
        return picture, Constant("a"), Range(0, 1, index), MakeList([Constant("b"), index])

    found = repr(several())
    assert found.startswith("<Stream of uint8 (4, 5, 3), text, float32 (?), ")
    assert found.endswith(" operations, seed 7>")


@pytest.mark.parametrize("shape", [(4, 5, 1), (3, 1), (1,)])
def test_a_stream_shows_axes_of_one_element(shape: tuple[int, ...]) -> None:
    stream = pipeline()(lambda: Constant(np.zeros(shape, np.uint8)))()
    axes = ", ".join(map(str, shape))
    assert repr(stream) == f"<Stream of uint8 ({axes}); 0 operations, seed 0>"
    assert stream.run(0)[0].shape == shape


def test_a_stream_of_many_outputs_is_one_line() -> None:
    @pipeline()
    def many() -> None:
        outputs(*range(100))
        outputs(3, label="two\nlines")

    found = repr(many())
    assert len(found) < 200
    assert "one int32, 93 more; 0 operations" in found
    assert "\n" not in found


def test_batches_say_where_they_stand() -> None:
    batches = named().batches(4, steps=3)
    next(iter(batches))
    assert repr(batches) == (
        "<Batches of 4 samples, 3 in a pass, the next from sample 4 on; seed 5>"
    )
    assert repr(named().batches(1, start=7, seed=2)) == (
        "<Batches of 1 sample, the next from sample 7 on; seed 2>"
    )
