"""Every node that the package exports has a test of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cases_of_colours  # noqa: F401  it declares cases
import cases_of_filters  # noqa: F401  it declares cases
import cases_of_macros  # noqa: F401  it declares cases
import cases_of_mixing  # noqa: F401  as above
import cases_of_recipes  # noqa: F401  as above
import cases_of_resources  # noqa: F401  as above
import pytest
from imagepipe_rs import graph
from imagepipe_rs.graph import _nodes
from node_cases import CASES, check

if TYPE_CHECKING:
    from pathlib import Path

# What is exported and makes no node by itself.
NOT_NODES = {
    "EnumerationInput",
    "Graph",
    "Input",
    "Node",
    "Operand",
    "Profile",
    "ProfileRow",
    "SeedInput",
    "Stream",
    "collage",
    "graph",
    "load",
    "outputs",
    "pipeline",
    "types",
}


@pytest.mark.parametrize("name", CASES)
def test_values_of(name: str, tmp_path: Path) -> None:
    check(CASES[name], getattr(graph, name), tmp_path)


def test_every_node_that_is_exported_has_a_case() -> None:
    """Operations, which are tested in Rust, are all exported: see test_graph_nodes.py."""
    others = set(graph.__all__) - set(_nodes.__all__) - NOT_NODES
    assert others == CASES.keys()
