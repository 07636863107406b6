"""What nodes compute: known values, and NumPy's rules for arrays of any shape and type."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Add,
    Ceil,
    Concatenate,
    Conditional,
    Constant,
    Convert,
    Floor,
    Graph,
    MakeList,
    Maximum,
    Range,
    Round,
    Saturate,
    Stack,
    Stream,
    Sublist,
    outputs,
)

# From narrow to wide: the order that types are promoted in.
TYPES = ["bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]


def run(*nodes: Any, made: Graph) -> tuple[Any, ...]:
    with made:
        outputs(*nodes)
    return Stream(made).run(0)


def test_arithmetic() -> None:
    with Graph() as made:
        a, b = Constant(6), Constant(3)
        outputs(a + b, a - b, a * b, a / b, a**b, a % b, -a)
        outputs(1 + a, 1 - a, 2 * a, 13 / a, 2**b, 13 % a)
    found = Stream(made).run(0)
    assert found[:7] == (9, 3, 18, 2, 216, 0, -6)
    assert found[7:] == (7, -5, 12, 2, 8, 1)


def test_bytes_wrap_around_or_are_clipped() -> None:
    with Graph() as made:
        a, b = Convert(255, "Char"), Convert(2, "Char")
        outputs(a + b, b - a, a * b, a / b)
        with Saturate():
            outputs(a + b, a - b, b - a, a * b, a / b, Add(a, b))
        outputs(a + b, Add(a, b, saturate=True))
    found = Stream(made).run(0)
    assert found[:4] == (1, 3, 254, 127)
    assert found[4:10] == (255, 253, 0, 255, 127, 255)
    assert found[10:] == (1, 255)
    assert {one.dtype for one in found} == {np.dtype(np.uint8)}


def test_rounding_and_conversion() -> None:
    with Graph() as made:
        outputs(Floor(3.6), Round(3.6), Ceil(3.6), Convert(3.6, "Integer"), Convert(1000, "Char"))
    assert Stream(made).run(0) == (3, 4, 4, 3, 255)


def test_lists() -> None:
    with Graph() as made:
        outputs(Range(0, 6, 6, round=True), Range(0, 5, 10), Sublist([1, 2, 3, 4, 5, 6], 2, 3))
        outputs(Concatenate([[1, 2], [3]]), Stack([[1, 2], [3, 4]]), MakeList([1, "a", [2.5]]))
    found = Stream(made).run(0)
    assert [one.tolist() for one in found[:5]] == [
        [0, 1, 2, 3, 4, 5],
        [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5],
        [3, 4],
        [1, 2, 3],
        [[1, 2], [3, 4]],
    ]
    assert found[5] == [1, "a", [2.5]]


def test_comparisons_and_logic() -> None:
    with Graph() as made:
        a, b = Constant([0, 1, 1, 1]), Constant([2, 0, 2, 1])
        outputs(a > b, a >= 1, b <= 1.5, a != b, a == b, b < 2)
        yes = Constant([True, False])
        outputs(yes & [True, True], yes | [False, True], ~yes, True & yes, False | yes)
    found = [one.tolist() for one in Stream(made).run(0)]
    assert found == [
        [False, True, False, False],
        [False, True, True, True],
        [False, True, False, True],
        [True, True, True, False],
        [False, False, False, True],
        [False, True, False, True],
        [True, False],
        [True, True],
        [False, True],
        [True, False],
        [True, False],
    ]


def test_numpys_arrays_leave_operators_to_nodes() -> None:
    with Graph() as made:
        node = Constant([1, 2, 3])
        outputs(np.array([1, 2, 3], np.int32) + node, np.float32(2) * node)
    first, second = Stream(made).run(0)
    assert first.tolist() == [2, 4, 6]
    assert second.tolist() == [2, 4, 6]


def test_pythons_numbers_are_small_where_they_fit() -> None:
    values = [1, 2**40, 1.5, True, [1, 2], [1, 2**40], [1, 2.5], [[1], [2]], [True, False]]
    with Graph() as made:
        outputs(*map(Constant, values))
    found = Stream(made).run(0)
    assert [one.dtype.name for one in found] == [
        "int32", "int64", "float32", "bool", "int32", "int64", "float32", "int32", "bool"
    ]  # fmt: skip
    assert found[7].shape == (2, 1)


def test_other_constants() -> None:
    arrays = [np.zeros((2, 3), np.uint8), np.ones(4, np.float32)]
    with Graph() as made:
        outputs("text", b"bytes", bytearray(b"more"), arrays, ["a", [1, "b"]], [], [[1, 2], [3]])
        outputs(np.arange(6).reshape(2, 3).T, np.arange(3, dtype=">i4"))
    found = Stream(made).run(0)
    assert found[:3] == ("text", b"bytes", b"more")
    assert all(map(np.array_equal, found[3], arrays))
    assert found[4:6] == (["a", [1, "b"]], [])
    assert [one.tolist() for one in found[6]] == [[1, 2], [3]]
    assert found[7].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found[8].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "value", [object(), None, {1: 2}, 2**80, np.zeros(2, np.complex64), [1, object()], {3}]
)
def test_what_is_no_value_is_refused(value: Any) -> None:
    with Graph(), pytest.raises(TypeError, match="cannot be in a graph"):
        Constant(value)


def test_a_condition_chooses() -> None:
    with Graph() as made:
        outputs(Conditional(1, 2, condition=True), Conditional(true="a", false="b", condition=0))
    assert Stream(made).run(0) == (1, "b")


def wider(a: str, b: str) -> str:
    return max(a, b, key=TYPES.index)


arrays = st.sampled_from(TYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=0, max_dims=3, max_side=3),
        elements=st.booleans() if dtype == "bool" else st.integers(0, 100),
    )
)


@settings(max_examples=200, deadline=None)
@given(arrays, arrays, st.sampled_from(["+", "*", ">", "==", "max"]))
def test_arrays_are_broadcast_and_promoted(a: Any, b: Any, sign: str) -> None:
    numbers = {
        "+": lambda x, y: x + y,
        "*": lambda x, y: x * y,
        ">": lambda x, y: x > y,
        "==": lambda x, y: x == y,
    }
    ours = numbers.get(sign, Maximum)
    theirs = numbers.get(sign, np.maximum)
    with Graph() as made:
        outputs(ours(Constant(a), Constant(b)))
    dtype = wider(a.dtype.name, b.dtype.name)
    try:
        expected = theirs(a.astype(dtype), b.astype(dtype))
    except ValueError:
        with pytest.raises(GraphError, match="elements along one axis"):
            Stream(made)
        return
    if dtype == "bool" and sign in "+*":
        return  # what sums of truth values are is not NumPy's rule
    (found,) = Stream(made).run(0)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=200, deadline=None)
@given(arrays, st.sampled_from(TYPES))
def test_conversions_are_clipped_then_truncated(values: Any, dtype: str) -> None:
    shifted = values.astype(np.float64) * 1e3 - 5e4 + 0.75
    with Graph() as made:
        outputs(Convert(shifted, dtype))
    (found,) = Stream(made).run(0)
    if dtype == "bool":
        expected = shifted != 0
    elif dtype.startswith("float"):
        expected = shifted.astype(dtype)
    else:
        limits = np.iinfo(dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.clip(shifted, float(limits.min), float(limits.max)).astype(dtype)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == dtype


@settings(max_examples=100, deadline=None)
@given(arrays.filter(lambda a: a.ndim > 0), st.data())
def test_elements_are_what_numpy_says(values: Any, data: st.DataObject) -> None:
    index = data.draw(st.integers(-len(values), len(values) - 1))
    with Graph() as made:
        outputs(Constant(values)[index])
    (found,) = Stream(made).run(0)
    np.testing.assert_array_equal(found, values[index])
    assert found.dtype == values.dtype
