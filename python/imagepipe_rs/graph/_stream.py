"""A graph that is checked and can be run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, Self

from imagepipe_rs import _native
from imagepipe_rs._arguments import whole
from imagepipe_rs._names import counted, printable, shown
from imagepipe_rs.graph import _looking
from imagepipe_rs.graph._batches import Batches
from imagepipe_rs.graph._build import Build, compiled
from imagepipe_rs.graph._records import Recorded
from imagepipe_rs.graph._values import value_of
from imagepipe_rs.graph.types import of_native

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from imagepipe_rs.graph._graph import Graph
    from imagepipe_rs.graph._looking import Profile

# Outputs that are shown.
_MOST_SHOWN = 8


def load(path: str | os.PathLike[str]) -> Stream:
    """Return the stream that :meth:`Stream.save` has written to a file.

    Raises:
        DatasetError: as :meth:`Stream.load`.
    """
    return Stream.load(path)


class Stream(Recorded):
    """An endless stream of samples: sample ``i`` is a function of graph, seed and ``i`` alone.

    It can be pickled, unless it has a node that is a function of your own.

    Args:
        graph: what a sample is made of.
        seed: the seed of everything random.
        variables: values for the graph's variables, by name.
        debug: whether its :class:`Debug` nodes print.
        labels: the outputs to keep, by label; all if not given.
        optimize: whether the graph is made smaller before it is run, which changes no sample.
        fuse: ``"geometry"`` moves an image once where the graph moves it several times over: by
            ViewImage, Flip, Resize and ImageCrop, and so by Rotate, RandomAffine and the like. It
            is faster and blurs less, and samples are others than without it. ``docs/graphs.md``
            says how they differ.

    Raises:
        GraphError: a graph without outputs, an unknown variable, or a node that cannot work, and
            the line that made it.
        TypeError, ValueError: the seed is not a whole number from 0 to 2**64 - 1, or `fuse` is
            another word.
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
        fuse: Literal["geometry"] | None = None,
    ) -> None:
        """Check the graph."""
        number = whole("seed", seed)
        if fuse not in {None, "geometry"}:
            raise ValueError(f'fuse={shown(fuse)} is not valid: "geometry", or None')
        build = Build(graph, variables=variables, debug=debug)
        self._keep(compiled(build, labels, optimize=optimize, fuse=fuse is not None), number)

    def _keep(self, native: _native.Graph, seed: int) -> None:
        self._native = native
        self._seed = seed
        self._labels = tuple(label or "default" for label in native.labels)
        self._has_names = all(native.labels) and len(set(native.labels)) == len(native.labels)

    @classmethod
    def _of(cls, native: _native.Graph, seed: int) -> Self:
        stream = cls.__new__(cls)
        stream._keep(native, seed)  # noqa: SLF001  it is of this class
        return stream

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the stream that :meth:`save` has written to a file.

        Raises:
            DatasetError: the file cannot be read, or it is cut short, damaged, no stream, or one of
                a later version.
        """
        return cls._of(*_native.Graph.load(os.fspath(path)))

    def save(
        self, path: str | os.PathLike[str], *, relocatable: bool = True, overwrite: bool = True
    ) -> None:
        """Write the stream to a file, which :meth:`load` and ``imagepipe run`` read.

        Args:
            path: the file, commonly ``NAME.pipe``.
            relocatable: whether paths of files are kept as they are seen from the file's directory,
                so that both can be moved together; if not, they stay absolute.
            overwrite: whether a file that is there is replaced.

        Raises:
            GraphError: a node that is a function of your own, which cannot be saved.
            DatasetError: the file cannot be written.
        """
        self._native.save(os.fspath(path), self._seed, relocatable, overwrite)

    def __getstate__(self) -> dict[str, Any]:
        """Return what it is as bytes, in which paths of files are absolute.

        Raises:
            GraphError: a node that is a function of your own, which cannot be saved.
        """
        return {**vars(self), "_native": self._native.to_bytes(self._seed)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Become what the bytes say."""
        native, _ = _native.Graph.from_bytes(state["_native"])
        vars(self).update(state, _native=native)

    def __copy__(self) -> Self:
        """Return itself, which never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself, which never changes."""
        del memo
        return self

    def __repr__(self) -> str:
        """Say what a sample has."""
        outputs = [
            f"{printable(label)}: {of_native(one)}" if self._has_names else str(of_native(one))
            for label, one in zip(self._labels, self._native.types, strict=True)
        ]
        if len(outputs) > _MOST_SHOWN:
            outputs[_MOST_SHOWN:] = [f"{len(outputs) - _MOST_SHOWN} more"]
        about = f"{counted(self.operations, 'operation')}, seed {self._seed}"
        return f"<Stream of {', '.join(outputs)}; {about}>"

    @property
    def native(self) -> _native.Graph:
        """The checked graph of the compiled module."""
        return self._native

    @property
    def labels(self) -> tuple[str, ...]:
        """What each output is called, in order; "default" where it has no label."""
        return self._labels

    def seeded(self, seed: int) -> Self:
        """Return the same stream with another seed.

        Raises:
            TypeError, ValueError: not a whole number from 0 to 2**64 - 1.
        """
        return self._of(self._native, whole("seed", seed))

    @property
    def operations(self) -> int:
        """How many operations a sample may take."""
        return self._native.operations

    @property
    def seed(self) -> int:
        """The seed of everything random."""
        return self._seed

    def run(self, index: int) -> Any:
        """Return the outputs of a sample.

        Args:
            index: its number, from 0 to 2**64 - 1.

        Returns:
            A value for each output: NumPy's arrays and scalars, text, bytes, or lists of these; as
            a tuple, or as a dict by label where every output has a label of its own.

        Raises:
            GraphError: the sample cannot be made; it names the node and the line that made it.
            TypeError, ValueError: no such number.
        """
        values = self.values(index)
        return dict(zip(self._labels, values, strict=True)) if self._has_names else values

    def values(self, index: int) -> tuple[Any, ...]:
        """Return the outputs of a sample as a tuple, whether they have labels or not.

        Raises:
            GraphError, TypeError, ValueError: as :meth:`run`.
        """
        found = self._native.run(self._seed, whole("index", index))
        return tuple(value_of(one) for one in found)

    @property
    def names(self) -> tuple[str, ...]:
        """The outputs' labels, if each has one of its own; otherwise their numbers, as text."""
        return self._labels if self._has_names else tuple(map(str, range(len(self._labels))))

    def batches(
        self,
        batch_size: int = 32,
        *,
        seed: int | None = None,
        start: int = 0,
        steps: int | None = None,
        shard: tuple[int, int] | str | None = None,
        workers: int | None = None,
        prefetch: int = 2,
        layout: str = "NHWC",
        dtype: str = "uint8",
        mean: Any = None,
        std: Any = None,
        rescale: float | None = None,
        ragged: bool = False,
        on_error: str = "raise",
        max_errors: int | None = None,
        device: Any = "cpu",
        output: str | None = None,
    ) -> Batches[Any]:
        """Return the samples in batches, made ahead by threads that do not hold Python's lock.

        A sample near ``start`` is made at once, to see which types and shapes the outputs have.
        Batches are the same to the bit whatever ``workers``, ``prefetch`` and ``batch_size``.

        Args:
            batch_size: samples in a batch.
            seed: another seed than the stream's.
            start: the first sample.
            steps: batches in a pass; the next pass goes on where it ended. Without it, a pass has
                no end.
            shard: (rank, world): each rank gets batches of its own; "auto" finds both as a Loader
                does.
            workers: threads; by default, the usable cores.
            prefetch: batches ready ahead of the consumer.
            layout: the order of the axes of outputs with three: "NHWC", as graphs have them, or
                "NCHW".
            dtype: what becomes of the bytes of outputs with three axes, of which the last has 1 or
                3 channels: "uint8", "float32", "float16" or "bfloat16".
            mean: for a float dtype, what is subtracted, of x / 255: one number for each channel, or
                "imagenet".
            std: for a float dtype, what it is then divided by.
            rescale: for float32, what bytes are multiplied with instead of 1 / 255.
            ragged: whether outputs whose shape is not fixed by the graph come as a list with an
                array for each sample.
            on_error: "raise"; "skip", which leaves a sample that fails out of its batch, and puts
                one other sample, chosen by the seed, in place of a batch that loses all of its
                samples; "replace", which makes another one, chosen by the seed, in place of each.
            max_errors: more samples that fail are an error.
            device: where arrays are delivered: "cpu", "cuda" or "cuda:N", as a Loader takes it.
            output: "numpy", "torch", "tensorflow", "jax", "cupy" or "dlpack"; by default "numpy",
                and on a GPU "dlpack".

        Returns:
            An iterable over batches, which can be pickled if the stream can. A batch is a tuple, or
            a dict by label where every output has a label of its own. Of an output of numbers it
            has one array, with the samples along its first axis; of text, bytes and lists it has a
            list with a value for each sample.

        Raises:
            GraphError: the sample at ``start`` cannot be made, with ``on_error="raise"``; or no
                sample near it.
            DeviceError: the GPU, or the framework on it, cannot be used.
            ImportError: the framework that ``output`` names is not installed.
            TypeError, ValueError: an argument is not valid.
        """
        given = {name: value for name, value in locals().items() if name != "self"}
        given["seed"] = self._seed if seed is None else seed
        return Batches(self, given)

    def visualize(self, format: str = "dot") -> str:
        """Return a drawing of the graph as text.

        Nodes have the colour of their kind and show the inputs that are constants; they stand below
        what they take, whose parameters are in order from left to right.

        Args:
            format: "dot", for Graphviz; or "svg", which needs nothing else.

        Raises:
            ValueError: another format.
        """
        return _looking.drawn(self._native, format)

    def profile(self, count: int = 100, start: int = 0) -> Profile:
        """Make samples on this thread, and return how long each node took.

        Args:
            count: how many samples.
            start: the first of them.

        Returns:
            Rows, the node that took most first: node, line of the source, operation, how often it
            was computed, microseconds each time, and share of the whole. ``print()`` shows them as
            a table.

        Raises:
            GraphError: a sample cannot be made.
            TypeError, ValueError: not a number of a sample, or fewer samples than one.
        """
        return _looking.profiled(self._native, self._seed, count, start)

    def __iter__(self) -> Iterator[Any]:
        """Return an iterator over all samples, from 0."""
        index = 0
        while True:
            yield self.run(index)
            index += 1


__all__ = ["Stream", "load"]
