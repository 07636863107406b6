"""``create-recordio``: images into MXNet's RecordIO files."""

from __future__ import annotations

from glob import escape
from typing import Any

import imagepipe_rs
from imagepipe_rs.cli import _reading, _writing
from imagepipe_rs.cli._program import command, place


@command(
    "create-recordio",
    short_help="Put images into RecordIO files.",
    epilog="""\b
    Examples:
      imagepipe create-recordio images/ recordio/ train_ --img-per-file 1000
      imagepipe create-recordio --source_path from/ --dest_path to/ --name train_
    """,
)
@_writing.source
@_writing.destination
@place("--name", help="How file names begin: NAME0.rec and NAME0.idx ...")
@_writing.img_per_file
@_writing.labels
@_writing.checks
@_writing.manifest
@_writing.allow_outside
@_reading.workers
@_writing.existing
def create_recordio(*, quiet: bool, **arguments: Any) -> int:
    """Put images, as they are, into RecordIO files with indexes."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_recordio(**arguments, progress=progress),
        folder=arguments["dest_path"],
        files=f"{escape(arguments['name'])}[0-9]*.rec",
        quiet=quiet,
    )
