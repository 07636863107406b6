"""Small files that Python itself reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imagepipe_rs._errors import DatasetValueError, unreadable
from imagepipe_rs._names import printable

if TYPE_CHECKING:
    import pathlib


def read(path: pathlib.Path) -> bytes:
    """Read a file; what goes wrong is an error of this package."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise refused(path, f"not the name of a file: {error}") from error


def json_of(text: str | bytes) -> Any:
    """Return the value in a JSON text.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def refused(path: pathlib.Path, reason: str) -> DatasetValueError:
    """Return the error for a file with the wrong contents."""
    return DatasetValueError(printable(f"{path}: {reason}"), path=str(path), reason=reason)
