"""What the steps have in common: their arguments, and the records they leave for the report.

A step is a program that ``run.py`` starts::

    python STEP.py --records FILE --work DIR --deadline SECONDS [--device cuda]

It appends a line of JSON for each thing it finds out, so that a step that is killed leaves what it
had found so far. All steps of a run share the folder ``--work``, with the package and the images.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import driver
from figures import GOALS

if TYPE_CHECKING:
    from collections.abc import Callable

# Kept back from the time limit to write the last records and to let the interpreter finish.
MARGIN_S = 1.0


class Skip(Exception):  # noqa: N818  nothing went wrong
    """A step cannot run here; the message says why."""


class Step:
    """A running step."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.records: Path = options.records
        self.work: Path = options.work
        self.deadline: float = options.deadline
        self.device: str = options.device
        self.wheel: Path | None = options.wheel
        self.ptx: Path | None = options.ptx
        self.count: int = options.images

    @property
    def rehearsal(self) -> bool:
        """Whether the programs run on the CPU, to try them out."""
        return self.device == "cpu"

    def left(self) -> float:
        """Return the seconds until the step should end."""
        return self.deadline - MARGIN_S - time.monotonic()

    def fact(self, name: str, value: object) -> None:
        """Record something about the machine or the run."""
        self._write({"kind": "fact", "name": name, "value": value})

    def check(self, name: str, passed: bool, detail: str = "") -> None:  # noqa: FBT001  what it is for
        """Record whether something that must hold does."""
        self._write({"kind": "check", "name": name, "passed": bool(passed), "detail": detail})

    def skip(self, what: str, why: str) -> None:
        """Record what was left out, and why."""
        self._write({"kind": "skip", "name": what, "why": why})

    def figure(
        self,
        name: str,
        value: float,
        unit: str = "",
        *,
        goal: str | None = None,
        unmet: str | None = None,
    ) -> None:
        """Record a measurement.

        Args:
            name: what was measured.
            value: the measurement.
            unit: its unit.
            goal: the key in ``GOALS`` of the goal it is judged by.
            unmet: why the goal is not met, if that does not follow from the value.
        """
        record: dict[str, Any] = {"kind": "figure", "name": name, "value": value, "unit": unit}
        if goal is not None:
            met = None if self.rehearsal else GOALS[goal].holds(value) and unmet is None
            record |= {"goal": goal, "met": met, "unmet": unmet}
        self._write(record)

    def _write(self, record: dict[str, Any]) -> None:
        with self.records.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def context(self) -> driver.Context:
        """Return the primary context of the device, current on this thread.

        Raises:
            Skip: there is none.
        """
        if self.rehearsal:
            raise Skip("needs a GPU; this is a rehearsal on the CPU")
        try:
            return driver.Context(driver.Driver(), int(self.device.partition(":")[2] or 0))
        except driver.DriverError as error:
            raise Skip(f"no GPU: {error}") from error

    def needs_device(self) -> None:
        """Raise ``Skip`` unless there is a GPU, or this is a rehearsal."""
        if not self.rehearsal:
            self.context().close()

    def images(self, name: str = "images") -> Path:
        """Return a folder that the step ``images`` made.

        Raises:
            Skip: it has made none.
        """
        folder = self.work / name
        if not folder.is_dir():
            raise Skip("no images: the step 'images' made none")
        return folder


def run(program: Callable[[Step], None]) -> None:
    """Run a step with the arguments of this process, and exit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--deadline", type=float, required=True, help="of time.monotonic()")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--wheel", type=Path)
    parser.add_argument("--ptx", type=Path)
    parser.add_argument("--images", type=int, default=0, help="how many to make")
    step = Step(parser.parse_args())
    faulthandler.enable()
    # Says where a step hangs, shortly before it is killed.
    faulthandler.dump_traceback_later(max(0.1, step.left() + MARGIN_S / 2))
    try:
        program(step)
    except Skip as reason:
        step.skip("", str(reason))
    sys.exit(0)
