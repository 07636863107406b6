"""Files of records, TFRecord and RecordIO: writing, random access, and what is in the records.

None of this needs TensorFlow or MXNet.
"""

from __future__ import annotations

import os
import warnings
from operator import index as as_index
from typing import TYPE_CHECKING

from imagepipe_rs import _native
from imagepipe_rs._contents import Example, ImageRecord, pack_image, unpack_image, whole
from imagepipe_rs._paths import Path, paths_of
from imagepipe_rs._writing import Progress, Written, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from typing_extensions import Buffer

    from imagepipe_rs._native import RecordReader


class _Writer:
    """What the writers share: a file that exists once it is closed, unless an exception ends it."""

    _native: _native.RecordWriter

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file; if the block raised, remove it."""
        if kind is None:
            self._native.finish()
        else:
            self._native.abandon()

    def close(self) -> None:
        """Give the file its name once its bytes are on disk, then its index; idempotent.

        Raises:
            DatasetError: the files cannot be written, or exist by now (also a ``FileExistsError``).
        """
        self._native.finish()


class TFRecordWriter(_Writer):
    """Writes a file of TFRecords.

    The file appears under its name when the writer is closed. If an exception leaves the ``with``
    block, or the writer is never closed, there is no file::

        with TFRecordWriter("cats.tfrecord", index=True) as writer:
            writer.write(Example.encode({"image/encoded": data, "image/class/label": 3}))
    """

    def __init__(
        self, path: str | os.PathLike[str], *, index: bool = False, overwrite: bool = False
    ) -> None:
        """Start a file.

        Args:
            path: the file, in an existing directory.
            index: write ``PATH.idx`` too, a line ``offset size`` for each record, as DALI's
                ``tfrecord2idx`` does.
            overwrite: replace existing files.

        Raises:
            DatasetError: a file exists already (also a ``FileExistsError``), or cannot be written
                (an ``OSError``).
        """
        self._native = _native.RecordWriter(os.fspath(path), "TFRecord", index, overwrite)

    def write(self, data: Buffer) -> None:
        """Append a record.

        Args:
            data: its content: ``bytes``, or anything else with a buffer of uint8.

        Raises:
            DatasetError: it cannot be written.
            TypeError: ``data`` has no bytes.
            ValueError: the writer is closed.
        """
        self._native.write(data, None)


class RecordIOWriter(_Writer):
    """Writes a RecordIO file as MXNet does; see :class:`TFRecordWriter`.

    With a key for each record, for the index::

        with RecordIOWriter("cats.rec") as writer:
            writer.write(pack_image(data, label=3, id=7), key=7)
    """

    def __init__(
        self, path: str | os.PathLike[str], *, index: bool = True, overwrite: bool = False
    ) -> None:
        """Start a file.

        Args:
            path: the file, in an existing directory.
            index: write an index too: for ``x.rec`` the file ``x.idx``, a line ``key TAB offset``
                for each record.
            overwrite: replace existing files.

        Raises:
            DatasetError: a file exists already (also a ``FileExistsError``), or cannot be written
                (an ``OSError``).
            ValueError: the file would have the same name as its index.
        """
        self._native = _native.RecordWriter(os.fspath(path), "RecordIO", index, overwrite)

    def write(self, data: Buffer, key: int | None = None) -> None:
        """Append a record.

        Args:
            data: its content, less than 512 MiB: ``bytes``, or anything else with a buffer of
                uint8.
            key: its key in the index, 0 to 2**64 - 1; by default the record's number in the file.

        Raises:
            DatasetError: it cannot be written.
            RecordError: it is too long.
            TypeError: ``data`` has no bytes.
            ValueError: the key is taken, or there is no index; or the writer is closed.
        """
        self._native.write(data, None if key is None else whole("key", key))


class _Reader:
    """What the readers share: a sequence of byte strings; the file is closed with the reader."""

    _native: RecordReader | None

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reader."""
        self.close()

    def close(self) -> None:
        """Close the file; idempotent. Afterwards, asking for records is a ``ValueError``."""
        self._native = None

    @property
    def _records(self) -> RecordReader:
        if self._native is None:
            raise ValueError("the reader is closed")
        return self._native

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._records)

    def __getitem__(self, index: int) -> bytes:
        """Return a record, counted from the end if ``index`` is negative.

        Raises:
            IndexError: there is no such record.
            RecordError: it is damaged, or the size of the file has changed since it was opened.
        """
        return self._records.get(self._place(index))

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the records in the order of the file."""
        return map(self._records.get, range(len(self)))

    def _place(self, index: int) -> int:
        place = as_index(index)
        if not -len(self) <= place < len(self):
            raise IndexError(f"record {index} of {len(self)}")
        return place % len(self)

    def _warn(self, path: str) -> None:
        if self._records.ignored_index is not None:
            message = f"{path}: its index file is not used: {self._records.ignored_index}"
            warnings.warn(message, RuntimeWarning, stacklevel=3)


class TFRecordReader(_Reader):
    """The records of a TFRecord file, in any order; plain, GZIP or ZLIB, which is detected.

    The file is mapped; a compressed one is held in memory as a whole. Its records are found by its
    index, ``PATH.idx``, or, if that is missing or does not fit, by a pass over the file. Several
    threads may read at once.
    """

    def __init__(self, path: str | os.PathLike[str], *, check: bool = True) -> None:
        """Open a file.

        Args:
            path: the file.
            check: compare each record with its two checksums.

        Raises:
            DatasetError: the file cannot be read (also an ``OSError``, or a ``FileNotFoundError``).
            RecordError: it is not a TFRecord file, is damaged, or ends inside a record.

        Warns:
            RuntimeWarning: there is an index, but it does not fit.
        """
        self._native = _native.RecordReader(os.fspath(path), "TFRecord", check)
        self._warn(os.fspath(path))


class RecordIOReader(_Reader):
    """The records of a RecordIO file, in any order.

    The file is mapped. The index of ``x.rec``, ``x.idx``, says where the records are and what their
    keys are; if that is missing or does not fit, a pass over the file finds the records, without
    keys. Several threads may read at once. The format has no checksums.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file.

        Args:
            path: the file.

        Raises:
            DatasetError: the file cannot be read (also an ``OSError``, or a ``FileNotFoundError``).
            RecordError: it is not a RecordIO file, is damaged, or ends inside a record.

        Warns:
            RuntimeWarning: there is an index, but it does not fit.
        """
        self._native = _native.RecordReader(os.fspath(path), "RecordIO", check=False)
        self._warn(os.fspath(path))

    def key(self, index: int) -> int | None:
        """Return a record's key in the index, or None without an index.

        Raises:
            IndexError: there is no such record.
        """
        return self._records.key(self._place(index))


def create_index(
    path: Path | Sequence[Path], *, workers: int | None = None, progress: Progress | None = None
) -> Written:
    """Write ``SHARD.idx`` beside TFRecord files, as DALI's ``tfrecord2idx`` does.

    DALI needs it; a Loader does not. An existing index is replaced once the new one is finished.

    Args:
        path: TFRecord files, not compressed: a path, a list of paths, or a glob. Indexes of files
            among them are left out, and a file that is named twice counts once.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` files on this thread.

    Returns:
        What was written: the number of index files, the records in them, and the bytes of the index
            files.

    Raises:
        DatasetError: a file that cannot be read (also an ``OSError``, or a ``FileNotFoundError``),
            or is a RecordIO file or compressed; an index that cannot be written.
        RecordError: a file that is damaged, or not a TFRecord file. If several files are wrong, the
            error's ``damaged`` lists all; the others have their index.
        ValueError: no file.
    """
    found = paths_of(path)
    indexes = {f"{shard}.idx" for shard in found}
    shards = {os.path.abspath(shard): shard for shard in found if shard not in indexes}  # noqa: PTH100  links are kept
    return run(_native.create_index, {**locals(), "paths": list(shards.values())})


__all__ = [
    "Example",
    "ImageRecord",
    "RecordIOReader",
    "RecordIOWriter",
    "TFRecordReader",
    "TFRecordWriter",
    "create_index",
    "pack_image",
    "unpack_image",
]
