"""Our own JPEG decoder and libjpeg-turbo: the same batches and errors, and who decoded what."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DecodeError, Loader
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from conftest import EncodeJpeg, MakeTree

IMAGENET: dict[str, Any] = {"mean": "imagenet", "std": "imagenet"}
TASKS: dict[str, dict[str, Any]] = {
    "T1": {},
    "T2": {"fit": "crop", "resize_short": 256, "layout": "NCHW", "dtype": "float32", **IMAGENET},
    "T3": {"fit": "random_crop", "flip": True},
    "gray": {"channels": "GRAY", "fit": "random_crop"},
    "small": {"size": 40, "fit": "random_crop", "interpolation": "lanczos"},
}

# The whole sets, where they are named; a sample made on the spot otherwise.
SETS = os.environ.get("IMAGEPIPE_PHOTOS")


def has_own_decoder() -> bool:
    """Return whether this processor runs our own decoder."""
    if os.environ.get("IMAGEPIPE_JPEG") == "turbo":
        return False
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@pytest.fixture(scope="session", params=["small", "large"] if SETS else ["sample"])
def folder(request: pytest.FixtureRequest, photos: Path) -> Path:
    return Path(SETS, request.param) if SETS else photos


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_batches_are_the_same_bytes(*, folder: Path, task: str, exact: bool) -> None:
    loaders = [
        Loader(folder, seed=5, exact=exact, decoder=decoder, **TASKS[task])
        for decoder in ("auto", "turbo")
    ]
    for own, turbo in zip(*loaders, strict=True):
        np.testing.assert_array_equal(own.indices, turbo.indices)
        assert own.images.tobytes() == turbo.images.tobytes()
    own_stats, turbo_stats = (loader.stats()["jpeg"] for loader in loaders)
    assert turbo_stats == {"own": 0, "libjpeg-turbo": {"asked for": loaders[1].num_samples}}
    if has_own_decoder():
        assert own_stats == {"own": loaders[0].num_samples, "libjpeg-turbo": {}}


def test_stats_say_why_a_file_was_left_to_libjpeg_turbo(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree(
        {
            "a/baseline.jpg": jpeg(),
            "a/gray.jpg": jpeg(mode="L"),
            "a/progressive.jpg": jpeg(progressive=True),
            "a/cmyk.jpg": jpeg(mode="CMYK"),
        }
    )
    loader = Loader(folder, size=32)
    next(iter(loader))
    stats = loader.stats()["jpeg"]
    if has_own_decoder():
        assert stats == {"own": 2, "libjpeg-turbo": {"progressive": 1, "colour space": 1}}
    else:
        assert stats["own"] == 0
        assert sum(stats["libjpeg-turbo"].values()) == 4


def test_errors_are_the_same(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    whole = jpeg(200, 160, quality=95)
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:middle],
        "cut and ended": whole[:middle] + b"\xff\xd9",
        "noise": whole[:middle] + bytes(range(1, 200)) + whole[middle + 199 :],
        "marker": whole[:middle] + b"\xff\xc8" + whole[middle + 2 :],
        "restart": whole[:middle] + b"\xff\xd0" + whole[middle + 2 :],
        "header": whole[:30],
        "no tables": whole.replace(b"\xff\xc4", b"\xff\xfe"),
    }
    for name, data in damaged.items():
        folder = tree({f"{name}/x.jpg": data})
        outcomes = []
        for decoder in ("auto", "turbo"):
            try:
                outcomes.append(
                    next(iter(Loader(folder, size=64, decoder=decoder))).images.tobytes()
                )
            except DecodeError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1], name
        assert isinstance(outcomes[0], str) or name in {"noise", "marker"}, name


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_environment_switches_it_off(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"a/x.jpg": jpeg()})
    code = f"""
from imagepipe_rs import Loader
loader = Loader({str(folder)!r}, size=8)
next(iter(loader))
print(loader.stats()["jpeg"])
"""
    done = run(code, IMAGEPIPE_JPEG="turbo")
    assert done.stdout.strip() == "{'own': 0, 'libjpeg-turbo': {'asked for': 1}}", done.stderr
    wrong = run(code, IMAGEPIPE_JPEG="fast")
    assert "ValueError: IMAGEPIPE_JPEG='fast' is not valid: 'auto' or 'turbo'" in wrong.stderr
    code = (
        f"import imagepipe_rs; imagepipe_rs.decode(open({str(folder / 'a/x.jpg')!r}, 'rb').read())"
    )
    assert run(code, IMAGEPIPE_JPEG="turbo").returncode == 0
    assert "IMAGEPIPE_JPEG='fast' is not valid" in run(code, IMAGEPIPE_JPEG="fast").stderr


def test_a_wrong_decoder_is_named(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"a/x.jpg": jpeg()})
    with pytest.raises(ValueError, match="decoder='fast' is not valid: one of"):
        Loader(folder, decoder="fast")


@pytest.mark.parametrize(
    "options", [{}, {"channels": "GRAY"}, {"fit": "random_crop"}, {"fit": "crop"}]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("exact", [False, True])
def test_turned_pictures_are_upright(
    *, tree: MakeTree, jpeg: EncodeJpeg, exact: bool, mode: str, options: dict[str, Any]
) -> None:
    """Windows, and sides that are not whole blocks, in eight orientations, by either decoder."""
    files = {}
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = tag
        for width, height in ((61, 43), (130, 211)):
            files[f"a/{tag}-{width}.jpg"] = jpeg(width, height, mode=mode, exif=exif)
            files[f"a/{tag}-{width}-p.jpg"] = jpeg(
                width, height, mode=mode, exif=exif, progressive=True
            )
    folder = tree(files)
    same = {"size": (40, 30), "exact": exact, "shuffle": False, "batch_size": 32, **options}
    own, turbo = (
        next(iter(Loader(folder, decoder=decoder, **same))) for decoder in ("auto", "turbo")
    )
    np.testing.assert_array_equal(own.images, turbo.images)
    if exact:
        for path, image, crop in zip(own.paths, own.images, own.crops, strict=True):
            expected = by_pillow(path, crop, mode="L" if "channels" in options else "RGB")
            assert np.abs(image.astype(int) - expected).max() <= 3, path


def by_pillow(path: str, crop: np.ndarray, mode: str) -> np.ndarray:
    """Return what Pillow makes of the upright file's region."""
    with Image.open(path) as image:
        if mode == "L":
            image.draft("L", image.size)
        upright = ImageOps.exif_transpose(image).convert(mode)
    left, top, width, height = (float(number) for number in crop)
    box = (left, top, left + width, top + height)
    whole = all(number.is_integer() for number in box)
    if whole:
        upright, box = upright.crop(tuple(map(int, box))), (0, 0, width, height)
    resized = upright.resize((30, 40), Image.Resampling.BILINEAR, box=box)
    return np.asarray(resized).reshape(40, 30, -1)


def test_crops_have_the_chroma_of_the_pixels_beside_them(tree: MakeTree) -> None:
    """Wherever a crop begins, its edge is as near to ``exact`` as the rest."""
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, :, 0] = (np.arange(256) // 16 % 2 * 255)[None, :]
    stripes[:, :, 2] = (np.arange(256) // 16 % 2 * 255)[:, None]
    file = io.BytesIO()
    Image.fromarray(stripes).save(file, "JPEG", quality=95, subsampling=2)
    folder = tree({f"a/{number:03}.jpg": file.getvalue() for number in range(200)})
    options = {"size": 64, "fit": "random_crop", "scale": (0.1, 0.4), "batch_size": 200, "seed": 3}
    fast, exact = (next(iter(Loader(folder, exact=exact, **options))) for exact in (False, True))
    starts = exact.crops[:, :2]
    assert (starts % 16 == 0).any(axis=1).sum() > 5
    apart = np.abs(fast.images.astype(int) - exact.images)
    assert apart.max() <= 14, apart.reshape(200, -1).max(axis=1)
