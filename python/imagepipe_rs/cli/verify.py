"""``verify``: what is damaged in a dataset."""

from __future__ import annotations

import time
from typing import Any

from imagepipe_rs import inspection
from imagepipe_rs._names import printable
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._messages import in_options
from imagepipe_rs.cli._program import BAD_DATA, DONE, command
from imagepipe_rs.cli._progress import Progress


@command(
    "verify",
    short_help="Read and decode everything, and list what is damaged.",
    epilog="""\b
    Examples:
      imagepipe verify train/
      imagepipe verify records/ && echo all good
      imagepipe verify train/ --json | jq -r '.damaged[].path'
    """,
)
@_reading.paths
@_reading.keys
@_reading.allow_outside
@_reading.workers
@_reading.as_json
def verify(*, paths: tuple[str, ...], as_json: bool, quiet: bool, **options: Any) -> int:
    """Read and decode everything on all cores, and list what is damaged, with the reason.

    The exit code is 1 if anything is damaged, if there is no data, or if the list cannot be
    written. In JSON, a path that is not UTF-8 has its bytes beside it, as path_base64.
    """
    started = time.monotonic()
    with Progress("sample", quiet=quiet) as progress:
        found = inspection.verify(_reading.one_or_many(paths), progress=progress, **options)
    seconds = time.monotonic() - started
    damaged = found["damaged"]
    if as_json:
        print_json(found)
    else:
        for one in damaged:
            print(in_options(_text.damage(one)))
        if not quiet:
            for note in found["notes"]:
                print(in_options(printable(note)))
            good = f"{_text.count(found['samples'], 'sample')}, {_text.size(found['bytes'])}"
            verdict = f"{len(damaged):,} damaged" if damaged else "all good"
            print(f"{good} in {_text.duration(seconds)}: {verdict}")
    return BAD_DATA if damaged else DONE
