"""Make small pictures to learn from, of the size of CIFAR-10's, in one folder for each class.

Usage: python cifar_like.py FOLDER

Each picture shows one of ten shapes, in any colour and near the middle, on a background of another
colour, with noise. cifar_pytorch.py and cifar_keras.py train on them if no directory is given.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from imagepipe_rs import encode

SIZE = 32
EACH = 150  # pictures of a class

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Plane = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def shapes(x: Plane, y: Plane) -> dict[str, Mask]:
    """Return where each shape is, by its name; it lies within a distance of 1 from (0, 0)."""
    across, down = np.abs(x), np.abs(y)
    radius = np.hypot(x, y)
    square = np.maximum(across, down)
    return {
        "bars": (square < 0.85) & (np.floor((x + 1) * 3) % 2 == 0),
        "chequers": (square < 0.85) & ((np.floor(x * 2) + np.floor(y * 2)) % 2 == 0),
        "cross": (square < 0.9) & ((across < 0.28) | (down < 0.28)),
        "diamond": across + down < 0.95,
        "disc": radius < 0.8,
        "dots": np.hypot(across - 0.5, down - 0.5) < 0.33,
        "frame": (square < 0.8) & (square > 0.45),
        "ring": (radius < 0.9) & (radius > 0.55),
        "square": square < 0.7,
        "triangle": (y < 0.7) & (y > 2 * across - 0.9),
    }


NAMES = list(shapes(np.zeros((1, 1)), np.zeros((1, 1))))


def picture(name: str, random: np.random.Generator) -> Pixels:
    """Draw a shape: (32, 32, 3) uint8."""
    radius = random.uniform(12, 15)
    x, y = random.uniform(radius, SIZE - radius, 2) - 0.5  # the middle of the shape
    rows, columns = np.mgrid[:SIZE, :SIZE]
    inside = shapes((columns - x) / radius, (rows - y) / radius)[name]
    shape, background = random.uniform(0, 255, (2, 3))
    while np.abs(shape - background).max() < 100:
        shape = random.uniform(0, 255, 3)
    drawn = np.where(inside[..., None], shape, background) + random.normal(0, 8, (SIZE, SIZE, 3))
    pixels: Pixels = drawn.clip(0, 255).astype(np.uint8)
    return pixels


def make(folder: Path) -> None:
    """Write the pictures of all classes, the same ones every time."""
    random = np.random.default_rng(1)
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        for number in range(EACH):
            (folder / name / f"{number:03}.png").write_bytes(encode(picture(name, random)))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
