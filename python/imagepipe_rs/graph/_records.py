"""Samples of a stream as files of records."""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagepipe_rs import _native
from imagepipe_rs._arguments import whole
from imagepipe_rs._errors import DatasetExistsError
from imagepipe_rs._writing import Progress, Written, check_progress
from imagepipe_rs.graph._samples import FORMATS, AsExample, AsImageRecord, Form
from imagepipe_rs.records import RecordIOWriter, TFRecordWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imagepipe_rs.graph._stream import Stream

    Record = Callable[[Sequence[Any], int], bytes]

# Records that are made ahead, for each thread.
_AHEAD = 4
# Seconds between calls of `progress`.
_PATIENCE = 0.1


@dataclass(frozen=True)
class Request:
    """What is to be written.

    Attributes:
        dest: the file, or what the names of several begin and end with.
        count: how many samples.
        start: the first of them.
        shards: how many files.
        index: whether each file gets an index.
        overwrite: whether files that are there are replaced.
        workers: threads; None for the number of usable cores.
        progress: called with (done, total) records.
    """

    dest: str | os.PathLike[str]
    count: int
    start: int
    shards: int
    index: bool
    overwrite: bool
    workers: int | None
    progress: Progress | None


def tfrecords(stream: Stream, request: Request, form: str, quality: int) -> Written:
    """Write samples as TFRecords; see :meth:`Stream.write_tfrecords`."""
    record = AsExample(stream.names, Form.of(form, quality))
    return _written(stream, request, record, TFRecordWriter)


def recordio(stream: Stream, request: Request, form: str, quality: int) -> Written:
    """Write samples as RecordIO; see :meth:`Stream.write_recordio`."""
    allowed = [word for word in FORMATS if word != "tensor"]
    record = AsImageRecord(stream.names, Form.of(form, quality, allowed))
    return _written(stream, request, record, RecordIOWriter)


def _written(
    stream: Stream,
    request: Request,
    record: Record,
    writer: type[TFRecordWriter | RecordIOWriter],
) -> Written:
    count, start = whole("count", request.count, 1), whole("start", request.start)
    shards = whole("shards", request.shards, 1)
    if start + count > 2**64:
        raise ValueError(f"count={count} is not valid: there are {2**64 - start} from {start} on")
    if shards > count:
        raise ValueError(f"shards={shards} is not valid: there are {count} samples")
    paths = _paths(Path(request.dest), shards)
    if not request.overwrite:
        _refuse_existing(paths)
    cores = _native.machine()["cores"] if request.workers is None else request.workers
    workers = whole("workers", cores, 1)
    tell = _Teller(request.progress, count)
    with ThreadPoolExecutor(workers, "imagepipe") as pool:
        records = _made(stream, record, range(start, start + count), pool, workers)
        try:
            for number, path in enumerate(paths):
                first, last = number * count // shards, (number + 1) * count // shards
                with writer(path, index=request.index, overwrite=request.overwrite) as file:
                    for place in range(first, last):
                        data = next(records)
                        if isinstance(file, RecordIOWriter) and request.index:
                            file.write(data, key=start + place)
                        else:
                            file.write(data)
                        tell(place + 1)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return Written(shards, count, sum(path.stat().st_size for path in paths), 0)


def _made(
    stream: Stream, record: Record, indices: range, pool: ThreadPoolExecutor, workers: int
) -> Iterator[bytes]:
    """Return an iterator over records in order, which are made ahead."""

    def make(index: int) -> bytes:
        return record(stream.values(index), index)

    begun: deque[Future[bytes]] = deque()
    for index in indices:
        begun.append(pool.submit(make, index))
        if len(begun) > _AHEAD * workers:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def _paths(dest: Path, shards: int) -> list[Path]:
    if shards == 1:
        return [dest]
    return [
        dest.with_name(f"{dest.stem}-{number:05}-of-{shards:05}{dest.suffix}")
        for number in range(shards)
    ]


def _refuse_existing(paths: Sequence[Path]) -> None:
    for path in paths:
        if os.path.lexists(path):
            reason = "exists already: replace it with overwrite=True"
            raise DatasetExistsError(f"{path}: {reason}", path=str(path), reason=reason)


class _Teller:
    """Reports progress, about ten times a second."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        check_progress(progress)
        self._progress = progress
        self._total = total
        self._next = 0.0

    def __call__(self, done: int) -> None:
        if self._progress is None:
            return
        now = time.monotonic()
        if done == self._total or now >= self._next:
            self._next = now + _PATIENCE
            self._progress(done, self._total)
