"""Recipe R2 with OpenCV and NumPy, in a pool of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import tasks
from pool import batches
from protocol import Job, measure, parse

if TYPE_CHECKING:
    from pathlib import Path

    Array = np.ndarray[Any, Any]


def held(job: Job) -> dict[Path, Array]:
    """Return the images by file; later files share those of the first ones."""
    files = job.files
    first = [stretched(path) for path in files[: tasks.HELD]]
    return {path: first[number % len(first)] for number, path in enumerate(files)}


def stretched(path: Path) -> Array:
    """Read a file to the size."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    return cv2.resize(image, (tasks.SIDE, tasks.SIDE), interpolation=cv2.INTER_AREA)


def augment(image: Array, rng: np.random.Generator, out: Array) -> None:
    """Turn, move and scale, then change the brightness, add noise and blur."""
    side = tasks.SIDE
    angle = rng.uniform(-tasks.DEGREES, tasks.DEGREES)
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2,) * 2, angle, rng.uniform(*tasks.SCALED))
    matrix[:, 2] += rng.uniform(-tasks.MOVED * side, tasks.MOVED * side, 2)
    image = cv2.warpAffine(image, matrix, (side, side))
    factor = rng.uniform(*tasks.BRIGHTNESS)
    rows = cv2.convertScaleAbs(image, alpha=factor).reshape(side, -1)
    noise = np.empty(rows.shape, np.int16)
    cv2.randn(noise, 0, 255 * tasks.NOISE)
    image = cv2.add(rows, noise, dtype=cv2.CV_8U).reshape(image.shape)
    cv2.GaussianBlur(image, (tasks.BLUR, tasks.BLUR), rng.uniform(*tasks.SIGMA), dst=out)


if __name__ == "__main__":
    cv2.setNumThreads(0)
    asked = parse()
    images = held(asked)
    measure(
        asked,
        batches(asked, lambda path, rng, slot: augment(images[path], rng, slot)),
        "opencv-python-headless",
        "numpy",
    )
