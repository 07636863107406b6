"""Random images: what Pillow and TensorFlow find in the files, and what an error leaves."""

from __future__ import annotations

import errno
import io
import pickle
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import imagepipe_rs
import numpy as np
import pytest
import skimage
import sklearn
import tensorflow as tf
from conftest import mount
from imagepipe_rs import DatasetError, Loader, Written, create_images, decode
from PIL import Image, ImageOps

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


# -------------------------------------------------------------------------------------------------
# the files


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


# ------------------------------------------------------------------------- natural images beside
# photographs


QUALITIES = (50, 75, 85, 92)


def jpeg_bytes(pictures: list[Image.Image], quality: int) -> float:
    """Bytes a pixel of pictures as JPEGs with chroma of half the size."""
    bytes_, area = 0, 0
    for picture in pictures:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, subsampling="4:2:0")
        bytes_ += file.tell()
        area += picture.width * picture.height
    return bytes_ / area


@pytest.fixture(scope="module")
def photo_set(photos: Path) -> list[Image.Image]:
    """Return the photographs of the benchmarks, about 436x381."""
    return [Image.open(file).convert("RGB") for file in sorted(photos.rglob("*.jpg"))]


@pytest.fixture(scope="module")
def originals() -> list[Image.Image]:
    """Return the photographs that scikit-image and scikit-learn carry, as they are."""
    folder = Path(skimage.__file__).parent / "data"
    names = (
        "astronaut.png camera.png chelsea.png coffee.png coins.png moon.png motorcycle_left.png "
        "rocket.jpg ihc.png grass.png gravel.png brick.png hubble_deep_field.jpg retina.jpg"
    )
    shown = Path(sklearn.__file__).parent / "datasets" / "images"
    files = [folder / name for name in names.split()] + sorted(shown.glob("*.jpg"))
    return [Image.open(file).convert("RGB") for file in files]


@pytest.fixture(scope="module")
def natural(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    folder = tmp_path_factory.mktemp("natural")
    make(folder, width=436, height=381, count=100, content="natural")
    return [Image.open(folder / f"a{n}.png") for n in range(100)]


@pytest.mark.parametrize("quality", QUALITIES)
def test_natural_jpegs_have_the_bytes_of_photographs(
    tmp_path: Path, photo_set: list[Image.Image], originals: list[Image.Image], quality: int
) -> None:
    about_512 = [photograph for photograph in originals if photograph.width < 800]
    beside = {(436, 381): photo_set, (512, 512): about_512}
    for (width, height), photographs in beside.items():
        folder = tmp_path / f"{width}"
        options = {"width": width, "height": height, "count": 100, "quality": quality}
        made = make(folder, image_format="jpg", content="natural", seed=5, **options)
        ratio = made.bytes / (100 * width * height) / jpeg_bytes(photographs, quality)
        assert 0.75 < ratio < 1.25


def test_small_natural_images_have_the_bytes_of_small_photographs(
    tmp_path: Path, originals: list[Image.Image]
) -> None:
    # A photograph has more detail for each pixel when it is made smaller.
    for side in (128, 256):
        make(tmp_path / str(side), width=side, height=side, count=150, content="natural", seed=6)
        files = (tmp_path / str(side)).iterdir()
        ours = [Image.open(file) for file in files]
        theirs = [ImageOps.fit(photograph, (side, side)) for photograph in originals]
        for quality in QUALITIES:
            assert 0.75 < jpeg_bytes(ours, quality) / jpeg_bytes(theirs, quality) < 1.25


def statistics(pictures: list[Image.Image]) -> dict[str, float]:
    """Return medians of what tells photographs from noise."""
    found = []
    for picture in pictures:
        gray = np.asarray(picture.convert("L"), dtype=float)
        steps = np.diff(gray, axis=1)
        chroma = np.asarray(picture.convert("YCbCr"), dtype=float)[..., 1:]
        found.append(
            {
                "correlation": np.corrcoef(gray[:, 1:].ravel(), gray[:, :-1].ravel())[0, 1],
                "slope": spectrum_slope(gray),
                "tails": (steps**4).mean() / (steps**2).mean() ** 2,
                "step": np.abs(steps).mean(),
                "spread": gray.std(),
                "chroma": chroma.std(axis=(0, 1)).mean(),
            }
        )
    return {name: float(np.median([one[name] for one in found])) for name in found[0]}


def spectrum_slope(gray: np.ndarray[Any, Any]) -> float:
    """Exponent of frequency in the amplitude spectrum: 0 for noise, about -1 for photographs."""
    side = min(gray.shape)
    square = gray[:side, :side] - gray[:side, :side].mean()
    window = np.hanning(side)
    power = np.abs(np.fft.fftshift(np.fft.fft2(square * window * window[:, None]))) ** 2
    row, column = np.indices(power.shape) - side // 2
    radius = np.hypot(row, column).astype(int).ravel()
    mean = np.bincount(radius, power.ravel()) / np.bincount(radius)
    # As many in each octave.
    at = np.unique(np.geomspace(4, 0.35 * side, 40).astype(int))
    return float(np.polyfit(np.log(at), np.log(mean[at]), 1)[0] / 2)


def test_natural_images_have_the_statistics_of_photographs(
    natural: list[Image.Image], photo_set: list[Image.Image]
) -> None:
    ours, theirs = statistics(natural), statistics(photo_set)
    assert abs(ours["correlation"] - theirs["correlation"]) < 0.08
    assert abs(ours["slope"] - theirs["slope"]) < 0.25
    # Most neighbours are nearly alike, and few differ by much. Noise has 2.4 here, and a normal
    # distribution 3.
    assert ours["tails"] > 8
    assert theirs["tails"] > 8
    for name in ("step", "spread", "chroma"):
        assert 0.6 < ours[name] / theirs[name] < 1.6, name


def test_no_two_natural_images_are_alike(tmp_path: Path, natural: list[Image.Image]) -> None:
    make(tmp_path, width=436, height=381, count=100, content="natural", seed=1)
    both = natural + [Image.open(tmp_path / f"a{n}.png") for n in range(100)]
    seen = np.stack(
        [
            np.asarray(picture.convert("L").resize((16, 16), Image.Resampling.BOX))
            for picture in both
        ]
    ).reshape(200, 256)
    for n, one in enumerate(seen.astype(float)[1:], 1):
        # Levels, of 255, by which even such thumbnails differ.
        assert np.sqrt(((seen[:n] - one) ** 2).mean(axis=1)).min() > 8


# --------------------------------------------------------------------------------------------- the
# arguments


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


# --------------------------------------------------------------------------------------------- what
# is there


def test_what_is_there_is_kept_replaced_or_an_error(tmp_path: Path) -> None:
    make(tmp_path, count=30)
    before = contents(tmp_path)
    (tmp_path / "a5.png").unlink()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"a0\.png: exists already") as caught:
        make(tmp_path, count=30)
    assert isinstance(caught.value, DatasetError)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):  # noqa: S301
        path = str(tmp_path / "a0.png")
        assert (error.errno, error.filename, error.path) == (errno.EEXIST, path, path)
        assert str(error) == str(caught.value)
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


@pytest.mark.parametrize(("before", "after"), [(4, 3), (3, 4), (0, 2), (2, 0), (10_001, 2)])
@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}], ids=str)
def test_images_of_a_run_with_other_classes_are_not_left_beside(
    tmp_path: Path, before: int, after: int, options: dict[str, bool]
) -> None:
    """Images were there twice, under different labels."""
    size = {"count": max(12, before), "width": 1, "height": 1}
    make(tmp_path, classes=before, **size)
    names = {file.relative_to(tmp_path) for file in tmp_path.rglob("*.png")}
    said = r"a\d+\.png: is an image of an earlier run with another number of classes"
    with pytest.raises(DatasetError, match=said):
        make(tmp_path, classes=after, **size, **options)
    assert {file.relative_to(tmp_path) for file in tmp_path.rglob("*.png")} == names


def test_another_seed_is_found_before_anything_is_written(tmp_path: Path) -> None:
    """It was found at the first image that was there, after all before it had been written."""
    make(tmp_path, count=300, seed=1)
    for number in range(300):
        if number != 250:
            (tmp_path / f"a{number}.png").unlink()
    with pytest.raises(DatasetError, match=r"a250\.png: it is from a run with other options"):
        make(tmp_path, count=300, seed=2, resume=True)
    assert [file.name for file in tmp_path.iterdir()] == ["a250.png"]


@pytest.mark.parametrize("place", ["gs://bucket/pictures", ""])
def test_images_are_not_written_to_the_current_directory_by_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=f'path="{place}" is not valid'):
        create_images(place, "a", 8, 8, 1, "png")
    assert not list(tmp_path.iterdir())


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


def test_more_images_than_the_disk_can_hold_were_begun(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^count=9223372036854775808 is not valid: at most \d+: "):
        make(tmp_path / "out", count=2**63)
    assert not (tmp_path / "out").exists()


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
        create_images({str(tmp_path)!r}, "a", 3000, 2000, 10_000, {ending!r}, content="natural",
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


def grown(tmp_path: Path, first: str, then: str) -> int:
    """Return by how many KiB a process grew when it made more images with these arguments."""
    program = textwrap.dedent(f"""
        import resource, sys
        from imagepipe_rs import create_images
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        create_images(sys.argv[1], "a", {first})
        before = peak()
        create_images(sys.argv[1], "b", {then})
        print(peak() - before)
    """)
    command = [sys.executable, "-c", program, tmp_path]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_noise_png_took_three_times_its_bytes_of_memory(tmp_path: Path) -> None:
    one, large = "16, 16, 1, 'png', workers=1", "2500, 2500, 1, 'png', workers=1"
    assert grown(tmp_path, one, large) < 1.5 * 2500 * 2500 * 3 / 1024


def test_memory_does_not_depend_on_the_count(tmp_path: Path) -> None:
    few, many = "16, 16, 200, 'bmp', workers=2", "16, 16, 20_000, 'bmp', workers=2"
    # A path for each of them would be 2 MB.
    assert grown(tmp_path, few, many) < 1024
