"""The Loader: seeded batches of a dataset of images."""

from __future__ import annotations

import inspect
import operator
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from imagepipe_rs import _native
from imagepipe_rs._adapters import adapter
from imagepipe_rs._arguments import Description, extracted
from imagepipe_rs._device import delivery
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

    from imagepipe_rs.augment import Policy, Way
    from imagepipe_rs.graph import Graph, Stream

# What a pickled Loader leaves behind, since it is made again; of its epochs it keeps their state.
_MADE_AGAIN = {"_native", "_adapter", "_about", "_epochs"}


class Loader:
    """Seeded, bit-reproducible batches of images from directories, files of records, or a CSV.

    A sample's pixels and label are a pure function of the files, the arguments, ``seed``, the epoch
    and the sample: batches are the same to the bit whatever ``workers``, ``prefetch`` or the load
    of the machine.

    Args:
        path: where the samples are: a path, a list of paths, or a glob. All are of one kind, which
            is detected:

            * image directories: ``root/class-name/**/x.jpg``, where every folder with an image in
              it or below it is a class, and folders of the same name in several roots are one
              class; or flat, with the images in the directory itself and 0 for all labels. Several
              flat directories (``photos/class-*``), or image files from several directories
              (``photos/*/*.jpg``), are classes named after the directories, unless all have the
              same name. Within a class, samples are in the order of their names' bytes (10 before
              2). Hidden files and folders are skipped, and so is what other programs leave there
              (``__MACOSX``, ``@eaDir``, ``lost+found``, ``__pycache__``, recycle bins). Links are
              followed: a folder that several lead to counts in each place; a link back to a folder
              above it does not;
            * TFRecord files (plain, GZIP or ZLIB) of ``tf.train.Example``, or RecordIO files of
              image records, under any names; or a directory of them. Samples are in the natural
              order of the file names (2 before 10), records in their file's order. Index files,
              ``manifest.jsonl``, ``labels.csv`` and ``*_summary.json`` beside them are not samples.
              A ``labels.csv`` names the classes: below a header for its two columns it has a row
              for each class, with the name and the number, in either order;
            * CSV files, in the order of their rows. Each row names a file, relative to the CSV's
              directory, and its class, in the columns ``filename`` and ``class`` if there are both,
              else in the first two. The first line names the columns, and shows whether commas,
              semicolons or tabs separate them; a line ``sep=;`` before it says so. Blanks around a
              cell do not count, unless they are in quotes. A missing file is an error at once; with
              ``on_error`` ``"skip"`` or ``"replace"`` it is a sample that cannot be read, unless
              all are missing. Classes that are all whole numbers (``7``, ``07`` or ``7.0``) are the
              labels themselves; a number among them that cannot be a label (``-1``, ``3.5``,
              ``NaN``) is an error, unless ``classes`` says which classes count, or ``labels=None``.
              There is a class for every number from 0 to the largest, so a label of 65,536 or more
              that is also 16 or more times the number of rows is an error. The same holds for
              records, once something needs all labels (``loader.classes``, one-hot labels, balanced
              draws, splits).

            JPEG, PNG, BMP, GIF and WebP are told apart by content. Records with ``image/format``
            ``tensor`` hold pixels (uint8, ``image/height`` by ``image/width`` by
            ``image/channels``; ``image/order`` ``HWC`` or ``CHW``): nothing is decoded, and images
            that need no resizing are copied as they are.
        batch_size: samples per batch on this rank.
        size: output size in pixels: one number, ``(height, width)``, or None for each image's own
            (with ``batch_size=1`` or ``ragged=True``).
        fit: ``"stretch"`` resizes both sides; ``"crop"`` resizes the short side and cuts out the
            centre; ``"pad"`` resizes the long side and surrounds with ``fill``; ``"random_crop"``
            cuts out a random part, as torchvision's ``RandomResizedCrop``.
        resize_short: with ``fit="crop"``, the short side before cropping.
        scale: with ``fit="random_crop"``, the smallest and largest share of the area.
        ratio: with ``fit="random_crop"``, the smallest and largest aspect ratio.
        fill: with ``fit="pad"``, the colour around the image in 0..255: a number, or one for each
            channel.
        interpolation: ``"bilinear"``, ``"nearest"``, ``"bicubic"``, ``"lanczos"`` or ``"area"``;
            antialiased when shrinking, as in Pillow.
        flip: mirror horizontally with probability 0.5.
        augment: change the pixels of each sample by chance, after cropping, resizing and mirroring,
            before they become floats: ``"randaugment"``, ``"trivial_wide"``, ``"autoaugment"`` or
            ``"augmix"``, or an object with other parameters: :class:`RandAugment`,
            :class:`TrivialAugmentWide`, :class:`AutoAugment` or :class:`AugMix`. Operations and
            their strengths are those of torchvision's v2 transforms on uint8 tensors.
            ``batch.ops`` says what was done. A :class:`imagepipe_rs.graph.Graph` of your own, or a
            stream of one, works too: ``LoaderImage()`` is the image in it, and its one output must
            be an image of the same size and type. What it draws depends on the Loader's seed, the
            epoch and the sample.
        mix: mix each image with the one before it in its batch (the first with the last), and their
            labels, which are then float32, (N, num_classes), with a sum of 1: ``"mixup"``,
            ``"cutmix"``, a :class:`MixUp` or :class:`CutMix`, or several of these, of which each
            batch gets one, as chance decides. There must be two classes or more, and images of one
            size. ``batch.mixed`` says what was done.
        layout: ``"NHWC"`` or ``"NCHW"``.
        dtype: ``"uint8"``, ``"float32"``, ``"float16"`` or ``"bfloat16"``; floats are ``(x / 255 -
            mean) / std``.
        mean: None for 0, ``"imagenet"``, or one number in 0..1 for each channel, in the order of
            ``channels``.
        std: None for 1, ``"imagenet"``, or one number in 0..1 for each channel, in the order of
            ``channels``.
        channels: ``"RGB"``, ``"BGR"`` or ``"GRAY"``; for a JPEG, gray is its Y plane, the result of
            ``tf.io.decode_jpeg`` with ``dct_method="INTEGER_ACCURATE"``, which is not quite that of
            Pillow's ``convert("L")``.
        labels: ``"int"`` for class numbers (int64), ``"one_hot"`` (float32), or None: batches are
            (images, None).
        sampling: ``"epoch"`` for every sample once, ``"balanced"`` for a uniformly drawn class,
            then one of its samples, uniformly: with replacement, and endless.
        weights: draw with replacement, endlessly, by these weights: one per sample of the dataset,
            or one per class, which each of its samples gets (equal ones draw by class size, ``1 /
            count`` all classes equally); a sequence of numbers, an array or a tensor. An epoch, for
            ``len()``, is as many draws as there are samples: ``itertools.islice(loader,
            len(loader))``.
        shuffle: permute each epoch, by ``seed`` and epoch alone. Use False for validation and
            prediction, which then follow the order of the dataset.
        seed: for everything random except ``split``; 0 to 2**64 - 1.
        last_batch: ``"keep"`` gives a shorter batch at the end, ``"drop"`` leaves it out, ``"pad"``
            repeats samples and marks them in ``batch.valid``.
        shard: None or ``(0, 1)`` for all samples, ``(rank, world)`` for a rank's share, or
            ``"auto"`` to take these from what launched the process.
        repeat: never end; epochs are still counted.
        limit: use the first N samples of the dataset.
        split: None, ``("train", fraction)`` or ``("validation", fraction)``: stratified and stable;
            ``fraction`` is the share of validation in both. Of a class of ``n`` samples, validation
            gets ``n * fraction``, rounded to the nearest whole number, halves up, but at least 1
            and at most ``n - 1``; a class of one sample goes to training. Which samples these are
            depends on ``split_seed``, the class and the samples' names alone: adding or removing a
            file moves at most one other file of its class to the other side, and none of another
            class. A sample's name is its path below the class's directory; in a CSV its path as
            listed; in records the last part of ``image/filename``, or without one its position. So
            the same images in another form may be split differently. ``limit`` applies to the
            samples of the chosen side.
        split_seed: for ``split``, 0 to 2**64 - 1; use the same for both sides. It does not depend
            on ``seed``.
        classes: class names; fixes the label numbers and leaves other classes out. A folder without
            images is a class only if it is named here.
        keys: names of the features in TFRecords, if they are not ``{"image": "image/encoded",
            "label": "image/class/label", "text": "image/class/text", "filename":
            "image/filename"}``. With ``"label": None`` all samples are of one class. A record
            without the label, or with one outside 0..2**31 - 1, is an error unless ``labels=None``.
            ``"text"``, the class's name, and ``"filename"``, which keeps a sample on its side of a
            ``split``, are optional.
        allow_outside: let a CSV name files by absolute paths, and above its directory
            (``../x.jpg``); otherwise that is an error.
        exact: decode every pixel before resizing; 99 % of values are within 1 of Pillow's.
            Otherwise images are decoded at the lowest resolution that preserves quality (a PSNR
            of at least 38 dB to ``exact``).
        decoder: what decodes JPEGs; the pixels are the same. ``"auto"`` is this package's own
            decoder where possible (see ``stats()["jpeg"]``), ``"turbo"`` libjpeg-turbo for all;
            ``IMAGEPIPE_JPEG=turbo`` makes that the default.
        exif: apply the orientation from EXIF or, if that has none, from XMP, as Pillow's
            ``exif_transpose`` does.
        on_error: for a sample that cannot be read: ``"raise"`` an error; ``"skip"`` it, which makes
            its batch shorter; or ``"replace"`` it with another one, chosen by seed. If ``"skip"``
            would leave a batch empty, it is filled as with ``"replace"``, with ``batch.valid``
            False throughout, so the number of batches stays the same on every rank. It is an error
            if no sample of the dataset can be read, and so is running out of memory or of open
            files. A damaged record has no class, and is on the training side of a ``split``. Damage
            below the last row that a crop needs is not noticed. Samples left out or replaced are in
            ``errors``, and in warnings of the logger ``"imagepipe_rs"``: one for each of the first
            ten in an iteration, then one for the rest; samples that failed in an earlier iteration
            are not logged again.
        max_errors: an error if more samples than this fail, each counted once over all epochs;
            None for no limit.
        max_pixels: a larger image is an error before any memory is allocated for it.
        workers: decoding threads; None for the number of usable cores.
        prefetch: batches ready ahead of the consumer.
        device: where images and labels are delivered: ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
            ``"cuda"`` is PyTorch's current device if it has initialised CUDA; else, the device of
            the number ``LOCAL_RANK``, which launchers set; else, ``"cuda:0"``. The other fields
            stay on the CPU.
        output: type of images and labels: ``"numpy"``, ``"dlpack"``, ``"tensorflow"``,
            ``"torch"``, ``"jax"`` or ``"cupy"``; None for ``"numpy"`` on the CPU and ``"dlpack"``,
            which is an object with ``__dlpack__``, on a GPU.
        ragged: each image is an array of its own; ``batch.images`` is a list.
        fields: what a batch unpacks to, in this order, as arrays of ``output``: ``"images"`` and
            any of ``"labels"``, ``"valid"``, ``"indices"``, ``"crops"``, ``"flips"`` (see
            :class:`Batch`) and ``"position"``, the epoch and the position after the batch, for
            ``state_dict(position=...)``. An exact evaluation over padded batches needs
            ``fields=("images", "labels", "valid")``; Keras takes ``valid`` as sample weights, for
            its ``weighted_metrics``.

    Arguments cannot be changed later: make another Loader.

    A Loader is pickled as its arguments and the place where its next ``iter()`` starts. Relative
    paths stay relative to the folder it was made in, even if the process changes folders.

    Raises:
        TypeError: an argument of the wrong type, or an unknown one: for names from Keras, PyTorch,
            torchvision, DALI, FFCV and MXNet, the message gives the name here.
        ValueError: an argument of the wrong value.
        GraphError: a graph as ``augment`` that cannot work, or does not give such an image.
        DatasetError: nothing at ``path``, no images there, or datasets of two kinds; a CSV with an
            invalid row; also a ``FileNotFoundError``, ``PermissionError`` or ``ValueError`` where
            that fits.
        RecordError: a file of records that cannot be read.
        DeviceError: a GPU that cannot be used, and why; or a framework that has no CUDA; also a
            ``RuntimeError``.
        ImportError: the framework for ``output`` is not installed.

    Warns:
        DatasetWarning: once for each: files left out, with their number and examples; folders
            without images; classes named after folders that were given one by one; an index or a
            ``labels.csv`` that is not used; several ranks that each read all samples, unless
            ``shard`` says that they should; a worker process of a ``DataLoader`` that reads all
            samples, as all the others do; Lightning's ``overfit_batches`` with a Loader that
            shuffles; memory that cannot be pinned for a GPU.
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
        augment: Literal["randaugment", "trivial_wide", "autoaugment", "augmix"]
        | Policy
        | Graph
        | Stream
        | None = None,
        mix: Literal["mixup", "cutmix"]
        | Way
        | Sequence[Literal["mixup", "cutmix"] | Way]
        | None = None,
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
        device: Literal["cpu", "cuda"] | str = "cpu",  # noqa: PYI051  shows the words
        output: Literal["numpy", "dlpack", "tensorflow", "torch", "jax", "cupy"] | None = None,
        ragged: bool = False,
        fields: Sequence[str] = DEFAULT_FIELDS,
    ) -> None:
        """Find the samples and check the arguments; see the class."""
        self._given = {name: value for name, value in locals().items() if name != "self"}
        self._given["augment"] = _with_stream(augment)
        self._folder = current_folder()
        self._open(self._given)

    def _open(self, given: Mapping[str, Any]) -> None:
        """Find the samples and check the arguments."""
        fields = fields_of(given["fields"], given["labels"])
        # What is wrong with a framework is an error before any file is read.
        target = delivery(given["device"], given["output"], str(given["dtype"]))
        self._adapter = target.adapter
        arguments = {**extracted(given), **self._more, "cuda_device": target.cuda}
        self._native = _native.Loader(arguments)
        warn(self._native.notes())
        rank, world = map(operator.index, arguments["shard"])
        labels = given["labels"] if given["mix"] is None else "one_hot"
        draws = given["sampling"] == "balanced" or given["weights"] is not None
        self._about = Description(
            **{name: given[name] for name in _DESCRIBED},
            batch_size=operator.index(given["batch_size"]),
            fields=fields,
            labels=labels,
            device=target.device,
            endless=given["repeat"] or draws,
            rank=rank,
            world=world,
        )
        self._epochs = Epochs(self._native, self._about, order_of(given, self.num_samples))
        self._epochs.warn_of_device()
        self._trainers = Trainers(self._about)

    def __repr__(self) -> str:
        """Say what is in it, and for which rank, without reading labels to count classes."""
        known = self._native.known_classes
        classes = "" if known is None else f" in {counted(known, 'class')}"
        batches = counted(len(self), "batch")
        if self._about.endless:
            batches = f"endless, {batches} an epoch"
        world = self._about.world
        rank = f" on rank {self._about.rank} of {world}" if world > 1 else ""
        changes = "".join(
            f", {name}={value!r}"
            for name in ("augment", "mix")
            if (value := self._given[name]) is not None
        )
        samples = counted(self.num_samples, "sample")
        return f"<Loader of {samples}{classes}, {batches}{rank}{changes}>"

    if not TYPE_CHECKING:  # for type checkers every name would be an attribute

        def __getattr__(self, name: str) -> NoReturn:
            """Answer the names of other loaders' attributes with the name here."""
            raise no_attribute(self, name)

        def __setattr__(self, name: str, value: Any) -> None:
            """Refuse to set an argument, by its name here or in another loader."""
            # A subclass may have attributes with such names.
            if (name in _OPTIONS or name in FOREIGN) and type(self) is Loader:
                raise cannot_change(name, value, _OPTIONS)
            super().__setattr__(name, value)

    def __len__(self) -> int:
        """Return the number of batches in an epoch of this rank."""
        return self._native.batches_per_epoch

    def __getitem__(self, index: Any) -> NoReturn:
        """Raise an error: a Loader has batches in order, and no single samples."""
        message = (
            f"loader[{shown(index)}]: a Loader makes whole batches in order and takes the place of "
            "a DataLoader: iterate over it as it is, or use "
            "DataLoader(loader.as_torch(), batch_size=None)"
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
        """The seed of everything random except ``split``."""
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

        For a CSV where labels are numbers: ``"0"``, ``"1"``, … up to the largest.

        For records: the names in a ``labels.csv`` beside them; else the text features, or failing
        these ``image/class/synset``, if every class has one of its own; else ``"0"``, ``"1"``, …
        Without a ``labels.csv``, the first access reads the labels of all records, though not their
        images. A ``labels.csv`` about something else, such as files and their classes, is ignored
        with a warning.

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
        """How many samples each class has, by label, over all ranks; read as ``classes`` is."""
        return self._native.class_counts

    @property
    def paths(self) -> list[str]:
        """The samples' files, by ``indices``; for a record its file, ``#`` and its number.

        Every access makes a new list. After a prediction::

            paths = loader.paths
            names = [paths[index] for index in indices]
        """
        return self._native.paths()

    @property
    def errors(self) -> list[Failure]:
        """The samples that failed, each once."""
        return [Failure(*one) for one in self._native.errors()]

    @property
    def fingerprint(self) -> str:
        """A hash of all files, their sizes and labels, as 16 hexadecimal digits; looks at each."""
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
        the batch size and the number of ranks: plain values, in constant time. Batches that were
        handed over count as consumed. If something reads ahead of the consumer, as ``tf.data`` and
        Accelerate do, only the consumer knows how far it is, and has to say so::

            class Checkpoint(keras.callbacks.Callback):
                def on_train_batch_end(self, batch, logs=None):
                    # Right only if every epoch is one pass. With several steps_per_execution,
                    # Keras gives the number of the last, which may be beyond the end.
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
            ValueError: both are given; or more batches than were handed over; or a position that
                no epoch has.
        """
        return self._epochs.state(batches, position)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Make the next ``iter()`` resume there, in any process, on any number of ranks.

        Raises:
            ValueError: not a state, or one of a loader with another order of samples; the message
                says what differs.

        Warns:
            DatasetWarning: Lightning continues in the middle of an epoch, or takes the last batch
                of one for the middle, with another batch size or number of ranks: it counts
                batches, and misses the end of that epoch.
        """
        self._epochs.load(state)
        self._trainers.check_state(state, self._epochs)

    def stats(self) -> dict[str, Any]:
        """Return counts over all iterators so far.

        ``read``, ``decode``, ``resize`` and ``augment`` have ``items``, ``bytes`` and ``seconds``
        (of all workers together); ``wait`` (of the consumer, for batches) has ``items`` and
        ``seconds``, ``deliver`` ``items`` and ``bytes``; ``idle_seconds`` is the time that workers
        had nothing to do; ``queue`` has the batches ``ready`` and ``begun`` of the latest iterator;
        ``jpeg`` has the files that the package's ``own`` decoder decoded and those it left to
        ``libjpeg-turbo``, by reason; ``errors`` counts failures, again in every epoch and for each
        replacement (:attr:`errors` has each sample once). ``bottleneck`` says in words what the
        others wait for: the consumer, if it waits for less than a tenth of the time, or for less
        than half of it while workers have nothing to do; else the loader, by the stage that takes
        most of its workers' time; or too few samples in flight, if those workers have nothing to do
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

        With ``labels=None`` and no ``fields``, its elements are images alone, not (images, None).

        Each pass over it is an epoch. After ``load_state_dict`` in the middle of an epoch a pass
        still has as many batches: it runs into the next epoch, and the next pass continues there.
        Keras asks for the number of batches only once, and would cut every pass to the length of a
        shorter first one. The pass that Keras begins to build a model, under ``tf.distribute`` and
        on its JAX backend, uses up no epoch: ``fit`` starts at the same place. To train endlessly,
        use ``repeat=True``: ``tf.data``'s ``repeat()`` runs ahead into the next pass, so
        ``state_dict(batches=n)`` may give the wrong position.

        With ``last_batch`` ``"drop"`` or ``"pad"`` the number of samples in a batch is part of the
        shapes, unless ``on_error="skip"`` leaves some out. Under ``tf.distribute``, a shard is left
        as it is, and the batches of a Loader without one are distributed.

        It reads the Loader's own batches, not what a subclass's ``__iter__`` makes of them.

        Example::

            train = Loader("train/", dtype="float32", seed=1)
            model.fit(train.as_tf_dataset(), epochs=90)

        Raises:
            ValueError: the loader is ``ragged``, or its batches are on a GPU.
        """
        from imagepipe_rs._adapters.tf_dataset import as_tf_dataset  # noqa: PLC0415  imports TensorFlow

        return as_tf_dataset(self._epochs)

    def as_torch(self) -> Any:
        """Return a ``torch.utils.data.IterableDataset`` of the Loader's ``fields`` as tensors.

        With ``labels=None`` and no ``fields``, its elements are images alone, not (images, None).

        Each pass over it is an epoch. It has ``len()``, ``set_epoch``, ``state_dict`` and
        ``load_state_dict``. Use it as it is, or with ``batch_size=None`` in a ``DataLoader`` or
        torchdata's ``StatefulDataLoader``, since it yields batches. Lightning takes the Loader
        itself, and saves its state in checkpoints.

        It reads the Loader's own batches, not what a subclass's ``__iter__`` or ``state_dict``
        makes of them.

        Example::

            train = Loader("train/", dtype="float32", layout="NCHW", output="torch", seed=1)
            Trainer(max_epochs=90).fit(model, train)  # Lightning

        Raises:
            ImportError: PyTorch is not installed.
            DeviceError: the batches are on a GPU, and PyTorch was built without CUDA.
        """
        adapter("torch", device=self._about.device)  # says what is missing, and how to get it
        from imagepipe_rs._adapters.torch_dataset import as_torch  # noqa: PLC0415  imports PyTorch

        return as_torch(self)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the arguments, and where the next ``iter()`` starts."""
        kept = {name: value for name, value in self.__dict__.items() if name not in _MADE_AGAIN}
        return {**kept, "_stands": self._epochs.where()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it again from the same arguments."""
        stands = state.pop("_stands")
        self.__dict__.update(state)
        self._open({**self._given, "path": paths_from(self._folder, self._given["path"])})
        self._trainers = state["_trainers"]
        self._epochs.stand(stands)


def _with_stream(augment: Any) -> Any:
    """Return an argument as it is kept: a graph as a stream, which can be pickled."""
    if augment is None or isinstance(augment, str):
        return augment
    from imagepipe_rs.graph import Graph, Stream  # noqa: PLC0415  most Loaders have no graph

    return Stream(augment) if isinstance(augment, Graph) else augment


_OPTIONS = frozenset(inspect.signature(Loader).parameters)
_OWN = {"batch_size", "device", "fields", "labels"}
_DESCRIBED = _OPTIONS & Description.__dataclass_fields__.keys() - _OWN

__all__ = ["Batch", "Loader", "LoaderIterator"]
