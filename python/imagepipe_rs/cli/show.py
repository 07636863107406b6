"""``show``: a batch as a model will see it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from imagepipe_rs import _native
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._program import command
from imagepipe_rs.sheet import Sheet


@command(
    "show",
    short_help="Draw a contact sheet of one batch.",
    epilog="""\b
    Examples:
      imagepipe show train/ -o sheet.png
      imagepipe show train/ -o sheet.html --fit random_crop --flip --batch-size 48
    """,
)
@_reading.paths
@click.option("-o", "--output", required=True, help="A .png or .html file; replaced if it exists.")
@click.option("--batch-size", default=24, help="Images on the sheet.")
@click.option("--epoch", default=0, help="The epoch to take the batch from.")
@click.option("--batch", default=0, help="Which batch of the epoch, from 0.")
@_reading.images
@_reading.keys
@_reading.allow_outside
@_reading.workers
def show(*, paths: tuple[str, ...], output: str, quiet: bool, **options: Any) -> None:
    """Draw one batch as a model will see it, with class and file name under each image.

    A page (.html) shows the same, in light or dark colours, in one file. Damaged images are left
    out.
    """
    kind = Path(output).suffix.lower()
    if kind not in {".png", ".html"}:
        message = f"-o {output}: the name must end in .png or .html"
        raise click.UsageError(message)
    folder = Path(output).parent
    if not folder.is_dir():
        message = f"-o {output}: there is no folder {folder}"
        raise FileNotFoundError(message)
    sheet = Sheet.of(_reading.one_or_many(paths), on_error="skip", **options)
    data = sheet.png() if kind == ".png" else sheet.html().encode()
    _native.write_whole(output, data)
    if not quiet:
        images = _text.count(len(sheet.tiles), "image")
        print(f"{images}, {_text.size(len(data))}: {output}")
