"""What all peers have in common: arguments, timing, and the line of JSON they print.

A peer is a program that runs in its own environment::

    VENV/bin/python PEER.py --task T1 --photos DIR --threads N --epochs E

It makes an endless iterator of batches and passes it to :func:`measure`. The first epoch is a
warm-up, and its first batch is checked. The epochs after it are timed without a stop in between, as
in training, so that the end of an epoch is measured, but not the start of the pipeline.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tasks import AREA, BATCH, CROPPED, MEAN, PLANAR, RATIO, RECIPES, SHORT_SIDE, SIDE, STD, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Job:
    """The task of one run of a peer."""

    task: str
    photos: Path
    threads: int
    epochs: int
    options: argparse.Namespace

    @property
    def files(self) -> list[Path]:
        """All images, sorted."""
        return sorted(self.photos.glob("*/*.jpg"))


def parse(*switches: str) -> Job:
    """Read the arguments of every peer, and the switches of this one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=[*TASKS, *RECIPES], default="T1")
    parser.add_argument("--photos", type=Path, required=True, help="holds the class folders")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--epochs", type=int, default=3)
    for switch in switches:
        parser.add_argument(switch, action="store_true")
    options = parser.parse_args()
    return Job(options.task, options.photos, options.threads, options.epochs, options)


def measure(job: Job, batches: Iterator[Any], *packages: str, check: bool = True) -> None:
    """Run a warm-up epoch and the timed ones, and print the result as one line of JSON.

    A batch is anything that NumPy can view as an array, with a row for each image.
    """
    images = len(job.files)
    first = next(batches)
    if check:
        check_batch(job.task, np.asarray(first))
    take(batches, images - len(first))
    busy = cpu_seconds()
    epochs = [rate(batches, images) for _ in range(job.epochs)]
    busy = cpu_seconds() - busy
    result = {
        "images_per_s": float(np.median(epochs)),
        "epochs": epochs,
        "cpu_ms_per_image": 1000 * busy / (job.epochs * images),
        "peak_mb": peak_mb(),
        "versions": {package: version(package) for package in packages},
    }
    print(json.dumps(result), flush=True)


def rate(batches: Iterator[Any], images: int) -> float:
    """Return images per second over one epoch."""
    started = time.perf_counter()
    taken = take(batches, images)
    return taken / (time.perf_counter() - started)


def take(batches: Iterator[Any], images: int) -> int:
    """Take batches until there were so many images; an epoch may end within a batch."""
    taken = 0
    if images <= 0:
        return taken
    for batch in batches:
        taken += len(batch)
        if taken >= images:
            break
    return taken


def check_batch(task: str, batch: np.ndarray[Any, Any]) -> None:
    """Refuse to time a peer that does something other than the task."""
    planar = task in PLANAR
    shape = (3, SIDE, SIDE) if planar else (SIDE, SIDE, 3)
    dtype = np.dtype(np.float32 if planar else np.uint8)
    if batch.shape[1:] != shape or batch.dtype != dtype:
        message = f"wanted {shape} {dtype}, got {batch.shape[1:]} {batch.dtype}"
        raise SystemExit(message)
    # Photographs use the full range of values, and no two are alike.
    low, high = (-1.5, 1.5) if planar else (50, 200)
    means = batch.reshape(len(batch), -1).mean(axis=1)
    if batch.min() > low or batch.max() < high or len(set(means.tolist())) < len(batch) // 2:
        message = "the batch does not hold photographs"
        raise SystemExit(message)


def peak_mb() -> float:
    """Return the peak resident memory, plus what each running worker process adds to it."""
    first, *workers = family(os.getpid())
    peak_kb = kb(first, "status", "VmHWM")
    return (peak_kb + sum(map(added_kb, workers))) / 1024


def added_kb(pid: int) -> int:
    """Return a worker's peak without the pages it shares, mostly with its parent."""
    resident = kb(pid, "smaps_rollup", "Rss")
    private = kb(pid, "smaps_rollup", "Private_Clean") + kb(pid, "smaps_rollup", "Private_Dirty")
    return kb(pid, "status", "VmHWM") - (resident - private)


def kb(pid: int, file: str, name: str) -> int:
    """Read one of the kernel's figures for a process."""
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its running children."""
    ticks = 0
    for pid in family(os.getpid()):
        # The program's name, in parentheses, may contain spaces.
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        user, system = fields.split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[int]:
    """Yield the ids of a process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


def random_box(rng: np.random.Generator, width: int, height: int) -> tuple[int, int, int, int]:
    """Draw left, top, width and height as torchvision's RandomResizedCrop does."""
    for _ in range(10):
        area = width * height * rng.uniform(*AREA)
        ratio = np.exp(rng.uniform(*np.log(RATIO)))
        box_width, box_height = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
        if 0 < box_width <= width and 0 < box_height <= height:
            left = int(rng.integers(width - box_width + 1))
            top = int(rng.integers(height - box_height + 1))
            return left, top, box_width, box_height
    ratio = np.clip(width / height, *RATIO)
    box_width, box_height = min(width, round(height * ratio)), min(height, round(width / ratio))
    return (width - box_width) // 2, (height - box_height) // 2, box_width, box_height


def centre_box(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the centre square that has the output size after scaling the short side."""
    side = round(min(width, height) * SIDE / SHORT_SIDE)
    return (width - side) // 2, (height - side) // 2, side, side


def box_of(
    task: str, rng: np.random.Generator, width: int, height: int
) -> tuple[int, int, int, int]:
    """Return the part of the image that a task scales to its output.

    Cropping first and then scaling takes less work than scaling to a short side of 256 and then
    cropping, and gives the same image except for the rounding of its corner.
    """
    if task in CROPPED:
        return random_box(rng, width, height)
    if task == "T2":
        return centre_box(width, height)
    return 0, 0, width, height


def normalize(pixels: np.ndarray[Any, Any], out: np.ndarray[Any, Any]) -> None:
    """Write HWC uint8 pixels as CHW float32, with ImageNet's mean and standard deviation."""
    for channel, (mean, std) in enumerate(zip(MEAN, STD, strict=True)):
        plane = out[channel]
        np.multiply(pixels[..., channel], np.float32(1 / (255 * std)), out=plane)
        plane -= np.float32(mean / std)


def empty_batch(task: str, images: int = BATCH) -> np.ndarray[Any, Any]:
    """Allocate memory for one batch."""
    if task in PLANAR:
        return np.empty((images, 3, SIDE, SIDE), np.float32)
    return np.empty((images, SIDE, SIDE, 3), np.uint8)


def shuffled_epochs(items: int) -> Iterator[np.ndarray[Any, Any]]:
    """Yield a new order of the items for each epoch, endlessly."""
    for epoch in itertools.count():
        yield np.random.default_rng([1, epoch]).permutation(items)
