"""Run what needs a GPU: correctness first, then throughput and training, in under five minutes.

    python3 run.py --wheel imagepipe_rs-*.whl --out results/

It needs no network, no compiler and nothing installed but NumPy. PyTorch, CuPy and JAX are used if
they can be imported. Each step is a program with a time limit: one that crashes or hangs costs only
itself. ``results.json`` and ``results.md`` in ``--out`` are written after every step.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import report

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUDGET_S = 280
# What a process in the driver may take to die.
DEATH_S = 5
TAIL = 4_000


@dataclass(frozen=True)
class Program:
    """A step: its name, time limit in seconds, what it does, and the steps it builds on."""

    name: str
    limit: float
    title: str
    needs: tuple[str, ...] = ()
    path: Path | None = None

    @property
    def source(self) -> Path:
        """The program."""
        return self.path or HERE / "steps" / f"{self.name}.py"


LOADS = ("unpack", "images")
STEPS = (
    Program("unpack", 4, "unpack and import the wheel"),
    Program("machine", 6, "card, driver, frameworks, cores, huge pages"),
    Program("images", 10, "images of 500x375, and some of odd sizes", ("unpack",)),
    Program("equality", 35, "batches on the GPU equal those on the CPU to the bit", LOADS),
    Program("torture", 20, "no batch ever shows the bytes of another", LOADS),
    Program("ceilings", 25, "what the machine can do: kernels, pinning, copies"),
    Program("throughput", 25, "images/s, decoded and delivered to the GPU", LOADS),
    Program("traffic", 15, "copies and kernels of the Loader, by PyTorch's profiler", LOADS),
    Program("resnet", 80, "ResNet-50: real data relative to synthetic data", LOADS),
    Program("epochs", 20, "memory of host and device over 20 epochs", LOADS),
    Program("sanitizer", 40, "compute-sanitizer on a small program without PyTorch", LOADS),
)


@dataclass
class Result:
    """How a step went."""

    name: str
    title: str
    limit: float
    seconds: float = 0.0
    outcome: str = "failed"
    detail: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    stderr: str = ""


def main() -> int:
    """Run the steps, and return 1 if one of them failed."""
    options = parse()
    if options.list:
        for program in options.steps:
            print(f"{program.name:12} {program.limit:3.0f} s  {program.title}")
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if options.work is None:
            options.work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gpu-run-")))
        options.work.mkdir(parents=True, exist_ok=True)
        results = run_all(options)
    print(f"wrote {options.out / 'results.json'} and {options.out / 'results.md'}")
    return int(any(result.outcome == "failed" for result in results))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run what needs a GPU.")
    parser.add_argument("--wheel", type=Path, help="imagepipe_rs-*.whl")
    parser.add_argument("--out", type=Path, help="folder for results.json and results.md")
    parser.add_argument(
        "--only", type=commas, help="steps, separated by commas, and what they need"
    )
    parser.add_argument("--list", action="store_true", help="list the steps and their time limits")
    parser.add_argument("--seconds", type=float, default=BUDGET_S, help="for all steps (280)")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N, or cpu for a rehearsal")
    parser.add_argument("--ptx", type=Path, help="convert.ptx (default: the checkout's)")
    parser.add_argument("--work", type=Path, help="folder to keep images in (default: temporary)")
    parser.add_argument("--images", type=int, default=10_240, help="how many to make (10240)")
    parser.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="PROGRAM[=SECONDS]",
        help="one more program to run as a step",
    )
    options = parser.parse_args()
    if not options.list and (options.wheel is None or options.out is None):
        parser.error("--wheel and --out are needed")
    if options.wheel is not None and not options.wheel.is_file():
        parser.error(f"no such file: {options.wheel}")
    if options.ptx is None:
        places = (HERE / "convert.ptx", ROOT / "cuda" / "convert.ptx")
        options.ptx = next((path for path in places if path.is_file()), None)
    try:
        options.steps = choose(options)
    except ValueError as error:
        parser.error(str(error))
    for name in ("wheel", "out", "ptx", "work"):
        if getattr(options, name) is not None:
            setattr(options, name, getattr(options, name).resolve())
    return options


def commas(text: str) -> list[str]:
    """Split a list separated by commas."""
    return [part for part in text.split(",") if part]


def choose(options: argparse.Namespace) -> list[Program]:
    """Return the steps to run, with their time limits.

    Raises:
        ValueError: an unknown step.
    """
    scale = options.seconds / BUDGET_S
    steps = [replace(step, limit=step.limit * scale) for step in STEPS]
    added = [added_step(text, 10 * scale) for text in options.add]
    steps += added
    names = [program.name for program in steps]
    if unknown := set(options.only or []) - set(names):
        raise ValueError(f"no step {', '.join(sorted(unknown))}: there are {', '.join(names)}")
    wanted = set(options.only or names) | {program.name for program in added}
    for program in steps:
        if program.name in wanted:
            wanted.update(program.needs)
    return [step for step in steps if step.name in wanted]


def added_step(text: str, limit: float) -> Program:
    """Return the step that ``--add`` names, with its own limit if it has one.

    Raises:
        ValueError: no such file, or not a number of seconds.
    """
    name, _, seconds = text.partition("=")
    path = Path(name).resolve()
    if not path.is_file():
        raise ValueError(f"no such file: {name}")
    return Program(path.stem, float(seconds or limit), path.name, path=path)


def run_all(options: argparse.Namespace) -> list[Result]:
    """Run the chosen steps in order, and write the results after each."""
    about = {
        "date": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "wheel": options.wheel.name,
        "device": options.device,
        "seconds": options.seconds,
        "python": platform.python_version(),
    }
    results: list[Result] = []
    for program in options.steps:
        print(f"{program.name}: ", end="", flush=True)
        result = run_step(options, program)
        results.append(result)
        print(f"{result.outcome}, {result.seconds:.1f} s {result.detail}".rstrip(), flush=True)
        write(options.out, {"about": about, "steps": [asdict(one) for one in results]})
    return results


def write(folder: Path, data: dict[str, Any]) -> None:
    """Write the results, whole or not at all."""
    for name, text in (
        ("results.json", json.dumps(data, indent=1) + "\n"),
        ("results.md", report.markdown(data)),
    ):
        partial = folder / f".{name}.partial"
        partial.write_text(text)
        partial.replace(folder / name)


def run_step(options: argparse.Namespace, program: Program) -> Result:
    """Run one step in a process group of its own, and collect what it left."""
    result = Result(program.name, program.title, program.limit)
    folder = options.work / "steps"
    folder.mkdir(exist_ok=True)
    records = folder / f"{program.name}.jsonl"
    records.unlink(missing_ok=True)
    stderr = folder / f"{program.name}.stderr"
    started = time.monotonic()
    # Files, not pipes: a process that the step leaves behind would keep a pipe open.
    with stderr.open("w") as errors:
        process = subprocess.Popen(
            command(options, program, records, started + program.limit),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env=environment(options),
            cwd=folder,
            start_new_session=True,
        )
    code = wait(process, program.limit)
    result.seconds = round(time.monotonic() - started, 2)
    result.records = read_records(records)
    result.stderr = stderr.read_text(errors="replace")[-TAIL:]
    if code == 1 and (why := missing(result.stderr)):
        code = 0
        result.records.append({"kind": "skip", "name": "", "why": why})
    result.outcome, result.detail = outcome(code, result)
    return result


def command(
    options: argparse.Namespace, program: Program, records: Path, deadline: float
) -> list[str]:
    """Return the command line of a step."""
    arguments = {
        "--records": records,
        "--work": options.work,
        "--deadline": deadline,
        "--device": options.device,
        "--wheel": options.wheel,
        "--ptx": options.ptx,
        "--images": options.images,
    }
    words = [sys.executable, str(program.source)]
    for name, value in arguments.items():
        words += [] if value is None else [name, str(value)]
    return words


def environment(options: argparse.Namespace) -> dict[str, str]:
    """Return the environment of a step: the unpacked wheel first, and no hoarding of memory."""
    paths = [str(HERE), str(options.work / "package"), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }


def wait(process: subprocess.Popen[bytes], limit: float) -> int | None:
    """Return the exit status; None if the step had to be stopped."""
    code: int | None = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(limit)
    # Also what a step that ended has left running.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # A process may be stuck in the driver for good.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(DEATH_S)
    return code


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a step; the last line may be cut short."""
    records = []
    with contextlib.suppress(FileNotFoundError):
        for line in path.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                records.append(json.loads(line))
    return records


def missing(stderr: str) -> str | None:
    """Return which of the packages that steps cannot do without is missing, if that ended one."""
    last = (stderr.strip().splitlines() or [""])[-1]
    words = [f"No module named '{name}'" for name in ("numpy", "imagepipe_rs")]
    return next((word for word in words if last == f"ModuleNotFoundError: {word}"), None)


def outcome(code: int | None, result: Result) -> tuple[str, str]:
    """Return whether a step passed, failed or was skipped, and the reason."""
    if code != 0:
        return "failed", ending(code, result)
    wrong = [one for one in result.records if one["kind"] == "check" and not one["passed"]]
    if wrong:
        return "failed", "; ".join(f"{one['name']}: {one['detail']}" for one in wrong)
    if not result.records:
        return "failed", "it left no results"
    skips = [one["why"] for one in result.records if one["kind"] == "skip"]
    if len(skips) == len(result.records):
        return "skipped", skips[0]
    return "passed", ""


def ending(code: int | None, result: Result) -> str:
    """Return how a step ended that did not end well."""
    if code is None:
        return f"stopped at its limit of {result.limit:.0f} s"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    last = [line for line in result.stderr.splitlines() if line.strip()][-1:]
    return f"exit status {code}: {''.join(last)}"


if __name__ == "__main__":
    raise SystemExit(main())
