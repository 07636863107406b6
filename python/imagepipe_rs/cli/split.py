"""``split``: labelled images into TFRecord files for training, validation and test."""

from __future__ import annotations

from glob import escape
from typing import Any

import click

import imagepipe_rs
from imagepipe_rs.cli import _reading, _writing
from imagepipe_rs.cli._program import DONE, command, place

# What the dataset is; the other options say how it is written.
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
    short_help="Split labelled images into training, validation and test records.",
    epilog="""\b
    Examples:
      imagepipe split images/ records/ --val-size 0.1 --test-size 0.1
      imagepipe split images/ records/ --csv labels.csv --class-ids ids.csv
    """,
)
@place("--image-path", help="Folder of images; without a CSV, with one directory per class.")
@place("--output-dir", help="Folder for the records; created if missing.")
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
    help="CSV of the numbers of the classes in --csv.",
)
@click.option("--name", "--dataset-name", "dataset_name", default="", help="Name of the dataset.")
@click.option("--val-size", default=0.0, help="Share of each class for validation.")
@click.option("--test-size", default=0.0, help="Share of each class for testing.")
@click.option("--num-shards", default=5, help="Files of each of the three.")
@_writing.allow_outside
@_writing.seed
@_writing.checks
@_writing.index
@_writing.manifest
@_reading.workers
@_writing.existing
def split(
    *,
    quiet: bool,
    output_dir: str,
    **options: Any,
) -> int:
    """Split labelled images, class by class, and put each part into its own TFRecord files.

    The share of each class is rounded down: with --val-size 0.2, a class of four has none in
    validation. If no class has any, a warning says so.
    """
    source = {name: options.pop(name) for name in _SOURCE}
    dataset = imagepipe_rs.Image2TFRecords(**source)
    code = _writing.write(
        lambda progress: dataset.create_tfrecords(output_dir, progress=progress, **options),
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
