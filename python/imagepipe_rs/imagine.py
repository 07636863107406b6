"""Imageinary's functions: random images, and image files to TFRecord and RecordIO."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Literal

from imagepipe_rs import _native
from imagepipe_rs._writing import Check, OnError, Progress, Written, run

if TYPE_CHECKING:
    from imagepipe_rs._paths import Path

ENDINGS = {"jpg": ".jpg", "jpeg": ".jpg", "png": ".png", "bmp": ".bmp", "bitmap": ".bmp"}


def create_images(  # noqa: PLR0917  Imageinary's order
    path: Path,
    name: str,
    width: int,
    height: int,
    count: int,
    image_format: str,
    seed: int = 0,
    size: bool = False,  # noqa: FBT001, FBT002  Imageinary's
    chunksize: int = 64,
    quality: int = 75,
    content: Literal["noise", "natural"] = "noise",
    classes: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
    resume: bool = False,
) -> Written:
    """Write random images: ``{name}0.jpg``, ``{name}1.jpg``, ...

    An image depends on the seed, its number, its size and ``content``: the same arguments give the
    same bytes whatever ``workers`` is, no two seeds have an image in common, and pixels are the
    same in every format. Images are RGB with 8 bits per channel; JPEGs are 4:2:0. Memory use does
    not depend on ``count``.

    A file appears when it is finished, so there are only whole files, however the call ends. They
    are not flushed to the disk one by one: if the power fails, the last ones may be lost or empty.

    Args:
        path: directory of the images; created if missing.
        name: what the files' names begin with. It may be empty, but must not begin with a dot.
        width: in pixels: at least 1, and at most 65,500 for JPEG and 65,535 for the others.
        height: within the same bounds.
        count: how many images, at least 1.
        image_format: ``"jpg"`` or ``"jpeg"``, ``"png"``, ``"bmp"`` or ``"bitmap"``, in any case.
            Files end in ``.jpg``, ``.png`` and ``.bmp``.
        seed: a whole number from 0 to 2**64 - 1.
        size: print how many bytes the first image has, and how many all files in ``path`` have.
        chunksize: ignored.
        quality: of JPEGs, 1 to 100.
        content: ``"noise"``: every channel of every pixel uniform in 0..255. ``"natural"``: scenes
            that might have been photographed, no two alike: landscapes, towns, things on a table,
            ground from above. At qualities from 50 to 92 their JPEGs have about as many bytes per
            pixel as photographs of that size, and take as long to decode: within a quarter, on
            average over many images. Noise has 1.5 to 6 times the bytes, and PNGs store it
            uncompressed, since it cannot be compressed.
        classes: if not 0, image ``n`` goes to directory ``n % classes`` of ``class-0000``,
            ``class-0001``, ...: a class has at most one image more than another. At most ``count``.
            Images of the same ``name`` and ``image_format`` from a run with another number of
            classes must not be in ``path``; others may.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` images on this thread, about ten times
            a second.
        overwrite: replace existing images; otherwise they are an error, before anything is written.
        resume: keep images that are whole, and write the others. To check that they were made with
            these arguments, the first and the last of those that are kept, and one in 32 of the
            others, are made again before anything is written.

    Returns:
        What was written.

    Raises:
        DatasetError: an image that exists already (also a ``FileExistsError``), or is from a run
            with more images or other classes; one that cannot be written (also an ``OSError``):
            finished ones are kept.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    if isinstance(image_format, str):
        image_format = image_format.lower()
    written = run(_native.create_images, locals())
    if size:
        print(_sizes(path, f"{name}0{ENDINGS[image_format]}"))  # noqa: T201  what it is for
    return written


def _sizes(path: Path, first: str) -> str:
    """Return what ``size=True`` prints about a directory with an image named ``first``."""
    one = total = 0
    for folder, _, files in os.walk(path):
        for file in files:
            # Of a link itself, since it may lead nowhere.
            length = (pathlib.Path(folder) / file).lstat().st_size
            total += length
            one = length if file == first else one
    return f"First image: {one:,} bytes. Directory: {total:,} bytes."


def create_tfrecords(
    source_path: Path,
    dest_path: Path,
    name: str,
    img_per_file: int = 1000,
    *,
    labels: Path | Literal["directory"] | None = "directory",
    metadata: bool = False,
    check: Check = "decode",
    on_error: OnError = "raise",
    index: bool = False,
    manifest: bool = False,
    allow_outside: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: None = None,
) -> Written:
    """Write image files, as they are, into TFRecords.

    Every record is a ``tf.train.Example`` with ``image/encoded`` (the file's bytes) and
    ``image/class/label``; TensorFlow is not needed. Shards are ``{name}0``, ``{name}1``, ... with
    ``img_per_file`` images each, class by class, in the natural order of the files' names (2 before
    10). Every input is checked before the first byte is written; a shard appears when it is
    finished, and the same files give the same bytes whatever ``workers`` is.

    Args:
        source_path: a directory of images; one with a directory for each class; or a CSV file of
            file names and classes, as for the ``Loader``. File names in a CSV are relative to the
            directory of images that is given with it, or without one to the CSV's own.
        dest_path: directory for the shards on this machine; created if missing.
        name: what the shards' names begin with.
        img_per_file: images per shard; the last has the rest.
        labels: ``"directory"`` for the number of the class in sorted order (0 in a flat directory),
            None for 0 everywhere, or a CSV file of file names, relative to the directory
            ``source_path``, and classes. Classes in a CSV that are all whole numbers (``7``, ``07``
            or ``7.0``) are the labels themselves; a number among them that cannot be a label
            (``-1``, ``3.5``, ``NaN``) is an error.
        metadata: also write ``image/format``, ``image/filename``, ``image/height``, ``image/width``
            and ``image/class/text``.
        check: how inputs are checked before anything is written: ``"decode"`` decodes every image
            whole, as ``imagepipe verify`` does, at the speed of a Loader; ``"headers"`` only looks
            at how each file starts.
        on_error: ``"raise"``, or ``"skip"`` to leave out images that cannot be used; they are
            listed in the result and in the manifest, and the others are written as if they did not
            exist.
        index: also write ``SHARD.idx``, a line of offset and size in bytes for each record, as DALI
            needs it; see :func:`create_index`.
        manifest: also write ``manifest.jsonl``, a line for each record: shard, record, file, label,
            offset, size; and for each image that is left out. The manifest of another dataset is
            not replaced.
        allow_outside: let a CSV name files by absolute paths, and above the directory that they are
            relative to (``../x.jpg``); otherwise that is an error.
        overwrite: replace existing files; otherwise they are an error.
        resume: keep finished shards, and write the others.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` images on this thread, about ten times
            a second; an image that is checked but not yet written counts half.
        engine: None.

    Returns:
        What was written.

    Raises:
        DatasetError: a source that does not exist or has no images; a file that changes meanwhile;
            an output that exists already (also a ``FileExistsError``) or cannot be written (also an
            ``OSError``).
        DecodeError: files that are damaged, or not images; ``damaged`` lists all of them, and
            those that cannot be read.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value; a ``dest_path`` that is the directory of images
            or inside it, or, if the source is a CSV file, a folder with some of its images.
    """
    return run(_native.create_tfrecords, locals())


def create_recordio(
    source_path: Path,
    dest_path: Path,
    name: str,
    img_per_file: int = 1000,
    *,
    labels: Path | Literal["directory"] | None = "directory",
    check: Check = "decode",
    on_error: OnError = "raise",
    manifest: bool = False,
    allow_outside: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: None = None,
) -> Written:
    """Write image files, as they are, into RecordIO shards, each image after MXNet's ``IRHeader``.

    Shards are ``{name}0.rec`` and ``{name}0.idx``, and so on. A record's key and id are the first
    number in its file's name; if a name has none, or two have the same, every record is keyed by
    its running number, and for files in one folder a :class:`DatasetWarning` says so. MXNet is not
    needed. Everything else is as in :func:`create_tfrecords`.

    Args:
        source_path: a directory of images, one with a directory for each class, or a CSV file.
        dest_path: directory for the shards on this machine; created if missing.
        name: what the shards' names begin with.
        img_per_file: images per shard; the last has the rest.
        labels: ``"directory"``, None for 0 everywhere, or a CSV file, with names relative to
            ``source_path``.
        check: ``"decode"``, or ``"headers"``.
        on_error: ``"raise"``, or ``"skip"``.
        manifest: also write ``manifest.jsonl``, a line for each record.
        allow_outside: let a CSV name files outside of the directory that they are relative to.
        overwrite: replace existing files; otherwise they are an error.
        resume: keep finished shards, and write the others.
        workers: threads; None for the number of usable cores.
        progress: called with ``(done, total)`` images.
        engine: None.

    Returns:
        What was written.

    Raises:
        DatasetError: as for :func:`create_tfrecords`.
        DecodeError: as for :func:`create_tfrecords`.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    return run(_native.create_recordio, {**locals(), "metadata": False, "index": True})
