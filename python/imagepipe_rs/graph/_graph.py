"""The graph that collects nodes, and what nodes are called in it."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from imagepipe_rs._errors import GraphError
from imagepipe_rs._names import printable, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

    from imagepipe_rs.graph._node import Node
    from imagepipe_rs.graph._output import Output

_PACKAGE = str(Path(__file__).parent) + os.sep
# From Python 3.12 on, comprehensions are no functions of their own.
_COMPREHENSIONS = {"<listcomp>", "<setcomp>", "<dictcomp>"}
# What is called so has no source, or the source of something else that is called so.
_NAMELESS = {"<string>", "<stdin>"}
_local = threading.local()


class Graph:
    """Collects the nodes that are made while it is open.

    Example::

        with Graph() as graph:
            outputs(SampleUniform(0, 1))

    Attributes:
        members: all nodes, by name, in the order they were made.
        outputs: what each sample has.
        variables: the names of its variables.
        saturates: whether arithmetic clips, as it does within :class:`Saturate`.
    """

    def __init__(self) -> None:
        """Begin an empty graph."""
        self.members: dict[str, Node] = {}
        self.outputs: list[Output] = []
        self.variables: set[str] = set()
        self.saturates = False
        self._scope = self._scope_identity = ""
        self._counts: dict[str, int] = {}
        self._identities: dict[str, int] = {}
        self._openers: list[FrameType] = []

    def __enter__(self) -> Self:
        """Let new nodes be of this graph."""
        self._openers.append(sys._getframe(1))  # noqa: SLF001  where names begin
        _open().append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Let new nodes be of the graph before."""
        _open().pop()
        self._openers.pop()

    @contextlib.contextmanager
    def within(self, scope: str, identity: str, *, saturates: bool) -> Iterator[None]:
        """Make nodes as parts of another one.

        Args:
            scope: its name, which those of its parts begin with.
            identity: what its random numbers depend on, which those of its parts begin with.
            saturates: whether arithmetic clips in it.
        """
        before = self._scope, self._scope_identity, self.saturates
        self._scope, self._scope_identity, self.saturates = scope, identity, saturates
        try:
            with self:
                yield
        finally:
            self._scope, self._scope_identity, self.saturates = before

    def add(self, node: Node, name: str | None) -> str:
        """Add a node, and return its name: the same one in the next run.

        Raises:
            GraphError: another node has this name, or it is not text.
        """
        if wrong := not_text(name or ""):
            message = f"{node.node_kind} ({node.origin}): its name is {wrong}"
            raise GraphError(message, node=node.node_kind, origin=node.origin)
        if not name:
            name = self._name_at(node.place, node.node_kind)
        elif self._scope:
            name = f"{self._scope}/{name}"
        if name in self.members:
            other = self.members[name].origin
            called = shown_name(name)
            message = f"{called} ({node.origin}): the node made at {other} has this name already"
            raise GraphError(message, node=name, origin=node.origin)
        self.members[name] = node
        return name

    def _name_at(self, place: Place, kind: str) -> str:
        base = f"{self._scope}/{kind}" if self._scope else f"{place.path}: {kind}"
        while True:
            name = _counted(base, self._counts)
            if name not in self.members:
                return name

    def identity_of(self, node: Node, name: str | None) -> str:
        """Return what the random numbers of a node depend on.

        It is the node's name; but that of a part of a macro has the line that made it, too, so that
        it does not depend on the other parts.

        Args:
            node: the node, which has its name already.
            name: the name that was given to it.
        """
        if not self._scope:
            return node.name
        if name:
            return f"{self._scope_identity}/{name}"
        inner = f"{node.place.inner}: " if node.place.inner else ""
        return _counted(f"{self._scope_identity}/{inner}{node.node_kind}", self._identities)

    def opener(self) -> FrameType | None:
        """Return the function that opened it."""
        return self._openers[0] if self._openers else None


def _counted(base: str, counts: dict[str, int]) -> str:
    """Return a name; of those that have been there before, with a number."""
    counts[base] = count = counts.get(base, 0) + 1
    return base if count == 1 else f"{base} ({count})"


class Saturate:
    """Within it, sums, differences, products and quotients are clipped, not wrapped around."""

    def __enter__(self) -> None:
        """Begin."""
        self._graph = current()
        self._before, self._graph.saturates = self._graph.saturates, True

    def __exit__(self, *_: object) -> None:
        """End."""
        self._graph.saturates = self._before


def current() -> Graph:
    """Return the graph that new nodes belong to.

    Raises:
        GraphError: there is none.
    """
    graphs = _open()
    if not graphs:
        message = (
            "a node is made within a graph: with Graph() as graph, or in a @pipeline function (for "
            "augment= and mix= of a Loader there are classes in imagepipe_rs itself)"
        )
        raise GraphError(message)
    return graphs[-1]


def shown_name(name: str) -> str:
    """Return what a node is called in messages: without the lines that an automatic name has."""
    *lines, last = name.rsplit(": ", 2)
    return printable(last if len(lines) > 1 and last else name)


def not_text(value: object) -> str:
    """Return what a value is, if it is no text that a graph can have."""
    if not isinstance(value, str):
        return f"{shown(value)}, which is not text"
    try:
        value.encode()
    except UnicodeEncodeError:
        return f"{shown(value)}, which UTF-8 cannot encode"
    return ""


def is_open() -> bool:
    """Say whether there is a graph that new nodes belong to."""
    return bool(_open())


def _open() -> list[Graph]:
    if not hasattr(_local, "graphs"):
        _local.graphs = []
    graphs: list[Graph] = _local.graphs
    return graphs


class Place:
    """Where in the user's source something was made.

    Attributes:
        origin: file and line, such as ``train.py:12``.
        path: the calls that led there from the function that opened the graph, each as the name of
            the function and the text of the line. Numbers of lines are not in it, because they
            change when other lines come and go; but where there is no source, there is nothing
            else.
        inner: the calls among them that this package called, as those of a macro's ``expand``.
    """

    def __init__(self, origin: str, path: str, inner: str = "") -> None:
        """Keep them."""
        self.origin = origin
        self.path = path
        self.inner = inner

    @classmethod
    def of_caller(cls, made: object = None, graph: Graph | None = None) -> Place:
        """Return the place of the first caller outside of this package.

        Args:
            made: what is made there, whose own ``__init__`` is left out.
            graph: the graph it is made in.
        """
        opener = None if graph is None else graph.opener()
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
        origin, calls = "", list[str]()
        line = inner = ""
        while frame is not None:
            if _is_ours(frame):
                inner = inner or " > ".join(reversed(calls))
            elif not _makes(frame, made):
                line = line or _text(frame)
                origin = origin or f"{frame.f_code.co_filename}:{frame.f_lineno}"
                if frame.f_code.co_name not in _COMPREHENSIONS:
                    calls.append(f"{_function(frame)}: {line}")
                    line = ""
            if frame is opener:
                break
            frame = frame.f_back
        if frame is None:  # not made below the function that opened the graph
            calls = calls[:1]
        return cls(origin, " > ".join(reversed(calls)), inner)


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_PACKAGE)


def _makes(frame: FrameType, made: object) -> bool:
    code = frame.f_code
    if made is None or code.co_name != "__init__" or not code.co_varnames:
        return False
    return frame.f_locals.get(code.co_varnames[0]) is made


def _function(frame: FrameType) -> str:
    parts = frame.f_code.co_qualname.split(".")
    return ".".join(part for part in parts if part not in _COMPREHENSIONS)


def _text(frame: FrameType) -> str:
    lines, number = _source(frame), frame.f_lineno or 0
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return line or f"line {number}"


# By the identity of the code, because code is equal where only its text differs.
_sources: dict[int, tuple[CodeType, list[str]]] = {}


def _source(frame: FrameType) -> list[str]:
    """Return the lines of the source that code was made from; none if there is no source.

    They are read when the code makes its first node, and then kept: the code stays what it is when
    somebody changes the file.
    """
    code = frame.f_code
    if id(code) not in _sources:
        lines = list[str]()
        if code.co_filename not in _NAMELESS:
            linecache.checkcache(code.co_filename)
            lines = linecache.getlines(code.co_filename, frame.f_globals)
        _sources[id(code)] = code, lines
    return _sources[id(code)][1]
