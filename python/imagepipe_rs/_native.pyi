"""The compiled module. Its users are the modules beside this file; import from `imagepipe_rs` instead."""

from collections.abc import Mapping
from typing import Any, final

from typing_extensions import Buffer, CapsuleType

__all__ = ["Batch", "Batches", "Codec", "Loader", "Tensor", "__version__", "jpeg_simd"]

def __version__() -> str:  # noqa: N807  the compiled module's name for it
    """Return the version of this package."""

def jpeg_simd() -> bool:
    """Return whether libjpeg-turbo was built with its SIMD code and this processor runs it."""

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

@final
class Batch:
    """A finished batch."""

    def __len__(self) -> int: ...
    @property
    def epoch(self) -> int:
        """The epoch the batch belongs to."""

    def images(self) -> Tensor | list[Tensor]:
        """One tensor, or a list of them if ragged."""

    def labels(self) -> Tensor | None: ...
    def indices(self) -> Tensor: ...
    def crops(self) -> Tensor: ...
    def flips(self) -> Tensor: ...
    def valid(self) -> Tensor: ...
    def paths(self) -> list[str]: ...
    def failures(self) -> list[tuple[str, str]]:
        """Samples that failed and were not met before: path and reason."""

@final
class Batches:
    """An iterator over batches."""

    def next(self) -> Batch | None:
        """Return the next batch, or None at the end."""

    def place(self) -> tuple[int, int]:
        """Epoch and position that were handed over."""

    def load(self) -> tuple[int, int]:
        """Batches that wait to be taken, and batches that are begun."""

    def stop(self) -> None:
        """End the iterator and its workers."""

@final
class Codec:
    """Decodes pictures that are in memory, and keeps working memory from one to the next."""

    def __new__(cls) -> Codec: ...
    def decode(self, data: Buffer, arguments: Mapping[str, Any]) -> Batch:
        """A batch of one picture, made on this thread."""

    @staticmethod
    def check(arguments: Mapping[str, Any]) -> None:
        """Raise what is wrong with the arguments."""

    @staticmethod
    def loader(data: list[Buffer], arguments: Mapping[str, Any]) -> Loader:
        """A loader whose only batch is these pictures."""

@final
class Loader:
    """A data set, ready to be iterated over."""

    def __new__(cls, arguments: Mapping[str, Any]) -> Loader: ...
    def batches(self, epoch: int, position: int) -> Batches:
        """The batches from a position of an epoch on."""

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
        """Names of the classes, by label; reads all labels if they are not known otherwise."""

    @property
    def known_classes(self) -> int | None:
        """How many classes there are, if that is known already."""

    def notes(self) -> list[str]:
        """What a user should know about the files, though it is no error."""

    def fingerprint(self) -> int:
        """64 bits that depend on the files, their sizes and labels, in order."""

    def errors(self) -> list[tuple[str, int | None, str]]:
        """Every sample that failed: file, the record's first byte in it if the file holds many, reason."""

    def stats(self) -> dict[str, Any]:
        """Counts per stage."""
