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
    test_size)`` to test and the rest to training, chosen by ``seed`` and the class's name: the same
    every time, whatever other classes there are. Where ``val_size + test_size`` is 1, nothing is
    left for training, and what the rounding leaves goes to test. A side that was asked for and gets
    no image is warned of. These are image2tfrecords' numbers: a small class may have no image in
    validation or test, where the Loader's ``split`` leaves neither side of a class of two or more
    empty. The two choose different images.

    Args:
        image_path: where the images are: what the file names of ``image2class_file`` are relative
            to; or, without one, a directory with one directory for each class.
        image2class_file: CSV file with a header, then a file name and a class in each row: in the
            columns ``filename`` and ``class`` if there are both, else in the first two. Commas,
            semicolons or tabs separate them. The names are relative to ``image_path``, and stay in
            it.
        class2id_file: CSV file with a header, then a class and its number in each row. None:
            classes that all are whole numbers are the labels themselves, as for the Loader; others
            are numbered from 0 in the order in which they come up (in sorted order for
            directories).
        dataset_name: what all output files' names begin with.
        val_size: share of validation, 0 to 1.
        test_size: share of test, 0 to 1.
        num_shards: shards of each of the three; fewer if there are fewer images. Their sizes differ
            by one at most.
        seed: of the choice and the order.
        allow_outside: ``image2class_file`` may name files by absolute paths, and above
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
        """Keep what is asked for; :meth:`create_tfrecords` reads and checks it."""
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
        summary is written last: where it is, all is.

        Args:
            output_dir: directory of the files; made if it is not there. It holds one data set:
                their labels would be in the same file.
            check: how inputs are checked before anything is written: ``"decode"`` decodes every
                image whole, as ``imagepipe verify`` does, at the speed of a Loader; ``"headers"``
                only looks at how each file begins.
            on_error: ``"raise"``, or ``"skip"`` to leave out images that cannot be used; they are
                listed in the result and in the manifest, and what is left is split and written as
                if they were not there.
            index: also ``SHARD.idx``, a line of offset and size for each record; see
                :func:`create_index`.
            manifest: also ``manifest.jsonl``, a line for each record.
            overwrite: replace what is there; otherwise that is an error.
            resume: keep the shards that are finished, and write the others.
            workers: threads; None for the number of usable cores.
            progress: called with the images done and all there are, on this thread, about ten times
                a second; an image that is checked and not written yet counts half.

        Returns:
            What was written.

        Raises:
            DatasetError: a CSV file with a row that cannot be (by its line), an image that is not
                there, or an output that is there already (also a ``FileExistsError``) or cannot be
                written (also an ``OSError``).
            DecodeError: files that are damaged, or no images; ``damaged`` lists all of them, and
                what cannot be read.
            TypeError: an argument of the wrong type.
            ValueError: an argument of the wrong value; an ``output_dir`` that is ``image_path``, or
                in it.
        """
        return run(_native.split, {**self._arguments, **locals()})


class Split:
    """One side of a data set that :class:`Image2TFRecords` wrote.

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
        """Keep what there is; for :meth:`ImageDataSet.get_split`. The files of a complete side have all its samples."""
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
            reason = f"the shards have {loader.num_samples} images, where the summary says {self.num_samples}"
            raise refused(pathlib.Path(self.files[0]).parent, f"the split {self.name!r}: {reason}")
        return loader

    def as_tf_dataset(self, **options: Any) -> Any:
        """Return a ``tf.data.Dataset`` of batches of this side; options are the Loader's.

        For Keras' ``validation_data`` say ``shuffle=False``.
        """
        return self.loader(**options).as_tf_dataset()


class ImageDataSet:
    """A data set that :class:`Image2TFRecords` wrote.

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
        summary = self.tfrecords_dir / f"{dataset_name}_summary.json"
        self.dataset_summary = _summary(summary)
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
        """Return one side of the data set.

        Args:
            split_name: ``"train"``, ``"validation"`` or ``"test"``.
            file_pattern: name of the files, with ``%s`` for the name of the data set and ``%s`` for
                the split's, and wildcards. None for the names that Image2TFRecords gives; then all
                shards of one run must be there.

        Raises:
            DatasetError: a shard is missing, or there are some of another run.
            ValueError: no such split, or not a pattern.
        """
        if split_name not in _COUNTS:
            message = (
                f"split_name={split_name!r} is not valid: one of {', '.join(map(repr, _COUNTS))}"
            )
            raise ValueError(message)
        count = int(self.dataset_summary[_COUNTS[split_name]])
        if file_pattern is None:
            files = self._shards(split_name, count)
            return Split(split_name, files, count, self.labels_to_class_names, complete=True)
        try:
            pattern = file_pattern % (glob.escape(self.dataset_name), split_name)
        except (TypeError, ValueError) as error:
            message = (
                f"file_pattern={file_pattern!r} is not valid: %s for the name, and %s for the split"
            )
            raise ValueError(message) from error
        files = sorted(str(path) for path in self.tfrecords_dir.glob(pattern))
        if count and not files:
            raise refused(self.tfrecords_dir, f"no file is called {pattern}")
        return Split(split_name, files, count, self.labels_to_class_names)

    def _shards(self, split_name: str, count: int) -> list[str]:
        """Return the shards of a side with ``count`` images: all of one run, and no others."""
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
            for shard in range(1, shards + 1):
                if shard not in files:
                    name = f"{start}{shard:05}-of-{shards:05}.tfrecord"
                    reason = f"shard {shard} of {shards} is missing: {name}"
                    raise refused(self.tfrecords_dir, reason)
            return [files[shard] for shard in range(1, shards + 1)]
        return []


def _summary(path: pathlib.Path) -> dict[str, Any]:
    """Return what a summary says, the names of the columns of ``labels.csv`` among it."""
    text = _text(path)
    try:
        found = json_of(text)
    except ValueError as error:
        raise _not_ours(path, f"no JSON: {error}") from error
    names = found if isinstance(found, dict) else {}
    missing = [key for key in _COLUMNS if not isinstance(names.get(key), str)]
    if missing:
        raise _not_ours(path, f"it has no name for {' and '.join(missing)}")
    return names


def _names(path: pathlib.Path, columns: list[str]) -> dict[int, str]:
    """Return the class names by label of a ``labels.csv``, whose columns of classes and labels are called so."""
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise _not_ours(path, f"line {reader.line_num}: {error}") from error
    header = rows[0][1] if rows else []
    if any(column not in header for column in columns):
        there = (
            f"the columns {columns[0]!r} and {columns[1]!r}, which the summary names, are not in it"
        )
        raise _not_ours(path, there if rows else "it is empty")
    # Both may be called the same.
    name, label = (0, 1) if header == columns else map(header.index, columns)
    names: dict[int, str] = {}
    for line, row in rows[1:]:
        try:
            names[int(row[label].removesuffix(".0"))] = row[name]
        except (IndexError, ValueError) as error:
            raise _not_ours(path, f"line {line} has no class and its number") from error
    return names


def _not_ours(path: pathlib.Path, reason: str) -> DatasetValueError:
    return refused(path, f"not what Image2TFRecords writes: {reason}")


def _text(path: pathlib.Path) -> str:
    try:
        return read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_ours(path, f"not UTF-8: {error}") from error


__all__ = ["Image2TFRecords", "ImageDataSet", "Split"]
