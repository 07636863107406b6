"""Makes docs/gallery.md and its pictures: what each node of images, and each policy, makes of one.

The photographs are scikit-image's `coffee`, by Rachel Michetti, and `chelsea`, by Stefan van der
Walt, which both photographers have put into the public domain (CC0). `make gallery` runs this.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
from cases_of_images import PICTURED
from imagepipe_rs import Loader, decode, encode
from imagepipe_rs.graph import Graph, Stream, outputs
from imagepipe_rs.graph._make_reference import pictured_nodes
from node_samples import HEIGHT, WIDTH, Photo, evaluated, inputs_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node_samples import Pixels

PAGE = Path(__file__).resolve().parents[3] / "docs" / "gallery.md"
FOLDER = PAGE.with_suffix("")

HEAD = """\
# Gallery

What each node of images does, and each policy of a Loader. What a node is given is on the left, and
what it makes of that is on the right; of a node that draws, there are three samples. The code is
below the picture, and the title leads to the node's parameters. `make gallery` makes this page and
its pictures.

* `image` is a photograph, (96, 144, 3) uint8, and `other` another one.
* `gray` is the same in one channel, `small` is (32, 48, 3), and `dull` has little contrast.
* `file` and `palette` are the bytes of a JPEG file of it and of a PNG file with eight colours.
* `mask` is 255 where the saucer is. `sample` is a resource of the image, the mask (green), two
  boxes and three points, which are drawn.
* `corners` are five points, and `discs` is a mask of discs about them. `frame` has the corners of
  the image, and `rows` and `columns` say where each of its pixels is.

Numbers that are not bytes are shown in gray, the least in black and the greatest in white. Numbers
of parts and of colours are shown as colours.

The photographs are from scikit-image. Their photographers, Rachel Michetti and Stéfan van der Walt,
have put them into the public domain (CC0).
"""

POLICIES = """\
## Policies of a Loader

What `Loader(..., augment=...)` makes of a sample, and `Loader(..., mix=...)` of a batch of two, in
three epochs: [training.md](training.md#augmenting).
"""

# Arguments of a Loader, with names for their pictures.
LOADERS = {
    "loader-randaugment": 'augment="randaugment"',
    "loader-trivial_wide": 'augment="trivial_wide"',
    "loader-autoaugment": 'augment="autoaugment"',
    "loader-augmix": "augment=AugMix(severity=8)",
    "loader-mixup": 'mix="mixup"',
    "loader-cutmix": 'mix="cutmix"',
}

QUALITY = 70
GAP = 6  # pixels between two images
ROOM = 210  # the gray around images that are smaller than the photograph
SHOWN = 3  # samples of what is drawn

# What is shown on the left of what is made of it.
GIVEN = re.compile(r"\b(image|other|gray|small|dull|mask|discs|sample)\b")

# Of a mask, of boxes and points, and of numbers of parts.
GREEN = np.array([40, 220, 90])
OUTLINES = np.array([[255, 220, 0], [0, 230, 255]], np.uint8)
COLOURS = np.array(
    [
        *([0, 0, 0], [230, 60, 60], [60, 170, 230], [240, 200, 60]),
        *([90, 190, 90], [170, 90, 200], [240, 140, 60], [230, 230, 230]),
    ],
    np.uint8,
)


# ----------------------------------------------------------------------------------------- pictures


@cache
def photographs() -> tuple[Photo, Photo]:
    """Return the two photographs."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None, "the photographs are scikit-image's"
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    size = (HEIGHT, WIDTH)
    coffee, cat = (
        decode((folder / f"{name}.png").read_bytes(), size=size, fit="crop")
        for name in ("coffee", "chelsea")
    )
    return Photo(coffee), Photo(cat)


def picture(name: str) -> Pixels:
    """Return the picture of a node, or of a policy."""
    return beside(images_of(name))


def images_of(name: str) -> list[Pixels]:
    """Return the images of a picture, from the left."""
    return of_loader(LOADERS[name]) if name in LOADERS else of_node(name)


def of_node(name: str) -> list[Pixels]:
    """Return what a node is given, and what it makes."""
    expressions = PICTURED[name]
    given = dict.fromkeys(word for text in expressions for word in GIVEN.findall(text))
    shown = [shown_value(run(word)[0]) for word in given]
    background = shown[0] if shown else None
    for text in expressions:
        samples = run(text)
        draws = len(expressions) == 1 and any(differ(samples[0], one) for one in samples)
        shown += [shown_value(one, background) for one in samples[: SHOWN if draws else 1]]
    return shown


def run(text: str) -> list[tuple[Any, ...]]:
    """Return samples of what an expression makes."""
    photo, other = photographs()
    with Graph() as made:
        outputs(*values_of(evaluated(text, inputs_of([photo], [other]))))
    stream = Stream(made, seed=1)
    return [stream.values(index) for index in range(SHOWN)]


def differ(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def of_loader(argument: str) -> list[Pixels]:
    """Return the photographs that are loaded, and the first sample of three epochs."""
    photos = photographs()
    word, value = argument.split("=", 1)
    options = {word: eval(value, vars(imagepipe_rs))}  # noqa: S307  it is above
    with tempfile.TemporaryDirectory() as folder:
        for number, photo in enumerate(photos):
            path = Path(folder, str(number), "photo.png")
            path.parent.mkdir()
            path.write_bytes(encode(photo.pixels))
        loader = Loader(
            folder, batch_size=2, size=(HEIGHT, WIDTH), shuffle=False, seed=1, **options
        )
        samples = [np.array(batch.images[0]) for _ in range(SHOWN) for batch in loader]
    given = photos if word == "mix" else photos[:1]
    return [*(one.pixels for one in given), *samples]


# ---------------------------------------------------------------------------------- showing values


def shown_value(values: tuple[Any, ...], background: Pixels | None = None) -> Pixels:
    """Return an image of the outputs of a sample; boxes are drawn on what they are of."""
    if len(values) > 1:
        return with_fields(*values)
    (value,) = values
    if value.shape == (4,):
        assert background is not None
        return outlined(background, value[None])
    pixels = as_colours(value)
    # Kernels are too small to see.
    return pixels if max(pixels.shape) > 20 else pixels.repeat(8, 0).repeat(8, 1)


def as_colours(value: Any) -> Pixels:
    """Return numbers as an image of three channels."""
    if value.dtype == np.uint16 or (value.dtype == np.uint8 and value.max() < len(COLOURS)):
        return COLOURS[value % len(COLOURS)]
    if value.dtype != np.uint8:
        least, greatest = float(value.min()), float(value.max())
        scaled = (value - least) / (greatest - least) if greatest > least else np.ones(value.shape)
        value = np.round(scaled * 255).astype(np.uint8)
    gray = value[..., None] if value.ndim == 2 else value
    return np.broadcast_to(gray, (*gray.shape[:2], 3))


def with_fields(image: Any, mask: Any, boxes: Any, points: Any, labels: Any) -> Pixels:
    """Return an image with its mask as a tint, its boxes and its points."""
    tinted = np.where(mask[..., None] > 0, image * 0.6 + GREEN * 0.4, image)
    colours = OUTLINES[[("cup", "spoon").index(one) for one in labels]]
    drawn = outlined(tinted.astype(np.uint8), boxes, colours)
    for x, y in np.round(points).astype(int):
        for reach, colour in ((3, 0), (2, 255)):
            at = [np.clip([one - reach, one + reach + 1], 0, None) for one in (y, x)]
            drawn[slice(*at[0]), slice(*at[1])] = colour
    return drawn


def outlined(image: Pixels, boxes: Any, colours: Pixels = OUTLINES) -> Pixels:
    """Return a copy with outlines of boxes."""
    drawn = image.copy()
    corners = np.round(boxes).astype(int)
    for (left, top, right, bottom), colour in zip(corners, colours, strict=False):
        if left < right and top < bottom:
            inside = drawn[top + 2 : bottom - 2, left + 2 : right - 2].copy()
            drawn[top:bottom, left:right] = colour
            drawn[top + 2 : bottom - 2, left + 2 : right - 2] = inside
    return drawn


def beside(images: list[Pixels]) -> Pixels:
    """Return images in a row, each with as much room as a photograph."""
    width = (WIDTH + GAP) * len(images) - GAP
    row = np.full((HEIGHT, width, 3), 255, np.uint8)
    for number, image in enumerate(images):
        room = row[:, number * (WIDTH + GAP) :][:, :WIDTH]
        room[:] = ROOM
        room[: len(image), : image.shape[1]] = image
    return row


# --------------------------------------------------------------------------------------------- page


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for title, names in pictured_nodes().items():
        parts.append(f"## {title}\n")
        parts += [entry(name, f"[{name}](graph-nodes.md#{name.lower()})") for name in names]
    parts += [POLICIES, *(entry(name, name) for name in LOADERS)]
    return "\n".join(parts)


def entry(name: str, heading: str) -> str:
    """Return a picture and the code that makes it."""
    return f"### {heading}\n\n![{name}](gallery/{name}.jpg)\n\n{', '.join(code(name))}\n"


def code(name: str) -> Iterator[str]:
    if name in LOADERS:
        yield f"`Loader(..., {LOADERS[name]})`"
    else:
        yield from (f"`{text}`" for text in PICTURED[name])


def main() -> None:
    """Write the page and its pictures."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for name in (*PICTURED, *LOADERS):
        data = encode(picture(name), "jpeg", quality=QUALITY)
        (FOLDER / f"{name}.jpg").write_bytes(data)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
