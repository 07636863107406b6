"""``create-tensor-records``: decoded images of one size into TFRecord files."""

from __future__ import annotations

from typing import Any

import click

import imagepipe_rs
from imagepipe_rs._arguments import WORDS
from imagepipe_rs.cli import _writing
from imagepipe_rs.cli._program import command, place
from imagepipe_rs.cli._reading import CSV


@command(
    "create-tensor-records",
    short_help="Put decoded, resized images into TFRecord files.",
    epilog="""\b
    Examples:
      imagepipe create-tensor-records imagenet/train/ tensors/ --num-shards 100
      imagepipe create-tensor-records train/ tensors/ --img_size=300 --order CHW
    """,
)
@place(
    "--input-dir",
    help=f"Folder of images, flat or with one directory per class; or {CSV}.",
)
@place("--output-dir", help="Folder for the shards, train-00000-of-00010 ...")
@click.option("--num-images", default=-1, help="Take this many, chosen by the seed; -1 for all.")
@click.option("--num-shards", default=1, help="How many files.")
@click.option("--num-workers", type=int, help="Threads; by default one for each usable core.")
@click.option("--img-size", default=256, help="Height and width of the resized images.")
@_writing.seed
@click.option(
    "--labels",
    metavar="JSON",
    help="Table of synset, label and name; by default classes are numbered in sorted order.",
)
@click.option(
    "--order",
    type=click.Choice(WORDS["order"], case_sensitive=False),
    default="HWC",
    help="Order of height, width and channels.",
)
@_writing.checks
@_writing.index
@_writing.manifest
@_writing.allow_outside
@_writing.existing
def create_tensor_records(*, quiet: bool, **arguments: Any) -> int:
    """Put decoded images into TFRecord files of raw pixels.

    The short side is resized to IMG_SIZE, and the square at the centre is kept. Reading them needs
    no decoding.
    """
    return _writing.write(
        lambda progress: imagepipe_rs.create_tensor_records(**arguments, progress=progress),
        folder=arguments["output_dir"],
        files="train-[0-9]*-of-[0-9]*",
        quiet=quiet,
    )
