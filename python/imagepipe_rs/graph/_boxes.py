"""A graph as boxes and what is written in them, before it is drawn."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._names import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

# Characters of a text, and of a line that names a node.
_LONGEST_TEXT = 24
_LONGEST_NAME = 32
# Lines of constants in a box.
_MOST_NOTES = 8

OUTPUT = "output"
CONSTANT = "constant"
FUNCTION = "function"


class Arrow(NamedTuple):
    """An input that is another box.

    Attributes:
        box: its number.
        parameter: what the input is called.
    """

    box: int
    parameter: str


@dataclass
class Box:
    """A node, or an output.

    Attributes:
        title: the operation.
        family: what kind it is, for its colour.
        notes: its inputs that are constants.
        below: the name that the user has given it, or the line that made it.
        about: name and line in full.
        arrows: its other inputs.
    """

    title: str
    family: str
    notes: list[str] = field(default_factory=list)
    below: str = ""
    about: str = ""
    arrows: list[Arrow] = field(default_factory=list)


class _Node(NamedTuple):
    name: str
    origin: str
    operation: str | None
    inputs: list[int]
    constant: Any


@functools.cache
def _table() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in _native.graph_operations()}


def boxes_of(native: _native.Graph) -> list[Box]:
    """Return the boxes of a graph, each after those it takes.

    Constants are notes in the boxes that take them, and a seed that only one box draws from is
    left out.

    Args:
        native: the graph.
    """
    rows, outputs = native.nodes()
    nodes = [_Node(*row) for row in rows]
    kept = {place for place, _ in outputs}
    return _Boxes(nodes, kept).boxes(outputs)


class _Boxes:
    def __init__(self, nodes: Sequence[_Node], outputs: set[int]) -> None:
        self._nodes = nodes
        takers = [set[int]() for _ in nodes]
        for place, node in enumerate(nodes):
            for given in node.inputs:
                takers[given].add(place)
        self._hidden = {
            place
            for place, node in enumerate(nodes)
            if place not in outputs
            and (
                node.operation is None
                or (node.operation == "RandomSeed" and len(takers[place]) == 1)
                or not takers[place]
            )
        }
        self._places: dict[int, int] = {}
        self._made: list[Box] = []

    def boxes(self, outputs: Sequence[tuple[int, str]]) -> list[Box]:
        for place, node in enumerate(self._nodes):
            if place not in self._hidden:
                self._places[place] = len(self._made)
                self._made.append(self._box(node))
        labels = [label for _, label in outputs]
        for number, (place, label) in enumerate(outputs):
            has_name = label != "" and labels.count(label) == 1
            title = cut(label, _LONGEST_NAME) if has_name else f"output {number}"
            self._made.append(Box(title, OUTPUT, arrows=[Arrow(self._places[place], "")]))
        return self._made

    def _box(self, node: _Node) -> Box:
        box = Box(
            node.operation or "Constant",
            _family(node.operation),
            below=_below(node),
            about=printable(f"{node.name} ({node.origin})" if node.origin else node.name),
        )
        if node.operation in {None, "FileList"}:
            box.notes.append(_shown(node))
        for parameter, default, given in zip(*self._parameters(node), node.inputs, strict=False):
            if given not in self._hidden:
                box.arrows.append(Arrow(self._places[given], parameter))
            elif self._nodes[given].operation is None and node.operation != "RandomSeed":
                shown = _shown(self._nodes[given])
                if shown != default:
                    box.notes.append(f"{parameter} = {shown}")
        if len(box.notes) > _MOST_NOTES:
            more = len(box.notes) - _MOST_NOTES + 1
            box.notes[_MOST_NOTES - 1 :] = [f"and {more} more"]
        return box

    def _parameters(self, node: _Node) -> tuple[list[str], list[str | None]]:
        """Return the name of each input, and what it is by default."""
        row = _table().get(node.operation or "")
        if row is None or row["variadic"]:
            return [str(number) for number in range(len(node.inputs))], [None] * len(node.inputs)
        return (
            [name for name, _, _ in row["parameters"]],
            [default for _, _, default in row["parameters"]],
        )


def _family(operation: str | None) -> str:
    if operation is None:
        return CONSTANT
    if operation == "RandomSeed":
        return "numbers.random"
    row = _table().get(operation)
    return str(row["family"]) if row else FUNCTION if operation == "PyNode" else "graph"


def _below(node: _Node) -> str:
    """Return what a node is called, or the line that made it."""
    kind = node.operation or "Constant"
    if kind not in node.name:
        return cut(node.name, _LONGEST_NAME)
    return short_origin(node.origin)


def short_origin(origin: str) -> str:
    """Return the file and line that made a node without the folder of the file."""
    path, _, line = origin.rpartition(":")
    return cut(f"{PurePath(path).name}:{line}", _LONGEST_NAME) if path else ""


def cut(text: str, longest: int) -> str:
    """Return a text on one line, cut if it is long."""
    shown = printable(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _shown(node: _Node) -> str:
    """Return what a constant looks like: as Python has it, or what it is if it is long."""
    constant = node.constant
    if isinstance(constant, str):
        return f'"{cut(constant, _LONGEST_TEXT)}"'
    if isinstance(constant, bytes):
        return counted(len(constant), "byte")
    if not isinstance(constant, tuple):
        array = np.asarray(constant)
        if array.ndim > 1:
            return _array(array.dtype.name, array.shape)
        numbers = [_number(one) for one in array.reshape(-1)]
        return f"[{', '.join(numbers)}]" if array.ndim else numbers[0]
    kind, what, extent = constant
    if kind == "array":
        return _array(what, extent)
    return counted(extent, "file") if node.operation else f"a list of {extent}"


def _array(dtype: str, shape: Sequence[int]) -> str:
    return f"{dtype} ({', '.join(map(str, shape))})"


def _number(value: Any) -> str:
    # Floats in the fewest digits that tell them from others of their type.
    return str(value.item()) if value.dtype.kind in "biu" else str(value)
