"""``inspect``: what is in a data set."""

from __future__ import annotations

from typing import Any

import click

from imagepipe_rs import inspection
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._program import command
from imagepipe_rs.cli._progress import Progress

_MOST_CLASSES = 20


@command(
    "inspect",
    short_help="Say what is in a data set.",
    epilog="""\b
    Examples:
      imagepipe inspect train/
      imagepipe inspect records/*.tfrecord --all
      imagepipe inspect train/ --json
    """,
)
@_reading.paths
@click.option("--headers", default=1000, help="Look at so many pictures, evenly spread.")
@click.option("--all", "everything", is_flag=True, help="Look at all pictures.")
@_reading.workers
@_reading.as_json
def inspect(
    *,
    paths: tuple[str, ...],
    headers: int,
    everything: bool,
    workers: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say what is in a data set: classes, sizes and formats of its pictures, bytes."""
    with Progress("sample", quiet=quiet) as progress:
        found = inspection.describe(
            _reading.one_or_many(paths),
            headers=None if everything else headers,
            workers=workers,
            progress=progress,
        )
    if as_json:
        _reading.print_json(found)
    else:
        print("\n\n".join([_text.table(_rows(found)), *_classes(found), *_unreadable(found)]))


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("samples", f"{found['samples']:,}"),
        ("classes", f"{len(found['classes']):,}"),
        ("bytes", _text.size(found["bytes"])),
    ]
    if found["headers"]:
        looked = (
            "" if found["headers"] == found["samples"] else f" (of {found['headers']:,} looked at)"
        )
        formats = sorted(found["formats"].items(), key=lambda item: -item[1])
        rows += [
            ("formats", ", ".join(f"{name} {count:,}" for name, count in formats) + looked),
            ("width", _spread(found["widths"])),
            ("height", _spread(found["heights"])),
        ]
    return rows


def _spread(found: dict[str, int]) -> str:
    if found["min"] == found["max"]:
        return f"{found['min']:,} px"
    return f"{found['min']:,} to {found['max']:,} px, median {found['median']:,}"


def _classes(found: dict[str, Any]) -> list[str]:
    classes = found["classes"]
    if [one["name"] for one in classes] == [""]:
        return []
    rows = [
        (str(label), one["name"], f"{one['samples']:,}")
        for label, one in enumerate(classes[:_MOST_CLASSES])
    ]
    table = _text.table([("label", "class", "samples"), *rows], right=(0, 2))
    left = len(classes) - len(rows)
    return [
        table + (f"\n... and {_text.count(left, 'class')} more (--json has them)" if left else "")
    ]


def _unreadable(found: dict[str, Any]) -> list[str]:
    damaged = found["unreadable"]
    if not damaged:
        return []
    lines = [
        f"{_text.count(len(damaged), 'picture')} cannot be read; 'imagepipe verify' looks at all:"
    ]
    lines += [f"  {_text.damage(one)}" for one in damaged[:_MOST_CLASSES]]
    return ["\n".join(lines)]
