"""Warnings about data, at the user's own line."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from imagepipe_rs._errors import DatasetWarning
from imagepipe_rs._names import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


def warn(notes: Iterable[str]) -> None:
    """Warn of each note, at the line outside of this package that led here."""
    level = 1
    frame = sys._getframe()  # noqa: SLF001  there is no other way that does not read source files
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    for note in notes:
        warnings.warn(printable(note), DatasetWarning, stacklevel=level)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]
