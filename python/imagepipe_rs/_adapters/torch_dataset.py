"""A Loader as a PyTorch dataset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from torch.utils.data import IterableDataset, get_worker_info

from imagepipe_rs._adapters import adapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from imagepipe_rs.loader import Loader


class _Batches(IterableDataset[Any]):
    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self.loader = loader

    def __iter__(self) -> Iterator[Any]:
        if get_worker_info() is not None:
            message = "as_torch() loads on threads of its own: use DataLoader(..., num_workers=0)"
            raise RuntimeError(message)
        reader = _accelerate()
        if reader == "DataLoaderDispatcher" and self.loader._world > 1:  # noqa: SLF001
            message = (
                "accelerator.prepare() deals the batches that rank 0 reads out to all ranks, and never reads those of "
                "the others: give the Loader no shard=, or do not prepare() it"
            )
            raise RuntimeError(message)
        # Accelerate reads one batch ahead, to know which is the last.
        return self._batches(exact=not reader)

    def _batches(self, *, exact: bool) -> Iterator[Any]:
        """Begin the epoch with its first batch: an iterator that is made and never used begins none."""
        for batch in self.loader._begin(adapter("torch"), exact=exact):  # noqa: SLF001
            yield batch._element()  # noqa: SLF001

    def __len__(self) -> int:
        return len(self.loader)

    def set_epoch(self, epoch: int) -> None:
        """As the Loader's; but frameworks call it too, which must not undo ``load_state_dict``."""
        loader = self.loader
        if loader._resumed and epoch != loader.epoch:  # noqa: SLF001
            message = (
                f"set_epoch({epoch}) would undo load_state_dict(), whose state is in epoch {loader.epoch}: "
                f"call set_epoch({loader.epoch}), with Accelerate that of what prepare() returned"
            )
            raise ValueError(message)
        loader.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the state after what was handed over: whoever reads ahead asks at the right moment."""
        return self.loader._handed_over()  # noqa: SLF001

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """As the Loader's."""
        self.loader.load_state_dict(state)


def _accelerate() -> str:
    """Return the name of Accelerate's class that is about to read the dataset, if one is."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  nothing else tells who calls
    while frame is not None:
        if frame.f_globals.get("__name__") == "accelerate.data_loader":
            return frame.f_code.co_qualname.partition(".")[0]
        frame = frame.f_back
    return ""


def as_torch(loader: Loader) -> Any:
    """Return an iterable dataset of the loader's fields as tensors; of images where there are no labels."""
    return _Batches(loader)
