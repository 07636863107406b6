"""A Loader as a PyTorch dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.utils.data import IterableDataset, get_worker_info

from imagepipe_rs._adapters import adapter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.loader import Loader


class _Batches(IterableDataset[Any]):
    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self.loader = loader

    def __iter__(self) -> Iterator[Any]:
        if get_worker_info() is not None:
            message = "as_torch() loads on threads of its own: use DataLoader(..., num_workers=0)"
            raise RuntimeError(message)
        for batch in self.loader._batches_as(adapter("torch")):  # noqa: SLF001
            yield batch.images if batch.labels is None else (batch.images, batch.labels)

    def __len__(self) -> int:
        return len(self.loader)


def as_torch(loader: Loader) -> Any:
    """Return an iterable dataset of (images, labels) tensors, or of images where there are no labels."""
    return _Batches(loader)
