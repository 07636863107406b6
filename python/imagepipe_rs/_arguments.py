"""Arguments of the public functions, as the compiled module takes them."""

from __future__ import annotations

import glob
import json
import operator
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._errors import DatasetNotFoundError, unreadable
from imagepipe_rs._ranks import auto_shard

Path = str | os.PathLike[str]

# Characters of a value that a message shows.
_LONGEST_SHOWN = 100

_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def paths_of(path: Path | Sequence[Path]) -> list[str]:
    """Return the files and directories that are meant; what is not there is left for the listing to say."""
    given = [path] if isinstance(path, str | os.PathLike) else path
    if not isinstance(given, Sequence) or not all(
        isinstance(item, str | os.PathLike) for item in given
    ):
        message = f"path={shown(path)} is not valid: a path, a list of paths, or a glob"
        raise TypeError(message)
    found: list[str] = []
    for item in [os.fspath(name) for name in given]:
        if _native.is_address(item) and not os.path.lexists(item):
            raise _not_found(
                item,
                "not a path on this machine: remote ones are not read; mount it, or copy the files",
            )
        found += _matches(item) if isinstance(path, str) and _is_pattern(item) else [item]
    if not found:
        message = f"path={shown(path)} is not valid: at least one path"
        raise ValueError(message)
    return found


def current_folder() -> str | None:
    """Return the folder that the process is in; None where that is gone."""
    try:
        return str(pathlib.Path.cwd())
    except OSError:
        return None


def paths_from(folder: str | None, path: Path | Sequence[Path]) -> Any:
    """Return what ``path`` meant in a folder, for a process that may be in another; where it is as it was, ``path``."""
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
    """Return what a glob means, in order, hidden files left out."""
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  patterns may be absolute
    _check_readable(pattern)
    if not found:
        raise _not_found(pattern, "no file or directory matches")
    return found


def _check_readable(pattern: str) -> None:
    """Raise an error where a folder that a glob looks through may not be read: the glob itself passes over it."""
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
    """Raise an error where a folder may not be searched, or not be listed."""
    if folder.name == "lost+found":
        return  # of the system alone, on every disk, and without samples
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


def pair(size: Any) -> Any:
    """Return (height, width) of one number too, NumPy's included."""
    sides = as_tuple(size)
    if any(isinstance(side, bool) for side in (sides if isinstance(sides, tuple) else [sides])):
        # Numbers too, for Python.
        message = f"size={shown(size)} is not valid: a number of pixels, (height, width), or None"
        raise TypeError(message)
    try:
        side = operator.index(size)
    except TypeError:
        return sides
    return (side, side)


def as_tuple(value: Any) -> Any:
    """Return a tuple of a list, which is what JSON and YAML have for one."""
    return tuple(value) if isinstance(value, list) else value


def classes_of(classes: Any) -> Any:
    """Return a plain list of a sequence: the compiled module takes memory for as many as one says that it has."""
    if isinstance(classes, Sequence) and not isinstance(classes, str | bytes):
        return [name for name in classes]  # noqa: C416  list() asks for the length too
    return classes


def keys_of(keys: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Return the names of features that are not as usual."""
    if keys is None:
        return {}
    if not isinstance(keys, Mapping):
        message = f"keys={shown(keys)} is not valid: a dictionary, or None"
        raise TypeError(message)
    return dict(keys)


def fill_of(fill: int | Sequence[int], channels: str) -> Any:
    """Return three numbers; those beyond the channels are not used."""
    allowed = "a number in 0..255, or one for each channel"
    if isinstance(fill, str | bool):
        message = f"fill={shown(fill)} is not valid: {allowed}"
        raise TypeError(message)
    if isinstance(fill, int):
        return (fill,) * 3
    return _three("fill", fill, channels, allowed)


def per_channel(name: str, values: Any, channels: str) -> Any:
    """Return three numbers, or None; ImageNet's are given in the order of the channels."""
    allowed = 'None, "imagenet", or one number in 0..1 for each channel'
    if values is None:
        return None
    if isinstance(values, str):
        if values != "imagenet" or not isinstance(channels, str) or channels not in {"RGB", "BGR"}:
            message = (
                f"{name}={shown(values)} is not valid: {allowed}; imagenet with channels RGB or BGR"
            )
            raise ValueError(message)
        return _IMAGENET[name] if channels == "RGB" else _IMAGENET[name][::-1]
    return _three(name, values, channels, allowed)


def _three(name: str, values: Any, channels: str, allowed: str) -> Any:
    count = 1 if isinstance(channels, str) and channels == "GRAY" else 3
    try:
        numbers = tuple(values)
    except TypeError:
        numbers = (values,)
    if len(numbers) != count:
        message = f"{name}={shown(values)} is not valid: {allowed}, which is {count}"
        raise ValueError(message)
    return numbers * (3 // count)


def weights_of(weights: Any) -> Any:
    """Return a list of numbers of whatever NumPy makes an array of."""
    if weights is None:
        return None
    try:
        array = np.asarray(weights)
        numbers = array.astype(np.float64) if array.dtype.kind in "biufO" else None
    except OverflowError as error:
        message = f"weights={shown(weights)} is not valid: finite numbers"
        raise ValueError(message) from error
    except (TypeError, ValueError, RuntimeError):  # the last from PyTorch
        numbers = None
    if numbers is None or numbers.ndim != 1:
        message = (
            f"weights={shown(weights)} is not valid: numbers, one per sample or per class, or None"
        )
        raise TypeError(message)
    return numbers.tolist()


def json_of(text: str | bytes) -> Any:
    """Return what a text in JSON says.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def shown(value: Any) -> str:
    """Return what a value looks like, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def shard_of(shard: Literal["auto"] | tuple[int, int] | None) -> Any:
    if shard is None:
        return (0, 1)
    return auto_shard() if isinstance(shard, str) and shard == "auto" else as_tuple(shard)
