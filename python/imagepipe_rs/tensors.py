"""Tensor records: pictures stored as pixels, so that training reads them at the speed of memory."""

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
    """Write images as raw pixels into TFRecords: the data set of DLBS' fast pipeline.

    Each image is decoded, resized so that its short side has ``img_size`` pixels, and cropped to
    the square at its centre: what ``Loader(input_dir, size=img_size, fit="crop")`` gives. Shards
    are ``train-00000-of-00010`` and so on, with sizes that differ by one at most. Features:
    ``image/encoded`` (uint8, ``img_size * img_size * 3`` bytes), ``image/height``, ``image/width``,
    ``image/channels``, ``image/class/label``, ``image/colorspace``, ``image/format`` (``tensor``),
    ``image/order``, ``image/filename``, ``image/class/synset``, ``image/class/text``.

    Args:
        input_dir: a directory with one directory for each class (ImageNet's synsets, for one), a
            flat one, or a CSV file of file names, relative to its own directory, and classes.
        output_dir: directory of the shards; made if it is not there.
        num_images: the files are shuffled by ``seed``, and so many taken; -1 for all. Those that
            are left out of them are not replaced.
        num_shards: number of shards; fewer if there are fewer images.
        num_workers: threads; None for the number of usable cores.
        img_size: height and width in pixels.
        seed: of the shuffle.
        labels: a ``.json`` or ``.json.gz`` file ``{class: {"label": number, "human_labels":
            text}}`` that numbers the classes, each by a whole number of its own from 0 to 2**31 -
            1. None: a class's number is its place among the sorted ones (for the 1,000 synsets of
            ILSVRC-2012 the usual 0..999), its text what ImageNet calls it.
        engine: None.
        order: ``"HWC"``, or ``"CHW"`` for a plane per channel.
        check: how inputs are checked before anything is written: ``"decode"`` decodes every image
            whole, as ``imagepipe verify`` does, at the speed of a Loader; ``"headers"`` only looks
            at how each file begins: an image that is damaged further on ends the run where it is
            written, so not together with ``on_error="skip"``.
        on_error: ``"raise"``, or ``"skip"`` to leave out images that cannot be used; they are
            listed in the result and in the manifest, and the others keep their order.
        index: also ``SHARD.idx``, a line of offset and size for each record; see
            :func:`create_index`.
        manifest: also ``manifest.jsonl``, a line for each record.
        allow_outside: a CSV may name files by absolute paths, and above its directory; otherwise
            that is an error.
        overwrite: replace what is there; otherwise that is an error.
        resume: keep the shards that are finished, and write the others.
        progress: called with the images done and all there are, on this thread, about ten times a
            second; an image that is checked and not written yet counts half.

    Returns:
        What was written.

    Raises:
        DatasetError: a source that is not there, or no images in it; a class that ``labels`` does
            not list; an output that is there already (also a ``FileExistsError``) or cannot be
            written (also an ``OSError``).
        DecodeError: files that are damaged, or no images; ``damaged`` lists all of them, and what
            cannot be read.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value; an ``output_dir`` that is the directory of
            images, or in it, or, where a CSV file is the source, one of the folders that its images
            lie in.
    """
    if labels is not None and not isinstance(labels, str | os.PathLike):
        message = f"labels={shown(labels)} is not valid: the path of a table of labels, or None"
        raise TypeError(message)
    table = None if labels is None else _read(pathlib.Path(labels))
    texts = imagenet_texts() if table is None else {}
    return run(_native.create_tensor_records, {**locals(), "labels": table})


def imagenet_texts() -> dict[str, str]:
    """Return what ILSVRC-2012 calls its 1,000 synsets, by synset (``"n01440764"``)."""
    packed = resources.files("imagepipe_rs").joinpath("data/imagenet_labels.json.gz").read_bytes()
    return {
        synset: row["human_labels"] for synset, row in json.loads(gzip.decompress(packed)).items()
    }


def _read(path: pathlib.Path) -> dict[str, tuple[int, str]]:
    """Read a table of labels, packed or not."""
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
    """Return the rows, each with a label of its own."""
    labels: dict[int, str] = {}
    for name, (label, _) in rows.items():
        # True is a number too, in Python only; a float is what other programs may make of a whole
        # number.
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
