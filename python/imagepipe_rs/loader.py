"""The Loader: a data set of pictures to seeded batches."""

from __future__ import annotations

import inspect
import logging
import math
import operator
import sys
import weakref
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from imagepipe_rs import _native
from imagepipe_rs._adapters import Adapter, adapter
from imagepipe_rs._adapters.numpy import bfloat16
from imagepipe_rs._arguments import (
    Path,
    as_tuple,
    classes_of,
    current_folder,
    fill_of,
    keys_of,
    pair,
    paths_from,
    paths_of,
    per_channel,
    shard_of,
    shown,
    weights_of,
)
from imagepipe_rs._callers import caller
from imagepipe_rs._errors import Failure
from imagepipe_rs._foreign import FOREIGN, cannot_change, explains_keywords, no_attribute
from imagepipe_rs._iterator import LoaderIterator
from imagepipe_rs._notes import warn
from imagepipe_rs._ranks import (
    MAKE_IT_LATER,
    auto_shard,
    jpeg_decoder,
    places_directory,
    rank_or_none,
)
from imagepipe_rs._state import (
    BatchSampler,
    Progress,
    batches_of,
    epoch_of,
    order_of,
    pair_of,
    place_of,
    state_of,
)
from imagepipe_rs.batch import DEFAULT_FIELDS, Batch, batch_type, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import numpy.typing as npt

_log = logging.getLogger("imagepipe_rs")

_READ_AHEAD = (
    "state_dict() cannot know how far the consumer is where something reads ahead of it (tf.data, Accelerate): use "
    "state_dict(batches=n), or state_dict(position=p) with p from Loader(fields=(..., 'position')). Accelerate itself "
    "saves a DataLoader that it prepared, with DataLoaderConfiguration(use_stateful_dataloader=True); "
    "register_for_checkpointing() is for a Loader that is not prepared"
)

_WHICH = (
    "state_dict() cannot know which iteration is meant: the latest began while another was under way, to look at "
    "pictures or to validate on the same dataset. Give that a Loader of its own, or use state_dict(position=p) with p "
    "from Loader(fields=(..., 'position'))"
)

_TOO_EARLY = (
    "shard='auto' found one rank when the Loader was made, and there are more by now: "
    f"{MAKE_IT_LATER}"
)

_ALL_READ_ALL = (
    "this process is rank {rank} of {world}, and without shard= every rank reads all samples: "
    "shard='auto' deals them out; shard=(0, 1) says that this is intended"
)

_IN_A_WORKER = (
    "each worker process of a DataLoader has a Loader of its own, which reads all samples, in the same order in every "
    "epoch: iterate over the Loader itself, or use DataLoader(loader.as_torch(), batch_size=None, num_workers=0)"
)

_LIGHTNING = (
    "lightning.pytorch.utilities.combined_loader",
    "pytorch_lightning.utilities.combined_loader",
)

_LIGHTNING_FITS = ("lightning.pytorch.loops.fit_loop", "pytorch_lightning.loops.fit_loop")

_OVERFIT = "overfit_batches repeats the same batches only with Loader(..., shuffle=False)"

_OTHER_BATCHES = (
    "Lightning counts batches, and this state was saved with batch_size={} on {}; here it is batch_size={} on {}: "
    "{}. Keep batch_size times the number of ranks as it was, or resume from a checkpoint saved after the epoch"
)

# What a pickled Loader leaves behind.
_MADE_AGAIN = {"_native", "_adapter", "_batch_type", "_latest", "_progress", "_ahead"}


class Loader:
    """Seeded, bit-reproducible batches of images from directories, files of records, or a CSV.

    A sample's pixels and label are a pure function of the files, the arguments, ``seed``, the epoch
    and the sample: batches are the same to the bit whatever ``workers``, ``prefetch`` or the load
    of the machine.

    Args:
        path: where the samples are: a path, a list of paths, or a glob. The kind is found by
            looking, and is one for all:

            * image directories: ``root/class-name/**/x.jpg``, where a class is a folder with an
              image in it or below it, and folders of one name in several roots are one class; or
              flat, with the images in the directory itself, where all labels are 0. Several flat
              directories, as ``photos/class-*`` matches them, or image files from several, as
              ``photos/*/*.jpg`` does, are classes by the names of these directories, if not all are
              called the same. Samples are in the order of the bytes of their names in each class
              (10 before 2). Hidden files and folders, and what other programs keep there
              (``__MACOSX``, ``@eaDir``, ``lost+found``, ``__pycache__``, recycle bins), are passed
              over. Links are followed: a folder that several lead to counts in each of their
              places; one that leads back to a folder above it does not;
            * TFRecord files (plain, GZIP or ZLIB) of ``tf.train.Example``, or RecordIO files of
              image records, under any names; or a directory where they lie. Samples are in the
              natural order of the file names (2 before 10), records in that of the file. Index
              files, ``manifest.jsonl``, ``labels.csv`` and ``*_summary.json`` beside them are no
              samples. A ``labels.csv`` names the classes: below a line that names its two columns
              it has a row for each class, with the name and the number, in either order;
            * CSV files, in the order of their rows: in each a file, relative to the CSV's
              directory, and its class, in the columns ``filename`` and ``class`` if there are both,
              else in the first two. The first line names the columns, and shows whether commas,
              semicolons or tabs separate them; a line ``sep=;`` before it says so. Blanks around a
              cell do not count, unless they are in quotes. A file that is not there is an error at
              once; with ``on_error`` ``"skip"`` or ``"replace"`` it is a sample that cannot be
              read, unless none is. Classes that all are whole numbers (``7``, ``07`` or ``7.0``)
              are the labels themselves; a number among them that cannot be one (``-1``, ``3.5``,
              ``NaN``) is an error, unless ``classes`` says which classes count, or ``labels=None``.
              There is a class for every number from 0 to the greatest, so a label of 65,536 or
              more, and of 16 or more for each row, is an error; so it is in records, once something
              needs all labels (``loader.classes``, one-hot, balanced draws, splits).

            JPEG, PNG, BMP, GIF and WebP are told apart by content. Records with ``image/format``
            ``tensor`` hold pixels (uint8, ``image/height`` by ``image/width`` by
            ``image/channels``; ``image/order`` ``HWC`` or ``CHW``): nothing is decoded, and what
            needs no resizing is copied as it is.
        batch_size: samples per batch on this rank.
        size: output size in pixels: one number, ``(height, width)``, or None for each image's own
            (with ``batch_size=1`` or ``ragged=True``).
        fit: ``"stretch"`` resizes both sides; ``"crop"`` resizes the short side and cuts out the
            centre; ``"pad"`` resizes the long side and surrounds with ``fill``; ``"random_crop"``
            cuts out a random part, as torchvision's ``RandomResizedCrop``.
        resize_short: with ``fit="crop"``, the short side before cropping.
        scale: with ``fit="random_crop"``, least and greatest share of the area.
        ratio: with ``fit="random_crop"``, least and greatest aspect ratio.
        fill: with ``fit="pad"``, the colour around the image in 0..255: a number, or one for each
            channel.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos"`` or ``"area"``;
            antialiased when shrinking, as Pillow does it.
        flip: mirror horizontally with probability 0.5.
        layout: ``"NHWC"`` or ``"NCHW"``.
        dtype: ``"uint8"``, ``"float32"``, ``"float16"`` or ``"bfloat16"``; floats are ``(x / 255 -
            mean) / std``.
        mean: None for 0, ``"imagenet"``, or one number in 0..1 for each channel, in the order of
            ``channels``.
        std: None for 1, ``"imagenet"``, or one number in 0..1 for each channel, in the order of
            ``channels``.
        channels: ``"RGB"``, ``"BGR"`` or ``"GRAY"``; gray of a JPEG is its Y plane, as
            ``tf.io.decode_jpeg`` with ``dct_method="INTEGER_ACCURATE"`` has it, which is not quite
            Pillow's ``convert("L")``.
        labels: ``"int"`` for class numbers (int64), ``"one_hot"`` (float32), or None: batches are
            (images, None).
        sampling: ``"epoch"`` for every sample once, ``"balanced"`` for a class uniformly, then one
            of its samples uniformly, with replacement, endless.
        weights: draw with replacement, endless, by these weights: one per sample of the data set,
            or per class, which each of its samples gets (ones draw classes by their size, ``1 /
            count`` all alike); a sequence of numbers, an array or a tensor. An epoch, for
            ``len()``, is as many draws as there are samples: ``itertools.islice(loader,
            len(loader))``.
        shuffle: permute each epoch, by ``seed`` and epoch alone. False for validation and
            prediction, which then are in the order of the data set.
        seed: of everything random but ``split``, 0 to 2**64 - 1.
        last_batch: ``"keep"`` gives a shorter batch at the end, ``"drop"`` leaves it out, ``"pad"``
            repeats samples and says so in ``batch.valid``.
        shard: None or ``(0, 1)`` for all samples, ``(rank, world)`` for a rank's share, or
            ``"auto"`` for that of what launched the process.
        repeat: never end; the epoch still counts.
        limit: use the first N samples of the data set.
        split: None, ``("train", fraction)`` or ``("validation", fraction)``: stratified and stable;
            ``fraction`` is the share of validation in both. Of a class of ``n`` samples, validation
            gets ``n * fraction``, rounded to the nearest whole number, halves up, but at least 1
            and at most ``n - 1``; a class of one sample is all training. Which ones depends on
            ``split_seed``, the class and the samples' names alone: a file that is added or removed
            moves at most one other file of its class to the other side, and none of another class.
            A sample's name is its path below the class's directory; in a CSV its path as it is
            listed; in records the last part of ``image/filename``, or without one its place. So the
            same images in another form may be split otherwise. ``limit`` counts the samples of the
            side.
        split_seed: of ``split``, 0 to 2**64 - 1; give both sides the same. It does not depend on
            ``seed``.
        classes: class names; fixes the label numbers and leaves other classes out. A folder without
            images is a class only if it is named here.
        keys: names of the features in TFRecords, where they are other than ``{"image":
            "image/encoded", "label": "image/class/label", "text": "image/class/text", "filename":
            "image/filename"}``. ``"label": None``: all samples are of one class. A record without
            the label, or with one that is not in 0..2**31 - 1, is an error unless ``labels=None``.
            ``"text"``, the class's name, and ``"filename"``, which keeps a sample on its side of a
            ``split``, may be missing.
        allow_outside: a CSV may name files by absolute paths, and above its directory
            (``../x.jpg``); otherwise that is an error.
        exact: decode every pixel before resizing; within 1 of Pillow's result for 99 % of values.
            Otherwise images are decoded at the largest saving that leaves them as good (PSNR of 38
            dB and more to ``exact``).
        decoder: what decodes JPEGs; the pixels are the same. ``"auto"`` is this package's own
            decoder where it can (see ``stats()["jpeg"]``), ``"turbo"`` libjpeg-turbo for all;
            ``IMAGEPIPE_JPEG=turbo`` makes that the default.
        exif: apply the orientation that EXIF gives, or where that has none XMP, as Pillow's
            ``exif_transpose``.
        on_error: for a sample that cannot be read: ``"raise"``, ``"skip"`` leaves it out of its
            batch, ``"replace"`` puts another one, chosen by seed, in its place. A batch that would
            be left empty by ``"skip"`` is filled as with ``"replace"``, ``False`` throughout in
            ``batch.valid``: the number of batches stays the same, on every rank. Where no sample of
            the data set can be read, that is an error, and so is running out of memory or of open
            files. A damaged record is of no class, and on the training side of a ``split``. Damage
            beyond the last row that a crop needs is not seen. What is left out or replaced is in
            ``errors``, and a warning in the log, of the logger ``"imagepipe_rs"``: a line each for
            the first ten of an iteration, then one for the rest, and none for a sample that failed
            in an earlier iteration.
        max_errors: more failed samples than this are an error, each counted once in all epochs;
            None for no bound.
        max_pixels: a larger image is an error before any memory is taken for it.
        workers: decoding threads; None for the number of usable cores.
        prefetch: batches ready ahead of the consumer.
        device: ``"cpu"``.
        output: type of images and labels: ``"numpy"``, ``"tensorflow"``, ``"torch"``, ``"jax"`` or
            ``"cupy"``.
        ragged: each image is an array of its own; ``batch.images`` is a list.
        fields: what a batch unpacks to, in this order, as arrays of ``output``: ``"images"`` and
            any of ``"labels"``, ``"valid"``, ``"indices"``, ``"crops"``, ``"flips"`` (see
            :class:`Batch`) and ``"position"``, the epoch and the position after the batch, of which
            ``state_dict(position=...)`` makes a state. An exact evaluation over padded batches
            needs ``fields=("images", "labels", "valid")``; Keras takes ``valid`` as sample weights,
            for its ``weighted_metrics``.

    What an argument says cannot be changed later: make another Loader.

    A Loader can be pickled: by its arguments and the place where its next ``iter()`` starts.
    Relative paths are from where it was made, wherever the process goes.

    Raises:
        TypeError: an argument of the wrong type, or an unknown one: the names that Keras, PyTorch,
            torchvision, DALI, FFCV and MXNet have for something are answered with the name it has
            here.
        ValueError: an argument of the wrong value.
        DatasetError: nothing at ``path``, no images there, or data sets of two kinds; a CSV with a
            row that is no good; also a ``FileNotFoundError``, ``PermissionError`` or ``ValueError``
            where that fits.
        RecordError: a file of records that cannot be read.

    Warns:
        DatasetWarning: once for each: files left out, with their number and examples; folders
            without images; classes that are the names of folders given one by one; an index or a
            ``labels.csv`` that is not used; several ranks that each read all samples, where
            ``shard`` does not say that they should; a worker process of a ``DataLoader`` that reads
            all samples, as each of the others does; Lightning's ``overfit_batches`` of a Loader
            that shuffles.
    """

    # What no argument offers; `imagepipe_rs.tensorflow` does.
    _more: Mapping[str, Any] = MappingProxyType({"floor": False, "rescale": None})

    @explains_keywords
    def __init__(
        self,
        path: Path | Sequence[Path],
        *,
        batch_size: int = 32,
        size: int | tuple[int, int] | None = 224,
        fit: Literal["stretch", "crop", "pad", "random_crop"] = "stretch",
        resize_short: int | None = None,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        fill: int | Sequence[int] = 0,
        interpolation: Literal["bilinear", "nearest", "bicubic", "lanczos", "area"] = "bilinear",
        flip: bool = False,
        layout: Literal["NHWC", "NCHW"] = "NHWC",
        dtype: Literal["uint8", "float32", "float16", "bfloat16"] = "uint8",
        mean: Literal["imagenet"] | Sequence[float] | None = None,
        std: Literal["imagenet"] | Sequence[float] | None = None,
        channels: Literal["RGB", "BGR", "GRAY"] = "RGB",
        labels: Literal["int", "one_hot"] | None = "int",
        sampling: Literal["epoch", "balanced"] = "epoch",
        weights: npt.ArrayLike | None = None,
        shuffle: bool = True,
        seed: int = 0,
        last_batch: Literal["keep", "drop", "pad"] = "keep",
        shard: Literal["auto"] | tuple[int, int] | None = None,
        repeat: bool = False,
        limit: int | None = None,
        split: tuple[Literal["train", "validation"], float] | None = None,
        split_seed: int = 0,
        classes: Sequence[str] | None = None,
        keys: Mapping[str, str | None] | None = None,
        allow_outside: bool = False,
        exact: bool = False,
        decoder: Literal["auto", "turbo"] = "auto",
        exif: bool = True,
        on_error: Literal["raise", "skip", "replace"] = "raise",
        max_errors: int | None = None,
        max_pixels: int = 178_956_970,
        workers: int | None = None,
        prefetch: int = 2,
        device: Literal["cpu"] = "cpu",
        output: Literal["numpy", "tensorflow", "torch", "jax", "cupy"] = "numpy",
        ragged: bool = False,
        fields: Sequence[str] = DEFAULT_FIELDS,
    ) -> None:
        """Find the samples and check the arguments; see the class."""
        self._given = {name: value for name, value in locals().items() if name != "self"}
        if str(device) != "cpu":  # of PyTorch's devices too
            message = (
                f"device={shown(device)} is not valid: 'cpu' is the only device of this version"
            )
            raise ValueError(message)
        self._folder = current_folder()
        self._adapter = adapter(output)
        self._fields = fields_of(fields, labels)
        if isinstance(dtype, str) and dtype == "bfloat16" and output == "numpy":
            bfloat16()
        arguments = {
            "paths": paths_of(path),
            "batch_size": batch_size,
            "size": pair(size),
            "fit": fit,
            "resize_short": resize_short,
            "scale": as_tuple(scale),
            "ratio": as_tuple(ratio),
            "fill": fill_of(fill, channels),
            "interpolation": interpolation,
            "flip": flip,
            "layout": layout,
            "dtype": dtype,
            "mean": per_channel("mean", mean, channels),
            "std": per_channel("std", std, channels),
            "channels": channels,
            "labels": labels,
            "sampling": sampling,
            "weights": weights_of(weights),
            "shuffle": shuffle,
            "seed": seed,
            "last_batch": last_batch,
            "shard": shard_of(shard),
            "repeat": repeat,
            "limit": limit,
            "split": as_tuple(split),
            "split_seed": split_seed,
            "classes": classes_of(classes),
            "keys": keys_of(keys),
            "allow_outside": allow_outside,
            "places": places_directory(),
            "exact": exact,
            "decoder": jpeg_decoder(decoder),
            "exif": exif,
            "on_error": on_error,
            "max_errors": max_errors,
            "max_pixels": max_pixels,
            "workers": workers,
            "prefetch": prefetch,
            "ragged": ragged,
            **self._more,
        }
        self._native = _native.Loader(arguments)
        warn(self._native.notes())
        self._dtype = dtype
        self._on_error_done = "left out" if on_error == "skip" else "replaced"
        self._shape = (arguments["size"], channels, layout, labels)
        self._rank: int
        self._world: int
        self._rank, self._world = arguments["shard"]
        self._ragged = ragged
        self._endless = repeat or sampling == "balanced" or weights is not None
        self._batch_type = batch_type(self._fields)
        self._order = order_of(self._given, self.num_samples)
        self._next = (0, 0)
        self._resumed = False
        self._counted: int | None = None
        self._offset = 0
        self._told: frozenset[str] = frozenset()
        self._latest: weakref.ref[LoaderIterator] | None = None
        self._progress: Progress | None = None
        self._ahead: list[Progress] = []

    def __repr__(self) -> str:
        """Say what is in it, and for which rank; the number of classes only if that takes no reading of labels."""
        known = self._native.known_classes
        classes = "" if known is None else f" in {_counted(known, 'class', 'classes')}"
        samples = _counted(self.num_samples, "sample", "samples")
        batches = _counted(len(self), "batch", "batches")
        if self._endless:
            batches = f"endless, {batches} an epoch"
        rank = f" on rank {self._rank} of {self._world}" if self._world > 1 else ""
        return f"<Loader of {samples}{classes}, {batches}{rank}>"

    if not TYPE_CHECKING:  # for type checkers every name would be an attribute

        def __getattr__(self, name: str) -> NoReturn:
            """Answer the names that other loaders have for something with what it is called here."""
            raise no_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            """Refuse to change what an argument decides, under any name that loaders have for it."""
            # A class of somebody's own may have attributes of such names.
            if (name in _OPTIONS or name in FOREIGN) and type(self) is Loader:
                raise cannot_change(name, value, _OPTIONS)
            super().__setattr__(name, value)

    def __len__(self) -> int:
        """Return the number of batches in an epoch of this rank."""
        return self._native.batches_per_epoch

    def __getitem__(self, index: Any) -> NoReturn:
        """Raise an error that says what a Loader is: it has batches in order, and no single samples."""
        message = (
            f"loader[{shown(index)}]: a Loader makes whole batches in order and takes the place of a DataLoader: "
            "iterate over it as it is, or use DataLoader(loader.as_torch(), batch_size=None)"
        )
        raise TypeError(message)

    def __iter__(self) -> LoaderIterator:
        """Return an iterator over the next epoch, which it takes with its first batch. Iterators are independent."""
        self._check_trainer()
        iterator = LoaderIterator(self, self._adapter, None, exact=True, ahead=True)
        # Not the iterator itself: dropping it is what stops its workers.
        self._latest = weakref.ref(iterator)
        return iterator

    def _iterate(
        self, output: Adapter, *, count: int | None = None, exact: bool = True, looks: bool = False
    ) -> LoaderIterator:
        """Return an iterator for another framework's data set: an epoch, or some batches.

        It starts its workers with the first batch too: there may never be one. One that only
        ``looks`` takes nothing: the next starts where it did. See :class:`Progress` for ``exact``.
        """
        iterator = LoaderIterator(self, output, count, exact=exact, ahead=False, looks=looks)
        self._latest = weakref.ref(iterator)
        return iterator

    def _check_trainer(self) -> None:
        """Warn of what a trainer is about to do with this Loader that nobody will have meant."""
        self._check_worker()
        self._check_ranks()
        self._check_overfit()

    def _check_worker(self) -> None:
        """Warn once where a worker process of a ``DataLoader`` is about to read what each of the others reads."""
        data: Any = sys.modules.get("torch.utils.data")
        if self._given["shard"] is None and data is not None and data.get_worker_info() is not None:
            self._warn_once(_IN_A_WORKER)

    def _check_ranks(self) -> None:
        """Warn once where several ranks are about to read the same samples, and nobody said that they should."""
        if self._given["shard"] is not None:
            return
        rank, world = rank_or_none() or (0, 1)
        if world > 1:
            self._warn_once(_ALL_READ_ALL.format(rank=rank, world=world))

    def _check_overfit(self) -> None:
        """Warn once where Lightning is to repeat the same batches: it cannot turn off the shuffling of a Loader."""
        if not self._given["shuffle"] or caller(*_LIGHTNING) is None:
            return
        fit: Any = caller(*_LIGHTNING_FITS)
        if fit is not None and fit.trainer.overfit_batches > 0:
            self._warn_once(_OVERFIT)

    def _warn_once(self, note: str) -> None:
        if note not in self._told:
            self._told |= {note}
            warn([note])

    def _take(self, count: int | None) -> tuple[int, int]:
        """Give an iterator of this Loader the next epoch, or the next number of batches: return where they start."""
        if self._given["shard"] == "auto" and self._world == 1 < auto_shard()[1]:
            raise RuntimeError(_TOO_EARLY)
        start = self._next
        self._next = (start[0] + 1, 0) if count is None else self._native.after(*start, count)
        self._resumed, self._counted = False, None
        return start

    def _follow(self, progress: Progress) -> None:
        """Let the state be that of an iteration which begins, and note which others are under way.

        They are those through something that reads ahead: of others a user holds the iterator, and
        its state.
        """
        self._ahead = [other for other in self._ahead if not other.is_dropped()]
        progress.rivals = [(other, other.batches) for other in self._ahead]
        self._progress = progress
        if not progress.exact:
            self._ahead.append(progress)

    def __enter__(self) -> Loader:  # noqa: PYI034
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the workers."""
        self.close()

    @property
    def batch_size(self) -> int:
        """Samples per batch on this rank."""
        return operator.index(self._given["batch_size"])

    @property
    def seed(self) -> int:
        """What everything random but ``split`` depends on."""
        return operator.index(self._given["seed"])

    @property
    def fields(self) -> tuple[str, ...]:
        """What a batch unpacks to."""
        return self._fields

    @property
    def num_samples(self) -> int:
        """Samples in an epoch, over all ranks."""
        return self._native.num_samples

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def classes(self) -> list[str]:
        """Names of the classes, by label; one empty name for a flat directory.

        Of a CSV where labels are numbers: ``"0"``, ``"1"``, … up to the greatest.

        Of records: the names in a ``labels.csv`` beside them; else the text features, or failing
        these ``image/class/synset``, where every class has one of its own; else ``"0"``, ``"1"``, …
        Without a ``labels.csv``, the first question reads the labels of all records, though not
        their images. A ``labels.csv`` of something else, such as files and their classes, is
        ignored with a warning.

        Raises:
            RecordError: a record without a label.
        """
        return self._native.classes

    @property
    def class_to_index(self) -> dict[str, int]:
        """The label of each class."""
        return {name: label for label, name in enumerate(self.classes)}

    @property
    def class_counts(self) -> list[int]:
        """How many samples each class has, by label, over all ranks; what it reads and raises is as for ``classes``."""
        return self._native.class_counts

    @property
    def paths(self) -> list[str]:
        """The samples' files, by ``indices``; a record is its file, ``#`` and its number.

        The list is made anew each time. After a prediction::

            paths = loader.paths
            names = [paths[index] for index in indices]
        """
        return self._native.paths()

    @property
    def errors(self) -> list[Failure]:
        """The samples that failed, each once: path, offset (None: the file is the sample), reason."""
        return [Failure(*one) for one in self._native.errors()]

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that depend on the files, their sizes and labels. Looks at every file or label."""
        return f"{self._native.fingerprint():016x}"

    @property
    def epoch(self) -> int:
        """The epoch that the next ``iter()`` starts."""
        return self._next[0]

    def set_epoch(self, epoch: int) -> None:
        """Let the next ``iter()`` start this epoch; if a state in it was just loaded, go on from there."""
        epoch = epoch_of(epoch)
        if not (self._resumed and epoch == self._next[0]):
            self._next = (epoch, 0)
            self._resumed = False
            self._progress = None

    @property
    def batch_sampler(self) -> BatchSampler:
        """What Lightning looks for, to know the batch size and to set the epoch."""
        return BatchSampler(self)

    def _count_epoch(self, epoch: int) -> None:
        """Take the epoch that a framework counts.

        It may count from 0 in every run, whatever the epoch of a state that was loaded: of that it
        takes nothing away, and counts on from there. An epoch beyond that of the state is one that
        it goes to, leaving out the rest.
        """
        self._counted = epoch
        if self._resumed:
            self._offset = max(0, self._next[0] - epoch)
        self.set_epoch(max(0, epoch + self._offset))

    def state_dict(self, *, batches: int | None = None, position: Any = None) -> dict[str, Any]:
        """Return where the latest iterator stands, or where the next would start.

        The state is an epoch, a position, what the order of samples depends on (seed, shuffle, …),
        the batch size and the number of ranks: plain values, in constant time. What was handed over
        counts as consumed. Where something reads ahead of the consumer, as ``tf.data`` and
        Accelerate do, only the consumer knows how far it has come, and says so::

            class Checkpoint(keras.callbacks.Callback):
                def on_train_batch_end(self, batch, logs=None):
                    # Right only where every epoch is a pass. Of several steps_per_execution, Keras
                    # gives the number of the last, which may be beyond the end.
                    state = train.state_dict(batches=min(batch + 1, len(train)))

        Args:
            batches: how many batches were consumed since the latest iteration, or pass over
                ``as_tf_dataset()``, began.
            position: the field ``"position"`` of the last batch that was consumed.

        Raises:
            RuntimeError: neither is given, and something reads ahead; or no position is given, and
                the latest iteration began while another one, through something that reads ahead,
                was under way.
            TypeError: ``batches`` is not a whole number.
            ValueError: both are given; or more batches than were handed over; or no position of an
                epoch.
        """
        if batches is not None and position is not None:
            message = (
                f"batches={shown(batches)} and position={shown(position)}: one of them says it all"
            )
            raise ValueError(message)
        if position is not None:
            return self._state(pair_of(position, self._native.positions))
        if self._progress is not None and self._progress.is_in_doubt():
            raise RuntimeError(_WHICH)
        if batches is not None:
            return self._after(batches)
        if self._progress is not None and not self._progress.exact:
            raise RuntimeError(_READ_AHEAD)
        return self._handed_over()

    def _state(self, place: tuple[int, int]) -> dict[str, Any]:
        return state_of(place, self._order, self.batch_size, self._world)

    def _handed_over(self, together: int = 1) -> dict[str, Any]:
        """Return the state after what was handed over, of which only so many batches ``together`` count."""
        if self._progress is None:
            return self._state(self._next)
        waiting = self._progress.batches % together
        if waiting:
            return self._after(self._progress.batches - waiting)
        return self._state(self._progress.place)

    def _after(self, batches: Any) -> dict[str, Any]:
        """Return the state after a number of batches of the latest iteration."""
        start, most = (
            (self._progress.start, self._progress.batches) if self._progress else (self._next, 0)
        )
        invalid = f"batches={shown(batches)} is not valid:"
        try:
            count = operator.index(batches)
        except TypeError:
            message = f"{invalid} a whole number of batches"
            raise TypeError(message) from None
        if not 0 <= count <= most:
            message = f"{invalid} the latest iteration has handed over {most}"
            raise ValueError(message)
        return self._state(self._native.after(*start, count) if count else start)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Make the next ``iter()`` resume there, in any process, on any number of ranks.

        Raises:
            ValueError: not a state, or of a loader whose order of samples depends on something
                else: which is said.

        Warns:
            DatasetWarning: Lightning goes on in the middle of an epoch, or where it takes the last
                batch of one for the middle, with another batch size or number of ranks: it counts
                batches, and does not come out at the end of that epoch.
        """
        self._next = place_of(state, self._order, self._native.positions)
        self._resumed = True
        if self._counted is not None:
            self._offset = self._next[0] - self._counted
        self._progress = None
        if caller(*_LIGHTNING) is not None:
            self._check_count(state)

    def _check_count(self, state: Mapping[str, Any]) -> None:
        """Warn where the batches before a state and those after it are not as many as Lightning counts in an epoch."""
        before, (_, position) = batches_of(state), self._next
        if before is None or self._endless:
            return
        done, here = -(-position // math.prod(before)), self.batch_size * self._world
        done = done or self._counted_already()
        rest = self.num_samples - position
        left = rest // here if self._given["last_batch"] == "drop" else -(-rest // here)
        if done + left == len(self):
            return
        lost = rest - max(0, len(self) - done) * here
        outcome = "it will neither validate at the end of this epoch nor step schedulers there"
        if lost > 0:
            # Where there are no more than so many batches in an epoch, Lightning may start to count
            # anew.
            outcome = (
                f"up to {_counted(lost, 'sample', 'samples')} of this epoch will not be trained on"
            )
        sizes = (before[0], _ranks(before[1]), self.batch_size, _ranks(self._world))
        warn([_OTHER_BATCHES.format(*sizes, outcome)])

    def _counted_already(self) -> int:
        """Return how many batches Lightning takes away from an epoch that begins.

        A checkpoint saved with the last batch of an epoch is one in its middle, where that epoch
        has more batches now.
        """
        fit: Any = caller(*_LIGHTNING_FITS)
        done = fit.epoch_loop.batch_progress.current.ready if fit is not None else 0
        return done if done < len(self) else 0

    def stats(self) -> dict[str, Any]:
        """Return counts over all iterators so far.

        ``read``, ``decode`` and ``resize`` have ``items``, ``bytes`` and ``seconds`` (of all
        workers together); ``wait`` (of the consumer, for batches) has ``items`` and ``seconds``,
        ``deliver`` ``items`` and ``bytes``; ``idle_seconds`` is time in which workers had nothing
        to do; ``queue`` has the batches ``ready`` and ``begun`` of the latest iterator; ``jpeg``
        has the files that the package's ``own`` decoder decoded and those it left to
        ``libjpeg-turbo``, by reason; ``errors`` counts failures, again in every epoch and of every
        replacement (:attr:`errors` has each sample once). ``bottleneck`` says in words what holds
        the others up: the consumer, if it waits for less than a tenth of the time, or less than
        half of it while workers have nothing to do; else the loader, by the stage that takes most
        of its workers' time; or too few samples in flight, if those workers have nothing to do
        either.
        """
        stats = self._native.stats()
        latest = self._latest and self._latest()
        ready, begun = latest.load() if latest else (0, 0)
        return {**stats, "queue": {"ready": ready, "begun": begun}}

    def close(self) -> None:
        """Stop the workers of the latest iterator."""
        latest = self._latest and self._latest()
        if latest:
            latest.close()

    def as_tf_dataset(self) -> Any:
        """Return a ``tf.data.Dataset`` of (images, labels), or of the Loader's ``fields``.

        With ``labels=None`` and no ``fields`` its elements are images alone; the Loader has
        (images, None).

        Each pass over it is an epoch. After ``load_state_dict`` in the middle of an epoch a pass
        has as many batches all the same: it runs into the next epoch, and the next pass goes on
        there. Keras asks for the number of batches only once, and would cut every pass to the
        length of a shorter first one. The pass that Keras begins to build a model, under
        ``tf.distribute`` and on its JAX backend, takes no epoch: ``fit`` starts where it did. To
        train without end, use ``repeat=True``: ``tf.data``'s ``repeat()`` runs ahead into the next
        pass, so ``state_dict(batches=n)`` may give the wrong position.

        With ``last_batch`` ``"drop"`` or ``"pad"`` the number of samples in a batch is part of the
        shapes, unless ``on_error="skip"`` leaves some out. A shard stays as it is under
        ``tf.distribute``, which deals out the batches of a Loader without one.

        It reads the Loader's own batches: what a subclass's ``__iter__`` makes of them is not in
        it.

        Example::

            train = Loader("train/", dtype="float32", seed=1)
            model.fit(train.as_tf_dataset(), epochs=90)

        Raises:
            ValueError: the loader is ``ragged``.
        """
        from imagepipe_rs._adapters.tf_dataset import as_tf_dataset  # noqa: PLC0415  imports TensorFlow

        return as_tf_dataset(self)

    def as_torch(self) -> Any:
        """Return a ``torch.utils.data.IterableDataset`` of the Loader's ``fields`` as tensors.

        With ``labels=None`` and no ``fields`` its elements are images alone; the Loader has
        (images, None).

        Each pass over it is an epoch. It has ``len()``, ``set_epoch``, ``state_dict`` and
        ``load_state_dict``. Use it as it is, or with ``batch_size=None`` in a ``DataLoader`` or
        torchdata's ``StatefulDataLoader``, since it yields batches. Lightning takes the Loader
        itself, and saves its state in checkpoints.

        It reads the Loader's own batches: what a subclass's ``__iter__`` or ``state_dict`` makes of
        them is not in it.

        Example::

            train = Loader("train/", dtype="float32", layout="NCHW", output="torch", seed=1)
            Trainer(max_epochs=90).fit(model, train)  # Lightning
        """
        from imagepipe_rs._adapters.torch_dataset import as_torch  # noqa: PLC0415  imports PyTorch

        return as_torch(self)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the arguments, and where the next ``iter()`` starts."""
        return {name: value for name, value in self.__dict__.items() if name not in _MADE_AGAIN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it again of the same arguments."""
        self.__dict__.update(state)
        path = paths_from(state["_folder"], state["_given"]["path"])
        Loader.__init__(self, **{**state["_given"], "path": path})
        self.__dict__.update(state)


_OPTIONS = frozenset(inspect.signature(Loader).parameters)


def _ranks(world: int) -> str:
    return _counted(world, "rank", "ranks")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


__all__ = ["Batch", "Loader", "LoaderIterator"]
