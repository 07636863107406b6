"""Files of records of streams: whole or not at all, and the same bytes every time."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any

import pytest
from imagepipe_rs import DatasetError, Example, GraphError, TFRecordReader
from imagepipe_rs.graph import (
    Constant,
    GetElement,
    PyNode,
    SampleIndex,
    SampleUniform,
    pipeline,
)
from test_records_of_graphs import PICTURES, labelled, pairs

if TYPE_CHECKING:
    from pathlib import Path


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("method", ["write_tfrecords", "write_recordio"])
def test_the_bytes_are_the_same_whatever_the_workers(tmp_path: Path, method: str) -> None:
    runs = []
    for workers in (1, 2, 7):
        folder = tmp_path / str(workers)
        folder.mkdir()
        made = getattr(pairs(), method)(
            folder / "x.data", 23, shards=4, index=True, workers=workers
        )
        runs.append(contents(folder))
        assert made.files == 4
        assert made.records == 23
        assert made.bytes == sum(
            (folder / f"x-{n:05}-of-00004.data").stat().st_size for n in range(4)
        )
    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0]) == 8


def test_shards_hold_the_samples_in_order(tmp_path: Path) -> None:
    @pipeline()
    def numbers() -> Any:
        return {"n": SampleIndex()}

    numbers().write_tfrecords(tmp_path / "n.tfrecord", 11, shards=3)
    found = [
        [Example.decode(record)["n"][0] for record in TFRecordReader(path)]
        for path in sorted(tmp_path.iterdir())
    ]
    assert found == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10]]


def test_files_that_are_there_are_kept_unless_they_may_be_replaced(tmp_path: Path) -> None:
    last = tmp_path / "x-00001-of-00002.tfrecord"
    last.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="exists already: replace it with overwrite=True"):
        labelled().write_tfrecords(tmp_path / "x.tfrecord", 4, shards=2)
    assert contents(tmp_path) == {last.name: b"mine"}
    labelled().write_tfrecords(tmp_path / "x.tfrecord", 4, shards=2, overwrite=True)
    assert len(TFRecordReader(last)) == 2


@pytest.mark.parametrize("method", ["write_tfrecords", "write_recordio"])
def test_a_sample_that_fails_leaves_no_part_of_a_file(tmp_path: Path, method: str) -> None:
    @pipeline()
    def failing() -> tuple[Any, ...]:
        return Constant(PICTURES[0]), GetElement([1, 2, 3], SampleIndex())

    with pytest.raises(GraphError, match="sample 3"):
        getattr(failing(), method)(tmp_path / "x.data", 9)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_function_is_raised_and_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(index: int) -> int:
        if index == 5:
            raise KeyboardInterrupt
        return index

    @pipeline()
    def stopped() -> Any:
        return PyNode(interrupt, [SampleIndex()])

    with pytest.raises((GraphError, KeyboardInterrupt)):
        stopped().write_tfrecords(tmp_path / "x.tfrecord", 50)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_on_this_thread_and_may_stop_the_run(tmp_path: Path) -> None:
    told = []

    def tell(done: int, total: int) -> None:
        told.append((done, total, threading.current_thread()))

    labelled().write_tfrecords(tmp_path / "x.tfrecord", 30, progress=tell)
    assert told[-1][:2] == (30, 30)
    assert {thread for _, _, thread in told} == {threading.current_thread()}

    def stop(done: int, total: int) -> None:
        raise InterruptedError(done, total)

    with pytest.raises(InterruptedError):
        labelled().write_tfrecords(tmp_path / "y.tfrecord", 30, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["x.tfrecord"]


def test_a_full_disk_is_an_error_and_leaves_nothing(small_disk: Path) -> None:
    @pipeline()
    def noise() -> Any:
        return {"x": Constant(PICTURES), "y": SampleUniform(0, 1)}

    with pytest.raises(DatasetError) as raised:
        noise().write_tfrecords(small_disk / "x.tfrecord", 1000)
    assert raised.value.errno == errno.ENOSPC  # type: ignore[attr-defined]
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count=0 is not valid"),
        ({"start": -1}, "start=-1 is not valid"),
        ({"shards": 0}, "shards=0 is not valid"),
        ({"shards": 6}, "shards=6 is not valid: there are 5 samples"),
        ({"workers": -1}, "workers=-1 is not valid"),
        ({"workers": 0}, "workers=0 is not valid"),
        ({"format": "gif"}, "format='gif' is not valid: one of 'png', 'jpeg', 'tensor'"),
        ({"quality": 0}, "quality=0 is not valid: 1 to 100"),
        ({"format": "jpeg", "quality": 101}, "quality=101 is not valid: 1 to 100"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    given = {"count": 5, **options}
    with pytest.raises(ValueError, match=message):
        labelled().write_tfrecords(tmp_path / "x.tfrecord", **given)
    with pytest.raises(TypeError, match="progress='loud' is not valid"):
        labelled().write_tfrecords(tmp_path / "x.tfrecord", 5, progress="loud")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
