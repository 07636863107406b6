"""The iterator of a Loader."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imagepipe_rs._errors import ImagePipeError
from imagepipe_rs._state import state_of
from imagepipe_rs.batch import Batch

if TYPE_CHECKING:
    from imagepipe_rs import _native
    from imagepipe_rs._adapters import Adapter
    from imagepipe_rs._state import Progress
    from imagepipe_rs.loader import Loader

_log = logging.getLogger("imagepipe_rs")


class LoaderIterator(Iterator[Batch]):
    """An iterator over batches; it owns its worker threads, and stops them when it is dropped or closed.

    It begins with its first batch. So one that is made only to see whether a Loader can be iterated over, as Lightning
    does it, takes no epoch away.
    """

    def __init__(self, loader: Loader, output: Adapter, count: int | None, *, exact: bool) -> None:
        """Make an iterator; for the Loader's use."""
        self._loader = loader
        self._output = output
        self._dtype = loader._dtype  # noqa: SLF001
        self._of = loader._batch_type._of  # noqa: SLF001
        self._count = count
        self._exact = exact
        self._lock = threading.Lock()
        self._running: tuple[_native.Batches, Progress] | None = None
        self._ended = self._closed = False

    def __iter__(self) -> LoaderIterator:
        """Return itself."""
        return self

    def __next__(self) -> Batch:
        """Return the next batch.

        Raises:
            DecodeError: a picture cannot be decoded, with ``on_error="raise"``.
            DatasetError: a file cannot be read, with ``on_error="raise"``; no sample at all can, with
                ``on_error="skip"``.
            RecordError: a record is damaged or lacks what is asked for, with ``on_error="raise"``.
            ImagePipeError: more than ``max_errors`` samples failed; or the iterator was closed before its end, or made
                before a fork.
        """
        batches, progress = self._running or self._begin()
        batch = batches.next()
        if batch is None:
            self._end(batches, progress)
            raise StopIteration
        progress.place = batch.after
        progress.batches += 1
        for path, reason in batch.failures():
            _log.warning("%s: %s: %s", path, self._loader._on_error_done, reason)  # noqa: SLF001
        return self._of(batch, self._output, self._dtype)

    def _begin(self) -> tuple[_native.Batches, Progress]:
        """Start the Loader's next epoch, once."""
        with self._lock:
            self._check_open()
            if self._running is None:
                self._running = self._loader._start(self, self._count, exact=self._exact)  # noqa: SLF001
            return self._running

    def _end(self, batches: _native.Batches, progress: Progress) -> None:
        """Tell the end of the batches from that of the iterator."""
        self._check_open()
        self._ended = True
        # Batches that lost every sample may have been left out at the end.
        progress.place = batches.place() or progress.place

    def _check_open(self) -> None:
        if self._closed:
            message = "the iterator was closed before its end; iter(loader) starts another"
            raise ImagePipeError(message)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._loader)

    def state_dict(self) -> dict[str, Any]:
        """Return where this iterator stands: what it has handed over, not what is ready."""
        place = self._running[1].place if self._running else self._loader._next  # noqa: SLF001
        return state_of(place, self._loader._order)  # noqa: SLF001

    def load(self) -> tuple[int, int]:
        """Return how many batches are ready, and how many are begun."""
        return self._running[0].load() if self._running else (0, 0)

    def close(self) -> None:
        """Stop the workers. An iterator that has not come to its end raises an error from then on."""
        self._closed = not self._ended
        if self._running:
            self._running[0].stop()


__all__ = ["LoaderIterator"]
