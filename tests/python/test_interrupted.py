"""What is left of a run that does not reach its end: whole files only, and a way to go on."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import mount
from imagepipe_rs import DatasetError, create_recordio, create_tensor_records, create_tfrecords

if TYPE_CHECKING:
    from conftest import EncodeJpeg

SHARDS = 20
PROGRAMS = {
    "tfrecords": "create_tfrecords(source, out, 'x', 3, manifest=True, **options)",
    "recordio": "create_recordio(source, out, 'x', 3, manifest=True, **options)",
    "tensors": "create_tensor_records(source, out, num_shards=20, img_size=96, **options)",
    "split": (
        "Image2TFRecords(source, val_size=0.3, num_shards=10).create_tfrecords(out, **options)"
    ),
    "images": "create_images(out, 'x', 1600, 1200, 60, 'jpg', content='natural', **options)",
}
PROGRAM = """
import sys
from imagepipe_rs import *
source, out, resume = sys.argv[1:]
def tell(done, total):
    print(done, flush=True)
options = {{"progress": tell, "resume": bool(int(resume))}}
{call}
"""


def start(call: str, source: Path, out: Path, *, resume: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM.format(call=call), source, out, str(int(resume))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_killed_run_leaves_whole_files_and_can_go_on(
    photos: Path, tmp_path: Path, kind: str
) -> None:
    call = PROGRAMS[kind]
    whole = start(call, photos, tmp_path / "whole", resume=False)
    _, error = whole.communicate(timeout=100)
    assert whole.returncode == 0, error
    expected = contents(tmp_path / "whole")
    chance = random.Random(kind)  # noqa: S311  moments, no secrets
    unfinished = 0
    out = tmp_path / "out"
    for moment in range(10):
        if moment % 5 == 0:
            shutil.rmtree(out, ignore_errors=True)
        run = start(call, photos, out, resume=moment % 5 > 0)
        # Not by the clock: at so many records, and then wherever the other threads happen to be.
        last = chance.randrange(60)
        for line in run.stdout or ():
            if int(line) >= last:
                break
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=100)
        found = contents(out)
        assert found.items() <= expected.items()
        unfinished += found != expected
    assert unfinished, "no run was killed before its end"
    run = start(call, photos, out, resume=True)
    _, error = run.communicate(timeout=100)
    assert run.returncode == 0, error
    assert contents(out) == expected


def test_ctrl_c_ends_a_run_at_once(photos: Path, tmp_path: Path) -> None:
    call = "create_tensor_records(source, out, num_shards=60, img_size=2000, **options)"
    run = start(call, photos, tmp_path / "out", resume=False)
    for line in run.stdout or ():
        if int(line) > 30:  # all 60 are checked, and some written
            break
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=100)
    assert error.strip().endswith("KeyboardInterrupt")
    size = 2000 * 2000 * 3
    files = list((tmp_path / "out").iterdir())
    assert len(files) < 60
    assert all(file.stat().st_size > size for file in files)


# ------------------------------------------------------------------------------------- disks and
# directories


@pytest.fixture
def source(tmp_path: Path, jpeg: EncodeJpeg) -> Path:
    """Return a flat directory of 40 images of about 50 kB."""
    folder = tmp_path / "source"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n}.jpg").write_bytes(jpeg(320, 240, seed=n, quality=95))
    return folder


def tensors(source: Path, folder: Path, _: str, __: int, **options: Any) -> object:
    workers = options.pop("workers", None)
    return create_tensor_records(
        source, folder, num_shards=10, img_size=200, num_workers=workers, **options
    )


WRITERS = pytest.mark.parametrize("create", [create_tfrecords, create_recordio, tensors])


@WRITERS
@pytest.mark.parametrize("workers", [1, 4])
def test_a_full_disk_is_said_and_finished_shards_stay(
    source: Path, small_disk: Path, tmp_path: Path, create: Any, workers: int
) -> None:
    create(source, tmp_path / "whole", "x", 4)
    expected = contents(tmp_path / "whole")
    with pytest.raises(OSError, match="No space left on device") as caught:
        create(source, small_disk / "out", "x", 4, workers=workers)
    assert isinstance(caught.value, DatasetError)
    assert caught.value.errno == errno.ENOSPC
    # Which file, and how many bytes.
    assert Path(caught.value.path).name in expected
    assert f"{caught.value.path}: cannot write " in str(caught.value)
    if create is not create_recordio:
        size = len(expected[Path(caught.value.path).name])
        assert f"cannot write {size} bytes" in str(caught.value)
    found = contents(small_disk / "out")
    assert found.items() < expected.items()
    assert sum(not name.endswith(".idx") for name in found) >= 1
    # There is room again: the run goes on.
    assert mount("-o", "remount,size=64m", small_disk) == 0
    create(source, small_disk / "out", "x", 4, resume=True)
    assert contents(small_disk / "out") == expected


@WRITERS
def test_a_directory_that_cannot_be_written_is_said(
    source: Path, small_disk: Path, create: Any
) -> None:
    (small_disk / "out").mkdir()
    assert mount("-o", "remount,ro", small_disk) == 0
    with pytest.raises(OSError, match=r"out/.*: cannot write.*: Read-only file system"):
        create(source, small_disk / "out", "x", 4)
    with pytest.raises(OSError, match=r"new.*: cannot write: Read-only file system"):
        create(source, small_disk / "new", "x", 4)


@WRITERS
@pytest.mark.parametrize(
    ("harm", "error", "message"),
    [
        ("vanishes", FileNotFoundError, r"39\.jpg: No such file or directory"),
        ("grows", DatasetError, r"39\.jpg: has \d+ bytes, and had \d+ when this run began"),
        ("is rewritten", DatasetError, r"39\.jpg: was changed since this run began"),
    ],
)
def test_a_source_that_changes_meanwhile_is_said(  # noqa: PLR0917  fixtures and cases
    source: Path, tmp_path: Path, create: Any, harm: str, error: Any, message: str
) -> None:
    def tell(done: int, _: int) -> None:
        # With one worker, at most two shards are ahead of what is handed over: the last one is not
        # begun. What was checked counts half.
        if 20 < done < 30:
            for file in list(source.glob("*.jpg")) if create is tensors else [source / "39.jpg"]:
                if harm == "vanishes":
                    file.unlink(missing_ok=True)
                elif harm == "is rewritten":
                    with file.open("r+b") as same:
                        same.write(bytes(file.stat().st_size))
                else:
                    with file.open("ab") as more:
                        more.write(b"more")

    pattern = message.replace("39", r"\d+") if create is tensors else message
    with pytest.raises(error, match=pattern) as caught:
        create(source, tmp_path / "out", "x", 4, workers=1, progress=tell)
    assert isinstance(caught.value, DatasetError)
    files = [file for file in (tmp_path / "out").iterdir() if file.suffix != ".idx"]
    assert 1 <= len(files) < 10


def test_a_failed_run_leaves_no_descriptor_open(source: Path, tmp_path: Path) -> None:
    (source / "39.jpg").write_bytes(b"\xff\xd8\xff and no more")
    # With check="headers" it is found when it is written, and others are open.
    program = textwrap.dedent(f"""
        import os, sys
        from imagepipe_rs import create_tensor_records, DecodeError
        before = len(os.listdir("/proc/self/fd"))
        for n in range(3):
            try:
                options = {{"num_shards": 40, "resume": n > 0, "check": "headers"}}
                create_tensor_records({str(source)!r}, {str(tmp_path / "out")!r}, **options)
            except DecodeError as error:
                print(error.path)
        print(len(os.listdir("/proc/self/fd")) - before)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [str(source / "39.jpg")] * 3 + ["0"], done.stderr


def test_a_shard_that_is_cut_short_while_it_is_read_is_an_error(
    photos: Path, tmp_path: Path
) -> None:
    # A mapped file that is cut short kills the process; pictures are decoded from a copy.
    program = """
import sys
from imagepipe_rs import Loader, RecordError
loader = Loader(sys.argv[1], batch_size=4, size=64, repeat=True, workers=2)
try:
    for number, _ in enumerate(loader):
        if number < 100:
            print(number, flush=True)
        if number > 1_000_000:
            sys.exit("the file was cut short long ago")
except RecordError as error:
    print(error)
"""
    for moment in range(8):
        create_tfrecords(photos, tmp_path, "x", overwrite=moment > 0)
        command = [sys.executable, "-c", program, str(tmp_path / "x0")]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in run.stdout or ():
            if int(line) >= 5 * moment:
                break
        os.truncate(tmp_path / "x0", 1000)
        said, _ = run.communicate(timeout=100)
        assert run.returncode == 0
        assert "bytes when it was opened, and has 1000 now" in said
