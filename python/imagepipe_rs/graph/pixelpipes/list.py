"""Lists, and arrays taken as lists along their first axis."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import named, operation, ported
from imagepipe_rs.graph.pixelpipes.graph import Constant

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
ListAsTable = operation("ListAsTable")
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
Table = ported(native.Table)
GetRandom = ported(native.GetRandom)
ConstantList = Constant
ConstantTable = Table
ListElement = GetElement
ListRange = Range
SublistSelect = Sublist
FilterSelect = Filter
RandomListElement = GetRandom


class FileList(native.FileList):
    """Paths of files, as a list of text.

    Args:
        list: the paths, which become absolute; the files need not exist.
    """

    def __init__(self, list: list[str], *, _name: str | None = None) -> None:
        """Take the paths."""
        super().__init__(list, must_exist=False, **named(_name))
