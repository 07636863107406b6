"""What is in a dataset, what is damaged in it, and how fast it can be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagepipe_rs import _native
from imagepipe_rs._paths import Path, paths_of
from imagepipe_rs.loader import Loader

Progress = Callable[[int, int], object]


def describe(
    path: Path | Sequence[Path],
    *,
    headers: int | None = 1000,
    keys: Mapping[str, str | None] | None = None,
    allow_outside: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return what a dataset consists of.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        headers: read the headers of at most this many images, evenly spread; None for all.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``kind``, ``samples``, ``bytes`` and ``classes`` (``name`` and ``samples`` of each, by
        label). For the images whose headers were read: ``headers`` (their number), ``formats``
        (number of each), ``widths`` and ``heights`` (``min``, ``median``, ``max`` in pixels,
        upright), ``unreadable`` (as ``damaged`` in :func:`verify`). For files of records
        ``shards``: ``path``, ``records``, ``bytes``, ``compression`` (None, ``"GZIP"`` or
        ``"ZLIB"``) and ``index`` (``"good"``, ``"absent"``, or what is wrong with it). ``notes``
        are messages to the user.

    Raises:
        DatasetError: there is no dataset at ``path``.
    """
    return _named(_native.describe({**locals(), "paths": paths_of(path)}, progress))


def record(
    path: Path | Sequence[Path],
    number: int,
    *,
    keys: Mapping[str, str | None] | None = None,
    allow_outside: bool = False,
) -> dict[str, Any]:
    """Return everything about one sample.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        number: which, from 0, in the order of the dataset.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.

    Returns:
        ``path``, and ``picture``: ``format``, ``width`` and ``height`` (upright), ``turned``
        (whether it is stored on its side), ``bytes``; or the ``error`` in it. For a file ``label``
        and ``class``. For a record its number in the file (``record``), ``offset`` and ``fields``:
        of an Example the ``type``, ``count`` and first ``values`` of each feature, and ``bytes`` if
        that is its type; of an image record ``labels``, ``id``, ``id2`` and ``key``.

    Raises:
        DatasetError: there is no dataset at ``path``.
        RecordError: the record is damaged.
        ValueError: there is no such sample.
    """
    arguments = {**locals(), "paths": paths_of(path), "record": number, "workers": None}
    return _named(_native.record(arguments))


def verify(
    path: Path | Sequence[Path],
    *,
    keys: Mapping[str, str | None] | None = None,
    allow_outside: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read and decode everything completely.

    An index that does not fit its file of records counts as damage, and so does a label that a
    Loader refuses, or a record without one if others have one. If none has one, that is only
    noted, since ``labels=None`` reads them.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``samples`` that were looked at, ``bytes`` of the good ones, and ``damaged``, with ``path``,
        ``record`` (its number in the file) and ``offset`` (its first byte) of each of the others,
        None for a file as a whole, and ``reason``. A ``path`` that is not UTF-8 is as
        :func:`os.fsdecode` gives it, so it can be opened. ``notes`` are messages to the user.

    Raises:
        DatasetError: there is no dataset at ``path``.
    """
    return _named(_native.verify({**locals(), "paths": paths_of(path)}, progress))


def bench(
    path: Path | Sequence[Path],
    *,
    seconds: float = 3.0,
    batches: int | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Measure how fast a Loader is on this data and this machine.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        seconds: measure for this long, or until one batch is complete, after a quarter of that to
            warm up; then only decode the same files for as long, or 16 images per thread if these
            take longer.
        batches: measure this many batches instead.
        progress: called with ``(done, total)`` milliseconds on this thread, about ten times a
            second.
        options: the Loader's.

    Returns:
        ``loader`` and ``plain_decode``: ``images``, ``seconds``, ``images_per_second``,
        ``megabytes_per_second`` (of encoded bytes). ``plain_decode`` reads the same files once more
        and decodes them to RGB, on ``threads``: as many as the Loader's, but no more than there are
        cores. Its ``decoder`` is ``"libjpeg-turbo"`` if all files are JPEGs, else None; it is None
        itself if nothing is encoded. Also ``workers``, ``shares`` of the workers' time (each
        stage's, and ``idle``), ``bottleneck`` (in words), ``delivered_megabytes_per_second`` (of
        batches), and ``errors``: how often an image, or its replacement, could not be read.

    Raises:
        DatasetError: there is no dataset at ``path``.
        DecodeError: an image is damaged.
        ValueError: an option is not valid.
    """
    loader = Loader(path, repeat=True, **options)
    return _native.bench(loader._native, {"seconds": seconds, "batches": batches}, progress)  # noqa: SLF001


def _named(found: dict[str, Any]) -> dict[str, Any]:
    """Make text of the paths in what was found: one that is not UTF-8 comes as its bytes."""
    if isinstance(found.get("path"), dict):
        found["path"] = os.fsdecode(bytes(found["path"]["bytes"]))
    for value in found.values():
        for one in value if isinstance(value, list) else ():
            if isinstance(one, dict):
                _named(one)
    return found


__all__ = ["bench", "describe", "record", "verify"]
