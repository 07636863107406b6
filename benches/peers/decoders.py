"""Decode single images from memory on one thread: imagepipe_rs.decode and its peers.

    python benches/peers/decoders.py PHOTOS [--imagepipe WHEEL] [--rounds 7]

All run in one process and take turns over all images; ratios are medians over the rounds. Every
decoder makes a new RGB (OpenCV: BGR) array of each image, as its usual call does. Needs Linux and
Python only.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environments import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
FIRST = "simplejpeg.decode_jpeg"


def main() -> None:
    """Make the environment and measure in it."""
    parser = argparse.ArgumentParser(description="Measure decoders of single images.")
    parser.add_argument("photos", type=Path, help="made by photos.py")
    parser.add_argument("--imagepipe", type=Path, help="wheel (default: newest built)")
    parser.add_argument("--work", type=Path, default=REPO / ".peers")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        for name in ("small", "large"):
            compare(name, sorted((options.photos / name).glob("*/*.jpg")), options.rounds)
        return
    wheel = options.imagepipe or max(REPO.glob("target/wheel/*.whl"), key=os.path.getmtime)
    requirements = tomllib.loads((HERE / "peers.toml").read_text())["environments"]["decoders"]
    environment = Environment(
        options.work / "environments" / "decoders", requirements, wheel.resolve()
    )
    environment.prepare()
    command = [
        environment.python,
        __file__,
        options.photos,
        "--here",
        "--rounds",
        str(options.rounds),
    ]
    sys.exit(subprocess.run(command, check=False).returncode)


def decoders() -> dict[str, Callable[[bytes], Any]]:
    """Return the usual call of each library."""
    import cv2  # noqa: PLC0415  in the environment made above
    import imagepipe_rs  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import simplejpeg  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    cv2.setNumThreads(1)
    return {
        FIRST: lambda data: simplejpeg.decode_jpeg(data, "RGB"),
        "imagepipe_rs.decode": imagepipe_rs.decode,
        "imagepipe_rs.decode, size=224": lambda data: imagepipe_rs.decode(data, size=224),
        "cv2.imdecode": lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR),
        "PIL.Image.open": lambda data: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")),
    }


def compare(name: str, paths: list[Path], rounds: int) -> None:
    """Print the table for one set."""
    files = [path.read_bytes() for path in paths]
    calls = decoders()
    times: dict[str, list[float]] = {call: [] for call in calls}
    for number in range(rounds + 1):
        for call, function in calls.items():
            start = time.perf_counter()
            for data in files:
                function(data)
            if number:
                times[call].append(time.perf_counter() - start)
    print(f"\n{name}: {len(files)} images, {rounds} rounds in turn, one thread\n")
    print("| decoder | microseconds per image | speed |\n| --- | ---: | ---: |")
    for call, seconds in times.items():
        speed = statistics.median(
            first / own for first, own in zip(times[FIRST], seconds, strict=True)
        )
        print(f"| {call} | {1e6 * statistics.median(seconds) / len(files):,.0f} | {speed:.2f} |")


if __name__ == "__main__":
    main()
