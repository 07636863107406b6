"""Nodes as PixelPipes has them: the same ones, with its conventions.

A name is given as ``_name``, text that begins with ``@`` refers to a node, and the number of a word
may be given instead of it. What is wrong with a node is a :class:`NodeException`.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, TypeVar

from imagepipe_rs import graph as native
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._nodes import SampleIndex
from imagepipe_rs.graph._placeholders import Reference
from imagepipe_rs.graph.pixelpipes._enumerations import OF_PARAMETERS
from imagepipe_rs.graph.pixelpipes._exceptions import refused

N = TypeVar("N", bound=Node)


def ported(made: type[N], name: str | None = None) -> type[N]:
    """Return a class of nodes that follows the conventions of PixelPipes.

    Args:
        made: the class of the same nodes.
        name: what the class is called; as the other one if not given.
    """
    signature = inspect.signature(made.__init__)

    @functools.wraps(made.__init__)
    def init(self: N, *args: Any, _name: str | None = None, **kwargs: Any) -> None:
        kwargs = without_internals(kwargs)
        with refused():
            bound = signature.bind_partial(self, *args, **kwargs)
            given = {key: converted(key, one) for key, one in bound.arguments.items()}
            bound.arguments |= given
            bound.arguments |= named(_name)
            made.__init__(*bound.args, **bound.kwargs)

    members = {"__init__": init, "__doc__": made.__doc__, "__module__": __name__}
    return type(name or made.__name__, (made,), members)


def operation(name: str) -> type[Operation]:
    """Return the class of an operation by its name."""
    made: type[Operation] = getattr(native, name)
    return ported(made)


def without_internals(given: dict[str, Any]) -> dict[str, Any]:
    """Return keywords without those that PixelPipes itself passes."""
    return {key: one for key, one in given.items() if key not in {"_auto", "_origin"}}


def named(name: str | None) -> dict[str, Any]:
    """Return a name as nodes take it; a dot at its beginning stands for the macro it is in."""
    return {} if name is None else {"name": name.lstrip(".") or None}


def converted(parameter: str, value: Any) -> Any:
    """Return what is given for a parameter as nodes take it."""
    if isinstance(value, str) and value.startswith("@"):
        return referred(value)
    if isinstance(value, list | tuple) and any(isinstance(one, Node) for one in value):
        return [converted("", one) for one in value]
    words = OF_PARAMETERS.get(parameter)
    if words is not None and isinstance(value, int) and not isinstance(value, bool):
        return words.word(value)
    return value


def referred(text: str) -> Node | None:
    """Return the node that a text such as ``@name`` refers to; None is a seed of the node's own."""
    target = text.removeprefix("@")
    if target == "[random]":
        return None
    if target == "[sample]":
        return SampleIndex()
    return Reference(target)


__all__ = ["converted", "named", "operation", "ported", "referred", "without_internals"]
