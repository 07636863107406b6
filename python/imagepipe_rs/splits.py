"""Stratified splits: image2tfrecords' writer and reader."""

from __future__ import annotations

import csv
import glob
import io
import pathlib
import re
from typing import TYPE_CHECKING, Any

from imagepipe_rs import _native
from imagepipe_rs._errors import DatasetValueError
from imagepipe_rs._files import json_of, read, refused
from imagepipe_rs._writing import Check, OnError, Progress, Written, run
from imagepipe_rs.loader import Loader

if TYPE_CHECKING:
    import pandas as pd

    from imagepipe_rs._paths import Path

_COUNTS = {"train": "train_number", "validation": "val_number", "test": "test_number"}

# What a summary says of the columns of labels.csv.
_COLUMNS = ("class_header", "class_id_header")

# Options of the Loader that leave samples out.
_FEWER = ("classes", "limit", "split")


class Image2TFRecords:
    """Split images by class into training, validation and test, and write each as TFRecords.

    Of every class with ``n`` images, ``floor(n * val_size)`` go to validation, ``floor(n *
    test_size)`` to test and the rest to training. ``seed`` and the class's name choose them: the
    same every time, whatever other classes there are. If ``val_size + test_size`` is 1, nothing is
    left for training, and what the rounding leaves goes to test. A warning names each side that was
    asked for but gets no image. The numbers are image2tfrecords': a small class may have none in
    validation or test, whereas the Loader's ``split`` leaves neither side of a class of two or more
    empty. The two choose different images.

    Args:
        image_path: where the images are: what the file names of ``image2class_file`` are relative
            to; or, without one, a directory with one directory for each class.
        image2class_file: CSV file with a header, then a file name and a class in each row: in the
            columns ``filename`` and ``class`` if there are both, else in the first two. Commas,
            semicolons or tabs separate them. The names are relative to ``image_path``, and inside
            it.
        class2id_file: CSV file with a header, then a class and its number in each row. Without it,
            classes that are all whole numbers are the labels themselves, as for the Loader; others
            are numbered from 0 in the order in which they appear (in sorted order for directories).
        dataset_name: what the names of all output files begin with.
        val_size: share of validation, 0 to 1.
        test_size: share of test, 0 to 1.
        num_shards: shards of each of the three; fewer if there are fewer images. Their sizes differ
            by at most one.
        seed: for the choice and the order.
        allow_outside: let ``image2class_file`` name files by absolute paths, and above
            ``image_path``; otherwise that is an error.
    """

    def __init__(  # noqa: PLR0917  image2tfrecords' order
        self,
        image_path: Path,
        image2class_file: Path | None = None,
        class2id_file: Path | None = None,
        dataset_name: str = "",
        val_size: float = 0,
        test_size: float = 0,
        num_shards: int = 5,
        seed: int = 0,
        *,
        allow_outside: bool = False,
    ) -> None:
        """Keep the arguments; :meth:`create_tfrecords` reads and checks them."""
        self._arguments = {name: value for name, value in locals().items() if name != "self"}

    def create_tfrecords(
        self,
        output_dir: Path,
        *,
        check: Check = "decode",
        on_error: OnError = "raise",
        index: bool = False,
        manifest: bool = False,
        overwrite: bool = False,
        resume: bool = False,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Written:
        """Write the shards, ``labels.csv`` and ``{name}_summary.json``.

        Records have ``image/encoded`` (the file's bytes), ``image/format`` (the ending of its
        name), ``image/filename``, ``image/class/label``, ``image/height`` and ``image/width``. The
        summary is written last: if it exists, everything does.

        Args:
            output_dir: directory for the files; created if missing. It holds one dataset, since
                there is only one file of labels.
            check: how inputs are checked before anything is written: ``"decode"`` decodes every
                image whole, as ``imagepipe verify`` does, at the speed of a Loader; ``"headers"``
                only looks at how each file starts.
            on_error: ``"raise"``, or ``"skip"`` to leave out images that cannot be used; they are
                listed in the result and in the manifest, and the others are split and written as if
                they did not exist.
            index: also write ``SHARD.idx``, a line of offset and size for each record; see
                :func:`create_index`.
            manifest: also write ``manifest.jsonl``, a line for each record.
            overwrite: replace existing files; otherwise they are an error.
            resume: keep finished shards, and write the others.
            workers: threads; None for the number of usable cores.
            progress: called with ``(done, total)`` images on this thread, about ten
                times a second; an image that is checked but not yet written counts half.

        Returns:
            What was written.

        Raises:
            DatasetError: a CSV file with an invalid row (by its line), an image that is missing, or
                an output that exists already (also a ``FileExistsError``) or cannot be written
                (also an ``OSError``).
            DecodeError: files that are damaged, or not images; ``damaged`` lists all of them, and
                those that cannot be read.
            TypeError: an argument of the wrong type.
            ValueError: an argument of the wrong value; an ``output_dir`` that is ``image_path`` or
                inside it.
        """
        return run(_native.split, {**self._arguments, **locals()})


class Split:
    """One side of a dataset that :class:`Image2TFRecords` wrote.

    Attributes:
        name: ``"train"``, ``"validation"`` or ``"test"``.
        files: its shards, sorted.
        num_samples: images in it.
        labels_to_names: class names by label.
    """

    def __init__(
        self,
        name: str,
        files: list[str],
        num_samples: int,
        labels_to_names: dict[int, str],
        *,
        complete: bool = False,
    ) -> None:
        """Keep the facts; for :meth:`ImageDataSet.get_split`.

        The files of a complete side have all its samples.
        """
        self._complete = complete
        self.name = name
        self.files = files
        self.num_samples = num_samples
        self.labels_to_names = labels_to_names

    def __repr__(self) -> str:
        """Say what is in it."""
        return f"<Split {self.name!r} of {self.num_samples} samples in {self.num_classes} classes>"

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.labels_to_names)

    def loader(self, **options: Any) -> Loader:
        """Return a :class:`Loader` of this side of the split.

        Raises:
            DatasetError: there are no images on this side, or not as many as the summary says.
        """
        if not self.files:
            message = f"the split {self.name!r} has no images"
            raise DatasetValueError(message, reason="no images")
        loader = Loader(self.files, **options)
        whole = self._complete and all(options.get(name) is None for name in _FEWER)
        if whole and loader.num_samples != self.num_samples:
            counts = f"{loader.num_samples} images, where the summary says {self.num_samples}"
            reason = f"the split {self.name!r}: the shards have {counts}"
            raise refused(pathlib.Path(self.files[0]).parent, reason)
        return loader

    def as_tf_dataset(self, **options: Any) -> Any:
        """Return a ``tf.data.Dataset`` of batches of this side; options are the Loader's.

        Use ``shuffle=False`` for Keras' ``validation_data``.
        """
        return self.loader(**options).as_tf_dataset()


class ImageDataSet:
    """A dataset that :class:`Image2TFRecords` wrote.

    Args:
        tfrecords_dir: the directory.
        dataset_name: the name it was given.

    Attributes:
        dataset_summary: what ``{name}_summary.json`` says: ``total_number``, ``train_number``,
            ``val_number``, ``test_number`` and the names of the columns of the CSV files.
        labels_to_class_names: class names by label.

    Raises:
        DatasetError: no such summary or labels; also a ``FileNotFoundError``.
    """

    def __init__(self, tfrecords_dir: Path, dataset_name: str = "") -> None:
        """Read the summary and the labels."""
        self.tfrecords_dir = pathlib.Path(tfrecords_dir)
        self.dataset_name = dataset_name
        self._labels_file = self.tfrecords_dir / "labels.csv"
        self.dataset_summary = _summary(self.tfrecords_dir / f"{dataset_name}_summary.json")
        columns = [self.dataset_summary[key] for key in _COLUMNS]
        self.labels_to_class_names = _names(self._labels_file, columns)

    @property
    def labels_df(self) -> pd.DataFrame:
        """``labels.csv`` as a data frame.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415  only this needs it
        except ImportError as error:
            raise ImportError("labels_df needs pandas: pip install pandas") from error
        return pd.read_csv(self._labels_file)

    def get_split(self, split_name: str, file_pattern: str | None = None) -> Split:
        """Return one side of the dataset.

        Args:
            split_name: ``"train"``, ``"validation"`` or ``"test"``.
            file_pattern: names of the files, with ``%s`` for the name of the dataset, ``%s`` for
                that of the split, and wildcards. None for the names that Image2TFRecords gives;
                then all shards of one run must exist, and no others.

        Raises:
            DatasetError: a shard is missing, or there are shards from another run.
            ValueError: no such split, or not a pattern.
        """
        if split_name not in _COUNTS:
            allowed = ", ".join(map(repr, _COUNTS))
            raise ValueError(f"split_name={split_name!r} is not valid: one of {allowed}")
        count = int(self.dataset_summary[_COUNTS[split_name]])
        if file_pattern is None:
            files = self._shards(split_name, count)
            return Split(split_name, files, count, self.labels_to_class_names, complete=True)
        try:
            pattern = file_pattern % (glob.escape(self.dataset_name), split_name)
        except (TypeError, ValueError) as error:
            allowed = "%s for the name, and %s for the split"
            raise ValueError(f"file_pattern={file_pattern!r} is not valid: {allowed}") from error
        files = sorted(str(path) for path in self.tfrecords_dir.glob(pattern))
        if count and not files:
            raise refused(self.tfrecords_dir, f"no file is called {pattern}")
        return Split(split_name, files, count, self.labels_to_class_names)

    def _shards(self, split_name: str, count: int) -> list[str]:
        """Return the shards of a side with ``count`` images: all of one run."""
        start = f"{self.dataset_name}_{split_name}_"
        pattern = re.compile(rf"{re.escape(start)}([0-9]{{5,}})-of-([0-9]{{5,}})\.tfrecord")
        found: dict[int, dict[int, str]] = {}
        for path in self.tfrecords_dir.iterdir():
            if match := pattern.fullmatch(path.name):
                shard, shards = map(int, match.groups())
                found.setdefault(shards, {})[shard] = str(path)
        there = ", ".join(f"{start}*-of-{shards:05}.tfrecord" for shards in sorted(found))
        if len(found) > 1:
            raise refused(self.tfrecords_dir, f"shards of two runs, {there}: remove the older")
        if bool(found) != bool(count):
            reason = f"{there or 'no shard'} is there, where the summary says {count} images"
            raise refused(self.tfrecords_dir, f"the split {split_name!r}: {reason}")
        for shards, files in found.items():
            for shard in {*range(1, shards + 1)} - files.keys():
                name = f"{start}{shard:05}-of-{shards:05}.tfrecord"
                reason = f"shard {shard} of {shards} is missing: {name}"
                raise refused(self.tfrecords_dir, reason)
        return [files[shard] for files in found.values() for shard in sorted(files)]


def _summary(path: pathlib.Path) -> dict[str, Any]:
    """Return what a summary says, including the names of the columns of ``labels.csv``."""
    text = _text(path)
    try:
        found = json_of(text)
    except ValueError as error:
        raise _not_ours(path, f"not JSON: {error}") from error
    names = found if isinstance(found, dict) else {}
    missing = [key for key in _COLUMNS if not isinstance(names.get(key), str)]
    if missing:
        raise _not_ours(path, f"it has no name for {' and '.join(missing)}")
    return names


def _names(path: pathlib.Path, columns: list[str]) -> dict[int, str]:
    """Return the class names by label in a ``labels.csv`` with these columns."""
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise _not_ours(path, f"line {reader.line_num}: {error}") from error
    header = rows[0][1] if rows else []
    if any(column not in header for column in columns):
        named = f"the columns {columns[0]!r} and {columns[1]!r}, which the summary names,"
        raise _not_ours(path, f"{named} are not in it" if rows else "it is empty")
    # Both may have the same name.
    name, label = (0, 1) if header == columns else map(header.index, columns)
    names: dict[int, str] = {}
    for line, row in rows[1:]:
        try:
            names[int(row[label].removesuffix(".0"))] = row[name]
        except (IndexError, ValueError) as error:
            raise _not_ours(path, f"line {line} is not a class and its number") from error
    return names


def _not_ours(path: pathlib.Path, reason: str) -> DatasetValueError:
    return refused(path, f"not what Image2TFRecords writes: {reason}")


def _text(path: pathlib.Path) -> str:
    try:
        return read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_ours(path, f"not UTF-8: {error}") from error


__all__ = ["Image2TFRecords", "ImageDataSet", "Split"]
