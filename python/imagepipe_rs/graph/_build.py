"""From nodes to what the compiled module takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import _native
from imagepipe_rs._errors import GraphError
from imagepipe_rs.graph.types import of_native

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from imagepipe_rs.graph._graph import Graph
    from imagepipe_rs.graph._macro import Macro
    from imagepipe_rs.graph._node import Node
    from imagepipe_rs.graph._token import Data


class Build:
    """The nodes that some outputs need, each after its inputs.

    Args:
        graph: the graph.
        variables: values for its variables, by name.
        debug: whether nodes for debugging print.

    Attributes:
        nodes: what the compiled module takes: name, origin, operation, inputs and constant of each.
        macros: the macros that were passed on the way.
    """

    def __init__(
        self, graph: Graph, *, variables: Mapping[str, Any] | None = None, debug: bool = False
    ) -> None:
        """Begin without nodes."""
        self.graph = graph
        self.variables = dict(variables or {})
        self.debug = debug
        self.nodes: list[Any] = []
        self.macros: dict[int, Macro] = {}
        self._places: dict[int, int] = {}
        self._finals: dict[int, Node] = {}

    def place(self, wanted: Node) -> int:
        """Return the number of a node, which is added with all that it needs.

        Raises:
            GraphError: a node that needs its own value, or a reference to a node that is not there.
        """
        first = self.final(wanted)
        waiting: list[tuple[Node, Iterator[Node]]] = []
        entered: set[int] = set()
        self._enter(first, waiting, entered)
        while waiting:
            node, inputs = waiting[-1]
            for given in inputs:
                needed = self.final(given)
                if id(needed) in entered:
                    raise node.fault(f"it needs its own value, by way of {needed!r}: a cycle")
                self._enter(needed, waiting, entered)
                break
            else:
                waiting.pop()
                entered.discard(id(node))
                self._add(node)
        return self._places[id(first)]

    def _enter(
        self, node: Node, waiting: list[tuple[Node, Iterator[Node]]], entered: set[int]
    ) -> None:
        if id(node) not in self._places:
            waiting.append((node, iter(node.operands)))
            entered.add(id(node))

    def _add(self, node: Node) -> None:
        operation, constant = node.native(self)
        inputs = [self._places[id(self.final(one))] for one in node.operands]
        self._places[id(node)] = len(self.nodes)
        self.nodes.append((node.name, node.origin, operation, inputs, constant))

    def final(self, node: Node) -> Node:
        """Return the node that computes the value of a macro, a reference or the like."""
        found = self._finals.get(id(node))
        if found is None:
            found = self._follow(node)
            if found.is_resource():
                raise node.fault("it is a resource: choose a field, as in node['image']")
            self._finals[id(node)] = found
        return found

    def _follow(self, node: Node) -> Node:
        passed = [node]
        while (then := passed[-1].final(self)) is not passed[-1]:
            if any(then is one for one in passed):
                raise then.fault("it refers to itself: a cycle")
            passed.append(then)
        return passed[-1]


def compiled(
    build: Build,
    labels: Collection[str] | None = None,
    *,
    optimize: bool = True,
    fuse: bool = False,
) -> _native.Graph:
    """Return the checked graph of the compiled module.

    Args:
        build: the graph and how it is built.
        labels: the outputs to keep; all if not given.
        optimize: whether the graph is made smaller before it is run.
        fuse: whether chains of steps that move images are done as one.

    Raises:
        GraphError: a graph that cannot work.
    """
    graph = build.graph
    kept = [one for one in graph.outputs if labels is None or one.label in labels]
    if graph.outputs and not kept:
        known = ", ".join(repr(one.label) for one in graph.outputs)
        raise GraphError(f"no output has one of the labels {sorted(labels or ())}, only {known}")
    # In the compiled module and in files, the label of an output without one is empty.
    outputs = [(build.place(one.node), one.label if one.is_labelled else "") for one in kept]
    _check_variables(build)
    try:
        checked = _native.Graph(build.nodes, outputs, optimize, fuse)
    except GraphError:
        _blame_macros(build)
        raise
    _check_macros(build)
    return checked


def _check_variables(build: Build) -> None:
    unknown = sorted(set(build.variables) - build.graph.variables)
    if unknown:
        known = ", ".join(map(repr, sorted(build.graph.variables))) or "none at all"
        raise GraphError(f"there is no variable {unknown[0]!r} in the graph; it has {known}")


def _check_macros(build: Build) -> None:
    """Check what macros were given against the types that they declare."""
    declared = [(macro, *one) for macro in build.macros.values() for one in macro.declared()]
    found = types_of(build, [node for *_, node in declared])
    for (macro, name, wanted, _), one in zip(declared, found, strict=True):
        if not wanted.castable_from(one):
            raise macro.fault(f"{name} is {one}, not {wanted}")


def _blame_macros(build: Build) -> None:
    """Check the same macro by macro, in a graph of which a part fails its checks.

    What is wrong with the input of a macro is best said of the macro, not of a node in it.
    """
    order = {name: place for place, name in enumerate(build.graph.members)}
    for macro in sorted(build.macros.values(), key=lambda macro: order[macro.name]):
        alone = Build(build.graph, variables=build.variables, debug=build.debug)
        alone.macros[id(macro)] = macro
        try:
            _check_macros(alone)
        except GraphError as error:
            if error.node == macro.name:
                raise


def types_of(build: Build, wanted: Sequence[Node]) -> list[Data]:
    """Return what is known of the values of nodes before any sample is made.

    Raises:
        GraphError: a node among those that they need cannot work.
    """
    places = [build.place(node) for node in wanted]
    if not places:
        return []
    checked = _native.Graph(build.nodes, [(place, "") for place in places], optimize=False)
    return [of_native(one) for one in checked.types]
