"""Looking at data sets: inspect, verify, bench, show, doctor."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import imagepipe_rs
import numpy as np
import pytest
from imagepipe_rs import (
    Example,
    Loader,
    RecordError,
    RecordIOWriter,
    TFRecordWriter,
    cli,
    create_recordio,
    create_tensor_records,
    create_tfrecords,
    decode,
    inspection,
    pack_image,
)
from imagepipe_rs.cli import doctor
from imagepipe_rs.sheet import Sheet
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import EncodeJpeg, MakeTree


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs a command line in this process."""

    def go(*words: object) -> Ran:
        capsys.readouterr()
        code = cli.main([str(word) for word in words])
        return Ran(code, *capsys.readouterr())

    return go


@pytest.fixture
def pets(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of three cats, and of two dogs, one of which is a PNG."""
    png = io.BytesIO()
    Image.new("RGB", (30, 90), "red").save(png, "PNG")
    cats = {f"cat/{i}.jpg": jpeg(120 + 10 * i, 80, seed=i) for i in range(3)}
    return tree({**cats, "dog/1.jpg": jpeg(50, 60), "dog/2.jpg": png.getvalue()})


@pytest.fixture
def records(photos: Path, tmp_path: Path) -> Path:
    """Return a folder of three files of 20 records each."""
    folder = tmp_path / "records"
    create_tfrecords(photos, folder, "x_", 20, index=True)
    return folder


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# --------------------------------------------------------------------------------------------------
# inspect


def test_inspect_for_programs(run: Any, pets: Path) -> None:
    ran = run("inspect", pets, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found == {
        "kind": "image directory (a folder for each class)",
        "samples": 5,
        "bytes": size_of(pets),
        "classes": [{"name": "cat", "samples": 3}, {"name": "dog", "samples": 2}],
        "headers": 5,
        "formats": {"JPEG": 4, "PNG": 1},
        "widths": {"min": 30, "median": 120, "max": 140},
        "heights": {"min": 60, "median": 80, "max": 90},
        "shards": [],
        "unreadable": [],
        "notes": [],
    }


def test_inspect_for_people(run: Any, pets: Path) -> None:
    ran = run("inspect", pets)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["kind     image directory (a folder for each class)", "samples  5"]
    assert "formats  JPEG 4, PNG 1" in lines
    assert "width    30 to 140 px, median 120" in lines
    assert "    0  cat          3" in lines


def test_inspect_looks_at_some_or_at_all(run: Any, photos: Path) -> None:
    looked = {}
    for words in ((), ("--headers", "7"), ("--all",)):
        looked[words] = json.loads(run("inspect", photos, "--json", *words).out)["headers"]
    assert looked == {(): 60, ("--headers", "7"): 7, ("--all",): 60}
    assert "(of 7 looked at)" in run("inspect", photos, "--headers", "7").out


def test_inspect_names_what_cannot_be_read(run: Any, pets: Path) -> None:
    (pets / "cat" / "1.jpg").write_text("a text")
    ran = run("inspect", pets)
    assert ran.code == 0
    assert "1 image cannot be read" in ran.out
    assert f"{pets}/cat/1.jpg: not JPEG" in ran.out


def test_several_paths_and_globs_are_one_data_set(run: Any, pets: Path) -> None:
    for words in (
        (pets / "cat", pets / "dog"),
        (f"{pets}/*",),
        ("--path", pets / "cat", "--path", pets / "dog"),
    ):
        assert json.loads(run("inspect", *words, "--json").out)["samples"] == 5
    ran = run("inspect", pets / "cat", "--path", pets / "dog")
    assert ran.code == 2
    assert "is given twice" in ran.err


@pytest.mark.parametrize("command", ["inspect", "verify", "bench"])
def test_what_is_not_there_is_named(run: Any, command: str) -> None:
    ran = run(command, "/no/such/data", "--quiet")
    assert (ran.code, ran.out) == (1, "")
    for_programs = run(command, "/no/such/data", "--json")
    assert for_programs.code == 1
    assert json.loads(for_programs.out)["error"].startswith("/no/such/data: ")
    assert ran.err.startswith(f"imagepipe {command}: /no/such/data: ")
    assert ran.err.count("\n") == 1


def test_inspect_of_records_for_people(run: Any, records: Path) -> None:
    ran = run("inspect", records)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "kind       TFRecord files"
    assert "files      3" in lines
    assert "records    20 in a file" in lines
    assert "indexes    good" in lines
    (records / "x_1.idx").unlink()
    (records / "x_2.idx").write_text("0 5\n")
    ran = run("inspect", records)
    assert "indexes    1 good of 3" in ran.out.splitlines()
    assert "x_2: the index file beside it is ignored: " in ran.out


@pytest.mark.filterwarnings(r"ignore:(?s).*keyed by their running number")
def test_every_kind_of_data_set_is_called_by_its_name(
    run: Any, pets: Path, records: Path, tmp_path: Path
) -> None:
    rows = [f"{path.relative_to(pets)},{path.parent.name}" for path in sorted(pets.rglob("*.jpg"))]
    (pets / "labels.csv").write_text("\n".join(["filename,class", *rows]))
    create_recordio(pets, tmp_path / "rec", "x")
    kinds = {
        pets: "image directory (a folder for each class)",
        pets / "cat": "image files (no classes)",
        pets / "labels.csv": "CSV of image files",
        records: "TFRecord files",
        tmp_path / "rec": "RecordIO files",
    }
    assert {path: json.loads(run("inspect", path, "--json").out)["kind"] for path in kinds} == kinds


def test_one_record_in_full(run: Any, records: Path, photos: Path) -> None:
    first = min(photos.rglob("*.jpg"))
    height, width, _ = decode(first.read_bytes()).shape
    ran = run("inspect", records, "--record", 0)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[:3] == [
        f"file               {records}/x_0",
        "record             0 at byte 0",
        f"image              JPEG {width}x{height}, {first.stat().st_size / 1000:.1f} kB",
    ]
    found = json.loads(run("inspect", records, "--record", 0, "--json").out)
    assert found["fields"]["image/class/label"] == {"type": "int64", "count": 1, "values": [0]}
    assert found["fields"]["image/encoded"]["bytes"] == first.stat().st_size
    ran = run("inspect", records, "--record", 60)
    assert ran.code == 2
    assert "--record 60 is not valid: 0 to 59" in ran.err


def test_one_file_in_full(run: Any, pets: Path) -> None:
    assert run("inspect", pets, "--record", 4).out.splitlines() == [
        f"file   {pets}/dog/2.jpg",
        "class  1 dog",
        f"image  PNG 30x90, {(pets / 'dog' / '2.jpg').stat().st_size} bytes",
    ]


def test_one_image_record_in_full(run: Any, tmp_path: Path, jpeg: EncodeJpeg) -> None:
    with RecordIOWriter(tmp_path / "x.rec") as writer:
        writer.write(pack_image(jpeg(40, 30), [1.5, 2.0], id=7), key=3)
    lines = run("inspect", tmp_path / "x.rec", "--record", 0).out.splitlines()
    assert [" ".join(line.split()) for line in lines[3:]] == [
        "id 7",
        "id2 0",
        "key 3",
        "labels [1.5, 2.0]",
    ]


def test_features_under_other_names(run: Any, tmp_path: Path, jpeg: EncodeJpeg) -> None:
    shard = tmp_path / "x.tfrecord"
    with TFRecordWriter(shard) as writer:
        for label in range(3):
            writer.write(Example.encode({"jpg": jpeg(40 + label, 30), "kind": label}))
    names = ("--key", "image=jpg", "--key", "label=kind")
    assert json.loads(run("inspect", shard, "--json", *names).out)["formats"] == {"JPEG": 3}
    assert run("verify", shard, *names).code == 0
    assert (
        run("show", shard, "-o", tmp_path / "x.png", "--key", "image=jpg", "--key", "label=").code
        == 0
    )
    assert run("bench", shard, "--batches", 1, "--key", "image=jpg", "--quiet").code == 0
    ran = run("verify", shard, "--quiet")
    assert ran.code == 1
    assert ran.out.splitlines()[0].startswith(
        f'{shard}: record 0 at byte 0: no feature "image/encoded"'
    )
    assert "'jpg' is not NAME=FEATURE" in run("verify", shard, "--key", "jpg").err


# --------------------------------------------------------------------------------------------------
# verify


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (2**31, "is 2147483648, above 2147483647"),
        (-1, "is -1, below 0"),
        (1.0, "is the float 1, not an integer"),
        (b"cat", "is text, not an integer"),
    ],
)
def test_labels_that_a_loader_refuses_were_all_good_to_verify(
    run: Any, tmp_path: Path, jpeg: EncodeJpeg, label: Any, reason: str
) -> None:
    path = labelled(tmp_path, jpeg, 0, label)
    ran = run("verify", path)
    assert ran.code == 1
    first, last = ran.out.splitlines()
    assert first.startswith(f"{path}: record 1 at byte ")
    assert f'the label "image/class/label" {reason}' in first
    assert last.endswith(": 1 damaged")
    assert (
        f"cannot be read ('imagepipe verify' looks at all):\n  {first}" in run("inspect", path).out
    )
    with pytest.raises(RecordError, match=reason):
        list(Loader(path))
    assert run("verify", path, "--key", "label=").code == 0


@pytest.mark.parametrize("label", [None, []])
def test_a_missing_label_among_others_was_all_good_to_verify(
    run: Any, tmp_path: Path, jpeg: EncodeJpeg, label: Any
) -> None:
    path = labelled(tmp_path, jpeg, 0, label)
    ran = run("verify", path)
    assert ran.code == 1
    first, last = ran.out.splitlines()
    assert re.fullmatch(
        rf"{path}: record 1 at byte \d+: "
        'no label "image/class/label", although other records have one',
        first,
    )
    assert last.endswith(": 1 damaged")
    with pytest.raises(RecordError, match=r"record 1: .*image/class/label"):
        list(Loader(path))
    ran = run("inspect", path)
    assert (ran.code, "cannot be read" in ran.out) == (0, False)
    assert "1 of 2 records that were looked at have no label" in ran.out
    assert run("verify", path, "--key", "label=").code == 0


def test_records_that_are_damaged_or_lack_a_label_are_listed_in_order(
    run: Any, tmp_path: Path, jpeg: EncodeJpeg
) -> None:
    path = labelled(tmp_path, jpeg, None, -1, 0, None, -1)
    ran = run("verify", path, "--json")
    found = json.loads(ran.out)
    assert ran.code == 1
    assert [damage["record"] for damage in found["damaged"]] == [0, 1, 3, 4]
    assert (found["samples"], found["bytes"], found["notes"]) == (5, len(jpeg()), [])


@pytest.mark.parametrize("label", [None, []])
def test_records_of_which_none_has_a_label_are_good(
    run: Any, tmp_path: Path, jpeg: EncodeJpeg, label: Any
) -> None:
    path = labelled(tmp_path, jpeg, label, label)
    note = (
        '2 of 2 records that were looked at have no label "image/class/label": '
        "name the feature that has it with "
        "--key label=..., or read them with Loader(labels=None)"
    )
    ran = run("verify", path)
    assert ran.code == 0
    assert [line.startswith(note) for line in ran.out.splitlines()] == [True, False]
    assert ran.out.endswith(": all good\n")
    ran = run("inspect", path)
    assert (ran.code, note in ran.out, "cannot be read" in ran.out) == (0, True, False)
    assert Loader(path, labels=None).num_samples == 2


def labelled(folder: Path, jpeg: EncodeJpeg, *labels: Any) -> Path:
    """Write records with these labels, or with none."""
    path = folder / "x.tfrecord"
    with TFRecordWriter(path) as writer:
        for one in labels:
            features = {} if one is None else {"image/class/label": one}
            writer.write(Example.encode({"image/encoded": jpeg(), **features}))
    return path


def test_verify_is_content_with_good_data(run: Any, pets: Path) -> None:
    ran = run("verify", pets)
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"5 samples, [\d.]+ kB in [\d.]+ s: all good\n", ran.out)
    assert run("verify", pets, "--quiet") == (0, "", "")


def test_verify_lists_what_is_damaged(run: Any, pets: Path) -> None:
    whole = (pets / "cat" / "2.jpg").read_bytes()
    (pets / "cat" / "2.jpg").write_bytes(whole[:-50])
    (pets / "dog" / "1.jpg").write_bytes(b"")
    ran = run("verify", pets)
    assert (ran.code, ran.err) == (1, "")
    first, second, last = ran.out.splitlines()
    assert first.startswith(f"{pets}/cat/2.jpg: ")
    assert "Premature end" in first
    assert second == f"{pets}/dog/1.jpg: the file is empty"
    assert last.endswith(": 2 damaged")
    quiet = run("verify", pets, "--quiet")
    assert (quiet.code, quiet.out.splitlines()) == (1, [first, second])


def test_verify_for_programs(run: Any, pets: Path) -> None:
    (pets / "dog" / "1.jpg").write_bytes(b"")
    ran = run("verify", pets, "--json")
    assert (ran.code, ran.err) == (1, "")
    found = json.loads(ran.out)
    assert found["samples"] == 5
    assert found["bytes"] == size_of(pets)
    [damage] = found["damaged"]
    assert damage == {
        "path": f"{pets}/dog/1.jpg",
        "record": None,
        "offset": None,
        "reason": "the file is empty",
    }


@pytest.mark.filterwarnings(r"ignore:(?s).*cannot be used and are left out")
def test_verify_names_files_that_are_not_utf_8_so_that_they_can_be_found(
    run: Any, pets: Path
) -> None:
    """Their names had question marks in JSON, and belonged to no file."""
    name = os.fsencode(pets / "dog") + b"/caf\xe9.jpg"
    with open(name, "wb") as file:  # noqa: PTH123  pathlib has no bytes
        file.write(b"GARBAGE")
    [damage] = inspection.verify(pets)["damaged"]
    assert os.fsencode(damage["path"]) == name
    assert Path(damage["path"]).read_bytes() == b"GARBAGE"
    ran = run("verify", pets, "--json")
    assert ran.code == 1
    ran.out.encode()  # any parser takes it, not only Python's
    [damage] = json.loads(ran.out)["damaged"]
    assert base64.b64decode(damage["path_base64"]) == name
    assert damage["path"] == name.decode(errors="replace")
    [unreadable] = json.loads(run("inspect", pets, "--json").out)["unreadable"]
    assert base64.b64decode(unreadable["path_base64"]) == name
    shards = pets.parent / "shards"
    create_tfrecords(pets, shards, "x", on_error="skip", manifest=True)
    rows = [json.loads(line) for line in (shards / "manifest.jsonl").read_text().splitlines()]
    assert base64.b64decode(rows[-1]["file_base64"]) == b"dog/caf\xe9.jpg"
    assert all("file_base64" not in row for row in rows[:-1])


def test_verify_finds_records_that_are_gone_without_a_trace(run: Any, records: Path) -> None:
    assert run("verify", records).code == 0
    shard = records / "x_1"
    offset = int((records / "x_1.idx").read_text().splitlines()[4].split()[0])
    os.truncate(shard, offset)
    ran = run("verify", records)
    assert ran.code == 1
    assert ran.out.startswith(f"{shard}: the index file beside it belongs to another file: ")
    assert "44 samples" in ran.out
    assert "1 damaged" in ran.out
    (records / "x_1.idx").unlink()
    assert run("verify", records).code == 0


def test_verify_finds_damage_in_records_and_says_where(run: Any, records: Path) -> None:
    """A record's length in one file, the data of two records in another; the third is good."""
    first, second = records / "x_0", records / "x_1"
    places = [[int(line.split()[0]) for line in lines(f"{path}.idx")] for path in (first, second)]
    for path in records.glob("*.idx"):
        path.unlink()
    turn_a_bit(first, places[0][3] + 1)
    turn_a_bit(second, places[1][0] + 500)
    turn_a_bit(second, places[1][19] + 900)
    ran = run("verify", records)
    assert (ran.code, ran.err) == (1, "")
    *damaged, last = ran.out.splitlines()
    where = [(first, 3, places[0][3]), (second, 0, 0), (second, 19, places[1][19])]
    for line, (path, record, offset) in zip(damaged, where, strict=True):
        assert line.startswith(f"{path}: record {record} at byte {offset}: ")
    assert last.startswith("60 samples, ")
    assert last.endswith(": 3 damaged")
    found = json.loads(run("verify", records, "--json").out)
    assert [(one["path"], one["record"], one["offset"]) for one in found["damaged"]] == [
        (str(path), record, offset) for path, record, offset in where
    ]


def lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def turn_a_bit(path: Path, byte: int) -> None:
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)


def test_names_that_are_no_text_can_be_shown(run: Any, pets: Path) -> None:
    (pets / "dog" / "1.jpg").rename(pets / "dog" / "\udcff.jpg")
    (pets / "dog" / "\udcff.jpg").write_bytes(b"")
    for words in ((), ("--json",)):
        ran = run("verify", pets, *words)
        assert ran.code == 1
        assert "the file is empty" in ran.out


def test_progress_comes_on_this_thread_and_ends_with_all(photos: Path) -> None:
    told: list[tuple[int, int]] = []
    found = inspection.verify(photos, progress=lambda done, total: told.append((done, total)))
    assert (found["samples"], found["damaged"]) == (60, [])
    assert told[0] == (0, 60)
    assert told[-1] == (60, 60)
    assert told == sorted(told)


def test_an_error_of_the_progress_function_ends_the_job(photos: Path) -> None:
    def fail(_done: int, _total: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        inspection.verify(photos, progress=fail)


def has_workers(pid: int) -> bool:
    """Say whether a process has threads that decode."""
    names = (task / "comm" for task in Path(f"/proc/{pid}/task").iterdir())
    return any(name.read_text().startswith("imagepipe-") for name in names)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_signal_ends_it_at_once(tmp_path: Path, photos: Path, number: int, code: int) -> None:
    """SIGTERM did not where it was the first process of a container."""
    # Links to the same files: far more pictures than are decoded before the signal.
    files = sorted(photos.rglob("*.jpg"))
    for copy in range(400):
        folder = tmp_path / f"{copy:03}"
        folder.mkdir()
        for file in files:
            (folder / f"{file.parent.name}-{file.name}").symlink_to(file)
    words = [sys.executable, "-m", "imagepipe_rs", "verify", str(tmp_path), "--workers", "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        while not has_workers(job.pid):
            time.sleep(0.02)
        job.send_signal(number)
        out, err = job.communicate(timeout=30)
    assert (job.returncode, out) == (code, "")
    assert err == "imagepipe verify: stopped\n"


# --------------------------------------------------------------------------------------------------
# bench


def test_bench_for_programs(run: Any, photos: Path) -> None:
    words = ("--json", "--quiet", "--batches", "4", "--batch-size", "10", "--workers", "2")
    ran = run("bench", photos, *words)
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert (found["workers"], found["loader"]["images"]) == (2, 40)
    # In whole rounds of what the Loader took, and of no fewer than 16 images a thread.
    assert found["plain_decode"]["images"] == 40
    assert found["plain_decode"]["decoder"] == "libjpeg-turbo"
    assert sorted(found["shares"]) == ["augment", "decode", "idle", "read", "resize"]
    assert 0 < sum(found["shares"].values()) < 1 + 1e-6


def test_bench_has_a_fair_baseline_with_more_threads_than_cores(run: Any, photos: Path) -> None:
    """What was being decoded when the time was over was not counted: 36 times as fast, it said."""
    words = ("--workers", 50, "--seconds", 0.2, "--batch-size", 4, "--json", "--quiet")
    found = json.loads(run("bench", photos, *words).out)
    plain = found["plain_decode"]
    assert found["workers"] == 50
    assert plain["threads"] == min(50, len(os.sched_getaffinity(0)))
    assert plain["images"] >= 16 * plain["threads"]
    assert plain["seconds"] >= 0.2
    # Our decoder is some two times as fast, and resizing costs next to nothing here.
    assert found["loader"]["images_per_second"] < 10 * plain["images_per_second"]


def test_a_feature_to_name_is_asked_for_as_an_option(run: Any, tmp_path: Path) -> None:
    with TFRecordWriter(tmp_path / "x") as writer:
        writer.write(Example.encode({"img": b"x", "class": 1}))
    said = run("verify", tmp_path / "x")
    assert "--key image=..." in said.out + said.err
    assert "keys=" not in said.out + said.err


def test_bench_names_no_decoder_that_did_not_decode(run: Any, tmp_path: Path) -> None:
    imagepipe_rs.create_images(tmp_path, "x", 32, 32, 8, "png")
    out = run("bench", tmp_path, "--batches", 2, "--batch-size", 4).out
    assert "times as fast as reading and decoding the same files" in out
    assert "libjpeg-turbo" not in out
    imagepipe_rs.create_images(tmp_path / "jpg", "x", 32, 32, 8, "jpg")
    (tmp_path / "x0.png").replace(tmp_path / "jpg" / "x0.jpg")
    out = run("bench", tmp_path / "jpg", "--batches", 2, "--batch-size", 4).out
    assert "libjpeg-turbo" not in out


def test_bench_says_that_it_measures_when_it_does(run: Any, pets: Path) -> None:
    assert "measuring" not in run("bench", pets, "--seconds", 0).err
    assert "measuring" not in run("bench", pets / "none").err


def test_bench_measures_a_batch_however_little_time_it_has(run: Any, pets: Path) -> None:
    found = json.loads(run("bench", pets, "--batch-size", 50, "--seconds", 1e-9, "--json").out)
    assert found["loader"]["images"] == 5
    assert found["loader"]["images_per_second"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--batches=-1", "--batches -1 is not valid: a whole number, at least 1, or None"),
        (f"--batches={10**20}", f"--batches {10**20} is not valid: a whole number, at least 1, or"),
        ("--batches=0", "--batches 0 is not valid: at least 1"),
        ("--seconds=1e300", "--seconds 1e+300 is not valid: a number of seconds, more than 0"),
    ],
)
def test_bench_refuses_numbers_that_cannot_be(run: Any, pets: Path, words: str, said: str) -> None:
    ran = run("bench", pets, words)
    assert ran.code == 2
    assert said in ran.err


def test_bench_can_leave_out_what_is_damaged(run: Any, pets: Path) -> None:
    file = next(pets.rglob("*.jpg"))
    file.write_bytes(file.read_bytes()[:-100])
    assert run("bench", pets, "--batches", 4).code == 1
    ran = run("bench", pets, "--batches", 4, "--batch-size", 5, "--on-error", "skip")
    assert ran.code == 0
    assert "\nimages that could not be read: 4, counted every time; see verify" in ran.out


def test_bench_for_people(run: Any, photos: Path) -> None:
    ran = run("bench", photos, "--batches", "2", "--size", "64x96", "--fit", "random-crop")
    assert ran.code == 0
    assert ran.err == "imagepipe bench: measuring ...\n"
    assert "times as fast as libjpeg-turbo" in ran.out
    assert "bottleneck: " in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("bench --seconds 0", "--seconds 0.0 is not valid: a number of seconds, more than 0"),
        ("bench --seconds -1", "--seconds -1.0 is not valid: a number of seconds, more than 0"),
        ("bench --batches 0", "--batches 0 is not valid: at least 1"),
        ("bench --batch-size 0", "--batch-size 0 is not valid: "),
        ("bench --seconds nan", "--seconds nan is not valid: a number of seconds, more than 0"),
        ("verify --workers 0", "--workers 0 is not valid: at least 1"),
        ("verify --workers 99999", "--workers 99999 is not valid: at most 4096"),
        ("inspect --workers 99999", "--workers 99999 is not valid: at most 4096"),
        ("inspect --headers -1", "--headers -1 is not valid: "),
    ],
)
def test_numbers_that_make_no_sense_are_named(run: Any, pets: Path, words: str, said: str) -> None:
    ran = run(*words.split(), pets, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith(f"imagepipe {words.split(maxsplit=1)[0]}: {said}")


# --------------------------------------------------------------------------------------------------
# show


def test_a_sheet_shows_the_batch_pixel_by_pixel(run: Any, photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    ran = run(
        "show", photos, "-o", sheet, "--size", "120x160", "--batch-size", 6, "--flip", "--seed", 5
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("6 images, ")
    assert ran.out.endswith(f": {sheet}\n")
    images, _ = next(iter(Loader(photos, size=(120, 160), batch_size=6, flip=True, seed=5)))
    drawn = np.asarray(Image.open(sheet))
    places = [place_of(drawn, image) for image in images]
    rows, columns = ({place[axis] for place in places} for axis in (0, 1))
    assert len(rows) * len(columns) >= 6
    assert places == sorted(places)


def place_of(drawn: Any, image: Any) -> tuple[int, int]:
    """Find where an image lies in another."""
    height, width, _ = image.shape
    corners = np.argwhere((drawn[: 1 - height, : 1 - width] == image[0, 0]).all(axis=2))
    for top, left in corners:
        if np.array_equal(drawn[top : top + height, left : left + width], image):
            return int(top), int(left)
    pytest.fail("the picture is not on the sheet")


def test_labels_stand_under_the_pictures(photos: Path) -> None:
    sheet = Sheet.of(photos, size=128, batch_size=4)
    drawn = np.asarray(Image.open(io.BytesIO(sheet.png())))
    for picture in sheet.tiles:
        top, left = place_of(drawn, picture.pixels)
        below = drawn[top + 128 + 2 : top + 128 + 34, left : left + 128]
        assert (below < 60).all(axis=2).any(), "no dark ink under a picture"


def test_a_sheet_says_what_is_wide_and_what_is_high(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    (tmp_path / "a\x1b[2J.jpg").write_bytes(jpeg(40, 30))
    sheet = Sheet.of(tmp_path, size=(100, 300))
    assert "300 wide, 100 high" in sheet.below
    page = sheet.html()
    assert "\x1b" not in page
    assert r"a\x1b[2J.jpg" in page


def test_the_same_arguments_make_the_same_sheet(photos: Path) -> None:
    options = {"fit": "random_crop", "flip": True, "seed": 9, "batch_size": 5}
    first, again = (Sheet.of(photos, workers=n, **options).png() for n in (1, 4))
    assert first == again
    assert first != Sheet.of(photos, epoch=1, **options).png()
    assert first != Sheet.of(photos, batch=1, **options).png()


def test_records_are_named_by_file_and_number(photos: Path, records: Path) -> None:
    sheet = Sheet.of(records, shuffle=False, batch_size=3, batch=7)
    assert [picture.path for picture in sheet.tiles] == [f"{records}/x_1#{n}" for n in (1, 2, 3)]
    files = Sheet.of(photos, shuffle=False, batch_size=60, size=112)
    stored = Sheet.of(records, shuffle=False, batch_size=60, size=112)
    for one, other in zip(files.tiles, stored.tiles, strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def test_tensors_have_nothing_to_decode(run: Any, photos: Path, tmp_path: Path) -> None:
    create_tensor_records(photos, tmp_path / "tensors", img_size=48)
    ran = run("bench", tmp_path / "tensors", "--batches", 3, "--json", "--quiet")
    assert json.loads(ran.out)["plain_decode"] is None
    assert "libjpeg-turbo" not in run("bench", tmp_path / "tensors", "--batches", 3).out


def test_any_batch_can_be_shown(photos: Path) -> None:
    loader = Loader(photos, batch_size=16, size=112)
    for number, batch in enumerate(loader):
        sheet = Sheet.of(photos, batch=number, batch_size=16, size=112)
        assert [picture.path for picture in sheet.tiles] == batch.paths
        assert [picture.label for picture in sheet.tiles] == batch.labels.tolist()
        assert [picture.name for picture in sheet.tiles] == [
            loader.classes[label] for label in batch.labels
        ]
    with pytest.raises(ValueError, match="batch=4 is not valid: an epoch has batches 0 to 3"):
        Sheet.of(photos, batch=4, batch_size=16)


def test_a_page_needs_no_other_file(run: Any, pets: Path, tmp_path: Path) -> None:
    (pets / "cat").rename(pets / "<cat> & mouse")
    page = tmp_path / "sheet.html"
    assert run("show", pets, "-o", page, "--no-shuffle").code == 0
    text = page.read_text()
    assert not re.search(r"(src|href)=\"(?!data:)", text)
    assert "&lt;cat&gt; &amp; mouse" in text
    assert "<cat>" not in text
    assert text.count("<figure ") == 5
    found = [base64.b64decode(data) for data in re.findall(r"base64,([^\"]+)", text)]
    images, _ = next(iter(Loader(pets, shuffle=False)))
    for data, image in zip(found, images, strict=True):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), image)
    for name in ("0.jpg", "1.jpg", "2.jpg"):
        assert f"<small>{name}</small>" in text


def test_damaged_pictures_are_left_out_of_a_sheet(run: Any, pets: Path, tmp_path: Path) -> None:
    (pets / "dog" / "1.jpg").write_bytes(b"")
    ran = run("show", pets, "-o", tmp_path / "sheet.png")
    assert ran.code == 0
    assert ran.out.startswith("4 images, ")


def test_a_sheet_replaces_an_older_one_or_leaves_it_whole(
    run: Any, pets: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    sheet.write_bytes(b"older")
    assert run("show", "/no/such/data", "-o", sheet).code == 1
    # Before anything is decoded.
    ran = run("show", "/no/such/data", "-o", tmp_path / "no" / "sheet.png")
    assert (ran.code, f"no/sheet.png: there is no folder {tmp_path}/no" in ran.err) == (1, True)
    assert sheet.read_bytes() == b"older"
    assert run("show", pets, "-o", sheet, "--quiet") == (0, "", "")
    assert sheet.read_bytes().startswith(b"\x89PNG")
    ran = run("show", pets, "-o", tmp_path / "no" / "sheet.png")
    assert ran.code == 1
    assert str(tmp_path / "no" / "sheet.png") in ran.err


# --------------------------------------------------------------------------------------------------
# doctor


def test_doctor_for_programs(run: Any) -> None:
    ran = run("doctor", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["version"] == imagepipe_rs.__version__
    assert found["processor"]["cores"] >= 1
    assert found["packages"]["pandas"]
    assert found["cuda"].keys() == {"driver", "devices", "error", "frameworks_without"}


def test_doctor_says_what_is_missing_and_how_to_get_it(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    out = run("doctor").out
    assert "pip install torch" in out
    monkeypatch.setattr(doctor, "_version", lambda _: "1.0")
    assert "Nothing is missing" in run("doctor").out


def test_doctor_says_which_decoder_is_in_force(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEPIPE_JPEG", "turbo")
    assert json.loads(run("doctor", "--json").out)["jpeg"]["decoder"] == "libjpeg-turbo"
    assert "libjpeg-turbo's: " in run("doctor").out
    monkeypatch.setenv("IMAGEPIPE_JPEG", "fast")
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert "IMAGEPIPE_JPEG='fast' is not valid" in ran.out


def test_doctor_suggests_no_cupy_where_there_is_no_driver(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    for driver, suggested in ((None, False), ("13.0", True)):
        found = {
            "driver": driver,
            "devices": [],
            "error": None if driver else "no CUDA driver",
            "frameworks_without": [],
        }
        monkeypatch.setattr(doctor, "_cuda", lambda found=found: found)
        assert ("pip install cupy" in run("doctor").out) is suggested


def test_names_that_are_not_ascii_are_shown_in_the_c_locale(
    tmp_path: Path, jpeg: EncodeJpeg
) -> None:
    (tmp_path / "umlaut" / "kätzchen").mkdir(parents=True)
    (tmp_path / "umlaut" / "kätzchen" / "größe.jpg").write_bytes(jpeg())
    off = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = [sys.executable, "-m", "imagepipe_rs"]
    for line in (
        ["show", "umlaut/", "-o", "s.png"],
        ["show", "umlaut/", "-o", "s.html"],
        ["inspect", "umlaut/", "--record", "0", "--json"],
    ):
        ran = subprocess.run(
            [*words, *line],
            cwd=tmp_path,
            env=os.environ | off,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), line
    assert json.loads(ran.stdout)["path"] == "umlaut/kätzchen/größe.jpg"


def test_doctor_imports_nothing_heavy() -> None:
    code = (
        "import sys; from imagepipe_rs.cli import main; main(['doctor', '-q']); print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "torch", "jax", "pandas"} & set(ran.stdout.split())


def test_the_programs_are_installed() -> None:
    for program in ("imagepipe", "imagine"):
        path = shutil.which(program, path=str(Path(sys.executable).parent))
        if path is None:
            pytest.skip("the package is not installed here")
        ran = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert imagepipe_rs.__version__ in ran.stdout


@pytest.mark.parametrize("kind", ["png", "html"])
def test_a_batch_without_a_good_picture_is_an_error(
    run: Any, tmp_path: Path, tree: MakeTree, jpeg: EncodeJpeg, kind: str
) -> None:
    bad = tree({f"{name}.jpg": b"no picture" for name in "abc"})
    sheet = tmp_path / f"sheet.{kind}"
    for words in ((), ("--batch-size", 1, "--batch", 2)):
        ran = run("show", bad, "-o", sheet, *words)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert "no image of the batch can be decoded; the first: " in ran.err
    # Those of other batches are none of this one's.
    (bad / "d.jpg").write_bytes(jpeg())
    ran = run("show", bad, "-o", sheet, "--batch-size", 2, "--no-shuffle")
    assert ran.code == 1
    assert "a.jpg: no image of the batch can be decoded; the first: " in ran.err
    assert not sheet.exists()
    assert run("show", bad, "-o", sheet, "--batch-size", 2, "--no-shuffle", "--batch", 1).code == 0


@pytest.mark.parametrize("kind", ["png", "html"])
def test_names_on_a_sheet_need_not_be_text(
    run: Any, tmp_path: Path, tree: MakeTree, jpeg: EncodeJpeg, kind: str
) -> None:
    folder = tree({"c\udcff/\udcfe.jpg": jpeg(), "d/1.jpg": jpeg(seed=1)})
    folder = folder.rename(folder.with_name("\udcfd"))
    sheet = tmp_path / f"sheet.{kind}"
    assert run("show", folder, "-o", sheet).code == 0
    if kind == "html":
        assert "c\N{REPLACEMENT CHARACTER}</b>" in sheet.read_text()


def test_names_are_no_commands_to_a_terminal(
    tmp_path: Path, jpeg: EncodeJpeg, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cls\x1b[32m\nX"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(jpeg())
    (folder / "esc\x1b]0;title\x07\u202e.jpg").write_bytes(jpeg()[:200])
    assert cli.main(["verify", str(tmp_path)]) == 1
    assert cli.main(["inspect", str(tmp_path)]) == 0
    assert cli.main(["inspect", str(tmp_path / "no\x1b[31m")]) == 1
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x07", "\u202e"} & set(out + err)
    assert r"cls\x1b[32m\nX/esc\x1b]0;title\x07\u202e.jpg: " in out
