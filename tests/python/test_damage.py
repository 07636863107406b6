"""Pictures that cannot be read: clear errors, and runs that go on, the same each time."""

from __future__ import annotations

import gzip
import logging
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import (
    DatasetError,
    DecodeError,
    Example,
    ImagePipeError,
    Loader,
    TFRecordWriter,
    create_tfrecords,
)
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import EncodeJpeg, MakeTree
    from imagepipe_rs import Batch


# ------------------------------------------------------------------------------- what can be wrong


def with_jpeg_size(data: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header tells of another size."""
    place = next(i for i in range(len(data)) if data[i] == 0xFF and data[i + 1] in {0xC0, 0xC2})
    return data[: place + 5] + struct.pack(">HH", height, width) + data[place + 9 :]


def with_jpeg_precision(data: bytes, bits: int) -> bytes:
    place = data.index(b"\xff\xc0") + 4
    return data[:place] + bytes([bits]) + data[place + 1 :]


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header tells of a size; there is one row of pixels in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1 + 3 * width)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def damages(jpeg: EncodeJpeg) -> dict[str, tuple[bytes, str]]:
    """Return damaged files, and what must be said of each."""
    data = jpeg(120, 90)
    return {
        "half.jpg": (data[: len(data) // 2], "Premature end"),
        "no-tail.jpg": (data[:-40], "Premature end"),
        "header-only.jpg": (data[:20], ""),
        "two-bytes.jpg": (data[:2], "it is 2 bytes, which is too short"),
        "empty.jpg": (b"", "the file is empty"),
        "text.jpg": (
            b"<html>404 Not Found</html>",
            "JPEG, PNG, BMP, GIF or WebP: it is an HTML page",
        ),
        "binary.jpg": (bytes(range(128, 192)), "JPEG, PNG, BMP, GIF or WebP: it is of an unknown"),
        "huge.jpg": (with_jpeg_size(data, 60_000, 60_000), "60000x60000.*max_pixels=178956970"),
        "huge.png": (png_of(60_000, 60_000), "60000x60000.*max_pixels=178956970"),
        "twelve-bits.jpg": (with_jpeg_precision(data, 12), "12-bit JPEG is not supported"),
        "no-pixels.png": (png_of(0, 5), ""),
        "flat.jpg": (with_jpeg_size(data, 0, 5), ""),
        "half.png": (png_of(64, 64), ""),
        "header-only.png": (png_of(64, 64)[:40], ""),
        "cut.gif": (b"GIF89a\x10\0\x10\0\x80\0\0", ""),
        "cut.bmp": (b"BM\0\0\0\0\0\0\0\0", ""),
        "cut.webp": (b"RIFF\x40\0\0\0WEBPVP8 \x34\0\0\0", ""),
    }


NAMES = [
    "half.jpg", "no-tail.jpg", "header-only.jpg", "two-bytes.jpg", "empty.jpg", "text.jpg",
    "binary.jpg", "huge.jpg", "huge.png", "twelve-bits.jpg", "no-pixels.png", "flat.jpg",
    "half.png", "header-only.png", "cut.gif", "cut.bmp", "cut.webp",
]  # fmt: skip


def test_every_damage_is_tried(jpeg: EncodeJpeg) -> None:
    assert list(damages(jpeg)) == NAMES


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_file_is_named_with_the_reason(
    tree: MakeTree, jpeg: EncodeJpeg, name: str, *, exact: bool
) -> None:
    data, reason = damages(jpeg)[name]
    folder = tree({f"cat/{name}": data})
    with pytest.raises(
        DecodeError, match=f"{folder}/cat/{name}: cannot decode: .*{reason}"
    ) as caught:
        next(iter(Loader(folder, exact=exact)))
    assert caught.value.path == str(folder / "cat" / name)
    assert caught.value.reason
    assert caught.value.reason in str(caught.value)


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad", "random_crop"])
@pytest.mark.parametrize("missing", [2, 3, 40, 1000])
def test_a_missing_tail_is_found_whatever_part_is_used(
    tree: MakeTree, jpeg: EncodeJpeg, fit: str, missing: int
) -> None:
    folder = tree({"1.jpg": jpeg(300, 300)[:-missing]})
    for seed in range(4):
        with pytest.raises(DecodeError, match="Premature end"):
            next(iter(Loader(folder, fit=fit, size=(40, 200), seed=seed)))


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize(
    "stray", [b"\0" * 1000, b"\0\0\0", b"text"], ids=["padding", "zeros", "text"]
)
def test_stray_bytes_do_no_harm(
    tree: MakeTree, jpeg: EncodeJpeg, stray: bytes, *, progressive: bool
) -> None:
    """After the picture, and between its last pixels and its end; cameras leave some there."""
    data = jpeg(progressive=progressive)
    folder = tree({"1.jpg": data, "2.jpg": data + stray, "3.jpg": data[:-2] + stray + data[-2:]})
    first, after, before = next(iter(Loader(folder, shuffle=False))).images
    assert np.array_equal(first, after)
    assert np.array_equal(first, before)


def test_the_bound_on_pixels_is_the_users(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg(30, 20)})
    assert next(iter(Loader(folder, max_pixels=600))).images.shape == (1, 224, 224, 3)
    with pytest.raises(DecodeError, match="30x20 = 600 pixels, more than max_pixels=599"):
        next(iter(Loader(folder, max_pixels=599)))


HUGE = """
import resource, sys
from pathlib import Path
from imagepipe_rs import DecodeError, Loader
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
loader = Loader(sys.argv[1], workers=1)
try:
    next(iter(loader))
except DecodeError as error:
    print(error)
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.parametrize("name", ["huge.jpg", "huge.png"])
def test_no_memory_is_taken_for_a_huge_picture(tree: MakeTree, jpeg: EncodeJpeg, name: str) -> None:
    folder = tree({name: damages(jpeg)[name][0]})
    error, peak = run(HUGE, folder).splitlines()
    assert "60000x60000" in error
    assert int(peak) < 300_000  # kB; the pixels alone would be 10.8 GB


def run(program: str, *arguments: object) -> str:
    """Run a program of its own; return what it printed."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# --------------------------------------------------------------------- files that change or are
# kept


def test_a_file_deleted_after_listing(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg()})
    loader = Loader(folder)
    (folder / "1.jpg").unlink()
    with pytest.raises(DatasetError, match=rf"{folder}/1\.jpg: No such file") as caught:
        next(iter(loader))
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.path == str(folder / "1.jpg")


def test_a_file_cut_short_after_listing(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg(200, 200)})
    loader = Loader(folder)
    os.truncate(folder / "1.jpg", 1000)
    with pytest.raises(DecodeError, match=r"1\.jpg"):
        next(iter(loader))


def test_a_file_that_became_a_folder(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg()})
    loader = Loader(folder)
    (folder / "1.jpg").unlink()
    (folder / "1.jpg").mkdir()
    with pytest.raises(DatasetError, match=r"1\.jpg.*directory"):
        next(iter(loader))


# As another user: root may read everything. NumPy may be where that user may not read.
FORBIDDEN = """
import os, sys
import numpy
from imagepipe_rs import DatasetError, Loader
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    next(iter(Loader(sys.argv[1])))
except DatasetError as error:
    assert isinstance(error, PermissionError), type(error)
    assert error.path == sys.argv[2], error.path
    print(error)
"""


@pytest.mark.parametrize("closed", ["cat", "cat/1.jpg", "cat/deep"])
def test_what_may_not_be_read_is_named(jpeg: EncodeJpeg, closed: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("cat/1.jpg", "dog/1.jpg", "cat/deep/2.jpg"):
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(jpeg())
        (folder / closed).chmod(0)
        printed = run(FORBIDDEN, folder, folder / closed)
        (folder / closed).chmod(0o755)
    assert printed == f"{folder / closed}: Permission denied\n"


# ------------------------------------------------------------------------------------- going on


@pytest.fixture
def forty(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of 40 good pictures in two classes."""
    names = (f"{'cat' if number % 2 else 'dog'}/{number:02}.jpg" for number in range(40))
    return tree({name: jpeg(seed=seed) for seed, name in enumerate(names)})


@pytest.fixture
def half_bad(forty: Path) -> Path:
    """Return a folder of 40 pictures, of which every fifth, eight in all, is damaged."""
    damage(forty)
    return forty


def damage(folder: Path) -> None:
    for file in filter(bad, folder.rglob("*.jpg")):
        os.truncate(file, file.stat().st_size - 50)


def bad(path: str | Path) -> bool:
    return int(Path(path).stem) % 5 == 0


def epochs(loader: Loader, count: int = 1) -> list[list[tuple[Any, ...]]]:
    """Return what the batches of some epochs hold, as values that can be compared."""
    return [
        [(b.images.tobytes(), b.labels.tobytes(), b.indices.tolist(), b.paths) for b in loader]
        for _ in range(count)
    ]


def test_raise_is_the_default_and_ends_the_run(half_bad: Path) -> None:
    batches = iter(Loader(half_bad, batch_size=4))
    with pytest.raises(DecodeError):
        list(batches)
    assert next(batches, "nothing") == "nothing"


def until_error(batches: Iterable[Batch]) -> tuple[list[Batch], ImagePipeError]:
    """Return the batches that come before the error, and the error."""
    taken = []
    try:
        for batch in batches:
            taken.append(batch)  # noqa: PERF402  list() would lose them
    except ImagePipeError as error:
        return taken, error
    pytest.fail("no error")


def test_batches_before_the_damage_come_through(half_bad: Path) -> None:
    batches = iter(Loader(half_bad, batch_size=1, shuffle=False, workers=8, prefetch=8))
    taken, error = until_error(batches)
    assert [Path(batch.paths[0]).name for batch in taken] == ["01.jpg", "03.jpg"]
    assert error.path == str(half_bad / "cat" / "05.jpg")


def test_skip_leaves_damaged_samples_out_of_their_batches(forty: Path) -> None:
    options = {"batch_size": 8, "size": 16, "on_error": "skip", "seed": 3}
    whole = [batch.paths for batch in Loader(forty, **options)]
    damage(forty)
    left = [batch.paths for batch in Loader(forty, **options)]
    assert left == [[path for path in paths if not bad(path)] for paths in whole]
    assert sum(map(len, left)) == 32


def test_arrays_of_a_shortened_batch_fit_each_other(half_bad: Path) -> None:
    lengths = set()
    for batch in Loader(half_bad, batch_size=8, size=16, on_error="skip"):
        n = len(batch.paths)
        lengths.add(n)
        arrays = (batch.images, batch.labels, batch.indices, batch.crops, batch.flips, batch.valid)
        assert [len(array) for array in arrays] == [n] * 6
        assert batch.labels.tolist() == [int("dog" in path) for path in batch.paths]
    assert min(lengths) < 8


def test_a_skipped_sample_does_not_change_its_neighbours(half_bad: Path) -> None:
    single = {
        batch.paths[0]: batch.images[0]
        for batch in Loader(
            half_bad, batch_size=1, size=16, on_error="skip", flip=True, fit="random_crop"
        )
    }
    for batch in Loader(
        half_bad, batch_size=8, size=16, on_error="skip", flip=True, fit="random_crop"
    ):
        for path, image in zip(batch.paths, batch.images, strict=True):
            assert np.array_equal(image, single[path])


def test_a_batch_without_any_good_sample_is_filled_with_others(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    folder = tree({"1.jpg": b"x", "2.jpg": b"y", "3.jpg": jpeg()})
    options = {"batch_size": 2, "shuffle": False}
    loader = Loader(folder, on_error="skip", **options)
    batches = list(loader)
    assert len(batches) == len(loader) == 2
    names = [[Path(path).name for path in batch.paths] for batch in batches]
    assert names == [["3.jpg", "3.jpg"], ["3.jpg"]]
    assert [batch.valid.tolist() for batch in batches] == [[False, False], [True]]
    replaced = next(iter(Loader(folder, on_error="replace", **options)))
    assert np.array_equal(batches[0].images, replaced.images)
    assert sorted(Path(path).name for path, _, _ in loader.errors) == ["1.jpg", "2.jpg"]


@pytest.mark.parametrize("world", [1, 2, 3])
def test_every_rank_has_as_many_batches_as_it_says(forty: Path, world: int) -> None:
    """The valid samples of all ranks are the good ones, each once, whatever is damaged."""
    files = sorted(forty.rglob("*.jpg"))
    for path in files[3:34]:
        path.write_bytes(b"damaged")
    options = {"batch_size": 2, "size": 8, "on_error": "skip", "shuffle": False}
    ranks = [Loader(forty, shard=(rank, world), **options) for rank in range(world)]
    batches = [list(loader) for loader in ranks]
    assert {len(taken) for taken in batches} == {len(loader) for loader in ranks}
    assert all(len(batch.images) for taken in batches for batch in taken)
    valid = [
        path
        for taken in batches
        for batch in taken
        for path, good in zip(batch.paths, batch.valid, strict=True)
        if good
    ]
    assert sorted(valid) == [str(path) for path in files[:3] + files[34:]]


def test_nothing_left_to_fill_a_batch_with_is_an_error(tree: MakeTree) -> None:
    folder = tree({"1.jpg": b"x", "2.jpg": b"y"})
    loader = Loader(folder, on_error="skip")
    with pytest.raises(
        DatasetError, match=r"/[12]\.jpg: no sample of the dataset could be read; the last error: "
    ):
        list(loader)
    assert len(loader.errors) == 2


def test_replace_keeps_the_sizes_of_batches(half_bad: Path) -> None:
    batches = list(Loader(half_bad, batch_size=8, size=16, on_error="replace"))
    assert [len(batch.images) for batch in batches] == [8] * 5
    for batch in batches:
        assert not any(map(bad, batch.paths))
        assert batch.labels.tolist() == [int("dog" in path) for path in batch.paths]


def test_replace_leaves_good_samples_where_they_are(forty: Path) -> None:
    options = {"batch_size": 8, "size": 16, "on_error": "replace", "seed": 3}
    whole = [path for batch in Loader(forty, **options) for path in batch.paths]
    damage(forty)
    replaced = [path for batch in Loader(forty, **options) for path in batch.paths]
    assert [bad(was) for was in whole] == [
        was != now for was, now in zip(whole, replaced, strict=True)
    ]


def test_replacements_are_drawn_anew_each_epoch(half_bad: Path) -> None:
    loader = Loader(half_bad, batch_size=40, size=16, on_error="replace", shuffle=False)
    first, second = (next(iter(loader)).indices for _ in range(2))
    assert not np.array_equal(first, second)


def test_nothing_to_replace_with_is_an_error(tree: MakeTree) -> None:
    folder = tree({"1.jpg": b"x", "2.jpg": b"y"})
    for on_error in ("skip", "replace"):
        with pytest.raises(
            DatasetError, match=r"/[12]\.jpg: no sample of the dataset could be read"
        ):
            list(Loader(folder, on_error=on_error))


@pytest.mark.parametrize("on_error", ["skip", "replace"])
def test_the_only_good_sample_of_many_was_not_found(
    tmp_path: Path, jpeg: EncodeJpeg, on_error: str
) -> None:
    """Replacing ended after 32 tries; batches of damage alone tried each damaged sample again."""
    (tmp_path / "good.jpg").write_bytes(jpeg())
    rows = [f"{n}.jpg,{n % 3}" for n in range(2_000)] + ["good.jpg,1"]
    table = tmp_path / "list.csv"
    table.write_text("\n".join(["filename,class", *rows]))
    loader = Loader(table, batch_size=8, size=8, on_error=on_error)
    batches = list(loader)
    assert {path for batch in batches for path in batch.paths} == {str(tmp_path / "good.jpg")}
    assert sum(batch.valid.sum() for batch in batches) == (1 if on_error == "skip" else 2_001)
    assert len(loader.errors) == 2_000
    # Once by itself, once when it was to replace another, and 32 random tries for each sample.
    assert loader.stats()["errors"] <= 2_000 * (1 + 1 + 32)


@pytest.mark.parametrize("on_error", ["skip", "replace"])
@pytest.mark.parametrize("fit", ["stretch", "random_crop"])
def test_runs_with_damage_are_reproducible(half_bad: Path, on_error: str, fit: str) -> None:
    options = {
        "batch_size": 7,
        "size": 16,
        "fit": fit,
        "flip": True,
        "seed": 5,
        "on_error": on_error,
    }
    expected = epochs(Loader(half_bad, workers=1, prefetch=1, **options), 2)
    for workers, prefetch in [(2, 4), (8, 1), (8, 4)]:
        assert (
            epochs(Loader(half_bad, workers=workers, prefetch=prefetch, **options), 2) == expected
        )


@pytest.mark.parametrize("on_error", ["skip", "replace"])
def test_errors_are_listed_once_and_counted_each_time(half_bad: Path, on_error: str) -> None:
    loader = Loader(half_bad, batch_size=8, size=16, on_error=on_error, workers=4)
    assert loader.errors == []
    epochs(loader, 3)
    listed = sorted(path for path, _, _ in loader.errors)
    assert listed == sorted(str(path) for path in half_bad.rglob("*.jpg") if bad(str(path)))
    assert all(offset is None and "Premature end" in reason for _, offset, reason in loader.errors)
    if on_error == "skip":
        assert loader.stats()["errors"] == 24
    else:
        assert loader.stats()["errors"] >= 24  # a replacement may be damaged too


def test_thousands_of_damaged_files_had_a_line_each_in_the_log(
    tree: MakeTree, jpeg: EncodeJpeg, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tree({"a.jpg": jpeg()} | {f"\x1b{number}.jpg": b"" for number in range(50)})
    loader = Loader(folder, size=8, on_error="skip")
    with caplog.at_level(logging.WARNING, logger="imagepipe_rs"):
        epochs(loader, 2)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 12
    assert all(r"/\x1b" in message for message in messages[:10])
    assert messages[10] == "more samples are left out, without a line each: see loader.errors"
    assert messages[11] == "50 samples are left out so far: see loader.errors"


def test_what_failed_has_names(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg(), "2.jpg": b""})
    loader = Loader(folder, size=8, on_error="skip")
    epochs(loader)
    (failure,) = loader.errors
    assert failure == (str(folder / "2.jpg"), None, "the file is empty")
    assert failure == (failure.path, failure.offset, failure.reason)


@pytest.mark.parametrize(("on_error", "done"), [("skip", "left out"), ("replace", "replaced")])
def test_each_damaged_file_is_logged_once(
    half_bad: Path, caplog: pytest.LogCaptureFixture, on_error: str, done: str
) -> None:
    with caplog.at_level(logging.WARNING, logger="imagepipe_rs"):
        epochs(Loader(half_bad, batch_size=8, size=16, on_error=on_error), 3)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == len(set(messages)) == 8
    assert all(done in message and "Premature end" in message for message in messages)
    assert all(record.levelno == logging.WARNING for record in caplog.records)


@pytest.mark.parametrize("on_error", ["skip", "replace"])
def test_unreadable_files_are_damage_too(half_bad: Path, on_error: str) -> None:
    loader = Loader(half_bad, batch_size=8, size=16, on_error=on_error)
    (half_bad / "cat" / "01.jpg").unlink()
    epochs(loader)
    reasons = {Path(path).name: reason for path, _, reason in loader.errors}
    assert "No such file" in reasons["01.jpg"]


def test_max_errors_is_the_last_number_that_is_borne(half_bad: Path) -> None:
    options = {"batch_size": 8, "size": 16, "on_error": "skip"}
    assert len(epochs(Loader(half_bad, max_errors=8, **options))[0]) == 5
    with pytest.raises(
        ImagePipeError, match=r"8 samples failed, more than max_errors=7.*\.jpg: cannot decode"
    ):
        epochs(Loader(half_bad, max_errors=7, **options))
    with pytest.raises(ImagePipeError, match="max_errors=0"):
        epochs(Loader(half_bad, max_errors=0, **options))


def test_max_errors_stops_at_the_same_batch_whatever_the_workers(half_bad: Path) -> None:
    def batches_until_error(workers: int) -> int:
        loader = Loader(
            half_bad, batch_size=2, size=16, on_error="skip", max_errors=3, workers=workers
        )
        taken, error = until_error(loader)
        assert "max_errors=3" in str(error)
        return len(taken)

    assert len({batches_until_error(workers) for workers in (1, 2, 8)}) == 1


def test_one_bad_file_does_not_end_a_run_of_many_epochs(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": b"x", "2.jpg": jpeg(), "3.jpg": jpeg()})
    loader = Loader(folder, size=8, on_error="skip", max_errors=1)
    epochs(loader, 20)
    assert (len(loader.errors), loader.stats()["errors"]) == (1, 20)


def test_an_error_that_is_raised_is_counted(half_bad: Path) -> None:
    loader = Loader(half_bad, batch_size=8, size=16)
    with pytest.raises(DecodeError):
        list(loader)
    assert loader.stats()["errors"] == 1


WITHOUT_FILES = """
import os, resource, sys
from imagepipe_rs import DatasetError, Loader
from imagepipe_rs.inspection import verify

def starve():
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
    return limits

def complain(work):
    try:
        print("no error", work())
    except DatasetError as error:
        assert isinstance(error, OSError)
        print(error)

folder, what = sys.argv[1:]
names = [os.path.join(folder, name) for name in os.listdir(folder)]
if what == "verify":
    starve()
    complain(lambda: verify(names))
else:
    loader = Loader(folder, size=8, on_error=what)
    limits = starve()
    complain(lambda: [batch.labels for batch in loader])
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert loader.errors == [], loader.errors
"""


@pytest.mark.parametrize("what", ["skip", "replace", "raise", "verify"])
def test_without_files_to_open_no_sample_is_damaged(
    tree: MakeTree, jpeg: EncodeJpeg, what: str
) -> None:
    folder = tree({"1.jpg": jpeg(), "2.jpg": jpeg(), "3.jpg": jpeg()})
    command = [sys.executable, "-c", WITHOUT_FILES, folder, what]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ".jpg: Too many open files" in ran.stdout
    assert "raise its limit with `ulimit -n`" in ran.stdout
    assert len(ran.stdout.splitlines()) == 1


# As another user: root may have as many threads as it likes. NumPy may be where that user may not
# read.
WITHOUT_THREADS = """
import os, resource, sys, threading
import numpy
from imagepipe_rs import ImagePipeError, Loader, create_tfrecords
from imagepipe_rs.inspection import describe, verify

folder = sys.argv[1]
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    threading.Thread(target=int).start()
except RuntimeError:
    pass
else:
    sys.exit(77)
print(Loader(folder, workers=4).num_samples)
for work in (
    lambda: next(iter(Loader(folder, workers=4))),
    lambda: describe(folder, workers=4),
    lambda: verify(folder, workers=4),
    lambda: create_tfrecords(folder, folder + "/../out", "x-", 1, workers=4),
):
    try:
        print("no error", work())
    except ImagePipeError as error:
        print(error)
"""


def test_where_no_thread_could_be_started_there_was_a_panic(jpeg: EncodeJpeg) -> None:
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "train"
        for file in ("cat/1.jpg", "dog/1.jpg"):
            (folder / file).parent.mkdir(parents=True)
            (folder / file).write_bytes(jpeg())
        command = [sys.executable, "-c", WITHOUT_THREADS, folder]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == 77:
        pytest.skip("the number of threads cannot be limited here")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, *rest = ran.stdout.splitlines()
    assert first == "2"
    assert all(line.startswith("cannot start worker threads: ") for line in rest)
    assert len(rest) == 4


WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
from imagepipe_rs import Loader, create_tfrecords, decode
from imagepipe_rs.inspection import verify

folder, what, margin = sys.argv[1:]
work = {
    "verify": lambda: verify(folder, workers=1),
    "write": lambda: create_tfrecords(
        folder, f"{folder}/../out", "x-", 1, on_error="skip", workers=1
    ),
    "decode": lambda: decode(next(Path(folder).glob("big*")).read_bytes(), size=8),
}
loader = Loader(folder, size=8, on_error="raise" if what in work else what, workers=1)
loop = lambda: [batch.labels for batch in loader]
status = Path("/proc/self/status").read_text()
limit = (int(status.split("VmSize:")[1].split()[0]) << 10) + (int(margin) << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    print("no error", work.get(what, loop)())
except MemoryError as error:
    print(error)
assert loader.errors == [], loader.errors
"""


@pytest.fixture(scope="module")
def large_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of a small picture, and one of 108 MB of pixels."""
    root = tmp_path_factory.mktemp("large")
    small, large = (Image.new("RGB", (side, side), (5, 66, 7)) for side in (8, 6000))
    for name, options in {
        "png": {"compress_level": 1},
        "bmp": {},
        "webp": {"method": 0},
        "progressive.jpg": {"progressive": True},
    }.items():
        (root / name).mkdir()
        small.save(root / name / "a.png")
        large.save(root / name / f"big.{name}", **options)
    return root


@pytest.mark.parametrize("name", ["png", "progressive.jpg", "webp"])
@pytest.mark.parametrize("what", ["skip", "replace", "raise", "verify", "write", "decode"])
def test_a_picture_without_memory_for_its_pixels_was_taken_for_a_damaged_one(
    large_pictures: Path, name: str, what: str
) -> None:
    said = run(WITHOUT_MEMORY, large_pictures / name, what, 64)
    where = "data" if what == "decode" else f"big.{name}"
    assert f"{where}: no memory for " in said
    assert len(said.splitlines()) == 1


def test_no_memory_for_a_bitmap_is_no_damage(large_pictures: Path) -> None:
    """There is room for the file, and not for its pixels too."""
    said = run(WITHOUT_MEMORY, large_pictures / "bmp", "verify", 160)
    assert "big.bmp: no memory for " in said


@pytest.mark.parametrize("margin", [120, 160])
def test_a_webp_without_memory_to_decode_it_in_ended_the_process(
    large_pictures: Path, margin: int
) -> None:
    """There is room for the pixels, and not for what the decoder takes beside them."""
    said = run(WITHOUT_MEMORY, large_pictures / "webp", "skip", margin)
    assert "big.webp: no memory for " in said


def test_a_compressed_shard_without_memory_for_it_was_cut_short(tmp_path: Path) -> None:
    record = Example.encode({"image/encoded": bytes(4 << 20), "image/class/label": 1})
    (tmp_path / "data").mkdir()
    with TFRecordWriter(tmp_path / "data" / "x.tfrecord") as writer:
        for _ in range(40):
            writer.write(record)
    plain = tmp_path / "data" / "x.tfrecord"
    packed = gzip.compress(plain.read_bytes(), 1)
    plain.write_bytes(packed)
    program = """
import resource, sys
from pathlib import Path
from imagepipe_rs import Loader
status = Path("/proc/self/status").read_text()
limit = (int(status.split("VmSize:")[1].split()[0]) << 10) + (100 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    print(Loader(sys.argv[1], size=8, on_error="skip", workers=1).num_samples)
except MemoryError as error:
    print(error)
"""
    assert "x.tfrecord: " in run(program, tmp_path / "data")


def test_shards_are_more_than_files_may_be_open(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    folder = tree({f"{i}.jpg": jpeg(200, 200, seed=i) for i in range(150)})
    create_tfrecords(folder, tmp_path / "out", "x-", 1, labels=None)
    program = """
import resource, sys
from imagepipe_rs import Loader
from imagepipe_rs.inspection import verify
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
for on_error in ("raise", "skip"):
    loader = Loader(sys.argv[1], size=8, batch_size=50, workers=4, on_error=on_error)
    print(sum(len(batch.labels) for batch in loader), loader.errors)
print(len(verify(sys.argv[1])["damaged"]))
"""
    command = [sys.executable, "-c", program, tmp_path / "out"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "150 []\n150 []\n0\n"


@pytest.mark.parametrize("on_error", ["skip", "replace"])
def test_ragged_batches_leave_no_hole(half_bad: Path, on_error: str) -> None:
    loader = Loader(half_bad, batch_size=8, size=None, ragged=True, on_error=on_error)
    for batch in loader:
        assert len(batch.images) == len(batch.paths) == len(batch.labels)
        assert not any(map(bad, batch.paths))


def test_resuming_after_damage(half_bad: Path) -> None:
    options = {"batch_size": 8, "size": 16, "on_error": "skip", "seed": 2}
    whole = epochs(Loader(half_bad, **options))[0]
    loader = Loader(half_bad, **options)
    batches = iter(loader)
    next(batches)
    next(batches)
    resumed = Loader(half_bad, **options)
    resumed.load_state_dict(loader.state_dict())
    assert epochs(resumed)[0] == whole[2:]
