"""``imagine``: the three commands of Imageinary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import imagepipe_rs
from imagepipe_rs.cli import _program
from imagepipe_rs.cli.create_images import create_images
from imagepipe_rs.cli.create_recordio import create_recordio
from imagepipe_rs.cli.create_tfrecords import create_tfrecords

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(cls=_program.Group)
@click.version_option(imagepipe_rs.__version__)
def imagine() -> None:
    """Make random images, and convert images to record files."""


def add_to(group: _program.Group) -> None:
    """Add the three commands to a group, under all their names."""
    group.add(create_images)
    group.add(create_tfrecords, "create-tfrecord")
    group.add(create_recordio)


add_to(imagine)


def main(args: Sequence[str] | None = None) -> int:
    """Run ``imagine``; return the exit code."""
    return _program.run(imagine, args)
