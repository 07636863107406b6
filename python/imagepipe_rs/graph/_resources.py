"""Lists of resources."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import ResourceNode, choice, one_resource
from imagepipe_rs.graph._resource_type import Resource, ResourceList

if TYPE_CHECKING:
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
        return GetResource(seen, index)

    def chosen(self, other: ResourceListNode, condition: Node) -> ResourceListNode:
        """Return this list if a condition holds, else another one."""
        return _Choice(self, other, condition)


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


class GetResource(OfResources):
    """A resource of a list, as in ``resources[index]``.

    Args:
        resources: the list.
        index: its number, from 0; from the end if negative.

    Raises:
        GraphError: the number is known, and the list does not have so many resources.
    """

    def __init__(self, resources: Node, index: Operand, *, name: str | None = None) -> None:
        """Take the list and the number."""
        self._number = index if isinstance(index, int) else None
        super().__init__(resources=resources, index=index, name=name)

    def expand(self, resources: Node, index: Node) -> Operand:
        """Return the resource."""
        found = self.given(resources)
        number, size = self._number, found.size
        if number is not None and size is not None and not -size <= number < size:
            raise self.fault(f"there is no resource {number} in a list of {size}")
        return found.resource(index)
