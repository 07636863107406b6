"""A sample is the same however it is made: threads, batches, order, processes, optimiser, files.

Here are graphs of many nodes, and many samples; test_node_samples.py has each node by itself.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs.graph import (
    AffineView,
    Concatenate,
    Conditional,
    DecodeImage,
    EnsureSize,
    Expression,
    FileList,
    Filter,
    GetImageProperties,
    GetRandom,
    GetResourceListLength,
    ImageBrightness,
    ImageCropSafe,
    ImageDirectory,
    ListInterval,
    MakeList,
    MakeRectangle,
    Permutation,
    Permute,
    PermuteResources,
    RandomBoolean,
    RandomIndex,
    RandomPatchView,
    RandomResource,
    RandomResourceSegment,
    RandomSeed,
    Range,
    ReadFile,
    Repeat,
    Resize,
    ResizeRectangle,
    ResourceField,
    ResourceView,
    SampleBernoulli,
    SampleBinomial,
    SampleIndex,
    SampleNormal,
    SampleUniform,
    Saturate,
    SegmentCount,
    SegmentedResourceListSource,
    Stream,
    Sublist,
    Switch,
    Table,
    Toggle,
    TranslateView,
    Variable,
    ViewImage,
    graph,
    load,
)
from node_samples import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagepipe_rs.graph import Graph, Node

GENEROUS = 100

# Around the largest index that is positive as an int64, and up to the last one.
RANGES = (range(100), range(2**63 - 3, 2**63 + 4), range(2**64 - 5, 2**64))
INDICES = list(chain(*RANGES))


# ----------------------------------------------------------------------------------------- streams


@graph
def numbers(_folder: str) -> dict[str, Node]:
    index, x = SampleIndex(), SampleUniform(-1, 1)
    normal = SampleNormal(x, 2)
    with Saturate():
        clipped = RandomIndex(256) * 2
    return {
        "index": index,
        "normal": normal,
        "truths": SampleBernoulli(0.3) | (SampleBinomial(0.4, 9) > 4),
        "worth": Expression("-x^2 + n % 3 / 7", {"x": x, "n": normal}),
        "power": (x * x + 0.5) ** normal,
        "clipped": clipped,
        "row": Table([[1, 2, 3], [4, 5, 6.5]])[index % 2],
        "box": ResizeRectangle(MakeRectangle(x, 0, 2, normal), 1.5),
        "view": AffineView(x, normal, x * 3, 2, 0.5),
        "order": Permutation(5),
        "variable": Variable("size", 3) * index,
    }


@graph
def lists(_folder: str) -> dict[str, Node]:
    index, seed = SampleIndex(), RandomSeed()
    letters, values = list("abcdef"), list(range(10, 16))
    length = index % 5 + 6
    some = Range(0, 1, Conditional(length, 3, length > 0))
    ordered = Permute(values)
    return {
        "in step": MakeList([GetRandom(letters, seed), GetRandom(values, seed)]),
        "some": some,
        "kept": Filter(ordered, ordered > RandomIndex(3) + 10),
        "joined": Concatenate([Sublist(ordered, 1, 3), Repeat(RandomIndex(9), 2)]),
        "switched": Switch([some * 2, Permutation(3) * 1.0, [1.5]], [1, 2, 3]),
        "toggled": Toggle("yes", GetRandom(letters), 0.4),
        "nested": MakeList([MakeList(["x", index]), Conditional(ordered, values, RandomBoolean())]),
    }


@graph
def images(folder: str) -> dict[str, Node]:
    files = FileList([f"{folder}/{number}.jpg" for number in range(4)])
    image = DecodeImage(ReadFile(GetRandom(files)))
    found = GetImageProperties(image)
    left = RandomIndex(found["width"]) - 8
    patch = ViewImage(image, RandomPatchView(image, 24, 20, padding=4), 24, 20)
    turned = AffineView(SampleUniform(-9, 9), 2, SampleUniform(-1, 1), 0.8, 1.2)
    return {
        "crop": ImageCropSafe(image, left, -3, 30, 20, "Reflect"),
        "small": Resize(ImageCropSafe(image, left, 4, 30, 20), 11, 9, "Area"),
        "patch": ImageBrightness(patch, SampleNormal(0, 30)),
        "turned": ViewImage(image, turned, 16, 16, "Cubic", "Wrap"),
        "large": EnsureSize(image, 70, 20),
        "gray": Resize(DecodeImage(ReadFile(files[SampleIndex() % 4]), channels="GRAY"), 8, 8),
        "folder": Resize(RandomResource(ImageDirectory(folder))["image"], 8, 8),
    }


class Twice(ResourceField):
    def access(self, parent: Any) -> Any:
        return parent["number"] * 2 + SampleUniform(0, 1)


class Frames(SegmentedResourceListSource):
    def load(self) -> dict[str, Any]:
        random = np.random.default_rng(3)
        return {
            "image": random.integers(0, 256, (9, 10, 12, 3), np.uint8),
            "mask": random.integers(0, 2, (9, 10, 12), np.uint8),
            "points": random.uniform(0, 10, (9, 4, 2)).astype(np.float32),
            "word": list("abcdefghi"),
            "number": list(range(9)),
            "twice": Twice(),
            "_segments": [2, 4, 3],
        }


@graph
def resources(_folder: str) -> dict[str, Node]:
    frames = Frames()
    segment = RandomResourceSegment(frames)
    one = RandomResource(segment)
    view = TranslateView(SampleUniform(-9, 0), SampleUniform(-8, 0))
    seen = ResourceView(one, view, 8, 6)
    part = ListInterval(PermuteResources(frames), RandomIndex(4), 6)
    chosen = Switch([one, part[0], frames[-1]], [1, 1, 1])
    return {
        **{name: seen[name] for name in ("image", "mask", "points", "word", "twice")},
        "length": GetResourceListLength(segment) * 10 + SegmentCount(frames),
        "part": MakeList([part[-1]["word"], part[0]["twice"]]),
        "chosen": MakeList([chosen["number"], chosen["twice"]]),
    }


MADE: dict[str, Callable[[str], Graph]] = {
    one.__name__: one for one in (numbers, lists, images, resources)
}


def made(name: str, folder: Path, **options: Any) -> Stream:
    return Stream(MADE[name](str(folder)), seed=6, **options)


# ------------------------------------------------------------------------------------------ samples


def digests(stream: Stream, indices: list[int] = INDICES) -> list[str]:
    return [digest(stream.values(index)) for index in indices]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, jpeg: Any) -> Path:
    made: Path = tmp_path_factory.mktemp("photos")
    for number in range(4):
        data = jpeg(40 + number, 30 + 2 * number, seed=number)
        (made / f"{number}.jpg").write_bytes(data)
    return made


@pytest.fixture(scope="module", params=MADE)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def wanted(name: str, folder: Path) -> list[str]:
    return digests(made(name, folder))


def test_the_samples_differ(wanted: list[str]) -> None:
    assert len(set(wanted)) == len(INDICES)


@pytest.mark.parametrize("order", ["backwards", "shuffled"])
def test_in_any_order(name: str, order: str, folder: Path, wanted: list[str]) -> None:
    places = list(range(len(INDICES)))[::-1]
    if order == "shuffled":
        random.Random(5).shuffle(places)  # noqa: S311  no secrets
    found = digests(made(name, folder), [INDICES[place] for place in places])
    assert found == [wanted[place] for place in places]


def test_without_optimisation(name: str, folder: Path, wanted: list[str]) -> None:
    plain = made(name, folder, optimize=False)
    assert plain.operations > made(name, folder).operations
    assert digests(plain) == wanted


def rows(stream: Stream, batch_size: int, workers: int) -> Iterator[Any]:
    """Return an iterator over the samples of the indices, taken from batches."""
    for indices in RANGES:
        batches = stream.batches(batch_size, start=indices[0], workers=workers, ragged=True)
        found = (row for batch in batches for row in zip(*batch.values(), strict=True))
        yield from islice(found, len(indices))
        batches.close()


@pytest.mark.parametrize("batch_size", [1, 7, 32])
@pytest.mark.parametrize("workers", [1, 8])
def test_in_batches_of_any_size_made_by_any_number_of_threads(
    name: str, workers: int, batch_size: int, folder: Path, wanted: list[str]
) -> None:
    for optimize in (True, False):
        stream = made(name, folder, optimize=optimize)
        assert list(map(digest, rows(stream, batch_size, workers))) == wanted


def test_after_saving(name: str, folder: Path, wanted: list[str], tmp_path: Path) -> None:
    made(name, folder).save(tmp_path / "optimised.pipe")
    made(name, folder, optimize=False).save(tmp_path / "plain.pipe")
    assert digests(load(tmp_path / "optimised.pipe")) == wanted
    assert digests(load(tmp_path / "plain.pipe")) == wanted


@pytest.mark.parametrize("is_loaded", [False, True])
def test_in_another_process(is_loaded: bool, folder: Path, tmp_path: Path) -> None:  # noqa: FBT001
    """It makes the graphs again, in a program instead of a module, or loads them."""
    here = {name: made(name, folder) for name in MADE}
    for name, stream in here.items():
        stream.save(tmp_path / f"{name}.pipe")
    command = [sys.executable, __file__, str(folder), str(tmp_path) if is_loaded else ""]
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, timeout=GENEROUS, env=environment
    )
    assert json.loads(run.stdout) == {name: digests(stream) for name, stream in here.items()}


if __name__ == "__main__":
    PHOTOS, SAVED = sys.argv[1:]
    STREAMS = {
        name: load(f"{SAVED}/{name}.pipe") if SAVED else made(name, Path(PHOTOS)) for name in MADE
    }
    sys.stdout.write(json.dumps({name: digests(stream) for name, stream in STREAMS.items()}))
