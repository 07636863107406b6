"""``create-images``: random pictures, to try things with."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs.cli import _writing
from imagepipe_rs.cli._program import command, place
from imagepipe_rs.imagine import ENDINGS

FORMATS = ("jpg", "jpeg", "png", "bmp", "bitmap")


@command(
    "create-images",
    short_help="Make random pictures.",
    epilog="""\b
    Examples:
      imagepipe create-images pictures/ random_ jpg --width 640 --count 1000
      imagepipe create-images --path pictures/ --name wide_ --image_format png
      imagepipe create-images data/ x jpg --content natural --classes 9 --count 90
    """,
)
@place("--path", help="Folder for the pictures; made if it is not there.")
@place("--name", help="How their names begin: NAME0.jpg, NAME1.jpg ...")
@place("--image-format", type=click.Choice(FORMATS, case_sensitive=False), help="Their format.")
@click.option("--width", default=1920, help="Columns of a picture.")
@click.option("--height", default=1080, help="Rows of a picture.")
@click.option("--count", default=1, help="How many pictures.")
@_writing.seed
@click.option("--size", is_flag=True, help="Say how large the first picture and the folder are.")
@click.option("--quality", default=75, help="Of JPEGs, 1 to 100.")
@click.option(
    "--content",
    type=click.Choice(["noise", "natural"]),
    default="noise",
    help="Noise in every pixel; or scenes that cost what photographs cost, in bytes and decoding time.",
)
@click.option("--classes", default=0, help="Spread them over this many class directories.")
@click.option("--chunksize", default=64, help="Accepted for old command lines; changes nothing.")
@_writing.workers
@_writing.existing
def create_images(*, quiet: bool, **arguments: Any) -> int:
    """Make COUNT random pictures. Picture n depends on SEED, n and the options alone."""
    return _writing.write(
        lambda progress: imagepipe_rs.create_images(**arguments, progress=progress),
        noun="picture",
        folder=arguments["path"],
        files=f"{escape(arguments['name'])}[0-9]*{ENDINGS[arguments['image_format']]}",
        quiet=quiet,
    )
