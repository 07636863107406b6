"""``create-tfrecords``: images into TFRecord files."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs.cli import _reading, _writing
from imagepipe_rs.cli._program import command, place


@command(
    "create-tfrecords",
    short_help="Put images into TFRecord files.",
    epilog="""\b
    Examples:
      imagepipe create-tfrecords images/ records/ train_ --img-per-file 1000
      imagepipe create-tfrecords --source_path from/ --dest_path to/ --name train_
    """,
)
@_writing.source
@_writing.destination
@place("--name", help="How file names begin: NAME0, NAME1 ...")
@_writing.img_per_file
@_writing.labels
@click.option(
    "--metadata", is_flag=True, help="Also keep format, file name, height, width and class name."
)
@_writing.checks
@_writing.index
@_writing.manifest
@_writing.allow_outside
@_reading.workers
@_writing.existing
def create_tfrecords(*, quiet: bool, **arguments: Any) -> int:
    """Put images, as they are, into TFRecord files of tf.train.Example."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_tfrecords(**arguments, progress=progress),
        folder=arguments["dest_path"],
        files=f"{escape(arguments['name'])}[0-9]*",
        quiet=quiet,
    )
