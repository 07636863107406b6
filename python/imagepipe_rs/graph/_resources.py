"""Lists of resources, and what becomes of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Constant, Node, Operation
from imagepipe_rs.graph._resource import ResourceNode, choice, one_resource
from imagepipe_rs.graph._resource_type import Resource, ResourceField, ResourceList

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagepipe_rs.graph._node import Operand


class Segments(NamedTuple):
    """Parts of a list that belong together.

    Attributes:
        begins: the number of the first resource of each.
        ends: the number of the last one.
    """

    begins: Node
    ends: Node


class ResourceListNode(Node):
    """A list of resources: a subclass says how one of them is made.

    Attributes:
        size: how many there are, if that is known already.
        segments: its parts, if it has any.
    """

    size: int | None = None
    segments: Segments | None = None

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields of each."""

    @abstractmethod
    def length(self) -> Node:
        """Return how many there are."""

    @abstractmethod
    def resource(self, index: Node) -> ResourceNode:
        """Return the resource of a number, which is counted from the end if negative."""

    def resource_type(self) -> Resource | None:
        """Return its fields as a type."""
        return ResourceList(*self.fields())

    def item_at(self, index: Operand, seen: Node) -> Node:
        """Return a resource."""
        if isinstance(index, str):
            reason = f"it is a list of resources: choose one first, as in resources[0][{index!r}]"
            raise seen.fault_here(reason)
        from imagepipe_rs.graph._resource_nodes import GetResource  # noqa: PLC0415  circular

        return GetResource(seen, index)

    def chosen(self, other: ResourceListNode, condition: Node) -> ResourceListNode:
        """Return this list if a condition holds, else another one."""
        return _Choice(self, other, condition)


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
            begins = [sum(segments[:place]) for place in range(len(segments))]
            ends = [begin + length - 1 for begin, length in zip(begins, segments, strict=True)]
            self.segments = Segments(Constant(begins), Constant(ends))

    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields of each."""
        return (*self._columns, *self.virtual)

    def length(self) -> Node:
        """Return how many there are."""
        return self._length

    def column(self, field: str) -> Node:
        """Return a field of all resources, as a list."""
        if field not in self._made:
            with self.graph.within(f"{self.name}.{field}", saturates=False):
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


class _Choice(ResourceListNode):
    """One of two lists."""

    def __init__(self, true: ResourceListNode, false: ResourceListNode, condition: Node) -> None:
        super().__init__()
        self._true, self._false, self._condition = true, false, condition
        self._length = self._choose(true.length(), false.length())
        if true.segments and false.segments:
            pairs = zip(true.segments, false.segments, strict=True)
            self.segments = Segments(*(self._choose(a, b) for a, b in pairs))

    def _choose(self, true: Node, false: Node) -> Node:
        return Operation("Conditional", true, false, self._condition)

    def fields(self) -> tuple[str, ...]:
        return tuple(one for one in self._true.fields() if one in self._false.fields())

    def length(self) -> Node:
        return self._length

    def resource(self, index: Node) -> ResourceNode:
        made = choice(
            self, self._true.resource(index), self._false.resource(index), self._condition
        )
        return one_resource(self, made)


class OfResources(Macro):
    """What is made of a list of resources."""

    def given(self, resources: Any) -> ResourceListNode:
        """Return the list that an input is.

        Raises:
            GraphError: it is something else.
        """
        found = resources.resolved
        if not isinstance(found, ResourceListNode):
            raise self.fault(f"{resources!r} is not a list of resources")
        return found

    def parts(self, resources: Any) -> Segments:
        """Return the parts of the list that an input is.

        Raises:
            GraphError: it is not a list, or it has none.
        """
        found = self.given(resources).segments
        if found is None:
            raise self.fault(f"{resources!r} is not a list of segments")
        return found
