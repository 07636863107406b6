"""Streams in files: saved, moved, damaged, and run from the command line."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DatasetError, GraphError
from imagepipe_rs.graph import (
    Conditional,
    Constant,
    DecodeImage,
    FileList,
    MakeList,
    Node,
    Output,
    PyNode,
    RandomIndex,
    Reshape,
    SampleIndex,
    SampleUniform,
    Stream,
    Variable,
    graph,
    load,
    outputs,
    pipeline,
)
from imagepipe_rs.graph import ReadFile as Read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pipeline(seed=4)
def all_kinds(folder: str) -> dict[str, Node]:
    names = [f"{folder}/photos/{number}.jpg" for number in range(3)]
    file = FileList(names)[RandomIndex(3)]
    return {
        "file": file,
        "image": DecodeImage(Read(file)),
        "number": Conditional(SampleIndex(), 2**40, SampleUniform(0, 1) > 0.5),
        "truth": Constant(value=True),
        "text": Constant("schön"),
        "bytes": Constant(b"\0\xff"),
        "list": MakeList([Constant("a"), Reshape(Constant(list(range(6))), [2, 3])]),
        "double": Constant(np.float64(0.1)),
        "large": Constant(2**40),
    }


@pytest.fixture
def folder(tmp_path: Path, jpeg: Any) -> Path:
    """Return a folder with photographs and a stream of them."""
    made = tmp_path / "set"
    (made / "photos").mkdir(parents=True)
    for number in range(3):
        (made / "photos" / f"{number}.jpg").write_bytes(jpeg(20, 10, seed=number))
    all_kinds(str(made)).save(made / "all.pipe")
    return made


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, str | bytes):
        return bool(one == other)
    return np.array_equal(one, other) and one.dtype == other.dtype and type(one) is type(other)


# ----------------------------------------------------------------------------------- there and back


def test_a_loaded_stream_gives_the_same_samples(folder: Path) -> None:
    stream, loaded = all_kinds(str(folder)), load(folder / "all.pipe")
    assert loaded.seed == 4
    assert loaded.labels == stream.labels
    for index in (0, 1, 2, 7, 2**40, 2**64 - 1):
        assert same(loaded.run(index), stream.run(index))


def test_a_loaded_stream_gives_the_same_batches_and_takes_its_states(folder: Path) -> None:
    batches = all_kinds(str(folder)).batches(3)
    first = next(iter(batches))
    again = load(folder / "all.pipe").batches(3)
    assert np.array_equal(next(iter(again))["image"], first["image"])
    again.load_state_dict(batches.state_dict())
    assert np.array_equal(next(iter(again))["image"], next(iter(batches))["image"])


def test_a_stream_that_is_saved_again_gives_the_same_file(folder: Path) -> None:
    load(folder / "all.pipe").save(folder / "again.pipe")
    all_kinds(str(folder)).save(folder / "third.pipe")
    files = [(folder / f"{name}.pipe").read_bytes() for name in ("all", "again", "third")]
    assert files[0] == files[1] == files[2]


def test_values_of_variables_are_saved(tmp_path: Path) -> None:
    @graph
    def scaled() -> Node:
        return SampleIndex() * Variable("factor", 2)

    Stream(scaled(), variables={"factor": 5}).save(tmp_path / "x.pipe")
    assert load(tmp_path / "x.pipe").run(3) == (15,)


LABELS: list[tuple[Callable[[], Any], Any]] = [
    (lambda: {"default": Constant(1)}, {"default": 1}),
    (lambda: {"a": Constant(1), "default": Constant(2)}, {"a": 1, "default": 2}),
    (lambda: [Output(1, "default"), None][1], {"default": 1}),
    (lambda: [Output(1), None][1], (1,)),
    (lambda: [Output(1), Output(2, "a"), None][2], (1, 2)),
    (lambda: [outputs(1, 2, label="a"), None][1], (1, 2)),
    (lambda: Constant(1), (1,)),
    (lambda: (Constant(1),), (1,)),
]


@pytest.mark.parametrize(("function", "expected"), LABELS)
def test_samples_have_labels_where_labels_were_given_also_when_loaded(
    function: Callable[[], Any], expected: Any, tmp_path: Path
) -> None:
    stream = pipeline()(function)()
    stream.save(tmp_path / "x.pipe")
    loaded = load(tmp_path / "x.pipe")
    assert stream.run(0) == loaded.run(0) == expected
    assert stream.labels == loaded.labels
    assert isinstance(next(iter(stream.batches(2))), type(expected))
    assert isinstance(next(iter(loaded.batches(2))), type(expected))


def test_a_function_cannot_be_saved(tmp_path: Path) -> None:
    @pipeline()
    def own() -> Node:
        return PyNode(abs, [SampleIndex()])

    with pytest.raises(GraphError, match="cannot be saved") as raised:
        own().save(tmp_path / "x.pipe")
    assert raised.value.origin.startswith(__file__)
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------------- files


def test_a_folder_that_is_moved_as_a_whole_still_works(folder: Path, tmp_path: Path) -> None:
    expected = load(folder / "all.pipe").run(1)
    moved = folder.rename(tmp_path / "elsewhere")
    found = load(moved / "all.pipe").run(1)
    assert found["file"].startswith(str(moved))
    assert np.array_equal(found["image"], expected["image"])


def test_paths_may_stay_absolute(folder: Path, tmp_path: Path) -> None:
    all_kinds(str(folder)).save(folder / "fixed.pipe", relocatable=False)
    shutil.copy(folder / "fixed.pipe", tmp_path / "fixed.pipe")
    assert load(tmp_path / "fixed.pipe").run(1)["file"].startswith(str(folder / "photos"))
    shutil.copy(folder / "all.pipe", tmp_path / "all.pipe")
    with pytest.raises(GraphError, match=r"photos/\d\.jpg"):
        load(tmp_path / "all.pipe").run(1)


def test_a_file_is_kept_unless_it_may_be_replaced(folder: Path) -> None:
    before = (folder / "all.pipe").read_bytes()
    with pytest.raises(FileExistsError):
        all_kinds(str(folder)).seeded(9).save(folder / "all.pipe", overwrite=False)
    assert (folder / "all.pipe").read_bytes() == before
    all_kinds(str(folder)).seeded(9).save(folder / "all.pipe")
    assert load(folder / "all.pipe").seed == 9


def test_what_is_no_stream_is_refused_with_the_reason(tmp_path: Path, jpeg: Any) -> None:
    for name, data in {"empty": b"", "photo": jpeg(), "text": b"hello\n" * 100}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DatasetError, match=name):
            load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")
    with pytest.raises(DatasetError):
        load(tmp_path)


def test_a_file_that_is_cut_short_or_damaged_is_refused(folder: Path) -> None:
    path = folder / "all.pipe"
    whole = path.read_bytes()
    chance = random.Random(1)  # noqa: S311  no secrets
    for length in {*range(40), *(chance.randrange(len(whole)) for _ in range(100))}:
        path.write_bytes(whole[:length])
        with pytest.raises(DatasetError):
            load(path)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(DatasetError):
            load(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(DatasetError):
        load(path)


def test_content_that_is_wrong_behind_a_checksum_that_is_right_is_refused_or_runs(
    folder: Path,
) -> None:
    """Nothing that a file says ends the process, or takes much memory."""
    path = folder / "all.pipe"
    whole = path.read_bytes()
    content = zlib.decompress(whole[24:])
    chance = random.Random(2)  # noqa: S311  no secrets
    loaded = 0
    for _ in range(500):
        changed = bytearray(content)
        place = chance.randrange(len(content))
        number = chance.choice([0, 1, 2**31, 2**32 - 1, chance.randrange(40)])
        changed[place : place + chance.randrange(5)] = struct.pack("<I", number)
        rest = struct.pack("<Q", len(changed)) + zlib.compress(changed)
        path.write_bytes(whole[:12] + struct.pack("<I", zlib.crc32(rest)) + rest)
        try:
            load(path).run(1)
            loaded += 1
        except (DatasetError, GraphError):
            pass
    assert loaded < 500


# ------------------------------------------------------------------------------------ imagepipe run


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imagepipe_rs", "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_run_prints_what_a_sample_is(folder: Path) -> None:
    result = run(folder / "all.pipe", "--index", "7")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["7", label] for label in all_kinds(str(folder)).labels
    ]
    assert "uint8 (10, 20, 3)" in lines[1]


def test_run_prints_the_whole_path_of_a_file(tmp_path: Path) -> None:
    path = "/photographs" * 16 + "/7.jpg"
    pipeline()(lambda: {"file": Constant(path), "long": Constant("a" * 300)})().save(
        tmp_path / "texts.pipe"
    )
    assert run(tmp_path / "texts.pipe").stdout == f"0  file  {path}\n0  long  {'a' * 200}...\n"


def test_run_writes_samples_to_files(folder: Path, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    result = run(folder / "all.pipe", "--index", "5", "--count", "2", "-o", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"20 files: {tmp_path / 'out'}\n"
    for index in (5, 6):
        sample = load(folder / "all.pipe").run(index)
        begin = tmp_path / "out" / f"{index:06}-"
        assert np.array_equal(np.asarray(image.open(f"{begin}image.png")), sample["image"])
        assert np.load(f"{begin}number.npy") == sample["number"]
        assert (tmp_path / "out" / f"{index:06}-text.txt").read_text() == "schön"
        assert (tmp_path / "out" / f"{index:06}-bytes.bin").read_bytes() == b"\0\xff"


def test_run_takes_another_seed(folder: Path) -> None:
    drawn = [
        run(folder / "all.pipe", "--count", "20", *seed).stdout for seed in ((), ("--seed", 5))
    ]
    assert drawn[0] != drawn[1]
    assert drawn[0] == run(folder / "all.pipe", "--count", "20", "--seed", 4).stdout


def test_run_ends_with_the_last_sample_there_is(folder: Path) -> None:
    last = 2**64 - 1
    result = run(folder / "all.pipe", "--index", last - 1, "--count", 2)
    assert result.returncode == 0, result.stderr
    assert {line.split()[0] for line in result.stdout.splitlines()} == {str(last - 1), str(last)}
    result = run(folder / "all.pipe", "--index", last - 1, "--count", 3)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"--count 3 is more than the 2 samples from --index {last - 1} on" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_run_says_what_is_wrong_in_one_line(folder: Path) -> None:
    (folder / "photos" / "1.jpg").write_bytes(b"no image")
    result = run(folder / "all.pipe", "--count", "50")
    assert result.returncode == 1
    assert "not JPEG, PNG, BMP, GIF or WebP" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert run(folder / "photos" / "1.jpg").returncode == 1
    assert run(folder / "missing.pipe").returncode == 1
