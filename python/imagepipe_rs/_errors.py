"""The exceptions of this package.

Some have two bases, so that ``except FileNotFoundError`` works where people expect it to. The
compiled module raises them by name.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, NamedTuple

from imagepipe_rs._names import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


class Damage(NamedTuple):
    """A file that cannot be used.

    Attributes:
        path: the file; a name that is not UTF-8 as :func:`os.fsdecode` gives it.
        reason: what is wrong with it.
    """

    path: str
    reason: str


class Failure(NamedTuple):
    """A sample that could not be read.

    Attributes:
        path: its file; a name that is not UTF-8 as :func:`os.fsdecode` gives it.
        offset: where in it the record begins, in bytes; None if the sample is the file.
        reason: what is wrong with it.
    """

    path: str
    offset: int | None
    reason: str


class ImagePipeError(Exception):
    """Base of all errors of this package except those for wrong arguments."""


class _FileError(ImagePipeError):
    """An error about a file, or several files."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        reason: str = "",
        damaged: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Keep what is wrong, and with what."""
        super().__init__(message)
        self.path = path
        self.reason = reason
        self.damaged = tuple(Damage(*one) for one in damaged)


class DatasetWarning(UserWarning):
    """A remark on a dataset: files left out, folders that are not classes, an unused index."""


class DatasetError(_FileError):
    """A dataset, or one of its files, that cannot be used.

    Attributes:
        path: the directory or file.
        reason: what is wrong with it.
        damaged: for an error about the inputs of a writer, all that cannot be used: a
            :class:`Damage` each.
    """

    def __str__(self) -> str:
        """Give the message alone; ``OSError`` would add numbers and names."""
        return str(self.args[0])


class DatasetValueError(DatasetError, ValueError):
    """A dataset without images, or with two kinds of them."""


class DatasetOSError(DatasetError, OSError):
    """A file or directory that cannot be read or written.

    Attributes:
        errno: the system's number of what is wrong, such as ``errno.ENOSPC``, or None.
        filename: the same as ``path``, or None.
    """

    # The number for the class, if the system's is not known.
    _usual: int | None = None

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        reason: str = "",
        damaged: Iterable[tuple[str, str]] = (),
        errno: int | None = None,
    ) -> None:
        """Keep what is wrong, and with what."""
        super().__init__(message, path=path, reason=reason, damaged=damaged)
        self.errno = self._usual if errno is None else errno
        self.filename = path or None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle also what ``OSError`` keeps outside of ``__dict__``."""
        own = {"errno": self.errno, "filename": self.filename}
        return type(self), self.args, {**self.__dict__, **own}


class DatasetNotFoundError(DatasetOSError, FileNotFoundError):
    """A file or directory that does not exist."""

    _usual = errno.ENOENT


class DatasetPermissionError(DatasetOSError, PermissionError):
    """A file or directory that may not be read or written."""

    _usual = errno.EACCES


class DatasetExistsError(DatasetOSError, FileExistsError):
    """A file to be written exists already."""

    _usual = errno.EEXIST


class OutOfMemoryError(_FileError, MemoryError):
    """There is not enough memory for a batch, for a file or for its pixels.

    Attributes:
        path: the file, if it is about one.
        reason: what there is not enough memory for.
    """


class DeviceError(ImagePipeError, RuntimeError):
    """A GPU that cannot be used: no driver, no such device, no memory on it, or a failed call."""


class StreamCaptureError(ImagePipeError, BufferError):
    """A batch was asked for on a stream that is captured into a CUDA graph."""


class GraphError(ImagePipeError, ValueError):
    """A graph that cannot work, or a sample of it that cannot be made.

    Attributes:
        node: the name of the node; empty for the graph as a whole.
        origin: the file and line that made the node.
        index: the number of the sample; None for an error of the graph.
    """

    def __init__(
        self, message: str, *, node: str = "", origin: str = "", index: int | None = None
    ) -> None:
        """Keep what is wrong, and where."""
        super().__init__(message)
        self.node = node
        self.origin = origin
        self.index = index


class DecodeError(_FileError):
    """An image that cannot be decoded.

    Attributes:
        path: the file.
        reason: what is wrong with it.
        damaged: for an error about the inputs of a writer, all that cannot be used: a
            :class:`Damage` each.
    """


class RecordError(_FileError):
    """A record that is damaged, or in a file that changed while it was open.

    Attributes:
        path: the file.
        offset: where in it the record begins, in bytes.
        reason: which part of it is wrong, and how.
        damaged: for an error about several files, all that cannot be used: a :class:`Damage` each.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        offset: int = 0,
        reason: str = "",
        damaged: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Keep what is wrong, and where."""
        super().__init__(message, path=path, reason=reason, damaged=damaged)
        self.offset = offset


def unreadable(path: object, error: OSError | EOFError) -> DatasetOSError:
    """Return the error for a file that could not be read, with what the system said."""
    kinds: dict[type[Exception], type[DatasetOSError]] = {
        FileNotFoundError: DatasetNotFoundError,
        PermissionError: DatasetPermissionError,
    }
    kind = kinds.get(type(error), DatasetOSError)
    reason = str(getattr(error, "strerror", None) or error)
    number = getattr(error, "errno", None)
    message = printable(f"{path}: {reason}")
    return kind(message, path=str(path), reason=reason, errno=number)


# What a wrong argument raises; its message names the argument, the value and what is allowed.
ArgumentError = ValueError
