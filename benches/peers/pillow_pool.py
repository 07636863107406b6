"""Pillow or Pillow-SIMD in a thread pool: antialiased, with the same pixels as torchvision."""

from __future__ import annotations

import functools
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from pool import batches
from protocol import Job, box_of, measure, normalize, parse
from tasks import SIDE

if TYPE_CHECKING:
    from pathlib import Path


def load(job: Job, path: Path, rng: np.random.Generator, slot: np.ndarray[Any, Any]) -> None:
    """Decode one file into its slot of the batch."""
    with Image.open(path) as file:
        if job.options.draft and job.task == "T1":
            file.draft("RGB", (SIDE, SIDE))
        image = file.convert("RGB")
    left, top, width, height = box_of(job.task, rng, *image.size)
    # With `box=`, the filter reads beyond the crop. That is right (and faster) only if the crop
    # stands for one after scaling.
    if job.task == "T3":
        image = image.crop((left, top, left + width, top + height))
        box = None
    else:
        box = (left, top, left + width, top + height)
    image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box)
    if job.task == "T3" and rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(image)
    if job.task == "T2":
        normalize(pixels, slot)
    else:
        slot[:] = pixels


def distribution() -> str:
    """Return which of the two is installed."""
    try:
        version("pillow-simd")
    except PackageNotFoundError:
        return "pillow"
    return "pillow-simd"


if __name__ == "__main__":
    asked = parse("--draft")
    measure(asked, batches(asked, functools.partial(load, asked)), distribution(), "numpy")
