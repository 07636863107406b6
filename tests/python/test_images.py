"""Random images: what Pillow and TensorFlow find in the files, and what is there when something goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import imagepipe_rs
import numpy as np
import pytest
import tensorflow as tf
from conftest import mount
from imagepipe_rs import DatasetError, Loader, Written, create_images, decode
from PIL import Image

FORMATS = {"jpg": "JPEG", "png": "PNG", "bmp": "BMP"}
CONTENTS = pytest.mark.parametrize("content", ["noise", "natural"])


def make(folder: Path, **options: Any) -> Written:
    """Make images of a name and a few of everything else."""
    usual = {"name": "a", "width": 50, "height": 37, "count": 6, "image_format": "png"}
    return create_images(folder, **{**usual, **options})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def pixels(file: Path) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(file))


# ------------------------------------------------------------------------------------------------- the files


@CONTENTS
@pytest.mark.parametrize("ending", FORMATS)
def test_everybody_reads_the_files(tmp_path: Path, ending: str, content: str) -> None:
    made = make(tmp_path, image_format=ending, content=content)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"a{n}.{ending}" for n in range(6)]
    assert made == Written(6, 6, sum(file.stat().st_size for file in files), 0)
    for file in files:
        image = Image.open(file)
        assert (image.format, image.mode, image.size) == (FORMATS[ending], "RGB", (50, 37))
        data = file.read_bytes()
        theirs = np.asarray(image)
        assert np.array_equal(decode(data), theirs)
        if ending == "jpg":
            by_tensorflow = tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE")
        else:
            by_tensorflow = tf.io.decode_image(data)
        assert np.array_equal(by_tensorflow, theirs)


@CONTENTS
def test_pixels_do_not_depend_on_the_format(tmp_path: Path, content: str) -> None:
    for ending in FORMATS:
        make(tmp_path, image_format=ending, content=content, quality=95)
    for n in range(6):
        exact = pixels(tmp_path / f"a{n}.png")
        assert np.array_equal(exact, pixels(tmp_path / f"a{n}.bmp"))
        # Chroma of half the size is lost; brightness is not.
        brightness = [
            np.asarray(Image.open(tmp_path / f"a{n}.{ending}").convert("L"), dtype=float)
            for ending in ("png", "jpg")
        ]
        assert np.corrcoef(*(plane.ravel() for plane in brightness))[0, 1] > 0.98


def test_jpegs_are_what_pillow_would_write(tmp_path: Path) -> None:
    make(tmp_path, image_format="jpg", content="natural")
    make(tmp_path, image_format="png", content="natural")
    for n in range(6):
        ours = Image.open(tmp_path / f"a{n}.jpg")
        Image.open(tmp_path / f"a{n}.png").save(tmp_path / "theirs.jpg", quality=75)
        theirs = Image.open(tmp_path / "theirs.jpg")
        assert ours.quantization == theirs.quantization
        assert ours.layer == theirs.layer  # sampling of each component
        assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).mean() < 0.5


def test_quality_is_jpegs(tmp_path: Path) -> None:
    sizes = [
        make(tmp_path / str(quality), image_format="jpg", quality=quality).bytes
        for quality in (1, 50, 75, 100)
    ]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("given", "ending"),
    [("JPEG", "jpg"), ("Jpg", "jpg"), ("PNG", "png"), ("BMP", "bmp"), ("bitmap", "bmp")],
)
def test_formats_go_by_all_their_names(tmp_path: Path, given: str, ending: str) -> None:
    make(tmp_path, image_format=given, count=1)
    assert [file.name for file in tmp_path.iterdir()] == [f"a0.{ending}"]


def test_noise_is_uniform_and_its_channels_are_independent(tmp_path: Path) -> None:
    make(tmp_path, width=400, height=300, count=4)
    for n in range(4):
        noise = pixels(tmp_path / f"a{n}.png")
        for channel in range(3):
            counts = np.bincount(noise[..., channel].ravel(), minlength=256)
            # Chi-square with 255 degrees of freedom: 0.01 % is beyond 347.
            assert counts.min() > 0
            assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 347
        planes = [noise[..., channel].ravel().astype(float) for channel in range(3)]
        beside = noise[:, 1:].ravel().astype(float)
        below = noise[1:].ravel().astype(float)
        for one, other in [
            (planes[0], planes[1]),
            (planes[1], planes[2]),
            (planes[0], planes[2]),
            (noise[:, :-1].ravel(), beside),
            (noise[:-1].ravel(), below),
        ]:
            assert abs(np.corrcoef(one, other)[0, 1]) < 5 / len(one) ** 0.5


@CONTENTS
def test_adjacent_seeds_share_no_image(tmp_path: Path, content: str) -> None:
    seen = set()
    for seed in range(21):
        make(tmp_path / str(seed), seed=seed, content=content, count=10, width=24, height=20)
        for n in range(10):
            seen.add(pixels(tmp_path / str(seed) / f"a{n}.png").tobytes())
    assert len(seen) == 210


@CONTENTS
@pytest.mark.parametrize("ending", FORMATS)
def test_bytes_are_the_same_whatever_the_workers(tmp_path: Path, ending: str, content: str) -> None:
    found = []
    for run, workers in enumerate((1, 2, 8, None)):
        folder = tmp_path / str(run)
        make(folder, image_format=ending, content=content, workers=workers, count=150, classes=3)
        found.append(contents(folder))
    assert len(found[0]) == 150
    assert found[1:] == found[:1] * 3


def test_classes_are_those_of_the_loader(tmp_path: Path) -> None:
    make(tmp_path, count=20, classes=3)
    loader = Loader(tmp_path, batch_size=20, size=(37, 50), shuffle=False)
    assert loader.classes == [f"class-{n:04}" for n in range(3)]
    batch = next(iter(loader))
    assert np.bincount(batch.labels).tolist() == [7, 7, 6]
    for path, label, image in zip(batch.paths, batch.labels, batch.images, strict=True):
        assert int(Path(path).stem[1:]) % 3 == label
        assert np.array_equal(image, pixels(Path(path)))


def test_natural_images_lie_between_smooth_ones_and_noise(tmp_path: Path) -> None:
    sizes = {
        content: make(
            tmp_path / content,
            image_format="jpg",
            width=436,
            height=381,
            count=40,
            content=content,
        ).bytes
        / (40 * 436 * 381)
        for content in ("noise", "natural")
    }
    # The photographs of benches/photos.py have 0.511 bytes a pixel at this size.
    assert 0.75 * 0.511 < sizes["natural"] < 1.25 * 0.511 < sizes["noise"] * 1.1
    # A spectrum like 1/f: detail of half the size is about as strong, unlike noise, where it is half as strong.
    gray = np.asarray(Image.open(tmp_path / "natural" / "a0.jpg").convert("L"), dtype=float)
    halves = [gray]
    for _ in range(5):
        even = halves[-1][: halves[-1].shape[0] // 2 * 2, : halves[-1].shape[1] // 2 * 2]
        halves.append((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)
    assert halves[5].std() > gray.std() / 4


# --------------------------------------------------------------------------------------------- the arguments


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("width", 0, ValueError),
        ("height", 65_536, ValueError),
        ("height", -1, ValueError),
        ("width", 2.5, TypeError),
        ("count", 0, ValueError),
        ("count", -1, ValueError),
        ("image_format", "gif", ValueError),
        ("image_format", 3, TypeError),
        ("seed", -1, ValueError),
        ("quality", 0, ValueError),
        ("quality", 101, ValueError),
        ("quality", 300, ValueError),
        ("content", "photo", ValueError),
        ("classes", 7, ValueError),
        ("workers", 0, ValueError),
        ("name", "a/b", ValueError),
        ("name", ".a", ValueError),
        ("name", None, TypeError),
        ("progress", 1, TypeError),
    ],
)
def test_a_wrong_argument_is_named(
    tmp_path: Path, argument: str, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"^{argument}="):
        make(tmp_path / "new", **{argument: value})
    assert not (tmp_path / "new").exists()


def test_overwrite_and_resume_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="resume=True"):
        make(tmp_path, overwrite=True, resume=True)


def test_the_call_is_imageinarys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from imagepipe_rs.imagine import create_images as drop_in  # noqa: PLC0415  as its users do

    assert drop_in is imagepipe_rs.create_images
    drop_in(str(tmp_path), "random_image_", 64, 48, 3, "png", 7, True, 32)  # noqa: FBT003
    first = (tmp_path / "random_image_0.png").stat().st_size
    total = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert capsys.readouterr().out == f"First image: {first:,} bytes. Directory: {total:,} bytes.\n"
    create_images(tmp_path, "", 4, 4, 1, "bmp")
    assert (tmp_path / "0.bmp").is_file()
    assert capsys.readouterr().out == ""


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make(tmp_path, count=300, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (300, 300)
    assert told == sorted(told)


def test_an_error_of_progress_ends_the_run(tmp_path: Path) -> None:
    def tell(done: int, _: int) -> None:
        raise RuntimeError(done)

    with pytest.raises(RuntimeError):
        make(tmp_path, count=100_000, progress=tell)
    assert len(list(tmp_path.iterdir())) < 100_000


# --------------------------------------------------------------------------------------------- what is there


def test_what_is_there_is_kept_replaced_or_an_error(tmp_path: Path) -> None:
    make(tmp_path, count=30)
    before = contents(tmp_path)
    (tmp_path / "a5.png").unlink()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"a0\.png: exists already") as caught:
        make(tmp_path, count=30)
    assert isinstance(caught.value, DatasetError)
    assert not (tmp_path / "a5.png").exists()
    assert make(tmp_path, count=30, resume=True)._replace(bytes=0) == Written(30, 30, 0, 29)
    assert contents(tmp_path) == {**before, "notes.txt": b"mine"}
    (tmp_path / "a7.png").write_bytes(b"?")
    assert make(tmp_path, count=30, overwrite=True).kept == 0
    assert contents(tmp_path) == {**before, "notes.txt": b"mine"}
    with pytest.raises(DatasetError, match="other options"):
        make(tmp_path, count=30, seed=1, resume=True)


def test_images_of_two_runs_are_not_mixed(tmp_path: Path) -> None:
    # What an interrupted overwrite=True leaves.
    make(tmp_path, count=100, seed=1)
    make(tmp_path / "new", count=30, seed=2)
    for file in (tmp_path / "new").iterdir():
        file.replace(tmp_path / file.name)
    (tmp_path / "new").rmdir()
    with pytest.raises(DatasetError, match="from a run with other options"):
        make(tmp_path, count=100, seed=2, resume=True)


@pytest.mark.parametrize("option", ["overwrite", "resume"])
def test_images_of_a_longer_run_are_not_left_beside(tmp_path: Path, option: str) -> None:
    make(tmp_path, count=7)
    before = contents(tmp_path)
    with pytest.raises(DatasetError, match=r"a5\.png: is an image of an earlier run with more"):
        make(tmp_path, count=5, **{option: True})
    assert contents(tmp_path) == before


@pytest.mark.parametrize("ending", FORMATS)
def test_what_a_power_failure_leaves_is_made_again(tmp_path: Path, ending: str) -> None:
    make(tmp_path, count=40, image_format=ending)
    before = contents(tmp_path)
    for n, name in enumerate(sorted(before)):
        if n % 8 == 1:
            (tmp_path / name).write_bytes(b"")
        if n % 8 == 2:
            (tmp_path / name).write_bytes(before[name][:-5])
    assert make(tmp_path, count=40, image_format=ending, resume=True).kept == 30
    assert contents(tmp_path) == before


@pytest.mark.parametrize("small_disk", ["4m"], indirect=True)
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("workers", [1, 4])
def test_a_full_disk_is_said_and_finished_images_stay(
    tmp_path: Path, small_disk: Path, ending: str, workers: int
) -> None:
    options = {"image_format": ending, "width": 640, "height": 480, "count": 60}
    make(tmp_path / "whole", **options)
    expected = contents(tmp_path / "whole")
    out = small_disk / "out"
    with pytest.raises(OSError, match="No space left on device") as caught:
        make(out, workers=workers, **options)
    assert isinstance(caught.value, DatasetError)
    size = len(expected[Path(caught.value.path).name])
    assert f"{caught.value.path}: cannot write {size} bytes" in str(caught.value)
    found = contents(out)
    assert found
    assert found.items() < expected.items()
    # There is room again: the run goes on.
    assert mount("-o", "remount,size=256m", small_disk) == 0
    assert make(out, resume=True, **options).kept == len(found)
    assert contents(out) == expected


def test_a_directory_that_cannot_be_written_is_said(small_disk: Path) -> None:
    (small_disk / "out").mkdir()
    assert mount("-o", "remount,ro", small_disk) == 0
    with pytest.raises(OSError, match=r"out/a\d\.png: cannot write .* Read-only file system"):
        make(small_disk / "out")
    with pytest.raises(OSError, match=r"new.*: cannot write.*: Read-only file system"):
        make(small_disk / "new")


def test_a_file_in_place_of_the_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="file"):
        make(tmp_path / "file")


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_ctrl_c_leaves_whole_files_only(tmp_path: Path, ending: str) -> None:
    # One image takes long enough that it is always in the middle of some.
    program = textwrap.dedent(f"""
        import sys
        from imagepipe_rs import create_images
        create_images({str(tmp_path)!r}, "a", 3000, 2000, 10**9, {ending!r}, content="natural",
                      progress=lambda done, total: print(done, flush=True))
    """)
    run = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in run.stdout or ():
        if int(line) >= 2:
            break
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=60)
    assert error.strip().endswith("KeyboardInterrupt")
    files = list(tmp_path.iterdir())
    assert len(files) >= 2
    for file in files:
        with Image.open(file) as image:
            image.load()


def test_memory_does_not_depend_on_the_count(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import resource, sys
        from imagepipe_rs import create_images
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        create_images(sys.argv[1], "a", 16, 16, 200, "bmp", workers=2)
        before = peak()
        create_images(sys.argv[1], "b", 16, 16, 20_000, "bmp", workers=2)
        print(peak() - before)
    """)
    command = [sys.executable, "-c", program, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # A path for each of them would be 2 MB.
    assert int(done.stdout) < 1024
