"""Paths as users give them: one, several, or a glob."""

from __future__ import annotations

import glob
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from imagepipe_rs import _native
from imagepipe_rs._errors import DatasetNotFoundError, unreadable
from imagepipe_rs._names import shown

Path = str | os.PathLike[str]


def paths_of(path: Path | Sequence[Path]) -> list[str]:
    """Return the files and directories that are meant.

    What is missing is left for the listing to report.
    """
    given = [path] if isinstance(path, str | os.PathLike) else path
    if not isinstance(given, Sequence) or not all(
        isinstance(item, str | os.PathLike) for item in given
    ):
        message = f"path={shown(path)} is not valid: a path, a list of paths, or a glob"
        raise TypeError(message)
    found: list[str] = []
    for item in [os.fspath(name) for name in given]:
        if _native.is_address(item) and not os.path.lexists(item):
            reason = (
                "not a path on this machine: remote ones are not read; mount it, or copy the files"
            )
            raise _not_found(item, reason)
        found += _matches(item) if isinstance(path, str) and _is_pattern(item) else [item]
    if not found:
        message = f"path={shown(path)} is not valid: at least one path"
        raise ValueError(message)
    return found


def current_folder() -> str | None:
    """Return the process's current folder; None if that is gone."""
    try:
        return str(pathlib.Path.cwd())
    except OSError:
        return None


def paths_from(folder: str | None, path: Path | Sequence[Path]) -> Any:
    """Return what ``path`` meant in a folder, for a process that may be in another one."""
    if folder is None or folder == current_folder() or not pathlib.Path(folder).is_dir():
        return path
    if isinstance(path, str | os.PathLike):
        name = os.fspath(path)
        whole = str(pathlib.Path(folder, name))
        return str(pathlib.Path(glob.escape(folder), name)) if _is_pattern(whole) else whole
    return [str(pathlib.Path(folder, item)) for item in path]


def _is_pattern(path: str) -> bool:
    return glob.has_magic(path) and not os.path.lexists(path)


def _matches(pattern: str) -> list[str]:
    """Return what a glob matches, sorted, without hidden files."""
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  patterns may be absolute
    _check_readable(pattern)
    if not found:
        raise _not_found(pattern, "no file or directory matches")
    return found


def _check_readable(pattern: str) -> None:
    """Raise an error for a folder that a glob would skip because it may not be read."""
    parts = pathlib.Path(pattern).parts
    if parts[-1] == "**":
        parts += ("*",)  # it looks through the same
    magic = [glob.has_magic(part) for part in parts]
    first = magic.index(True)
    _check_folder(pathlib.Path(*parts[:first]), listed=True)
    for depth in range(first + 1, len(parts)):
        folders = f"{pathlib.Path(*parts[:depth])}/"
        for folder in glob.iglob(folders, recursive=True):  # noqa: PTH207  as the glob itself
            _check_folder(pathlib.Path(folder), listed=magic[depth])


def _check_folder(folder: pathlib.Path, *, listed: bool) -> None:
    """Raise an error if a folder may not be searched, or may not be listed."""
    if folder.name == "lost+found":
        return  # every disk has one, only the system reads it, and no samples are in it
    try:
        os.stat(f"{folder}/.")  # noqa: PTH116  a path of pathlib loses the dot
        if listed:
            os.scandir(folder).close()
    except PermissionError as error:
        raise unreadable(folder, error) from error
    except OSError:
        return


def _not_found(path: str, reason: str) -> DatasetNotFoundError:
    return DatasetNotFoundError(f"{path}: {reason}", path=path, reason=reason)
