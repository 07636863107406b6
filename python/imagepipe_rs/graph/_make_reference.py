"""Prints ``docs/graph-nodes.md``: all nodes, from the compiled module's table and the classes here.

Usage: python -m imagepipe_rs.graph._make_reference > docs/graph-nodes.md
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from typing import Any

import imagepipe_rs.graph as package
from imagepipe_rs import _native
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node
from imagepipe_rs.graph._output import Output

_HEAD = """\
# The nodes of graph streams

[graphs.md](graphs.md) says what graphs are. Here is every node of `imagepipe_rs.graph`; the same is
in `help()`. Pictures lead to the code that makes them, in the [gallery](gallery.md). This page is
made by `python -m imagepipe_rs.graph._make_reference`.

Every parameter takes a node or a value, which becomes a constant, unless it is said to be something
else; a list or a tuple of numbers may have nodes among them. All nodes take `name=` as well: it is
shown in messages, and the random numbers of a node depend on it. Nodes that draw take `seed`: by
default each has one of its own, and two that are given the same `RandomSeed` draw the same.

Numbers of Python become int32 (int64 where they do not fit) and float32. Images are arrays of
(height, width, channels), gray ones of (height, width). Points are float32 (N, 2): x to the right
and y down, in pixels from the middle of the upper left one. Rectangles are float32 (4,): left, top,
right, bottom. Views are float32 (3, 3) and map points (x, y, 1) of an image to points of what is
seen. Words, such as those of `interpolation` and `border`, are listed at [the end](#words).
"""

_WORDS = """\
## Words

| parameter | words |
| --- | --- |
| `interpolation` | `Nearest`, `Linear`, `Area`, `Cubic`, `Lanczos` |
| `border` | `ConstantHigh` (white), `ConstantLow` (black), `Replicate`, `Reflect`, `Wrap` |
| `depth`, `dtype` | `Boolean` (bool), `Char` (uint8), `Short` (int16), `UnsignedShort` (uint16), \
`Integer` (int32), `Float` (float32); `dtype` also takes NumPy's names, such as `float64` |
| `channels` | `GRAY`, `RGB`, `RGBA` |
| `convert` | `RGB_GRAY`, `GRAY_RGB`, `RGB_HSV`, `HSV_RGB`, `RGB_YCRCB`, `YCRCB_RGB` |

Around a row of pixels a b c d, `Replicate` sees a a a and d d d; `Reflect` sees c b a and d c b, as
OpenCV's `BORDER_REFLECT` does; `Wrap` sees b c d and a b c. Filters that have no `border` have one
of their own, as in OpenCV and torchvision: most see d c b and c b a, in which the edge does not
come twice (`BORDER_REFLECT_101`); `MedianBlur` and `Edges` see what `Replicate` sees.
"""

# Titles of sections, in their order, by the family of operations.
_TITLES = {
    "graph": "Graphs",
    "flow": "Choices",
    "numbers.random": "Random numbers",
    "numbers.arithmetic": "Arithmetic",
    "numbers.trigonometry": "Trigonometry",
    "numbers.comparison": "Comparison",
    "numbers.rounding": "Rounding and extremes",
    "numbers.logic": "Logic",
    "list": "Lists",
    "tensor": "Arrays",
    "geometry.points": "Points",
    "geometry.rectangle": "Rectangles",
    "geometry.view": "Views",
    "image.loading": "Images: decoding",
    "image": "Images: types and colours",
    "image.color": "Images: brightness and colour",
    "image.geometry": "Images: size and place",
    "image.filter": "Images: filters",
    "image.processing": "Images: processing",
    "image.augmentation": "Images: augmentation",
    "image.morphology": "Images: shapes",
    "image.render": "Images: noise and masks",
    "recipes": "Images with masks, boxes and points",
    "resource": "Resources",
}

# Families of macros: by class, or by the module with the class.
_FAMILIES = {
    "AffineView": "geometry.view",
    "Boolean": "tensor",
    "EnsureSize": "image.geometry",
    "Expression": "numbers.arithmetic",
    "FileList": "list",
    "Float": "tensor",
    "GetImageProperties": "image",
    "GetRandom": "list",
    "Integer": "tensor",
    "RandomBoolean": "numbers.random",
    "RandomPatchView": "geometry.view",
    "RandomSeed": "numbers.random",
    "RectangleArea": "geometry.rectangle",
    "ResizeRectangle": "geometry.rectangle",
    "Switch": "flow",
    "Table": "list",
    "Toggle": "flow",
}
_MODULES = {
    "_affine": "recipes",
    "_bounding_boxes": "recipes",
    "_filters": "image.filter",
    "_color_macros": "image.augmentation",
    "_image_macros": "image.augmentation",
    "_mixing": "image.augmentation",
    "_patch": "resource",
    "_perspective": "recipes",
    "_recipes": "recipes",
    "_resource": "resource",
    "_resource_nodes": "resource",
    "_resources": "resource",
    "_sources": "resource",
}
_BASES = {"Macro", "Node", "Operation"}

# Nodes of images that give numbers, of which there are no pictures.
_NUMBERS = {
    "CropRegion",
    "GetImageProperties",
    "ImageChannels",
    "ImageDepth",
    "ImageHeight",
    "ImageWidth",
    "MixUpShare",
    "Moments",
}


def reference() -> str:
    """Return the text of the page."""
    pictured = {name for names in pictured_nodes().values() for name in names}
    parts, index = [], []
    for title, names in sections().items():
        listed = ", ".join(f"[{name}](#{name.lower()})" for name in names)
        index.append(f"* {title}: {listed}")
        parts += [f"## {title}\n", *(_entry(name, is_pictured=name in pictured) for name in names)]
    return "\n".join([_HEAD, *index, "", *parts, _WORDS.rstrip(), ""])


def pictured_nodes() -> dict[str, list[str]]:
    """Return the nodes that have pictures in ``docs/gallery/``, by the titles of their sections."""
    families = _families()
    of_images = [one for one in families if one.startswith("image") or one == "recipes"]
    found = {_title(one): [n for n in families[one] if n not in _NUMBERS] for one in of_images}
    return {title: names for title, names in found.items() if names}


def sections() -> dict[str, list[str]]:
    """Return the names of nodes by the titles of their sections, in the order of the page."""
    return {_title(family): names for family, names in _families().items() if names}


def _title(family: str) -> str:
    return _TITLES.get(family, family)


def _families() -> dict[str, list[str]]:
    """Return the names of nodes by family, in the order of the page."""
    families: dict[str, list[str]] = {family: [] for family in _TITLES}
    for name, family in _nodes().items():
        families.setdefault(family, []).append(name)
    return families


def _nodes() -> dict[str, str]:
    """Return the family of each node, operations first and in the order of the table."""
    found = {
        row["name"]: row["family"]
        for row in _native.graph_operations()
        if row["name"] in package.__all__ and row["name"] != "RandomSeed"
    }
    for name in sorted(package.__all__):
        kind = getattr(package, name)
        if not inspect.isclass(kind) or not issubclass(kind, Node | Output) or name in _BASES:
            continue
        module = kind.__module__.rpartition(".")[2]
        found.setdefault(name, _FAMILIES.get(name) or _MODULES.get(module, "graph"))
    return found


def _entry(name: str, *, is_pictured: bool) -> str:
    kind = getattr(package, name)
    sections = _sections(inspect.getdoc(kind) or "")
    lines = [f"### {name}", "", f"`{name}({_signature(kind)})`", ""]
    lines += [_plain(sections[""]), ""]
    if is_pictured:
        lines += [f"[![{name}](gallery/{name}.jpg)](gallery.md#{name.lower()})", ""]
    arguments = [f"* {_argument(one)}" for one in _items(sections.get("Args", ""))]
    lines += [*arguments, ""] if arguments else []
    if "Example" in sections:
        lines += ["```py", sections["Example"], "```", ""]
    return "\n".join(lines)


def _signature(kind: type[Any]) -> str:
    if kind.__init__ is Macro.__init__:  # declared by its subclasses
        return ""
    found = []
    for one in list(inspect.signature(kind).parameters.values()):
        if one.name == "name" or one.kind is one.VAR_POSITIONAL:
            continue
        stars = "**" if one.kind is one.VAR_KEYWORD else ""
        default = one.default
        shown = "" if default is one.empty else f"={_literal(default)}"
        found.append(f"{stars}{one.name}{shown}")
    return ", ".join(found)


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _sections(doc: str) -> dict[str, str]:
    """Return the parts of a docstring by their headings; what is before the first has none."""
    found, heading = {"": list[str]()}, ""
    for line in doc.splitlines():
        if title := re.fullmatch(r"(Args|Attributes|Raises|Example):{1,2}", line):
            heading = title[1]
            found[heading] = []
        else:
            found[heading].append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in found.items()}


def _items(text: str) -> list[str]:
    """Return the items of a list of arguments, each on one line."""
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and items:
            items[-1] += " " + line.strip()
        elif line:
            items.append(line)
    return items


def _argument(item: str) -> str:
    name, _, text = item.partition(": ")
    return f"`{name}`: {_plain(text)}"


def _plain(text: str) -> str:
    """Return text of a docstring as Markdown."""
    text = re.sub(r":\w+:`~?([\w.]+)`", lambda found: f"`{found[1].rpartition('.')[2]}`", text)
    return text.replace("``", "`").strip()


if __name__ == "__main__":
    sys.stdout.write(reference())
