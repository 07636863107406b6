"""examples/run_stream.rs runs saved streams in Rust, and finds what Python finds.

`make rust-examples` builds it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imagepipe_rs.graph import (
    ImageDirectory,
    Node,
    RandomPatchView,
    RandomResource,
    SampleIndex,
    SampleNormal,
    ViewImage,
    load,
    pipeline,
)

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "target" / "debug" / "examples" / "run_stream"
COUNT = 4
# Those of one operation each; the others are run to known values by another test.
KEPT = sorted((ROOT / "tests" / "golden" / "pipes").glob("[A-Z]*.pipe"))

pytestmark = pytest.mark.skipif(
    not PROGRAM.exists(), reason=f"no {PROGRAM.name} in target/debug: run `make rust-examples`"
)


def run(path: Path, count: int = COUNT) -> dict[str, str]:
    """Return what it prints, by the place of the output."""
    command = [str(PROGRAM), str(path), str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return dict(line.split(": ", maxsplit=1) for line in ran.stdout.splitlines())


def is_shown_as(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text == value
    if isinstance(value, list):
        return text.startswith("a list")
    if value.ndim == 0:
        return float(text) == float(value)
    axes = ", ".join(map(str, value.shape))
    total = np.frombuffer(value.tobytes(), np.uint8).sum()
    return text == f"{value.dtype} ({axes}), bytes {total}"


def check(path: Path) -> None:
    stream = load(path)
    printed = run(path)
    for index in range(COUNT):
        for label, value in zip(stream.names, stream.values(index), strict=True):
            text = printed.pop(f"sample {index}, {label}")
            assert is_shown_as(value, text), (value, text)
    (batch,) = stream.batches(8, steps=1)
    for label, values in zip(stream.names, dict(batch).values(), strict=True):
        is_list = isinstance(values, list)
        shown = f"{len(values)} values" if is_list else str(list(values.shape))
        assert printed.pop(f"batch, {label}") == shown
    assert printed == {}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_it_finds_in_a_kept_stream_what_python_finds(path: Path) -> None:
    check(path)


@pipeline(seed=5)
def patches(folder: Path) -> dict[str, Node]:
    photo = RandomResource(ImageDirectory(folder, recursive=True))
    place = RandomPatchView(photo["image"], 64, 48)
    return {
        "image": ViewImage(photo["image"], place, 64, 48),
        "file": photo["file"],
        "index": SampleIndex(),
        "noise": SampleNormal(0, 1),
    }


def test_it_finds_in_a_saved_stream_what_python_finds(photos: Path, tmp_path: Path) -> None:
    patches(photos).save(tmp_path / "patches.pipe")
    check(tmp_path / "patches.pipe")


def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    ran = subprocess.run(
        [PROGRAM, tmp_path / "missing.pipe"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "missing.pipe" in ran.stderr
