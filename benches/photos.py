"""Make the sets of photographs that benchmarks, tests and the demo read.

Decoding speed depends on what is in a JPEG file: noise and gradients favour some decoders over
others. These images are therefore cut out of real photographs, the ones in the wheels of
scikit-image and scikit-learn, and given the sizes, bits per pixel and chroma subsampling of photo
collections on the web. Nothing is downloaded, and the same arguments give the same bytes with the
same versions of Pillow and NumPy.

    python benches/photos.py DEST [--small 2000] [--large 200] [--classes 10] [--seed 0]

``DEST/small/class-00/000000.jpg``, ...: about 436x381, 86 kB each.
``DEST/large/class-00/000000.jpg``, ...: about 2000x1500, 930 kB each.

Each class is a subject (cat, flower, motorcycle, ...), so that a model has something to learn.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import io
import json
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

STAMP = "photos.json"
# Increase this when the images change, so that existing sets are made again.
RECIPE = 1

# One row per class. Gray photographs are tinted; gray files are made separately, as a share.
SUBJECTS: tuple[tuple[str, ...], ...] = (
    ("skimage/data/astronaut.png", "skimage/data/camera.png"),
    ("skimage/data/chelsea.png",),
    ("skimage/data/coffee.png", "skimage/data/coins.png"),
    ("skimage/data/hubble_deep_field.jpg", "skimage/data/moon.png"),
    ("skimage/data/motorcycle_left.png", "skimage/data/motorcycle_right.png"),
    ("skimage/data/rocket.jpg",),
    ("sklearn/datasets/images/china.jpg",),
    ("sklearn/datasets/images/flower.jpg",),
    ("skimage/data/retina.jpg", "skimage/data/ihc.png"),
    ("skimage/data/grass.png", "skimage/data/gravel.png", "skimage/data/brick.png"),
)

# Width, height and share of common sizes of web photographs. Other sizes are drawn at random.
USUAL_SIZES: tuple[tuple[int, int, float], ...] = (
    (500, 375, 0.39),
    (375, 500, 0.13),
    (500, 333, 0.08),
    (333, 500, 0.05),
    (400, 300, 0.05),
    (320, 240, 0.04),
    (300, 300, 0.04),
)


@dataclass(frozen=True)
class Recipe:
    """How the images of one set are made."""

    name: str
    count: int
    classes: int
    seed: int
    progressive: float
    quality: int | None
    # The sensor noise in gray levels, and the qualities to draw from. Together they determine the
    # bits per pixel; the values were found by experiment.
    noise: tuple[float, float]
    qualities: tuple[int, int]
    # Shares of 4:4:4, 4:2:2 and gray files. The rest are 4:2:0.
    subsampling: tuple[float, float, float]


SMALL = Recipe("small", 0, 0, 0, 0.0, None, (2.5, 6.5), (90, 97), (0.15, 0.03, 0.02))
LARGE = Recipe("large", 0, 0, 0, 0.0, None, (3.0, 5.5), (89, 95), (0.04, 0.01, 0.01))


def main(arguments: list[str] | None = None) -> int:
    """Make the sets that the command line asks for, unless they exist already."""
    options = parse(arguments)
    recipes = plan(options)
    wanted = stamp_of(recipes)
    made = read_stamp(options.dest)
    if made == wanted:
        say(f"{options.dest}: up to date ({summary(options.dest, recipes)})")
        return 0
    if made is None and options.dest.is_dir() and any(options.dest.iterdir()):
        sys.stderr.write(f"{options.dest} has other files in it; choose an empty folder\n")
        return 2
    started = time.perf_counter()
    build(options.dest, recipes, wanted)
    seconds = time.perf_counter() - started
    say(f"{options.dest}: {summary(options.dest, recipes)}, made in {seconds:.0f} s")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make sets of photographs for benchmarks.")
    parser.add_argument("dest", type=Path, help="the folder to make; replaced as a whole")
    parser.add_argument("--small", type=int, default=2000, help="images of about 436x381")
    parser.add_argument("--large", type=int, default=200, help="images of about 2000x1500")
    parser.add_argument("--classes", type=int, default=10, help="class folders in each set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--progressive", type=float, default=0.0, help="share of progressive files")
    parser.add_argument("--quality", type=int, help="one JPEG quality for all (default: varied)")
    options = parser.parse_args(arguments)
    if options.small < 0 or options.large < 0 or options.classes < 1 or options.seed < 0:
        parser.error("--small, --large and --seed must not be negative, --classes at least 1")
    if not 0 <= options.progressive <= 1:
        parser.error("--progressive is a share, from 0 to 1")
    return options


def plan(options: argparse.Namespace) -> list[Recipe]:
    """Return the recipes with the values of the command line, without empty sets."""
    common = {
        "classes": options.classes,
        "seed": options.seed,
        "progressive": options.progressive,
        "quality": options.quality,
    }
    recipes = (
        replace(SMALL, count=options.small, **common),
        replace(LARGE, count=options.large, **common),
    )
    return [recipe for recipe in recipes if recipe.count]


def stamp_of(recipes: list[Recipe]) -> dict[str, object]:
    """Return all that the bytes of the images depend on, as it is after a round trip in JSON."""
    stamp = {
        "recipe": RECIPE,
        "sets": [asdict(recipe) for recipe in recipes],
        "pillow": PIL.__version__,
        "numpy": np.__version__,
    }
    loaded: dict[str, object] = json.loads(json.dumps(stamp))
    return loaded


def read_stamp(dest: Path) -> dict[str, object] | None:
    """Read the stamp of an earlier run; None if there is none."""
    try:
        loaded: dict[str, object] = json.loads((dest / STAMP).read_text())
    except FileNotFoundError:
        return None
    return loaded


def build(dest: Path, recipes: list[Recipe], stamp: dict[str, object]) -> None:
    """Make the folder under another name, and rename it when it is complete."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    partial = dest.with_name(f".{dest.name}.partial-{os.getpid()}")
    try:
        for recipe in recipes:
            make_set(partial, recipe)
        partial.mkdir(exist_ok=True)
        (partial / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")
        if dest.is_dir():
            shutil.rmtree(dest)
        partial.rename(dest)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def make_set(root: Path, recipe: Recipe) -> None:
    """Make all images of one set, on all cores."""
    for number in range(recipe.classes):
        (root / recipe.name / f"class-{number:02d}").mkdir(parents=True)
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    write = functools.partial(write_image, root, recipe)
    with ProcessPoolExecutor(workers) as pool:
        for _ in pool.map(write, range(recipe.count), chunksize=8):
            pass


def write_image(root: Path, recipe: Recipe, index: int) -> None:
    """Make image ``index``, which depends only on the recipe and its number."""
    label = index % recipe.classes
    path = root / recipe.name / f"class-{label:02d}" / f"{index // recipe.classes:06d}.jpg"
    path.write_bytes(make_image(recipe, index, label))


def make_image(recipe: Recipe, index: int, label: int) -> bytes:
    """Crop, scale, flip, adjust the light, sharpen, add grain, and encode."""
    # The key does not include the quality: sets of different qualities have the same images.
    rng = np.random.default_rng([recipe.seed, len(recipe.name), ord(recipe.name[0]), index])
    size = large_size(rng) if recipe.name == "large" else small_size(rng)
    subjects = SUBJECTS[label % len(SUBJECTS)]
    source = open_source(subjects[int(rng.integers(len(subjects)))])
    image, scale = cut(source, size, rng)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.85, 1.15))
    image = ImageEnhance.Color(image).enhance(rng.uniform(0.85, 1.2))
    # Cameras and web sites sharpen. The more an image was enlarged, the wider the mask.
    radius = min(0.8 * scale, 2.0)
    image = image.filter(ImageFilter.UnsharpMask(radius, percent=70, threshold=0))
    image = add_grain(image, rng.uniform(*recipe.noise), rng)
    return encode(image, recipe, rng)


@functools.cache
def open_source(name: str) -> Image.Image:
    """Load a bundled photograph, without importing its package."""
    package, _, inner = name.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        message = "photos.py needs the packages scikit-image and scikit-learn"
        raise SystemExit(message)
    with Image.open(Path(spec.origin).parent / inner) as image:
        return image.copy() if image.mode == "RGB" else tint(image.convert("L"))


def tint(gray: Image.Image) -> Image.Image:
    """Give a gray photograph the warm shadows and cool highlights of a faded print."""
    levels = np.asarray(gray, np.float32)
    red, blue = 1.12 - levels / 2000, 0.78 + levels / 1400
    color = np.stack([levels * red, levels, levels * blue], axis=-1)
    return Image.fromarray(color.clip(0, 255).astype(np.uint8))


def small_size(rng: np.random.Generator) -> tuple[int, int]:
    """Draw a width and a height; over many draws the mean is 436x381."""
    draw = rng.random()
    for width, height, share in USUAL_SIZES:
        if draw < share:
            return width, height
        draw -= share
    long_side = float(np.clip(rng.lognormal(np.log(445), 0.30), 180, 1000))
    short_side = long_side / rng.uniform(1.0, 1.6)
    sides = (round(long_side), round(short_side))
    return sides if rng.random() < 0.7 else sides[::-1]


def large_size(rng: np.random.Generator) -> tuple[int, int]:
    """Draw a size near 2000x1500."""
    width = int(rng.integers(1800, 2201))
    return width, round(width * rng.uniform(0.70, 0.80))


def cut(
    source: Image.Image, size: tuple[int, int], rng: np.random.Generator
) -> tuple[Image.Image, float]:
    """Crop a box of the right shape and scale it; return the image and its enlargement."""
    width, height = size
    fit = min(source.width / width, source.height / height)
    share = rng.uniform(0.75, 1.0)
    box_width, box_height = width * fit * share, height * fit * share
    left = rng.uniform(0, source.width - box_width)
    top = rng.uniform(0, source.height - box_height)
    box = (left, top, left + box_width, top + box_height)
    image = source.resize(size, Image.Resampling.LANCZOS, box)
    return image, max(1.0, 1 / (fit * share))


def add_grain(image: Image.Image, strength: float, rng: np.random.Generator) -> Image.Image:
    """Add sensor noise: mostly in brightness, less in the highlights, coarse in colour.

    Enlarging makes a photograph smoother than any camera does, and smooth images decode faster
    than real ones.
    """
    pixels = np.asarray(image, np.float32)
    height, width, _ = pixels.shape
    light = rng.standard_normal((height, width, 1), np.float32) * np.float32(strength)
    coarse = rng.standard_normal(((height + 1) // 2, (width + 1) // 2, 3), np.float32)
    color = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    weight = 1.15 - pixels / 500
    noisy = pixels + (light + color * np.float32(0.35 * strength)) * weight
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def encode(image: Image.Image, recipe: Recipe, rng: np.random.Generator) -> bytes:
    """Return a JPEG file like those of cameras, editors and web sites."""
    low, high = recipe.qualities
    quality = int(rng.integers(low, high + 1))
    kind, tables, order = rng.random(3)
    full, half, gray = np.cumsum(recipe.subsampling)
    subsampling = 0 if kind < full else 1 if kind < half else 2
    if half <= kind < gray:
        image = image.convert("L")
    file = io.BytesIO()
    image.save(
        file,
        "JPEG",
        quality=quality if recipe.quality is None else recipe.quality,
        subsampling=subsampling,
        # Some files have their own Huffman tables, most the standard ones.
        optimize=bool(tables < 0.3),
        progressive=bool(order < recipe.progressive),
    )
    return file.getvalue()


def summary(dest: Path, recipes: list[Recipe]) -> str:
    """Return a line with count, mean size, mean bytes and bits per pixel of each set."""
    return "; ".join(describe(dest / recipe.name) for recipe in recipes)


def describe(folder: Path) -> str:
    """Return the same for one set."""
    width, height, size, area = np.array(list(measure(folder)), float).T
    count = len(size)
    return (
        f"{folder.name} {count} images, mean {width.mean():.0f}x{height.mean():.0f}, "
        f"{size.mean() / 1000:.1f} kB, {8 * size.sum() / area.sum():.2f} bits per pixel"
    )


def measure(folder: Path) -> Iterator[tuple[int, int, int, int]]:
    """Yield width, height, bytes and pixels of every image."""
    for path in folder.glob("*/*.jpg"):
        with Image.open(path) as image:
            yield image.width, image.height, path.stat().st_size, image.width * image.height


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
