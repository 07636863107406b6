"""simplejpeg and OpenCV's linear resize in a thread pool: no framework, no antialiasing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import cv2
import simplejpeg
from pool import batches
from protocol import Job, box_of, measure, normalize, parse
from tasks import SIDE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


def load(job: Job, path: Path, rng: np.random.Generator, slot: np.ndarray[Any, Any]) -> None:
    """Decode one file into its slot of the batch."""
    data = path.read_bytes()
    # The decoder scales to no less than the output size; this is no use for crops.
    least = SIDE if job.options.scaled and job.task == "T1" else 0
    image = simplejpeg.decode_jpeg(data, "RGB", min_height=least, min_width=least)
    height, width, _ = image.shape
    left, top, box_width, box_height = box_of(job.task, rng, width, height)
    image = image[top : top + box_height, left : left + box_width]
    image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if job.task == "T2":
        normalize(image, slot)
    elif job.task == "T3" and rng.random() < 0.5:
        slot[:] = image[:, ::-1]
    else:
        slot[:] = image


if __name__ == "__main__":
    cv2.setNumThreads(0)
    asked = parse("--scaled")
    measure(
        asked,
        batches(asked, functools.partial(load, asked)),
        "simplejpeg",
        "opencv-python-headless",
        "numpy",
    )
