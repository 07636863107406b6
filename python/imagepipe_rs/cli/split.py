"""``split``: labelled pictures into TFRecord files for training, validation and test."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs.cli import _writing
from imagepipe_rs.cli._program import DONE, command, place

# What the data set is; the other options are how it is written.
_SOURCE = (
    "image_path",
    "image2class_file",
    "class2id_file",
    "dataset_name",
    "val_size",
    "test_size",
    "num_shards",
    "seed",
    "allow_outside",
)


@command(
    "split",
    short_help="Split labelled pictures into training, validation and test records.",
    epilog="""\b
    Examples:
      imagepipe split pictures/ records/ --val-size 0.1 --test-size 0.1
      imagepipe split pictures/ records/ --csv labels.csv --class-ids ids.csv
    """,
)
@place("--image-path", help="Folder of pictures; with one directory a class if there is no CSV.")
@place("--output-dir", help="Folder for the records; made if it is not there.")
@click.option(
    "--csv",
    "--image2class-file",
    "image2class_file",
    help="CSV of file names (relative to IMAGE_PATH) and classes.",
)
@click.option(
    "--class-ids",
    "--class2id-file",
    "class2id_file",
    help="CSV of classes and numbers, for those of --csv.",
)
@click.option("--name", "--dataset-name", "dataset_name", default="", help="Of the data set.")
@click.option("--val-size", default=0.0, help="Share of each class for validation.")
@click.option("--test-size", default=0.0, help="Share of each class for testing.")
@click.option("--num-shards", default=5, help="Files of each of the three.")
@_writing.allow_outside
@_writing.seed
@_writing.checks
@_writing.index
@_writing.manifest
@_writing.workers
@_writing.existing
def split(
    *,
    quiet: bool,
    output_dir: str,
    **options: Any,
) -> int:
    """Split labelled pictures, class by class, and put each part into TFRecord files of its own.

    The share of each class is rounded down: with --val-size 0.2, a class of four has none in
    validation. Where no class has any, that is said.
    """
    source = {name: options.pop(name) for name in _SOURCE}
    dataset = imagepipe_rs.Image2TFRecords(**source)
    code = _writing.write(
        lambda progress: dataset.create_tfrecords(output_dir, progress=progress, **options),
        noun="image",
        folder=output_dir,
        files=f"{escape(source['dataset_name'])}_*_[0-9]*-of-[0-9]*.tfrecord",
        quiet=quiet,
    )
    if code == DONE and not quiet:
        print(_sides(imagepipe_rs.ImageDataSet(output_dir, source["dataset_name"])))
    return code


def _sides(data: imagepipe_rs.ImageDataSet) -> str:
    splits = map(data.get_split, ("train", "validation", "test"))
    return ", ".join(f"{split.name} {split.num_samples:,}" for split in splits)
