"""Batches made by a pool of Python threads: what people write without a framework.

This is parallel only as far as the libraries release the GIL, and those used here do.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from protocol import Job, empty_batch, shuffled_epochs
from tasks import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Slot = np.ndarray[Any, Any]
    Load = Callable[[Path, np.random.Generator, Slot], None]
    Pending = tuple[Slot, list[Future[None]]]

# Images per task of the pool: one per task would cost 3 % of the time.
CHUNK = 8
# Batches in progress beyond the next one.
AHEAD = 2


def batches(job: Job, load: Load) -> Iterator[Slot]:
    """Make batches endlessly; ``load`` reads one file and fills one slot."""
    with ThreadPoolExecutor(job.threads) as threads:
        pending: deque[Pending] = deque()
        for number, files in enumerate(batches_of_files(job)):
            pending.append(start(threads, load, job.task, files, number))
            if len(pending) > AHEAD:
                yield finish(pending.popleft())


def batches_of_files(job: Job) -> Iterator[list[Path]]:
    """Cut shuffled epochs into batches; the last of an epoch may be short."""
    files = job.files
    for order in shuffled_epochs(len(files)):
        for start_at in range(0, len(order), BATCH):
            yield [files[index] for index in order[start_at : start_at + BATCH]]


def start(
    threads: ThreadPoolExecutor, load: Load, task: str, files: list[Path], number: int
) -> Pending:
    """Give one batch to the pool, a few images per task."""
    batch = empty_batch(task, len(files))

    def work(first: int) -> None:
        rng = np.random.default_rng([2, number, first])
        for index in range(first, min(first + CHUNK, len(files))):
            load(files[index], rng, batch[index])

    return batch, [threads.submit(work, first) for first in range(0, len(files), CHUNK)]


def finish(pending: Pending) -> Slot:
    """Wait for a batch, and raise what went wrong in it."""
    batch, futures = pending
    for future in futures:
        future.result()
    return batch
