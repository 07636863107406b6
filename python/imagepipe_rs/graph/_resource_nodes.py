"""Nodes that take lists of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import one_resource
from imagepipe_rs.graph._resource_lists import Interval, Permuted, Repeated, Resegmented
from imagepipe_rs.graph._resources import OfResources, Segments

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand


class GetResourceListLength(OfResources):
    """How many resources a list has.

    Args:
        resources: the list.
    """

    def __init__(self, resources: Node, *, name: str | None = None) -> None:
        """Take the list."""
        super().__init__(resources=resources, name=name)

    def expand(self, resources: Node) -> Operand:
        """Return the length."""
        return self.given(resources).length()


class GetLastResource(OfResources):
    """The last resource of a list.

    Args:
        resources: the list.
    """

    def __init__(self, resources: Node, *, name: str | None = None) -> None:
        """Take the list."""
        super().__init__(resources=resources, name=name)

    def expand(self, resources: Node) -> Operand:
        """Return the resource."""
        found = self.given(resources)
        return found.resource(found.length() - 1)


class RandomResource(OfResources):
    """A resource of a list, each as likely as the others.

    Args:
        resources: the list.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, resources: Node, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Take the list."""
        super().__init__(resources=resources, seed=seed, name=name)

    def expand(self, resources: Node, seed: Node) -> Operand:
        """Return the resource."""
        found = self.given(resources)
        return found.resource(Operation("RandomIndex", found.length(), seed))


class PermuteResources(OfResources):
    """A list of resources in random order.

    Args:
        resources: the list.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, resources: Node, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Take the list."""
        super().__init__(resources=resources, seed=seed, name=name)

    def expand(self, resources: Node, seed: Node) -> Operand:
        """Return the list."""
        found = self.given(resources)
        return Permuted(found, Operation("Permutation", found.length(), seed))


class ListInterval(OfResources):
    """The resources of a list from one to another, both included.

    Args:
        resources: the list.
        begin: the number of the first one, from 0.
        end: the number of the last one.

    Raises:
        GraphError: the numbers are known, and the list does not have such resources.
    """

    def __init__(
        self, resources: Node, begin: Operand, end: Operand, *, name: str | None = None
    ) -> None:
        """Take the list and the numbers."""
        self._numbers = begin, end
        super().__init__(resources=resources, begin=begin, end=end, name=name)

    def expand(self, resources: Node, begin: Node, end: Node) -> Operand:
        """Return the list."""
        found = self.given(resources)
        first, last = self._numbers
        if isinstance(first, int) and isinstance(last, int):
            size = last + 1 if found.size is None else found.size
            if not 0 <= first <= last < size:
                raise self.fault(f"there are no resources {first} to {last} in a list of {size}")
        return Interval(found, begin, end)


class RepeatResource(Macro):
    """A list of one resource many times.

    Args:
        resource: the resource.
        length: how many times, at least once.
    """

    def __init__(self, resource: Node, length: Operand, *, name: str | None = None) -> None:
        """Take the resource and the number of times."""
        super().__init__(resource=resource, length=length, name=name)

    def expand(self, resource: Node, length: Node) -> Operand:
        """Return the list."""
        return Repeated(one_resource(self, resource), length)


class SegmentCount(OfResources):
    """How many segments a list of resources has.

    Args:
        resources: the list.
    """

    def __init__(self, resources: Node, *, name: str | None = None) -> None:
        """Take the list."""
        super().__init__(resources=resources, name=name)

    def expand(self, resources: Node) -> Operand:
        """Return the number."""
        return Operation("Length", self.parts(resources).begins)


class ResourceSegment(OfResources):
    """A segment of a list of resources, as a list.

    Args:
        resources: the list.
        index: the number of the segment, from 0; from the end if negative.
    """

    def __init__(self, resources: Node, index: Operand, *, name: str | None = None) -> None:
        """Take the list and the number."""
        super().__init__(resources=resources, index=index, name=name)

    def expand(self, resources: Node, index: Node) -> Operand:
        """Return the list."""
        begin, end = (Operation("GetElement", one, index) for one in self.parts(resources))
        return Interval(self.given(resources), begin, end)


class RandomResourceSegment(OfResources):
    """A segment of a list of resources, each as likely as the others.

    Args:
        resources: the list.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, resources: Node, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Take the list."""
        super().__init__(resources=resources, seed=seed, name=name)

    def expand(self, resources: Node, seed: Node) -> Operand:
        """Return the list."""
        return ResourceSegment(resources, Operation("RandomIndex", SegmentCount(resources), seed))


class PermuteResourceSegments(OfResources):
    """A list of resources with its segments in random order.

    Only the numbers of the segments change: its resources stay where they were, so ``resources[i]``
    is the same one.

    Args:
        resources: the list.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, resources: Node, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Take the list."""
        super().__init__(resources=resources, seed=seed, name=name)

    def expand(self, resources: Node, seed: Node) -> Operand:
        """Return the list."""
        order = Operation("Permutation", SegmentCount(resources), seed)
        parts = (Operation("Remap", one, order) for one in self.parts(resources))
        return Resegmented(self.given(resources), Segments(*parts))
