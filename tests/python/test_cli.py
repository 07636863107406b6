"""The command line: how it is read, how it ends, what it says."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import imagepipe_rs
import pytest
from imagepipe_rs import cli
from imagepipe_rs.cli import _text, imagine
from imagepipe_rs.cli._progress import Progress
from imagepipe_rs.splits import Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITERS = ["create_images", "create_tfrecords", "create_recordio", "create_tensor_records"]
COMMANDS = sorted(cli.imagepipe.commands)

Call = tuple[tuple[Any, ...], dict[str, Any]]


class Written(NamedTuple):
    files: int
    records: int
    bytes: int
    kept: int
    skipped: tuple[tuple[str, str], ...] = ()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Call]:
    """Replace the writers by functions that note how they are called, and return the notes."""
    noted: dict[str, Call] = {}

    def fake(name: str) -> Callable[..., Written]:
        def write(*args: Any, **options: Any) -> Written:
            options.pop("progress")(3, 3)
            noted[name] = (args, options)
            return Written(files=2, records=3, bytes=84_200_000, kept=0)

        return write

    for name in WRITERS:
        monkeypatch.setattr(imagepipe_rs, name, fake(name))
    return noted


def arguments(calls: dict[str, Call], name: str, *names: str) -> tuple[Any, ...]:
    """Return what a writer was given by these names."""
    args, options = calls[name]
    assert args == ()
    return tuple(options[name] for name in names)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs a command line in this process."""

    def go(*words: str, program: Callable[..., int] = cli.main) -> Ran:
        capsys.readouterr()
        code = program(list(words))
        return Ran(code, *capsys.readouterr())

    return go


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help_with_an_example(run: Any, command: str, flag: str) -> None:
    ran = run(command, flag)
    assert (ran.code, ran.err) == (0, "")
    assert "Examples:" in ran.out
    examples = ran.out.partition("Examples:")[2].strip().splitlines()
    assert all(line.split()[:2] == ["imagepipe", command] for line in examples)
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("command", sorted(imagine.imagine.commands))
def test_examples_are_of_the_program_that_is_asked(run: Any, command: str) -> None:
    """``imagepipe create-tfrecords --help`` showed lines of ``imagine``."""
    for program, name in (
        (cli.main, "imagepipe"),
        (imagine.main, "imagine"),
        (cli.main, "imagepipe"),
    ):
        examples = run(command, "--help", program=program).out.partition("Examples:")[2]
        assert {line.split()[0] for line in examples.strip().splitlines()} == {name}


def test_every_command_is_listed_with_a_word_about_it(run: Any) -> None:
    ran = run("--help")
    listed = ran.out.partition("Commands:")[2].partition("Examples:")[0]
    for command in COMMANDS:
        assert f"\n  {command} " in listed
    assert "..." not in listed


@pytest.mark.parametrize("program", [cli.main, imagine.main])
def test_the_version_is_the_package_s(run: Any, program: Callable[..., int]) -> None:
    ran = run("--version", program=program)
    assert (ran.code, ran.err) == (0, "")
    assert imagepipe_rs.__version__ in ran.out


def test_no_command_is_help_and_a_usage_error(run: Any) -> None:
    ran = run()
    assert (ran.code, ran.out) == (2, "")
    assert "Commands:" in ran.err


IMAGES = ("/data/pictures", "random_image_", "jpg")


@pytest.mark.parametrize(
    "words",
    [
        # as Imageinary's README has it
        "--path {path} --name {name} {size} --count 1000 --image_format jpg --size",
        # as its program takes it
        "{path} {name} jpg {size} --count 1000 --size",
        "--path={path} --name={name} --image-format=jpg {size} --count=1000 --size",
        "--size {path} {size} {name} --count 1000 jpg",
    ],
)
@pytest.mark.parametrize("program", [cli.main, imagine.main])
def test_arguments_have_places_and_names(
    run: Any, calls: dict[str, Call], words: str, program: Callable[..., int]
) -> None:
    path, name, _ = IMAGES
    words = words.format(path=path, name=name, size="--width 3840 --height 2160")
    assert run("create-images", *words.split(), program=program).code == 0
    given = arguments(
        calls, "create_images", "path", "name", "image_format", "width", "height", "count", "size"
    )
    assert given == (*IMAGES, 3840, 2160, 1000, True)


@pytest.mark.parametrize(
    ("words", "function"),
    [
        ("create-tfrecords", "create_tfrecords"),
        ("create-tfrecord", "create_tfrecords"),
        ("create_tfrecord", "create_tfrecords"),
        ("create-recordio", "create_recordio"),
    ],
)
@pytest.mark.parametrize(
    "options",
    [
        "--source_path from --dest_path to --name x_ --img_per_file 100",
        "from to x_ --img-per-file 100",
    ],
)
def test_records_from_pictures(
    run: Any, calls: dict[str, Call], words: str, function: str, options: str
) -> None:
    assert run(words, *options.split(), program=imagine.main).code == 0
    given = arguments(calls, function, "source_path", "dest_path", "name", "img_per_file")
    assert given == ("from", "to", "x_", 100)


def test_tensor_records_as_dlbs_writes_it(run: Any, calls: dict[str, Call]) -> None:
    words = (
        "--input_dir=/in --num_images=-1 --num_shards=10 --output_dir=/out --num_workers=1"
        " --img_size=300"
    )
    assert run("create-tensor-records", *words.split()).code == 0
    names = ("input_dir", "output_dir", "num_images", "num_shards", "num_workers", "img_size")
    assert arguments(calls, "create_tensor_records", *names) == ("/in", "/out", -1, 10, 1, 300)


def test_what_is_not_given_is_the_function_s_default(run: Any, calls: dict[str, Call]) -> None:
    run("create-images", "p", "n", "png")
    _, options = calls["create_images"]
    assert options == {
        "path": "p",
        "name": "n",
        "width": 1920,
        "height": 1080,
        "count": 1,
        "image_format": "png",
        "seed": 0,
        "size": False,
        "chunksize": 64,
        "quality": 75,
        "content": "noise",
        "classes": 0,
        "workers": None,
        "overwrite": False,
        "resume": False,
    }
    run("create-tfrecords", "a", "b", "c", "--labels", "none", "--no-index", "--metadata")
    names = ("labels", "index", "metadata", "manifest", "img_per_file")
    assert arguments(calls, "create_tfrecords", *names) == (None, False, True, False, 1000)
    run("create-recordio", "a", "b", "c", "--labels", "x.csv", "--overwrite")
    names = ("labels", "overwrite", "resume")
    assert arguments(calls, "create_recordio", *names) == ("x.csv", True, False)
    run("create-tensor-records", "a", "b")
    names = ("num_images", "num_shards", "num_workers", "img_size", "seed", "labels", "order")
    given = arguments(calls, "create_tensor_records", *names)
    assert given == (-1, 1, None, 256, 0, None, "HWC")


def test_split_speaks_of_files_and_sizes(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = {}

    class Fake:
        def __init__(self, **options: Any) -> None:
            noted["made"] = options

        def create_tfrecords(self, output_dir: str, **options: Any) -> Written:
            options.pop("progress")
            noted["written"] = {"output_dir": output_dir, **options}
            return Written(3, 30, 1000, 0)

    monkeypatch.setattr(imagepipe_rs, "Image2TFRecords", Fake)
    made = mock.Mock(get_split=lambda side: Split(side, [], 10, {}))
    monkeypatch.setattr(imagepipe_rs, "ImageDataSet", lambda *_: made)
    words = "in out --csv a.csv --class-ids ids.csv --name birds --val-size 0.1 --test_size 0.2"
    assert run("split", *words.split(), "--num-shards", "4", "--seed", "7", "--manifest").code == 0
    assert noted["made"] == {
        "image_path": "in",
        "image2class_file": "a.csv",
        "class2id_file": "ids.csv",
        "dataset_name": "birds",
        "val_size": 0.1,
        "test_size": 0.2,
        "num_shards": 4,
        "seed": 7,
        "allow_outside": False,
    }
    assert noted["written"] == {
        "output_dir": "out",
        "check": "decode",
        "on_error": "raise",
        "index": False,
        "manifest": True,
        "workers": None,
        "overwrite": False,
        "resume": False,
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("create-images a b jpg --path c", "PATH is given twice: 'a' by position, and --path"),
        ("create-images a b --name c --image_format jpg", "NAME is given twice"),
        (
            "create-images a b jpg d",
            "'d' is one argument too many: expected PATH NAME IMAGE_FORMAT",
        ),
        (
            "create-images a b",
            "IMAGE_FORMAT is missing: give it by position, or as --image-format",
        ),
        ("create-tfrecords --name x", "SOURCE_PATH is missing"),
        ("create-images a b gif", "'gif' is not one of 'jpg'"),
        ("create-images a b jpg --width wide", "'--width': 'wide' is not a valid integer"),
        ("create-images a b jpg --widht 3", "--widht"),
        ("create-pictures a b", "create-pictures"),
        ("nope", "No such command 'nope'; see imagepipe --help"),
        ("inspect", "PATHS... is missing: give it by position, or as --path"),
        ("show x -o sheet.gif", "must end in .png or .html"),
        ("show x", "--output"),
        ("bench x --size 224by224", "is not a number of pixels, or HEIGHTxWIDTH"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(run: Any, words: str, said: str) -> None:
    ran = run(*words.split())
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert "--help" in ran.err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ValueError("img_per_file=0 is not valid: at least 1"), 2, "--img-per-file 0 is not valid"),
        (TypeError("count='x' is not valid: a number"), 2, "count='x' is not valid: a number"),
        (imagepipe_rs.DatasetError("/data/a: no images"), 1, "/data/a: no images"),
        (imagepipe_rs.DecodeError("/data/a.jpg: cannot decode"), 1, "/data/a.jpg: cannot decode"),
        (imagepipe_rs.ImagePipeError("two\nlines"), 1, "two lines"),
        (FileNotFoundError(2, "No such file or directory", "/data/b"), 1, "/data/b: No such file"),
        (
            imagepipe_rs.DatasetError(
                "x: exists already: replace it with overwrite=True, or go on with resume=True"
            ),
            1,
            "x: exists already: replace it with --overwrite, or go on with --resume",
        ),
        (
            imagepipe_rs.DatasetError('x: empty; on_error="skip" would leave it out'),
            1,
            "x: empty; --on-error skip would leave it out",
        ),
    ],
)
def test_errors_are_one_line_and_a_code(
    run: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, said: str
) -> None:
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(imagepipe_rs, "create_tfrecords", fail)
    ran = run("create-tfrecords", "a", "b", "c")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("imagepipe create-tfrecords: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    traced = run("create-tfrecords", "a", "b", "c", "--debug")
    assert traced.code == code
    assert "Traceback" in traced.err
    assert traced.err.endswith(ran.err)


def test_the_last_line_says_what_was_made_and_where(run: Any, calls: dict[str, Call]) -> None:
    ran = run("create-tfrecords", "a", "b/c", "x_")
    assert calls
    assert ran.err == ""
    assert ran.out.startswith("2 files, 3 images, 84.2 MB in ")
    assert ran.out.endswith(": b/c\n")
    assert ran.out.count("\n") == 1


def test_files_of_a_run_before_are_said(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Written(files=5, records=5, bytes=10, kept=3)
    monkeypatch.setattr(imagepipe_rs, "create_images", lambda **_: written)
    ran = run("create-images", "a", "b", "bmp", "--resume")
    assert ran.out.startswith("5 files, 10 bytes in ")
    assert ran.out.endswith(" s, 3 of the files finished before: a\n")


def test_quiet_says_nothing(run: Any, calls: dict[str, Call]) -> None:
    assert run("create-tfrecords", "a", "b", "c", "--quiet") == (0, "", "")
    assert calls


@pytest.mark.parametrize("overwrite", [False, True])
def test_ctrl_c_says_what_is_kept_and_how_to_go_on(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, overwrite: bool
) -> None:
    def stop(**_: Any) -> None:
        for name in ("x_0", "x_0.idx", "x_1", ".x_2.part", "x_notes", "other"):
            (tmp_path / name).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(imagepipe_rs, "create_tfrecords", stop)
    words = ["create-tfrecords", "a", str(tmp_path), "x_", *(["--overwrite"] if overwrite else [])]
    ran = run(*words)
    assert (ran.code, ran.out) == (130, "")
    # Gone on with, a run that replaces files would keep those that it did not come to.
    said = (
        "each file is whole, old or new; run the same command again"
        if overwrite
        else "2 finished files are kept; continue with the same command and --resume"
    )
    assert ran.err == f"imagepipe create-tfrecords: stopped: {said}\n"


def test_images_of_another_format_were_counted_as_finished(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(**_: Any) -> None:
        for name in ("x0.jpg", "x0.png", "x1.png"):
            (tmp_path / name).touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(imagepipe_rs, "create_images", stop)
    assert ": 1 finished file is kept;" in run("create-images", str(tmp_path), "x", "jpeg").err


def test_it_is_a_module_too() -> None:
    words = [sys.executable, "-m", "imagepipe_rs", "create-images", "a", "b"]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("imagepipe create-images: IMAGE_FORMAT is missing")


def test_whoever_has_read_enough_is_no_error() -> None:
    words = f"{sys.executable} -m imagepipe_rs --help | head -n 1"
    ran = subprocess.run(words, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert (ran.returncode, ran.stderr) == (0, "")


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self) -> bool:
        return True


def clock(times: Iterator[float]) -> Callable[[], float]:
    return lambda: next(times)


def test_a_log_gets_a_line_now_and_then() -> None:
    stream, now = io.StringIO(), [0.0]
    with Progress("image", quiet=False, stream=stream, clock=lambda: now[0]) as progress:
        for second in range(101):
            now[0] = float(second)
            progress(10 * second, 1000)
    lines = stream.getvalue().splitlines()
    assert lines == [
        "50 of 1,000 images (5 %), 10/s, 1 min 35 s left",
        "100 of 1,000 images (10 %), 10/s, 1 min 30 s left",
        "200 of 1,000 images (20 %), 10/s, 1 min 20 s left",
        "400 of 1,000 images (40 %), 10/s, 1 min 00 s left",
        "800 of 1,000 images (80 %), 10/s, 20 s left",
    ]


def test_what_was_finished_before_does_not_count_as_speed() -> None:
    stream, now = io.StringIO(), [0.0]
    progress = Progress("image", quiet=False, stream=stream, clock=lambda: now[0])
    progress(900, 1000)
    now[0] = 10.0
    progress(910, 1000)
    assert stream.getvalue() == "910 of 1,000 images (91 %), 1.0/s, 1 min 30 s left\n"


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    stream = Terminal()
    with Progress("image", quiet=False, stream=stream) as progress:
        progress(0, 40)
        progress(40, 40)
    shown = stream.getvalue()
    assert "\n" not in shown
    assert "0/40" in shown
    assert " images/s" in shown
    assert shown.rpartition("\r")[2].strip() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_quiet_shows_no_progress(stream: io.StringIO) -> None:
    with Progress("image", quiet=True, stream=stream, clock=clock(iter([0.0, 99.0]))) as progress:
        progress(1, 2)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (84_200_000, "84.2 MB"),
        (99_950, "100 kB"),
        (999_999, "1.0 MB"),
        (4_100_000_000, "4.1 GB"),
        (5e18, "5000 PB"),
    ],
)
def test_bytes_as_people_read_them(number: float, shown: str) -> None:
    assert _text.size(number) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.97, "10 s"), (59.6, "1 min 00 s"), (7260, "2 h 01 min")],
)
def test_times_as_people_read_them(seconds: float, shown: str) -> None:
    assert _text.duration(seconds) == shown


def test_counts_as_people_read_them() -> None:
    assert [_text.count(n, "file") for n in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]
    assert _text.count(2, "class") == "2 classes"


@pytest.mark.parametrize("module", ["imagepipe_rs", "imagepipe_rs.cli"])
def test_a_closed_standard_output_is_an_error(module: str) -> None:
    """All was well, and nothing was printed."""
    words = ["sh", "-c", '"$0" -m "$1" doctor >&-', sys.executable, module]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.stderr == "imagepipe doctor: standard output is closed\n"
    assert ran.returncode == 1


def shell(line: str, *, unbuffered: bool = False) -> tuple[int, list[str]]:
    """Run a command line by a shell; give its exit code, and the lines on stderr."""
    line = f"{sys.executable} -m imagepipe_rs {line}"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    env |= {"PYTHONUNBUFFERED": "1"} if unbuffered else {}
    ran = subprocess.run(line, shell=True, env=env, capture_output=True, text=True, check=False)  # noqa: S602
    return ran.returncode, ran.stderr.splitlines()


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("command", ["inspect", "inspect --json", "verify --json", "doctor --json"])
def test_what_could_not_be_printed_was_a_traceback_of_forty_lines(
    photos: Path, command: str, *, unbuffered: bool
) -> None:
    path = "" if "doctor" in command else f"{photos}/class-00"
    code, said = shell(f"{command} {path} > /dev/full", unbuffered=unbuffered)
    assert code == 1
    assert said == [f"imagepipe {command.split(maxsplit=1)[0]}: No space left on device"]


@pytest.mark.parametrize("words", ["--help", "--version", "verify --help"])
@pytest.mark.parametrize("to", ["> /dev/full", ">&-"])
def test_help_that_could_not_be_printed_was_a_traceback(words: str, to: str) -> None:
    code, said = shell(f"{words} {to}")
    assert code == 1
    reason = "standard output is closed" if "&-" in to else "No space left on device"
    assert said == [f"imagepipe: {reason}"]


@pytest.mark.parametrize("to", ["2> /dev/full", "2>&-"])
def test_progress_that_nobody_could_read_ended_a_measurement(photos: Path, to: str) -> None:
    line = f"bench {photos}/class-00 --batches 1 --batch-size 2 --json {to}"
    ran = subprocess.run(  # noqa: S602
        f"{sys.executable} -m imagepipe_rs {line}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["loader"]["images"] == 2


def test_a_bar_that_cannot_be_drawn_ends_nothing() -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    times = iter(range(0, 1000, 100))
    with Progress("sample", quiet=False, stream=Full(), clock=lambda: next(times)) as progress:
        progress(1, 2)
        progress(2, 2)
