"""Variants of BMP, GIF, PNG and WebP, and their orientations: as in Pillow, or refused."""

from __future__ import annotations

import io
import itertools
import struct
import warnings
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from imagepipe_rs import DecodeError, decode
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable

many = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def shown(data: bytes) -> np.ndarray:
    """Return what Pillow makes of a file, upright."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def random(seed: int, *shape: int, below: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(below, size=shape, dtype=np.uint8)


def refused(data: bytes) -> str:
    """Return why a file is not decoded."""
    with pytest.raises(DecodeError) as caught:
        decode(data)
    return str(caught.value.reason)


# ------------------------------------------------------------------------------------------------
# files

# Five rows of three pixels, so that no two orientations look alike.
PIXELS = random(7, 5, 3, 3)
PICTURE = Image.fromarray(PIXELS)


def encoded(kind: str, image: Image.Image = PICTURE, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def exif(
    entries: list[tuple[int, int, int, bytes]], order: str = "<", *, directory: int = 8
) -> bytes:
    """Write an EXIF block of (tag, type, count, four bytes of value or offset)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", directory)
    body = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return head + struct.pack(order + "H", len(entries)) + body + bytes(4)


def turned(tag: int, order: str = "<") -> bytes:
    """Write an EXIF block with an orientation, and a tag before it."""
    value = struct.pack(order + "HH", tag, 0)
    return exif([(0x100, 3, 1, b"\7\0\0\7"), (0x112, 3, 1, value)], order)


def xmp(tag: int, *, element: bool = False) -> bytes:
    said = f"<tiff:Orientation>{tag}</tiff:Orientation>" if element else f'tiff:Orientation="{tag}"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{said}</x:xmpmeta>'.encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes, late: tuple[bytes, ...] = ()) -> bytes:
    """Write the picture as a PNG with these chunks before its pixels, and those behind."""
    height, width, _ = PIXELS.shape
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in PIXELS)))
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + data + b"".join(late) + end


def profile(block: bytes, *, name: str = "exif") -> bytes:
    """Write a block as ImageMagick writes profiles into text."""
    digits = block.hex()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return f"\n{name}\n{len(block):8}\n{chr(10).join(lines)}\n".encode()


def text(kind: bytes, key: bytes, value: bytes, *, packed: bool = False) -> bytes:
    if kind == b"zTXt":
        return chunk(kind, key + b"\0\0" + zlib.compress(value))
    if kind == b"iTXt":
        value = b"\1\0en\0k\0" + zlib.compress(value) if packed else b"\0\0\0\0" + value
    return chunk(kind, key + b"\0" + value)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def three(*values: int) -> bytes:
    return b"".join(struct.pack("<I", value)[:3] for value in values)


def canvas(features: int, width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([features, 0, 0, 0]) + three(width - 1, height - 1)


def coded(image: Image.Image = PICTURE, **options: Any) -> list[tuple[bytes, bytes]]:
    """Return the chunks with the pixels of a WebP."""
    data = encoded("WEBP", image, **{"lossless": True, "exact": True, **options})
    found, at = [], 12
    while at < len(data):
        kind, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return [(kind, data) for kind, data in found if kind in {b"VP8 ", b"VP8L", b"ALPH"}]


def webp(features: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Write the picture as an extended WebP, with these chunks behind its pixels."""
    return riff(canvas(features, 3, 5), *coded(), *chunks)


EXIF, XMP, ANIMATED, ALPHA = 8, 4, 2, 16
RAW = b"Raw profile type exif"
PACKET = b"XML:com.adobe.xmp"


def jpeg(*segments: bytes) -> bytes:
    data = encoded("JPEG", quality=95, subsampling=0)
    marked = [b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload for payload in segments]
    return data[:2] + b"".join(marked) + data[2:]


ADOBE = b"http://ns.adobe.com/xap/1.0/\0"

# ------------------------------------------------------------------------------------------
# orientation

CARRIERS: dict[str, Callable[[int, str], bytes]] = {
    "webp-exif": lambda tag, order: webp(EXIF, (b"EXIF", turned(tag, order))),
    "webp-exif-named": lambda tag, order: webp(EXIF, (b"EXIF", b"Exif\0\0" + turned(tag, order))),
    "webp-exif-of-an-animation": lambda tag, order: riff(
        canvas(EXIF | ANIMATED, 3, 5),
        (b"ANIM", bytes(6)),
        frame(),
        frame(),
        (b"EXIF", turned(tag, order)),
    ),
    "webp-xmp": lambda tag, _: webp(XMP, (b"XMP ", xmp(tag))),
    "png-exif": lambda tag, order: png(chunk(b"eXIf", turned(tag, order))),
    "png-exif-named": lambda tag, order: png(chunk(b"eXIf", b"Exif\0\0" + turned(tag, order))),
    "png-exif-behind-the-pixels": lambda tag, order: png(
        late=(chunk(b"eXIf", turned(tag, order)),)
    ),
    "png-raw-profile-zTXt": lambda tag, order: png(
        text(b"zTXt", RAW, profile(b"Exif\0\0" + turned(tag, order)))
    ),
    "png-raw-profile-tEXt": lambda tag, order: png(text(b"tEXt", RAW, profile(turned(tag, order)))),
    "png-raw-profile-iTXt": lambda tag, order: png(
        text(b"iTXt", RAW, profile(turned(tag, order)), packed=True)
    ),
    "png-raw-profile-behind-the-pixels": lambda tag, order: png(
        late=(text(b"zTXt", RAW, profile(b"Exif\0\0" + turned(tag, order))),)
    ),
    "png-xmp": lambda tag, _: png(text(b"iTXt", PACKET, xmp(tag))),
    "png-xmp-element": lambda tag, _: png(text(b"iTXt", PACKET, xmp(tag, element=True))),
    "png-xmp-packed": lambda tag, _: png(text(b"iTXt", PACKET, xmp(tag), packed=True)),
    "jpeg-exif": lambda tag, order: jpeg(b"Exif\0\0" + turned(tag, order)),
    "jpeg-xmp": lambda tag, _: jpeg(ADOBE + xmp(tag)),
    "jpeg-progressive-xmp": lambda tag, _: with_segment(ADOBE + xmp(tag)),
}


def with_segment(payload: bytes) -> bytes:
    """Write a progressive JPEG, which libjpeg-turbo decodes, with a segment."""
    data = encoded("JPEG", quality=95, subsampling=0, progressive=True)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]


def frame(
    image: Image.Image = PICTURE,
    left: int = 0,
    top: int = 0,
    size: tuple[int, int] | None = None,
    *,
    flags: int = 0,
    **options: Any,
) -> tuple[bytes, bytes]:
    """Write a frame of an animation."""
    width, height = size or image.size
    place = three(left // 2, top // 2, width - 1, height - 1, 40) + bytes([flags])
    parts = b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
        for kind, data in coded(image, **options)
    )
    return b"ANMF", place + parts


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_orientation_is_applied_wherever_a_format_keeps_it(carrier: str, order: str) -> None:
    upright = shown(CARRIERS[carrier](1, order))
    for tag in range(10):
        data = CARRIERS[carrier](tag, order)
        expected = shown(data)
        assert np.array_equal(decode(data), expected), tag
        assert (2 <= tag <= 8) == (
            expected.shape != upright.shape or not np.array_equal(expected, upright)
        )


def test_exif_comes_before_xmp_and_the_last_of_two_counts() -> None:
    silent = exif([(0x100, 3, 1, bytes(4))])
    files = [
        png(chunk(b"eXIf", turned(1)), text(b"iTXt", PACKET, xmp(6))),
        png(chunk(b"eXIf", silent), text(b"iTXt", PACKET, xmp(6))),
        png(chunk(b"eXIf", silent), text(b"zTXt", RAW, profile(turned(6)))),
        png(chunk(b"eXIf", turned(3)), text(b"zTXt", RAW, profile(turned(6)))),
        png(chunk(b"eXIf", turned(3)), late=(chunk(b"eXIf", turned(6)),)),
        png(text(b"iTXt", PACKET, xmp(3)), text(b"iTXt", PACKET, xmp(6))),
        png(text(b"iTXt", PACKET, b"tiff:Orientation tiff:Orientation=6" + xmp(6))),
        # Names that other programs use, which Pillow does not know.
        png(text(b"zTXt", b"Raw profile type APP1", profile(turned(6), name="APP1"))),
        webp(EXIF | XMP, (b"EXIF", turned(8)), (b"XMP ", xmp(6))),
        webp(EXIF | XMP, (b"EXIF", silent), (b"XMP ", xmp(6))),
        webp(EXIF, (b"EXIF", turned(8)), (b"EXIF", turned(6))),
        # Not announced in the first chunk.
        webp(0, (b"EXIF", turned(8))),
        webp(EXIF, (b"EXIF", silent), (b"XMP ", xmp(6))),
        jpeg(b"Exif\0\0" + silent, ADOBE + xmp(6)),
        jpeg(b"Exif\0\0" + turned(3), ADOBE + xmp(6)),
        jpeg(ADOBE + xmp(3), ADOBE + xmp(6)),
    ]
    for number, data in enumerate(files):
        assert np.array_equal(decode(data), shown(data)), number
    heights = [decode(data).shape[0] for data in files]
    assert heights == [5, 3, 5, 5, 3, 3, 3, 5, 3, 3, 3, 5, 5, 3, 5, 3]


def test_chunks_of_later_frames_do_not_turn_the_first() -> None:
    control = struct.pack(">IIIIIHHBB", 0, 3, 5, 0, 0, 1, 10, 0, 0)
    animation = chunk(b"acTL", struct.pack(">II", 2, 0))
    data = png(
        animation,
        chunk(b"fcTL", control),
        late=(
            chunk(b"fcTL", struct.pack(">I", 1) + control[4:]),
            chunk(
                b"fdAT",
                struct.pack(">I", 2)
                + zlib.compress(b"".join(b"\0" + row.tobytes() for row in 255 - PIXELS)),
            ),
            chunk(b"eXIf", turned(6)),
        ),
    )
    assert np.array_equal(decode(data), shown(data))
    assert np.array_equal(decode(data), PIXELS)


@pytest.mark.parametrize("size", [4, 5, 767])
def test_a_palette_of_broken_colours_ended_the_decoder(size: int) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0\0\1"))
    image = header + chunk(b"PLTE", bytes(size)) + data + chunk(b"IEND", b"")
    reason = refused(b"\x89PNG\r\n\x1a\n" + image)
    assert reason == f"a palette of {size} bytes, where each colour has 3"


def test_pixels_with_a_wrong_checksum_are_refused() -> None:
    """Right by the checksum of their chunk, and not by that of the stream in it."""
    row = b"\0" + PIXELS[0].tobytes()
    stream = bytearray(zlib.compress(row, 0))
    stream[-6] ^= 4
    height_1 = chunk(b"IHDR", struct.pack(">IIBBBBB", PIXELS.shape[1], 1, 8, 2, 0, 0, 0))
    image = height_1 + chunk(b"IDAT", bytes(stream)) + chunk(b"IEND", b"")
    assert "checksum" in refused(b"\x89PNG\r\n\x1a\n" + image).lower()


def test_a_chunk_that_is_not_known_is_named_as_it_is() -> None:
    reason = refused(png(chunk(b"ABCD", b"")))
    assert "ABCD" in reason
    assert "ChunkType" not in reason


def test_a_chunk_that_tells_the_orientation_with_a_wrong_checksum_is_refused() -> None:
    whole = chunk(b"eXIf", turned(6))
    assert refused(png(whole[:-1] + b"\0")) == "the eXIf chunk has a wrong checksum"
    # Behind the pixels Pillow does not look at it.
    data = png(late=(whole[:-1] + b"\0",))
    assert np.array_equal(decode(data), shown(data))


ENTRY = st.tuples(
    st.sampled_from([0x112, 0x112, 0x10F, 0x131, 0]),
    st.sampled_from([3, 3, 3, 4, 1, 2, 5, 6, 7, 8, 9, 10, 13, 16, 0, 17, 99]),
    st.sampled_from([1, 1, 1, 2, 3, 0, 5, 2**31, 2**32 - 1]),
    st.one_of(
        st.sampled_from([b"\6\0\0\0", b"\0\6\0\0", b"\0\0\0\6", b"\6\0\0\6", b"\10\0\0\0"]),
        st.binary(min_size=4, max_size=4),
        st.integers(0, 60).map(lambda at: struct.pack("<I", at)),
        st.integers(0, 60).map(lambda at: struct.pack(">I", at)),
    ),
)


@many
@given(
    entries=st.lists(ENTRY, max_size=4),
    order=st.sampled_from("<>"),
    directory=st.sampled_from([8, 8, 8, 9, 0, 30, 200]),
    named=st.integers(0, 2),
    tail=st.binary(max_size=20),
    kept=st.integers(0, 100),
    magic=st.sampled_from([None, None, None, b"II\0*", b"MM*\0", b"MM\0+", b"XX*\0"]),
)
def test_any_exif_block_turns_a_picture_as_in_pillow(
    *,
    entries: list[tuple[int, int, int, bytes]],
    order: str,
    directory: int,
    named: int,
    tail: bytes,
    kept: int,
    magic: bytes | None,
) -> None:
    block = exif(entries, order, directory=directory) + tail
    block = (magic or block[:4]) + block[4:]
    block = (b"Exif\0\0" * named + block)[: kept + 20]
    # Not exif_transpose, which writes the other tags again, and fails at those that are damaged.
    known = Image.Exif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            known.load(block)
            tag = known.get(0x112, 1)
    except Exception:  # noqa: BLE001  of many kinds: for us, a broken block is none
        tag = 1
    whole = turned(tag if tag in range(9) else 1)
    assert np.array_equal(decode(webp(EXIF, (b"EXIF", block))), shown(webp(EXIF, (b"EXIF", whole))))


@many
@given(damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3))
def test_a_damaged_profile_in_text_is_ignored(damage: list[tuple[int, int]]) -> None:
    value = bytearray(profile(b"Exif\0\0" + turned(6)))
    for at, byte in damage:
        value[at % len(value)] = byte
    data = png(text(b"tEXt", RAW, bytes(value)))
    try:
        expected = shown(data)
    except Exception:  # noqa: BLE001  as above
        expected = PIXELS
    assert np.array_equal(decode(data), expected)


# --------------------------------------------------------------------------------------------------
# BMP


@dataclass
class Bmp:
    """A bitmap, and how it is written; what is None follows from the rest."""

    width: int
    height: int
    bits: int
    data: bytes
    header: int = 40
    compression: int = 0
    top_down: bool = False
    palette: np.ndarray | None = None
    colors: int | None = None
    masks: tuple[int, ...] = ()
    gap: int = 0
    offset: int | None = None
    planes: int = 1

    def written(self) -> bytes:
        signed = -self.height if self.top_down else self.height
        palette = np.empty((0, 3), np.uint8) if self.palette is None else self.palette
        if self.header == 12:
            info = struct.pack("<IHHHH", 12, self.width, self.height, self.planes, self.bits)
            table = palette[:, ::-1].tobytes()
        else:
            colors = len(palette) if self.colors is None else self.colors
            info = struct.pack(
                "<IiiHHIIiiII",
                *(self.header, self.width, signed, self.planes, self.bits, self.compression),
                *(len(self.data), 0, 0, colors, 0),
            )
            info += struct.pack(f"<{len(self.masks)}I", *self.masks)
            info = info.ljust(self.header, b"\0")
            table = np.pad(palette[:, ::-1], ((0, 0), (0, 1)), constant_values=0xEE).tobytes()
        start = 14 + len(info) + len(table) + self.gap
        offset = start if self.offset is None else self.offset
        size = start + len(self.data)
        return (
            struct.pack("<2sIII", b"BM", size, 0, offset)
            + info
            + table
            + b"\xaa" * self.gap
            + self.data
        )


def packed_rows(indices: np.ndarray, bits: int) -> bytes:
    """Pack indices, the first in the highest bits, into rows of whole words, with padding not 0."""
    if bits == 8:
        rows = [row.tobytes() for row in indices]
    else:
        split = np.unpackbits(indices[:, :, None], axis=2)[:, :, 8 - bits :]
        rows = [np.packbits(row.ravel()).tobytes() for row in split]
    return b"".join(row + b"\x55" * (-len(row) % 4) for row in rows)


SIDES = st.integers(1, 20)
SEEDS = st.integers(0, 2**32 - 1)


@many
@given(
    width=SIDES,
    height=SIDES,
    bits=st.sampled_from([1, 2, 4, 8]),
    header=st.sampled_from([12, 40, 52, 56, 64, 108, 124]),
    fewer=st.integers(0, 250),
    counted=st.booleans(),
    top_down=st.booleans(),
    gap=st.sampled_from([0, 0, 1, 2, 7, 300]),
    offset=st.sampled_from(["right", "right", "missing", "without the palette"]),
    seed=SEEDS,
)
def test_any_bitmap_with_a_palette(
    *,
    width: int,
    height: int,
    bits: int,
    header: int,
    fewer: int,
    counted: bool,
    top_down: bool,
    gap: int,
    offset: str,
    seed: int,
) -> None:
    # Where the header does not count the colours, only the place of the pixels does.
    shortened = counted and header > 12
    colors = max(1, (1 << bits) - fewer) if shortened or offset == "right" else 1 << bits
    if not shortened:
        gap = 0 if colors < 1 << bits else gap
    palette, indices = random(seed, colors, 3), random(seed + 1, height, width, below=colors)
    data = Bmp(
        *(width, height, bits, packed_rows(indices, bits), header),
        top_down=top_down and header > 12,
        palette=palette,
        colors=colors if shortened else 0,
        gap=gap if offset == "right" else 0,
        offset={"right": None, "missing": 0, "without the palette": 14 + header}[offset],
    ).written()
    # The data is stored from the bottom up, unless said otherwise.
    expected = palette[indices if top_down and header > 12 else indices[::-1]]
    assert np.array_equal(decode(data), expected)
    # Pillow knows no 2 bits, and takes pixels for gray ones where there are two colours, black and
    # white.
    if bits != 2 and colors > 2:
        assert np.array_equal(shown(data), expected)


# The layouts that Pillow knows: (bits, compression, masks).
LAYOUTS: list[tuple[int, int, tuple[int, ...]]] = [
    (16, 0, ()),
    (24, 0, ()),
    (32, 0, ()),
    (16, 3, (0xF800, 0x7E0, 0x1F, 0)),
    (16, 3, (0x7C00, 0x3E0, 0x1F, 0)),
    (24, 3, (0xFF0000, 0xFF00, 0xFF, 0)),
    (32, 3, (0xFF0000, 0xFF00, 0xFF, 0)),
    (32, 3, (0xFF000000, 0xFF0000, 0xFF00, 0)),
    (32, 3, (0xFF000000, 0xFF00, 0xFF, 0)),
    (32, 3, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    (32, 3, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    (32, 3, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
    (32, 3, (0xFF000000, 0xFF00, 0xFF, 0xFF0000)),
    (32, 3, (0, 0, 0, 0)),
]


@many
@given(
    width=SIDES,
    height=SIDES,
    layout=st.sampled_from(LAYOUTS),
    header=st.sampled_from([12, 40, 52, 56, 64, 108, 124]),
    top_down=st.booleans(),
    gap=st.sampled_from([0, 0, 1, 2, 7, 300]),
    has_offset=st.booleans(),
    seed=SEEDS,
)
def test_any_bitmap_without_a_palette(
    *,
    width: int,
    height: int,
    layout: tuple[int, int, tuple[int, ...]],
    header: int,
    top_down: bool,
    gap: int,
    has_offset: bool,
    seed: int,
) -> None:
    bits, compression, masks = layout
    # OS/2 means another compression; without a fourth mask there is no alpha.
    assume(not compression or (header not in {12, 64} and (header >= 56 or masks[3] == 0)))
    stride = (width * bits + 31) // 32 * 4
    data = Bmp(
        *(width, height, bits, random(seed, height * stride).tobytes(), header, compression),
        top_down=top_down and header > 12,
        masks=masks[:3] if header in {40, 52} else masks,
        gap=gap if has_offset else 0,
        offset=None if has_offset else 0,
    ).written()
    assert np.array_equal(decode(data), shown(data))


@many
@given(
    width=SIDES,
    height=SIDES,
    bits=st.sampled_from([16, 24, 32]),
    widths=st.tuples(*[st.integers(1, 8)] * 3),
    gaps=st.tuples(*[st.integers(0, 4)] * 3),
    order=st.permutations([0, 1, 2]),
    six=st.booleans(),
    seed=SEEDS,
)
def test_bit_masks_of_any_layout(
    *,
    width: int,
    height: int,
    bits: int,
    widths: tuple[int, int, int],
    gaps: tuple[int, int, int],
    order: list[int],
    six: bool,
    seed: int,
) -> None:
    masks, shift = [0, 0, 0], 0
    for channel in order:
        shift += gaps[channel]
        masks[channel] = ((1 << widths[channel]) - 1) << shift
        shift += widths[channel]
    assume(shift <= bits)
    size = bits // 8
    stored = random(seed, height, width, size).astype(np.int64)
    pixels = sum(stored[:, :, at] << (8 * at) for at in range(size))
    rows = b"".join(
        row.astype(np.uint8).tobytes().ljust((width * bits + 31) // 32 * 4, b"\0") for row in stored
    )
    data = Bmp(
        *(width, height, bits, rows, 40, 6 if six else 3),
        # With an alpha mask behind them in the one compression.
        masks=(*masks, 0) if six else tuple(masks),
    ).written()
    expected = np.stack(
        [
            (pixels // (mask & -mask) & ((1 << many_bits) - 1)) * 255 // ((1 << many_bits) - 1)
            for mask, many_bits in zip(masks, widths, strict=True)
        ],
        axis=-1,
    )
    assert np.array_equal(decode(data), expected[::-1])


@dataclass
class Runs:
    """Run-length codes and their indices: the rules of the format, written a second time."""

    width: int
    height: int
    bits: int
    x: int = 0
    y: int = 0
    codes: bytes = b""
    indices: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.indices = np.zeros((self.height, self.width), np.uint8)

    def nibbles(self, values: list[int]) -> bytes:
        if self.bits == 8:
            return bytes(values)
        pairs = itertools.zip_longest(values[::2], values[1::2], fillvalue=9)
        return bytes(high << 4 | low for high, low in pairs)

    def put(self, values: list[int]) -> None:
        self.indices[self.y, self.x : self.x + len(values)] = values
        self.x += len(values)

    def run(self, count: int, values: list[int]) -> None:
        count = min(count, self.width - self.x)
        if count:
            values = values[: 2 if self.bits == 4 else 1]
            self.codes += bytes([count]) + self.nibbles(values)
            self.put((values * count)[:count])

    def literal(self, values: list[int]) -> None:
        values = values[: self.width - self.x]
        if len(values) > 2:
            data = self.nibbles(values)
            self.codes += bytes([0, len(values)]) + data + b"\x33" * (len(data) % 2)
            self.put(values)

    def skip(self, right: int, up: int) -> None:
        right, up = min(right, self.width - self.x), min(up, self.height - 1 - self.y)
        self.codes += bytes([0, 2, right, up])
        self.x, self.y = self.x + right, self.y + up

    def end_of_line(self) -> None:
        self.codes += b"\0\0"
        self.x, self.y = 0, self.y + 1


OPERATION = st.tuples(
    st.sampled_from(["run", "run", "literal", "literal", "skip", "line"]),
    st.integers(1, 30),
    st.integers(0, 4),
)


@many
@given(
    width=SIDES,
    height=SIDES,
    bits=st.sampled_from([4, 8]),
    header=st.sampled_from([40, 64, 108, 124]),
    operations=st.lists(OPERATION, max_size=40),
    is_marked=st.booleans(),
    gap=st.sampled_from([0, 2, 30]),
    seed=SEEDS,
)
def test_any_run_lengths(
    *,
    width: int,
    height: int,
    bits: int,
    header: int,
    operations: list[tuple[str, int, int]],
    is_marked: bool,
    gap: int,
    seed: int,
) -> None:
    colors = 1 << bits
    palette, values = random(seed, colors, 3), random(seed + 1, 50, below=colors).tolist()
    runs = Runs(width, height, bits)
    is_pillows = True
    for number, (kind, count, up) in enumerate(operations):
        some = values[number:]
        if kind == "run":
            runs.run(count, some)
        elif kind == "literal":
            runs.literal(some[:count])
        elif kind == "skip":
            # To Pillow, the end of a row is the start of the next.
            is_pillows &= runs.x + count < width
            runs.skip(count, up)
        elif runs.y < height - 1:
            # Pillow sees no end of a line where a line starts.
            is_pillows &= runs.x > 0
            runs.end_of_line()
    while runs.y < height:
        runs.run(width, values)
        runs.end_of_line()
    # Whole rows that end without a mark are there all the same.
    codes = runs.codes + b"\0\1" if is_marked else runs.codes[:-2]
    data = Bmp(
        *(width, height, bits, codes, header, 1 if bits == 8 else 2), palette=palette, gap=gap
    ).written()
    assert np.array_equal(decode(data), palette[runs.indices[::-1]])
    if is_pillows:
        assert np.array_equal(shown(data), palette[runs.indices[::-1]])


GRAY = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)


def test_gray_palettes_whatever_their_depth() -> None:
    """Pillow takes pixels of 4 and 8 bits for others here, so it is no judge."""
    for bits, colors in itertools.product((1, 2, 4, 8), (2, 16)):
        if colors <= 1 << bits:
            indices = random(bits, 5, 7, below=colors)
            palette = GRAY[:colors] * (255 if colors == 2 else 1)
            data = Bmp(7, 5, bits, packed_rows(indices, bits), palette=palette).written()
            assert np.array_equal(decode(data), palette[indices[::-1]])


def test_more_colours_than_a_pixel_can_mean() -> None:
    palette, indices = random(1, 300, 3), random(2, 4, 6)
    data = Bmp(6, 4, 8, packed_rows(indices, 8), palette=palette).written()
    assert np.array_equal(decode(data), palette[indices[::-1]])


def test_a_bitmap_is_not_shifted_by_what_its_header_says_of_where_its_pixels_start() -> None:
    palette, indices = random(4, 200, 3), random(5, 5, 4, below=200)
    pixels = random(3, 5, 4, 3)
    for header, gap in itertools.product((40, 108, 124), (0, 1, 4, 84, 1000)):
        # The offset left out, or without the palette: with a gap, nothing would tell that it is
        # there.
        for offset in [None] if gap else [None, 0, 14 + header]:
            place = {"header": header, "gap": gap, "offset": offset}
            for data, expected in [
                (Bmp(4, 5, 24, pixels.tobytes(), **place), pixels[::-1, :, ::-1]),
                (Bmp(4, 5, 8, indices.tobytes(), palette=palette, **place), palette[indices[::-1]]),
            ]:
                assert np.array_equal(decode(data.written()), expected)
                assert np.array_equal(shown(data.written()), expected)


SMALL = Bmp(4, 2, 8, bytes(range(8)), palette=random(4, 8, 3))
COLORS = Bmp(2, 2, 24, bytes(16))


@pytest.mark.parametrize(
    ("reason", "bitmap", "changes"),
    [
        ("a BMP with JPEG compression", COLORS, {"compression": 4, "bits": 0}),
        ("a BMP with PNG compression", COLORS, {"compression": 5, "bits": 0}),
        ("a BMP with Huffman compression", SMALL, {"header": 64, "compression": 3, "bits": 1}),
        ("a BMP with 24-bit run lengths", COLORS, {"header": 64, "compression": 4}),
        ("a BMP of 8 bits a pixel with compression 2", SMALL, {"compression": 2}),
        ("a BMP of 24 bits a pixel with compression 11", COLORS, {"compression": 11}),
        ("a BMP of 5 bits a pixel with compression 0", SMALL, {"bits": 5}),
        ("a run-length encoded BMP from the top down", SMALL, {"compression": 1, "top_down": True}),
        (
            "a BMP with a header of 16 bytes: 12, 40, 52, 56, 64, 108 and 124 are known",
            SMALL,
            {"header": 16},
        ),
        ("a BMP of 3 planes", COLORS, {"planes": 3}),
        ("a BMP that is -4 pixels wide", SMALL, {"width": -4}),
        (
            "a BMP whose pixels are said to start at byte 30, within its header",
            COLORS,
            {"offset": 30},
        ),
        (
            "a BMP whose pixels are said to start at byte 53, within its header",
            SMALL,
            {"offset": 53},
        ),
        (
            "a BMP whose pixels are said to start at byte 54, within its header",
            COLORS,
            {"offset": 54, "compression": 3, "masks": (0xFF0000, 0xFF00, 0xFF)},
        ),
        ("a BMP that does not say where its pixels start", COLORS, {"offset": 0, "colors": 4}),
        (
            "a BMP whose palette of 8 colours reaches into the pixels at byte 60",
            SMALL,
            {"offset": 60},
        ),
        (
            "the file is cut short: 0 of 8 bytes of pixels are there",
            SMALL,
            {"offset": 2**32 - 1},
        ),
        ("the file is cut short: 7 of 8 bytes of pixels are there", SMALL, {"data": bytes(7)}),
        ("the file ends within its palette", SMALL, {"data": b"", "colors": 250, "offset": 0}),
        ("a pixel of colour 8, where the palette has 8", SMALL, {"data": bytes(range(1, 9))}),
        (
            "a BMP of 32 bits a pixel with the masks 0xffe00000, 0x1ffc00 and 0x3ff",
            COLORS,
            {"bits": 32, "compression": 3, "masks": (0xFFE00000, 0x1FFC00, 0x3FF)},
        ),
        (
            "a BMP of 16 bits a pixel with the masks 0x7c00, 0x7e0 and 0x1f",
            COLORS,
            {"bits": 16, "compression": 3, "masks": (0x7C00, 0x7E0, 0x1F)},
        ),
        (
            "a BMP of 16 bits a pixel with the masks 0xff0000, 0xff00 and 0xff",
            COLORS,
            {"bits": 16, "compression": 3, "masks": (0xFF0000, 0xFF00, 0xFF)},
        ),
        (
            "a BMP of 16 bits a pixel with the masks 0x0, 0x0 and 0x0",
            COLORS,
            {"bits": 16, "compression": 3, "masks": (0, 0, 0)},
        ),
        (
            "the file is cut short: the run lengths end in row 1 of 2",
            SMALL,
            {"compression": 1, "data": b"\4\1"},
        ),
        (
            "the file is cut short: the run lengths end in row 1 of 2",
            SMALL,
            {"compression": 1, "data": b"\4\1\0\1"},
        ),
        (
            "the file is cut short: the run lengths end in row 1 of 2",
            SMALL,
            {"compression": 1, "data": b"\0\4\1\2\3"},
        ),
        (
            "a run of 5 pixels that leaves row 1 of 2",
            SMALL,
            {"compression": 1, "data": b"\5\1\0\0\4\1\0\1"},
        ),
        (
            "a run of 3 pixels that leaves row 2 of 2",
            SMALL,
            {"compression": 1, "data": b"\4\1\0\0\2\1\0\3\1\2\3\0\0\1"},
        ),
        (
            "run lengths that leave the image",
            SMALL,
            {"compression": 1, "data": b"\2\1\0\2\3\0\0\1"},
        ),
    ],
)
def test_a_bitmap_that_is_not_sure_is_refused(
    reason: str, bitmap: Bmp, changes: dict[str, Any]
) -> None:
    assert refused(Bmp(**{**vars(bitmap), **changes}).written()) == reason
    decode(bitmap.written())


# All but the higher bytes of the size, since Pillow takes memory for any.
DAMAGED = sorted(set(range(81)) - {19, 20, 21, 23, 24, 25})


@many
@given(
    bitmap=st.sampled_from([SMALL, COLORS]),
    header=st.sampled_from([12, 40, 108]),
    damage=st.lists(
        st.tuples(st.sampled_from(DAMAGED), st.integers(0, 255)), min_size=1, max_size=3
    ),
    kept=st.integers(0, 200),
)
def test_a_damaged_bitmap_is_what_pillow_shows_or_refused(
    bitmap: Bmp, header: int, damage: list[tuple[int, int]], kept: int
) -> None:
    data = bytearray(Bmp(**{**vars(bitmap), "header": header}).written())
    for at, byte in damage:
        data[at % len(data)] = byte
    cut = bytes(data)[: kept + 14]
    try:
        ours = decode(cut)
    except DecodeError:
        return
    assert np.array_equal(ours, shown(cut))


# --------------------------------------------------------------------------------------------------
# GIF


def coded_indices(indices: np.ndarray, bits: int) -> bytes:
    """Code indices as a GIF does, without repeats: frequent clearing keeps codes short."""
    clear, length = 1 << bits, bits + 1
    codes: list[int] = []
    for number, index in enumerate(indices.ravel().tolist()):
        if number % (clear - 2) == 0:
            codes.append(clear)
        codes.append(index)
    codes.append(clear + 1)
    split = np.unpackbits(
        np.array(codes, "<u2").view(np.uint8).reshape(-1, 2), axis=1, bitorder="little"
    )[:, :length]
    data = np.packbits(split.ravel(), bitorder="little").tobytes()
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def interlaced(rows: np.ndarray) -> np.ndarray:
    return np.concatenate([rows[start::step] for start, step in ((0, 8), (4, 8), (2, 4), (1, 2))])


@dataclass
class Gif:
    """A GIF of one frame, with palettes of 2 to 256 colours."""

    screen: tuple[int, int]
    place: tuple[int, int]
    indices: np.ndarray
    common: np.ndarray | None
    own: np.ndarray | None = None
    transparent: int | None = None
    background: int = 0
    is_interlaced: bool = False

    def written(self) -> bytes:
        def flags(palette: np.ndarray | None) -> int:
            return 0 if palette is None else 0x80 | (len(palette).bit_length() - 2)

        def table(palette: np.ndarray | None) -> bytes:
            return b"" if palette is None else palette.tobytes()

        height, width = self.indices.shape
        control = (
            b""
            if self.transparent is None
            else bytes([0x21, 0xF9, 4, 1, 0, 0, self.transparent, 0])
        )
        used = self.common if self.own is None else self.own
        depth = 2 if used is None else max(2, len(used).bit_length() - 1)
        return (
            b"GIF89a"
            + struct.pack("<HHBBB", *self.screen, flags(self.common), self.background, 0)
            + table(self.common)
            + control
            + struct.pack("<BHHHH", 0x2C, *self.place, width, height)
            + bytes([flags(self.own) | 0x40 * self.is_interlaced])
            + table(self.own)
            + coded_indices(interlaced(self.indices) if self.is_interlaced else self.indices, depth)
            + b";"
        )


PALETTES = st.none() | st.integers(1, 8)


@many
@given(
    screen=st.tuples(st.integers(0, 24), st.integers(0, 24)),
    place=st.tuples(st.integers(0, 6), st.integers(0, 6)),
    size=st.tuples(SIDES, SIDES),
    common=PALETTES,
    own=PALETTES,
    transparent=st.none() | st.integers(0, 255),
    background=st.integers(0, 255),
    is_interlaced=st.booleans(),
    is_beyond=st.booleans(),
    seed=SEEDS,
)
def test_any_first_frame_of_a_gif(
    *,
    screen: tuple[int, int],
    place: tuple[int, int],
    size: tuple[int, int],
    common: int | None,
    own: int | None,
    transparent: int | None,
    background: int,
    is_interlaced: bool,
    is_beyond: bool,
    seed: int,
) -> None:
    palettes = [
        None if depth is None else random(seed + depth, 1 << depth, 3) for depth in (common, own)
    ]
    depth = common if own is None else own
    # Indices take two bits at least, and may lie beyond a palette of two colours.
    colors = max(4, 1 << (depth or 1)) if is_beyond else 1 << (depth or 1)
    data = Gif(
        *(screen, place, random(seed, *size, below=colors), *palettes),
        transparent=transparent,
        background=background,
        is_interlaced=is_interlaced,
    ).written()
    if depth is None:
        assert "color table" in refused(data)
    else:
        assert np.array_equal(decode(data), shown(data))


def test_a_gray_palette_of_its_own_is_not_taken_for_the_common_one() -> None:
    """Pillow takes it for that, so it is no judge."""
    indices = random(5, 4, 6)
    data = Gif((6, 4), (0, 0), indices, random(6, 256, 3), GRAY).written()
    assert np.array_equal(decode(data), GRAY[indices])


def test_a_gif_that_is_cut_short_is_refused() -> None:
    whole = Gif((9, 9), (0, 0), random(1, 9, 9, below=4), random(2, 4, 3)).written()
    assert np.array_equal(decode(whole), shown(whole))
    # The last bytes are the end of the codes, of the blocks and of the file, and nobody misses
    # those.
    for kept in range(len(whole) - 5):
        refused(whole[:kept])


# -------------------------------------------------------------------------------------------------
# WebP


@many
@given(
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    place=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    more=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    mode=st.sampled_from(["RGB", "RGBA"]),
    is_lossless=st.booleans(),
    has_alpha=st.booleans(),
    flags=st.integers(0, 3),
    seed=SEEDS,
)
def test_any_first_frame_of_an_animated_webp(
    *,
    size: tuple[int, int],
    place: tuple[int, int],
    more: tuple[int, int],
    mode: str,
    is_lossless: bool,
    has_alpha: bool,
    flags: int,
    seed: int,
) -> None:
    image = Image.fromarray(random(seed, *size[::-1], len(mode)))
    left, top = 2 * place[0], 2 * place[1]
    data = riff(
        canvas(ANIMATED | ALPHA * has_alpha, left + size[0] + more[0], top + size[1] + more[1]),
        (b"ANIM", b"\x11\x22\x33\x44\0\0"),
        frame(image, left, top, flags=flags, lossless=is_lossless),
        frame(PICTURE.crop((0, 0, 1, 1))),
    )
    assert np.array_equal(decode(data), shown(data))


def test_a_webp_of_another_size_than_it_says_is_refused() -> None:
    large = Image.fromarray(random(1, 300, 400, 3))
    wrong = [
        riff(canvas(0, 3, 5), *coded(large)),
        riff(canvas(0, 3, 5), *coded(large, lossless=False)),
        riff(canvas(ANIMATED, 3, 5), (b"ANIM", bytes(6)), frame(large, size=(3, 5))),
    ]
    for data in wrong:
        assert refused(data) == "pixels of 400x300, but the file says 3x5"
    data = riff(canvas(ANIMATED, 3, 5), (b"ANIM", bytes(6)), frame(left=2))
    assert refused(data) == "a first frame of 3x5 that reaches beyond the canvas of 3x5"


def test_a_webp_that_is_cut_short_is_refused() -> None:
    for whole in (
        webp(EXIF, (b"EXIF", turned(6))),
        riff(canvas(ANIMATED, 3, 5), (b"ANIM", bytes(6)), frame(), frame()),
        encoded("WEBP"),
    ):
        decode(whole)
        for kept in range(len(whole)):
            refused(whole[:kept])


# --------------------------------------------------------------------------------------------------
# PNG


@many
@given(
    width=SIDES,
    height=SIDES,
    bits=st.sampled_from([1, 2, 4, 8]),
    fewer=st.integers(0, 255),
    is_beyond=st.booleans(),
    alphas=st.none() | st.integers(1, 256),
    seed=SEEDS,
)
def test_any_png_with_a_palette(
    *,
    width: int,
    height: int,
    bits: int,
    fewer: int,
    is_beyond: bool,
    alphas: int | None,
    seed: int,
) -> None:
    colors = max(1, (1 << bits) - fewer)
    indices = random(seed, height, width, below=1 << bits if is_beyond else colors)
    rows = b"".join(
        b"\0" + np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :]).tobytes()
        for row in indices
    )
    alpha = [] if alphas is None else [chunk(b"tRNS", random(seed, min(alphas, colors)).tobytes())]
    data = b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)),
            chunk(b"PLTE", random(seed + 1, colors, 3).tobytes()),
            *alpha,
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        ]
    )
    assert np.array_equal(decode(data), shown(data))


@many
@given(
    size=st.tuples(SIDES, SIDES),
    kind=st.sampled_from(
        [(0, 1), (0, 2), (0, 4), (0, 8), (2, 8), (2, 16), (4, 8), (4, 16), (6, 8), (6, 16)]
    ),
    is_transparent=st.booleans(),
    seed=SEEDS,
)
def test_any_png_without_a_palette(
    *, size: tuple[int, int], kind: tuple[int, int], is_transparent: bool, seed: int
) -> None:
    color, bits = kind
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    (width, height), stride = size, (size[0] * channels * bits + 7) // 8
    data = random(seed, height, stride)
    key = b"".join(
        b"\0" + random(seed + at, 1, below=min(256, 1 << bits)).tobytes() for at in range(channels)
    )
    data = b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)),
            *([chunk(b"tRNS", key)] if is_transparent and color in {0, 2} else []),
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in data))),
            chunk(b"IEND", b""),
        ]
    )
    assert np.array_equal(decode(data), shown(data))
