"""From graphs to pipelines."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph._build import Build
from imagepipe_rs.graph.pixelpipes import Pipeline, PipelineOperation
from imagepipe_rs.graph.pixelpipes._exceptions import (
    CompilerException,
    ValidationException,
    refused,
)
from imagepipe_rs.graph.pixelpipes.flow import Conditional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._node import Node
    from imagepipe_rs.graph._token import Data

__all__ = ["Compiler", "CompilerException", "Conditional", "Variable", "infer_type"]

Chosen = Container[str] | Callable[[str], object] | str | None
"""Labels of the outputs to keep, or a function that says which; all if None."""


class Variable(native.Variable):
    """A constant whose value may be chosen when the graph is compiled.

    Args:
        name: its name.
        default: its value where none is chosen.
    """

    def __init__(self, name: str, default: Any) -> None:
        """Take name and default."""
        super().__init__(name, default)


class Compilation(list[PipelineOperation]):
    """The operations of a graph, in the order they are run in.

    Attributes:
        stream: what runs them.
    """

    def __init__(self, stream: native.Stream, operations: list[PipelineOperation]) -> None:
        """Keep both."""
        super().__init__(operations)
        self.stream = stream


def infer_type(node: Node, graph: native.Graph | None = None, type_cache: Any = None) -> Data:
    """Return what is known of a node's value before any sample is made.

    Raises:
        ValidationException: it, or a node that it needs, cannot work.
    """
    del graph, type_cache
    with refused():
        return node.type


class Compiler:
    """Checks graphs and makes pipelines of them.

    Args:
        fixedout: whether it is an error if the shape of an output may differ between samples.
        debug: whether Debug nodes print.
    """

    def __init__(self, fixedout: bool = False, debug: bool = False) -> None:
        """Take the options."""
        self._fixedout = fixedout
        self._debug = debug

    @staticmethod
    def build_graph(
        graph: native.Graph,
        variables: Mapping[str, Any] | None = None,
        output: Chosen = None,
        fixedout: bool = False,
    ) -> Pipeline:
        """Return a pipeline of a graph."""
        return Compiler(fixedout).build(graph, variables, output)

    def build(
        self,
        graph: native.Graph,
        variables: Mapping[str, Any] | None = None,
        output: Chosen = None,
        optimize: bool = True,
    ) -> Pipeline:
        """Return a pipeline of a graph.

        Args:
            graph: the graph.
            variables: values for its variables, by name.
            output: labels of the outputs to keep, or a function that says which; all if None.
            optimize: whether the graph is made smaller before it is run, which changes no sample.

        Raises:
            CompilerException: the graph cannot work.
        """
        return Pipeline(self.compile(graph, variables, output, optimize))

    def compile(
        self,
        graph: native.Graph,
        variables: Mapping[str, Any] | None = None,
        output: Chosen = None,
        optimize: bool = True,
    ) -> Compilation:
        """Return the operations of a graph, in the order they are run in.

        Raises:
            CompilerException: the graph cannot work.
        """
        if not isinstance(graph, native.Graph):
            raise CompilerException(f"{graph!r:.100} is not a graph")
        known = graph.variables
        with refused():
            stream = native.Stream(
                graph,
                variables={key: one for key, one in (variables or {}).items() if key in known},
                debug=self._debug,
                labels=_kept(graph, output),
                optimize=optimize,
            )
            if self._fixedout:
                _check_shapes(stream)
            return Compilation(stream, _operations(graph))

    def validate(self, graph: native.Graph) -> dict[str, Data]:
        """Return what is known of the value of each node.

        Raises:
            ValidationException: a node cannot work.
        """
        if not isinstance(graph, native.Graph):
            raise ValidationException(f"{graph!r:.100} is not a graph")
        with refused():
            return {name: node.type for name, node in list(graph.members.items())}


def _kept(graph: native.Graph, output: Chosen) -> set[str] | None:
    labels = {one.label for one in graph.outputs}
    if output is None:
        return None
    if isinstance(output, str):
        return labels & {output}
    if isinstance(output, Container):
        return {label for label in labels if label in output}
    return {label for label in labels if output(label)}


def _operations(graph: native.Graph) -> list[PipelineOperation]:
    build = Build(graph)
    for one in graph.outputs:
        build.place(one.node)
    names = [name for name, *_ in build.nodes]
    return [
        PipelineOperation(name, operation or "constant", (), [names[one] for one in inputs])
        for name, _, operation, inputs, _ in build.nodes
    ]


def _check_shapes(stream: native.Stream) -> None:
    for label, found in Pipeline(stream).outputs:
        if found.axes is None or None in found.axes:
            raise CompilerException(f"output {label!r} is {found}, which has no fixed shape")
