"""Edges: programs that end or are interrupted, None, nesting, odd files and ranges."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DatasetError, GraphError
from imagepipe_rs.graph import (
    Constant,
    ImageDirectory,
    Macro,
    MakeList,
    PyNode,
    RandomPatchView,
    RandomResource,
    SampleIndex,
    SampleUniform,
    ViewImage,
    load,
    pipeline,
)

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import numpy as np
from imagepipe_rs.graph import PyNode, SampleIndex, pipeline

def made(index):
    return np.random.default_rng(int(index)).normal(size=200_000).astype("f4")

@pipeline()
def numbers():
    return PyNode(made, [SampleIndex()])

iterator = iter(numbers().batches(32, workers=4))
next(iterator)
print("done", flush=True)
"""


def test_a_program_may_end_while_workers_run_its_functions() -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_function_is_no_error_of_the_sample(kind: type[BaseException]) -> None:
    def interrupted(_index: Any) -> Any:
        raise kind

    @pipeline()
    def numbers() -> Any:
        return PyNode(interrupted, [SampleIndex()])

    with pytest.raises(kind):
        numbers().run(0)


def test_none_is_no_input() -> None:
    for made in (
        lambda: SampleIndex() + None,
        lambda: MakeList([None, "a"]),
        lambda: SampleUniform(None, 1),
    ):
        with pytest.raises(GraphError, match="it takes None, which is no value"):
            pipeline()(made)()


def test_draws_of_a_macro_stay_when_others_come() -> None:
    class Plain(Macro):
        def __init__(self, source: Any) -> None:
            super().__init__(source=source)

        def expand(self, source: Any) -> Any:
            return source * 0.0 + SampleUniform(0, 1)

    plain = Plain.expand

    def with_another(_self: Any, source: Any) -> Any:
        SampleUniform(0, 5)
        return source * 0.0 + SampleUniform(0, 1)

    with_another.__qualname__ = plain.__qualname__
    with_another.__code__ = with_another.__code__.replace(
        co_qualname=plain.__code__.co_qualname, co_name=plain.__code__.co_name
    )

    @pipeline()
    def drawn() -> Any:
        return Plain(SampleIndex())

    before = [drawn().run(index)[0] for index in range(5)]
    Plain.expand = with_another  # type: ignore[method-assign]
    assert [drawn().run(index)[0] for index in range(5)] == before


def test_lists_are_not_nested_without_end() -> None:
    @pipeline()
    def nested() -> Any:
        found: Any = SampleIndex()
        for _ in range(2000):
            found = MakeList([found, "a"])
        return found

    with pytest.raises(GraphError, match="more than 32 lists within lists"):
        nested().run(0)


def test_a_stream_that_is_reached_by_its_parent_folder_finds_its_files(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for source in sorted(photos.rglob("*.jpg"))[:3]:
        (folder / source.name).write_bytes(source.read_bytes())
    for name in ("a/c", "b"):
        (tmp_path / name).mkdir(parents=True)

    @pipeline()
    def images() -> Any:
        return RandomResource(ImageDirectory(folder))["image"]

    images().save(tmp_path / "a" / "s.pipe")
    expected = images().run(0)[0]
    monkeypatch.chdir(tmp_path / "a" / "c")
    stream = load("../s.pipe")
    assert (stream.run(0)[0] == expected).all()
    stream.save("../../b/t.pipe")
    monkeypatch.chdir(tmp_path)
    assert (load("b/t.pipe").run(0)[0] == expected).all()


def test_only_regular_files_are_read_and_replaced(tmp_path: Path) -> None:
    @pipeline()
    def numbers() -> Any:
        return SampleIndex()

    for path in ("/dev/zero", tmp_path):
        with pytest.raises(DatasetError, match="not a regular file"):
            load(path)
    with pytest.raises(DatasetError, match="not a regular file"):
        numbers().save("/dev/full")
    large = tmp_path / "train.tfrecord"
    with large.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DatasetError, match="not a saved graph"):
        load(large)


def test_a_patch_may_be_larger_than_its_image() -> None:
    @pipeline()
    def patches() -> Any:
        image = Constant(np.full((20, 30, 3), 200, np.uint8))
        return ViewImage(image, RandomPatchView(image, 50, 40), 50, 40)

    for index in range(20):
        (patch,) = patches().run(index)
        assert patch.shape == (40, 50, 3)
        assert (patch == 200).all(axis=2).sum() > 500


def test_numbers_are_drawn_from_finite_ranges_in_either_direction() -> None:
    @pipeline()
    def drawn(low: float, high: float) -> Any:
        return SampleUniform(low, high)

    found = [drawn(2, 1).run(index)[0] for index in range(50)]
    assert 1 <= min(found) < max(found) <= 2
    for low, high in ((float("nan"), 1), (0, float("inf"))):
        with pytest.raises(GraphError, match="no range of numbers"):
            drawn(low, high).run(0)
