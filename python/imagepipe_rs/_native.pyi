"""The compiled module, for the modules beside this file; import from `imagepipe_rs` instead."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, TypeAlias, final

from typing_extensions import Buffer, CapsuleType

__all__ = [
    "Batch",
    "Batches",
    "Codec",
    "DeviceTensor",
    "Graph",
    "GraphBatch",
    "GraphBatches",
    "GraphBatching",
    "Loader",
    "RecordReader",
    "RecordWriter",
    "Tensor",
    "__version__",
    "bench",
    "close_cuda",
    "create_images",
    "create_index",
    "create_recordio",
    "create_tensor_records",
    "create_tfrecords",
    "cuda_devices",
    "decode_example",
    "describe",
    "encode_example",
    "graph_operations",
    "is_address",
    "jpeg",
    "jpeg_simd",
    "machine",
    "pack_image",
    "png",
    "record",
    "sheet",
    "split",
    "unpack_image",
    "verify",
    "words",
    "write_whole",
]

def __version__() -> str:  # noqa: N807  the compiled module's name for it
    """Return the version of this package."""

def jpeg_simd() -> bool:
    """Return whether libjpeg-turbo was built with its SIMD code and this processor runs it."""

def words() -> dict[str, list[str]]:
    """Return the words of each argument that is one of a few, by its name."""

def is_address(path: str) -> bool:
    """Return whether a path is an address, such as ``gs://bucket/train``; also ``gs:/bucket``."""

_Arguments: TypeAlias = Mapping[str, Any]
_Progress: TypeAlias = Callable[[int, int], object] | None

# Files, records, bytes, files found finished, what was left out and why, and what the user should
# know of these and of their source.
_Counts: TypeAlias = tuple[int, int, int, int, list[tuple[str, str]], list[str]]

def create_index(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write index files for TFRecord shards; as create_recordio."""

def create_images(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write random images; as create_recordio."""

def create_recordio(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write files into RecordIO."""

def create_tensor_records(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write images into TFRecords of pixels; as create_recordio."""

def create_tfrecords(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write files into TFRecords; as create_recordio."""

def split(arguments: _Arguments, progress: _Progress) -> _Counts:
    """Write images into TFRecords by a stratified split; as create_recordio."""

def machine() -> dict[str, Any]:
    """Return what this processor offers."""

def cuda_devices() -> dict[str, Any]:
    """The CUDA version of the driver, and name, memory, capability and bus of each device."""

def close_cuda() -> None:
    """Forbid driver calls from now on, and wait for those that are under way."""

def describe(arguments: _Arguments, progress: _Progress) -> dict[str, Any]:
    """Return what a dataset consists of."""

def record(arguments: _Arguments) -> dict[str, Any]:
    """Return everything about one sample."""

def verify(arguments: _Arguments, progress: _Progress) -> dict[str, Any]:
    """Return what is damaged in a dataset."""

def bench(loader: Loader, arguments: _Arguments, progress: _Progress) -> dict[str, Any]:
    """Return how fast a loader is, which must repeat."""

def sheet(heading: str, below: str, tiles: list[tuple[bytes, int, int, int, str, str]]) -> bytes:
    """Return a contact sheet as a PNG file.

    A tile is its RGB pixels, width, height, class, label and note.
    """

def png(pixels: bytes, width: int, height: int) -> bytes:
    """Return RGB pixels as a PNG file."""

def jpeg(pixels: bytes, width: int, height: int, quality: int) -> bytes:
    """Return RGB pixels as a JPEG file."""

def write_whole(path: str, data: bytes) -> None:
    """Write a file whole or not at all, replacing one of the same name."""

@final
class Tensor:
    """A dense array in the memory of a batch; 64-byte aligned."""

    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    def __dlpack__(
        self,
        *,
        stream: object = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> CapsuleType: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis."""

    @property
    def dtype(self) -> str:
        """Type of the elements, as a word."""

@final
class DeviceTensor:
    """A dense array in the memory of a batch on a GPU; 256-byte aligned."""

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]: ...
    def __dlpack__(
        self,
        *,
        stream: object = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> CapsuleType: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    @property
    def shape(self) -> tuple[int, ...]:
        """Elements along each axis."""

    @property
    def dtype(self) -> str:
        """Type of the elements, as a word."""

    def to_cpu(self) -> Tensor:
        """A copy in the CPU's memory."""

    def __array__(self, dtype: object = None, *, copy: bool | None = None) -> NoReturn: ...
    def __reduce__(self) -> NoReturn: ...
    def on_lasting_streams(self) -> DeviceTensor:
        """The same array for a consumer whose streams live as long as the process."""

@final
class Batch:
    """A finished batch."""

    def __len__(self) -> int: ...
    @property
    def epoch(self) -> int:
        """The epoch the batch belongs to."""

    @property
    def after(self) -> tuple[int, int]:
        """Epoch and position of all ranks once the batch is consumed."""

    def field(self, name: str) -> Tensor | DeviceTensor | list[Tensor] | None:
        """A field by its name; a list if it is ragged, None if the batch does not have it."""

    def ops(self) -> list[list[tuple[str, float]]] | None:
        """What was done to the pixels of each sample by chance: names and magnitudes."""

    def mixed(self) -> tuple[str, float, tuple[int, int, int, int] | None] | None:
        """How samples were mixed: the word, the share, and the area of the sample before."""

    def paths(self) -> list[str]: ...
    def failures(self) -> list[tuple[str, str]]:
        """Samples that failed and were not met before: path and reason."""

@final
class Batches:
    """An iterator over batches."""

    def next(self) -> Batch | None:
        """Return the next batch, or None at the end."""

    def place(self) -> tuple[int, int] | None:
        """Epoch and position that were handed over; nothing of an iterator that was stopped."""

    def load(self) -> tuple[int, int]:
        """Batches that wait to be taken, and batches that are begun."""

    def stop(self) -> None:
        """End the iterator and its workers."""

@final
class Codec:
    """Decodes images that are in memory, and keeps working memory from one to the next."""

    def __new__(cls) -> Codec: ...
    def decode(self, data: Buffer, arguments: _Arguments) -> Tensor:
        """An array of one image, made on this thread."""

    @staticmethod
    def check(arguments: _Arguments) -> None:
        """Raise what is wrong with the arguments."""

    @staticmethod
    def loader(data: list[Buffer], arguments: _Arguments) -> Loader:
        """A loader whose only batch is these images."""

@final
class Loader:
    """A dataset, ready to be iterated over."""

    def __new__(cls, arguments: _Arguments) -> Loader: ...
    def after(self, epoch: int, position: int, batches: int) -> tuple[int, int]:
        """Epoch and position after a number of batches from a position of an epoch on."""

    def batches(self, epoch: int, position: int, count: int | None = None) -> Batches:
        """The batches from a position of an epoch on: to its end, or `count` of them."""

    @property
    def batches_per_epoch(self) -> int:
        """Batches in an epoch of this rank."""

    @property
    def num_samples(self) -> int:
        """Samples in an epoch of all ranks."""

    @property
    def positions(self) -> int:
        """Positions in an epoch of all ranks."""

    @property
    def classes(self) -> list[str]:
        """Names of the classes, by label; reads all labels if need be."""

    @property
    def class_counts(self) -> list[int]:
        """How many samples each class has, by label; reads all labels if need be."""

    @property
    def known_classes(self) -> int | None:
        """How many classes there are, if that is known already."""

    def paths(self) -> list[str]:
        """The file of each sample; of a record, its file, ``#``, and its number in it."""

    def notes(self) -> list[str]:
        """What a user should know about the files, though it is no error."""

    def device_note(self) -> str | None:
        """Why memory could not be pinned for a GPU, if it could not."""

    def fingerprint(self) -> int:
        """64 bits that depend on the files, their sizes and labels, in order."""

    def errors(self) -> list[tuple[str, int | None, str]]:
        """Every sample that failed: file, the record's first byte in it, reason."""

    def stats(self) -> dict[str, Any]:
        """Counts per stage."""

_Framing: TypeAlias = Literal["TFRecord", "RecordIO"]

@final
class RecordReader:
    """A file of records, open for reading."""

    def __new__(cls, path: str, framing: _Framing, check: bool) -> RecordReader:
        """A file; `check`: checksums must be right."""

    def __len__(self) -> int: ...
    def get(self, index: int) -> bytes:
        """The payload of a record that is there."""

    def key(self, index: int) -> int | None:
        """The key of a record, if there is an index that has keys."""

    @property
    def ignored_index(self) -> str | None:
        """Why the index file was not used."""

@final
class RecordWriter:
    """A file of records that is being written; nothing of it is seen before it is finished."""

    def __new__(cls, path: str, framing: _Framing, index: bool, overwrite: bool) -> RecordWriter:
        """A file that is not there yet, unless `overwrite`."""

    def write(self, data: Buffer, key: int | None) -> None:
        """Append a record."""

    def finish(self) -> None:
        """Give the file its name, unless that is done or given up."""

    def abandon(self) -> None:
        """Give the file up."""

def encode_example(features: Mapping[str, tuple[str, list[Any]]]) -> bytes:
    """The bytes of an Example of features: each the name of its kind, and values of that kind."""

def decode_example(data: Buffer) -> dict[str, list[bytes] | list[float] | list[int]]:
    """The features of an Example: by name, a list of byte strings, of floats or of integers."""

def pack_image(data: Buffer, label: float, labels: list[float], id: int, id2: int) -> bytes:  # noqa: A002
    """An image record: header and image. `labels` takes the place of `label` unless it is empty."""

def unpack_image(record: Buffer) -> tuple[float, list[float], int, int, bytes]:
    """The parts of an image record."""

@final
class Graph:
    """A checked graph, ready to be run."""

    def __new__(
        cls,
        nodes: list[Any],
        outputs: list[tuple[int, str]],
        optimize: bool = True,
        fuse: bool = False,
    ) -> Graph:
        """The graph of nodes, each (name, origin, operation, inputs, constant), and of outputs."""

    @property
    def labels(self) -> list[str]:
        """The outputs' labels, in order."""

    @property
    def types(self) -> list[Any]:
        """The outputs' types, in order."""

    def run(self, seed: int, index: int) -> tuple[Any, ...]:
        """The outputs of a sample."""

    @staticmethod
    def load(path: str) -> tuple[Graph, int]:
        """The graph in a file, and its seed."""

    def save(self, path: str, seed: int, relocatable: bool, replace: bool) -> None:
        """Write the graph to a file."""

    def to_bytes(self, seed: int) -> bytes:
        """What a file of the graph has, with absolute paths."""

    @staticmethod
    def from_bytes(data: bytes) -> tuple[Graph, int]:
        """The graph in the bytes of a file, and its seed."""

    def nodes(
        self,
    ) -> tuple[list[tuple[str, str, str | None, list[int], Any]], list[tuple[int, str]]]:
        """The nodes: name, origin, operation, inputs, constant; and the outputs: node, label.

        A constant is its value, or its type if it is a list or a larger array.
        """

    def profile(
        self, seed: int, start: int, count: int
    ) -> list[tuple[str, str, str | None, int, float]]:
        """Of each node: name, origin, operation, how often it was computed, and seconds."""

    @property
    def operations(self) -> int:
        """How many operations a sample may take."""

    def fingerprint(self) -> int:
        """64 bits that tell the graph from those of other samples."""

@final
class GraphBatching:
    """A graph that is cut into batches."""

    def __new__(cls, graph: Graph, arguments: _Arguments, start: int) -> GraphBatching: ...
    def batches(self, start: int, count: int | None = None) -> GraphBatches:
        """The batches from a sample of all ranks on: `count` of them, or without end."""

    def device_note(self) -> str | None:
        """Why memory could not be pinned for a GPU, if it could not."""

    def errors(self) -> list[tuple[int, str]]:
        """The samples that failed last: number and reason."""

    def stats(self) -> dict[str, Any]:
        """Counts over all iterators."""

@final
class GraphBatches:
    """An iterator over batches of a graph."""

    def next(self) -> GraphBatch | None:
        """Return the next batch, or None at the end."""

    def place(self) -> int | None:
        """The first sample after what was handed over; nothing of an iterator that was stopped."""

    def load(self) -> tuple[int, int]:
        """Batches that wait to be taken, and batches that are begun."""

    def stop(self) -> None:
        """End the iterator and its workers."""

@final
class GraphBatch:
    """A finished batch of a graph."""

    def __len__(self) -> int:
        """Return the number of samples."""

    @property
    def indices(self) -> list[int]:
        """The numbers of the samples."""

    @property
    def after(self) -> int:
        """The first sample of the next batch of all ranks."""

    def failures(self) -> list[tuple[int, str]]:
        """Samples that failed: number and reason."""

    def output(self, output: int) -> Any:
        """What it has of an output: a tensor, or a list of values."""

def graph_operations() -> list[dict[str, Any]]:
    """All operations: name, family, summary, whether it is variadic, and parameters."""
