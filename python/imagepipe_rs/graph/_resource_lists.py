"""Kinds of lists of resources."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from imagepipe_rs.graph._node import Constant, Node, Operation
from imagepipe_rs.graph._resource import ResourceNode
from imagepipe_rs.graph._resources import ResourceListNode, Segments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagepipe_rs.graph._node import Operand
    from imagepipe_rs.graph._resource_type import ResourceField


class SourceList(ResourceListNode):
    """A list of which all fields are given, each as a list.

    Args:
        columns: what makes the list of a field, called when the field is used.
        virtual: fields that are computed from others.
        size: how many resources there are.
        segments: how many resources each part has.
    """

    def __init__(
        self,
        columns: Mapping[str, Callable[[], Node]],
        virtual: Mapping[str, ResourceField],
        size: int,
        segments: list[int] | None = None,
    ) -> None:
        """Take the fields."""
        super().__init__()
        self.size = size
        self._columns = dict(columns)
        self.virtual = dict(virtual)
        self._made: dict[str, Node] = {}
        self._length = Constant(size)
        if segments:
            bounds = list(itertools.accumulate(segments, initial=0))
            ends = [bound - 1 for bound in bounds[1:]]
            self.segments = Segments(Constant(bounds[:-1]), Constant(ends))

    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields of each."""
        return (*self._columns, *self.virtual)

    def length(self) -> Node:
        """Return how many there are."""
        return self._length

    def column(self, field: str) -> Node:
        """Return a field of all resources, as a list."""
        if field not in self._made:
            scope = f"{self.name}.{field}", f"{self.identity}.{field}"
            with self.graph.within(*scope, saturates=False):
                self._made[field] = self._columns[field]()
        return self._made[field]

    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number."""
        return _Element(self, index)


class _Element(ResourceNode):
    """One resource of a list."""

    def __init__(self, source: SourceList, index: Node) -> None:
        super().__init__()
        self._source, self._index = source, index

    def fields(self) -> tuple[str, ...]:
        return self._source.fields()

    def make(self, field: str) -> Operand:
        virtual = self._source.virtual.get(field)
        if virtual is not None:
            return virtual.access(self)
        return Operation("GetElement", self._source.column(field), self._index)


class _Derived(ResourceListNode):
    """A list of the same resources as another one."""

    def __init__(self, source: ResourceListNode) -> None:
        super().__init__()
        self._source = source

    def fields(self) -> tuple[str, ...]:
        return self._source.fields()

    def length(self) -> Node:
        return self._source.length()


class Interval(_Derived):
    """Part of a list, from one resource to another, both included."""

    def __init__(self, source: ResourceListNode, begin: Node, end: Node) -> None:
        """Take the list and the numbers of the first and the last resource."""
        super().__init__(source)
        self._begin = begin
        self._length: Node = end - begin + 1

    def length(self) -> Node:
        """Return how many there are."""
        return self._length

    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number."""
        own = Operation("Conditional", index + self._length, index, index < 0)
        is_there = (own >= 0) & (own < self._length)
        # The list itself refuses a number that is out of its range.
        outside = self._source.length()
        return self._source.resource(
            Operation("Conditional", self._begin + own, outside, is_there),
        )


class Permuted(_Derived):
    """The resources of a list in another order."""

    def __init__(self, source: ResourceListNode, order: Node) -> None:
        """Take the list and the order."""
        super().__init__(source)
        self.size = source.size
        self._order = order

    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number."""
        return self._source.resource(Operation("GetElement", self._order, index))


class Repeated(ResourceListNode):
    """A resource many times."""

    def __init__(self, source: ResourceNode, length: Node) -> None:
        """Take the resource and the number of times."""
        super().__init__()
        self._source, self._length = source, length

    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields of each."""
        return self._source.fields()

    def length(self) -> Node:
        """Return how many there are."""
        return self._length

    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number."""
        return _Repetition(self._source, self._length, index)


class _Repetition(ResourceNode):
    """One of the resources of a list in which all are the same."""

    def __init__(self, source: ResourceNode, length: Node, index: Node) -> None:
        super().__init__()
        self._source, self._length, self._index = source, length, index

    def fields(self) -> tuple[str, ...]:
        return self._source.fields()

    def make(self, field: str) -> Operand:
        repeated = Operation("Repeat", self._source.field(field), self._length)
        return Operation("GetElement", repeated, self._index)


class Resegmented(_Derived):
    """A list whose resources are where they were, with its parts in another order."""

    def __init__(self, source: ResourceListNode, parts: Segments) -> None:
        """Take the list and the parts."""
        super().__init__(source)
        self.size = source.size
        self.segments = parts

    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number."""
        return self._source.resource(index)
