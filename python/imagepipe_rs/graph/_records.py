"""Samples of a stream as files of records."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagepipe_rs import _native
from imagepipe_rs._arguments import SAMPLES, whole
from imagepipe_rs._errors import DatasetExistsError
from imagepipe_rs._writing import Progress, Written, check_progress
from imagepipe_rs.graph._samples import FORMATS, AsExample, AsImageRecord, Form
from imagepipe_rs.records import RecordIOWriter, TFRecordWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Record = Callable[[Sequence[Any], int], bytes]

# Records that are made ahead, for each thread.
_AHEAD = 4
# Seconds between calls of `progress`.
_PATIENCE = 0.1


@dataclass(frozen=True)
class _Request:
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


class Recorded(ABC):
    """Samples that can be written to files of records."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What each output is called."""

    @abstractmethod
    def values(self, index: int) -> tuple[Any, ...]:
        """Return the outputs of a sample."""

    def write_tfrecords(
        self,
        dest: str | os.PathLike[str],
        count: int,
        *,
        start: int = 0,
        shards: int = 1,
        format: str = "png",
        quality: int = 90,
        index: bool = False,
        overwrite: bool = False,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Written:
        """Write samples as TFRecords, each an Example; the same ones every time.

        A feature has the label of the output, or its number where not every output has a label of
        its own. Numbers and arrays of one axis are lists of int64 or of float32; text and bytes are
        bytes, and so are lists of them. Arrays of uint8 that are pictures, (height, width) or with
        1 or 3 channels, become ``LABEL/encoded``, ``/format``, ``/height``, ``/width`` and
        ``/channels``: with the labels ``image`` and ``image/class/label``, a Loader and other
        readers find what they look for. Other arrays are bytes, little-endian, with ``LABEL/dtype``
        and ``LABEL/shape``.

        Args:
            dest: the file. Several are called ``NAME-00000-of-00002.tfrecord`` and so on for
                ``NAME.tfrecord``. A file appears once it is complete.
            count: how many samples.
            start: the first of them.
            shards: how many files they are spread over, in order.
            format: what pictures become: "png"; "jpeg", for those with 3 channels (others become
                PNG files, since they may be masks); or "tensor", their bytes, which need no
                decoding.
            quality: of JPEG files, 1 to 100.
            index: write ``FILE.idx`` for each file, as DALI wants it.
            overwrite: replace existing files.
            workers: threads; None for the number of usable cores. It changes no byte.
            progress: called with (done, total) records on this thread.

        Raises:
            DatasetError: a file exists (also a ``FileExistsError``), or cannot be written.
            GraphError: a sample cannot be made.
            TypeError: an output that is no feature, such as a list of arrays.
            ValueError: an argument is not valid.
        """
        request = _Request(dest, count, start, shards, index, overwrite, workers, progress)
        record = AsExample(self.names, Form.of(format, quality))
        return _written(self, request, record, TFRecordWriter)

    def write_recordio(
        self,
        dest: str | os.PathLike[str],
        count: int,
        *,
        start: int = 0,
        shards: int = 1,
        format: str = "png",
        quality: int = 90,
        index: bool = True,
        overwrite: bool = False,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Written:
        """Write samples as MXNet's RecordIO, each an image record; the same ones every time.

        A sample has one picture, or the bytes of an image file. Its other
        outputs are numbers or arrays of one axis: together, in order, they are the label. The
        record's number, and its key in the index, is that of the sample.

        Args:
            dest: the file. Several are called ``NAME-00000-of-00002.rec`` and so on for
                ``NAME.rec``. A file appears once it is complete.
            count: how many samples.
            start: the first of them.
            shards: how many files they are spread over, in order.
            format: what pictures become: "png"; or "jpeg", for those with 3 channels.
            quality: of JPEG files, 1 to 100.
            index: write an index for each file: ``NAME.idx`` for ``NAME.rec``.
            overwrite: replace existing files.
            workers: threads; None for the number of usable cores. It changes no byte.
            progress: called with (done, total) records on this thread.

        Raises:
            DatasetError: a file exists (also a ``FileExistsError``), or cannot be written.
            GraphError: a sample cannot be made.
            TypeError: a sample that is not one picture and numbers.
            ValueError: an argument is not valid.
        """
        request = _Request(dest, count, start, shards, index, overwrite, workers, progress)
        allowed = [word for word in FORMATS if word != "tensor"]
        record = AsImageRecord(self.names, Form.of(format, quality, allowed))
        return _written(self, request, record, RecordIOWriter)


def _written(
    samples: Recorded,
    request: _Request,
    record: Record,
    writer: type[TFRecordWriter | RecordIOWriter],
) -> Written:
    count, start = whole("count", request.count, 1), whole("start", request.start)
    shards = whole("shards", request.shards, 1)
    if start + count > SAMPLES:
        raise ValueError(f"count={count} is not valid: there are {SAMPLES - start} from {start} on")
    if shards > count:
        raise ValueError(f"shards={shards} is not valid: there are {count} samples")
    paths = _paths(Path(request.dest), shards)
    if not request.overwrite:
        _refuse_existing(paths)
    cores = _native.machine()["cores"] if request.workers is None else request.workers
    workers = whole("workers", cores, 1)
    tell = _Teller(request.progress, count)
    with ThreadPoolExecutor(workers, "imagepipe") as pool:
        records = _made(samples, record, range(start, start + count), pool, workers)
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
    samples: Recorded, record: Record, indices: range, pool: ThreadPoolExecutor, workers: int
) -> Iterator[bytes]:
    """Return an iterator over records in order, which are made ahead."""

    def make(index: int) -> bytes:
        return record(samples.values(index), index)

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
