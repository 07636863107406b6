"""What is random: a function of seed, index and the node, and uniform where it should be."""

from __future__ import annotations

import linecache
import textwrap
from typing import Any

import numpy as np
import pytest
from imagepipe_rs.graph import (
    Constant,
    GetRandom,
    Graph,
    Macro,
    Permutation,
    RandomBoolean,
    RandomIndex,
    RandomResource,
    RandomSeed,
    ResourceListSource,
    SampleIndex,
    SampleNormal,
    SampleUniform,
    Stream,
    Switch,
    Toggle,
    graph,
    outputs,
    pipeline,
)

DRAWS = 100_000


def jitter(most: float) -> Any:
    return SampleUniform(-most, most)


@graph
def several() -> Any:
    first = SampleUniform(0, 1)
    second = SampleNormal()
    third = GetRandom([1, 2, 3, 4, 5])
    fourth = jitter(3)
    fifth = Switch([SampleUniform(0, 1), SampleUniform(2, 3)], [1, 2])
    return first, second, third, fourth, fifth, Permutation(7)


def _equal(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_samples_do_not_depend_on_the_order_they_are_made_in() -> None:
    stream = Stream(several(), seed=3)
    in_order = [stream.run(index) for index in range(50)]
    numbers = np.random.default_rng(1).permutation(50).tolist()
    again = Stream(several(), seed=3)
    for index in numbers:
        assert _equal(again.run(index), in_order[index])
    assert _equal(again.run(2**64 - 1), stream.run(2**64 - 1))


def test_samples_are_the_same_without_optimization() -> None:
    plain, made = Stream(several(), optimize=False), Stream(several())
    assert all(_equal(plain.run(index), made.run(index)) for index in range(50))


def test_samples_differ_by_seed_and_index() -> None:
    streams = [Stream(several(), seed=seed) for seed in range(20)]
    found = {stream.run(index)[0] for stream in streams for index in range(20)}
    assert len(found) == 400


HEAD = """
from imagepipe_rs.graph import *

def jitter(most):
    return SampleUniform(-most, most)

@graph
def made():
"""

BEFORE = """
    width = SampleUniform(0, 1)
    height = jitter(2)
    angle = jitter(3)
    label = GetRandom([1, 2, 3, 4, 5])
    return {"width": width, "height": height, "angle": angle, "label": label}
"""


def _made(body: str, head: str = HEAD) -> Stream:
    space: dict[str, Any] = {}
    source = head + textwrap.indent(textwrap.dedent(body), "    ")
    name = f"<made {hash(source)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), space)  # noqa: S102
    return Stream(space["made"]())


def _drawn(stream: Stream) -> dict[str, list[Any]]:
    rows = [stream.run(index) for index in range(20)]
    if isinstance(rows[0], tuple):
        return {"default": [row[0] for row in rows]}
    return {label: [row[label] for row in rows] for label in stream.labels}


EDITS = {
    "a node is added before": BEFORE.replace(
        "    width =", "    x = SampleUniform(0, 1)\n    width ="
    ),
    "a node is added between": BEFORE.replace("    angle =", "    x = jitter(5)\n    angle ="),
    "a node is added and used": BEFORE.replace(
        "    label =", "    x = GetRandom([1, 2])\n    label ="
    ).replace('"label": label}', '"label": label, "x": x}'),
    "lines move": BEFORE.replace("    angle =", "\n\n    # a remark\n    angle ="),
}


@pytest.mark.parametrize("edit", EDITS)
def test_other_draws_stay_the_same_when(edit: str) -> None:
    before, after = _drawn(_made(BEFORE)), _drawn(_made(EDITS[edit]))
    for label in before:
        assert after[label] == before[label]


def test_other_draws_stay_the_same_when_a_node_is_removed() -> None:
    before = _drawn(_made(BEFORE))
    removed = BEFORE.replace("    height = jitter(2)\n", "").replace('"height": height, ', "")
    after = _drawn(_made(removed))
    for label in after:
        assert after[label] == before[label]


def test_other_draws_stay_the_same_when_a_node_is_renamed() -> None:
    before = _drawn(_made(BEFORE))
    renamed = _drawn(
        _made(BEFORE.replace("height = jitter", "tall = jitter").replace(": height", ": tall"))
    )
    for label in set(before) - {"height"}:
        assert renamed[label] == before[label]


def test_a_name_keeps_a_draw_whatever_its_line_becomes() -> None:
    def drawn(line: str) -> list[Any]:
        return _drawn(_made(f"\n    x = {line}\n    return x\n"))["default"]

    assert drawn("SampleUniform(0, 1, name='x')") == drawn("SampleUniform( 0, 1, None, name='x' )")
    assert drawn("SampleUniform(0, 1, name='x')") != drawn("SampleUniform(0, 1, name='y')")
    macros = drawn("GetRandom(list(range(1000)), name='x')")
    assert macros == drawn("GetRandom([*range(1000)], name='x')")


def test_nodes_of_one_line_differ() -> None:
    with Graph() as made:
        outputs(*(SampleUniform(0, 1) for _ in range(5)), *[SampleUniform(0, 1) for _ in range(5)])
    assert len(set(Stream(made).run(0))) == 10


def test_two_uses_of_a_macro_differ() -> None:
    class Twice(Macro):
        def __init__(self) -> None:
            super().__init__(seed=None)

        def expand(self, seed: Any) -> Any:
            return SampleUniform(0, 1) + SampleUniform(0, 1, seed) * 10

    with Graph() as made:
        outputs(Twice(), Twice())
    assert len(set(Stream(made).run(0))) == 2


class Letters(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"letter": list("abcdefghij"), "number": list(range(10))}


def test_nodes_with_one_seed_draw_the_same() -> None:
    with Graph() as made:
        seed, letters = RandomSeed(), Letters()
        outputs(GetRandom(list("abcdefghij"), seed), GetRandom(list(range(10)), seed))
        resource = RandomResource(letters, seed)
        outputs(resource["letter"], resource["number"], RandomResource(letters, seed)["number"])
        outputs(SampleUniform(0, 1, seed), SampleUniform(0, 1, seed))
        outputs(RandomBoolean(seed), RandomBoolean(seed))
    stream = Stream(made)
    for index in range(100):
        letter, number, other, same, again, low, high, yes, no = stream.run(index)
        assert "abcdefghij"[number] == letter == other
        assert (number, low, yes) == (same, high, no)
        assert number == again


def test_a_seed_may_be_the_index_or_a_number() -> None:
    with Graph() as made:
        outputs(SampleUniform(0, 1, SampleIndex()), SampleUniform(0, 1, 5))
    first, second = Stream(made, seed=1), Stream(made, seed=2)
    assert [first.run(index) for index in range(5)] == [second.run(index) for index in range(5)]
    assert len({first.run(index)[0] for index in range(5)}) == 5
    assert len({first.run(index)[1] for index in range(5)}) == 1


def _shares(stream: Stream) -> dict[Any, float]:
    counts: dict[Any, int] = {}
    for index in range(DRAWS):
        (value,) = stream.run(index)
        key = value.item() if hasattr(value, "item") else value
        counts[key] = counts.get(key, 0) + 1
    return {key: count / DRAWS for key, count in counts.items()}


def test_elements_are_drawn_uniformly_with_both_ends() -> None:
    @pipeline()
    def drawn() -> Any:
        return GetRandom(list(range(10)))

    shares = _shares(drawn())
    assert sorted(shares) == list(range(10))
    assert all(abs(share - 0.1) < 0.01 * 0.5 for share in shares.values())


def test_resources_are_drawn_uniformly_with_both_ends() -> None:
    @pipeline(seed=4)
    def drawn() -> Any:
        return RandomResource(Letters())["letter"]

    shares = _shares(drawn())
    assert sorted(shares) == list("abcdefghij")
    assert all(abs(share - 0.1) < 0.005 for share in shares.values())


def test_branches_are_drawn_by_their_weights() -> None:
    weights = [1, 0, 2.5, 4, 2.5, 0]

    @pipeline()
    def drawn() -> Any:
        return Switch(list(range(6)), weights)

    shares = _shares(drawn())
    assert set(shares) == {0, 2, 3, 4}
    for branch, share in shares.items():
        assert abs(share - weights[branch] / 10) < 0.01


def test_toggles_have_their_probability() -> None:
    @pipeline()
    def drawn() -> Any:
        return Toggle(1, 0, 0.3)

    assert abs(_shares(drawn())[1] - 0.3) < 0.01


def test_certain_choices_are_certain() -> None:
    with Graph() as made:
        outputs(Toggle(1, 0, 1.0), Toggle(1, 0, 0.0), Switch([5], [0.1]), Switch([1, 2], [0, 3]))
    stream = Stream(made)
    assert {stream.run(index) for index in range(200)} == {(1, 0, 5, 2)}


def test_random_indices_reach_both_ends_of_long_lists() -> None:
    length = 2**31 - 1
    with Graph() as made:
        outputs(RandomIndex(length), RandomIndex(1))
    found = [Stream(made, seed=seed).run(0) for seed in range(2000)]
    numbers = np.array([number for number, _ in found], dtype=np.float64) / length
    assert numbers.min() < 0.01
    assert numbers.max() > 0.99
    # A float of 24 bits would make all of them even.
    assert len({int(number) % 2 for number, _ in found}) == 2
    assert {zero for _, zero in found} == {0}


def test_constants_are_what_they_were() -> None:
    with Graph() as made:
        outputs(Constant(-1), Constant(-2), Constant(1.0), Constant(1), Constant(value=True))
    found = Stream(made).run(0)
    assert [one.dtype for one in found] == ["int32", "int32", "float32", "int32", "bool"]
    assert found == (-1, -2, 1.0, 1, True)
