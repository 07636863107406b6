"""JPEG there and back, and the indices of PNG palettes: Pillow's."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    JPEG,
    DecodeImage,
    DecodePNGPaletteIndices,
    Graph,
    RandomIndex,
    Stream,
    outputs,
)
from PIL import Image
from scipy import ndimage


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


def picture(height: int, width: int, channels: int) -> Any:
    noise = np.random.default_rng(height * width).normal(size=(height, width, channels))
    smooth = ndimage.gaussian_filter(noise, (2, 2, 0))
    image = np.clip(smooth * 400 + 128, 0, 255).astype(np.uint8)
    return image[..., 0] if channels == 1 else image


def pillows(image: Any, quality: int) -> Any:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("quality", [1, 10, 50, 75, 95, 100])
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 16), (33, 50), (375, 500)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_is_pillows(quality: int, size: tuple[int, int], channels: int) -> None:
    image = picture(*size, channels)
    found = one(JPEG, image, quality)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, pillows(image, quality))


def test_a_single_channel_keeps_its_axis() -> None:
    image = picture(9, 12, 1)
    found = one(JPEG, image[..., None], 30)
    np.testing.assert_array_equal(found[..., 0], pillows(image, 30))


def test_the_quality_may_be_drawn() -> None:
    image = picture(20, 30, 3)
    with Graph() as made:
        drawn = 10 + RandomIndex(80)
        outputs(JPEG(image, drawn), drawn)
    stream = Stream(made)
    for index in range(20):
        found, quality = stream.run(index)
        np.testing.assert_array_equal(found, pillows(image, int(quality)))


def test_other_images_and_qualities_are_refused_when_the_graph_is_built() -> None:
    for image, quality, reason in (
        (np.zeros((2, 2), np.float32), 50, "an image of float32, not of uint8"),
        (np.zeros((2, 2, 4), np.uint8), 50, "an image of 4 channels, not of one or three"),
        (np.zeros((2, 2, 3), np.uint8), 0, "a quality of 0, not from 1 to 100"),
        (np.zeros((2, 2, 3), np.uint8), 101, "a quality of 101, not from 1 to 100"),
        (np.zeros(4, np.uint8), 50, "not an image"),
    ):
        with pytest.raises(GraphError, match=reason):
            one(JPEG, image, quality)


def png(indices: Any, bits: int, **options: Any) -> bytes:
    image = Image.fromarray(indices, "P")
    colours = np.random.default_rng(1).integers(0, 256, 3 << bits, dtype=np.uint8)
    image.putpalette(colours.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", bits=bits, **options)
    return file.getvalue()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.sampled_from([1, 2, 4, 8]), st.integers(0, 99))
def test_indices_are_what_was_saved(width: int, height: int, bits: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    indices = random.integers(0, 1 << bits, (height, width), dtype=np.uint8)
    file = png(indices, bits)
    assert file[24] == bits
    found = one(DecodePNGPaletteIndices, file)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, indices)


def interlaced(indices: Any, bits: int) -> bytes:
    """Return a PNG whose pixels come in the seven passes of Adam7."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = []
    for y, x, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        for row in indices[y::down, x::across]:
            digits = np.unpackbits(row[:, None], axis=1)[:, 8 - bits :]
            rows += [b"\0" + np.packbits(digits).tobytes()] if len(row) else []
    height, width = indices.shape
    header = struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 1)
    palette = bytes(range(256)) * 3
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"PLTE", palette[: 3 << bits]),
            chunk(b"IDAT", zlib.compress(b"".join(rows))),
            chunk(b"IEND", b""),
        )
    )


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40), st.integers(1, 20), st.sampled_from([1, 2, 4, 8]), st.integers(0, 99))
def test_indices_may_be_interlaced(width: int, height: int, bits: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    indices = random.integers(0, 1 << bits, (height, width), dtype=np.uint8)
    file = interlaced(indices, bits)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file))), indices)
    np.testing.assert_array_equal(one(DecodePNGPaletteIndices, file), indices)


def test_an_image_with_a_turn_is_upright_as_its_colours_are() -> None:
    indices = np.random.default_rng(1).integers(0, 16, (5, 9), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = png(indices, 4, exif=exif)
    found = one(DecodePNGPaletteIndices, file)
    np.testing.assert_array_equal(found, np.rot90(indices, -1))
    colours = one(DecodeImage, file)
    palette = np.array(Image.open(io.BytesIO(file)).getpalette(), np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(colours, palette[found])


def test_files_without_indices_are_refused() -> None:
    gray, jpeg = io.BytesIO(), io.BytesIO()
    image = Image.fromarray(np.zeros((2, 2), np.uint8))
    image.save(gray, "PNG")
    image.save(jpeg, "JPEG")
    short = png(np.zeros((20, 20), np.uint8), 8)[:-30]
    for file, reason in (
        (gray.getvalue(), "a PNG without a palette, whose pixels are no indices"),
        (jpeg.getvalue(), "not a PNG file"),
        (short, "unexpected end of file"),
        (b"", "not a PNG file"),
    ):
        with pytest.raises(GraphError, match=reason):
            one(DecodePNGPaletteIndices, file)
    with pytest.raises(GraphError, match="not the bytes of a file"):
        one(DecodePNGPaletteIndices, np.zeros((2, 2), np.uint8))
