"""Streams that an earlier version saved, one for each kind of node: this version runs them.

Operations have theirs from src/graph/tests/kept.rs. A file that is missing is written by
``python test_kept_streams.py`` in this folder; files that are there stay what they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Conditional,
    Constant,
    FileList,
    Graph,
    Node,
    ReadFile,
    SampleIndex,
    SampleNormal,
    Stream,
    Switch,
    Toggle,
    load,
)
from imagepipe_rs.graph._graph import Place
from imagepipe_rs.graph._output import add_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TYPES = ["bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]


def _ends(dtype: str) -> Any:
    """Return the least number of a type, some others, and the largest."""
    if dtype == "bool":
        return np.array([[True, False], [False, True]])
    if dtype.startswith("float"):
        least = np.finfo(dtype)
        values = [[least.min, -0.0, least.smallest_subnormal], [0.1, np.inf, np.nan]]
        return np.array(values, dtype)
    limits = np.iinfo(dtype)
    return np.array([[limits.min, 0, 1], [2, limits.max - 1, limits.max]], dtype)


CONSTANTS: dict[str, Any] = {
    **{f"one {dtype}": _ends(dtype)[0, 0] for dtype in TYPES},
    **{f"several {dtype}": _ends(dtype) for dtype in TYPES},
    "no axis is long": np.zeros((2, 0, 3), np.int16),
    "four axes": np.arange(24, dtype=np.uint16).reshape(2, 3, 1, 4),
    "truth": np.bool_(True),  # noqa: FBT003
    "integer": np.int32(-1),
    "large": np.int64(2**40),
    "float": np.float32(0.1),
    "text": "schön \0 \U0001f4f7",
    "no text": "",
    "bytes": b"\0\xff\x80",
    "no bytes": b"",
    "texts": ["a", "", "ö"],
    "mixed": ["a", b"b", np.int32(3), ["c", [np.array([0.5])]]],
    "no list": [],
}


def constants() -> dict[str, Node]:
    return {label: Constant(value) for label, value in CONSTANTS.items()}


def files() -> dict[str, Node]:
    both = FileList([GOLDEN / "kept.txt", GOLDEN / "pipes" / "x" / "ö.jpg"], must_exist=False)
    return {"read": ReadFile(both[0]), "paths": both, "chosen": both[SampleIndex() % 2]}


def files_absolute() -> dict[str, Node]:
    return {"paths": FileList(["/nowhere/a.png", "/nowhere/b c.png"], must_exist=False)}


def branches() -> dict[str, Node]:
    index = SampleIndex()
    drawn = SampleNormal(0, 1, name="drawn")
    nested = Conditional(Conditional(1, 2, index % 2), Conditional(3, 4, index % 3), index % 4)
    return {
        "nested": nested,
        "switched": Switch([nested, 20, 30], [2, 1, 1], name="switched"),
        "toggled": Toggle("yes", "no", 0.4, name="toggled"),
        "drawn": Conditional(drawn, 0.0, drawn > 0),
        "fails when taken": Conditional(7, Constant([1, 2])[index], index != 3),
    }


KEPT: dict[str, Callable[[], dict[str, Node]]] = {
    "constants": constants,
    "files": files,
    "files-absolute": files_absolute,
    "branches": branches,
}


def made(name: str) -> Stream:
    with Graph() as graph:
        add_outputs(KEPT[name]())
    for node in graph.members.values():
        # Files say where nodes were made, and this folder has another path on each machine.
        node.place = Place("kept.py:1", node.place.path)
    return Stream(graph, seed=9)


def path(name: str) -> Path:
    return GOLDEN / "pipes" / f"{name}.pipe"


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, str | bytes):
        return type(found) is type(wanted) and bool(found == wanted)
    return (found.dtype, found.shape, found.tobytes()) == (
        wanted.dtype,
        wanted.shape,
        wanted.tobytes(),
    )


@pytest.mark.parametrize("index", [0, 2**63, 2**64 - 1])
def test_constants_of_every_type(index: int) -> None:
    found = load(path("constants")).run(index)
    assert found.keys() == CONSTANTS.keys()
    for label, value in CONSTANTS.items():
        assert same(found[label], value), label


def test_files_are_found_from_the_folder_of_the_saved_file() -> None:
    found = [load(path("files")).run(index) for index in (0, 1)]
    paths = [f"{GOLDEN}/kept.txt", f"{GOLDEN}/pipes/x/ö.jpg"]
    assert [one["chosen"] for one in found] == paths
    for one in found:
        assert (one["read"], one["paths"]) == (b"A file that tests read.\n", paths)


def test_paths_that_were_kept_absolute() -> None:
    assert load(path("files-absolute")).run(5) == {"paths": ["/nowhere/a.png", "/nowhere/b c.png"]}


# Of the indices below. Those near 2**63 and 2**64 are negative numbers for operations.
INDICES = [0, 1, 2, 4, 5, 6, 7, 2**63, 2**64 - 1]
BRANCHES: dict[str, list[Any]] = {
    "nested": [4, 1, 2, 3, 1, 2, 1, 3, 1],
    "switched": [20, 1, 20, 3, 20, 20, 20, 3, 30],
    "toggled": ["no", "no", "yes", "no", "yes", "yes", "yes", "yes", "yes"],
    "drawn": [
        0.0,
        1.8034019470214844,
        1.271234154701233,
        0.0,
        0.0,
        0.0,
        0.8537163734436035,
        0.6389959454536438,
        0.4657019078731537,
    ],
    "fails when taken": [7] * 9,
}


def test_branches() -> None:
    stream = load(path("branches"))
    samples = [stream.run(index) for index in INDICES]
    for label, wanted in BRANCHES.items():
        assert [sample[label] for sample in samples] == wanted
    with pytest.raises(GraphError, match=r"sample 3: .*kept.py:1"):
        stream.run(3)


@pytest.mark.parametrize("name", KEPT)
def test_what_was_saved_is_the_graph_that_is_made_today(name: str) -> None:
    stream, kept = made(name), load(path(name))
    assert (kept.seed, kept.labels) == (9, stream.labels)
    fingerprints = [one.batches(2, ragged=True).state_dict()["graph"] for one in (stream, kept)]
    assert fingerprints[0] == fingerprints[1]


def write_what_is_missing() -> None:
    for name in KEPT:
        if not path(name).exists():
            made(name).save(path(name), relocatable=name != "files-absolute")


if __name__ == "__main__":
    write_what_is_missing()
