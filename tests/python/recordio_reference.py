"""RecordIO, read and written from the description of the format alone: what ours is held against.

A part of a record is the number 0xced7230a, a number whose upper three bits are a flag and whose
lower 29 are a length, that many bytes, and zeros up to a multiple of four; all numbers are 32 bits,
little-endian. A record is one part (flag 0), or a first (1), any number of middle ones (2) and a
last (3), which are joined by the number 0xced7230a. No part holds that number at a multiple of four
bytes from its beginning.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAGIC = struct.pack("<I", 0xCED7230A)


class Header(NamedTuple):
    """The header of an image record; ``label`` counts if there are no ``labels``."""

    label: float
    labels: tuple[float, ...]
    id: int
    id2: int


def split(payload: bytes) -> list[bytes]:
    """Return the parts of a record."""
    parts, part = [], b""
    for start in range(0, len(payload), 4):
        word = payload[start : start + 4]
        if word == MAGIC:
            parts.append(part)
            part = b""
        else:
            part += word
    return [*parts, part]


def write(payloads: Iterable[bytes]) -> bytes:
    """Return the bytes of a file."""
    file = io.BytesIO()
    for payload in payloads:
        parts = split(payload)
        flags = [0] if len(parts) == 1 else [1, *[2] * (len(parts) - 2), 3]
        for flag, part in zip(flags, parts, strict=True):
            file.write(MAGIC)
            file.write(struct.pack("<I", flag * 2**29 + len(part)))
            file.write(part)
            while file.tell() % 4:
                file.write(b"\0")
    return file.getvalue()


def read(file: bytes) -> Iterator[bytes]:
    """Yield the payloads of a file."""
    stream = io.BytesIO(file)
    parts: list[bytes] = []
    while header := stream.read(8):
        magic, word = header[:4], int.from_bytes(header[4:], "little")
        flag, length = divmod(word, 2**29)
        assert magic == MAGIC, "a part starts with the number"
        assert flag in ((2, 3) if parts else (0, 1)), "parts come in order"
        parts.append(stream.read(length))
        assert len(parts[-1]) == length, "the file has the whole part"
        padding = stream.read(-length % 4)
        assert padding == b"\0" * (-length % 4), "padding is zeros"
        if flag in (0, 3):
            yield MAGIC.join(parts)
            parts = []
    assert not parts, "the last record is whole"


def index(text: str) -> dict[int, int]:
    """Return where the record of each key begins, by the text of an index."""
    return {
        int(key): int(offset)
        for key, offset in (line.split("\t") for line in text.split("\n") if line)
    }


def record_at(file: bytes, offset: int) -> bytes:
    """Return the record that begins at a byte of the file."""
    return next(read(file[offset:]))


def pack(header: Header, image: bytes) -> bytes:
    """Return an image record."""
    count = len(header.labels)
    start = struct.pack("<IfQQ", count, header.label, header.id, header.id2)
    return start + struct.pack(f"<{count}f", *header.labels) + image


def unpack(record: bytes) -> tuple[Header, bytes]:
    """Return the parts of an image record."""
    count, label, number, second = struct.unpack_from("<IfQQ", record)
    labels = struct.unpack_from(f"<{count}f", record, 24)
    return Header(label, labels, number, second), record[24 + 4 * count :]
