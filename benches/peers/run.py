"""Measure imagepipe_rs and the packages a user might choose instead, on the same images.

    python benches/peers/run.py [PHOTOS] [--imagepipe WHEEL] [--only ours,tf] [--tasks T1]

Every peer has its own virtual environment and process. They take turns, round after round, so that
a machine that slows down affects all of them. They are listed in peers.toml. Needs Linux and Python
only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import report
from environments import Environment, InstallError
from tasks import TASKS

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
# The large images are for decoding at reduced size, which T1 does most.
PLAN = {"small": list(TASKS), "large": ["T1"]}
# The more an image is compressed, the smaller is the share of Huffman decoding, which is where our
# decoder is fast.
QUALITIES = (75, 85, 90, 95)
PLAN |= {f"q{quality}": ["T1"] for quality in QUALITIES}
QUALITY_COUNT = 500
LONGEST_S = 1800

Peer = dict[str, Any]


def main() -> int:
    """Make what is missing, run the rounds, and print and write the tables."""
    options = parse()
    catalogue = tomllib.loads((HERE / "peers.toml").read_text())
    about = report.machine(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    # Wherever --work is, nothing in it should be committed.
    (options.work / ".gitignore").write_text("*\n")
    about |= {"rounds": options.rounds, "epochs": options.epochs}
    photos = {name: make_photos(options, catalogue, name) for name in options.sets}
    about["photos"] = {name: report.SETS[name] for name in options.sets}
    peers, skipped = install(options, catalogue)
    others = report.OtherWork()
    tables = []
    for name in options.sets:
        for task in [task for task in PLAN[name] if task in options.tasks]:
            table = run_table(options, peers, name, photos[name], task)
            print("\n" + table.markdown() + "\n", flush=True)
            tables.append(table)
    about["cores_used_by_others"] = others.cores()
    for line in skipped:
        print(line)
    print(f"wrote {report.write(options.results, about, tables, skipped)}")
    return int(not any(row.results for table in tables for row in table.rows))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure imagepipe_rs and its peers.")
    parser.add_argument(
        "photos", type=Path, nargs="?", help="made by photos.py (default: makes them in --work)"
    )
    parser.add_argument("--imagepipe", type=Path, help="wheel or source (default: newest built)")
    parser.add_argument("--work", type=Path, default=REPO / ".peers", help="environments, photos")
    parser.add_argument("--only", type=commas, help="ids from peers.toml, separated by commas")
    parser.add_argument("--tasks", type=commas, default=list(TASKS), help="some of T1,T2,T3")
    parser.add_argument("--set", dest="sets", type=commas, default=list(PLAN))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3, help="timed in each round")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--torch", action="store_true", help="also PyTorch (5.3 GB)")
    parser.add_argument("--results", type=Path, help="folder for the report")
    options = parser.parse_args()
    for given, known in ((options.tasks, TASKS), (options.sets, PLAN)):
        if unknown := set(given) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))} (there are {', '.join(known)})")
    if options.results is None:
        # A partial run must not replace the full report of the same day.
        whole = options.only is None and options.tasks == list(TASKS)
        whole = whole and options.sets == list(PLAN)
        options.results = HERE.parent / "results" if whole else options.work / "results"
    return options


def commas(text: str) -> list[str]:
    """Split a list separated by commas."""
    return [part for part in text.split(",") if part]


def make_photos(options: argparse.Namespace, catalogue: dict[str, Any], name: str) -> Path:
    """Make the images of a set if they are missing, and read all into the page cache."""
    photos: Path = options.photos or options.work / "photos"
    recipe = []
    if name.startswith("q"):
        # Beside the usual sets, since photos.py replaces its folder as a whole.
        photos = photos.with_name(f"{photos.name}-{name}")
        recipe = ["--quality", name[1:], "--small", str(QUALITY_COUNT), "--large", "0"]
    if recipe or not photos.is_dir():
        environment = environment_of(options, catalogue, "photos")
        environment.prepare()
        command = [environment.python, HERE.parent / "photos.py", photos, *recipe]
        subprocess.run(command, check=True)
    folder = photos / ("small" if recipe else name)
    files = sorted(folder.glob("*/*.jpg"))
    if not files:
        message = f"{folder} has no images; make them with benches/photos.py"
        raise SystemExit(message)
    for path in files:
        path.read_bytes()
    return folder


def environment_of(options: argparse.Namespace, catalogue: Peer, name: str) -> Environment:
    """Look up what belongs in an environment."""
    return Environment(
        folder=options.work / "environments" / name,
        requirements=catalogue["environments"][name],
        extra=imagepipe(options) if name == "imagepipe" else None,
        variables=catalogue["build"].get(name, {}),
    )


def imagepipe(options: argparse.Namespace) -> Path:
    """Return the imagepipe_rs to measure: the one named, or the newest that make built."""
    if options.imagepipe:
        given: Path = options.imagepipe.resolve()
        return given
    wheels = [*REPO.glob("dist/*.whl"), *REPO.glob("target/wheel/*.whl")]
    if not wheels:
        message = "no wheel in dist/ or target/wheel/, and no --imagepipe"
        raise InstallError(message)
    return max(wheels, key=lambda path: path.stat().st_mtime)


def install(options: argparse.Namespace, catalogue: Peer) -> tuple[list[Peer], list[str]]:
    """Prepare the environments of the chosen peers; also return which are left out, and why."""
    peers, skipped = [], []
    for peer in wanted(options, catalogue):
        try:
            peers.append(prepare(options, catalogue, peer))
        except InstallError as error:
            skipped.append(f"{peer['name']}: left out, {error}")
            print(skipped[-1], file=sys.stderr, flush=True)
    return peers, skipped


def wanted(options: argparse.Namespace, catalogue: Peer) -> list[Peer]:
    """Choose rows. The limit always runs, since all results are shares of it."""
    rows: list[Peer] = catalogue["row"]
    known = [row["id"] for row in rows]
    if unknown := set(options.only or []) - set(known):
        message = f"unknown: {', '.join(sorted(unknown))} (there are {', '.join(known)})"
        raise SystemExit(message)
    if options.only:
        return [row for row in rows if row["id"] in {"limit", *options.only}]
    return [row for row in rows if options.torch or row["environment"] != "torch"]


def prepare(options: argparse.Namespace, catalogue: Peer, peer: Peer) -> Peer:
    """Make a peer's environment, or its fallback."""
    name = peer["environment"]
    try:
        environment = environment_of(options, catalogue, name)
        environment.prepare()
    except InstallError:
        fallback = catalogue["fallback"].get(name)
        if fallback is None:
            raise
        return prepare(options, catalogue, peer | fallback)
    return peer | {"python": environment.python}


def run_table(
    options: argparse.Namespace, peers: list[Peer], name: str, photos: Path, task: str
) -> report.Table:
    """Run all rounds of one task on one set."""
    chosen = [peer for peer in peers if name in peer.get("sets", PLAN)]
    rows = [report.Row(peer["id"], peer["name"], peer["antialias"]) for peer in chosen]
    for number in range(options.rounds):
        for peer, row in zip(chosen, rows, strict=True):
            if not row.failure:
                run_peer(options, peer, row, photos, task)
                say_progress(f"{name} {task} round {number + 1}", row)
    return report.Table(name, task, rows)


def run_peer(
    options: argparse.Namespace, peer: Peer, row: report.Row, photos: Path, task: str
) -> None:
    """Run a peer once. If it fails, it is left out, and its row says why."""
    arguments = {
        "--task": task,
        "--photos": photos.resolve(),
        "--threads": options.threads,
        "--epochs": options.epochs,
    }
    command = [peer["python"], HERE / peer["script"], *peer.get("options", [])]
    command += [str(part) for pair in arguments.items() for part in pair]
    try:
        done = subprocess.run(
            command,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=True,
        )
        row.results.append(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        fail(row, f"not finished after {LONGEST_S} s")
    except subprocess.CalledProcessError as error:
        fail(row, (error.stderr.strip().splitlines() or ["nothing on stderr"])[-1])


def fail(row: report.Row, why: str) -> None:
    """Replace a peer's results by the reason it failed."""
    row.results.clear()
    row.failure = f"failed: {why}"


def say_progress(where: str, row: report.Row) -> None:
    """Report progress on stderr."""
    rate = f"{row.results[-1]['images_per_s']:,.0f} images/s" if row.results else row.failure
    print(f"{where}: {row.name}: {rate}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
