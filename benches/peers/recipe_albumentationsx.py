"""Recipe R1 with AlbumentationsX, in a pool of threads.

It has no RandAugment: two of the same operations are drawn, as strong as there.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as library
import cv2
import tasks
from pool import batches
from protocol import measure, parse

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

OWN = threading.local()
# Of 30 strengths, as RandAugment has them.
STRENGTH = tasks.MAGNITUDE / 30


def operations() -> list[Any]:
    """Return the operations of RandAugment, each of which is done if it is drawn."""
    always = {"p": 1.0}
    nearest = always | {"interpolation": cv2.INTER_NEAREST}
    slant = 0.3 * STRENGTH * 180 / 3.14159
    moved = 150 / 331 * STRENGTH
    turn, factor = 30 * STRENGTH, 0.9 * STRENGTH
    same = {
        "brightness_range": (1.0, 1.0),
        "contrast_range": (1.0, 1.0),
        "saturation_range": (1.0, 1.0),
        "hue_range": (0.0, 0.0),
    }
    either = (1 - factor, 1 + factor)
    return [
        library.NoOp(**always),
        library.Affine(shear={"x": (-slant, slant), "y": (0.0, 0.0)}, **nearest),
        library.Affine(shear={"x": (0.0, 0.0), "y": (-slant, slant)}, **nearest),
        library.Affine(translate_percent={"x": (-moved, moved), "y": (0.0, 0.0)}, **nearest),
        library.Affine(translate_percent={"x": (0.0, 0.0), "y": (-moved, moved)}, **nearest),
        library.Rotate(angle_range=(-turn, turn), **nearest),
        *(
            library.ColorJitter(**(same | {f"{name}_range": either}), **always)
            for name in ("brightness", "contrast", "saturation")
        ),
        library.Sharpen(alpha_range=(0.0, factor), kernel_size=3, **always),
        library.Posterize(num_bits=(7, 7), **always),
        library.Solarize(threshold_range=(1 - STRENGTH, 1 - STRENGTH), **always),
        library.AutoContrast(method="pil", **always),
        library.Equalize(**always),
    ]


def recipe() -> library.Compose:
    """Return all steps."""
    return library.Compose(
        [
            library.RandomResizedCrop((tasks.SIDE, tasks.SIDE), tasks.AREA, tasks.RATIO),
            library.HorizontalFlip(p=0.5),
            library.SomeOf(operations(), n=tasks.OPERATIONS, replace=True, p=1.0),
            library.Normalize(tasks.MEAN, tasks.STD),
        ]
    )


def load(path: Path, _rng: np.random.Generator, slot: np.ndarray[Any, Any]) -> None:
    """Read and change one file; each thread has transforms of its own."""
    if not hasattr(OWN, "recipe"):
        OWN.recipe = recipe()
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    slot[:] = OWN.recipe(image=image)["image"].transpose(2, 0, 1)


if __name__ == "__main__":
    cv2.setNumThreads(0)
    asked = parse()
    measure(asked, batches(asked, load), "albumentationsx", "opencv-python-headless", "numpy")
