"""Files of records: TFRecord and RecordIO, written and read at random; and what is in them.

None of this needs TensorFlow or MXNet.
"""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from operator import index as as_index
from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs import _native
from imagepipe_rs._names import shown
from imagepipe_rs._paths import Path, paths_of
from imagepipe_rs._writing import Progress, Written, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    import numpy.typing as npt
    from typing_extensions import Buffer

    from imagepipe_rs._native import RecordReader

    Values = (
        bytes
        | bytearray
        | memoryview
        | float
        | Iterable[bytes]
        | Iterable[float]
        | npt.NDArray[Any]
    )


class _Writer:
    """What the writers share. Closing gives the file its name; leaving by an exception leaves nothing."""

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
        """Close the file, or leave nothing if the block raised."""
        if kind is None:
            self._native.finish()
        else:
            self._native.abandon()

    def close(self) -> None:
        """Give the file its name once its bytes are on disk, then its index; idempotent.

        Raises:
            DatasetError: the files cannot be written, or are there by now (also a
                ``FileExistsError``).
        """
        self._native.finish()


class TFRecordWriter(_Writer):
    """Writes a file of TFRecords.

    The file appears under its name when the writer is closed: whole, or not at all if the ``with``
    block is left by an exception, or the writer is never closed::

        with TFRecordWriter("cats.tfrecord", index=True) as writer:
            writer.write(Example.encode({"image/encoded": data, "image/class/label": 3}))
    """

    def __init__(
        self, path: str | os.PathLike[str], *, index: bool = False, overwrite: bool = False
    ) -> None:
        """Begin a file.

        Args:
            path: the file, in a directory that is there.
            index: write ``PATH.idx`` too, a line ``offset size`` for each record, as DALI's
                ``tfrecord2idx`` does.
            overwrite: replace files that are there.

        Raises:
            DatasetError: a file is there already (also a ``FileExistsError``), or cannot be written
                (an ``OSError``).
        """
        self._native = _native.RecordWriter.tfrecord(os.fspath(path), index, overwrite)

    def write(self, data: Buffer) -> None:
        """Append a record.

        Args:
            data: what it holds: ``bytes``, or anything else with a buffer of uint8.

        Raises:
            DatasetError: it cannot be written.
            TypeError: ``data`` has no bytes.
            ValueError: the writer is closed.
        """
        self._native.write(data, None)


class RecordIOWriter(_Writer):
    """Writes a RecordIO file as MXNet has it; see :class:`TFRecordWriter`.

    With a key for each record, for the index::

        with RecordIOWriter("cats.rec") as writer:
            writer.write(pack_image(data, label=3, id=7), key=7)
    """

    def __init__(
        self, path: str | os.PathLike[str], *, index: bool = True, overwrite: bool = False
    ) -> None:
        """Begin a file.

        Args:
            path: the file, in a directory that is there.
            index: write an index too: for ``x.rec`` the file ``x.idx``, a line ``key TAB offset``
                for each record.
            overwrite: replace files that are there.

        Raises:
            DatasetError: a file is there already (also a ``FileExistsError``), or cannot be written
                (an ``OSError``).
            ValueError: the file has the name of its index.
        """
        self._native = _native.RecordWriter.recordio(os.fspath(path), index, overwrite)

    def write(self, data: Buffer, key: int | None = None) -> None:
        """Append a record.

        Args:
            data: what it holds, less than 512 MiB: ``bytes``, or anything else with a buffer of
                uint8.
            key: its key in the index, 0 to 2**64 - 1; by default the record's number in the file.

        Raises:
            DatasetError: it cannot be written.
            RecordError: it is too long.
            TypeError: ``data`` has no bytes.
            ValueError: the key is used already, or there is no index; or the writer is closed.
        """
        self._native.write(data, None if key is None else _number("key", key))


class _Reader:
    """What the readers share: a sequence of byte strings. Closing lets go of the file, which dropping does too."""

    _native: RecordReader | None

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reader."""
        self.close()

    def close(self) -> None:
        """Let go of the file; closed already, do nothing. Afterwards there are no records: a ``ValueError``."""
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
            RecordError: it is damaged, or the file has changed its size since it was opened.
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
    """The records of a TFRecord file, in any order; plain, GZIP or ZLIB, told apart by looking.

    The file is mapped; a compressed one is held in memory as a whole. Where its records are says
    ``PATH.idx`` beside it, or, without one that fits, a pass over the file's framing. Several
    threads may read at once.
    """

    def __init__(self, path: str | os.PathLike[str], *, check: bool = True) -> None:
        """Open a file.

        Args:
            path: the file.
            check: hold each record against its two checksums.

        Raises:
            DatasetError: the file cannot be read (also an ``OSError``, or a ``FileNotFoundError``).
            RecordError: it is no TFRecord file, is damaged, or ends inside a record.

        Warns:
            RuntimeWarning: there is an index that does not fit.
        """
        self._native = _native.RecordReader.tfrecord(os.fspath(path), check)
        self._warn(os.fspath(path))


class RecordIOReader(_Reader):
    """The records of a RecordIO file, in any order.

    The file is mapped. Where its records are, and their keys, says the index beside ``x.rec``,
    ``x.idx``; without one that fits, a pass over the file's framing, and there are no keys. Several
    threads may read at once. The format has no checksums.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file.

        Args:
            path: the file.

        Raises:
            DatasetError: the file cannot be read (also an ``OSError``, or a ``FileNotFoundError``).
            RecordError: it is no RecordIO file, is damaged, or ends inside a record.

        Warns:
            RuntimeWarning: there is an index that does not fit.
        """
        self._native = _native.RecordReader.recordio(os.fspath(path))
        self._warn(os.fspath(path))

    def key(self, index: int) -> int | None:
        """Return a record's key in the index, or None where there is no index.

        Raises:
            IndexError: there is no such record.
        """
        return self._records.key(self._place(index))


def create_index(
    path: Path | Sequence[Path], *, workers: int | None = None, progress: Progress | None = None
) -> Written:
    """Write ``SHARD.idx`` beside TFRecord files, as DALI's ``tfrecord2idx`` does.

    DALI needs it; a Loader does not. Files are read anew, and an index that is there is replaced,
    when the new one is finished.

    Args:
        path: TFRecord files, not compressed: a path, a list of paths, or a glob. Index files of
            files among them are left out, and a file that is named twice counts once.
        workers: threads; None for the number of usable cores.
        progress: called with the files done and all there are, on this thread.

    Returns:
        What was written: the number of index files, the records in them, and the bytes of the index
            files.

    Raises:
        DatasetError: a file that cannot be read (also an ``OSError``, or a ``FileNotFoundError``),
            or is a RecordIO file or compressed; an index that cannot be written.
        RecordError: a file that is damaged, or no TFRecord file. Of several files that are wrong
            the error's ``damaged`` lists all; the others have their index.
        ValueError: no file.
    """
    found = paths_of(path)
    indexes = {f"{shard}.idx" for shard in found}
    shards = {os.path.abspath(shard): shard for shard in found if shard not in indexes}  # noqa: PTH100  links are kept
    return run(_native.create_index, {**locals(), "paths": list(shards.values())})


class Example:
    """Encodes and decodes ``tf.train.Example``, the message that most TFRecords hold."""

    @staticmethod
    def encode(features: Mapping[str, Values]) -> bytes:
        """Return the bytes of an Example; equal features give equal bytes.

        Args:
            features: by name a list of byte strings, of integers or of real numbers (which become
                float32), or just one of those. A list without values is a feature without a type; a
                NumPy array keeps its own.

        Raises:
            TypeError: no mapping, a name that is no text, values of another type, or of several.
            ValueError: an integer that does not fit 64 bits.
        """
        if not isinstance(features, Mapping):
            message = f"features={shown(features)} is not valid: a dictionary of lists of values"
            raise TypeError(message)
        return _native.encode_example(
            {_name(name): _values(name, values) for name, values in features.items()}
        )

    @staticmethod
    def decode(data: Buffer) -> dict[str, list[bytes] | list[float] | list[int]]:
        """Return an Example's features: name to a list of ``bytes``, ``float`` or ``int``.

        Raises:
            RecordError: the bytes are no Example.
            TypeError: ``data`` has no bytes.
        """
        return _native.decode_example(data)


class ImageRecord(NamedTuple):
    """An image record of a RecordIO file.

    Attributes:
        label: the label, or a list of them where the record has one.
        id: the record's number.
        id2: a second number.
        data: the image, as it is encoded.
    """

    label: float | list[float]
    id: int
    id2: int
    data: bytes


def pack_image(
    data: Buffer,
    label: float | Iterable[float],
    id: int = 0,  # noqa: A002  MXNet's name for it
    id2: int = 0,
) -> bytes:
    """Return an image record: a header, and the image.

    Args:
        data: the bytes of an image file, as they are.
        label: a number, or several, kept as float32; a whole number that float32 does not have,
            which can be from 2**24 on, is an error.
        id: the record's number, 0 to 2**64 - 1.
        id2: a second number, 0 to 2**64 - 1.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value: no labels, or a negative number.
    """
    given = _listed(label)
    if not all(isinstance(value, Real) for value in given):
        raise TypeError(f"label={shown(label)} is not valid: a number, or several")
    if not given:
        raise ValueError("label=[] is not valid: a number, or several")
    is_one = isinstance(label, Real) or getattr(label, "ndim", 1) == 0
    labels = [_label(value) for value in given]
    first, rest = (labels[0], []) if is_one else (0.0, labels)
    return _native.pack_image(data, first, rest, _number("id", id), _number("id2", id2))


def unpack_image(record: Buffer) -> ImageRecord:
    """Return the parts of an image record.

    Raises:
        RecordError: it is too short for one.
        TypeError: ``record`` has no bytes.
    """
    label, labels, number, second, data = _native.unpack_image(record)
    return ImageRecord(labels or label, number, second, data)


def _label(value: Any) -> float:
    """Return a number as RecordIO can have it."""
    if isinstance(value, Integral) and not _has_float32(int(value)):
        raise ValueError(f"label={value} is not valid: a whole number that float32 has")
    return float(value)


def _has_float32(number: int) -> bool:
    try:
        (kept,) = struct.unpack("f", struct.pack("f", number))
    except (OverflowError, struct.error):
        return False
    return bool(kept == number)


def _number(name: str, value: int) -> int:
    allowed = "a whole number from 0 to 2**64 - 1"
    try:
        number = as_index(value)
    except TypeError as error:
        raise TypeError(f"{name}={shown(value)} is not valid: {allowed}") from error
    if not 0 <= number < 2**64:
        raise ValueError(f"{name}={value} is not valid: {allowed}")
    return number


def _name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a feature's name {name!r} is not valid: a text")
    return name


def _values(name: str, given: Values) -> tuple[str, list[Any]]:
    """Name the kind of a feature, and list its values."""
    values = _listed(given)
    if all(isinstance(value, bytes | bytearray | memoryview) for value in values):
        return ("bytes" if values else _kind_of_none(given)), [bytes(value) for value in values]
    if all(isinstance(value, Integral) for value in values):
        numbers = [int(value) for value in values]
        if not all(-(2**63) <= number < 2**63 for number in numbers):
            raise ValueError(f"features[{name!r}] is not valid: integers of 64 bits")
        return "ints", numbers
    if all(isinstance(value, Real) for value in values):
        return "floats", [float(value) for value in values]
    kinds = ", ".join(sorted({type(value).__name__ for value in values}))
    raise TypeError(
        f"features[{name!r}] of {kinds} is not valid: bytes, integers or real numbers, one or a list of them"
    )


def _listed(given: Any) -> list[Any]:
    if hasattr(given, "dtype") and hasattr(given, "tolist"):
        given = given.tolist()  # an array, or one value of its type
    if isinstance(given, bytes | bytearray | memoryview | str) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def _kind_of_none(given: Any) -> str:
    """Name the kind of a list without values, which only an array has."""
    return {"i": "ints", "u": "ints", "f": "floats"}.get(
        getattr(getattr(given, "dtype", None), "kind", ""), "none"
    )


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
