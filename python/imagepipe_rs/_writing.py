"""What the functions that write data sets share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

_log = logging.getLogger("imagepipe_rs")

# Called on the caller's thread about ten times a second, with what is done and what there is to do.
Progress = Callable[[int, int], object]


class Written(NamedTuple):
    """What was written.

    Attributes:
        files: files with data; index files, manifests and the like are not counted.
        records: records, or images, in them.
        bytes: bytes of those files.
        kept: how many of the files were found finished, with ``resume=True``.
    """

    files: int
    records: int
    bytes: int
    kept: int


_Native = Callable[[Mapping[str, Any], Progress | None], tuple[int, int, int, int, list[str]]]


def run(native: _Native, arguments: Mapping[str, Any], progress: Progress | None) -> Written:
    """Run a writer of the compiled module, and log what its user should know."""
    if progress is not None and not callable(progress):
        message = f"progress={progress!r} is not valid: a function of two numbers, done and total"
        raise TypeError(message)
    *counts, notes = native(arguments, progress)
    for note in notes:
        _log.warning("%s", note)
    return Written(*counts)


def only_here(engine: object) -> None:
    """Refuse an engine: this version converts on the machine it runs on."""
    if engine is not None:
        message = f"engine={engine!r} is not valid: None is the only engine of this version"
        raise ValueError(message)
