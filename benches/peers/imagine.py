"""Random images: imagepipe_rs against Imageinary's method, whole commands on the same cores.

    python benches/peers/imagine.py [--imagepipe WHEEL] [--rounds 5] [--cores 0,1] [--out FOLDER]

Imageinary cannot be installed, so its method is rewritten here: for each image, NumPy is seeded
with the seed plus the image's number, draws a double for each channel of each pixel, and scales it
to a byte; Pillow adds a fourth, opaque channel for PNG and BMP, and saves the file; a pool of
processes takes the images 64 at a time. Both make the same number of images, 200 JPEGs or 100 of
the others. Every turn is a new process that starts with an empty folder; the time is that of the
whole command, imports included. Needs Linux and Python only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from environments import Environment

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent

OURS = """
import sys
from imagepipe_rs import create_images
out, ending, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
create_images(out, "image_", 1920, 1080, count, ending, content="{content}")
"""
THEIRS = """
import multiprocessing, os, sys
import numpy
from PIL import Image
def one(path, seed, number):
    numpy.random.seed(seed + number)
    samples = numpy.random.rand(1080, 1920, 3) * 255
    mode = "RGB" if path.endswith("jpg") else "RGBA"
    Image.fromarray(samples.astype("uint8")).convert(mode).save(path)
if __name__ == "__main__":
    out, ending, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    work = [(os.path.join(out, f"image_{number}.{ending}"), 0, number) for number in range(count)]
    with multiprocessing.Pool() as pool:
        pool.starmap(one, work, chunksize=64)
"""


@dataclass
class Contender:
    """A program that makes images."""

    name: str
    ending: str
    python: Path
    program: str
    count: int
    seconds: list[float] = field(default_factory=list)
    size: int = 0

    def turn(self, out: Path, cores: set[int], *, keep: bool) -> None:
        """Run once, into an empty folder."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        os.sync()
        command = [self.python, "-W", "ignore", "-c", self.program]
        start = time.perf_counter()
        subprocess.run(
            [*command, out, self.ending, str(self.count)],
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        seconds = time.perf_counter() - start
        files = list(out.iterdir())
        if len(files) != self.count:
            raise SystemExit(f"{self.name}: {len(files)} images of {self.count}")
        self.size = sum(file.stat().st_size for file in files)
        if keep:
            self.seconds.append(seconds)

    def rate(self) -> float:
        """Return images per second."""
        return self.count / statistics.median(self.seconds)


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Make the environments, and return what is measured."""
    ours = theirs = options.python
    if ours is None:
        wheel = options.imagepipe or max(REPO.glob("target/wheel/*.whl"), key=os.path.getmtime)
        catalogue = tomllib.loads((HERE / "peers.toml").read_text())["environments"]
        folder = options.work / "environments"
        environments = [
            Environment(folder / "imagepipe", catalogue["imagepipe"], wheel.resolve()),
            Environment(folder / "pillow", catalogue["pillow"]),
        ]
        for environment in environments:
            environment.prepare()
        ours, theirs = (environment.python for environment in environments)
    found = []
    for ending, count in (("jpg", 200), ("png", 100), ("bmp", 100)):
        found.append(Contender("Imageinary's method", ending, theirs, THEIRS, count))
        found.append(Contender("imagepipe_rs", ending, ours, OURS.format(content="noise"), count))
    natural = OURS.format(content="natural")
    found.append(Contender("imagepipe_rs, natural", "jpg", ours, natural, 200))
    return found


def main() -> None:
    """Run all rounds and print a table."""
    parser = argparse.ArgumentParser(description="Measure generators of random images.")
    parser.add_argument("--imagepipe", type=Path, help="wheel (default: newest built)")
    parser.add_argument("--python", type=Path, help="with all packages, instead of a wheel")
    parser.add_argument("--work", type=Path, default=REPO / ".peers")
    parser.add_argument("--out", type=Path, help="where to write (default: in --work)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", default="0,1", help="numbers of the cores to use")
    options = parser.parse_args()
    cores = {int(core) for core in options.cores.split(",")}
    out = (options.out or options.work) / "imagine"
    rows = contenders(options)
    for number in range(options.rounds + 1):
        for row in rows:
            row.turn(out, cores, keep=number > 0)
    shutil.rmtree(out)
    print(f"\n1920x1080, cores {options.cores}, {options.rounds} rounds in turn, whole commands\n")
    print("| | | images | MB per image | images/s | speed |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for row in rows:
        first = next(other for other in rows if other.ending == row.ending)
        speed = statistics.median(
            theirs / first.count * row.count / own
            for theirs, own in zip(first.seconds, row.seconds, strict=True)
        )
        size = row.size / row.count / 1e6
        print(
            f"| {row.ending} | {row.name} | {row.count} | {size:.2f} "
            f"| {row.rate():.1f} | {speed:.2f} |"
        )


if __name__ == "__main__":
    main()
