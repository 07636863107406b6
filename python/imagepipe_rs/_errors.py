"""The exceptions of this package.

Some have two bases, so that ``except FileNotFoundError`` works where people expect it to. The compiled module raises
them by name.
"""

from __future__ import annotations


class ImagePipeError(Exception):
    """Base of all errors of this package, wrong arguments apart."""


class DatasetError(ImagePipeError):
    """A data set, or a file of it, that cannot be used.

    Attributes:
        path: the directory or file.
        reason: what is wrong with it.
    """

    def __init__(self, message: str, *, path: str = "", reason: str = "") -> None:
        """Keep what is wrong, and with what."""
        super().__init__(message)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        """Give the message alone; ``OSError`` would add numbers and names to it."""
        return str(self.args[0])


class DatasetValueError(DatasetError, ValueError):
    """A data set without images, or with two kinds of them."""


class DatasetOSError(DatasetError, OSError):
    """A file or directory that cannot be read or written."""


class DatasetNotFoundError(DatasetOSError, FileNotFoundError):
    """A file or directory that is not there."""


class DatasetPermissionError(DatasetOSError, PermissionError):
    """A file or directory that may not be read or written."""


class DatasetExistsError(DatasetError, FileExistsError):
    """A file that is to be written is there already."""


class OutOfMemoryError(ImagePipeError, MemoryError):
    """There is no room for a batch."""


class DecodeError(ImagePipeError):
    """A picture that cannot be decoded.

    Attributes:
        path: the file.
        reason: what is wrong with it.
    """

    def __init__(self, message: str, *, path: str = "", reason: str = "") -> None:
        """Keep what is wrong, and with what."""
        super().__init__(message)
        self.path = path
        self.reason = reason


class RecordError(ImagePipeError):
    """A record that is damaged, or in a file that changed while it was open.

    Attributes:
        path: the file.
        offset: where in it the record begins, in bytes.
        reason: which part of it is wrong, and how.
    """

    def __init__(self, message: str, *, path: str = "", offset: int = 0, reason: str = "") -> None:
        """Keep what is wrong, and where."""
        super().__init__(message)
        self.path = path
        self.offset = offset
        self.reason = reason


# What a wrong argument raises; its message names the argument, the value and what is allowed.
ArgumentError = ValueError
