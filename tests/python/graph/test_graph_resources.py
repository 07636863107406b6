"""Resources, lists of them, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DatasetWarning, GraphError
from imagepipe_rs.graph import (
    AppendField,
    ConditionalResource,
    Constant,
    Debug,
    FileList,
    GetField,
    GetLastResource,
    GetResource,
    GetResourceListLength,
    Graph,
    ImageDirectory,
    ListInterval,
    MakeResource,
    PermuteResources,
    PermuteResourceSegments,
    PyNode,
    RandomResource,
    RandomResourceSegment,
    Reference,
    RepeatResource,
    ResourceField,
    ResourceListSource,
    ResourceSegment,
    SampleIndex,
    SampleUniform,
    Saturate,
    SegmentCount,
    SegmentedResourceListSource,
    Stream,
    Switch,
    Toggle,
    outputs,
    types,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Tens(ResourceField):
    def access(self, parent: Any) -> Any:
        return parent["number"] * 10


class Source(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {
            "number": [0, 1, 2, 3, 4, 5],
            "pair": np.arange(12).reshape(6, 2),
            "word": ["a", "b", "c", "d", "e", "f"],
            "tens": Tens(),
        }


class Segmented(SegmentedResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"number": [0, 1, 2, 3, 4, 5], "tens": Tens(), "_segments": [3, 1, 2]}


def sample(make: Callable[[], Any], index: int = 0, **options: Any) -> tuple[Any, ...]:
    with Graph() as graph:
        made = make()
        outputs(*made) if isinstance(made, tuple) else outputs(made)
    return Stream(graph, **options).run(index)


def test_fields_of_a_resource() -> None:
    def make() -> Any:
        resource = MakeResource(a=1, name="text", self=[1.5, 2.5])
        more = AppendField(AppendField(resource, "b", 6), "a", 7)
        fields = (more["a"], more["b"], more["name"], more["self"][1], GetField(resource, "a"))
        assert more.type.fields() == ("name", "self", "b", "a")
        return fields

    assert sample(make) == (7, 6, "text", 2.5, 1)
    assert sample(lambda: MakeResource({"a b": 3})["a b"]) == (3,)


def test_a_resource_may_have_resources() -> None:
    def make() -> Any:
        inner = MakeResource(inner=MakeResource(x=1), all=Source())
        other = MakeResource(inner=MakeResource(x=2), all=Source())
        chosen = ConditionalResource(inner, other, SampleIndex() == 1)
        return inner["inner"]["x"], chosen["inner"]["x"], chosen["all"][2]["word"]

    assert sample(make, 0) == (1, 2, "c")
    assert sample(make, 1) == (1, 1, "c")


def test_a_resource_of_a_list() -> None:
    def make() -> Any:
        resources = Source()
        one = resources[SampleIndex()]
        return one["number"], one["word"], one["tens"], one["pair"], resources[-1]["word"]

    for index in range(6):
        number, word, tens, pair, last = sample(make, index)
        assert (number, word, tens, last) == (index, "abcdef"[index], index * 10, "f")
        assert pair.tolist() == [2 * index, 2 * index + 1]
    with pytest.raises(GraphError, match=r"sample 6: .*index 6 is out of range for 6 elements"):
        sample(make, 6)


def test_lengths_and_last_resources() -> None:
    def make() -> Any:
        resources = Source()
        part = ListInterval(resources, 1, 3)
        twice = RepeatResource(resources[2], 2)
        lists = (resources, part, twice, PermuteResources(part), ResourceSegment(Segmented(), 2))
        lengths = [GetResourceListLength(one) for one in lists]
        return *lengths, *(GetLastResource(one)["tens"] for one in (resources, part, twice))

    assert sample(make) == (6, 3, 2, 3, 2, 50, 30, 20)


def test_parts_of_a_list() -> None:
    def make() -> Any:
        part = ListInterval(Source(), 2, SampleIndex())
        return part[0]["tens"], part[-1]["word"], GetResource(part, 1)["number"]

    assert sample(make, 4) == (20, "e", 3)
    for number in (3, -4):
        with pytest.raises(GraphError, match="index 6 is out of range for 6 elements"):
            sample(lambda number=number: ListInterval(Source(), 2, 4)[number]["word"])


def test_a_list_in_random_order_has_the_same_resources() -> None:
    def make() -> Any:
        permuted = PermuteResources(Source())
        both = [(permuted[place]["number"], permuted[place]["tens"]) for place in range(6)]
        return tuple(value for pair in both for value in pair)

    orders = set()
    for index in range(20):
        found = sample(make, index)
        assert sorted(found[::2]) == list(range(6))
        assert [number * 10 for number in found[::2]] == list(found[1::2])
        orders.add(tuple(map(int, found[::2])))
    assert len(orders) > 10


def test_repeated_resources_end() -> None:
    with pytest.raises(GraphError, match="index 2 is out of range for 2 elements"):
        sample(lambda: RepeatResource(Source()[0], 2)[Constant(2)]["word"])


def test_segments() -> None:
    def make() -> Any:
        resources = Segmented()
        segments = [ResourceSegment(resources, place) for place in (0, 1, 2, -1)]
        return SegmentCount(resources), *(one[0]["tens"] for one in segments)

    assert sample(make) == (3, 0, 30, 40, 40)
    with pytest.raises(GraphError, match="index 3 is out of range for 3 elements"):
        sample(lambda: ResourceSegment(Segmented(), 3)[0]["number"])


def test_random_segments_reach_the_last_one() -> None:
    def make() -> Any:
        return RandomResourceSegment(Segmented())[0]["number"]

    with Graph() as graph:
        outputs(make())
    stream = Stream(graph)
    found = [int(stream.run(index)[0]) for index in range(3000)]
    assert set(found) == {0, 3, 4}
    assert all(abs(found.count(number) - 1000) < 150 for number in (0, 3, 4))


def test_segments_in_random_order() -> None:
    def make() -> Any:
        permuted = PermuteResourceSegments(Segmented())
        segments = [ResourceSegment(permuted, place) for place in range(3)]
        numbers = [(one[0]["number"], GetResourceListLength(one)) for one in segments]
        return *(value for pair in numbers for value in pair), permuted[5]["number"]

    orders = set()
    for index in range(30):
        *found, last = map(int, sample(make, index))
        assert set(zip(found[::2], found[1::2], strict=True)) == {(0, 3), (3, 1), (4, 2)}
        assert last == 5
        orders.add(tuple(found))
    assert len(orders) == 6


def test_one_of_two_lists() -> None:
    class Short(ResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"number": [100], "tens": np.array([7]), "other": [0]}

    def make() -> Any:
        chosen = ConditionalResource(Source(), Short(), SampleIndex() % 2)
        assert chosen.type.fields() == ("number", "tens")
        part = ListInterval(chosen, 0, 0)
        return (
            chosen[0]["number"],
            chosen[0]["tens"],
            GetResourceListLength(chosen),
            part[0]["tens"],
        )

    assert sample(make, 0) == (100, 7, 1, 7)
    assert sample(make, 1) == (0, 0, 6, 0)


def test_one_of_two_segmented_lists() -> None:
    class Halves(SegmentedResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"number": [7, 8], "_segments": [1, 1]}

    def make() -> Any:
        chosen = ConditionalResource(Segmented(), Halves(), SampleIndex() == 0)
        return SegmentCount(chosen), ResourceSegment(chosen, 1)[0]["number"]

    assert sample(make, 0) == (3, 3)
    assert sample(make, 1) == (2, 8)


def test_random_choices_of_resources() -> None:
    def make() -> Any:
        source = Source()
        switched = Switch([source[1], source[2], MakeResource(number=9, tens=8)], [1, 1, 1])
        toggled = Toggle(source, Segmented(), 0.5)
        return switched["number"], switched["tens"], toggled[3]["tens"]

    found = {sample(make, index) for index in range(50)}
    assert found == {(1, 10, 30), (2, 20, 30), (9, 8, 30)}


def test_only_the_branch_that_is_taken_is_computed() -> None:
    calls = []

    def counted(name: str) -> Any:
        return PyNode(lambda: calls.append(name) or 1, output_type=types.Integer())

    def make() -> Any:
        true, false = MakeResource(x=counted("true")), MakeResource(x=counted("false"))
        return ConditionalResource(true, false, SampleIndex() == 0)["x"]

    sample(make, 0)
    assert calls == ["true"]
    sample(make, 1)
    assert calls == ["true", "false"]


def test_fields_that_nobody_uses_are_not_made() -> None:
    class Picky(ResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"used": [1, 2], "unused": [object(), object()]}

    assert sample(lambda: Picky()[1]["used"]) == (2,)


def test_a_virtual_field_is_one_node_wherever_it_is_used_first() -> None:
    class Noise(ResourceField):
        def access(self, parent: Any) -> Any:
            return parent["number"] * 1.0 + SampleUniform(0, 1)

    class Noisy(ResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"number": [1, 2], "noise": Noise()}

    def make(*, late: bool) -> Any:
        resource = RandomResource(Noisy(), name="resource")
        if late:
            with Saturate():
                first = resource["noise"]
        else:
            first = resource["noise"]
        return first, resource["noise"]

    early, late = (sample(lambda late=late: make(late=late)) for late in (False, True))
    assert early == late
    assert early[0] == early[1]


def test_resources_pass_through_references_and_debug() -> None:
    def make() -> Any:
        RandomResource(Source(), name="one")
        return Debug(Reference("one"))["tens"], Reference("one")["number"]

    tens, number = sample(make)
    assert tens == number * 10


def _folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def _files(folder: Path, **options: Any) -> list[str]:
    (found,) = sample(lambda: _all_files(ImageDirectory(folder, **options)))
    return [path.removeprefix(f"{folder}/") for path in found]


def _all_files(directory: Any) -> Any:
    return directory.resolved.column("file")


def test_images_of_a_folder_are_in_natural_order(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "10.png", "2.PNG", "a.jpeg", "1.bmp", "x.txt", "b/3.jpg", "b1.webp")
    assert _files(folder) == ["1.bmp", "2.PNG", "10.png", "a.jpeg", "b1.webp"]
    found = _files(folder, recursive=True)
    assert found == ["1.bmp", "2.PNG", "10.png", "a.jpeg", "b/3.jpg", "b1.webp"]
    assert sorted(_files(folder, sorted=False)) == sorted(_files(folder))
    assert _files(folder, filter=lambda path: path.endswith("png")) == ["10.png"]


def test_files_that_cannot_be_decoded_are_left_out_with_a_warning(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "1.png", "2.tif", "3.TIFF")
    with pytest.warns(DatasetWarning, match="2 TIFF files, which cannot be decoded, left out") as w:
        assert _files(folder) == ["1.png"]
    assert w[0].filename == __file__
    assert _files(folder, filter=lambda path: path.endswith("png")) == ["1.png"]
    (tmp_path / "1.png").unlink()
    with pytest.raises(GraphError, match="2 TIFF files, which cannot be decoded"):
        _files(folder)


def test_files_of_a_folder_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _folder(tmp_path, "one.png")
    monkeypatch.chdir(tmp_path)
    assert sample(lambda: ImageDirectory(".")[0]["file"]) == (f"{tmp_path}/one.png",)
    assert sample(lambda: FileList(["one.png"])[0]) == (f"{tmp_path}/one.png",)
    assert sample(lambda: FileList(["two.png"], must_exist=False)[0]) == (f"{tmp_path}/two.png",)


def test_types_of_resources() -> None:
    with Graph():
        assert Source().type.fields() == ("number", "pair", "word", "tens")
        assert isinstance(Source().type, types.ResourceList)
        assert not isinstance(Source()[0].type, types.ResourceList)
        assert str(Source()[0]["pair"].type) == "int64 (2)"
        assert types.Resource("word").castable(Source().type)
        assert not types.Resource("sound").castable(Source().type)
        assert not types.ResourceList().castable(Source()[0].type)
