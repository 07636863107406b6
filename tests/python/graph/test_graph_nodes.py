"""The nodes made from the table in the compiled module."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import imagepipe_rs.graph
import pytest
from imagepipe_rs import _native, graph
from imagepipe_rs.graph import _make_nodes, _nodes

OPERATIONS = [row["name"] for row in _native.graph_operations()]


def test_every_operation_is_a_class_that_is_exported() -> None:
    for name in OPERATIONS:
        assert name in graph.__all__
        assert inspect.isclass(getattr(graph, name))
    assert set(_nodes.__all__) == set(OPERATIONS) - {"RandomSeed"}


def test_everything_that_is_exported_is_there_and_documented() -> None:
    assert len(set(graph.__all__)) == len(graph.__all__)
    for name in graph.__all__:
        found = getattr(graph, name)
        assert inspect.getdoc(found) or name == "Operand", name


def test_the_file_of_nodes_is_what_is_made_from_the_table(tmp_path: Path) -> None:
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    if not Path(ruff).exists():
        pytest.skip("ruff is not installed")
    made = tmp_path / "_nodes.py"
    made.write_text(_make_nodes.source(), encoding="utf-8")
    options = ["--isolated", "--line-length", "100", "--quiet"]
    subprocess.run([ruff, "format", *options, str(made)], check=True)
    here = Path(imagepipe_rs.graph.__file__).with_name("_nodes.py")
    assert made.read_text(encoding="utf-8") == here.read_text(encoding="utf-8")
