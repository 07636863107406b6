"""Image files to TFRecord and RecordIO, against Imageinary's method and a plain copy.

    python benches/peers/writers.py PHOTOS [--imagepipe WHEEL] [--rounds 7] [--out FOLDER]

Imageinary cannot be installed, so its method is rewritten here: one loop over
tf.io.TFRecordWriter, and a process for each RecordIO shard with MXNet's own writer. Every turn is a
new process. The table compares the time of the call, without imports, and the time of the whole
command. Needs Linux and Python only.
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
from imagepipe_rs import create_{kind}
def convert(source, out, count):
    create_{kind}(source, out, "x", count, check="headers")  # the others do not decode either
"""
TENSORFLOW = """
import os, tensorflow as tf
def example(file):
    with open(file, "rb") as opened:
        data = opened.read()
    label = tf.train.Feature(int64_list=tf.train.Int64List(value=[0]))
    image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[data]))
    features = tf.train.Features(feature={"image/encoded": image, "image/class/label": label})
    return tf.train.Example(features=features).SerializeToString()
def convert(source, out, count):
    names = os.listdir(source)
    for number, start in enumerate(range(0, len(names), count)):
        with tf.io.TFRecordWriter(f"{out}/x{number}") as writer:
            for name in names[start : start + count]:
                writer.write(example(f"{source}/{name}"))
"""
MXNET = """
import os, re
from multiprocessing import Pool
from mxnet import recordio
def shard(source, out, number, names):
    writer = recordio.MXIndexedRecordIO(f"{out}/x{number}.idx", f"{out}/x{number}.rec", "w")
    for name in names:
        key = int(re.search("[0-9]+", name).group())
        with open(f"{source}/{name}", "rb") as opened:
            writer.write_idx(key, recordio.pack(recordio.IRHeader(0, 0, key, 0), opened.read()))
    writer.close()
def convert(source, out, count):
    names = os.listdir(source)
    starts = range(0, len(names), count)
    with Pool() as pool:
        pool.starmap(shard, [(source, out, n, names[s : s + count]) for n, s in enumerate(starts)])
"""
TIMED = """
import sys, time
{program}
if __name__ == "__main__":
    source, out, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    start = time.perf_counter()
    convert(source, out, count)
    print(time.perf_counter() - start)
"""
COPY = """
import subprocess
def convert(source, out, count):
    subprocess.run(["cp", "-r", source, out], check=True)
"""


@dataclass
class Contender:
    """A program that converts images."""

    name: str
    kind: str
    python: Path
    program: str
    calls: list[float] = field(default_factory=list)
    commands: list[float] = field(default_factory=list)

    def turn(self, source: Path, out: Path, count: int, *, keep: bool) -> None:
        """Convert once, into an empty folder."""
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        os.sync()
        command = [self.python, "-c", TIMED.format(program=self.program), source, out, str(count)]
        start = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        if keep:
            self.commands.append(time.perf_counter() - start)
            self.calls.append(float(done.stdout.split()[-1]))


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Make the environments, and return what is measured."""
    wheel = options.imagepipe or max(REPO.glob("target/wheel/*.whl"), key=os.path.getmtime)
    catalogue = tomllib.loads((HERE / "peers.toml").read_text())["environments"]

    def python(name: str, extra: Path | None = None) -> Path:
        folder = options.work / "environments" / name
        environment = Environment(folder, catalogue[name], extra)
        environment.prepare()
        return environment.python

    ours = python("imagepipe", wheel.resolve())
    found = []
    for kind, peer, program in (
        ("tfrecords", "tensorflow", TENSORFLOW),
        ("recordio", "mxnet", MXNET),
    ):
        found += [
            Contender(f"Imageinary's method ({peer})", kind, python(peer), program),
            Contender("imagepipe_rs", kind, ours, OURS.format(kind=kind)),
            Contender("cp -r", kind, ours, COPY),
        ]
    return found


def flat(photos: Path, folder: Path) -> Path:
    """Make a flat directory of numbered photographs, which is what Imageinary reads."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, file in enumerate(sorted(photos.glob("*/*.jpg"))):
        shutil.copy(file, folder / f"image_{number}.jpg")
    return folder


def main() -> None:
    """Run all rounds and print a table."""
    parser = argparse.ArgumentParser(description="Measure writers of record files.")
    parser.add_argument("photos", type=Path, help="made by photos.py")
    parser.add_argument("--imagepipe", type=Path, help="wheel (default: newest built)")
    parser.add_argument("--work", type=Path, default=REPO / ".peers")
    parser.add_argument("--out", type=Path, help="where to write (default: in --work)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=250, help="images per shard")
    options = parser.parse_args()
    out = (options.out or options.work) / "writers"
    source = flat(options.photos / "small", out / "source")
    size = sum(file.stat().st_size for file in source.iterdir())
    rows = contenders(options)
    for number in range(options.rounds + 1):
        for row in rows:
            row.turn(source, out / "made", options.count, keep=number > 0)
    shutil.rmtree(out)
    print(f"\n{size / 1e6:,.0f} MB of JPEG, {options.count} per shard, {options.rounds} rounds\n")
    print("| | | call, seconds | MB/s | speed | whole command, seconds | speed |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        first = next(other for other in rows if other.kind == row.kind)
        call, command = (statistics.median(times) for times in (row.calls, row.commands))
        print(
            f"| {row.kind} | {row.name} | {call:.3f} | {size / 1e6 / call:,.0f} "
            f"| {ratio(first.calls, row.calls):.2f} | {command:.2f} "
            f"| {ratio(first.commands, row.commands):.2f} |"
        )


def ratio(first: list[float], own: list[float]) -> float:
    """Return the speed relative to the first, compared round by round."""
    return statistics.median(a / b for a, b in zip(first, own, strict=True))


if __name__ == "__main__":
    main()
