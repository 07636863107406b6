"""The command line, ``imagepipe``: each command parses, calls, and prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import imagepipe_rs
from imagepipe_rs.cli import (
    _program,
    bench,
    create_tensor_records,
    doctor,
    imagine,
    index,
    inspect,
    run,
    show,
    split,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(
    cls=_program.Group,
    epilog="""\b
    Examples:
      imagepipe inspect train/
      imagepipe show train/ -o sheet.png --fit random_crop --flip

    'imagepipe COMMAND --help' has more.
    """,
)
@click.version_option(imagepipe_rs.__version__)
def imagepipe() -> None:
    """Inspect, check, measure and write image datasets."""


imagine.add_to(imagepipe)
imagepipe.add(create_tensor_records.create_tensor_records)
imagepipe.add(split.split)
imagepipe.add(index.index)
imagepipe.add(inspect.inspect)
imagepipe.add(verify.verify)
imagepipe.add(bench.bench)
imagepipe.add(run.run)
imagepipe.add(show.show)
imagepipe.add(doctor.doctor)


def main(args: Sequence[str] | None = None) -> int:
    """Run ``imagepipe``; return the exit code."""
    return _program.run(imagepipe, args)


__all__ = ["main"]
