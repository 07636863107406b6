"""Lists, and arrays taken as lists along their first axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes import types
from imagepipe_rs.graph.pixelpipes._port import named, operation, ported
from imagepipe_rs.graph.pixelpipes.graph import Constant, Input, Macro, Ports

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node, Operand

__all__ = [
    "Concatenate",
    "Constant",
    "ConstantList",
    "ConstantTable",
    "FileList",
    "Filter",
    "FilterSelect",
    "GetElement",
    "GetRandom",
    "Length",
    "ListAsTable",
    "ListElement",
    "ListRange",
    "MakeList",
    "Permutation",
    "Permute",
    "RandomListElement",
    "Range",
    "Remap",
    "Repeat",
    "Sublist",
    "SublistSelect",
    "Table",
]

Sublist = operation("Sublist")
Concatenate = operation("Concatenate")
Filter = operation("Filter")
Remap = operation("Remap")
Range = operation("Range")
Permute = operation("Permute")
Permutation = operation("Permutation")
GetElement = operation("GetElement")
Length = operation("Length")
MakeList = operation("MakeList")
Repeat = operation("Repeat")
GetRandom = ported(native.GetRandom)
ConstantList = Constant
ListElement = GetElement
ListRange = Range
SublistSelect = Sublist
FilterSelect = Filter
RandomListElement = GetRandom


class ListAsTable(Macro):
    """A list as a list of rows of one length, each an array of one column.

    Args:
        parent: the list.
        row: how many elements a row has.
    """

    parent = Input(types.Wildcard(mindim=1))
    row = Input(types.Integer())

    def expand(self, parent: Node, row: Node) -> Node:
        """Return the rows with an axis for the column."""
        return native.Operation("Unsqueeze", native.Operation("ListAsTable", parent, row), 2)


class Table(Ports, native.Table):
    """A constant table of numbers, whose elements are its rows, each an array of one column.

    Args:
        source: the rows, all of one length.
    """

    def expand(self) -> Operand:
        """Return the rows with an axis for the column."""
        return native.Operation("Unsqueeze", super().expand(), 2)


ConstantTable = Table


class FileList(native.FileList):
    """Paths of files, as a list of text.

    Args:
        list: the paths, which become absolute; the files need not exist.
    """

    def __init__(self, list: list[str], *, _name: str | None = None) -> None:
        """Take the paths."""
        super().__init__(list, must_exist=False, **named(_name))
