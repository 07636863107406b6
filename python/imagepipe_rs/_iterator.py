"""The iterator of a Loader."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from imagepipe_rs._errors import ImagePipeError
from imagepipe_rs._state import Progress, state_of
from imagepipe_rs.batch import Batch

if TYPE_CHECKING:
    from imagepipe_rs._adapters import Adapter
    from imagepipe_rs.loader import Loader

_log = logging.getLogger("imagepipe_rs")


class LoaderIterator(Iterator[Batch]):
    """An iterator over batches; it owns its worker threads, and stops them when it is dropped or closed."""

    def __init__(
        self,
        loader: Loader,
        start: tuple[int, int],
        output: Adapter,
        count: int | None,
        *,
        exact: bool,
    ) -> None:
        """Start at a place; for the Loader's use."""
        self._loader = loader
        self._output = output
        self._dtype = loader._dtype  # noqa: SLF001
        self._of = loader._batch_type._of  # noqa: SLF001
        self._batches = loader._native.batches(*start, count)  # noqa: SLF001
        self._progress = Progress(start, start, exact=exact)
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
        batch = self._batches.next()
        if batch is None:
            self._end()
            raise StopIteration
        progress = self._progress
        progress.place = batch.after
        progress.batches += 1
        for path, reason in batch.failures():
            _log.warning("%s: %s: %s", path, self._loader._on_error_done, reason)  # noqa: SLF001
        return self._of(batch, self._output, self._dtype)

    def _end(self) -> None:
        """Tell the end of the batches from that of the iterator."""
        if self._closed:
            message = "the iterator was closed before its end; iter(loader) starts another"
            raise ImagePipeError(message)
        self._ended = True
        self._progress.place = self._batches.place() or self._progress.place

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return len(self._loader)

    def state_dict(self) -> dict[str, Any]:
        """Return where this iterator stands: what it has handed over, not what is ready."""
        return state_of(self._progress.place, self._loader._order)  # noqa: SLF001

    def close(self) -> None:
        """Stop the workers. An iterator that has not come to its end raises an error from then on."""
        self._closed = not self._ended
        self._batches.stop()
