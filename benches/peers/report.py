"""The tables of a run, and the machine they apply to."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tasks import TASKS

SETS = {
    "small": "images of web size, about 436x381",
    "large": "images of about 2000x1500",
    "q75": "as small, JPEG quality 75",
    "q85": "as small, JPEG quality 85",
    "q90": "as small, JPEG quality 90",
    "q95": "as small, JPEG quality 95",
}

CONDITIONS = (
    "{cpu}, {cores} cores, {threads} threads used, {memory_gb} GB, Linux {kernel}, "
    "Python {python}; batch 64, warm page cache; median of {rounds} rounds in turn, "
    "each of {epochs} timed epochs after a warm-up epoch."
)
BUSY_FROM = 0.1
BUSY = (
    "**Other programs used {cores_used_by_others} cores at the same time: trust the CPU time, not "
    "the images/s.**"
)
READING = (
    "The limit is libjpeg-turbo (in simplejpeg) decoding every image to RGB, and nothing else, on "
    "as many threads, with files in memory and buffers reused. Shares of it are computed round by "
    "round. Compare antialiased rows only with each other: antialiasing decides the ranking. "
    "Memory is the peak resident size, plus what each worker process adds to it. CPU time is "
    "that of all threads and processes."
)


@dataclass
class Row:
    """The results of one peer on one task, over all rounds."""

    id: str
    name: str
    antialias: str
    results: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def middle(self, key: str) -> float:
        """Return the median over the rounds."""
        return float(median(result[key] for result in self.results))

    def share_of(self, limit: Row | None) -> float | None:
        """Return the share of the limit, compared by round since a machine's speed drifts."""
        if limit is None or len(limit.results) != len(self.results):
            return None
        pairs = zip(self.results, limit.results, strict=True)
        shares = [ours["images_per_s"] / theirs["images_per_s"] for ours, theirs in pairs]
        return float(median(shares))


@dataclass
class Table:
    """One task on one set of images."""

    photos: str
    task: str
    rows: list[Row]

    def markdown(self) -> str:
        """Return the table, fastest first."""
        limit = next((row for row in self.rows if row.id == "limit" and row.results), None)
        done = [row for row in self.rows if row.results]
        done.sort(key=lambda row: (row is not limit, -row.middle("images_per_s")))
        lines = [
            f"### {self.task}, {self.photos}: {TASKS[self.task]}",
            "",
            "| system | antialiased | images/s | of the limit | CPU ms per image | peak MB |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
            *(line_of(row, limit) for row in done),
            *(
                f"| {row.name} | {row.antialias} | {row.failure} | | | |"
                for row in self.rows
                if not row.results
            ),
        ]
        return "\n".join(lines)


def line_of(row: Row, limit: Row | None) -> str:
    """Return one row."""
    share = row.share_of(limit)
    cells = [
        row.name,
        row.antialias,
        f"{row.middle('images_per_s'):,.0f}",
        "" if share is None else f"{share:.2f}",
        f"{row.middle('cpu_ms_per_image'):.2f}",
        f"{row.middle('peak_mb'):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def machine(threads: int) -> dict[str, Any]:
    """Describe the machine that the numbers are for."""
    cpu = [line for line in read("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    memory_kb = int(read("/proc/meminfo").split()[1])
    return {
        "cpu": cpu[0].partition(":")[2].strip() if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_gb": round(memory_kb / 2**20),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
    }


class OtherWork:
    """The CPU time that other programs use from now on."""

    def __init__(self) -> None:
        """Note the time, and the CPU time used so far."""
        self.started = time.monotonic()
        self.before = other_seconds()

    def cores(self) -> float:
        """Return the mean number of cores that other programs kept busy."""
        used = other_seconds() - self.before
        return max(0.0, round(used / (time.monotonic() - self.started), 2))


def other_seconds() -> float:
    """Return the CPU time of the whole machine, less our own and that of the peers so far."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(
        int, read("/proc/stat").splitlines()[0].split()[1:]
    )
    machine_wide = (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return machine_wide - sum(os.times()[:4])


def read(path: str) -> str:
    """Read one of the kernel's files."""
    return Path(path).read_text()


def markdown(about: dict[str, Any], tables: list[Table], skipped: list[str]) -> str:
    """Return the whole report."""
    parts = [
        f"# Peers, {about['date']}",
        CONDITIONS.format_map(about),
        BUSY.format_map(about) if about["cores_used_by_others"] > BUSY_FROM else "",
        "Sets: " + "; ".join(f"{name}: {text}" for name, text in about["photos"].items()) + ".",
        READING,
        *(table.markdown() for table in tables),
        "\n".join(f"- {line}" for line in skipped),
        "Versions: " + versions(tables) + ".",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def versions(tables: list[Table]) -> str:
    """List the versions that the peers reported."""
    found: dict[str, str] = {}
    for table in tables:
        for row in table.rows:
            for result in row.results:
                found |= result["versions"]
    return ", ".join(f"{name} {found[name]}" for name in sorted(found))


def write(folder: Path, about: dict[str, Any], tables: list[Table], skipped: list[str]) -> Path:
    """Write the report as Markdown and, beside it, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"peers-{about['date']}.md"
    path.write_text(markdown(about, tables, skipped))
    data = {"machine": about, "tables": [asdict(table) for table in tables], "skipped": skipped}
    path.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
    return path
