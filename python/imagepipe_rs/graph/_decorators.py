"""Decorators for functions that make the nodes of a graph."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

from imagepipe_rs._arguments import whole
from imagepipe_rs._errors import GraphError
from imagepipe_rs.graph._graph import Graph
from imagepipe_rs.graph._output import add_outputs
from imagepipe_rs.graph._stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")


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
        if not made.outputs:
            code = function.__code__
            place = f"{code.co_name} ({code.co_filename}:{code.co_firstlineno})"
            message = (
                f"{place}: it returns nothing, and makes no Output: return a node, a tuple of "
                "nodes, or a mapping from labels to nodes"
            )
            raise GraphError(message)
        return made

    # What it returns is of another type than what the function returns.
    build.__annotations__ = {**function.__annotations__, "return": Graph}
    return build


def pipeline(
    variables: Mapping[str, Any] | None = None,
    debug: bool = False,
    seed: int = 0,
    fuse: Literal["geometry"] | None = None,
) -> Callable[[Callable[P, Any]], Callable[P, Stream]]:
    """Turn a function that makes nodes into one that returns a stream of them.

    The function returns what one of :func:`graph` does.

    Args:
        variables: values for the graph's variables, by name.
        debug: whether its :class:`Debug` nodes print.
        seed: the seed of everything random.
        fuse: ``"geometry"`` moves an image once where the graph moves it several times over, as
            in :class:`Stream`.

    Example::

        @pipeline()
        def numbers(low):
            return SampleUniform(low, 1)

        (number,) = numbers(0).run(7)

    Raises:
        TypeError, ValueError: the seed is not a whole number from 0 to 2**64 - 1; and when the
            stream is made, `fuse` is another word.
    """
    if inspect.isfunction(variables):
        message = "@pipeline needs parentheses: @pipeline()"
        raise TypeError(message)
    number = whole("seed", seed)

    def decorate(function: Callable[P, Any]) -> Callable[P, Stream]:
        made = graph(function)

        @functools.wraps(function)
        def build(*args: P.args, **kwargs: P.kwargs) -> Stream:
            return Stream(
                made(*args, **kwargs), seed=number, variables=variables, debug=debug, fuse=fuse
            )

        build.__annotations__ = {**function.__annotations__, "return": Stream}
        return build

    return decorate


__all__ = ["graph", "pipeline"]
