"""The batches of a stream."""

from __future__ import annotations

import logging
import operator
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

from imagepipe_rs import _native
from imagepipe_rs._arguments import shard_of, whole
from imagepipe_rs._device import delivery, stop_at_exit
from imagepipe_rs._errors import ImagePipeError
from imagepipe_rs._names import counted, printable, shown
from imagepipe_rs._notes import warn
from imagepipe_rs.graph._values import value_of

if TYPE_CHECKING:
    from types import TracebackType

    from imagepipe_rs._adapters import Adapter
    from imagepipe_rs.graph._stream import Stream

_log = logging.getLogger("imagepipe_rs")

# How many of the samples that failed have a line each in the log.
_LOGGED = 10

B = TypeVar("B")


class Batches(Iterable[B], Generic[B]):
    """Batches of a stream, endless or ``steps`` at a time; made by :meth:`Stream.batches`.

    Each ``iter()`` goes on where the batches that were handed over end, and so does that of a copy,
    which may be in another process. A batch is a tuple with an array for each output, or a dict by
    label where the outputs have labels.
    """

    def __init__(self, stream: Stream, given: Mapping[str, Any]) -> None:
        """Make a sample, to see what arrays there are."""
        self._stream, self._given = stream, given
        graph = stream._native  # noqa: SLF001
        target = delivery(given["device"], given["output"], str(given["dtype"]))
        self.device, self._output = target.device, target.adapter
        self._labels = stream.labels if stream._has_names else None  # noqa: SLF001
        self._next = whole("start", given["start"])
        steps = given["steps"]
        self._steps = None if steps is None else whole("steps", steps, 1, ", or None")
        arguments = {**given, "shard": shard_of(given["shard"]), "cuda_device": target.cuda}
        self._order = {"seed": given["seed"], "graph": graph.fingerprint()}
        self._native = _native.GraphBatching(graph, arguments, self._next)
        note = self._native.device_note()
        if note is not None:
            warn([note])
        self._outputs = len(graph.labels)
        self._latest: weakref.ref[BatchIterator[B]] | None = None

    def __iter__(self) -> BatchIterator[B]:
        """Start workers; the iterator before this one, if there is one, goes on by itself."""
        iterator = BatchIterator[B](self)
        self._latest = weakref.ref(iterator)
        return iterator

    def __len__(self) -> int:
        """Return the number of batches in a pass.

        Raises:
            TypeError: there is no end.
        """
        if self._steps is None:
            message = "the batches of a stream have no end: give steps to have some at a time"
            raise TypeError(message)
        return self._steps

    def __repr__(self) -> str:
        """Say how large they are and where the next one begins."""
        size = counted(operator.index(self._given["batch_size"]), "sample")
        passes = "" if self._steps is None else f", {self._steps} in a pass"
        place = f"the next from sample {self._next} on"
        return f"<Batches of {size}{passes}, {place}; seed {self._order['seed']}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what makes the same batches, and where they stand, but no counts and errors."""
        return type(self), (self._stream, self._given), {"_next": self._next}

    def state_dict(self) -> dict[str, Any]:
        """Return where the latest iteration stands: what was handed over, not what is ready."""
        return {"version": 1, "sample": self._next, **self._order}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Make the next ``iter()`` resume there, in any process, on any number of ranks.

        Raises:
            TypeError, ValueError: not a state, or one of another graph or seed.
        """
        if not isinstance(state, Mapping) or state.get("version") != 1 or "sample" not in state:
            message = f"state={shown(state)} is not a state of a stream's batches"
            raise ValueError(message)
        for name, value in self._order.items():
            if state.get(name) != value:
                message = f"the state is of another {name}: {state.get(name)!r}, not {value!r}"
                raise ValueError(message)
        self._next = whole("state['sample']", state["sample"])

    @property
    def errors(self) -> list[tuple[int, str]]:
        """The samples that failed, at most the last 1,000: number and reason."""
        return self._native.errors()

    def stats(self) -> dict[str, Any]:
        """Return counts over all iterators so far.

        ``run`` and ``wait`` have ``items`` and ``seconds``, of all workers and of the consumer;
        ``deliver`` has ``items`` and ``bytes``; ``queue`` has the batches ``ready`` and ``begun``;
        ``bottleneck`` says in words what the others wait for.
        """
        latest = self._latest() if self._latest else None
        ready, begun = latest.load() if latest else (0, 0)
        return {**self._native.stats(), "queue": {"ready": ready, "begun": begun}}

    def close(self) -> None:
        """Stop the workers of the latest iterator."""
        latest = self._latest() if self._latest else None
        if latest:
            latest.close()

    def __enter__(self) -> Batches[B]:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers."""
        self.close()


class BatchIterator(Iterator[B], Generic[B]):
    """An iterator over batches, which owns its worker threads and stops them when closed."""

    def __init__(self, batches: Batches[B]) -> None:
        """Start workers."""
        self._batches = batches
        self._native = batches._native.batches(batches._next, batches._steps)  # noqa: SLF001
        # Also on the CPU: workers that run Python functions must not outlive the interpreter.
        stop_at_exit(self)
        self._failures = 0
        self._closed = False

    def __next__(self) -> B:
        """Return the next batch.

        Raises:
            GraphError: a sample cannot be made, with ``on_error="raise"``.
            MemoryError: there is not enough memory for a batch.
            ImagePipeError: more than ``max_errors`` samples failed; or the iterator was closed, or
                made before a fork.
        """
        batch = self._native.next()
        if batch is None:
            if self._closed:
                message = "the iterator was closed; iter() starts another"
                raise ImagePipeError(message)
            raise StopIteration
        self._batches._next = batch.after  # noqa: SLF001
        self._log_failures(batch.failures())
        return self._made(batch)

    def _made(self, batch: _native.GraphBatch) -> B:
        owner = self._batches
        values = [
            _value(batch.output(number), owner._output)  # noqa: SLF001
            for number in range(owner._outputs)  # noqa: SLF001
        ]
        labels = owner._labels  # noqa: SLF001
        made: Any = tuple(values) if labels is None else dict(zip(labels, values, strict=True))
        return cast("B", made)

    def _log_failures(self, failures: list[tuple[int, str]]) -> None:
        for index, reason in failures:
            self._failures += 1
            if self._failures <= _LOGGED:
                _log.warning("sample %d cannot be made: %s", index, printable(reason))
            elif self._failures == _LOGGED + 1:
                _log.warning("more samples fail, without a line each: see errors")

    def __reduce__(self) -> NoReturn:
        """Raise an error that says what can be pickled."""
        message = (
            "an iterator cannot be pickled or copied: pickle what Stream.batches() returned, "
            "which goes on where the iterator stands, or its state_dict()"
        )
        raise TypeError(message)

    def load(self) -> tuple[int, int]:
        """Return how many batches are ready, and how many are begun."""
        return self._native.load()

    def close(self) -> None:
        """Stop the workers; the iterator raises an error from then on."""
        self._closed = True
        self.abandon()

    def abandon(self) -> None:
        """Stop the workers and end without an error: nobody is left to catch one."""
        self._native.stop()


def _value(found: Any, output: Adapter) -> Any:
    if isinstance(found, _native.Tensor | _native.DeviceTensor):
        return output.convert(found, found.dtype)
    return [
        output.convert(one, one.dtype) if isinstance(one, _native.Tensor) else value_of(one)
        for one in found
    ]


__all__ = ["BatchIterator", "Batches"]
