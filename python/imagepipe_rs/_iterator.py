"""The iterator of a Loader."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from imagepipe_rs._device import stop_at_exit
from imagepipe_rs._errors import ImagePipeError
from imagepipe_rs._names import printable
from imagepipe_rs._state import Progress
from imagepipe_rs.batch import Batch, batch_type

if TYPE_CHECKING:
    from imagepipe_rs import _native
    from imagepipe_rs._adapters import Adapter
    from imagepipe_rs._epochs import Epochs
    from imagepipe_rs._state import Place

_log = logging.getLogger("imagepipe_rs")

# How many of the samples that failed in an iterator have a line each in the log.
_LOGGED = 10


class LoaderIterator(Iterator[Batch]):
    """An iterator over batches, which owns its worker threads and stops them when closed.

    Its workers start at once; it takes the Loader's next epoch with its first batch. So one that is
    made only to see whether a Loader can be iterated over, as Lightning does, takes no epoch, and
    ``set_epoch`` and ``load_state_dict`` still apply to one that has given no batch yet.
    """

    def __init__(
        self,
        epochs: Epochs,
        output: Adapter,
        count: int | None,
        *,
        exact: bool,
        ahead: bool,
        looks: bool,
    ) -> None:
        """Make an iterator; for the Loader's use."""
        self._epochs = epochs
        self._output = output
        self._type = batch_type(epochs.about.fields)
        self._count = count
        self._exact = exact
        self._looks = looks
        self._lock = threading.Lock()
        self._start = epochs.next
        self._batches: _native.Batches | None = None
        self._progress: Progress | None = None
        self._ended = self.closed = False
        self._failures = 0
        if ahead:
            self._batches = self._made(self._start)

    def __iter__(self) -> LoaderIterator:
        """Return itself."""
        return self

    def __next__(self) -> Batch:
        """Return the next batch.

        Raises:
            DecodeError: an image cannot be decoded, with ``on_error="raise"``.
            DatasetError: a file cannot be read, with ``on_error="raise"``; no sample at all can,
                with ``on_error="skip"``.
            RecordError: a record is damaged or lacks what is asked for, with ``on_error="raise"``.
            MemoryError: there is not enough memory for a batch, or for a file or its pixels.
            ImagePipeError: more than ``max_errors`` samples failed; or the iterator was closed
                before its end, or made before a fork.
        """
        progress = self._progress or self._begin()
        batch = self._batches.next()  # type: ignore[union-attr]  # there is progress
        if batch is None:
            self._end(progress)
            raise StopIteration
        progress.place = batch.after
        progress.batches += 1
        progress.ended = progress.batches == self._count
        self._log_failures(batch.failures())
        self._epochs.warn_of_device()
        return self._type._of(batch, self._output, self._epochs.about.dtype)  # noqa: SLF001

    def _log_failures(self, failures: list[tuple[str, str]]) -> None:
        """Log failures, a line each for the first few, so that they do not fill the log."""
        done = self._done_with_failures()
        for path, reason in failures:
            self._failures += 1
            if self._failures <= _LOGGED:
                _log.warning("%s: %s: %s", printable(path), done, printable(reason))
            elif self._failures == _LOGGED + 1:
                _log.warning("more samples are %s, without a line each: see loader.errors", done)

    def _begin(self) -> Progress:
        """Take the Loader's next epoch, once."""
        if self._batches is not None:
            # Raises an error in a fork, where a thread that is not there may hold the lock.
            self._batches.place()
        with self._lock:
            self._check_open()
            if self._progress is None:
                self._progress = self._taken()
            return self._progress

    def _taken(self) -> Progress:
        start = self._epochs.next if self._looks else self._epochs.take(self._count)
        if self._batches is None or start != self._start:
            self._batches = self._made(start)
        progress = Progress(start, start, weakref.ref(self), exact=self._exact)
        if not self._looks:
            self._epochs.follow(progress)
        return progress

    def _made(self, start: Place) -> _native.Batches:
        if self._epochs.about.device != "cpu":
            stop_at_exit(self)
        return self._epochs.native.batches(*start, self._count)

    def _done_with_failures(self) -> str:
        return "left out" if self._epochs.about.on_error == "skip" else "replaced"

    def _end(self, progress: Progress) -> None:
        """Note the end of the batches, unless it comes from closing the iterator."""
        self._check_open()
        if self._failures > _LOGGED and not self._ended:
            count, done = len(self._epochs.native.errors()), self._done_with_failures()
            _log.warning("%d samples are %s so far: see loader.errors", count, done)
        self._ended = progress.ended = True
        # An epoch may have no batches with last_batch="drop": then none says where it ends.
        if self._batches is not None:
            progress.place = self._batches.place() or progress.place

    def _check_open(self) -> None:
        if self.closed:
            message = "the iterator was closed before its end; iter(loader) starts another"
            raise ImagePipeError(message)

    def __reduce__(self) -> NoReturn:
        """Raise an error that says what can be pickled."""
        message = (
            "an iterator cannot be pickled or copied: "
            "pickle the Loader, and the iterator's state_dict()"
        )
        raise TypeError(message)

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return self._epochs.native.batches_per_epoch

    def state_dict(self) -> dict[str, Any]:
        """Return where this iterator stands: what it has handed over, not what is ready."""
        place = self._progress.place if self._progress else self._epochs.next
        return self._epochs.state_at(place)

    def load(self) -> tuple[int, int]:
        """Return how many batches are ready, and how many are begun."""
        return self._batches.load() if self._batches else (0, 0)

    def close(self) -> None:
        """Stop the workers; an iterator that is not at its end raises an error from then on."""
        self.closed = not self._ended
        self.abandon()

    def abandon(self) -> None:
        """Stop the workers and end without an error: nobody is left to catch one."""
        if self._batches is not None:
            self._batches.stop()


__all__ = ["LoaderIterator"]
