"""The page of all nodes says what there is."""

from __future__ import annotations

import re
from pathlib import Path

from imagepipe_rs import _native
from imagepipe_rs.graph import _make_reference

PAGE = Path(__file__).parents[3] / "docs" / "graph-nodes.md"


def test_the_page_of_nodes_is_up_to_date() -> None:
    """After a change, `python -m imagepipe_rs.graph._make_reference > docs/graph-nodes.md`."""
    assert PAGE.read_text(encoding="utf-8") == _make_reference.reference()


def test_every_operation_is_on_the_page_with_its_parameters() -> None:
    entries = dict(re.findall(r"^### (\w+)\n\n`\w+\((.*)\)`$", PAGE.read_text(), re.MULTILINE))
    for row in _native.graph_operations():
        if row["name"] != "RandomSeed" and not row["variadic"]:
            names = [one.partition("=")[0] for one in entries[row["name"]].split(", ") if one]
            assert names == [name for name, _, _ in row["parameters"]]


def test_every_section_has_a_title() -> None:
    families = {row["family"] for row in _native.graph_operations()}
    assert families <= _make_reference._TITLES.keys()  # noqa: SLF001  what the page is made of


def test_links_lead_to_entries() -> None:
    text = PAGE.read_text()
    headings = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= headings
