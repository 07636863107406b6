"""Graphs and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph import _graph, _inputs
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph.pixelpipes import types
from imagepipe_rs.graph.pixelpipes._exceptions import NodeException, ValidationException, refused
from imagepipe_rs.graph.pixelpipes._port import (
    converted,
    named,
    operation,
    ported,
    referred,
    without_internals,
)
from imagepipe_rs.graph.pixelpipes.compiler import Compiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagepipe_rs.graph._node import Operand
    from imagepipe_rs.graph.pixelpipes import Pipeline

__all__ = [
    "Constant",
    "Copy",
    "Debug",
    "EnumerationInput",
    "Graph",
    "InferredReference",
    "Input",
    "Macro",
    "Node",
    "NodeException",
    "Operation",
    "Output",
    "RandomSeed",
    "ReadFile",
    "Reference",
    "SampleIndex",
    "SeedInput",
    "ValidationException",
    "hidden",
    "outputs",
    "types",
]


class Graph(native.Graph):
    """Collects the nodes that are made while it is open."""

    @staticmethod
    def default() -> native.Graph | None:
        """Return the graph that is open, if there is one."""
        return _graph.current() if _graph.is_open() else None

    @staticmethod
    def has_default() -> bool:
        """Return whether a graph is open."""
        return _graph.is_open()

    def nodes(self) -> Mapping[str, Node]:
        """Return all nodes by name."""
        return dict(self.members)

    def reference(self, node: Node) -> str:
        """Return the name of a node.

        Raises:
            NodeException: it is a node of another graph.
        """
        if self.members.get(node.name) is not node:
            raise NodeException("the node is not in this graph", node=node)
        return node.name

    def pipeline(
        self,
        fixedout: bool = False,
        variables: Mapping[str, Any] | None = None,
        output: Any = None,
    ) -> Pipeline:
        """Return a pipeline of it."""
        return Compiler(fixedout=fixedout).build(self, variables=variables, output=output)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.members)

    def __iter__(self) -> Iterator[tuple[str, Node]]:
        """Return an iterator over names and nodes."""
        return iter(self.members.items())

    def __getitem__(self, name: str) -> Node:
        """Return the node of a name."""
        return self.members[name]

    def __contains__(self, node: object) -> bool:
        """Return whether there is such a node, or a node of such a name."""
        name = node.name if isinstance(node, Node) else node
        return name in self.members


class Input(native.Input):
    """An input of a macro, which may also be given as text such as ``@name``."""

    def __init__(self, reftype: Any, default: Any = None, description: str = "") -> None:
        """Declare the input."""
        super().__init__(reftype, default, description)

    def coerce(self, value: Any, context: Any) -> Any:
        """Return what is given to a macro as the node that it stands for."""
        return super().coerce(converted("", value), context)


class SeedInput(_inputs.SeedInput):
    """A seed to draw from, by default one of the macro's own."""

    def coerce(self, value: Any, context: Any) -> Any:
        """Return what is given to a macro as the node that it stands for."""
        return super().coerce(converted("", value), context)


class EnumerationInput(native.EnumerationInput):
    """One of several words."""

    def coerce(self, value: Any, context: Any) -> Any:
        """Return a word, or its value, as a node."""
        return super().coerce(converted("", value), context)


class Ports:
    """What macros have in PixelPipes: ``_name``, ``_init`` and the lists of their inputs."""

    def __init__(self, *args: Any, _name: str | None = None, **inputs: Any) -> None:
        """Make the nodes that it consists of."""
        inputs = without_internals(inputs)
        with refused():
            super().__init__(*args, **inputs, **named(_name))

    def _init(self) -> None:
        """Do what must be done before ``expand``."""

    def prepare(self) -> None:
        """Do what must be done before ``expand``."""
        self._init()


class Macro(Ports, native.Macro):
    """A node made of others: a subclass says in ``expand`` of which."""

    def get_inputs(self) -> list[tuple[str, Any]]:
        """Return names and types of the inputs."""
        declared = self._attributes.items()
        return [(key, one.reftype()) for key, one in declared if isinstance(one, native.Input)]

    def input_names(self) -> list[str]:
        """Return the names of the inputs."""
        return [key for key, _ in self.get_inputs()]

    def input_types(self) -> list[Any]:
        """Return the types of the inputs."""
        return [one for _, one in self.get_inputs()]

    def input_values(self) -> list[Any]:
        """Return the inputs."""
        return [getattr(self, key) for key in self.input_names()]

    def arguments(self) -> dict[str, Any]:
        """Return what ``expand`` gets."""
        if not self._attributes:
            return super().arguments()
        return dict(zip(self.input_names(), self.input_values(), strict=True))


class Copy(Macro):
    """The same value, or the same resource."""

    source = Input(types.Anything())

    def expand(self, source: Node) -> Operand:
        """Return the source."""
        return source


class Reference(native.Reference):
    """Another node of the graph, by its name.

    Args:
        ref: the name, or a reference.
    """

    def __init__(self, ref: str | native.Reference) -> None:
        """Take the name."""
        target = ref.target if isinstance(ref, native.Reference) else ref.removeprefix("@")
        if not target:
            raise ValidationException("the name of a reference is empty")
        super().__init__(target)

    @staticmethod
    def parse(value: Any) -> Node | None:
        """Return the node that a text such as ``@name`` refers to; None of other values."""
        return referred(value) if isinstance(value, str) and value.startswith("@") else None


InferredReference = Node
Constant = ported(native.Constant)
Debug = ported(native.Debug)
Output = native.Output
RandomSeed = ported(native.RandomSeed)
ReadFile = operation("ReadFile")
SampleIndex = operation("SampleIndex")
outputs = native.outputs


def hidden(node_class: type[Node]) -> type[Node]:
    """Return a class of nodes that is a base of others."""
    return node_class
