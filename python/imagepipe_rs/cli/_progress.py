"""How far a job is: a bar on a terminal, or occasional lines in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Never, Self, TextIO

from tqdm import tqdm

from imagepipe_rs.cli import _text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_FIRST_LINE = 5.0
_LONGEST_PAUSE = 60.0


class Progress:
    """A context manager that shows ``(done, total)`` on stderr.

    On a terminal it is a bar with the rate and the time left. Elsewhere it is a line after five
    seconds, then after pauses that double up to a minute. If quiet, it shows nothing.
    """

    def __init__(
        self,
        noun: str,
        *,
        quiet: bool,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show nothing yet; ``noun`` is what is counted."""
        self._noun = noun
        self._stream = stream or sys.stderr
        # A process may be started with stderr closed.
        self._quiet = quiet or self._stream is None
        self._clock = clock
        self._bar: tqdm[Never] | None = None
        self._started = clock()
        self._first: int | None = None
        self._pause = _FIRST_LINE
        self._next_line = self._started + _FIRST_LINE

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` are done."""
        if self._quiet:
            return
        if self._first is None:
            # What a resumed run finds finished says nothing about its speed.
            self._first = done
        try:
            self._show(done, total)
        except OSError:
            # A full disk or a closed pipe must not end the run.
            self._quiet = True

    def _show(self, done: int, total: int) -> None:
        if self._stream.isatty():
            self._draw(done, total)
        elif self._clock() >= self._next_line:
            self._write_line(done, total)

    def _draw(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=total,
                initial=done,
                unit=f" {self._noun}s",
                file=self._stream,
                leave=False,
                dynamic_ncols=True,
            )
        self._bar.update(done - self._bar.n)

    def _write_line(self, done: int, total: int) -> None:
        now = self._clock()
        self._next_line = now + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        speed = (done - (self._first or 0)) / (now - self._started)
        parts = [f"{done:,} of {_text.count(total, self._noun)}"]
        if total:
            parts[0] += f" ({100 * done // total} %)"
        if speed > 0:
            left = (total - done) / speed
            parts += [f"{_text.rate(speed)}/s", f"{_text.duration(left)} left"]
        print(", ".join(parts), file=self._stream, flush=True)


__all__ = ["Progress"]
