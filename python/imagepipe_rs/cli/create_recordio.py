"""``create-recordio``: pictures into MXNet's RecordIO files."""

from __future__ import annotations

from glob import escape
from typing import Any

import imagepipe_rs
from imagepipe_rs.cli import _writing
from imagepipe_rs.cli._program import command, place


@command(
    "create-recordio",
    short_help="Put pictures into RecordIO files.",
    epilog="""\b
    Examples:
      imagepipe create-recordio pictures/ recordio/ train_ --img-per-file 1000
      imagepipe create-recordio --source_path from/ --dest_path to/ --name train_
    """,
)
@place(
    "--source-path",
    help="Folder of pictures, flat or with one directory a class; or a CSV of file names (relative to its"
    " folder) and classes.",
)
@place("--dest-path", help="Folder for the files; made if it is not there.")
@place("--name", help="How their names begin: NAME0.rec and NAME0.idx ...")
@_writing.img_per_file
@_writing.labels
@_writing.checks
@_writing.manifest
@_writing.allow_outside
@_writing.workers
@_writing.existing
def create_recordio(*, quiet: bool, **arguments: Any) -> int:
    """Put the pictures of a folder, as they are, into RecordIO files, each with its index."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_recordio(**arguments, progress=progress),
        noun="image",
        folder=arguments["dest_path"],
        files=f"{escape(arguments['name'])}[0-9]*.rec",
        quiet=quiet,
    )
