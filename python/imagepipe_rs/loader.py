"""The Loader: seeded batches of a dataset of images."""

from __future__ import annotations

import inspect
import operator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from imagepipe_rs import _native
from imagepipe_rs._adapters import adapter
from imagepipe_rs._adapters.numpy import bfloat16
from imagepipe_rs._arguments import Description, extracted
from imagepipe_rs._epochs import Epochs
from imagepipe_rs._errors import Failure
from imagepipe_rs._foreign import cannot_change, explains_keywords, no_attribute
from imagepipe_rs._habits import FOREIGN
from imagepipe_rs._iterator import LoaderIterator
from imagepipe_rs._names import counted, shown
from imagepipe_rs._notes import warn
from imagepipe_rs._paths import Path, current_folder, paths_from
from imagepipe_rs._state import BatchSampler, order_of
from imagepipe_rs._trainers import Trainers
from imagepipe_rs.batch import DEFAULT_FIELDS, Batch, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import numpy.typing as npt

# What a pickled Loader leaves behind, since it is made again; of its epochs it keeps their state.
_MADE_AGAIN = {"_native", "_adapter", "_about", "_epochs"}


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
        given = {name: value for name, value in locals().items() if name != "self"}
        if str(device) != "cpu":  # of PyTorch's devices too
            message = (
                f"device={shown(device)} is not valid: 'cpu' is the only device of this version"
            )
            raise ValueError(message)
        self._given, self._folder = given, current_folder()
        self._adapter = adapter(output)
        unpacked = fields_of(fields, labels)
        if isinstance(dtype, str) and dtype == "bfloat16" and output == "numpy":
            bfloat16()
        arguments = {**extracted(given), **self._more}
        self._native = _native.Loader(arguments)
        warn(self._native.notes())
        rank, world = map(operator.index, arguments["shard"])
        self._about = Description(
            **{name: given[name] for name in _DESCRIBED},
            batch_size=operator.index(batch_size),
            fields=unpacked,
            endless=repeat or sampling == "balanced" or weights is not None,
            rank=rank,
            world=world,
        )
        self._epochs = Epochs(self._native, self._about, order_of(given, self.num_samples))
        self._trainers = Trainers(self._about)

    def __repr__(self) -> str:
        """Say what is in it, and for which rank; no labels are read only to count classes."""
        known = self._native.known_classes
        classes = "" if known is None else f" in {counted(known, 'class')}"
        batches = counted(len(self), "batch")
        if self._about.endless:
            batches = f"endless, {batches} an epoch"
        world = self._about.world
        rank = f" on rank {self._about.rank} of {world}" if world > 1 else ""
        return f"<Loader of {counted(self.num_samples, 'sample')}{classes}, {batches}{rank}>"

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
        """Return an independent iterator over the next epoch, which its first batch takes."""
        self._trainers.check_pass()
        return self._epochs.iterate(self._adapter, ahead=True)

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
        return self._about.batch_size

    @property
    def seed(self) -> int:
        """What everything random but ``split`` depends on."""
        return operator.index(self._given["seed"])

    @property
    def fields(self) -> tuple[str, ...]:
        """What a batch unpacks to."""
        return self._about.fields

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
        return self._epochs.next[0]

    def set_epoch(self, epoch: int) -> None:
        """Start this epoch next; if a state in it was just loaded, continue from there."""
        self._epochs.set_epoch(epoch)

    @property
    def batch_sampler(self) -> BatchSampler:
        """What Lightning looks for, to know the batch size and to set the epoch."""
        return BatchSampler(self._epochs)

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
        return self._epochs.state(batches, position)

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
        self._epochs.load(state)
        self._trainers.check_state(state, self._epochs)

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
        latest = self._epochs.latest()
        ready, begun = latest.load() if latest else (0, 0)
        return {**stats, "queue": {"ready": ready, "begun": begun}}

    def close(self) -> None:
        """Stop the workers of the latest iterator."""
        latest = self._epochs.latest()
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

        return as_tf_dataset(self._epochs)

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
        kept = {name: value for name, value in self.__dict__.items() if name not in _MADE_AGAIN}
        return {**kept, "_stands": self._epochs.where()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it again of the same arguments."""
        stands = state.pop("_stands")
        self.__dict__.update(state)
        path = paths_from(state["_folder"], state["_given"]["path"])
        Loader.__init__(self, **{**state["_given"], "path": path})
        self.__dict__.update(state)
        self._epochs.stand(stands)


_OPTIONS = frozenset(inspect.signature(Loader).parameters)
_DESCRIBED = _OPTIONS & Description.__dataclass_fields__.keys() - {"batch_size", "fields"}

__all__ = ["Batch", "Loader", "LoaderIterator"]
