"""The commands that write files, with the writers themselves, as a user runs them."""

from __future__ import annotations

import errno
import json
import shlex
import signal
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from unittest import mock

import imagepipe_rs
import pytest
from imagepipe_rs import DatasetWarning, Image2TFRecords, cli, decode
from imagepipe_rs._errors import DatasetOSError
from imagepipe_rs.cli import imagine

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

PROGRAMS = {"imagine": imagine.main, "imagepipe": cli.main}


@pytest.fixture
def pets(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of seven cats and five dogs."""
    counts = {"cat": 7, "dog": 5}
    return tree(
        {
            f"{name}/{name}_{i}.jpg": jpeg(40 + i, 30, seed=i)
            for name, count in counts.items()
            for i in range(count)
        }
    )


def run(line: str) -> int:
    """Run a command line in this process."""
    program, *words = shlex.split(line)
    return PROGRAMS[program](words)


def payloads(shard: Path) -> list[bytes]:
    """Take a TFRecord file apart; it must be whole."""
    data, at, found = shard.read_bytes(), 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        found.append(data[at + 12 : at + 12 + length])
        at += length + 16
    assert at == len(data)
    return found


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# Command lines as the READMEs of Imageinary and DLBS have them, their folders apart.


def test_create_images_as_imageinary_s_readme_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "test_dir"
    line = (
        f"imagine create-images --path {out} --name random_image_ "
        "--width 3840 --height 2160 --count 2"
        " --image_format jpg --size"
    )
    assert run(line) == 0
    assert names(out) == ["random_image_0.jpg", "random_image_1.jpg"]
    sizes = [(out / name).stat().st_size for name in names(out)]
    assert decode((out / "random_image_1.jpg").read_bytes()).shape == (2160, 3840, 3)
    said = capsys.readouterr().out
    assert f"{sizes[0]:,}" in said
    assert f"{sum(sizes):,}" in said


@pytest.mark.parametrize(("kind", "ending"), [("jpeg", "jpg"), ("png", "png"), ("bitmap", "bmp")])
def test_images_of_every_kind_in_classes(tmp_path: Path, kind: str, ending: str) -> None:
    options = "--width 32 --height 24 --count 5 --classes 2 --content natural --seed 3 --quality 90"
    assert run(f"imagepipe create-images {tmp_path} x_ {kind} {options} --quiet") == 0
    folders = ["class-0000", "class-0001"]
    assert sorted(path.name for path in tmp_path.iterdir()) == folders
    assert sorted(path.name for path in tmp_path.rglob("x_*")) == [
        f"x_{n}.{ending}" for n in range(5)
    ]


@pytest.mark.parametrize("line", ["{out} '' bmp", "--path {out} --name '' --image_format bmp"])
def test_a_name_may_be_empty(tmp_path: Path, line: str) -> None:
    words = line.format(out=tmp_path)
    assert run(f"imagepipe create-images {words} --width 8 --height 8 --quiet") == 0
    assert names(tmp_path) == ["0.bmp"]


def test_create_tfrecords_as_imageinary_s_readme_has_it(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "tf_record_dir"
    line = (
        f"imagine create-tfrecords --source_path {pets} --dest_path {out} "
        "--name random_tfrecord_ --img_per_file 5"
    )
    assert run(line) == 0
    shards = [f"random_tfrecord_{n}" for n in range(3)]
    assert names(out) == shards
    assert [len(payloads(out / shard)) for shard in shards] == [5, 5, 2]
    assert (pets / "cat" / "cat_0.jpg").read_bytes() in payloads(out / shards[0])[0]


def test_create_recordio_as_imageinary_s_readme_has_it(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "record_files"
    line = (
        f"imagine create-recordio --source_path {pets} --dest_path {out} "
        "--name random_recordio_ --img_per_file 100"
    )
    assert run(line) == 0
    assert names(out) == ["random_recordio_0.idx", "random_recordio_0.rec"]
    assert len((out / "random_recordio_0.idx").read_text().splitlines()) == 12


def test_tensor_records_as_dlbs_s_readme_has_them(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "tfrecord files"
    line = (
        f'imagepipe create-tensor-records --input_dir="{pets}" --num_images=-1 --num_shards=10'
        f' --output_dir="{out}" --num_workers=1 --img_size=300'
    )
    assert run(line) == 0
    shards = [f"train-{n:05}-of-00010" for n in range(10)]
    assert names(out) == shards
    records = [record for shard in shards for record in payloads(out / shard)]
    assert len(records) == 12
    assert all(len(record) > 300 * 300 * 3 for record in records)


def test_places_names_and_both_programs_write_the_same(pets: Path, tmp_path: Path) -> None:
    lines = [
        "imagine create-tfrecords {pets} {out} x_ --img-per-file 4",
        "imagine create-tfrecord --source_path={pets} --dest-path={out} --name x_ --img_per_file=4",
        "imagepipe create_tfrecords --img-per-file 4 {pets} {out} x_ --workers 2",
    ]
    written = []
    for number, line in enumerate(lines):
        out = tmp_path / str(number)
        assert run(line.format(pets=pets, out=out)) == 0
        written.append({name: (out / name).read_bytes() for name in names(out)})
    assert written[0] == written[1] == written[2]
    assert len(written[0]) == 3


def test_split_of_a_class_directory(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "records"
    line = (
        f"imagepipe split {pets} {out} --name pets "
        "--val-size 0.2 --test-size 0.2 --num-shards 2 --seed 3"
    )
    assert run(line) == 0
    summary = json.loads((out / "pets_summary.json").read_text())
    assert (summary["train_number"], summary["val_number"], summary["test_number"]) == (8, 2, 2)
    assert capsys.readouterr().out.endswith(f": {out}\ntrain 8, validation 2, test 2\n")


def test_a_side_without_images_was_not_told(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"imagepipe split {pets} {tmp_path} --val-size 0.1 --test-size 0.2") == 0
    said = capsys.readouterr()
    assert said.err == (
        "imagepipe split: no image goes to validation: "
        "--val-size 0.1 of each class, rounded down, is less than one "
        "image\n"
    )
    assert said.out.endswith("\ntrain 10, validation 0, test 2\n")
    with pytest.warns(DatasetWarning, match="no image goes to test: test_size=0.1 of"):
        Image2TFRecords(pets, test_size=0.1).create_tfrecords(tmp_path / "again")


def test_options_were_called_by_the_names_of_arguments_that_have_a_digit(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"imagepipe split {pets} {tmp_path} --class-ids ids.csv") == 2
    said = capsys.readouterr().err
    assert said == "imagepipe split: --class-ids ids.csv is not valid: only where --csv is given\n"


def test_split_of_a_csv(pets: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "labels.csv", tmp_path / "records"
    rows = [f"{path.relative_to(pets)},{path.parent.name}" for path in sorted(pets.rglob("*.jpg"))]
    table.write_text("\n".join(["filename,class", *rows]) + "\n")
    ids = tmp_path / "ids.csv"
    ids.write_text("class,id\ncat,4\ndog,2\n")
    assert run(f"imagepipe split {pets} {out} --csv {table} --class-ids {ids} --quiet") == 0
    assert json.loads((out / "_summary.json").read_text())["total_number"] == 12


def test_what_is_there_is_an_error_that_says_what_to_do(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"imagine create-tfrecords {pets} {tmp_path / 'out'} x_"
    assert run(line) == 0
    capsys.readouterr()
    assert run(line) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"imagine create-tfrecords: {tmp_path}/out/x_0: exists already: ")
    assert "--overwrite" in said
    assert "--resume" in said
    assert "=True" not in said
    assert run(f"{line} --overwrite") == 0
    assert run(f"{line} --resume") == 0
    assert "1 of the files finished before" in capsys.readouterr().out
    assert run(f"{line} --resume --overwrite") == 2


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--img-per-file 0", 2, "--img-per-file 0 is not valid"),
        ("--workers 0", 2, "--workers 0 is not valid"),
        ("--labels /no/such.csv", 1, "/no/such.csv: "),
    ],
)
def test_errors_speak_of_the_options(
    pets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    options: str,
    code: int,
    said: str,
) -> None:
    assert run(f"imagine create-tfrecords {pets} {tmp_path / 'out'} x {options}") == code
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists() or names(tmp_path / "out") == []


def test_a_source_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"imagine create-recordio /no/such/folder {tmp_path / 'out'} x") == 1
    assert capsys.readouterr().err.startswith("imagine create-recordio: /no/such/folder: ")


def test_a_folder_that_cannot_be_made(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run(f"imagine create-tfrecords {pets} {tmp_path}/file/out x") == 1
    assert capsys.readouterr().err.startswith(f"imagine create-tfrecords: {tmp_path}/file/out")


def test_a_full_disk_did_not_say_how_to_go_on(
    pets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = f"imagepipe create-tfrecords {pets} {tmp_path / 'out'} x"
    assert run(line) == 0
    capsys.readouterr()
    for number, left in ((errno.ENOSPC, True), (errno.EROFS, False)):
        error = DatasetOSError("x1: cannot write", path="x1", errno=number)
        monkeypatch.setattr(imagepipe_rs, "create_tfrecords", mock.Mock(side_effect=error))
        assert run(f"{line} --resume") == 1
        err = capsys.readouterr().err
        said = "; 1 finished file is kept; continue with the same command and --resume\n"
        assert err.endswith(said) is left
        assert err.count("\n") == 1


def test_in_a_log_there_is_no_bar(pets: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "imagepipe_rs", "create-tfrecords", pets, tmp_path / "out", "x"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert ran.stdout.count("\n") == 1
    quiet = [*words, "--overwrite", "--quiet"]
    ran = subprocess.run(quiet, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_signal_leaves_whole_files_and_says_how_to_go_on(
    tmp_path: Path, photos: Path, number: int, code: int
) -> None:
    """SIGTERM, which batch systems send, said nothing."""
    # Links to the same files: far more work than is done before the signal.
    source, out = tmp_path / "source", tmp_path / "out"
    for copy in range(200):
        folder = source / f"{copy:03}"
        folder.mkdir(parents=True)
        for file in photos.rglob("*.jpg"):
            (folder / f"{file.parent.name}-{file.name}").symlink_to(file)
    line = (
        f"create-tensor-records {source} {out} --num-shards 400 --img-size 64 --num-workers 1"
        " --check headers"
    )
    words = [sys.executable, "-m", "imagepipe_rs", *shlex.split(line)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        while job.poll() is None and not list(out.glob("train-*0")):
            time.sleep(0.02)
        job.send_signal(number)
        said, err = job.communicate(timeout=60)
    assert (job.returncode, said) == (code, "")
    files = list(out.iterdir())
    assert 0 < len(files) < 400
    assert {len(payloads(path)) for path in files} == {30}
    kept = "1 finished file is" if len(files) == 1 else f"{len(files)} finished files are"
    last = err.splitlines()[-1]
    assert last == (
        f"imagepipe create-tensor-records: stopped: {kept} kept; "
        "continue with the same command and --resume"
    )


@pytest.mark.parametrize(
    "line",
    [
        "create-tfrecords {source} {out} x_",
        "create-recordio {source} {out} x_",
        "create-tensor-records {source} {out}",
        "split {source} {out} --val-size 0.3",
    ],
)
def test_sigterm_while_inputs_are_checked_ends_every_writer(
    tmp_path: Path, photos: Path, line: str
) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    for copy in range(400):
        folder = source / f"{copy:03}"
        folder.mkdir(parents=True)
        for file in photos.rglob("*.jpg"):
            (folder / f"{file.parent.name}-{file.name}").symlink_to(file)
    words = shlex.split(line.format(source=source, out=out))
    program = (
        "import os, signal, sys\n"
        "from imagepipe_rs import cli\n"
        "from imagepipe_rs.cli import _writing\n"
        "class Progress(_writing.Progress):\n"
        "    def __call__(self, done, total):\n"
        "        if 0 < done < total // 2: os.kill(os.getpid(), signal.SIGTERM)\n"
        "_writing.Progress = Progress\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (143, "")
    assert ran.stderr == f"imagepipe {words[0]}: stopped\n"
    assert not out.exists()


def test_all_that_is_damaged_is_listed_and_can_be_left_out(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 3):
        file = pets / "cat" / f"cat_{number}.jpg"
        file.write_bytes(file.read_bytes()[:-100])
    out = tmp_path / "out"
    line = f"imagepipe create-tfrecords {pets} {out} x_"
    assert run(line) == 1
    first, *listed = capsys.readouterr().err.splitlines()
    assert first == (
        "imagepipe create-tfrecords: 2 of 12 files cannot be used; nothing was written, and"
        " --on-error skip would leave them out:"
    )
    assert [one.split(": ")[0] for one in listed] == [f"  {pets}/cat/cat_{n}.jpg" for n in (1, 3)]
    assert not out.exists()
    assert run(f"{line} --on-error skip --manifest") == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 file, 10 images, ")
    assert [one.split(": ")[1] for one in said.out.splitlines()[1:]] == [
        f"{pets}/cat/cat_{n}.jpg" for n in (1, 3)
    ]
    assert len(payloads(out / "x_0")) == 10
    assert run(f"{line} --check headers --overwrite --quiet") == 0
    assert len(payloads(out / "x_0")) == 12


def test_a_destination_in_the_source_is_a_usage_error(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"imagepipe create-tfrecords {pets} {pets}/records x_") == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"imagepipe create-tfrecords: --dest-path {pets}/records is not valid: "
        f"a directory outside of {pets}, "
    )
    assert said.count("\n") == 1
    assert not (pets / "records").exists()


def test_indexes_are_written_for_shards_that_are_there(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(f"imagepipe create-tfrecords {pets} {out} x_ --img-per-file 5 --index") == 0
    expected = {name: (out / name).read_bytes() for name in names(out)}
    assert sorted(expected) == sorted(f"x_{n}{ending}" for n in range(3) for ending in ("", ".idx"))
    for path in out.glob("*.idx"):
        path.unlink()
    capsys.readouterr()
    everything = " ".join(str(out / name) for name in expected)
    for line in (f"index {out}/x_0 {out}/x_1 {out}/x_2", f"index '{out}/*'", f"index {everything}"):
        if (out / "x_1.idx").exists():
            (out / "x_1.idx").write_text("of another file\n")
        assert run(f"imagepipe {line}") == 0
        assert capsys.readouterr().out == "3 index files for 12 records\n"
        assert {name: (out / name).read_bytes() for name in names(out)} == expected


def test_what_cannot_be_indexed_is_said_and_the_rest_is(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(f"imagepipe create-tfrecords {pets} {out} x_ --img-per-file 5 --quiet") == 0
    assert run(f"imagepipe create-recordio {pets} {out} y_ --quiet") == 0
    data = (out / "x_1").read_bytes()
    (out / "x_1").write_bytes(data[:-1])
    assert run(f"imagepipe index {out}/x_0 {out}/x_1 {out}/x_2 {out}/y_0.rec {out}/none") == 1
    first, *listed = capsys.readouterr().err.splitlines()
    assert first == ("imagepipe index: 3 of 5 files cannot be used; the others have their index:")
    assert [one.split(": ")[0] for one in listed] == [
        f"  {out}/{n}" for n in ("x_1", "y_0.rec", "none")
    ]
    assert [path.name for path in sorted(out.glob("x_*.idx"))] == ["x_0.idx", "x_2.idx"]


def test_sigterm_ends_index_as_it_ends_the_writers(tmp_path: Path, pets: Path) -> None:
    assert run(f"imagepipe create-tfrecords {pets} {tmp_path / 'out'} x --img-per-file 1 -q") == 0
    program = (
        "import os, signal, sys\n"
        "from imagepipe_rs import cli\n"
        "from imagepipe_rs.cli import index\n"
        "class Progress(index.Progress):\n"
        "    def __call__(self, done, total):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "index.Progress = Progress\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    words = [sys.executable, "-c", program, "index", f"{tmp_path}/out/x*", "--workers", "1"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (143, "")
    assert ran.stderr == (
        "imagepipe index: stopped: each index is whole; run the same command again\n"
    )


def test_quiet_leaves_out_what_is_left_out(
    pets: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pets / "cat" / "cat_1.jpg").write_bytes(b"")
    assert run(f"imagepipe create-tfrecords {pets} {tmp_path / 'out'} x --on-error skip -q") == 0
    assert capfd.readouterr() == ("", "")
    words = f"{pets} {tmp_path / 'out'} x --on-error skip --overwrite"
    assert run(f"imagepipe create-tfrecords {words}") == 0
    assert "1 of 12 images cannot be used and are left out" in capfd.readouterr().err


def test_the_examples_of_create_images_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("imagepipe create-images --help") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    examples = [
        line for line in lines if line.startswith("imagepipe create-images ") and "[" not in line
    ]
    assert len(examples) == 3
    for line in examples:
        assert run(f"{line} --width 8 --height 8") == 0, line
