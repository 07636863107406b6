"""What is in a data set, what of it is damaged, and how fast it can be read."""

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
    """Say what a data set is made of.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        headers: read the headers of at most this many pictures, evenly spread; None for all of
            them.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``kind``, ``samples``, ``bytes`` and ``classes`` (``name`` and ``samples`` of each, by
        label). Of the pictures whose headers were read: ``headers`` (their number), ``formats``
        (number of each), ``widths`` and ``heights`` (``min``, ``median``, ``max`` in pixels,
        upright), ``unreadable`` (as ``damaged`` of :func:`verify`). Of files of records ``shards``:
        ``path``, ``records``, ``bytes``, ``compression`` (None, ``"GZIP"`` or ``"ZLIB"``) and
        ``index`` (``"good"``, ``"absent"``, or what is wrong with it). ``notes`` are for people.

    Raises:
        DatasetError: there is no data set at ``path``.
    """
    return _named(_native.describe({**locals(), "paths": paths_of(path)}, progress))


def record(
    path: Path | Sequence[Path],
    number: int,
    *,
    keys: Mapping[str, str | None] | None = None,
    allow_outside: bool = False,
) -> dict[str, Any]:
    """Show one sample in full.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        number: which, from 0, in the order of the data set.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.

    Returns:
        ``path``, and ``picture``: ``format``, ``width`` and ``height`` (upright), ``turned``
        (whether it lies on its side), ``bytes``; or the ``error`` in it. Of a file ``label`` and
        ``class``. Of a record its number in the file (``record``), ``offset`` and ``fields``: of an
        Example the ``type``, ``count`` and first ``values`` of each feature, and ``bytes`` where
        that is its type; of an image record ``labels``, ``id``, ``id2`` and ``key``.

    Raises:
        DatasetError: there is no data set at ``path``.
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
    """Read and decode everything, whole.

    An index file that does not fit its file of records is damage, too, and so is a label in a
    record that a Loader refuses, and a record without one where others have one. Where none has
    one, that is no damage, as ``labels=None`` reads them, but noted.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        keys: names of the features in TFRecords, as for the Loader.
        allow_outside: a CSV may name files outside of its directory, as for the Loader.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``samples`` that were looked at, ``bytes`` of the good ones, and ``damaged``: of each of the
        others ``path``, ``record`` (its number in the file) and ``offset`` (its first byte), None
        for a file as a whole, and ``reason``. A ``path`` that is not UTF-8 is as
        :func:`os.fsdecode` gives it: it can be opened. ``notes`` are for people.

    Raises:
        DatasetError: there is no data set at ``path``.
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
        seconds: measure so long, or until one batch is whole, after a quarter of it to warm up;
            then decode the same files plainly for as long, or for 16 images a thread if these take
            longer.
        batches: measure so many batches instead.
        progress: called with ``(done, total)`` milliseconds on this thread, about ten times a
            second.
        options: of the Loader.

    Returns:
        ``loader`` and ``plain_decode``: ``images``, ``seconds``, ``images_per_second``,
        ``megabytes_per_second`` (of encoded bytes). Plain is to read the same files once more,
        decode them to RGB, and nothing else, on ``threads``: as many as the Loader's, and no more
        than there are cores; its ``decoder`` is ``"libjpeg-turbo"`` where all are JPEGs, else None.
        It is None where nothing is encoded. Also ``workers``, ``shares`` of the workers' time (each
        stage's, and ``idle``), ``bottleneck`` (in words), ``delivered_megabytes_per_second`` (of
        batches), and ``errors``: how often an image could not be read; where others take its place,
        they are counted.

    Raises:
        DatasetError: there is no data set at ``path``.
        DecodeError: a picture is damaged.
        ValueError: an option is not valid.
    """
    loader = Loader(path, repeat=True, **options)
    return _native.bench(loader._native, {"seconds": seconds, "batches": batches}, progress)  # noqa: SLF001


def _named(found: dict[str, Any]) -> dict[str, Any]:
    """Put the paths in what was found as text: the compiled module has an object for one that is not UTF-8."""
    if isinstance(found.get("path"), dict):
        found["path"] = os.fsdecode(bytes(found["path"]["bytes"]))
    for value in found.values():
        for one in value if isinstance(value, list) else ():
            if isinstance(one, dict):
                _named(one)
    return found


__all__ = ["bench", "describe", "record", "verify"]
