"""Samples of every node: streams that the tests make, and what tells their values apart.

As a program, ``python node_samples.py FOLDER SAVED`` prints digests of all of them, and of streams
that were saved.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cases_of_colours  # noqa: F401  it declares cases
import cases_of_filters  # noqa: F401  as above
import cases_of_images
import cases_of_macros  # noqa: F401  as above
import cases_of_mixing  # noqa: F401  as above
import cases_of_operations
import cases_of_recipes  # noqa: F401  as above
import cases_of_resources  # noqa: F401  as above
import numpy as np
from imagepipe_rs import encode, graph
from imagepipe_rs.graph import (
    AdjustContrast,
    Constant,
    Graph,
    Grayscale,
    MakeList,
    MakeResource,
    Node,
    PointsMask,
    PolygonMask,
    Resize,
    SampleIndex,
    SampleUniform,
    Stream,
    load,
    outputs,
)
from node_cases import CASES
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

OF_IMAGES = {**cases_of_images.PICTURED, **cases_of_images.NOT_PICTURED}
EXPRESSIONS = {**OF_IMAGES, **cases_of_operations.EXPRESSIONS}
"""What is made of nodes; those that are not here have a case in ``CASES``."""

NAMES = sorted({*EXPRESSIONS, *CASES})

# It has a function of Python.
NOT_SAVED = {"PyNode"}

INDICES = [0, 1, 2**64 - 1]

WIDTH, HEIGHT = 144, 96

# On the first photograph of the gallery: a saucer, a cup and a spoon, and three points.
SAUCER = (67, 55, 48, 39)  # its middle, and how far it reaches across and down
BOXES = np.array([[41, 3, 103, 74], [76, 50, 99, 79]], np.float32)
POINTS = np.array([[70, 36], [54, 66], [88, 68]], np.float32)
CORNERS = np.array([[15, 80], [70, 8], [130, 30], [95, 50], [120, 85]], np.float32)
ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)


# ------------------------------------------------------------------------- what expressions may use


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph of (96, 144, 3), and files of it."""

    pixels: Pixels

    @cached_property
    def file(self) -> bytes:
        """A JPEG file."""
        return encode(self.pixels, "jpeg")

    @cached_property
    def palette(self) -> bytes:
        """A PNG file of eight colours, by how green each pixel is."""
        indexed = Image.fromarray(self.pixels[..., 1] // 32).convert("P")
        data = io.BytesIO()
        indexed.save(data, "PNG", bits=4)
        return data.getvalue()


def inputs_of(photos: Sequence[Photo], others: Sequence[Photo]) -> dict[str, Any]:
    """Return images, and what is known of them, by name; samples take them in turn."""

    def in_turn(values: Sequence[Any]) -> Node:
        return MakeList([Constant(one) for one in values])[SampleIndex() % len(values)]

    move = in_turn([np.float32(7 * number) for number in range(len(photos))])
    image = in_turn([one.pixels for one in photos])
    mask = PolygonMask(Constant(_ellipse(*SAUCER)) + move, WIDTH, HEIGHT)
    sample = MakeResource(
        image=image, mask=mask, boxes=BOXES + move, points=POINTS + move, labels=["cup", "spoon"]
    )
    return {
        "image": image,
        "other": in_turn([one.pixels for one in others]),
        "gray": Grayscale(image),
        "small": Resize(image, 48, 32, "Area"),
        "dull": AdjustContrast(image, 0.3),
        "mask": mask,
        "sample": sample,
        "frame": np.array([[0, 0], [143, 0], [143, 95], [0, 95]], np.float32),
        "corners": CORNERS + move,
        "discs": PointsMask(CORNERS - move, WIDTH, HEIGHT, 12),
        "rows": ROWS,
        "columns": COLUMNS,
        "file": in_turn([one.file for one in photos]),
        "palette": in_turn([one.palette for one in photos]),
    }


def _ellipse(x: float, y: float, across: float, down: float) -> npt.NDArray[np.float32]:
    """Return points around a middle."""
    # Without sines, which NumPy computes in ways that depend on the processor.
    t = np.linspace(-1, 1, 33, dtype=np.float32)
    right = np.stack([(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)], axis=1)
    both = np.concatenate([right, -right])
    return (both * [across, down] + [x, y]).astype(np.float32)


def _inputs_of_numbers(folder: Path) -> dict[str, Any]:
    """Return numbers, text and geometry by name, other ones in each sample."""
    index = SampleIndex()
    turn = (index % 3 + 3) % 3  # of an index that is negative, too
    number = SampleUniform(-2, 2, name="number")
    (folder / "file.txt").write_bytes(b"A file.\n")
    steps = np.arange(6)
    return {
        "index": index,
        "turn": turn,
        "number": number,
        "floats": Constant((steps * 1.3 - 3.1).astype(np.float32)) + number,
        "doubles": Constant(steps * 1.3 - 3.1) + turn * 0.1,
        "integers": Constant((steps * 37 - 90).astype(np.int32)) + turn,
        "levels": graph.Convert(Constant(steps.reshape(2, 3) * 41 + 30) + turn, "Char"),
        "truths": Constant(steps % 3) == turn,
        "words": MakeList(["a", "bc", Constant("def")]),
        "points": Constant(np.array([[3, 4], [10, 5], [6, 20]], np.float32)) + number,
        "box": Constant(np.array([3, 4, 10, 20], np.float32)) + number,
        "view": graph.AffineView(2, number, number, 2, 0.5),
        "path": str(folder / "file.txt"),
    }


def _inputs_of_images() -> dict[str, Any]:
    photos = list(map(_made_up, range(6)))
    return inputs_of(photos[:3], photos[3:])


@cache
def _made_up(number: int) -> Photo:
    """Return an image that is smooth on the left and noisy on the right."""
    y, x, channel = np.mgrid[:HEIGHT, :WIDTH, :3].astype(np.uint32)
    smooth = (x + y * (channel + 1) // 2 + 40 * number) % 256
    place = (y * WIDTH + x) * 3 + channel + 100_003 * number
    noise = (place * np.uint32(2_654_435_761)) >> 24
    return Photo(np.where(x < WIDTH // 2, smooth, noise).astype(np.uint8))


# ------------------------------------------------------------------------------------------ streams


def made(name: str, folder: Path, **options: Any) -> Stream:
    """Return a stream of what the case of a node makes.

    Args:
        name: the node, of `NAMES`.
        folder: where the case may write files.
        options: arguments of the stream.
    """
    place = folder / name
    place.mkdir(exist_ok=True)
    with Graph() as members:
        if name in EXPRESSIONS:
            names = _inputs_of_images() if name in OF_IMAGES else _inputs_of_numbers(place)
            for text in EXPRESSIONS[name]:
                outputs(*values_of(evaluated(text, names)))
        else:
            nodes, _ = CASES[name](getattr(graph, name), place)
            outputs(*nodes)
    return Stream(members, seed=7, **options)


def evaluated(text: str, names: dict[str, Any]) -> Any:
    """Return the node that an expression makes."""
    return eval(text, {**vars(graph), **names})  # noqa: S307  it is in this folder


def values_of(node: Any) -> list[Any]:
    """Return a node; of a resource, its fields."""
    if isinstance(node, Node) and node.resource_type() is not None:
        return [node[field] for field in ("image", "mask", "boxes", "points", "labels")]
    return [node]


# ------------------------------------------------------------------------------------------ digests


def parts(value: Any) -> Iterator[bytes]:
    """Return an iterator over all that tells a value from others."""
    if isinstance(value, list | tuple):
        yield b"%d" % len(value)
        for one in value:
            yield from parts(one)
    elif isinstance(value, str | bytes):
        yield repr(value).encode()
    else:
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()


def digest(values: Any, folder: Path | None = None) -> str:
    """Return the SHA-256 of values; paths in a folder, if one is given, are relative to it."""
    joined = b";".join(parts(values))
    if folder is not None:
        joined = joined.replace(str(folder).encode(), b"")
    return hashlib.sha256(joined).hexdigest()


def digests(stream: Stream, folder: Path) -> list[str]:
    """Return a digest of each sample that is compared."""
    return [digest(stream.values(index), folder) for index in INDICES]


def main() -> None:
    """Print the digests of all streams, by name: as they are made here, and as they were saved."""
    folder, saved = map(Path, sys.argv[1:])
    streams = {
        "made": {name: made(name, folder) for name in NAMES},
        "loaded": {path.stem: load(path) for path in saved.glob("*.pipe")},
    }
    found = {
        how: {name: digests(stream, folder) for name, stream in by_name.items()}
        for how, by_name in streams.items()
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
