"""``create-images``: random images to try things with."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs._arguments import WORDS
from imagepipe_rs.cli import _reading, _writing
from imagepipe_rs.cli._program import command, place
from imagepipe_rs.imagine import ENDINGS


@command(
    "create-images",
    short_help="Make random images.",
    epilog="""\b
    Examples:
      imagepipe create-images images/ random_ jpg --width 640 --count 1000
      imagepipe create-images --path images/ --name wide_ --image_format png
      imagepipe create-images data/ x jpg --content natural --classes 9 --count 90
    """,
)
@place("--path", help="Folder for the images; created if missing.")
@place("--name", help="How file names begin: NAME0.jpg, NAME1.jpg ...")
@place(
    "--image-format",
    type=click.Choice(WORDS["image_format"], case_sensitive=False),
    help="Their format.",
)
@click.option("--width", default=1920, help="Columns of an image.")
@click.option("--height", default=1080, help="Rows of an image.")
@click.option("--count", default=1, help="How many images.")
@_writing.seed
@click.option(
    "--size", is_flag=True, help="Print how many bytes the first image and the folder have."
)
@click.option("--quality", default=75, help="JPEG quality, 1 to 100.")
@click.option(
    "--content",
    type=click.Choice(WORDS["content"]),
    default="noise",
    help="Noise, or scenes with the file size and decoding time of photographs.",
)
@click.option("--classes", default=0, help="Spread them over this many class directories.")
@click.option("--chunksize", default=64, help="Accepted for compatibility; has no effect.")
@_reading.workers
@_writing.existing
def create_images(*, quiet: bool, **arguments: Any) -> int:
    """Make COUNT random images. Image n depends only on SEED, n and the options."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_images(**arguments, progress=progress),
        folder=arguments["path"],
        files=f"{escape(arguments['name'])}[0-9]*{ENDINGS[arguments['image_format']]}",
        quiet=quiet,
    )
