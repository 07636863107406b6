"""With ``exact=True`` pictures are those that Pillow makes: every file type, fit and filter."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imagepipe_rs import Loader
from PIL import ExifTags, Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import MakeTree

    Box = np.ndarray

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "area": Image.Resampling.BOX,
}
FILL = (10, 200, 30)
# Down in both directions, up in both, and one of each.
SIZES = [(48, 64), (224, 224), (300, 40)]


# ------------------------------------------------------------------------------------------ oracles


def upright(path: str | Path) -> Image.Image:
    """Open a file as most Python programs do."""
    with Image.open(path) as image:
        if image.mode.startswith("I"):  # 16-bit gray: Pillow's convert() would clip, not scale
            return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
        return ImageOps.exif_transpose(image).convert("RGB")


def stretched(image: Image.Image, size: tuple[int, int], how: Image.Resampling) -> Image.Image:
    return image.resize(size[::-1], how)


def centre_cropped(
    image: Image.Image,
    size: tuple[int, int],
    how: Image.Resampling,
    short: int | None = None,
) -> Image.Image:
    """Do what torchvision's Resize(short) and CenterCrop(size) do.

    Without ``short`` the picture is resized so that it just covers the size.
    """
    height, width = size
    shape = (1, 1) if short else size
    if image.width * shape[0] > image.height * shape[1]:
        down = short or height
        across = max(int(down * image.width / image.height), width)
    else:
        across = short or width
        down = max(int(across * image.height / image.width), height)
    left, top = round((across - width) / 2), round((down - height) / 2)
    return image.resize((across, down), how).crop((left, top, left + width, top + height))


def padded(image: Image.Image, size: tuple[int, int], how: Image.Resampling) -> Image.Image:
    """Do what ImageOps.pad does; it fails where nothing would be left of the short side."""
    height, width = size
    if (
        round(image.height / image.width * width) == 0
        or round(image.width / image.height * height) == 0
    ):
        inner = (width, 1) if image.width > image.height else (1, height)
        whole = Image.new("RGB", (width, height), FILL)
        whole.paste(
            image.resize(inner, how),
            (round((width - inner[0]) / 2), round((height - inner[1]) / 2)),
        )
        return whole
    return ImageOps.pad(image, (width, height), how, color=FILL)


def cut(image: Image.Image, crop: Box) -> Image.Image:
    left, top, width, height = map(int, crop)
    return image.crop((left, top, left + width, top + height))


def agrees(ours: np.ndarray, theirs: Image.Image) -> bool:
    """Whether 99 % of the values are within 1, and all within 3."""
    expected = np.asarray(theirs, dtype=np.int64)
    assert ours.shape == expected.shape
    difference = np.abs(ours.astype(np.int64) - expected)
    return bool((difference <= 1).mean() >= 0.99 and difference.max() <= 3)


def pictures(folder: Path, **options: Any) -> Iterator[tuple[str, np.ndarray, Box]]:
    """Yield the name, the pixels and the crop of every picture in a folder."""
    loader = Loader(folder, **{"batch_size": 1000, "shuffle": False, "exact": True, **options})
    for batch in loader:
        yield from zip(batch.paths, batch.images, batch.crops, strict=True)


def disagreeing(
    folder: Path, expected: Callable[[Image.Image, Box], Image.Image], **options: Any
) -> list[str]:
    """Return the names of the files whose pixels are not as expected."""
    found = list(pictures(folder, **options))
    assert len(found) == sum(1 for file in folder.rglob("*") if file.is_file())
    return [
        Path(path).name
        for path, ours, crop in found
        if not agrees(ours, expected(upright(path), crop))
    ]


# -------------------------------------------------------------------------------------- file types


def png(
    values: np.ndarray, depth: int, colour: int, *, chunks: bytes = b"", interlaced: bool = False
) -> bytes:
    """Write a PNG of any kind: (height, width, channels), each value of ``depth`` bits."""
    height, width, _ = values.shape
    passes = (
        [
            (0, 0, 8, 8),
            (0, 4, 8, 8),
            (4, 0, 8, 4),
            (0, 2, 4, 4),
            (2, 0, 4, 2),
            (0, 1, 2, 2),
            (1, 0, 2, 1),
        ]
        if interlaced
        else [(0, 0, 1, 1)]
    )
    data = b""
    for top, left, down, across in passes:
        for row in values[top::down, left::across]:
            if row.size:
                data += b"\0" + packed(row.ravel(), depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunks
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(values: np.ndarray, depth: int) -> bytes:
    if depth == 16:
        return values.astype(">u2").tobytes()
    bits = np.unpackbits(values.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
    return np.packbits(bits).tobytes()


def levels(image: Image.Image, mode: str, depth: int) -> np.ndarray:
    """Return a picture's values at another depth."""
    values = np.atleast_3d(np.asarray(image.convert(mode))).astype(np.int64)
    if depth == 16:
        return values * 256 + (values * 7 + 13) % 256
    return values >> (8 - depth)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def orientation(tag: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = tag
    return exif


def with_luma_factors(jpeg: bytes, factors: int) -> bytes:
    """Return a JPEG whose frame header tells of other sampling factors of luma."""
    place = jpeg.index(b"\xff\xc0") + 11
    return jpeg[:place] + bytes([factors]) + jpeg[place + 1 :]


def jpegs(photo: Image.Image) -> dict[str, bytes]:
    def jpeg(image: Image.Image = photo, **options: object) -> bytes:
        return encoded(image, "JPEG", **{"quality": 90, **options})

    files = {
        "444": jpeg(subsampling=0),
        "422": jpeg(subsampling=1),
        "420": jpeg(subsampling=2),
        "gray": jpeg(photo.convert("L")),
        "cmyk": jpeg(photo.convert("CMYK")),
        "rgb": jpeg(keep_rgb=True),
        "progressive": jpeg(progressive=True),
        "progressive-444": jpeg(progressive=True, subsampling=0),
        "progressive-gray": jpeg(photo.convert("L"), progressive=True),
        "restart-markers": jpeg(restart_marker_rows=1),
        "optimized": jpeg(optimize=True),
        "coarse": jpeg(quality=20),
    }
    # Pillow does not write these. Cut into other shapes, the blocks of a square picture fill one
    # too.
    square = photo.resize((96, 96))
    for name, subsampling, factors in [("440", 1, 0x12), ("411", 2, 0x41), ("410", 2, 0x14)]:
        files[name] = with_luma_factors(jpeg(square, subsampling=subsampling), factors)
    # The last byte of the Adobe marker says what CMYK was turned into: 2 is YCCK.
    adobe = files["cmyk"].index(b"Adobe") + 11
    files["ycck"] = files["cmyk"][:adobe] + b"\2" + files["cmyk"][adobe + 1 :]
    files |= {f"upright-{tag}": jpeg(exif=orientation(tag)) for tag in range(1, 9)}
    sides = [(1, 1), (1, 7), (7, 1), (2, 3), (3, 2), (8, 8), (9, 17), (16, 16), (17, 33), (33, 15)]
    files |= {
        f"{width}x{height}-{sampling}": jpeg(photo.resize((width, height)), subsampling=sampling)
        for width, height in sides
        for sampling in (0, 1, 2)
    }
    return {f"{name}.jpg": data for name, data in files.items()}


def pngs(photo: Image.Image) -> dict[str, bytes]:
    alpha = photo.copy()
    alpha.putalpha(photo.convert("L"))
    palette = photo.quantize(16)
    files = {
        "rgb": encoded(photo, "PNG"),
        "rgba": encoded(alpha, "PNG"),
        "gray": encoded(photo.convert("L"), "PNG"),
        "gray-alpha": encoded(alpha.convert("LA"), "PNG"),
        "gray-transparent": encoded(photo.convert("L"), "PNG", transparency=100),
        "rgb-transparent": encoded(photo, "PNG", transparency=photo.getpixel((5, 5))),
        "palette-transparent": encoded(palette, "PNG", transparency=3),
        "upright-6": encoded(photo, "PNG", exif=orientation(6)),
        "interlaced": png(levels(photo, "RGB", 8), 8, 2, interlaced=True),
        "interlaced-gray-4": png(levels(photo, "L", 4), 4, 0, interlaced=True),
        "interlaced-1x1": png(levels(photo.resize((1, 1)), "RGB", 8), 8, 2, interlaced=True),
        "rgb-16": png(levels(photo, "RGB", 16), 16, 2),
        "rgba-16": png(levels(alpha, "RGBA", 16), 16, 6),
        "gray-alpha-16": png(levels(alpha, "LA", 16), 16, 4),
        "1x1": encoded(photo.resize((1, 1)), "PNG"),
        "13x1": encoded(photo.resize((13, 1)), "PNG"),
        "1x13": encoded(photo.resize((1, 13)), "PNG"),
    }
    files |= {f"gray-{bits}": png(levels(photo, "L", bits), bits, 0) for bits in (1, 2, 4, 8, 16)}
    files |= {
        f"palette-{bits}": encoded(photo.quantize(1 << bits), "PNG", bits=bits)
        for bits in (1, 2, 4, 8)
    }
    return {f"{name}.png": data for name, data in files.items()}


def others(photo: Image.Image) -> dict[str, bytes]:
    alpha = photo.copy()
    alpha.putalpha(photo.convert("L"))
    second = ImageOps.invert(photo)
    return {
        "rgb.bmp": encoded(photo, "BMP"),
        "rgba.bmp": encoded(alpha, "BMP"),
        "gray.bmp": encoded(photo.convert("L"), "BMP"),
        "palette.bmp": encoded(photo.quantize(100), "BMP"),
        "bilevel.bmp": encoded(photo.convert("1"), "BMP"),
        "1x1.bmp": encoded(photo.resize((1, 1)), "BMP"),
        "palette.gif": encoded(photo.quantize(256), "GIF"),
        "plain.gif": encoded(photo.quantize(16), "GIF", interlace=0),
        "transparent.gif": encoded(photo.quantize(16), "GIF", transparency=2),
        "animated.gif": encoded(photo, "GIF", save_all=True, append_images=[second]),
        "1x1.gif": encoded(photo.resize((1, 1)).quantize(2), "GIF"),
        "lossless.webp": encoded(photo, "WEBP", lossless=True),
        "lossless-alpha.webp": encoded(alpha, "WEBP", lossless=True, exact=True),
        "lossy.webp": encoded(photo, "WEBP", quality=90),
        "lossy-alpha.webp": encoded(alpha, "WEBP", quality=90),
        "upright-8.webp": encoded(photo, "WEBP", lossless=True, exif=orientation(8)),
        "animated.webp": encoded(
            photo, "WEBP", save_all=True, append_images=[second], lossless=True
        ),
        "1x1.webp": encoded(photo.resize((1, 1)), "WEBP", lossless=True),
    }


@pytest.fixture(scope="module")
def photo(photos: Path) -> Image.Image:
    """Return a photograph of an odd size, small enough to be resized a thousand times."""
    with Image.open(photos / "class-01" / "000000.jpg") as image:
        return image.convert("RGB").resize((121, 83), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module", params=["jpeg", "png", "other"])
def kinds(
    request: pytest.FixtureRequest, photo: Image.Image, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with a file of every kind of a format."""
    folder = tmp_path_factory.mktemp(request.param)
    make = {"jpeg": jpegs, "png": pngs, "other": others}[request.param]
    for name, data in make(photo).items():
        (folder / name).write_bytes(data)
    return folder


# ------------------------------------------------------------------------- every file type, all of
# it


def test_pictures_of_their_own_size_are_what_pillow_decodes(kinds: Path) -> None:
    loader = Loader(kinds, batch_size=7, size=None, ragged=True, shuffle=False)
    found = [pair for batch in loader for pair in zip(batch.paths, batch.images, strict=True)]
    assert len(found) == len(list(kinds.iterdir()))
    assert [path for path, ours in found if not agrees(ours, upright(path))] == []


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_stretch(kinds: Path, size: tuple[int, int], interpolation: str) -> None:
    how = FILTERS[interpolation]
    wrong = disagreeing(
        kinds, lambda image, _: stretched(image, size, how), size=size, interpolation=interpolation
    )
    assert wrong == []


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize(
    ("size", "short"),
    [((48, 48), None), ((224, 224), None), ((48, 48), 64), ((30, 50), 57)],
    ids=str,
)
def test_crop(kinds: Path, size: tuple[int, int], short: int | None, interpolation: str) -> None:
    how = FILTERS[interpolation]
    wrong = disagreeing(
        kinds,
        lambda image, _: centre_cropped(image, size, how, short),
        size=size,
        fit="crop",
        resize_short=short,
        interpolation=interpolation,
    )
    assert wrong == []


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pad(kinds: Path, size: tuple[int, int], interpolation: str) -> None:
    how = FILTERS[interpolation]
    options = {"size": size, "fit": "pad", "fill": FILL, "interpolation": interpolation}
    wrong = disagreeing(kinds, lambda image, _: padded(image, size, how), **options)
    assert wrong == []


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_random_crop(kinds: Path, size: tuple[int, int], interpolation: str) -> None:
    how = FILTERS[interpolation]
    options = {"size": size, "fit": "random_crop", "interpolation": interpolation}
    wrong = disagreeing(
        kinds, lambda image, crop: stretched(cut(image, crop), size, how), **options
    )
    assert wrong == []


# ------------------------------------------------------------------------------ photographs, all
# sizes


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad", "random_crop"])
def test_photographs(photos: Path, fit: str, interpolation: str) -> None:
    size, how = (224, 224), FILTERS[interpolation]
    expected = {
        "stretch": lambda image, _: stretched(image, size, how),
        "crop": lambda image, _: centre_cropped(image, size, how, 256),
        "pad": lambda image, _: padded(image, size, how),
        "random_crop": lambda image, crop: stretched(cut(image, crop), size, how),
    }[fit]
    options = {"fit": fit, "fill": FILL, "interpolation": interpolation}
    options |= {"resize_short": 256} if fit == "crop" else {}
    assert disagreeing(photos, expected, **options) == []


SIDES = st.integers(1, 90)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    stored=st.tuples(SIDES, SIDES),
    size=st.tuples(SIDES, SIDES),
    fit=st.sampled_from(["stretch", "crop", "pad", "random_crop"]),
    interpolation=st.sampled_from(list(FILTERS)),
    tag=st.integers(1, 8),
    seed=st.integers(0, 2**64 - 1),
)
def test_any_picture_to_any_size(
    *,
    photo: Image.Image,
    tmp_path: Path,
    stored: tuple[int, int],
    size: tuple[int, int],
    fit: str,
    interpolation: str,
    tag: int,
    seed: int,
) -> None:
    """A PNG, so that only geometry and filter are compared."""
    how = FILTERS[interpolation]
    (tmp_path / "1.png").write_bytes(encoded(photo.resize(stored), "PNG", exif=orientation(tag)))
    options = {"size": size, "fit": fit, "interpolation": interpolation, "fill": FILL, "seed": seed}
    ((path, ours, crop),) = pictures(tmp_path, **options)
    image = upright(path)
    if fit == "crop":
        expected = centre_cropped(image, size, how)
    elif fit == "pad":
        expected = padded(image, size, how)
    else:
        expected = stretched(cut(image, crop), size, how)
    assert agrees(ours, expected)


# ------------------------------------------------------------------------------------- without
# exact


def decibels(ours: np.ndarray, exact: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio."""
    error = np.square(ours.astype(np.float64) - exact).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad", "random_crop"])
@pytest.mark.parametrize("size", [224, 64], ids=str)
@pytest.mark.parametrize("which", ["small", "large"])
def test_the_default_is_as_good_as_exact(
    *, photos: Path, large: Path, which: str, size: int, fit: str, interpolation: str
) -> None:
    """38 dB and more on every photograph; large ones are decoded at a fraction of their size."""
    folder = {"small": photos, "large": large}[which]
    options = {"size": size, "fit": fit, "interpolation": interpolation, "seed": 5, "flip": True}
    pairs = zip(pictures(folder, exact=False, **options), pictures(folder, **options), strict=True)
    quality = {ours[0]: decibels(ours[1], exact[1]) for ours, exact in pairs}
    assert {path: found for path, found in quality.items() if found < 38} == {}


def test_the_default_does_less_than_exact(large: Path) -> None:
    """So that the test above compares two different things."""
    loaders = [Loader(large, batch_size=4, exact=exact) for exact in (False, True)]
    for loader in loaders:
        list(loader)
    fast, exact = (loader.stats()["decode"]["bytes"] for loader in loaders)
    assert fast < exact / 8


@pytest.mark.parametrize("channels", ["GRAY", "BGR"])
def test_the_default_is_as_good_in_other_channels(photos: Path, large: Path, channels: str) -> None:
    for folder, fit in itertools.product((photos, large), ("stretch", "random_crop")):
        options = {"channels": channels, "fit": fit}
        pairs = zip(
            pictures(folder, exact=False, **options), pictures(folder, **options), strict=True
        )
        assert min(decibels(ours[1], exact[1]) for ours, exact in pairs) >= 38


def test_turned_pictures_are_turned_without_exact_too(tree: MakeTree, photos: Path) -> None:
    """Every orientation shows the same picture, stored the other way."""
    with Image.open(photos / "class-02" / "000000.jpg") as image:
        upright_image = image.convert("RGB")
    back = [None, 0, 3, 1, 5, 2, 6, 4]  # what undoes what each orientation asks for
    files = {}
    for tag, method in enumerate(back, start=1):
        stored = (
            upright_image if method is None else upright_image.transpose(Image.Transpose(method))
        )
        files[f"{tag}.jpg"] = encoded(
            stored, "JPEG", quality=98, subsampling=0, exif=orientation(tag)
        )
    found = list(pictures(tree(files), exact=False, size=(96, 128), fit="crop"))
    first = found[0][1]
    assert len(found) == 8
    assert min(decibels(ours, first) for _, ours, _ in found) > 38
