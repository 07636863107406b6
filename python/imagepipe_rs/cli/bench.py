"""``bench``: how fast this data is on this machine."""

from __future__ import annotations

from typing import Any

import click

from imagepipe_rs import inspection
from imagepipe_rs._arguments import WORDS
from imagepipe_rs._names import table
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._messages import say
from imagepipe_rs.cli._program import command


@command(
    "bench",
    short_help="Measure how fast a dataset is read on this machine.",
    epilog="""\b
    Examples:
      imagepipe bench train/
      imagepipe bench train/ --size 256 --fit random_crop --flip --seconds 10
    """,
)
@_reading.paths
@click.option("--batch-size", default=64, help="Samples in a batch.")
@_reading.images
@_reading.keys
@_reading.allow_outside
@_reading.workers
@click.option(
    "--on-error",
    type=click.Choice(WORDS["on_error"]),
    default="raise",
    help="At a damaged image: stop, leave it out, or take another one.",
)
@click.option("--seconds", default=3.0, help="Measure twice for this long, at least one batch.")
@click.option("--batches", type=int, help="Measure this many batches instead.")
@_reading.as_json
def bench(*, paths: tuple[str, ...], as_json: bool, quiet: bool, **options: Any) -> None:
    """Measure a Loader on this data, and then a decoder that does nothing else.

    The decoder reads the same files after the Loader: they then come from memory, while the Loader
    may have had to wait for a disk. For JPEGs it is libjpeg-turbo. It has as many threads as the
    Loader, but no more than there are cores.
    """
    path = _reading.one_or_many(paths)
    said = quiet

    def progress(_done: int, _total: int) -> None:
        nonlocal said
        if not said:
            # Not earlier: now the arguments are known to be right.
            say("measuring ...")
            said = True

    found = inspection.bench(path, labels=None, progress=progress, **options)
    if as_json:
        print_json(found)
    else:
        print(_report(found))


def _report(found: dict[str, Any]) -> str:
    loader, plain = found["loader"], found["plain_decode"]
    rows = [("", "images/s", "MB/s"), ("loader", *_rates(loader))]
    if plain:
        rows.append(("plain decode", *_rates(plain)))
    lines = [table(rows, right=(1, 2)), ""]
    if plain and plain["images_per_second"]:
        times = loader["images_per_second"] / plain["images_per_second"]
        who = f"{plain['decoder']} " if plain["decoder"] else ""
        lines.append(
            f"{times:.2f} times as fast as {who}reading and decoding the same files once more "
            "and doing nothing else"
        )
    shares = ", ".join(f"{name} {100 * share:.0f} %" for name, share in found["shares"].items())
    threads = _text.count(found["workers"], "thread")
    lines += [f"{threads}: {shares}", f"bottleneck: {found['bottleneck']}"]
    if found["errors"]:
        lines.append(
            f"images that could not be read: {found['errors']:,}, counted every time; see verify"
        )
    return "\n".join(lines)


def _rates(found: dict[str, float]) -> tuple[str, str]:
    return _text.rate(found["images_per_second"]), _text.rate(found["megabytes_per_second"])
