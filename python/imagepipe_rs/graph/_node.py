"""Nodes of a graph."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._errors import GraphError
from imagepipe_rs.graph._build import Build, types_of
from imagepipe_rs.graph._constant import described
from imagepipe_rs.graph._graph import Place, current, shown_name
from imagepipe_rs.graph._operators import Operators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.graph._resource_type import Resource
    from imagepipe_rs.graph._token import Data

_CLIPPED = {"Add", "Subtract", "Multiply", "Divide"}


class Node(Operators):
    """A value of a graph, which each sample computes anew.

    Args:
        name: what it is called in messages. The random numbers of a node that draws depend on it,
            too: by default on the function and the line that made the node, so that they stay the
            same when other nodes come and go.

    Raises:
        GraphError: another node of the graph has this name, it is not text, or no graph is open.
    """

    def __init__(self, *, name: str | None = None) -> None:
        """Note where it was made, and add it to the current graph."""
        self.graph = current()
        self.place = Place.of_caller(self, self.graph)
        self.name = self.graph.add(self, name)
        self.identity = self.graph.identity_of(self, name)
        self.operands: list[Node] = []
        self._known: Data | None = None
        self._seeds = 0

    if not TYPE_CHECKING:  # where it would let any attribute pass

        def __getattr__(self, attribute: str) -> Any:
            """Raise an error: there is no such attribute, maybe for want of ``__init__``."""
            kind = type(self).__name__
            if "graph" not in vars(self):
                raise AttributeError(f"{kind}.__init__ does not call super().__init__()")
            raise AttributeError(f"{kind!r} object has no attribute {attribute!r}")

    @property
    def origin(self) -> str:
        """The file and line that made it."""
        return self.place.origin

    @property
    def resolved(self) -> Node:
        """The node that computes it: of a macro what it expanded to, else the node itself."""
        node, passed = self, {id(self)}
        while (then := node.stands_for()) is not node:
            if id(then) in passed:
                return self  # a cycle, which is refused when the graph is built
            passed.add(id(then))
            node = then
        return node

    def stands_for(self) -> Node:
        """Return the node whose value it has, as far as it is known; else the node itself."""
        return self

    @property
    def type(self) -> Data:
        """What is known of its value before any sample is made.

        Raises:
            GraphError: it, or a node that it needs, cannot work.
        """
        found = self.resource_type()
        if found is not None:
            return found
        if self._known is None:
            (self._known,) = types_of(Build(self.graph), [self])
        return self._known

    @property
    def node_kind(self) -> str:
        """What kind of node it is."""
        return type(self).__name__.lstrip("_")

    def __repr__(self) -> str:
        """Say what it is, and where it was made."""
        kind, name = self.node_kind, shown_name(self.name)
        return f"<{kind} ({self.origin})>" if name == kind else f"<{kind} {name!r} ({self.origin})>"

    def __bool__(self) -> bool:
        """Raise an error: what it is differs from sample to sample."""
        message = (
            f"{self!r} has a value in each sample, and none while the graph is built: use "
            "Conditional(a, b, condition), and & | ~ for 'and', 'or' and 'not'"
        )
        raise TypeError(message)

    def __iter__(self) -> Iterator[Any]:
        """Raise an error: how many elements it has is not known."""
        message = f"{self!r} cannot be taken apart while the graph is built: use node[i]"
        raise TypeError(message)

    def __getitem__(self, index: Operand) -> Node:
        """Return an element of a list, a field of a resource, or a resource of a list of them."""
        return self.resolved.item_at(index, self)

    def item_at(self, index: Operand, seen: Node) -> Node:
        """Return what ``node[index]`` is for values of this kind.

        Args:
            index: the number or name.
            seen: the node as the user has it, of which this one computes the value.
        """
        if isinstance(index, str):
            raise seen.fault_here(f"it is not a resource, so it has no field {index!r}")
        return Operation("GetElement", seen, index)

    def fault_here(self, reason: str) -> GraphError:
        """Return the error that says what is wrong with how this node is used by the caller."""
        return self.fault(reason, Place.of_caller(graph=self.graph).origin)

    def fault(self, reason: str, origin: str | None = None) -> GraphError:
        """Return the error that says what is wrong with this node.

        Args:
            reason: what is wrong.
            origin: the file and line to blame, if not the one that made the node.
        """
        origin = origin or self.origin
        message = f"{shown_name(self.name)} ({origin}): {reason}"
        return GraphError(message, node=self.name, origin=origin)

    def final(self, build: Build) -> Node:
        """Return the node that computes it when the graph is built."""
        del build
        return self

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return its operation and constant as the compiled module takes them."""
        del build
        raise self.fault("it has no value")

    def as_seed(self, value: Operand | None) -> Node:
        """Return what a seed stands for: for None one of the node's own."""
        if value is not None:
            return self.as_value(value)
        self._seeds += 1
        number = "" if self._seeds == 1 else f": seed {self._seeds}"
        return Seed(f"{self.identity}{number}")

    def as_input(self, value: Operand | None) -> Node:
        """Return what an input stands for: a node, or a constant; a list with nodes is an array.

        Raises:
            GraphError: a node of another graph, or something that cannot be in one.
        """
        if value is None:
            raise self.fault("it takes None, which is no value: does a function return nothing?")
        if isinstance(value, list | tuple) and any(isinstance(one, Node) for one in value):
            return Operation("Stack", *value)
        if not isinstance(value, Node):
            try:
                return Constant(value)
            except TypeError as error:
                raise self.fault(str(error)) from error
        if value.graph is not self.graph:
            raise self.fault(f"it takes {value!r}, which is of another graph")
        return value

    def as_value(self, value: Operand | None) -> Node:
        """Return the same of an input that must be one value, not a resource of several."""
        node = self.as_input(value)
        if node.is_resource():
            reason = f"it takes {node!r}, which is a resource: choose a field, as in node['image']"
            raise self.fault(reason)
        return node

    def is_resource(self) -> bool:
        """Return whether it is a resource, or a list of them."""
        return self.resource_type() is not None

    def resource_type(self) -> Resource | None:
        """Return the fields of a resource, or of a list of them; None for other values."""
        found = self.resolved
        return None if found is self else found.resource_type()

    def _make(self, operation: str, *inputs: Operand | Operators) -> Node:
        clips = [False] if operation in _CLIPPED else []
        return Operation(operation, *inputs, *clips)  # type: ignore[arg-type]  # one is this node


Operand: TypeAlias = Node | bool | int | float | str | bytes | np.ndarray[Any, Any] | list[Any]
"""What a node takes as an input: another node, or a value that becomes a constant."""


class Constant(Node):
    """A value that is the same in every sample.

    Args:
        value: a number, text, bytes, an array, or a list of these. Lists of numbers are arrays.

    Raises:
        TypeError: something else.
    """

    def __init__(self, value: Any, *, name: str | None = None) -> None:
        """Keep the value."""
        self.constant = described(value)
        super().__init__(name=name)

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return the value as the compiled module takes it."""
        del build
        return None, self.constant


class Operation(Node):
    """A function of other nodes' values.

    Args:
        operation: what it is called in the table of the compiled module.
        inputs: nodes, or values that become constants; None is a seed of the node's own.
    """

    def __init__(self, operation: str, *inputs: Operand | None, name: str | None = None) -> None:
        """Take the inputs."""
        self.operation = operation
        super().__init__(name=name)
        given = list(inputs)
        if operation in _CLIPPED and self.graph.saturates:
            given[2:] = [True]
        seeds = _seeds().get(operation, frozenset())
        self.operands = [
            self.as_seed(value) if number in seeds else self.as_value(value)
            for number, value in enumerate(given)
        ]

    @property
    def node_kind(self) -> str:
        """The operation."""
        return self.operation

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return the operation."""
        del build
        return self.operation, None


@cache
def _seeds() -> dict[str, frozenset[int]]:
    """Return which inputs of each operation are seeds."""
    return {
        row["name"]: frozenset(
            number for number, (_, _, default) in enumerate(row["parameters"]) if default == "None"
        )
        for row in _native.graph_operations()
    }


class Seed(Operation):
    """A random number of each sample, for a node to draw from.

    Args:
        identity: what tells it from other seeds; the same identity gives the same numbers.
    """

    def __init__(self, identity: str, *, name: str | None = None) -> None:
        """Take the identity."""
        super().__init__("RandomSeed", identity, name=name)


class RandomSeed(Operation):
    """A random number, another one in each sample, for nodes to draw from in step.

    Example::

        seed = RandomSeed()
        image, label = GetRandom(images, seed), GetRandom(labels, seed)
    """

    def __init__(self, *, name: str | None = None) -> None:
        """Make the node, whose name tells it from other seeds."""
        super().__init__("RandomSeed", name=name)
        self.operands = [self.as_value(self.identity)]
