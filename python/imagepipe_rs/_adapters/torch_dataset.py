"""A Loader as a PyTorch dataset."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from torch.utils.data import IterableDataset, get_worker_info

from imagepipe_rs._adapters import adapter
from imagepipe_rs.batch import Batch

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
        batches = self.loader._iterate(adapter("torch"), exact=not reader)  # noqa: SLF001
        return map(Batch._element, batches)  # noqa: SLF001

    def __len__(self) -> int:
        return len(self.loader)

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass start this epoch; after ``load_state_dict``, go on and count on from there."""
        self.loader.batch_sampler.set_epoch(epoch)

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
