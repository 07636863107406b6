"""The recipes of augment.py: whole programs on all cores, compared with ours round by round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import report
import run
from tasks import RECIPES

if TYPE_CHECKING:
    import argparse

READING = (
    "Batches of 64 on {threads} threads; medians of {rounds} rounds in turn, each of {epochs} "
    "timed epochs of the small set after a warm-up epoch. The speed is a multiple of ours in the "
    "same round: above 1.00, **ours is the slower one**. Compare what is antialiased with what is "
    "not with care: antialiasing takes more work."
)


def measure(options: argparse.Namespace, catalogue: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Run all recipes; return the text, and the results by recipe."""
    peers, skipped = install(options, catalogue, "recipe")
    photos = run.make_photos(options, catalogue, "small")
    others = report.OtherWork()
    tables = [
        run.run_table(
            options, [peer for peer in peers if task in peer["tasks"]], "small", photos, task
        )
        for task in RECIPES
    ]
    busy = others.cores()
    parts = [
        "## Recipes",
        READING.format_map(vars(options)),
        report.BUSY.format(cores_used_by_others=busy) if busy > report.BUSY_FROM else "",
        *map(markdown, tables),
        "\n".join(f"- {line}" for line in skipped),
        f"Versions: {report.versions(tables)}.",
    ]
    results = {table.task: {row.id: row.results for row in table.rows} for table in tables}
    return "\n\n".join(part for part in parts if part) + "\n", results


def install(
    options: argparse.Namespace, catalogue: dict[str, Any], kind: str
) -> tuple[list[run.Peer], list[str]]:
    """Prepare the chosen peers of a table of peers.toml; also return which are left out, and why.

    Ours is always among them, since all results are multiples of it.
    """
    rows: list[run.Peer] = catalogue[kind]
    if options.only is not None:
        rows = [row for row in rows if row["id"] in {"ours", *options.only}]
    elif options.torch:
        # The newest AlbumentationsX takes the place of the one without PyTorch.
        rows = [row for row in rows if row["id"] != "albumentationsx"]
    else:
        rows = [row for row in rows if row["environment"] != "augment-torch"]
    everything = type(options)(**vars(options) | {"only": None})
    return run.install(everything, catalogue | {"row": rows})


def markdown(table: report.Table) -> str:
    """Return the table of one recipe."""
    ours = next((row for row in table.rows if row.id == "ours"), None)
    lines = [
        f"### {table.task}: {RECIPES[table.task]}",
        "",
        "| system | antialiased | images/s | speed | CPU ms per image | peak MB |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(line_of(row, ours) for row in table.rows),
    ]
    return "\n".join(lines)


def line_of(row: report.Row, ours: report.Row | None) -> str:
    """Return one row."""
    if not row.results:
        return f"| {row.name} | {row.antialias} | {row.failure} | | | |"
    speed = row.share_of(ours)
    text = "" if speed is None else f"{speed:.2f}"
    cells = [
        row.name,
        row.antialias,
        f"{row.middle('images_per_s'):,.0f}",
        f"**{text}**" if text and float(text) > 1 else text,
        f"{row.middle('cpu_ms_per_image'):.2f}",
        f"{row.middle('peak_mb'):.0f}",
    ]
    return f"| {' | '.join(cells)} |"
