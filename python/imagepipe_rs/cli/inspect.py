"""``inspect``: what is in a dataset."""

from __future__ import annotations

from typing import Any

import click

from imagepipe_rs import inspection
from imagepipe_rs._names import printable, table
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._messages import in_options
from imagepipe_rs.cli._program import command
from imagepipe_rs.cli._progress import Progress

# Lines of a list that are shown to people; JSON has all.
_SHOWN = 20


@command(
    "inspect",
    short_help="Show what is in a dataset.",
    epilog="""\b
    Examples:
      imagepipe inspect train/
      imagepipe inspect records/ --all
      imagepipe inspect records/ --record 0
      imagepipe inspect train/ --json
    """,
)
@_reading.paths
@click.option("--headers", default=1000, help="Look at this many images, evenly spread.")
@click.option("--all", "everything", is_flag=True, help="Look at all images.")
@click.option("--record", type=int, help="Show this sample in full, from 0.")
@_reading.keys
@_reading.allow_outside
@_reading.workers
@_reading.as_json
def inspect(
    *,
    paths: tuple[str, ...],
    headers: int,
    everything: bool,
    record: int | None,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Show what is in a dataset: kind, classes, sizes and formats of images, files, bytes."""
    path = _reading.one_or_many(paths)
    if record is not None:
        found = inspection.record(path, record, **options)
    else:
        options |= {"headers": None if everything else headers, "workers": workers}
        with Progress("sample", quiet=quiet) as progress:
            found = inspection.describe(path, progress=progress, **options)
    if as_json:
        print_json(found)
    else:
        print(_description(found) if record is None else _sample(found))


def _description(found: dict[str, Any]) -> str:
    rows = [
        ("kind", found["kind"]),
        ("samples", f"{found['samples']:,}"),
        *([] if _is_one_class(found) else [("classes", f"{len(found['classes']):,}")]),
        ("bytes", _text.size(found["bytes"])),
        *_images(found),
        *_shards(found["shards"]),
    ]
    notes = [in_options(printable(note)) for note in found["notes"]]
    parts = [table(rows), *_classes(found), *_unreadable(found), *notes]
    return "\n\n".join(parts)


def _images(found: dict[str, Any]) -> list[tuple[str, str]]:
    if not found["headers"]:
        return []
    formats = sorted(found["formats"].items(), key=lambda item: -item[1])
    looked = "" if found["headers"] == found["samples"] else f" (of {found['headers']:,} looked at)"
    return [
        ("formats", ", ".join(f"{name} {count:,}" for name, count in formats) + looked),
        ("width", _spread(found["widths"])),
        ("height", _spread(found["heights"])),
    ]


def _spread(found: dict[str, int]) -> str:
    if found["min"] == found["max"]:
        return f"{found['min']:,} px"
    return f"{found['min']:,} to {found['max']:,} px, median {found['median']:,}"


def _shards(shards: list[dict[str, Any]]) -> list[tuple[str, str]]:
    if not shards:
        return []
    records, sizes = ([shard[key] for shard in shards] for key in ("records", "bytes"))
    packed = sum(shard["compression"] is not None for shard in shards)
    indexed = sum(shard["index"] == "good" for shard in shards)
    indexes = {0: "none", len(shards): "good"}
    return [
        ("files", f"{len(shards):,}" + (f", {packed:,} of them compressed" if packed else "")),
        ("records", _range(f"{min(records):,}", f"{max(records):,}") + " in a file"),
        ("file size", _range(_text.size(min(sizes)), _text.size(max(sizes)))),
        ("indexes", indexes.get(indexed, f"{indexed:,} good of {len(shards):,}")),
    ]


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _is_one_class(found: dict[str, Any]) -> bool:
    return [one["name"] for one in found["classes"]] == [""]


def _classes(found: dict[str, Any]) -> list[str]:
    classes = found["classes"]
    if not classes or _is_one_class(found):
        return []
    rows = [
        (str(label), one["name"], f"{one['samples']:,}")
        for label, one in enumerate(classes[:_SHOWN])
    ]
    listed = table([("label", "class", "samples"), *rows], right=(0, 2))
    left = len(classes) - len(rows)
    more = f"\n... and {_text.count(left, 'class')} more; --json has all" if left else ""
    return [listed + more]


def _unreadable(found: dict[str, Any]) -> list[str]:
    damaged = found["unreadable"]
    if not damaged:
        return []
    count = _text.count(len(damaged), "image")
    lines = [f"{count} cannot be read ('imagepipe verify' looks at all):"]
    lines += [f"  {in_options(_text.damage(one))}" for one in damaged[:_SHOWN]]
    return ["\n".join(lines)]


def _sample(found: dict[str, Any]) -> str:
    rows = [("file", found["path"])]
    if found["record"] is not None:
        rows.append(("record", f"{found['record']} at byte {found['offset']}"))
    if found["class"] is not None:
        rows.append(("class", f"{found['label']} {found['class']}".rstrip()))
    rows.append(("image", _image(found["picture"])))
    rows += [(name, _field(field)) for name, field in found["fields"].items()]
    return table(rows)


def _image(found: dict[str, Any]) -> str:
    if "error" in found:
        return in_options(str(found["error"]))
    turned = ", turned upright" if found["turned"] else ""
    size = f"{found['width']}x{found['height']}"
    return f"{found['format']} {size}{turned}, {_text.size(found['bytes'])}"


def _field(field: Any) -> str:
    """Show a feature of an Example, or a field of an image record's header."""
    if not isinstance(field, dict):
        return "none" if field is None else str(field)
    kind, values = field["type"], field.get("values")
    if kind == "bytes" and values is None:
        return f"bytes  {_text.size(field['bytes'])}"
    shown = " ".join(map(str, values or []))
    more = f" ... ({field['count']:,} in all)" if field["count"] > len(values or []) else ""
    return f"{kind}  {shown}{more}".rstrip()
