"""Batches of a pipeline."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imagepipe_rs.graph.pixelpipes import Pipeline

__all__ = ["BatchIterator", "PipelineDataLoader", "TorchDataLoader", "WorkerPool"]

Sample = tuple[Any, ...]

_AHEAD = 2  # batches that are made before they are asked for


class WorkerPool(ThreadPoolExecutor):
    """Threads that make samples; several loaders may share them.

    Args:
        max_workers: how many there are.
    """

    def __init__(self, max_workers: int = 1) -> None:
        """Begin without threads, which start when they are needed."""
        super().__init__(max_workers=max_workers, thread_name_prefix="pixelpipes_worker")


class BatchIterator:
    """Batches in the order of their samples, without end.

    Args:
        commit: begins to make the sample of a number.
        size: how many samples a batch has.
        offset: the number of the first sample.
    """

    def __init__(self, commit: Callable[[int], Future[Sample]], size: int, offset: int = 1) -> None:
        """Begin before the first batch."""
        self._commit = commit
        self._size = size
        self._numbers = itertools.count(offset)
        self._begun: deque[list[Future[Sample]]] = deque()

    def _reduce(self, samples: Sequence[Sample]) -> list[Any]:
        """Return a batch of samples: an array for each output."""
        return [np.stack(field, axis=0) for field in zip(*samples, strict=True)]

    def __iter__(self) -> Iterator[list[Any]]:
        """Return itself."""
        return self

    def __next__(self) -> list[Any]:
        """Return the next batch.

        Raises:
            NodeException: a sample cannot be made; the batch after it is next.
            ValueError: an output has another shape in each sample.
        """
        while len(self._begun) <= _AHEAD:
            numbers = itertools.islice(self._numbers, self._size)
            self._begun.append([self._commit(number) for number in numbers])
        return self._reduce([future.result() for future in self._begun.popleft()])


class PipelineDataLoader:
    """Batches of a pipeline, each a list with an array for each output.

    Args:
        pipeline: the pipeline.
        batch: how many samples a batch has.
        workers: threads that make samples, or how many; one if not given.
        offset: the number of the first sample.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        batch: int,
        workers: int | WorkerPool | None = None,
        offset: int = 1,
    ) -> None:
        """Take the pipeline."""
        self._pipeline = pipeline
        self._batch = batch
        self._workers = workers if isinstance(workers, WorkerPool) else WorkerPool(workers or 1)
        self._offset = offset

    def _commit(self, index: int) -> Future[Sample]:
        return self._workers.submit(self._pipeline.run, index)

    def __iter__(self) -> BatchIterator:
        """Return an iterator from the first sample on."""
        return BatchIterator(self._commit, self._batch, self._offset)

    def benchmark(self, n: int = 100) -> float:
        """Make batches, print how long one takes, and return that in seconds.

        Args:
            n: how many.
        """
        batches = iter(self)
        begun = time.perf_counter()
        for _ in range(n):
            next(batches)
        each = (time.perf_counter() - begun) / n
        sys.stdout.write(f"{n} batches of {self._batch} samples: {each * 1000:.2f} ms each\n")
        return each


class _TorchBatchIterator(BatchIterator):
    """The same as PyTorch's tensors."""

    def _reduce(self, samples: Sequence[Sample]) -> list[Any]:
        import torch  # noqa: PLC0415  it is optional

        return [torch.from_numpy(field) for field in super()._reduce(samples)]


class TorchDataLoader(PipelineDataLoader):
    """Batches of a pipeline, each a list with one of PyTorch's tensors for each output.

    Raises:
        ImportError: PyTorch is not installed.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        batch: int,
        workers: int | WorkerPool | None = None,
        offset: int = 1,
    ) -> None:
        """Take the pipeline."""
        if importlib.util.find_spec("torch") is None:
            raise ImportError("TorchDataLoader needs PyTorch: pip install torch")
        super().__init__(pipeline, batch, workers, offset)

    def __iter__(self) -> BatchIterator:
        """Return an iterator from the first sample on."""
        return _TorchBatchIterator(self._commit, self._batch, self._offset)
