"""Macros, functions of one's own, and nodes that stand for others until a stream is built."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Boolean,
    Conditional,
    Constant,
    Debug,
    EnumerationInput,
    Float,
    Graph,
    Input,
    Integer,
    Macro,
    MakeResource,
    Node,
    Operand,
    PyNode,
    Reference,
    SampleIndex,
    SampleUniform,
    SeedInput,
    Stream,
    Switch,
    Table,
    Toggle,
    Variable,
    graph,
    load,
    outputs,
    pipeline,
    types,
)


class Scaled(Macro):
    source = Input(types.Float(), description="a number")
    factor = Input(types.Float(), default=2)

    def expand(self, source: Node, factor: Node) -> Operand:
        assert source is self.source
        return source * factor


class Noisy(Scaled):
    seed = SeedInput()
    how = EnumerationInput({"more": 1, "less": -1}, default="more")

    def expand(self, source: Node, factor: Node, seed: Node, how: Node) -> Operand:
        return source * factor + SampleUniform(0, 1, seed) * how


class Jitter(Macro):
    def __init__(self, source: Operand, most: float, *, name: str | None = None) -> None:
        self.most = most
        super().__init__(source=source, seed=None, name=name)

    def expand(self, source: Node, seed: Node) -> Operand:
        return source + SampleUniform(-self.most, self.most, seed)


def test_a_macro_with_declared_inputs() -> None:
    with Graph() as made:
        outputs(Scaled(3), Scaled(3, 4), Scaled(factor=5, source=3), Scaled(Scaled(1)) + 1)
        outputs(Noisy(3, how="less") + Noisy(3, how="less"))
    found = Stream(made).run(0)
    assert found[:4] == (6, 12, 15, 5)
    assert 10 < found[4] < 12


def test_a_macro_with_a_constructor_of_its_own() -> None:
    with Graph() as made:
        outputs(Jitter(5, 1), Jitter(5, 0.0), Jitter(5, 1, name="mine"))
    first, second, third = Stream(made).run(0)
    assert 4 <= first < 6
    assert first != third
    assert second == 5


def test_inner_nodes_are_named_after_the_macro() -> None:
    with Graph() as made:
        Jitter(5, 1, name="mine")
    assert {"mine", "mine/SampleUniform", "mine/Add"} <= set(made.members)
    assert made.members["mine"].origin.startswith(__file__)


def test_a_macro_may_give_a_constant_or_a_resource() -> None:
    class Answer(Macro):
        def expand(self) -> Any:
            return 42

    class Both(Macro):
        source = Input(types.Resource("x"))

        def expand(self, source: Node) -> Node:
            return MakeResource(x=source["x"], y=source["x"] + 1)

    with Graph() as made:
        outputs(Answer(), Both(Both(MakeResource(x=1)))["y"])
        with pytest.raises(GraphError, match="a resource of y, not a resource of x"):
            Both(MakeResource(y=1))
        with pytest.raises(GraphError, match=r"source is .*, which is not a resource"):
            Both(3)
    assert Stream(made).run(0) == (42, 2)


def test_words_may_be_an_enumeration() -> None:
    class Side(enum.Enum):
        LEFT = 3
        RIGHT = 4

    class Turned(Macro):
        side = EnumerationInput(Side, default="RIGHT")

        def expand(self, side: Node) -> Operand:
            return side

    with Graph() as made:
        outputs(Turned("LEFT"), Turned(), Turned(Side.LEFT), Turned(Constant(7)), Turned(4))
    assert Stream(made).run(0) == (3, 4, 3, 7, 4)


def test_a_type_that_is_not_known_is_taken() -> None:
    with Graph() as made:
        outputs(Scaled(PyNode(lambda: 1.5)))
    assert Stream(made).run(0) == (3,)


def test_functions_get_and_give_numpys_values() -> None:
    seen = []

    def swapped(*values: Any) -> Any:
        seen.extend(type(value) for value in values)
        return list(reversed(values))

    with Graph() as made:
        outputs(PyNode(swapped, [1, 2.5, "text", b"bytes", [1, 2], ["a", 1], True]))
    (found,) = Stream(made).run(0)
    assert seen == [np.int32, np.float32, str, bytes, np.ndarray, list, np.bool_]
    assert found[0] is np.True_ or found[0] == np.True_
    assert found[1:2] + found[3:] == [["a", 1], b"bytes", "text", 2.5, 1]


def test_a_function_has_the_type_it_says() -> None:
    def twice(values: Any) -> Any:
        return values * 2

    with Graph() as made:
        node = PyNode(twice, [np.ones((2, 3, 3), np.uint8)], types.Image(3, 2, 3, "uint8"))
        outputs(node + np.uint8(1))
        assert node.type == types.Token("uint8", 2, 3, 3)
    (found,) = Stream(made).run(0)
    assert found.dtype == np.uint8
    assert (found == 3).all()


def test_variables_are_set_when_a_stream_is_built() -> None:
    with Graph() as made:
        size = Variable("size", 3)
        outputs(size * 2, Variable("size", 4), Variable("word", "x"))
    assert Stream(made).run(0) == (6, 4, "x")
    assert Stream(made, variables={"size": 5, "word": "y"}).run(0) == (10, 5, "y")


def test_references_may_come_before_what_they_refer_to() -> None:
    with Graph() as made:
        outputs(Reference("total") + 1)
        part = Constant(3, name="part")
        outputs(part + Reference("part"))
        Scaled(Reference("part"), name="total")
    assert Stream(made).run(0) == (7, 6)


def test_debug_prints_in_streams_that_are_built_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    with Graph() as made:
        outputs(Debug(Constant(3) + 1, "sum: "), Debug(np.zeros((2, 3), np.uint8)), Debug("text"))
    assert Stream(made).run(0)[0] == 4
    assert capsys.readouterr().out == ""
    assert Stream(made, debug=True).run(0)[0] == 4
    assert sorted(capsys.readouterr().out.splitlines()) == ["'text'", "sum: 4", "uint8 (2, 3)"]


def test_conversions() -> None:
    with Graph() as made:
        outputs(
            Float(3), Integer(3.6), Integer(-3.6), Boolean(0.5), Table([[1, 2], [3, 4.5]])[1][1]
        )
    found = Stream(made).run(0)
    assert found == (3, 3, -3, True, 4.5)
    assert [one.dtype for one in found] == ["float32", "int32", "int32", "bool", "float32"]


@pytest.mark.parametrize("optimize", [True, False])
def test_branches_that_are_not_taken_are_not_computed(optimize: bool) -> None:  # noqa: FBT001
    taken = []

    def branch(place: int) -> PyNode:
        return PyNode(lambda: taken.append(place) or place, output_type=types.Integer())

    with Graph() as made:
        outputs(Toggle(branch(1), branch(2), 0.5), Conditional(branch(3), branch(4), SampleIndex()))
        outputs(Switch([branch(place) for place in range(5, 10)], [1, 1, 1, 1, 1]))
    stream = Stream(made, optimize=optimize)
    taken.clear()  # what is made once when the stream is built
    found = [stream.run(index) for index in range(60)]
    assert {one for sample in found for one in sample} == set(range(1, 10))
    assert sorted(taken) == sorted(one for sample in found for one in sample)


def test_functions_become_graphs_and_pipelines() -> None:
    @graph
    def doubled(number: int) -> Any:
        """Double a number."""
        return {"one": Constant(number), "two": Constant(number) * 2}

    @pipeline({"size": 7}, debug=False, seed=3)
    def sized() -> Any:
        return Variable("size", 1), SampleUniform(0, 1)

    @pipeline()
    def plain() -> None:
        outputs(1, 2, label="x")

    stream = Stream(doubled(4))
    assert (stream.labels, stream.run(0)) == (("one", "two"), {"one": 4, "two": 8})
    assert doubled.__doc__ == "Double a number."
    assert sized().run(0)[0] == 7
    assert sized().run(0) == sized().run(0)
    assert plain().labels == ("x", "x")


def test_outputs_may_be_chosen_by_label() -> None:
    @graph
    def both() -> Any:
        return {"one": Constant(1), "two": PyNode(lambda: 1 // 0)}

    assert Stream(both(), labels=["one"]).run(0) == {"one": 1}
    with pytest.raises(GraphError, match=r"'three'.*only 'one', 'two'"):
        Stream(both(), labels=["three"])


def test_macros_and_placeholders_are_saved(tmp_path: Any) -> None:
    with Graph() as made:
        outputs(Jitter(Variable("x", 1), 2), Debug(Reference("later")), Constant(3, name="later"))
    stream = Stream(made, seed=5, variables={"x": 10})
    stream.save(tmp_path / "saved")
    again = load(tmp_path / "saved")
    assert all(again.run(index) == stream.run(index) for index in range(20))


def test_graphs_with_functions_are_not_saved(tmp_path: Any) -> None:
    with Graph() as made:
        outputs(PyNode(lambda: 1, name="mine"))
    with pytest.raises(GraphError, match="mine"):
        Stream(made).save(tmp_path / "saved")
