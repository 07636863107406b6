"""Make the images that the other steps load: many of web size, and a few of odd sizes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from imagepipe_rs import create_images
from step import Step, run

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 500, 375
PART = 512
CLASSES = 16
# At this quality they have about as many bytes per pixel as photographs on the web.
QUALITY = 90
ODD = ((1, 1), (3, 500), (17, 31), (101, 67), (333, 501), (499, 374), (640, 3), (1025, 769))
ODD_EACH = 9


def images(step: Step) -> None:
    """Make both sets; the large one in parts, so that a slow machine has a smaller one."""
    odd(step)
    folder = step.work / "images"
    started, made = time.perf_counter(), 0
    while made < step.count:
        part = time.perf_counter()
        count = min(PART, step.count - made)
        make(folder / f"part-{made // PART:02d}-", (WIDTH, HEIGHT), count, made)
        made += count
        if step.left() < 1.5 * (time.perf_counter() - part):
            break
    seconds = time.perf_counter() - started
    sizes = [path.stat().st_size for path in folder.glob("*/*.jpg")]
    step.fact("images", f"{made} of {WIDTH}x{HEIGHT}, JPEG of quality {QUALITY}")
    step.figure("bytes per pixel", sum(sizes) / (made * WIDTH * HEIGHT))
    step.figure("images written per second", made / seconds)
    if made < step.count:
        step.skip(f"{step.count - made} of {step.count} images", "no time left")
    # Written moments ago, so they are in the page cache, unless memory is short.
    step.fact("bytes of all images", sum(sizes))


def odd(step: Step) -> None:
    """Make images of odd sizes, JPEG and PNG."""
    folder = step.work / "odd"
    for number, (width, height) in enumerate(ODD):
        kind = "png" if number % 4 == 1 else "jpg"
        make(folder / f"odd-{number}-", (width, height), ODD_EACH, number, kind)
    step.fact("odd images", f"{len(ODD) * ODD_EACH} of {len(ODD)} sizes")


def make(names: Path, size: tuple[int, int], count: int, seed: int, kind: str = "jpg") -> None:
    """Make images of one size, with names that begin like the given one."""
    create_images(
        names.parent,
        names.name,
        *size,
        count,
        kind,
        seed=seed,
        quality=QUALITY,
        content="natural",
        classes=min(CLASSES, count),
    )


if __name__ == "__main__":
    run(images)
