"""Three samples of every node: what they are, to the byte, and that they are so however made.

``tests/golden/nodes.json`` has digests of the samples of each node, with its element types and
shapes; a failing test names the node. A difference means that the samples of everybody's streams
change. If that is meant, say so in CHANGELOG.md and write the file anew with
``python tests/python/graph/test_node_samples.py``, as after a new node. Samples depend neither on
the processor nor on the C library: powers, logarithms and angles are computed by the package's own
code.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import node_samples
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import _make_reference, load
from node_samples import EXPRESSIONS, INDICES, NAMES, NOT_SAVED, digest, digests, made

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the program, as for pytest

import golden

if TYPE_CHECKING:
    from imagepipe_rs.graph import Stream

GOLDEN = "nodes.json"
SHOWN = 16  # characters of a digest

SAVED = [name for name in NAMES if name not in NOT_SAVED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nodes")


@pytest.fixture(scope="module")
def streams(folder: Path) -> dict[str, Stream]:
    return {name: made(name, folder) for name in NAMES}


@pytest.fixture(scope="module")
def wanted(streams: dict[str, Stream], folder: Path) -> dict[str, list[str]]:
    """Return the digests of each node's samples."""
    return {name: digests(stream, folder) for name, stream in streams.items()}


@pytest.fixture(scope="module")
def saved(streams: dict[str, Stream], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all streams that can be saved."""
    place = tmp_path_factory.mktemp("saved")
    for name in SAVED:
        streams[name].save(place / f"{name}.pipe")
    return place


def shortened(found: list[str]) -> str:
    return " ".join(one[:SHOWN] for one in found)


def test_every_node_is_here() -> None:
    known = {name for names in _make_reference.sections().values() for name in names}
    known.remove("LoaderImage")  # which streams do not have: see test_augment_graph.py
    assert known <= set(NAMES)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions_are_of_their_node(name: str) -> None:
    assert all(re.search(rf"\b{name}\(", text) for text in EXPRESSIONS[name])


# ------------------------------------------------------------------------------------------- golden


@pytest.mark.parametrize("name", NAMES)
def test_samples_have_not_changed(name: str, wanted: dict[str, list[str]]) -> None:
    assert shortened(wanted[name]) == golden.expected(GOLDEN)[name]


def test_every_golden_digest_is_looked_at() -> None:
    assert list(golden.expected(GOLDEN)) == NAMES


# --------------------------------------------------------------------------------------------- laws


@pytest.mark.parametrize("name", NAMES)
def test_in_another_order_and_without_optimisation(
    name: str, folder: Path, wanted: dict[str, list[str]]
) -> None:
    plain = made(name, folder, optimize=False)
    backwards = [digest(plain.values(index), folder) for index in INDICES[::-1]]
    assert backwards[::-1] == wanted[name]


def rows(stream: Stream, start: int, count: int) -> list[Any]:
    """Return samples that are taken from batches."""
    batches = stream.batches(count, start=start, workers=2, ragged=True)
    found = [
        row
        for batch in islice(batches, 1)
        for row in zip(*(batch.values() if isinstance(batch, dict) else batch), strict=True)
    ]
    batches.close()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_in_batches(
    name: str, streams: dict[str, Stream], folder: Path, wanted: dict[str, list[str]]
) -> None:
    found = [*rows(streams[name], INDICES[0], 2), *rows(streams[name], INDICES[2], 1)]
    assert [digest(row, folder) for row in found] == wanted[name]


@pytest.mark.parametrize("name", SAVED)
def test_after_saving(name: str, saved: Path, folder: Path, wanted: dict[str, list[str]]) -> None:
    path = saved / f"{name}.pipe"
    loaded = load(path)
    assert digests(loaded, folder) == wanted[name]
    again = saved / f"{name}.again"  # in the same folder, which paths in it are relative to
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", NOT_SAVED)
def test_what_cannot_be_saved_says_so(
    name: str, streams: dict[str, Stream], tmp_path: Path
) -> None:
    with pytest.raises(GraphError, match="cannot be saved"):
        streams[name].save(tmp_path / "x.pipe")


def test_in_another_process(saved: Path, folder: Path, wanted: dict[str, list[str]]) -> None:
    """It makes the streams again, and loads those that were saved."""
    command = [sys.executable, node_samples.__file__, folder, saved]
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    found = json.loads(run.stdout)
    assert found["made"] == wanted
    assert found["loaded"] == {name: wanted[name] for name in SAVED}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        golden.write(GOLDEN, {one: shortened(digests(made(one, here), here)) for one in NAMES})
