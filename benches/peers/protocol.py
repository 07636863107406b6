"""What every peer has in common: its arguments, how it is timed, the line of JSON it prints.

A peer is a program run in an environment of its own::

    VENV/bin/python PEER.py --task T1 --photos DIR --threads N --epochs E

It makes an endless iterator of batches and hands it to :func:`measure`. The first epoch warms
up and is checked, the ones after it are timed without stopping in between, as in training: so
the start of a pipeline is not measured, and the end of an epoch is.
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
from tasks import AREA, BATCH, MEAN, RATIO, SHORT_SIDE, SIDE, STD, TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Job:
    """What one run of a peer has to do."""

    task: str
    photos: Path
    threads: int
    epochs: int
    options: argparse.Namespace

    @property
    def files(self) -> list[Path]:
        """All pictures, sorted."""
        return sorted(self.photos.glob("*/*.jpg"))


def parse(*switches: str) -> Job:
    """Read the arguments every peer takes, and this one's switches."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", choices=TASKS, default="T1")
    parser.add_argument("--photos", type=Path, required=True, help="holds the class folders")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--epochs", type=int, default=3)
    for switch in switches:
        parser.add_argument(switch, action="store_true")
    options = parser.parse_args()
    return Job(options.task, options.photos, options.threads, options.epochs, options)


def measure(job: Job, batches: Iterator[Any], *packages: str, check: bool = True) -> None:
    """Run a warm-up epoch and the timed ones, print the result as one line of JSON.

    A batch is anything NumPy can take as an array, with as many rows as it has pictures.
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
    """Pictures a second over one epoch."""
    started = time.perf_counter()
    taken = take(batches, images)
    return taken / (time.perf_counter() - started)


def take(batches: Iterator[Any], images: int) -> int:
    """Draw batches until there were so many pictures; an epoch's end may fall inside one."""
    taken = 0
    if images <= 0:
        return taken
    for batch in batches:
        taken += len(batch)
        if taken >= images:
            break
    return taken


def check_batch(task: str, batch: np.ndarray[Any, Any]) -> None:
    """Refuse to time a peer that does something else than asked."""
    planar = task == "T2"
    shape = (3, SIDE, SIDE) if planar else (SIDE, SIDE, 3)
    dtype = np.dtype(np.float32 if planar else np.uint8)
    if batch.shape[1:] != shape or batch.dtype != dtype:
        message = f"wanted {shape} {dtype}, got {batch.shape[1:]} {batch.dtype}"
        raise SystemExit(message)
    # Photographs use the range they have, and no two are alike.
    low, high = (-1.5, 1.5) if planar else (50, 200)
    means = batch.reshape(len(batch), -1).mean(axis=1)
    if batch.min() > low or batch.max() < high or len(set(means.tolist())) < len(batch) // 2:
        message = "the batch does not hold photographs"
        raise SystemExit(message)


def peak_mb() -> float:
    """Peak resident memory, with what each worker process that still runs adds to it."""
    first, *workers = family(os.getpid())
    peak_kb = kb(first, "status", "VmHWM")
    return (peak_kb + sum(map(added_kb, workers))) / 1024


def added_kb(pid: int) -> int:
    """Give a worker's peak without the pages it shares, most of them with its parent."""
    resident = kb(pid, "smaps_rollup", "Rss")
    private = kb(pid, "smaps_rollup", "Private_Clean") + kb(pid, "smaps_rollup", "Private_Dirty")
    return kb(pid, "status", "VmHWM") - (resident - private)


def kb(pid: int, file: str, name: str) -> int:
    """Read one of the kernel's notes on a process."""
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def cpu_seconds() -> float:
    """Processor time of this process and of its children that still run."""
    ticks = 0
    for pid in family(os.getpid()):
        # The name of the program, in parentheses, may hold spaces.
        _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        user, system = fields.split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> Iterator[int]:
    """Process numbers of a process and of all its descendants."""
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
    """Take the middle square that has the output size once the short side is scaled."""
    side = round(min(width, height) * SIDE / SHORT_SIDE)
    return (width - side) // 2, (height - side) // 2, side, side


def box_of(
    task: str, rng: np.random.Generator, width: int, height: int
) -> tuple[int, int, int, int]:
    """Give the part of the picture that a task scales to its output.

    Cropping first and scaling the rest gives the picture that scaling to a short side of 256
    and cropping gives, but for the rounding of its corner, for less work.
    """
    if task == "T3":
        return random_box(rng, width, height)
    if task == "T2":
        return centre_box(width, height)
    return 0, 0, width, height


def normalize(pixels: np.ndarray[Any, Any], out: np.ndarray[Any, Any]) -> None:
    """Write HWC uint8 pixels as CHW float32 with ImageNet's mean and deviation."""
    for channel, (mean, std) in enumerate(zip(MEAN, STD, strict=True)):
        plane = out[channel]
        np.multiply(pixels[..., channel], np.float32(1 / (255 * std)), out=plane)
        plane -= np.float32(mean / std)


def empty_batch(task: str, images: int = BATCH) -> np.ndarray[Any, Any]:
    """Take memory for one batch."""
    if task == "T2":
        return np.empty((images, 3, SIDE, SIDE), np.float32)
    return np.empty((images, SIDE, SIDE, 3), np.uint8)


def shuffled_epochs(items: int) -> Iterator[np.ndarray[Any, Any]]:
    """Give a new order of the items for every epoch, without end."""
    for epoch in itertools.count():
        yield np.random.default_rng([1, epoch]).permutation(items)
