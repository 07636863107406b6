"""What is wrong with a graph is an error that names the node and the line that made it."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Add,
    AppendField,
    ConditionalResource,
    Constant,
    EnumerationInput,
    FileList,
    GetResource,
    Graph,
    ImageCrop,
    ImageDirectory,
    Input,
    ListInterval,
    Macro,
    MakeList,
    MakeResource,
    Node,
    Output,
    PyNode,
    RandomResource,
    ReadFile,
    Reference,
    Resize,
    ResourceField,
    ResourceListSource,
    Saturate,
    SegmentCount,
    SegmentedResourceListSource,
    Stream,
    Switch,
    Table,
    Toggle,
    Variable,
    ViewImage,
    outputs,
    pipeline,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Pairs(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"a": [1, 2, 3], "b": ["x", "y", "z"]}


class Fields(ResourceListSource):
    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__()

    def load(self) -> dict[str, Any]:
        return self.fields


class Segments(SegmentedResourceListSource):
    def __init__(self, *lengths: int) -> None:
        self.lengths = lengths
        super().__init__()

    def load(self) -> dict[str, Any]:
        return {"a": [1, 2, 3], "_segments": list(self.lengths)}


class Itself(ResourceField):
    def access(self, parent: Any) -> Any:
        return parent["a"]


class Typed(Macro):
    source = Input(types.Float())
    how = EnumerationInput(["up", "down"], default="up")

    def expand(self, source: Any, how: Any) -> Any:
        del how
        return source


class Nothing(Macro):
    def expand(self) -> Any:
        return None


IMAGE = np.zeros((4, 4), np.uint8)
EMPTY = np.zeros((0, 4), np.uint8)


def _cycle() -> Any:
    Constant(1) + Reference("loop")
    return Add(Reference("loop"), 1, name="loop")


CASES: list[tuple[Callable[[], Any], str]] = [
    (lambda: Constant(1) + "text", "text, not an array of numbers"),
    (lambda: Add([1, 2], [1, 2, 3]), "2 and 3 elements along one axis"),
    (lambda: Add(Constant(1), object()), "object"),
    (lambda: Constant(1)["a"], "not a resource, so it has no field 'a'"),
    (lambda: Reference("nowhere"), "no node is called 'nowhere'"),
    (_cycle, "it needs its own value.*a cycle"),
    (lambda: Reference("me", name="me"), "refers to itself: a cycle"),
    (lambda: [Constant(1, name="one"), Constant(2, name="one")], "has this name already"),
    (lambda: Constant(1, name=7), "its name is 7, which is not text"),
    (lambda: Constant(1, name="\ud800"), r"its name is '\\ud800', which UTF-8 cannot encode"),
    (lambda: Output(Constant(1), 3), "its label is 3, which is not text"),
    (lambda: Output(Constant(1), ""), "its label is empty"),
    (lambda: Output(Constant(1), "\ud800"), r"its label is '\\ud800', which UTF-8 cannot encode"),
    (lambda: outputs(Constant(1), label=b"x"), "its label is b'x', which is not text"),
    (lambda: Output([1, Constant(1)]), "a list of nodes is not a value: use MakeList"),
    (lambda: outputs([1, (Constant(1),)]), "a list of nodes is not a value: use MakeList"),
    (lambda: outputs(Output(Constant(1), "a")), "it is an output already"),
    (lambda: Switch([], []), "no inputs"),
    (lambda: Switch([1, 2], [1]), "2 inputs and 1 weights"),
    (lambda: Switch([1, 2], [1, -1]), "a weight is -1"),
    (lambda: Switch([1, 2], [1, float("nan")]), "a weight is nan"),
    (lambda: Switch([1], [Constant(1)]), "a weight is <Constant"),
    (lambda: Switch([1, 2], [0, 0]), "all weights are 0"),
    (lambda: Toggle(1, 2, 1.5), "p is 1.5, not a probability"),
    (lambda: Toggle(1, Pairs(), 0.5), "a value and a list of resources of a, b"),
    (lambda: Toggle(Pairs(), MakeResource(a=1), 0.5), "which are not of one kind"),
    (lambda: Toggle(MakeResource(a=1), Pairs(), 0.5), "which are not of one kind"),
    (lambda: Table([]), "no rows"),
    (lambda: Table([[1, 2], [3]]), r"\[2, 1\] numbers"),
    (lambda: Table([["x"]]), "not numbers"),
    (lambda: FileList(["/no/such/file"]), "/no/such/file: no such file"),
    (lambda: ImageDirectory("/no/such/folder"), "/no/such/folder: No such file or directory"),
    (lambda: ImageDirectory("/no/such/folder", recursive=True), "No such file or directory"),
    (lambda: Pairs()[0]["c"], "no field 'c', only a, b"),
    (lambda: Pairs()["a"], "a list of resources: choose one first"),
    (lambda: Pairs()[3]["a"], "no resource 3 in a list of 3"),
    (lambda: ListInterval(Pairs(), 1, 3), "no resources 1 to 3 in a list of 3"),
    (lambda: ListInterval(Pairs(), 2, 1), "no resources 2 to 1"),
    (lambda: GetResource(Pairs(), -4), "no resource -4 in a list of 3"),
    (lambda: Pairs()[0][1], "one resource, not a list"),
    (lambda: Pairs()[0]["a"]["b"], "not a resource, so it has no field 'b'"),
    (lambda: Add(Pairs()[0], 1), "which is a resource: choose a field"),
    (lambda: Output(Pairs()), "an output is one value, not a resource"),
    (lambda: PyNode(len, [Pairs()]), "which is a resource"),
    (lambda: RandomResource(Constant([1, 2])), "is not a list of resources"),
    (lambda: AppendField(Constant(1), "a", 2), "is not a resource"),
    (lambda: AppendField(Pairs(), "a", 2), "is a list of resources: choose one first"),
    (lambda: SegmentCount(Pairs()), "is not a list of segments"),
    (
        lambda: ConditionalResource(MakeResource(a=1), MakeResource(b=1), condition=True),
        "no field in common",
    ),
    (lambda: Fields(a=[1, 2], b=[1]), "not of one length: a has 2, b has 1"),
    (Fields, "no fields that are lists"),
    (lambda: Fields(a=[]), "no resources in it"),
    (lambda: Fields(a="text"), "field 'a' is str"),
    (lambda: Fields(a=np.float32(1)), "field 'a' is float32"),
    (lambda: Fields(a=[object()])[0]["a"], "field 'a': .*object"),
    (lambda: Fields(a=[1], b=Itself(), c=Itself())[0]["d"], "only a, b, c"),
    (Segments, "must return _segments"),
    (lambda: Segments(0, 3), "must return _segments"),
    (lambda: Segments(1, 3), "segments have 4 resources, and it has 3"),
    (lambda: Typed("text"), "source is text, not one float32"),
    (lambda: Typed([1.0, 2.0]), r"source is float32 \(2\), not one float32"),
    (Typed, "input 'source' is missing"),
    (lambda: Typed(1, sauce=2), "no input 'sauce', only source, how"),
    (lambda: Typed(1, source=2), "input 'source' is given twice"),
    (lambda: Typed(1, "up", 3), "3 inputs, and it takes 2"),
    (lambda: Typed(1, "left"), "how is 'left', not one of 'up', 'down'"),
    (Nothing, r"Nothing.expand\(\) returned nothing"),
    (lambda: ReadFile("/"), "/: not a regular file"),
    (lambda: Resize(EMPTY, 4, 4), r"uint8 \(0, 4\), an image without pixels"),
    (lambda: Resize(IMAGE, 1_000_000, 1_000_000), "too large"),
    (lambda: ViewImage(EMPTY, np.eye(3), 4, 4), "an image without pixels"),
    (lambda: ViewImage(IMAGE, np.zeros((3, 3)), 4, 4), "a view that has no inverse"),
    (lambda: ImageCrop(IMAGE, 4, 0, 1, 1), r"1x1 pixels at \(4, 0\), outside of an image of 4x4"),
]


def _stream(make: Callable[[], Any]) -> Stream:
    with Graph() as graph:
        made = make()
        for node in made if isinstance(made, list) else [made]:
            if not isinstance(node, Output):
                outputs(node)
    return Stream(graph)


@pytest.mark.parametrize(("make", "reason"), CASES)
def test_a_node_that_cannot_work_is_named_with_its_line(
    make: Callable[[], Any], reason: str
) -> None:
    with pytest.raises(GraphError, match=reason) as caught:
        _stream(make)
    error = caught.value
    file, line = error.origin.rsplit(":", 1)
    assert file == __file__
    assert int(line) in _lines_of(make)
    assert error.node
    assert f"{error.node.rpartition(': ')[2]} ({error.origin}): " in str(error)
    assert error.index is None


def _lines_of(make: Callable[[], Any]) -> range:
    if inspect.isclass(make):  # called by _stream, where the node is made
        make = _stream
    lines, first = inspect.getsourcelines(make)
    return range(first, first + len(lines))


DEEP: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: Constant(1)["a"], "Constant", "it is not a resource, so it has no field 'a'"),
    (
        lambda: Constant([1, 2])[PyNode(lambda: 5)],
        "GetElement",
        "index 5 is out of range for 2 elements",
    ),
]


@pytest.mark.parametrize(("make", "kind", "reason"), DEEP)
def test_a_message_is_short_however_deep_the_node_was_made(
    make: Callable[[], Any], kind: str, reason: str
) -> None:
    def inner() -> Node:
        made: Node = make()
        return made

    def outer() -> Node:
        return inner()

    with pytest.raises(GraphError) as raised:
        _stream(outer).run(3)
    error = raised.value
    assert "outer: return inner() > " in error.node
    assert error.node.endswith(f": {kind}")
    sample = "" if error.index is None else "sample 3: "
    assert str(error) == f"{sample}{kind} ({error.origin}): {reason}"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "Typed"),
        ({"name": "mine"}, "mine"),
        ({"name": "left: mine"}, "left: mine"),
        ({"name": "two\nlines"}, r"two\nlines"),
    ],
)
def test_messages_have_the_kind_of_a_node_or_the_name_it_was_given(
    given: dict[str, Any], shown: str
) -> None:
    with Graph(), pytest.raises(GraphError, match="input 'source' is missing") as raised:
        Typed(**given)
    error = raised.value
    assert str(error) == f"{shown} ({error.origin}): input 'source' is missing"
    if given:
        assert error.node == given["name"]
    else:
        assert error.node.endswith("Typed(**given): Typed")


def test_nodes_of_one_line_are_told_apart_in_messages() -> None:
    with Graph():
        first, second = (Constant(1), Constant(2))
        named = Constant(3, name="three")
    here = rf"\({re.escape(__file__)}:\d+\)"
    for node, expected in {
        first: rf"<Constant {here}>",
        second: rf"<Constant 'Constant \(2\)' {here}>",
        named: rf"<Constant 'three' {here}>",
    }.items():
        assert re.fullmatch(expected, repr(node))


class Circular(ResourceField):
    def access(self, parent: Any) -> Any:
        return parent["b"] + 1


def test_a_field_that_is_computed_from_itself_is_refused() -> None:
    with Graph(), pytest.raises(GraphError, match="field 'b' is computed from itself"):
        outputs(Fields(a=[1], b=Circular())[0]["b"])


def test_a_graph_without_outputs_is_refused() -> None:
    with Graph() as graph:
        Constant(1)
    with pytest.raises(GraphError, match="no output"):
        Stream(graph)


def test_a_node_needs_a_graph() -> None:
    with pytest.raises(GraphError, match="with Graph"):
        Constant(1)


def test_nodes_of_another_graph_are_refused() -> None:
    with Graph():
        other = Constant(1)
    with Graph(), pytest.raises(GraphError, match="of another graph"):
        outputs(other)
    with Graph(), pytest.raises(GraphError, match="of another graph"):
        Add(other, 1)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with Graph(), pytest.raises(GraphError, match="no images in this folder"):
        ImageDirectory(tmp_path)


RETURNS: list[tuple[Callable[[], Any], str]] = [
    (lambda: [Constant(1), Constant(2)], "the function returns a list of nodes: return a tuple"),
    (lambda: {Constant(1)}, "the function returns a set of nodes: return a tuple"),
    (lambda: ([Constant(1)], 2), "a list of nodes is not a value"),
    (lambda: {"a": [Constant(1)]}, "a list of nodes is not a value"),
    (lambda: {1: Constant(1)}, "its label is 1, which is not text"),
    (lambda: Output(Constant(1), "a"), "it is an output already"),
]


@pytest.mark.parametrize(("function", "reason"), RETURNS)
def test_what_a_function_must_not_return(function: Callable[[], Any], reason: str) -> None:
    with pytest.raises(GraphError, match=reason) as raised:
        pipeline()(function)()
    assert raised.value.node
    assert raised.value.origin.startswith(__file__)


def test_lists_without_nodes_are_values() -> None:
    assert pipeline()(lambda: [1, 2])().run(0)[0].tolist() == [1, 2]
    assert pipeline()(lambda: {"a": ["x", "y"]})().run(0) == {"a": ["x", "y"]}
    assert pipeline()(lambda: MakeList([Constant("x"), "y"]))().run(0) == (["x", "y"],)


def test_an_unknown_variable_is_refused() -> None:
    with Graph() as graph:
        outputs(Variable("size", 3))
    with pytest.raises(GraphError, match="no variable 'siz' in the graph; it has 'size'"):
        Stream(graph, variables={"siz": 4})
    with pytest.raises(GraphError, match=r"variable 'size': .* object"):
        Stream(graph, variables={"size": object()})


def test_an_exception_of_a_function_is_the_cause_of_the_error() -> None:
    failure = KeyError("no such thing")

    def fail(_: Any) -> Any:
        raise failure

    with Graph() as graph:
        outputs(PyNode(fail, [1], name="broken"))
    with pytest.raises(GraphError, match=r"sample 3: broken .*no such thing") as caught:
        Stream(graph).run(3)
    assert caught.value.__cause__ is failure
    assert (caught.value.node, caught.value.index) == ("broken", 3)
    assert caught.value.origin.startswith(__file__)


def test_a_function_that_returns_something_else_than_it_says_is_an_error() -> None:
    with Graph() as graph:
        outputs(PyNode(lambda: "text", output_type=types.Float()))
    with pytest.raises(GraphError, match="the function gave text, not one float32"):
        Stream(graph).run(0)
    with Graph() as graph:
        outputs(PyNode(object))
    with pytest.raises(GraphError, match="object"):
        Stream(graph).run(0)


def test_a_sample_that_cannot_be_made_has_its_number() -> None:
    with Graph() as graph:
        outputs(Constant([1, 2, 3])[PyNode(lambda: 3, output_type=types.Integer())])
    with pytest.raises(
        GraphError, match=r"sample 7: .*index 3 is out of range for 3 elements"
    ) as caught:
        Stream(graph).run(7)
    assert caught.value.index == 7


def test_values_that_are_not_there_yet_are_not_taken_apart() -> None:
    with Graph():
        node = MakeList([1, 2])
        with pytest.raises(TypeError, match="Conditional"):
            bool(node)
        with pytest.raises(TypeError, match=r"node\[i\]"):
            iter(node)
    with pytest.raises(TypeError, match="parentheses"):
        pipeline(lambda: None)
    with Graph(), pytest.raises(TypeError, match="cannot be called"):
        PyNode(3)


def test_a_function_of_numpy_does_not_take_a_node() -> None:
    with Graph():
        image = Constant(np.zeros((4, 4, 3), np.uint8))
        for function in (np.flip, np.sum):
            what = f"numpy.{function.__name__} takes arrays, and <Constant "
            with pytest.raises(TypeError, match=what):
                function(image, 0)


class Unfinished(ResourceListSource):
    def __init__(self, data: list[int]) -> None:
        self.data = data

    def load(self) -> dict[str, Any]:
        return {"a": self.data}


@pytest.mark.parametrize("use", [RandomResource, Output, lambda source: source[0]])
def test_a_class_that_forgets_the_init_of_its_base_is_named(use: Callable[[Node], Any]) -> None:
    with Graph(), pytest.raises(AttributeError, match=r"^Unfinished.__init__ does not call super"):
        use(Unfinished([1, 2]))


def test_an_attribute_that_nodes_do_not_have_is_an_error() -> None:
    with Graph(), pytest.raises(AttributeError, match="'Constant' object has no attribute 'shape'"):
        Constant(1).shape  # type: ignore[attr-defined]  # noqa: B018


def test_an_input_cannot_have_the_name_of_what_nodes_have() -> None:
    with pytest.raises(TypeError, match="'name'"):

        class Named(Macro):
            name = Input(types.String())


def test_saturate_needs_a_graph() -> None:
    with pytest.raises(GraphError, match="with Graph"), Saturate():
        pass
