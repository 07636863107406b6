"""What is in a data set, what of it is damaged, and how fast it can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from imagepipe_rs import _native
from imagepipe_rs.loader import Loader, Path, _paths

Progress = Callable[[int, int], object]


def describe(
    path: Path | Sequence[Path],
    *,
    headers: int | None = 1000,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Say what a data set is made of.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        headers: read the headers of at most this many pictures, evenly spread; None for all of them.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``samples``, ``bytes``, ``classes`` (``name`` and ``samples`` of each, by label), and of the pictures whose
        headers were read: ``headers`` (their number), ``formats`` (number of each), ``widths`` and ``heights``
        (``min``, ``median``, ``max`` in pixels, upright), ``unreadable`` (``path``, ``offset``, ``reason`` of each).

    Raises:
        DatasetError: there is no data set at ``path``.
    """
    most = 2**64 - 1 if headers is None else headers
    return _native.describe(_paths(path), most, workers, progress)


def verify(
    path: Path | Sequence[Path],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read and decode everything, whole.

    Args:
        path: as for :class:`imagepipe_rs.Loader`.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` samples on this thread, about ten times a second.

    Returns:
        ``samples`` that were looked at, ``bytes`` of the good ones, and ``damaged``: of each of the others ``path``,
        ``offset`` (of the record; None for a file that is one picture) and ``reason``.

    Raises:
        DatasetError: there is no data set at ``path``.
    """
    return _native.verify(_paths(path), workers, progress)


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
        seconds: measure so long, after a quarter of it to warm up; then decode the same files plainly for as long.
        batches: measure so many batches instead.
        progress: called with ``(done, total)`` milliseconds on this thread, about ten times a second.
        options: of the Loader.

    Returns:
        ``loader`` and ``plain_decode``: ``images``, ``seconds``, ``images_per_second``, ``megabytes_per_second`` (of
        encoded bytes); plain is libjpeg-turbo to RGB and nothing else, on as many threads, or None where nothing is
        encoded. Also ``workers``, ``shares`` (each stage's of the workers' time), ``bottleneck`` (in words), and
        ``delivered_megabytes_per_second`` (of batches).

    Raises:
        DatasetError: there is no data set at ``path``.
        DecodeError: a picture is damaged.
        ValueError: an option is not valid.
    """
    loader = Loader(path, repeat=True, **options)
    return _native.bench(loader._native, seconds, batches, progress)  # noqa: SLF001


__all__ = ["bench", "describe", "verify"]
