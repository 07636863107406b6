"""Tensor records: images stored as pixels, which training reads at the speed of memory."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from imagepipe_rs import _native
from imagepipe_rs._errors import unreadable
from imagepipe_rs._files import json_of, read, refused
from imagepipe_rs._names import shown
from imagepipe_rs._writing import Check, OnError, Progress, Written, run

if TYPE_CHECKING:
    from imagepipe_rs._paths import Path

# Class numbers have 32 bits.
_LARGEST_LABEL = 2**31 - 1


def create_tensor_records(  # noqa: PLR0917  the order of its program's options
    input_dir: Path,
    output_dir: Path,
    num_images: int = -1,
    num_shards: int = 1,
    num_workers: int | None = None,
    img_size: int = 256,
    seed: int = 0,
    labels: Path | None = None,
    engine: None = None,
    *,
    order: Literal["HWC", "CHW"] = "HWC",
    check: Check = "decode",
    on_error: OnError = "raise",
    index: bool = False,
    manifest: bool = False,
    allow_outside: bool = False,
    overwrite: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write images as raw pixels into TFRecords: the dataset of DLBS' fast pipeline.

    Each image is decoded, resized so that its short side has ``img_size`` pixels, and cropped to
    the square at its centre, as ``Loader(input_dir, size=img_size, fit="crop")`` does. Shards are
    ``train-00000-of-00010`` and so on, with sizes that differ by at most one. Features:
    ``image/encoded`` (uint8, ``img_size * img_size * 3`` bytes), ``image/height``, ``image/width``,
    ``image/channels``, ``image/class/label``, ``image/colorspace``, ``image/format`` (``tensor``),
    ``image/order``, ``image/filename``, ``image/class/synset``, ``image/class/text``.

    Args:
        input_dir: a directory with one directory for each class (such as ImageNet's synsets), a
            flat one, or a CSV file of file names, relative to its own directory, and classes.
        output_dir: directory for the shards; created if missing.
        num_images: how many files to take, after a shuffle by ``seed``; -1 for all. If some of
            them are left out, no others take their place.
        num_shards: number of shards; fewer if there are fewer images.
        num_workers: threads; None for the number of usable cores.
        img_size: height and width in pixels.
        seed: for the shuffle.
        labels: a ``.json`` or ``.json.gz`` file ``{class: {"label": number, "human_labels":
            text}}`` that gives each class its own whole number from 0 to 2**31 - 1. Without it,
            classes are numbered in sorted order (the 1,000 synsets of ILSVRC-2012 get the usual
            0..999), and have ImageNet's texts.
        engine: None.
        order: ``"HWC"``, or ``"CHW"`` for a plane per channel.
        check: how inputs are checked before anything is written: ``"decode"`` decodes every image
            whole, as ``imagepipe verify`` does, at the speed of a Loader; ``"headers"`` only looks
            at how each file starts. Then an image with damage further on ends the run when it is
            written, so this does not go with ``on_error="skip"``.
        on_error: ``"raise"``, or ``"skip"`` to leave out images that cannot be used; they are
            listed in the result and in the manifest, and the others keep their order.
        index: also write ``SHARD.idx``, a line of offset and size for each record; see
            :func:`create_index`.
        manifest: also write ``manifest.jsonl``, a line for each record.
        allow_outside: let a CSV name files by absolute paths, and above its directory; otherwise
            that is an error.
        overwrite: replace existing files; otherwise they are an error.
        resume: keep finished shards, and write the others.
        progress: called with ``(done, total)`` images on this thread, about ten times
            a second; an image that is checked but not yet written counts half.

    Returns:
        What was written.

    Raises:
        DatasetError: a source that does not exist or has no images; a class that ``labels`` does
            not list; an output that exists already (also a ``FileExistsError``) or cannot be
            written (also an ``OSError``).
        DecodeError: files that are damaged, or not images; ``damaged`` lists all of them, and
            those that cannot be read.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value; an ``output_dir`` that is the directory of
            images or inside it, or, if the source is a CSV file, a folder with some of its images.
    """
    if labels is not None and not isinstance(labels, str | os.PathLike):
        message = f"labels={shown(labels)} is not valid: the path of a table of labels, or None"
        raise TypeError(message)
    table = None if labels is None else _read(pathlib.Path(labels))
    texts = imagenet_texts() if table is None else {}
    return run(_native.create_tensor_records, {**locals(), "labels": table})


def imagenet_texts() -> dict[str, str]:
    """Return the texts of ILSVRC-2012's 1,000 synsets, by synset (``"n01440764"``)."""
    packed = resources.files("imagepipe_rs").joinpath("data/imagenet_labels.json.gz").read_bytes()
    return {
        synset: row["human_labels"] for synset, row in json.loads(gzip.decompress(packed)).items()
    }


def _read(path: pathlib.Path) -> dict[str, tuple[int, str]]:
    """Read a table of labels, compressed or not."""
    data = read(path)
    try:
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        table: dict[str, Any] = json_of(text)
    except (OSError, EOFError) as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise refused(path, f"not a table of labels in JSON: {error}") from error
    try:
        rows = {
            name: (row["label"], str(row.get("human_labels", ""))) for name, row in table.items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        reason = 'not a table of labels: {class: {"label": number, "human_labels": text}} is needed'
        raise refused(path, reason) from error
    return _numbered(path, rows)


def _numbered(path: pathlib.Path, rows: dict[str, tuple[Any, str]]) -> dict[str, tuple[int, str]]:
    """Return the rows, if each has its own label."""
    labels: dict[int, str] = {}
    for name, (label, _) in rows.items():
        # In Python, True is a number too; other programs may write whole numbers as floats.
        whole = not isinstance(label, bool) and isinstance(label, int | float) and label % 1 == 0
        if not whole or not 0 <= label <= _LARGEST_LABEL:
            reason = f"a whole number from 0 to {_LARGEST_LABEL} is needed"
            raise refused(path, f"the label of {shown(name)} is {shown(label)}: {reason}")
        if label in labels:
            both = f"{shown(labels[label])} and {shown(name)}"
            raise refused(path, f"{both} have the same label, {label}")
        labels[label] = name
    return {name: (int(label), text) for name, (label, text) in rows.items()}


__all__ = ["create_tensor_records", "imagenet_texts"]
