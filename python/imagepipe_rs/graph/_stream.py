"""A graph that is checked and can be run."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs.graph._node import Constant, Graph, Node, Operation, Output

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

P = ParamSpec("P")


class Stream:
    """An endless stream of samples: sample ``i`` is a function of graph, seed and ``i`` alone.

    Args:
        graph: what a sample is made of.
        seed: the seed of everything random.

    Raises:
        GraphError: a graph without outputs, or a node that cannot work, and the line that made it.
    """

    def __init__(self, graph: Graph, *, seed: int = 0) -> None:
        """Check the graph."""
        nodes, outputs = _in_order(graph)
        self._native = _native.Graph(nodes, outputs)
        self._seed = operator.index(seed)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each output is called, in order."""
        return tuple(self._native.labels)

    def run(self, index: int) -> tuple[Any, ...]:
        """Return the outputs of a sample.

        Args:
            index: its number, from 0 to 2**64 - 1.

        Returns:
            A value for each output: NumPy's arrays and scalars, text, bytes, or lists of these.

        Raises:
            GraphError: the sample cannot be made; it names the node and the line that made it.
        """
        found = self._native.run(self._seed, operator.index(index))
        return tuple(_value(one) for one in found)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Return an iterator over all samples, from 0."""
        index = 0
        while True:
            yield self.run(index)
            index += 1


def pipeline(*, seed: int = 0) -> Callable[[Callable[P, Any]], Callable[P, Stream]]:
    """Turn a function that builds a graph into one that returns its stream.

    The function returns a node, a tuple of nodes, or a mapping from labels to nodes.

    Example::

        @pipeline()
        def numbers(low):
            return SampleUniform(low, 1)

        (number,) = numbers(0).run(7)
    """

    def decorate(function: Callable[P, Any]) -> Callable[P, Stream]:
        @functools.wraps(function)
        def build(*args: P.args, **kwargs: P.kwargs) -> Stream:
            with Graph() as graph:
                _add_outputs(function(*args, **kwargs))
            return Stream(graph, seed=seed)

        # What it returns is another type than the function's.
        build.__annotations__ = {**function.__annotations__, "return": Stream}
        return build

    if inspect.isfunction(seed):
        message = "@pipeline needs parentheses: @pipeline()"
        raise TypeError(message)
    return decorate


def _add_outputs(made: Any) -> None:
    if made is None:
        return  # the function has made outputs itself
    if isinstance(made, Mapping):
        for label, node in made.items():
            Output(node, label)
    else:
        for node in made if isinstance(made, tuple) else (made,):
            Output(node)


def _in_order(graph: Graph) -> tuple[list[Any], list[tuple[int, str]]]:
    """Return the nodes that outputs need, each after its inputs, and the outputs."""
    places: dict[int, int] = {}
    described: list[Any] = []
    for output in graph.outputs:
        _place(output.node, places, described)
    return described, [(places[id(output.node)], output.label) for output in graph.outputs]


def _place(node: Node, places: dict[int, int], described: list[Any]) -> None:
    open_nodes = [node]
    while open_nodes:
        last = open_nodes[-1]
        waiting = [one for one in _inputs(last) if id(one) not in places]
        if waiting:
            open_nodes += waiting
            continue
        open_nodes.pop()
        if id(last) not in places:
            described.append(_described(last, places))
            places[id(last)] = len(described) - 1


def _inputs(node: Node) -> list[Node]:
    return node.inputs if isinstance(node, Operation) else []


def _described(node: Node, places: Mapping[int, int]) -> Any:
    if isinstance(node, Operation):
        inputs = [places[id(one)] for one in node.inputs]
        return node.name, node.origin, node.operation, inputs, None
    value = node.value if isinstance(node, Constant) else None
    return node.name, node.origin, None, [], value


def _value(found: Any) -> Any:
    if isinstance(found, list):
        return [_value(one) for one in found]
    if isinstance(found, str | bytes):
        return found
    return np.asarray(found)[()]


__all__ = ["Stream", "pipeline"]
