"""What the functions that write datasets share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from imagepipe_rs._errors import Damage
from imagepipe_rs._names import shown
from imagepipe_rs._notes import warn

# Called on the caller's thread about ten times a second, with what is done and what there is to do.
Progress = Callable[[int, int], object]

# How thoroughly inputs are checked before anything is written, and what becomes of those that
# cannot be used.
Check = Literal["decode", "headers"]
OnError = Literal["raise", "skip"]


class Written(NamedTuple):
    """What was written.

    Attributes:
        files: files with data; index files, manifests and the like are not counted.
        records: records, or images, in them.
        bytes: bytes of those files.
        kept: how many of the files were found finished, with ``resume=True``.
        skipped: with ``on_error="skip"`` the images that were left out: path and reason of each.
    """

    files: int
    records: int
    bytes: int
    kept: int
    skipped: tuple[Damage, ...] = ()


_Counts = tuple[int, int, int, int, list[tuple[str, str]], list[str]]
_Native = Callable[[Mapping[str, Any], Progress | None], _Counts]


def check_progress(progress: object) -> None:
    """Check the argument ``progress``.

    Raises:
        TypeError: it is neither None nor a function.
    """
    if progress is not None and not callable(progress):
        message = f"progress={shown(progress)} is not valid: a function of done and total"
        raise TypeError(message)


def run(native: _Native, arguments: Mapping[str, Any]) -> Written:
    """Run a writer of the compiled module, and warn of what its user should know.

    Args:
        native: the writer.
        arguments: those of the calling function, by name.
    """
    progress, engine = arguments.get("progress"), arguments.get("engine")
    if engine is not None:
        message = f"engine={engine!r} is not valid: None is the only engine of this version"
        raise ValueError(message)
    check_progress(progress)
    files, records, size, kept, skipped, notes = native(arguments, progress)
    warn(notes)
    return Written(files, records, size, kept, tuple(Damage(*one) for one in skipped))
