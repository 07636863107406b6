"""Pipelines, and how they are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs import _native
from imagepipe_rs.graph._stream import Stream, load
from imagepipe_rs.graph.pixelpipes._exceptions import refused
from imagepipe_rs.graph.types import of_native

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from imagepipe_rs.graph._token import Data

__all__ = [
    "Pipeline",
    "PipelineOperation",
    "list_operations",
    "load_module",
    "read_pipeline",
    "write_pipeline",
]


class PipelineOperation(NamedTuple):
    """An operation of a pipeline.

    Attributes:
        id: the name of its node.
        name: what it is called.
        arguments: nothing; all that it needs are inputs.
        inputs: the names of the nodes whose values it takes.
    """

    id: str
    name: str
    arguments: tuple[Any, ...]
    inputs: list[str]


class Pipeline:
    """An endless sequence of samples, each a function of its number.

    Args:
        data: what :meth:`compiler.Compiler.compile` returns, or a stream.
        optimize: nothing; this is chosen when a graph is compiled.
    """

    def __init__(self, data: Iterable[PipelineOperation] | Stream, optimize: bool = True) -> None:
        """Take what is run."""
        del optimize
        stream = getattr(data, "stream", data)
        if not isinstance(stream, Stream):
            raise TypeError(f"{data!r:.100} is not what Compiler.compile() returns")
        self._stream: Stream = stream
        self.metadata: dict[str, str] = {}

    @property
    def stream(self) -> Stream:
        """The samples as a stream, which has more: batches, for example."""
        return self._stream

    @property
    def labels(self) -> tuple[str, ...]:
        """What each output is called, in order."""
        return self._stream.labels

    @property
    def outputs(self) -> list[tuple[str, Data]]:
        """Label and type of each output."""
        types = map(of_native, self._stream._native.types)  # noqa: SLF001
        return list(zip(self._stream.labels, types, strict=True))

    def run(self, index: int) -> tuple[Any, ...]:
        """Return a sample.

        Args:
            index: its number.
        """
        with refused():
            return self._stream.values(index)

    def __len__(self) -> int:
        """Return the number of operations."""
        return self._stream.operations

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Return an iterator over all samples, from 1."""
        index = 1
        while True:
            yield self.run(index)
            index += 1


def write_pipeline(
    filename: str | os.PathLike[str],
    pipeline: Pipeline | Iterable[PipelineOperation],
    compress: bool | None = True,
    relocatable: bool | None = True,
) -> None:
    """Save a pipeline.

    Args:
        filename: the file, which is replaced if it exists.
        pipeline: the pipeline, or what :meth:`compiler.Compiler.compile` returns.
        compress: nothing; saved pipelines are always compressed.
        relocatable: whether the paths of files are stored relative to the file.
    """
    del compress
    whole = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
    with refused():
        whole.stream.save(filename, relocatable=bool(relocatable), overwrite=True)


def read_pipeline(filename: str | os.PathLike[str]) -> Pipeline:
    """Return a saved pipeline."""
    with refused():
        return Pipeline(load(filename))


def list_operations() -> list[str]:
    """Return the names of all operations."""
    return [row["name"] for row in _native.graph_operations()]


def load_module(name: str) -> bool:
    """Return False: there are no native modules; see :class:`imagepipe_rs.graph.PyNode`."""
    del name
    return False
