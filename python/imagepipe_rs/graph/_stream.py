"""A graph that is checked and can be run."""

from __future__ import annotations

import functools
import inspect
import operator
import os
from typing import TYPE_CHECKING, Any, ParamSpec

from imagepipe_rs import _native
from imagepipe_rs.graph._build import Build, compiled
from imagepipe_rs.graph._graph import Graph
from imagepipe_rs.graph._node import add_outputs
from imagepipe_rs.graph._values import value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

P = ParamSpec("P")


class Stream:
    """An endless stream of samples: sample ``i`` is a function of graph, seed and ``i`` alone.

    Args:
        graph: what a sample is made of.
        seed: the seed of everything random.
        variables: values for the graph's variables, by name.
        debug: whether its :class:`Debug` nodes print.
        labels: the outputs to keep, by label; all if not given.
        optimize: whether the graph is made smaller before it is run, which changes no sample.

    Raises:
        GraphError: a graph without outputs, an unknown variable, or a node that cannot work, and
            the line that made it.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        seed: int = 0,
        variables: Mapping[str, Any] | None = None,
        debug: bool = False,
        labels: Collection[str] | None = None,
        optimize: bool = True,
    ) -> None:
        """Check the graph."""
        build = Build(graph, variables=variables, debug=debug)
        self._native = compiled(build, labels, optimize=optimize)
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
        return tuple(value_of(one) for one in found)

    def save(self, path: str | os.PathLike[str], *, relocatable: bool = False) -> None:
        """Write the graph and its seed to a file.

        Args:
            path: the file, which is replaced if it exists.
            relocatable: whether paths of files are stored relative to it.

        Raises:
            GraphError: the graph has a function of the caller's own.
            DatasetError: the file cannot be written.
        """
        self._native.save(os.fspath(path), self._seed, relocatable)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Return an iterator over all samples, from 0."""
        index = 0
        while True:
            yield self.run(index)
            index += 1


def load(path: str | os.PathLike[str]) -> Stream:
    """Return the stream that was saved in a file.

    Raises:
        DatasetError: there is no such file, or it is not a saved stream.
    """
    made = Stream.__new__(Stream)
    made._native, made._seed = _native.Graph.load(os.fspath(path))  # noqa: SLF001
    return made


def graph(function: Callable[P, Any]) -> Callable[P, Graph]:
    """Turn a function that makes nodes into one that returns a graph of them.

    The function returns a node, a tuple of nodes, or a mapping from labels to nodes; or nothing, if
    it adds outputs itself.

    Example::

        @graph
        def numbers(low):
            return SampleUniform(low, 1)

        stream = Stream(numbers(0), seed=1)
    """

    @functools.wraps(function)
    def build(*args: P.args, **kwargs: P.kwargs) -> Graph:
        with Graph() as made:
            add_outputs(function(*args, **kwargs))
        return made

    # What it returns is of another type than what the function returns.
    build.__annotations__ = {**function.__annotations__, "return": Graph}
    return build


def pipeline(
    variables: Mapping[str, Any] | None = None,
    debug: bool = False,
    seed: int = 0,
) -> Callable[[Callable[P, Any]], Callable[P, Stream]]:
    """Turn a function that makes nodes into one that returns a stream of them.

    The function returns what one of :func:`graph` does.

    Args:
        variables: values for the graph's variables, by name.
        debug: whether its :class:`Debug` nodes print.
        seed: the seed of everything random.

    Example::

        @pipeline()
        def numbers(low):
            return SampleUniform(low, 1)

        (number,) = numbers(0).run(7)
    """
    if inspect.isfunction(variables):
        message = "@pipeline needs parentheses: @pipeline()"
        raise TypeError(message)

    def decorate(function: Callable[P, Any]) -> Callable[P, Stream]:
        made = graph(function)

        @functools.wraps(function)
        def build(*args: P.args, **kwargs: P.kwargs) -> Stream:
            return Stream(made(*args, **kwargs), seed=seed, variables=variables, debug=debug)

        build.__annotations__ = {**function.__annotations__, "return": Stream}
        return build

    return decorate


__all__ = ["Stream", "graph", "load", "pipeline"]
