"""The package for programs that were written for PixelPipes."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs import graph as native
from imagepipe_rs.graph import pixelpipes
from imagepipe_rs.graph.pixelpipes import Pipeline, attributes, read_pipeline, write_pipeline
from imagepipe_rs.graph.pixelpipes.compiler import (
    Compiler,
    CompilerException,
    Variable,
    infer_type,
)
from imagepipe_rs.graph.pixelpipes.flow import Switch
from imagepipe_rs.graph.pixelpipes.geometry.points import MakePoint, MakePoints
from imagepipe_rs.graph.pixelpipes.geometry.rectangle import MakeRectangle, ResizeRectangle
from imagepipe_rs.graph.pixelpipes.geometry.view import (
    AffineView,
    CenterView,
    Chain,
    FocusView,
    IdentityView,
    RotateView,
    ViewPoints,
)
from imagepipe_rs.graph.pixelpipes.graph import (
    Constant,
    Copy,
    Debug,
    EnumerationInput,
    Graph,
    Input,
    Macro,
    NodeException,
    Output,
    RandomSeed,
    Reference,
    SampleIndex,
    SeedInput,
    ValidationException,
    outputs,
)
from imagepipe_rs.graph.pixelpipes.list import FileList, MakeList, Table
from imagepipe_rs.graph.pixelpipes.numbers import Add, RandomBoolean, SampleUnform, SampleUniform
from imagepipe_rs.graph.pixelpipes.resource import (
    AppendField,
    ConditionalResource,
    MakeResource,
    ResourceField,
    ResourceProxy,
)
from imagepipe_rs.graph.pixelpipes.resource.list import FileList as Files
from imagepipe_rs.graph.pixelpipes.resource.list import (
    RandomResource,
    ResourceListSource,
    SegmentedResourceListSource,
)
from imagepipe_rs.graph.pixelpipes.sink import PipelineDataLoader, WorkerPool
from imagepipe_rs.graph.pixelpipes.tensor import Convert, Stack
from imagepipe_rs.graph.pixelpipes.types import (
    Anything,
    Boolean,
    Char,
    Float,
    FloatList,
    Image,
    Integer,
    IntegerList,
    Points,
    String,
    Token,
    Union,
    Wildcard,
)
from imagepipe_rs.graph.pixelpipes.utilities import graph, pipeline

if TYPE_CHECKING:
    from pathlib import Path


def _modules() -> list[str]:
    found = pkgutil.walk_packages(pixelpipes.__path__, f"{pixelpipes.__name__}.")
    return [one.name for one in found if not one.name.endswith("__main__")]


@pytest.mark.parametrize("name", _modules())
def test_modules_have_what_they_name(name: str) -> None:
    module = importlib.import_module(name)
    for member in getattr(module, "__all__", ()):
        assert hasattr(module, member)


def test_types_that_may_be_used_as_others() -> None:
    assert Integer().castable(Char())
    assert Integer().castable(Boolean())
    assert Float().castable(Integer())
    assert not Char().castable(Integer())
    assert not Boolean().castable(Integer())
    assert not Integer().castable(Float())
    assert IntegerList().castable(Integer())
    assert not Integer().castable(IntegerList())
    assert FloatList().castable(IntegerList(5))
    assert not IntegerList(1).castable(IntegerList(5))
    assert Anything().castable(String())
    assert Union(Float(), Points()).castable(Points(3))
    assert not Union(Float(), Points()).castable(IntegerList(5))
    assert Wildcard(mindim=1).castable(Points())
    assert not Wildcard(mindim=1).castable(Float())
    assert not Wildcard("float", maxdim=1).castable(Points())


def test_parts_of_types() -> None:
    assert Token(None, 5, 1, 1, 5, 1).squeeze().rank == 4
    assert Token(None, 1, 1, 1).squeeze().rank == 0
    assert Integer().push(1).rank == 0
    assert Integer().push(1)[1] == 1
    assert IntegerList().push().rank == 2
    assert IntegerList(3).pop().rank == 0
    assert list(Image(4, 3)) == [None, 3, 4]
    assert list(Image(4, 3, 1)) == [3, 4]
    assert (Image(4, 3).axes, Points(1).axes, Float().axes) == ((None, 3, 4), (1, 2), ())
    assert {one.axes for one in (String(), Wildcard("float"), Anything())} == {None}
    assert IntegerList(5).common(FloatList(5)) == FloatList(5)
    assert IntegerList(5).common(IntegerList(4)) == IntegerList()
    assert isinstance(IntegerList(5).common(Anything()), Anything)


def test_a_program_of_pixelpipes() -> None:
    with Graph() as made:
        a = SampleUnform(0, 30)
        b = Constant(value=3)
        outputs(a, b + 1, MakeList(inputs=[b, 2.5])[1], Table([[0, 1, 2], [3, 4, 5]])[0])
        outputs(Stack(inputs=[Constant([1, 2]), Constant([3, 4])]), Convert(b, "Char"))
        outputs(Convert(b, 5), Debug(b, prefix="b: "))
    found = Compiler().build(made).run(1)
    assert 0 <= found[0] < 30
    assert found[1:3] == (4, 2.5)
    assert found[3].tolist() == [[0], [1], [2]]
    assert found[4].tolist() == [[1, 2], [3, 4]]
    assert (found[5].dtype, found[6].dtype) == (np.uint8, np.float32)
    assert SampleUnform is SampleUniform


def test_text_refers_to_nodes() -> None:
    with Graph() as made:
        Constant(3, _name="three")
        outputs(Add("@three", 4), Copy(Reference("@three")), Add("@[sample]", 0))
        outputs(SampleUniform(0, 1, seed="@[random]"))
    assert Compiler().build(made).run(7)[:3] == (7, 3, 7)
    assert made.reference(made["three"]) == "three"
    assert "three" in made
    assert len(made) == len(made.nodes()) == len(list(made))


def test_macros_of_programs() -> None:
    class Between(Macro):
        low = Input(Float(), default=2)
        high = Input(Float())
        seed = SeedInput()
        how = EnumerationInput({"plain": 0, "more": 10}, default="plain")

        def _init(self) -> None:
            self.ready = True

        def expand(self, low: Any, high: Any, seed: Any, how: Any) -> Any:
            assert self.ready
            assert isinstance(high.type, Token)
            return SampleUniform(low, high, seed, _name=".drawn") + how

    with Graph() as made:
        outputs(Between(high=3), Between(0, 1, how="more"), Between(5, 6, "@[random]", 10))
        with pytest.raises(ValidationException, match="how is 'less'"):
            Between(0, 1, how="less")
    first, second, third = Compiler().build(made).run(1)
    assert 2 <= first < 3
    assert 10 <= second < 11
    assert 15 <= third < 16


class Numbers(ResourceListSource):
    def load(self) -> dict[str, Any]:
        data = np.arange(10, dtype=np.int32)
        return {"source": data, "list": One("source"), "file": Files(["a", "b"] * 5)}


class Plain(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"list": np.arange(10, dtype=np.int32) + 1}


class One(ResourceField):
    def __init__(self, field: str) -> None:
        super().__init__(Integer())
        self._field = field

    def access(self, parent: Any) -> Any:
        return Add(parent.type[self._field].access(parent), 1)


def test_resources_of_programs() -> None:
    class Parts(SegmentedResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"a": [1, 2, 3], "_segments": [1, 2]}

    class Both(Macro):
        source = Input(pixelpipes.resource.Resource())

        def expand(self, source: Any) -> Any:
            return ResourceProxy(a=source["a"], _fields={"b": One("a")})

    with Graph() as made:
        resource = AppendField(MakeResource(a=Constant(1), b=4.5), "d", 6)
        outputs(resource["a"], resource["d"], Both(resource)["b"], Parts()[0]["a"])
        outputs(Numbers()[1]["file"], Copy(resource)["b"])
    found = Compiler().build(made).run(1)
    assert found[:4] == (1, 6, 2, 1)
    assert found[4].endswith("/b")
    assert found[5] == 4.5


def test_resources_with_one_seed_are_in_step() -> None:
    with Graph() as made:
        a, b, seed = Numbers(), Plain(), RandomSeed()
        both = ConditionalResource(
            RandomResource(a, seed), RandomResource(b, seed), RandomBoolean()
        )
        outputs(RandomResource(a, seed)["list"], RandomResource(b, seed)["list"], both["list"])
    made_pipeline = Compiler().build(made)
    for index in range(50):
        first, second, third = made_pipeline.run(index)
        assert first == second == third


def test_geometry() -> None:
    with Graph() as made:
        rectangle = MakeRectangle(0, 10, 10, 20)
        outputs(MakePoint(1, 1), MakePoints([1, 1, 2, 2]), rectangle)
        outputs(ResizeRectangle(rectangle, 2), FocusView(MakeRectangle(0, 0, 10, 10), 1))
        outputs(CenterView(MakeRectangle(0, 0, 10, 10)))
        chain = Chain(inputs=[IdentityView(), AffineView(x=0, y=1), RotateView(angle=np.pi)])
        outputs(ViewPoints(MakePoints([0, 0, 1, 1, 2, 2]), chain))
    found = [one.tolist() for one in Compiler().build(made).run(1)[:4]]
    assert found == [[[1, 1]], [[1, 1], [2, 2]], [0, 10, 10, 20], [-5, 5, 15, 25]]
    focus, centre, points = Compiler().build(made).run(1)[4:]
    np.testing.assert_allclose(focus, np.diag([0.1, 0.1, 1]), rtol=1e-6)
    np.testing.assert_array_equal(centre, [[1, 0, -5], [0, 1, -5], [0, 0, 1]])
    np.testing.assert_allclose(points, [[0, 1], [-1, 0], [-2, -1]], atol=1e-6)


def test_compilers() -> None:
    with Graph() as made:
        Output(Variable("size", 3), label="a")
        Output(SampleIndex(), label="b")
        Output(Switch(inputs=[1, 2], weights=[1, 1]), label="c")
    compiler = Compiler()
    built = compiler.build(made, variables={"size": 7, "other": 1}, output=["a", "b"])
    assert built.labels == ("a", "b")
    assert built.run(4) == (7, 4)
    assert compiler.build(made, output="a").run(1) == (3,)
    assert compiler.build(made, output=lambda label: label == "b").run(5) == (5,)
    assert Compiler.build_graph(made).run(1)[0] == 3
    assert [str(one) for _, one in built.outputs] == ["one int32", "one int64"]
    plain = compiler.build(made, optimize=False)
    assert len(plain) != len(built)
    assert all(plain.run(index) == compiler.build(made).run(index) for index in range(20))
    compiled = compiler.compile(made)
    assert {"RandomSeed", "Conditional"} <= {one.name for one in compiled}
    assert Pipeline(compiled).run(1)[0] == 3
    assert next(iter(built)) == (3, 1) or next(iter(built)) == (7, 1)
    assert made.pipeline(output="a").run(0) == (3,)
    assert set(map(str, compiler.validate(made).values())) >= {"one int32", "one int64"}
    with Graph():
        assert infer_type(Constant([1, 2])) == IntegerList(2)


def test_outputs_may_have_to_be_of_a_fixed_shape() -> None:
    with Graph() as made:
        outputs(native.PyNode(lambda: 1))
    with pytest.raises(CompilerException, match="has no fixed shape"):
        Compiler(fixedout=True).build(made)
    with Graph() as made:
        outputs(Constant([1, 2, 3]))
    assert len(Compiler(fixedout=True).build(made).run(0)[0]) == 3


def test_errors_are_those_of_pixelpipes() -> None:
    with Graph() as empty:
        Constant(1)
    for kind in (CompilerException, ValidationException, NodeException, GraphError):
        with pytest.raises(kind, match="no output"):
            Compiler().build(empty)
    with Graph(), pytest.raises(NodeException, match="2 inputs and 1 weights") as caught:
        Switch(inputs=[1, 2], weights=[1])
    assert caught.value.nodestack()[0].startswith(__file__)
    with Graph() as made:
        outputs(Constant([1, 2])[2])
    with pytest.raises(NodeException):
        Compiler().build(made).run(0)
    with pytest.raises(CompilerException, match="not a graph"):
        Compiler().build(3)
    with Graph():
        node = Constant(1)
    assert NodeException("wrong", node=node).node == node.name


def test_pipelines_are_written_and_read(tmp_path: Path) -> None:
    with Graph() as made:
        outputs(SampleUniform(0, 30), Constant([1, 2, 3]), FileList(["a.txt"])[0])
    built = Compiler().build(made)
    write_pipeline(tmp_path / "one", built)
    write_pipeline(str(tmp_path / "one"), Compiler().compile(made), compress=False)
    again = read_pipeline(tmp_path / "one")
    for index in range(20):
        number, values, file = again.run(index)
        expected = built.run(index)
        assert (number, file) == (expected[0], expected[2])
        assert values.tolist() == [1, 2, 3]


def test_loaders_give_batches_in_order() -> None:
    with Graph() as made:
        outputs(
            SampleIndex(), Constant([10, 20, 30]), native.PyNode(lambda i: i / 0, [1]), label="x"
        )
    with Graph() as made:
        outputs(SampleIndex(), Constant([10, 20, 30]))
    built = Compiler().build(made)
    with WorkerPool(3) as workers:
        for given in (None, 2, workers):
            batches = iter(PipelineDataLoader(built, 10, given))
            for place in range(20):
                numbers, values = next(batches)
                assert numbers.tolist() == list(range(1 + place * 10, 11 + place * 10))
                assert values.shape == (10, 3)
        assert next(iter(PipelineDataLoader(built, 4, workers, offset=100)))[0][0] == 100


def test_a_sample_that_fails_is_not_passed_over() -> None:
    def fail_at_5(index: Any) -> Any:
        return 1 // int(index - 5) or 1

    with Graph() as made:
        outputs(SampleIndex(), native.PyNode(fail_at_5, [SampleIndex()]))
    batches = iter(PipelineDataLoader(Compiler().build(made), 2))
    assert next(batches)[0].tolist() == [1, 2]
    assert next(batches)[0].tolist() == [3, 4]
    with pytest.raises(NodeException, match="sample 5"):
        next(batches)
    assert next(batches)[0].tolist() == [7, 8]


def test_loaders_measure(capsys: pytest.CaptureFixture[str]) -> None:
    with Graph() as made:
        outputs(SampleIndex())
    assert PipelineDataLoader(Compiler().build(made), 5).benchmark(3) > 0
    assert "3 batches of 5 samples" in capsys.readouterr().out


def test_decorators() -> None:
    @graph
    def numbers(size: int) -> Any:
        return Constant(size), Constant(2)

    @pipeline
    def bare() -> Any:
        return Variable("x", 1)

    @pipeline(variables={"x": 5})
    def given() -> Any:
        return Variable("x", 1)

    assert Compiler().build(numbers(3)).run(0) == (3, 2)
    assert bare().run(0) == (1,)
    assert given().run(0) == (5,)


def _program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imagepipe_rs.graph.pixelpipes", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_command_line(tmp_path: Path) -> None:
    source = """
from imagepipe_rs.graph.pixelpipes.graph import Constant, Graph, Output, SampleIndex

def made():
    with Graph() as graph:
        Output(SampleIndex() * 2, label="double")
        Output(Constant([1, 2]), label="pair")
    return graph
"""
    (tmp_path / "programs.py").write_text(source)
    done = _program("compile", "--graph", "programs.made", "--save", "one.pxpt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = _program("info", "one.pxpt", cwd=tmp_path)
    assert "output double: one int64\noutput pair: int32 (2)\n" in told.stdout
    shown = _program("run", "one.pxpt", "--index", "3", "--count", "2", cwd=tmp_path)
    lines = ["3 double: 6", "3 pair: int32 (2,)", "4 double: 8", "4 pair: int32 (2,)"]
    assert shown.stdout.splitlines() == lines
    timed = _program("benchmark", "one.pxpt", "--count", "2", cwd=tmp_path)
    assert "2 batches of 10 samples" in timed.stdout
    missing = _program("info", "two.pxpt", cwd=tmp_path)
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "two.pxpt" in missing.stderr
    unknown = _program("compile", "--graph", "programs.other", cwd=tmp_path)
    assert unknown.returncode == 1
    assert "other" in unknown.stderr


def test_lists_of_operations() -> None:
    assert {"Add", "GetElement"} <= set(pixelpipes.list_operations())
    assert pixelpipes.pypixelpipes.operations() == pixelpipes.list_operations()
    assert not pixelpipes.load_module("opencv")
    assert pixelpipes.DataType["Float"] == 5
    assert pixelpipes.DataType[5] == 5
    with pytest.raises(KeyError, match="Boolean, Char"):
        pixelpipes.DataType["Double"]


def test_attributes_that_are_plain_values() -> None:
    class Several(Macro):
        inputs = attributes.List(Input(Float()))
        factors = attributes.Map(attributes.Float())
        count = attributes.Integer(val_min=1, val_max=5, default=2)
        kind = attributes.Enumeration({"a": 1, "b": 2}, default="a")
        word = attributes.String(default="x")
        plain = attributes.Boolean(default="no")

        def get_inputs(self) -> Any:
            return [(str(place), Float()) for place, _ in enumerate(self.inputs)]

        def input_values(self) -> Any:
            return self.inputs

        def expand(self, **inputs: Any) -> Any:
            assert list(inputs) == ["0", "1"]
            total = (inputs["0"] + inputs["1"]) * self.factors["all"]
            return MakeList([total, self.count, self.kind, self.word, self.plain])

    with Graph() as made:
        outputs(Several(inputs=[1, Constant(2)], factors={"all": "2"}))
        outputs(Several([1, 2], {"all": 1}, 3, "b", 5, "yes"))
        with pytest.raises(NodeException, match="count is 6: more than 5"):
            Several([1, 2], {}, count=6)
        with pytest.raises(NodeException, match="kind is 'c': not one of a, b"):
            Several([1, 2], {}, kind="c")
        with pytest.raises(NodeException, match="input 'factors' is missing"):
            Several([1, 2])
    assert Compiler().build(made).run(0) == ([6, 2, 1, "x", False], [3, 3, 2, "5", True])


def test_sources_have_attributes_too() -> None:
    class Squares(ResourceListSource):
        length = attributes.Integer(default=10)

        def load(self) -> Any:
            return {"square": [number**2 for number in range(self.length)]}

    with Graph() as made:
        outputs(Squares()[-1]["square"], Squares(length=3)[-1]["square"], Squares(4)[-1]["square"])
    assert Compiler().build(made).run(0) == (81, 4, 9)


def _first(size: int) -> Any:
    return SampleUniform(0, size)


def test_draws_are_the_same_in_both_packages() -> None:
    def made(kind: type[native.Graph]) -> Any:
        with kind() as one:
            outputs(_first(1))
        return native.Stream(one).run(0)

    assert made(Graph) == made(native.Graph)
