"""``create-tfrecords``: pictures into TFRecord files."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs.cli import _writing
from imagepipe_rs.cli._program import command, place


@command(
    "create-tfrecords",
    short_help="Put pictures into TFRecord files.",
    epilog="""\b
    Examples:
      imagepipe create-tfrecords pictures/ records/ train_ --img-per-file 1000
      imagepipe create-tfrecords --source_path from/ --dest_path to/ --name train_
    """,
)
@place(
    "--source-path",
    help="Folder of pictures, flat or with one directory a class; or a CSV of file names (relative to its"
    " folder) and classes.",
)
@place("--dest-path", help="Folder for the files; made if it is not there.")
@place("--name", help="How their names begin: NAME0, NAME1 ...")
@_writing.img_per_file
@_writing.labels
@click.option(
    "--metadata", is_flag=True, help="Also keep format, file name, height, width and class name."
)
@_writing.checks
@_writing.index
@_writing.manifest
@_writing.allow_outside
@_writing.workers
@_writing.existing
def create_tfrecords(*, quiet: bool, **arguments: Any) -> int:
    """Put the pictures of a folder, as they are, into TFRecord files of tf.train.Example."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_tfrecords(**arguments, progress=progress),
        noun="image",
        folder=arguments["dest_path"],
        files=f"{escape(arguments['name'])}[0-9]*",
        quiet=quiet,
    )
