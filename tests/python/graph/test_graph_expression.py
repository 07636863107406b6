"""Expressions: what they are worth, against Python's own evaluation, and what is refused."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import Constant, Expression, Graph, Stream, outputs


def worth(text: str, **variables: Any) -> Any:
    with Graph() as graph:
        outputs(Expression(text, variables))
    return Stream(graph).run(0)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15", 15),
        ("100+1", 101),
        ("8/4/2", 1),
        ("6/3*2", 4),
        ("-2^2", -4),
        ("(-2)^2", 4),
        ("2^3^2", 512),
        ("2^-1", 0.5),
        ("7%4", 3),
        ("10-4-3", 3),
        ("7/2", 3.5),
        ("2*-3", -6),
        ("--3", 3),
        ("+3", 3),
        (" 1.5 + .5 ", 2),
        ("1e3", 1000),
        ("2.", 2),
        ("((x ^ 2 - y) * 2) / 5 + 2", 6),
        ("x_1y", 7),
    ],
)
def test_known_expressions(text: str, expected: float) -> None:
    variables = {"x": 5, "y": Constant, "x_1y": 7}
    with Graph() as graph:
        variables["y"] = Constant(15)
        outputs(Expression(text, variables))
    assert Stream(graph).run(0)[0] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "character 1: the end, not a number"),
        ("1+", "character 3: the end"),
        ("(1", "character 3: the end, not '\\)'"),
        ("1 2", "character 3: '2', not an operator"),
        ("1)", "character 2: '\\)', not an operator"),
        ("2x", "character 2: 'x', not an operator"),
        ("*1", "character 1: '\\*', not a number"),
        ("a$", "character 2: '\\$'"),
        ("a + b", "unknown variable 'b' in 'a \\+ b'; there are: a"),
        ("(" * 200 + "1" + ")" * 200, "more than 100 levels"),
        ("2" + "^2" * 200, "more than 100 levels"),
    ],
)
def test_what_is_not_an_expression_is_refused_with_the_place(text: str, reason: str) -> None:
    with pytest.raises(GraphError, match=reason) as caught, Graph():
        Expression(text, {"a": 1})
    assert caught.value.origin.startswith(__file__)


def test_integers_become_floats_and_doubles_stay_what_they_are() -> None:
    assert worth("x / 2", x=7) == 3.5
    assert worth("x * x", x=100_000) == np.float32(1e10)
    assert worth("x", x=np.float64(1) / 3) == np.float64(1) / 3


def test_variables_may_be_arrays() -> None:
    np.testing.assert_array_equal(worth("2*x + 1", x=[1, 2, 3]), [3, 5, 7])


def test_expressions_clip_nothing_within_saturate() -> None:
    assert worth("-x", x=np.uint8(200)) == -200


numbers = st.integers(0, 20).map(str) | st.floats(0.25, 20).map(lambda x: f"{x:.3f}")


def _joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(parts, st.sampled_from([" + ", " - ", " * ", " / ", " % "]), parts)
    return (
        binary.map("".join)
        | parts.map(lambda text: f"({text})")
        | parts.map(lambda text: f"-{text}")
        | parts.map(lambda text: f"({text})^2")
    )


@settings(max_examples=200, deadline=None)
@given(st.recursive(numbers, _joined, max_leaves=12))
def test_expressions_are_worth_what_python_says(text: str) -> None:
    # With doubles, so that rounding does not hide a wrong tree; % has the sign of the dividend.
    class Number(float):
        def __mod__(self, other: float) -> Number:
            return Number(math.fmod(self, other))

    for name in ("add", "sub", "mul", "truediv", "pow", "neg"):
        own = getattr(float, f"__{name}__")
        setattr(Number, f"__{name}__", lambda *args, own=own: Number(own(*args)))

    variables: dict[str, Any] = {}

    def named(number: str) -> str:
        name = f"v{len(variables)}"
        variables[name] = Number(float(number))
        return name

    # The numbers become variables of doubles, except for exponents.
    pieces = []
    for piece in _pieces(text):
        pieces.append(named(piece) if piece[0].isdigit() and pieces[-1:] != ["^"] else piece)
    source = "".join(pieces)
    try:
        expected = eval(source.replace("^", "**"), {"__builtins__": {}}, variables)  # noqa: S307
    except (ZeroDivisionError, OverflowError, ValueError):
        return
    doubles = {name: np.float64(value) for name, value in variables.items()}
    assert worth(source, **doubles) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def _pieces(text: str) -> list[str]:

    return re.findall(r"\d+\.?\d*|\S", text)
