"""Imageinary's functions: random images, and image files to TFRecord and RecordIO."""

from __future__ import annotations

import os
from typing import Literal

from imagepipe_rs import _native
from imagepipe_rs._writing import Progress, Written, only_here, run

Path = str | os.PathLike[str]


def create_tfrecords(
    source_path: Path,
    dest_path: Path,
    name: str,
    img_per_file: int = 1000,
    *,
    labels: Path | Literal["directory"] | None = "directory",
    metadata: bool = False,
    index: bool = True,
    manifest: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: None = None,
) -> Written:
    """Write image files, as they are, into TFRecords.

    Every record is a ``tf.train.Example`` with ``image/encoded`` (the file's bytes) and ``image/class/label``; no
    TensorFlow is needed. Shards are ``{name}0``, ``{name}1``, ... with ``img_per_file`` images each, in natural order
    of the files' names (2 before 10), class by class. Every input is looked at before the first byte is written; a
    shard appears when it is finished, and the same files give the same bytes whatever ``workers`` is.

    Args:
        source_path: a directory of images; one with a directory for each class; or a CSV file of file names (relative
            to it) and classes, with a header.
        dest_path: directory of the shards; made if it is not there.
        name: what the shards' names begin with.
        img_per_file: images per shard; the last has what is left.
        labels: ``"directory"`` for the place of the class among the sorted ones (0 in a flat directory), None for 0
            everywhere, or a CSV file of file names, relative to ``source_path``, and classes. Classes of a CSV file
            that are all whole numbers are labels themselves.
        metadata: also ``image/format``, ``image/filename``, ``image/height``, ``image/width`` and ``image/class/text``.
        index: also ``SHARD.idx``, a line of offset and size in bytes for each record, as DALI wants it.
        manifest: also ``manifest.jsonl``, a line for each record: shard, record, file, label, offset, size.
        overwrite: replace what is there; otherwise that is an error.
        resume: keep the shards that are finished, and write the others.
        workers: threads; None for the number of usable cores.
        progress: called with the images done and all there are, on this thread, about ten times a second.
        engine: None.

    Returns:
        What was written.

    Raises:
        DatasetError: a source that is not there, or no images in it; a file that changes meanwhile; an output that is
            there already (also a ``FileExistsError``) or cannot be written (also an ``OSError``).
        DecodeError: a file that is not an image.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    only_here(engine)
    arguments = {
        "source_path": source_path,
        "dest_path": dest_path,
        "name": name,
        "img_per_file": img_per_file,
        "labels": labels,
        "metadata": metadata,
        "index": index,
        "manifest": manifest,
        "overwrite": overwrite,
        "resume": resume,
        "workers": workers,
    }
    return run(_native.create_tfrecords, arguments, progress)


def create_recordio(
    source_path: Path,
    dest_path: Path,
    name: str,
    img_per_file: int = 1000,
    *,
    labels: Path | Literal["directory"] | None = "directory",
    manifest: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: None = None,
) -> Written:
    """Write image files, as they are, into RecordIO shards, each image behind MXNet's ``IRHeader``.

    Shards are ``{name}0.rec`` and ``{name}0.idx``, and so on. A record's key and id are the first number in its file's
    name; where a name has none, or two have the same, every record is keyed by its running number, and a warning is
    logged. No MXNet is needed. Everything else is as in :func:`create_tfrecords`.

    Args:
        source_path: a directory of images, one with a directory for each class, or a CSV file.
        dest_path: directory of the shards; made if it is not there.
        name: what the shards' names begin with.
        img_per_file: images per shard; the last has what is left.
        labels: ``"directory"``, None for 0 everywhere, or a CSV file.
        manifest: also ``manifest.jsonl``, a line for each record.
        overwrite: replace what is there; otherwise that is an error.
        resume: keep the shards that are finished, and write the others.
        workers: threads; None for the number of usable cores.
        progress: called with the images done and all there are.
        engine: None.

    Returns:
        What was written.

    Raises:
        DatasetError: as for :func:`create_tfrecords`.
        DecodeError: a file that is not an image.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    only_here(engine)
    arguments = {
        "source_path": source_path,
        "dest_path": dest_path,
        "name": name,
        "img_per_file": img_per_file,
        "labels": labels,
        "metadata": False,
        "index": True,
        "manifest": manifest,
        "overwrite": overwrite,
        "resume": resume,
        "workers": workers,
    }
    return run(_native.create_recordio, arguments, progress)
