"""What the commands that write files share: options, progress, and the last line."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import imagepipe_rs
from imagepipe_rs._arguments import WORDS
from imagepipe_rs._names import printable
from imagepipe_rs.cli import _text
from imagepipe_rs.cli._program import DONE, place, stopped
from imagepipe_rs.cli._progress import Progress
from imagepipe_rs.cli._reading import CSV

if TYPE_CHECKING:
    from imagepipe_rs import Written

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

# What a full disk says.
_FULL = {errno.ENOSPC, errno.EDQUOT}

source = place(
    "--source-path", help=f"Folder of images, flat or with one directory per class; or {CSV}."
)
destination = place("--dest-path", help="Folder for the files; created if missing.")
seed = click.option("--seed", default=0, help="Seed of everything random.")
index = click.option(
    "--index/--no-index",
    default=False,
    help="Also write SHARD.idx beside each shard, for DALI; or use 'imagepipe index' later.",
)
img_per_file = click.option("--img-per-file", default=1000, help="Records in a file.")


def existing(function: _Decorated) -> _Decorated:
    """Declare what to do with files that exist already."""
    overwrite = click.option("--overwrite", is_flag=True, help="Replace existing files.")
    resume = click.option(
        "--resume", is_flag=True, help="Keep what a stopped run has finished, and continue it."
    )
    return overwrite(resume(function))


def checks(function: _Decorated) -> _Decorated:
    """Declare how inputs are checked, and what to do with those that cannot be used."""
    check = click.option(
        "--check",
        type=click.Choice(WORDS["check"]),
        default="decode",
        help="Before anything is written: decode every image, or look at how files start.",
    )
    on_error = click.option(
        "--on-error",
        type=click.Choice(WORDS["on_error of a writer"]),
        default="raise",
        help="If images cannot be used: stop and list them all, or leave them out.",
    )
    return check(on_error(function))


def manifest(function: _Decorated) -> _Decorated:
    """Declare the list of what became of each image."""
    return click.option(
        "--manifest", is_flag=True, help="Also write manifest.jsonl: shard, record, file, label."
    )(function)


def labels(function: _Decorated) -> _Decorated:
    """Declare where labels come from."""
    return click.option(
        "--labels",
        default="directory",
        metavar="directory|none|CSV",
        callback=lambda _ctx, _param, value: None if value == "none" else value,
        help="The class directory's number; 0 for all; or a CSV of file names (relative to"
        " SOURCE_PATH) and classes.",
    )(function)


allow_outside = click.option(
    "--allow-outside", is_flag=True, help="A CSV may name files outside of the folder."
)


def write(work: Callable[[Progress], Written], *, folder: str, files: str, quiet: bool) -> int:
    """Run a writer, and say what it wrote.

    Args:
        work: writes files, and reports progress.
        folder: where the files go.
        files: a glob of their names, for counting them when the run is stopped.
        quiet: say nothing.
    """
    started = time.monotonic()
    try:
        with Progress("image", quiet=quiet) as progress:
            written = work(progress)
    except KeyboardInterrupt as stop:
        return stopped(stop, _what_is_left(folder, files))
    except imagepipe_rs.DatasetError as error:
        if getattr(error, "errno", None) in _FULL and (left := _what_is_left(folder, files)):
            error.add_note(left)
        raise
    if not quiet:
        print(_summary(written, time.monotonic() - started, folder))
        for path, reason in written.skipped:
            print(printable(f"left out: {path}: {reason}"))
    return DONE


def finished(folder: str, files: str) -> int:
    """Count the files in ``folder`` or below with such names, without index files."""
    found = Path(folder).rglob(files)
    return sum(path.is_file() and path.suffix != ".idx" for path in found)


def _what_is_left(folder: str, files: str) -> str:
    if click.get_current_context().params.get("overwrite"):
        # Names do not tell which of the files are from an earlier run.
        return "each file is whole, old or new; run the same command again"
    count = finished(folder, files)
    if not count:
        return ""
    kept = "is kept" if count == 1 else "are kept"
    done = _text.count(count, "finished file")
    return f"{done} {kept}; continue with the same command and --resume"


def _summary(written: Written, seconds: float, folder: str) -> str:
    parts = [_text.count(written.files, "file")]
    if written.records != written.files:
        parts.append(_text.count(written.records, "image"))
    parts.append(_text.size(written.bytes))
    made = f"{', '.join(parts)} in {_text.duration(seconds)}"
    if written.kept:
        # A speed would include files that were not written now.
        made += f", {written.kept:,} of the files finished before"
    elif seconds > 0:
        made += f" ({_text.rate(written.records / seconds)} images/s)"
    return f"{made}: {folder}"
