"""Cases of resources, of lists of them, and of where they come from."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from cases_of_macros import PICTURE
from imagepipe_rs.graph import (
    GetResourceListLength,
    MakeList,
    MakePoints,
    MakeResource,
    ResourceField,
    ResourceListSource,
    ResourceSegment,
    SampleIndex,
    SegmentedResourceListSource,
    TranslateView,
)
from node_cases import Values, case, evenly
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

FLOATS = np.float32


class Tens(ResourceField):
    def access(self, parent: Any) -> Any:
        return parent["number"] * 10


class Source(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"number": [0, 1, 2, 3, 4, 5], "word": list("abcdef"), "tens": Tens()}


class Three(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"word": list("abc")}


class Segmented(SegmentedResourceListSource):
    """Segments that begin with 0, 3 and 4."""

    def load(self) -> dict[str, Any]:
        return {"number": [0, 1, 2, 3, 4, 5], "_segments": [3, 1, 2]}


# ------------------------------------------------------------------------------------ one resource


@case("MakeResource")
def _(kind: Any, _folder: Path) -> Values:
    made = kind(a=1, word="x", other=kind(b=[1.5, 2.5]))
    return (made["a"], made["word"], made["other"]["b"]), (1, "x", np.array([1.5, 2.5], FLOATS))


@case("AppendField")
def _(kind: Any, _folder: Path) -> Values:
    made = kind(kind(MakeResource(a=1, b="x"), "c", 2.5), "a", 7)
    return (made["a"], made["b"], made["c"]), (7, "x", 2.5)


@case("GetField")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(MakeResource(a=1, b="x"), "b"), kind(Source()[3], "tens")), ("x", 30)


@case("ResourceField")
def _(kind: Any, _folder: Path) -> Values:
    class Both(kind):
        def access(self, parent: Any) -> Any:
            return parent["a"] * 10 + parent["b"]

    class Pairs(ResourceListSource):
        def load(self) -> dict[str, Any]:
            return {"a": [1, 2], "b": [3, 4], "both": Both()}

    return (Pairs()[0]["both"], Pairs()[1]["both"]), (13, 24)


@case("ConditionalResource")
def _(kind: Any, _folder: Path) -> Values:
    true, false = MakeResource(a=1, b="x"), MakeResource(b="y", c=2)
    odd = SampleIndex() % 2 == 1
    chosen = MakeList([kind(true, false, odd)["b"], kind(Source(), Three(), odd)[1]["word"]])

    def turns(column: list[Any]) -> None:
        assert [one[0] for one in column[:4]] == ["y", "x", "y", "x"]
        assert {one[1] for one in column} == {"b"}

    length = GetResourceListLength(kind(Source(), Three(), condition=False))
    return (chosen, kind(true, false, 1)["b"], length), (turns, "x", 3)


# ----------------------------------------------------------------------------------------- lists


@case("ResourceListSource")
def _(kind: Any, _folder: Path) -> Values:
    class Rows(kind):
        def load(self) -> dict[str, Any]:
            return {"row": np.arange(6).reshape(3, 2), "word": ["a", "b", "c"]}

    rows = Rows()
    return (rows[1]["row"], rows[-1]["word"]), (np.array([2, 3]), "c")


@case("SegmentedResourceListSource")
def _(kind: Any, _folder: Path) -> Values:
    class Videos(kind):
        def load(self) -> dict[str, Any]:
            return {"frame": list(range(5)), "_segments": [2, 3]}

    videos = Videos()
    first, second = (ResourceSegment(videos, place) for place in range(2))
    return (first[-1]["frame"], second[0]["frame"], videos[4]["frame"]), (1, 2, 4)


@case("ImageDirectory")
def _(kind: Any, folder: Path) -> Values:
    for name in ("10.png", "9.png"):
        Image.fromarray(PICTURE[: int(name[:-4])]).save(folder / name)
    (folder / "notes.txt").write_text("no image")
    images = kind(str(folder))
    expected = (f"{folder}/9.png", PICTURE[:9], PICTURE, 2)
    return (
        images[0]["file"],
        images[0]["image"],
        images[-1]["image"],
        GetResourceListLength(images),
    ), expected


@case("GetResource")
def _(kind: Any, _folder: Path) -> Values:
    found = kind(Source(), SampleIndex() % 2 + 3)

    def turns(column: list[Any]) -> None:
        assert column[:4] == ["d", "e", "d", "e"]

    return (kind(Source(), 2)["tens"], kind(Source(), -1)["word"], found["word"]), (20, "f", turns)


@case("GetLastResource")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(Source())["tens"], kind(Three())["word"]), (50, "c")


@case("GetResourceListLength")
def _(kind: Any, _folder: Path) -> Values:
    segments = [ResourceSegment(Segmented(), place) for place in range(3)]
    return tuple(map(kind, (Source(), Three(), *segments))), (6, 3, 3, 1, 2)


@case("RandomResource")
def _(kind: Any, _folder: Path) -> Values:
    one = kind(Source())

    def go_together(column: list[Any]) -> None:
        for number, tens, word in column:
            assert (tens, word) == (number * 10, "abcdef"[number])

    fields = MakeList([one["number"], one["tens"], one["word"]])
    return (one["word"], fields), (evenly(*"abcdef"), go_together)


@case("PermuteResources")
def _(kind: Any, _folder: Path) -> Values:
    found = kind(Three())
    words = MakeList([found[place]["word"] for place in range(3)])
    expected = evenly(*map("".join, itertools.permutations("abc")))
    return (words,), (lambda column: expected(["".join(one) for one in column]),)


@case("ListInterval")
def _(kind: Any, _folder: Path) -> Values:
    part = kind(Source(), 2, 4)
    words = MakeList([part[place]["word"] for place in (0, 1, 2, -1)])
    inner = kind(part, SampleIndex() * 0 + 1, 2)
    return (words, GetResourceListLength(part), inner[0]["tens"]), (["c", "d", "e", "e"], 3, 30)


@case("RepeatResource")
def _(kind: Any, _folder: Path) -> Values:
    found = kind(Source()[2], 3)
    return (GetResourceListLength(found), found[0]["tens"], found[-1]["word"]), (3, 20, "c")


@case("SegmentCount")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(Segmented()),), (3,)


@case("ResourceSegment")
def _(kind: Any, _folder: Path) -> Values:
    """Begins and ends are what NumPy adds up."""
    lengths = np.array([3, 1, 2])
    ends = np.cumsum(lengths)
    segments = [kind(Segmented(), place) for place in (0, 1, 2, -1)]
    nodes = [one[place]["number"] for place in (0, -1) for one in segments]
    wanted = [*(ends - lengths), 4, *(ends - 1), 5]
    return tuple(nodes), tuple(np.int32(one) for one in wanted)


@case("RandomResourceSegment")
def _(kind: Any, _folder: Path) -> Values:
    segment = kind(Segmented())
    ends = MakeList([segment[0]["number"], segment[-1]["number"]])

    def whole(column: list[Any]) -> None:
        assert {tuple(map(int, one)) for one in column} == {(0, 2), (3, 3), (4, 5)}

    return (segment[0]["number"], ends), (evenly(0, 3, 4), whole)


@case("PermuteResourceSegments")
def _(kind: Any, _folder: Path) -> Values:
    found = kind(Segmented())
    begins = MakeList([ResourceSegment(found, place)[0]["number"] for place in range(3)])
    orders = evenly(*itertools.permutations((0, 3, 4)))
    return (begins, found[5]["number"]), (
        lambda column: orders([tuple(map(int, one)) for one in column]),
        5,
    )


# ----------------------------------------------------------------------------------------- views


@case("ResourceView")
def _(kind: Any, _folder: Path) -> Values:
    """The view moves by whole pixels, and its origin is the middle of 6 by 4 pixels."""
    points = np.array([[1, 2], [3, 4]], FLOATS)
    mask = PICTURE[..., 0]
    resource = MakeResource(image=PICTURE, mask=mask, points=points, label=3)
    seen = kind(resource, TranslateView(-5, -4), 6, 4)
    part = np.s_[2:6, 2:8]
    fields = ("image", "mask", "points", "label")
    return tuple(seen[field] for field in fields), (PICTURE[part], mask[part], points - 2, 3)


@case("ResourceCenter")
def _(kind: Any, _folder: Path) -> Values:
    """The middle goes to the origin, and the area becomes the scale."""
    points = MakePoints([10, 20, 14, 20, 14, 36])
    rectangle = np.array([10, 20, 14, 36], FLOATS)
    by = (9 / 64) ** 0.5
    expected = np.array([[by, 0, -12 * by], [0, by, -28 * by], [0, 0, 1]], FLOATS)
    return (
        kind(MakeResource(region=points), scale=9),
        kind(MakeResource(box=rectangle), "box", 9),
    ), (expected, expected)
