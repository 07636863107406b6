"""Nodes of a graph, and the graph that collects them."""

from __future__ import annotations

import linecache
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from imagepipe_rs._errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType, TracebackType

_PACKAGE = str(Path(__file__).parent)
_local = threading.local()


class Node:
    """A value of a graph, which each sample computes anew.

    Args:
        name: what it is called in messages. The random numbers of a node that draws depend on it,
            too: by default on the function and the line that made the node, so that they stay the
            same when other nodes come and go.
    """

    def __init__(self, *, name: str | None = None) -> None:
        """Note where it was made, and add it to the current graph."""
        self.place = _Place.of_caller()
        self.graph = _current()
        self.name = name or self.graph.name_at(self.place, type(self).__name__)
        self.graph.nodes.append(self)

    @property
    def origin(self) -> str:
        """The file and line that made it."""
        return self.place.origin

    def __repr__(self) -> str:
        """Say what it is, and where it was made."""
        return f"<{type(self).__name__} {self.name!r} ({self.origin})>"

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

    __hash__ = object.__hash__

    def _with(self, operation: str, *others: Operand) -> Operation:
        return Operation(operation, self, *others)

    def _arithmetic(self, operation: str, a: Operand, b: Operand) -> Operation:
        return Operation(operation, a, b, self.graph.saturates)

    def __add__(self, other: Operand) -> Operation:
        """Return the sum."""
        return self._arithmetic("Add", self, other)

    def __radd__(self, other: Operand) -> Operation:
        """Return the sum."""
        return self._arithmetic("Add", other, self)

    def __sub__(self, other: Operand) -> Operation:
        """Return the difference."""
        return self._arithmetic("Subtract", self, other)

    def __rsub__(self, other: Operand) -> Operation:
        """Return the difference."""
        return self._arithmetic("Subtract", other, self)

    def __mul__(self, other: Operand) -> Operation:
        """Return the product."""
        return self._arithmetic("Multiply", self, other)

    def __rmul__(self, other: Operand) -> Operation:
        """Return the product."""
        return self._arithmetic("Multiply", other, self)

    def __truediv__(self, other: Operand) -> Operation:
        """Return the quotient, of integers towards zero."""
        return self._arithmetic("Divide", self, other)

    def __rtruediv__(self, other: Operand) -> Operation:
        """Return the quotient, of integers towards zero."""
        return self._arithmetic("Divide", other, self)

    def __pow__(self, other: Operand) -> Operation:
        """Return the power."""
        return self._with("Power", other)

    def __rpow__(self, other: Operand) -> Operation:
        """Return the power."""
        return Operation("Power", other, self)

    def __mod__(self, other: Operand) -> Operation:
        """Return the remainder, with the sign of the dividend."""
        return self._with("Modulo", other)

    def __rmod__(self, other: Operand) -> Operation:
        """Return the remainder, with the sign of the dividend."""
        return Operation("Modulo", other, self)

    def __neg__(self) -> Operation:
        """Return the number with the other sign."""
        return self._arithmetic("Subtract", 0, self)

    def __lt__(self, other: Operand) -> Operation:
        """Say whether it is lower."""
        return self._with("Lower", other)

    def __le__(self, other: Operand) -> Operation:
        """Say whether it is not greater."""
        return self._with("LowerEqual", other)

    def __gt__(self, other: Operand) -> Operation:
        """Say whether it is greater."""
        return self._with("Greater", other)

    def __ge__(self, other: Operand) -> Operation:
        """Say whether it is not lower."""
        return self._with("GreaterEqual", other)

    def __eq__(self, other: object) -> Operation:  # type: ignore[override]
        """Say whether they are equal, in each sample."""
        return self._with("Equal", other)  # type: ignore[arg-type]

    def __ne__(self, other: object) -> Operation:  # type: ignore[override]
        """Say whether they differ, in each sample."""
        return self._with("NotEqual", other)  # type: ignore[arg-type]

    def __and__(self, other: Operand) -> Operation:
        """Say whether both hold."""
        return self._with("LogicalAnd", other)

    def __or__(self, other: Operand) -> Operation:
        """Say whether one of them holds."""
        return self._with("LogicalOr", other)

    def __invert__(self) -> Operation:
        """Say whether it does not hold."""
        return self._with("LogicalNot")

    def __getitem__(self, index: Operand) -> Operation:
        """Return an element."""
        return self._with("GetElement", index)


Operand: TypeAlias = Node | bool | int | float | str | bytes | np.ndarray[Any, Any] | list[Any]
"""What a node takes as an input: another node, or a value that becomes a constant."""


class Constant(Node):
    """A value that is the same in every sample."""

    def __init__(self, value: Any, *, name: str | None = None) -> None:
        """Keep the value.

        Raises:
            TypeError: not a number, text, bytes, an array, or a list of these.
        """
        self.value = described(value)
        super().__init__(name=name)


class Operation(Node):
    """A function of other nodes' values."""

    def __init__(self, operation: str, *inputs: Operand | None, name: str | None = None) -> None:
        """Take nodes, and make constants of other values; None is a seed of the node's own."""
        super().__init__(name=name)
        self.operation = operation
        self.inputs = [self._input(value) for value in inputs]

    def _input(self, value: Operand | None) -> Node:
        if value is None:
            return Seed(self.name)
        node = value if isinstance(value, Node) else Constant(value)
        if node.graph is not self.graph:
            message = f"{self!r} takes {node!r}, which is of another graph"
            raise GraphError(message, node=self.name, origin=self.origin)
        return node


class Seed(Operation):
    """A seed for a node to draw from."""

    def __init__(self, identity: str) -> None:
        """Take what tells the draw from others."""
        super().__init__("RandomSeed", identity)


class Output:
    """Something that each sample has.

    Args:
        node: its value.
        label: what it is called.
    """

    def __init__(self, node: Operand, label: str = "default") -> None:
        """Add the output to the current graph."""
        self.node = node if isinstance(node, Node) else Constant(node)
        self.label = label
        _current().outputs.append(self)


def outputs(*nodes: Operand, label: str = "default") -> None:
    """Add outputs to the current graph, all of one label."""
    for node in nodes:
        Output(node, label)


class Graph:
    """Collects the nodes that are made while it is open.

    Example::

        with Graph() as graph:
            outputs(SampleUniform(0, 1))
    """

    def __init__(self) -> None:
        """Begin an empty graph."""
        self.nodes: list[Node] = []
        self.outputs: list[Output] = []
        self.saturates = False
        self._names: dict[str, int] = {}

    def __enter__(self) -> Graph:  # noqa: PYI034
        """Let new nodes be of this graph."""
        _open().append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let new nodes be of the graph before."""
        _open().pop()

    def name_at(self, place: _Place, kind: str) -> str:
        """Return a name for a node that was made at a place: the same one in the next run."""
        base = f"{place.function}: {place.text}: {kind}"
        count = self._names.get(base, 0)
        self._names[base] = count + 1
        return base if count == 0 else f"{base} ({count + 1})"


class Saturate:
    """Within it, sums, differences, products and quotients are clipped, not wrapped around."""

    def __enter__(self) -> None:
        """Begin."""
        self._graph = _current()
        self._before, self._graph.saturates = self._graph.saturates, True

    def __exit__(self, *_: object) -> None:
        """End."""
        self._graph.saturates = self._before


def _open() -> list[Graph]:
    if not hasattr(_local, "graphs"):
        _local.graphs = []
    graphs: list[Graph] = _local.graphs
    return graphs


def _current() -> Graph:
    graphs = _open()
    if not graphs:
        message = "a node is made within a graph: with Graph() as graph, or in a @pipeline function"
        raise GraphError(message)
    return graphs[-1]


class _Place:
    """Where in the user's source something was made."""

    def __init__(self, file: str, line: int, function: str) -> None:
        self.origin = f"{file}:{line}"
        self.function = function
        # The line as text: its number changes when other lines come and go.
        self.text = linecache.getline(file, line).strip() or f"line {line}"

    @classmethod
    def of_caller(cls) -> _Place:
        """Return the place of the first caller outside of this package."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
            frame = frame.f_back
        if frame is None:
            return cls("", 0, "")
        code = frame.f_code
        return cls(code.co_filename, frame.f_lineno, code.co_qualname)


_TYPES = {"bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"}
_SMALL = np.iinfo(np.int32)


def described(value: Any) -> Any:
    """Return a constant as the compiled module takes it.

    Raises:
        TypeError: not a number, text, bytes, an array, or a list of these.
    """
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, list | tuple) and not _are_numbers(value):
        return [described(one) for one in value]
    array = np.asarray(value, dtype=_default_type(value))
    if array.dtype.name not in _TYPES:
        allowed = "a number, text, bytes, an array of numbers, or a list of these"
        message = f"{type(value).__name__} is no constant of a graph: {allowed}"
        raise TypeError(message)
    return array.dtype.name, list(array.shape), np.ascontiguousarray(array).tobytes()


def _are_numbers(values: Any) -> bool:
    return len(values) > 0 and all(
        isinstance(value, bool | int | float | np.generic)
        or (isinstance(value, list | tuple) and _are_numbers(value))
        for value in values
    )


def _default_type(value: Any) -> Any:
    """Return the type for Python's own numbers: int32 and float32, where they suffice."""
    if isinstance(value, np.ndarray | np.generic | bool) or hasattr(value, "__array__"):
        return None
    kind = np.asarray(value).dtype.kind
    if kind == "f":
        return np.float32
    if kind == "i":
        numbers = np.asarray(value)
        fits = numbers.size == 0 or (_SMALL.min <= numbers.min() and numbers.max() <= _SMALL.max)
        return np.int32 if fits else np.int64
    return None
