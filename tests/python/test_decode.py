"""Decoding and encoding images in memory: for people with a loop of their own."""

from __future__ import annotations

import io
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DecodeError, Loader, decode, decode_many, encode
from PIL import Image

if TYPE_CHECKING:
    from conftest import EncodeJpeg, MakeTree


def by_pillow(data: bytes, mode: str = "RGB") -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert(mode))


def some(photos: Path, count: int = 20) -> list[bytes]:
    return [path.read_bytes() for path in sorted(photos.glob("*/*.jpg"))[:count]]


def test_without_a_size_every_pixel_is_pillows(photos: Path) -> None:
    for data in some(photos):
        image = decode(data)
        assert image.dtype == np.uint8
        np.testing.assert_array_equal(image, by_pillow(data))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
def test_every_format(kind: str) -> None:
    gradient = np.linspace(0, 255, 40 * 30 * 3).astype(np.uint8).reshape(30, 40, 3)
    file = io.BytesIO()
    Image.fromarray(gradient).save(file, kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(decode(file.getvalue()), by_pillow(file.getvalue()))


def test_channels(jpeg: EncodeJpeg) -> None:
    data = jpeg(50, 40)
    rgb, bgr, gray = (decode(data, channels=channels) for channels in ("RGB", "BGR", "GRAY"))
    assert rgb.shape == bgr.shape == (40, 50, 3)
    assert gray.shape == (40, 50, 1)
    np.testing.assert_array_equal(rgb[..., ::-1], bgr)
    luma = Image.open(io.BytesIO(data))
    luma.draft("L", luma.size)
    np.testing.assert_array_equal(gray[..., 0], np.asarray(luma))


def lossless_jpeg(pixels: np.ndarray) -> bytes:
    """Encode RGB as a JPEG of process 14: each sample as its difference from the one before."""
    height, width, _ = pixels.shape
    samples = pixels.astype(int)
    before = np.full_like(samples, 128)
    before[1:, 0], before[:, 1:] = samples[:-1, 0], samples[:, :-1]
    bits = ""
    for difference in (samples - before).ravel().tolist():
        size = abs(difference).bit_length()
        value = difference if difference >= 0 else difference + (1 << size) - 1
        bits += f"{size:04b}" + (f"{value:0{size}b}" if size else "")
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    segments = {
        0xC3: struct.pack(">BHHB", 8, height, width, 3) + b"R\x11\0G\x11\0B\x11\0",
        0xC4: bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)]),
        0xDA: b"\3R\0G\0B\0" + b"\1\0\0",
    }
    heads = [struct.pack(">BBH", 0xFF, k, len(v) + 2) + v for k, v in segments.items()]
    return b"\xff\xd8" + b"".join(heads) + scan + b"\xff\xd9"


@pytest.mark.parametrize("channels", ["RGB", "GRAY"])
@pytest.mark.parametrize(
    "options", [{}, {"size": 16}, {"size": 32, "fit": "crop"}, {"size": 32, "exact": True}]
)
def test_a_lossless_jpeg_is_read_as_a_png_is(channels: str, options: dict[str, Any]) -> None:
    pixels = np.random.default_rng(5).integers(256, size=(230, 370, 3), dtype=np.uint8)
    data, png = lossless_jpeg(pixels), io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    image = decode(data, channels=channels, **options)
    np.testing.assert_array_equal(image, decode(png.getvalue(), channels=channels, **options))


def test_exif_is_applied(jpeg: EncodeJpeg) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = jpeg(60, 40, exif=exif)
    stored = by_pillow(data)
    np.testing.assert_array_equal(decode(data), np.rot90(stored, -1))


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("exact", [False, True])
def test_equals_the_loader(*, photos: Path, fit: str, exact: bool) -> None:
    loader = Loader(
        photos, batch_size=20, limit=20, size=(96, 128), fit=fit, exact=exact, shuffle=False
    )
    batch = next(iter(loader))
    files = [Path(path).read_bytes() for path in batch.paths]
    many = decode_many(files, size=(96, 128), fit=fit, exact=exact)
    np.testing.assert_array_equal(many, batch.images)
    for data, image in zip(files, batch.images, strict=True):
        np.testing.assert_array_equal(decode(data, size=(96, 128), fit=fit, exact=exact), image)


def test_many_of_their_own_sizes(photos: Path) -> None:
    files = some(photos)
    images = decode_many(files)
    assert isinstance(images, list)
    for data, image in zip(files, images, strict=True):
        np.testing.assert_array_equal(image, decode(data))


def test_none_at_all() -> None:
    assert decode_many([]) == []
    assert decode_many([], size=8).shape == (0, 8, 8, 3)
    assert decode_many([], size=(8, 9), channels="GRAY").shape == (0, 8, 9, 1)
    with pytest.raises(ValueError, match="fit='nope' is not valid"):
        decode_many([], size=8, fit="nope")
    with pytest.raises(ValueError, match="size"):
        decode_many([], size=0)
    with pytest.raises(ValueError, match="size=0 is not valid: sides between 1 and 65535"):
        Loader("nowhere", size=0)
    for size in (True, False):
        with pytest.raises(TypeError, match=f"size={size} is not valid: a number of pixels"):
            decode_many([], size=size)


def test_anything_with_bytes_in_it(jpeg: EncodeJpeg) -> None:
    data = jpeg()
    expected = decode(data)
    for other in (bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        np.testing.assert_array_equal(decode(other), expected)
        np.testing.assert_array_equal(decode_many([other])[0], expected)


def test_the_array_is_the_callers(jpeg: EncodeJpeg) -> None:
    first, other = jpeg(seed=1), jpeg(seed=2)
    image = decode(first)
    kept = image.copy()
    for _ in range(5):
        decode(other)
    np.testing.assert_array_equal(image, kept)
    image[:] = 0
    np.testing.assert_array_equal(decode(first), kept)


def test_errors_say_which_and_why(jpeg: EncodeJpeg) -> None:
    good = jpeg()
    with pytest.raises(DecodeError, match=r"^data: cannot decode: .*text"):
        decode(b"not an image")
    with pytest.raises(DecodeError, match=r"^data\[2\]: cannot decode: Premature end") as caught:
        decode_many([good, good, good[:-40], b""])
    assert caught.value.path == "data[2]"
    with pytest.raises(TypeError, match="data of type int"):
        decode(7)
    with pytest.raises(TypeError, match="data of type str"):
        decode_many("photo.jpg")
    with pytest.raises(TypeError, match="data of type bytes"):
        decode_many(good)
    with pytest.raises(ValueError, match="fit='random_crop' is not valid"):
        decode(good, size=8, fit="random_crop")
    with pytest.raises(ValueError, match="size"):
        decode(good, size=0)
    with pytest.raises(ValueError, match="size=None"):
        decode(good, fit="crop")


def test_from_many_threads_at_once(photos: Path) -> None:
    files = some(photos, 8)
    expected = [decode(data, size=64) for data in files]
    wrong: list[int] = []

    def work() -> None:
        for _ in range(10):
            for number, data in enumerate(files):
                if not np.array_equal(decode(data, size=64), expected[number]):
                    wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_tree_is_not_needed(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    data = jpeg(30, 20)
    folder = tree({"a/x.jpg": data})
    image = next(iter(Loader(folder, batch_size=1, size=None))).images[0]
    np.testing.assert_array_equal(decode(data), image)


def test_an_encoded_png_has_every_pixel() -> None:
    image = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(by_pillow(encode(image)), image)
    np.testing.assert_array_equal(decode(encode(image[::2, ::-1])), image[::2, ::-1])


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 1)])
@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_a_gray_image_is_encoded_in_rgb(shape: tuple[int, ...], form: Any) -> None:
    decoded = decode(encode(np.full(shape, 77, np.uint8), form))
    np.testing.assert_array_equal(decoded, np.full((16, 24, 3), 77))


def test_the_quality_is_that_of_a_jpeg() -> None:
    image = np.asarray(Image.effect_noise((64, 64), 40))
    low, high = (encode(image, "jpeg", quality=quality) for quality in (10, 95))
    assert len(low) < len(high) / 2
    errors = [np.abs(decode(data)[..., 0].astype(int) - image).mean() for data in (low, high)]
    assert errors[0] > 3 * errors[1]


@pytest.mark.parametrize(
    ("image", "options", "message"),
    [
        (np.zeros((4, 4, 3)), {}, r"image is float64 \(4, 4, 3\): it must be uint8 of \(height"),
        (np.zeros((4, 4, 4), np.uint8), {}, r"image is uint8 \(4, 4, 4\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), {}, r"image is uint8 \(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), {}, r"image is uint8 \(0, 4, 3\)"),
        (np.zeros((4, 4), np.uint8), {"format": "gif"}, "format='gif' is not valid"),
        (np.zeros((4, 4), np.uint8), {"quality": 0}, "quality=0 is not valid: 1 to 100"),
        (np.zeros((1, 65536), np.uint8), {"format": "jpeg"}, "pixels=65536x1 is not valid"),
    ],
)
def test_what_cannot_be_encoded(image: np.ndarray, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(image, **options)
