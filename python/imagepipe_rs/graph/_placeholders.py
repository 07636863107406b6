"""Nodes that stand for others until a graph is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs.graph._constant import described
from imagepipe_rs.graph._node import Node

if TYPE_CHECKING:
    from imagepipe_rs.graph._build import Build


class Reference(Node):
    """Another node of the graph, by its name; it may be made later.

    Args:
        target: the name that the other node was given.

    Example::

        with Graph() as graph:
            outputs(Reference("size") * 2)
            Constant(21, name="size")
    """

    def __init__(self, target: str, *, name: str | None = None) -> None:
        """Take the name of the other node."""
        self.target = target
        super().__init__(name=name)

    def stands_for(self) -> Node:
        """Return the other node, if it is made already, else this one."""
        return self.graph.members.get(self.target, self)

    def final(self, build: Build) -> Node:
        """Return the other node.

        Raises:
            GraphError: there is none of this name.
        """
        del build
        found = self.graph.members.get(self.target)
        if found is None:
            raise self.fault(f"no node is called {self.target!r}")
        if found is self:
            raise self.fault("it refers to itself: a cycle")
        return found


class Variable(Node):
    """A constant whose value may be chosen when the stream is built.

    Variables of one name are set together; each has a default of its own.

    Args:
        variable: its name.
        default: its value where none is chosen.

    Raises:
        TypeError: the default is not a number, text, bytes, an array, or a list of these.

    Example::

        stream = Stream(graph, variables={"size": 128})
    """

    def __init__(self, variable: str, default: Any, *, name: str | None = None) -> None:
        """Take name and default."""
        self.variable = variable
        self.default = described(default)
        super().__init__(name=name)
        self.graph.variables.add(variable)

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return the value that was chosen.

        Raises:
            GraphError: a value that cannot be in a graph.
        """
        if self.variable not in build.variables:
            return None, self.default
        try:
            return None, described(build.variables[self.variable])
        except TypeError as error:
            raise self.fault(f"variable {self.variable!r}: {error}") from error
