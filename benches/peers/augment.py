"""Operations on single images, on one thread: imagepipe_rs and its peers.

    python benches/peers/augment.py PHOTOS [--imagepipe WHEEL] [--operations Resize,Rotate]
        [--only opencv,pillow] [--torch] [--recipes]

Every peer has its own process and runs an operation for a fraction of a second each time it is its
turn, round after round. Ratios are to ours in the same round, and their medians are shown. Each
works on images as it takes them, decoded before: NumPy's arrays, Pillow's images, tensors. Peers
are listed in peers.toml, operations in augmenters/operations.py, and how rates are measured is in
augmenters/turns.py. Recipes are whole programs on all cores, see recipes.py. `--operations ""`
leaves operations out. Needs Linux and Python only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import recipes
import report
import run

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "augmenters"
sys.path.append(str(SCRIPTS))

from operations import OPERATIONS, Compared  # noqa: E402  in the folder named above

OURS = "ours"
# So that libraries have one thread, whoever starts them.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
CONDITIONS = (
    "{cpu}, {cores} cores, {memory_gb} GB, Linux {kernel}, Python {python}; photographs of uint8, "
    "about 436x381."
)
BUSY = "Other programs used {} cores at the same time."
READING = (
    "Images/s are of CPU time, on one thread. The other columns are the images/s of each peer as a "
    "multiple of ours: medians of {rounds} rounds, in which all take turns of {seconds} s. Above "
    "1.00 the peer is faster, and **ours is the slower one**. Ours are graph streams, run sample "
    "by sample with `Stream.run`, so the cost of the first row is in every other."
)

Peer = dict[str, Any]


@dataclass
class Line:
    """The results of all peers in one operation; no rates where one lacks it."""

    operation: str
    about: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    shapes: dict[str, list[int]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, peer: str, answer: dict[str, Any], *, keep: bool) -> None:
        """Take the answer of a peer."""
        if "missing" in answer:
            self.missing[peer] = answer["missing"]
            self.rates.pop(peer, None)
            return
        self.shapes[peer] = answer["shape"]
        if self.shapes[peer] != self.shapes.get(OURS, answer["shape"]):
            self.missing[peer] = f"its result is of {answer['shape']}, not {self.shapes[OURS]}"
            self.rates.pop(peer, None)
        elif keep:
            self.rates.setdefault(peer, []).append(answer["rate"])

    def ratios(self) -> dict[str, float]:
        """Return the rate of each peer as a multiple of ours, compared by round."""
        ours = self.rates[OURS]
        return {
            peer: median(theirs / own for theirs, own in zip(rates, ours, strict=True))
            for peer, rates in self.rates.items()
            if peer != OURS
        }


class Worker:
    """A peer's process."""

    def __init__(self, peer: Peer, arrays: Path) -> None:
        """Start it, and wait until it has read the images."""
        self.id: str = peer["id"]
        self.name: str = peer["name"]
        self.process = subprocess.Popen(
            [peer["python"], SCRIPTS / peer["script"], "--arrays", arrays],
            env=os.environ | ONE_THREAD | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions: dict[str, str] = {}
        first = self.answer()
        if "missing" not in first:
            self.versions = first

    def turn(self, operation: str, seconds: float) -> dict[str, Any]:
        """Let it work for some time."""
        asked = json.dumps({"operation": operation, "seconds": seconds})
        if self.process.poll() is None and self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                print(asked, file=self.process.stdin, flush=True)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Read one line."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            return {"missing": f"its process ended with status {self.process.wait()}"}
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it."""
        if self.process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process.wait()


def main() -> int:
    """Make what is missing, run the rounds, and print and write the tables."""
    options = parse()
    catalogue = tomllib.loads((HERE / "peers.toml").read_text())
    known = [peer["id"] for peer in catalogue["augmenter"]]
    if unknown := set(options.only or []) - set(known):
        message = f"unknown: {', '.join(sorted(unknown))} (there are {', '.join(known)})"
        raise SystemExit(message)
    options.work.mkdir(parents=True, exist_ok=True)
    # Wherever --work is, nothing in it should be committed.
    (options.work / ".gitignore").write_text("*\n")
    about = report.machine(options.threads)
    parts = ["# Augmentation, {date}".format_map(about), CONDITIONS.format_map(about)]
    data: dict[str, Any] = {"machine": about}
    if options.operations:
        text, data["operations"] = measure(options, catalogue)
        parts.append(text)
    if options.recipes:
        text, data["recipes"] = recipes.measure(options, catalogue)
        parts.append(text)
    whole = "\n\n".join(part.strip() for part in parts) + "\n"
    print(f"\n{whole}\nwrote {write(options.results, about['date'], whole, data)}")
    return 0


def measure(
    options: argparse.Namespace, catalogue: dict[str, Any]
) -> tuple[str, list[dict[str, Any]]]:
    """Run all operations; return the text, and the results."""
    peers, skipped = recipes.install(options, catalogue, "augmenter")
    if not any(peer["id"] == OURS for peer in peers):
        raise SystemExit("\n".join(skipped))
    arrays = make_arrays(options, catalogue, run.make_photos(options, catalogue, "small"))
    workers: list[Worker] = []
    others = report.OtherWork()
    try:
        workers.extend(Worker(peer, arrays) for peer in peers)
        chosen = [one for one in OPERATIONS if one.name in options.operations]
        lines = [run_rounds(options, workers, one) for one in chosen]
    finally:
        for worker in workers:
            worker.close()
    text = markdown(options, workers, lines, skipped, others.cores())
    return text, [asdict(line) for line in lines]


def parse() -> argparse.Namespace:
    """Read the command line."""
    names = [one.name for one in OPERATIONS]
    parser = argparse.ArgumentParser(description="Measure operations on images.")
    parser.add_argument("photos", type=Path, help="made by photos.py")
    parser.add_argument("--imagepipe", type=Path, help="wheel or source (default: newest built)")
    parser.add_argument("--work", type=Path, default=run.REPO / ".peers", help="environments")
    parser.add_argument("--only", type=run.commas, help="peers, by their ids in peers.toml")
    parser.add_argument("--operations", type=run.commas, default=names, help="some of all")
    parser.add_argument("--torch", action="store_true", help="also what needs PyTorch (5.3 GB)")
    parser.add_argument("--recipes", action="store_true", help="also whole programs, all cores")
    parser.add_argument("--images", type=int, default=40, help="photographs for operations")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=2, help="of recipes, timed in each round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn, at least")
    parser.add_argument("--results", type=Path, help="folder for the report")
    options = parser.parse_args()
    if unknown := set(options.operations) - set(names):
        parser.error(f"unknown: {', '.join(sorted(unknown))} (there are {', '.join(names)})")
    if options.results is None:
        whole = options.only is None and options.operations == names
        options.results = HERE.parent / "results" if whole else options.work / "results"
    return options


def make_arrays(options: argparse.Namespace, catalogue: dict[str, Any], photos: Path) -> Path:
    """Decode some images, evenly from all classes, into one file."""
    environment = run.environment_of(options, catalogue, "photos")
    environment.prepare()
    files = sorted(photos.glob("*/*.jpg"))
    step = max(len(files) // options.images, 1)
    path: Path = options.work / "arrays.npz"
    command = [environment.python, SCRIPTS / "arrays.py", path, *files[::step][: options.images]]
    subprocess.run(command, check=True)
    return path


def run_rounds(options: argparse.Namespace, workers: list[Worker], one: Compared) -> Line:
    """Run all rounds of one operation, after one that is not counted."""
    line = Line(one.name, one.about)
    for number in range(options.rounds + 1):
        for worker in workers:
            if worker.id not in line.missing:
                line.add(worker.id, worker.turn(one.name, options.seconds), keep=number > 0)
            if worker.id == OURS and OURS in line.missing:
                print(f"{one.name}: left out, {line.missing[OURS]}", file=sys.stderr, flush=True)
                return line
    found = ", ".join(f"{peer} {ratio:.2f}" for peer, ratio in line.ratios().items())
    print(f"{one.name}: {median(line.rates[OURS]):,.0f}, {found}", file=sys.stderr, flush=True)
    return line


def markdown(
    options: argparse.Namespace,
    workers: list[Worker],
    lines: list[Line],
    skipped: list[str],
    busy: float,
) -> str:
    """Return the part of the report about operations."""
    names = {worker.id: worker.name for worker in workers}
    peers = {peer: name for peer, name in names.items() if peer != OURS}
    done = [line for line in lines if line.rates.get(OURS)]
    versions = {name: one for worker in workers for name, one in worker.versions.items()}
    parts = [
        "## Operations",
        READING.format_map(vars(options)),
        BUSY.format(busy) if busy > report.BUSY_FROM else "",
        "\n".join([*head(peers), *(row(line, peers) for line in done)]),
        summary(done),
        "\n".join([*(f"- {line}" for line in skipped), *notes(lines, names)]),
        "Versions: " + ", ".join(f"{name} {versions[name]}" for name in sorted(versions)) + ".",
    ]
    return "\n\n".join(part for part in parts if part)


def head(peers: dict[str, str]) -> list[str]:
    """Return the head of the table."""
    names = ["operation", "ours, images/s", "best peer", *peers.values()]
    return [f"| {' | '.join(names)} |", f"| --- | ---: | ---: |{' ---: |' * len(peers)}"]


def row(line: Line, peers: dict[str, str]) -> str:
    """Return one row of the table."""
    ratios = line.ratios()
    best = max(ratios, key=ratios.__getitem__, default=None)
    cells = [
        f"{line.operation}: {line.about}" if line.about else line.operation,
        f"{median(line.rates[OURS]):,.0f}",
        "" if best is None else f"{peers[best]} {marked(ratios[best])}",
        *(marked(ratios[peer]) if peer in ratios else "" for peer in peers),
    ]
    return f"| {' | '.join(cells)} |"


def marked(ratio: float) -> str:
    """Return a ratio, in bold where ours is the slower one."""
    text = f"{ratio:.2f}"
    return f"**{text}**" if float(text) > 1 else text


def summary(lines: list[Line]) -> str:
    """Say in how many operations that do something ours is slower, and by how much."""
    working = [line for line in lines if line.operation != "Identity"]
    best = [max(ratios.values()) for line in working if (ratios := line.ratios())]
    if not best:
        return ""
    slower = sum(float(f"{ratio:.2f}") > 1 for ratio in best)
    return (
        f"Ours is slower than the best peer in {slower} of {len(best)} operations; the geometric "
        f"mean of the best peers is {geometric_mean(best):.2f}."
    )


def notes(lines: list[Line], names: dict[str, str]) -> list[str]:
    """List what was left out for a reason other than that a library does not have it."""
    return [
        f"- {line.operation}: {names[peer]} left out, {reason}"
        for line in lines
        for peer, reason in line.missing.items()
        if reason
    ]


def write(folder: Path, date: str, text: str, data: dict[str, Any]) -> Path:
    """Write the report as Markdown and, beside it, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"augment-{date}.md"
    path.write_text(text)
    path.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
    return path


if __name__ == "__main__":
    raise SystemExit(main())
