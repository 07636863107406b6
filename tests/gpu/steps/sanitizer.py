"""Run a small program without PyTorch under the tools of compute-sanitizer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from step import Skip, Step, run

TOOLS = ("memcheck", "racecheck", "initcheck", "synccheck")
FOUND = 86
# What it says where it cannot work at all, for example in a sandbox.
REFUSALS = ("Device not supported", "Unable to", "not supported on this", "LibraryNotLoaded")


def sanitizer(step: Step) -> None:
    """Run each tool in its share of the time."""
    step.context().close()
    program = find()
    if program is None:
        raise Skip("compute-sanitizer is neither on PATH nor in /usr/local/cuda/bin")
    folder = step.images("odd")
    small = Path(__file__).resolve().parent.parent / "small.py"
    for number, tool in enumerate(TOOLS):
        seconds = step.left() / (len(TOOLS) - number)
        command = [program, "--tool", tool, "--error-exitcode", str(FOUND)]
        command += [sys.executable, str(small), str(folder), step.device]
        judge(step, tool, command, seconds)


def find() -> str | None:
    """Return the path of the program."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/cuda/bin"])
    return shutil.which("compute-sanitizer", path=places)


def judge(step: Step, tool: str, command: list[str], seconds: float) -> None:
    """Run one tool, and record what it found."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=max(1, seconds)
        )
    except subprocess.TimeoutExpired:
        step.skip(tool, f"it did not finish within {seconds:.0f} s")
        return
    output = done.stdout + done.stderr
    summary = [line for line in output.splitlines() if "SUMMARY" in line]
    refusal = next((words for words in REFUSALS if words in output), None)
    if done.returncode and refusal and not summary[:-1]:
        step.skip(tool, f"it cannot work here: {refusal}")
        return
    detail = " ".join(summary) or f"exit status {done.returncode}: {output.strip()[-300:]}"
    step.check(tool, done.returncode == 0, detail)


if __name__ == "__main__":
    run(sanitizer)
