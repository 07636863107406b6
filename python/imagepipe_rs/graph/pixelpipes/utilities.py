"""Decorators for functions that make nodes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from imagepipe_rs.graph._output import add_outputs
from imagepipe_rs.graph.pixelpipes.compiler import Compiler
from imagepipe_rs.graph.pixelpipes.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagepipe_rs.graph.pixelpipes import Pipeline

__all__ = ["graph", "pipeline"]


def graph(constructor: Callable[..., Any]) -> Callable[..., Graph]:
    """Turn a function that makes nodes into one that returns a graph of them."""

    @functools.wraps(constructor)
    def build(*args: Any, **kwargs: Any) -> Graph:
        with Graph() as made:
            add_outputs(constructor(*args, **kwargs))
        return made

    return build


def pipeline(
    constructor: Callable[..., Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    fixedout: bool = False,
) -> Any:
    """Turn a function that makes nodes into one that returns a pipeline of them.

    It is used as ``@pipeline`` or ``@pipeline(variables=...)``.
    """
    if constructor is None:
        return functools.partial(pipeline, variables=variables, fixedout=fixedout)
    made = graph(constructor)

    @functools.wraps(constructor)
    def build(*args: Any, **kwargs: Any) -> Pipeline:
        return Compiler(fixedout).build(made(*args, **kwargs), variables)

    return build
