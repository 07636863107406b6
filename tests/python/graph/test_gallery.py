"""Every node of images has a picture on docs/gallery.md, and on its reference page.

After a change, `make gallery` makes the page and the pictures anew.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import gallery
import numpy as np
import pytest
from cases_of_images import PICTURED
from imagepipe_rs import augment, decode, encode
from imagepipe_rs.graph import _make_reference

if TYPE_CHECKING:
    from pathlib import Path

DOCS = gallery.PAGE.parent
REFERENCE = DOCS / "graph-nodes.md"
NAMES = [*PICTURED, *gallery.LOADERS]
LARGEST = 20_000
ALTOGETHER = 1_000_000
PICTURE = re.compile(r"!\[(\w[\w-]*)\]\(gallery/(\w[\w-]*)\.jpg\)")


@cache
def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_every_node_of_images_is_in_the_gallery() -> None:
    """A new one gets a line in cases_of_images.py."""
    nodes = [name for names in _make_reference.pictured_nodes().values() for name in names]
    assert sorted(nodes) == sorted(PICTURED)


def test_every_policy_of_a_loader_is_in_the_gallery() -> None:
    words = [*augment.POLICIES, *augment.WAYS]
    assert {f"loader-{word}" for word in words} == gallery.LOADERS.keys()


def test_the_page_is_up_to_date() -> None:
    assert text(gallery.PAGE) == gallery.page()


@pytest.mark.parametrize("page", [gallery.PAGE, REFERENCE], ids=lambda page: page.stem)
def test_pages_show_the_pictures_that_there_are(page: Path) -> None:
    shown = PICTURE.findall(text(page))
    assert all(name == file for name, file in shown)
    expected = NAMES if page == gallery.PAGE else list(PICTURED)
    assert sorted(name for name, _ in shown) == sorted(expected)


def test_there_are_no_other_pictures_and_they_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in gallery.FOLDER.iterdir()}
    assert sizes.keys() == {f"{name}.jpg" for name in NAMES}
    assert max(sizes.values()) < LARGEST
    assert sum(sizes.values()) < ALTOGETHER


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_what_its_code_makes(name: str) -> None:
    kept = (gallery.FOLDER / f"{name}.jpg").read_bytes()
    made = encode(gallery.picture(name), "jpeg", quality=gallery.QUALITY)
    np.testing.assert_array_equal(decode(made), decode(kept))


# ConvertDepth changes nothing that can be seen.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "ConvertDepth"])
def test_a_picture_shows_a_difference(name: str) -> None:
    first, *others = gallery.images_of(name)
    assert not others or any(not np.array_equal(first, one) for one in others)


def test_links_lead_to_entries_of_the_other_page() -> None:
    for page, other in ((gallery.PAGE, REFERENCE), (REFERENCE, gallery.PAGE)):
        headings = re.findall(r"^#+ \[?([^]\n]+)", text(other), re.MULTILINE)
        anchors = {heading.lower().replace(" ", "-") for heading in headings}
        assert set(re.findall(rf"\({other.name}#([\w-]+)\)", text(page))) <= anchors
