"""A Loader as a PyTorch dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.utils.data import IterableDataset, default_collate, get_worker_info

from imagepipe_rs._adapters import adapter
from imagepipe_rs._callers import caller
from imagepipe_rs._environment import auto_shard, rank_or_none
from imagepipe_rs.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagepipe_rs._epochs import Epochs
    from imagepipe_rs.loader import Loader


# The state of a rank whose batches another rank reads: it may end up in the place of the real one.
_READ_ELSEWHERE = {"read_by_rank": 0}


class _Batches(IterableDataset[Any]):
    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self.loader = loader

    @property
    def _epochs(self) -> Epochs:
        return self.loader._epochs  # noqa: SLF001  a worker process has none before it is made again

    def __iter__(self) -> Iterator[Any]:
        if get_worker_info() is not None:
            message = "as_torch() loads on threads of its own: use DataLoader(..., num_workers=0)"
            raise RuntimeError(message)
        if _stacks_batches():
            message = "as_torch() yields whole batches: use DataLoader(..., batch_size=None)"
            raise RuntimeError(message)
        reader = _accelerate()
        if not _dispatches(reader):
            self.loader._trainers.check_pass()  # noqa: SLF001
        elif self._epochs.about.world > 1:
            message = (
                "accelerator.prepare() distributes the batches of rank 0 to all ranks, and "
                "never reads those of the others: give the Loader no shard=, or do not prepare() it"
            )
            raise RuntimeError(message)
        elif _processes() > 1:
            _refuse_short_batches(self._epochs)
        # Accelerate reads one batch ahead, to know which is the last.
        batches = self._epochs.iterate(adapter("torch"), exact=reader is None)
        return map(Batch._element, batches)  # noqa: SLF001

    def __len__(self) -> int:
        return len(self.loader)

    def set_epoch(self, epoch: int) -> None:
        """Start this epoch next; after ``load_state_dict``, continue and count from there."""
        self._epochs.count_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the state after what was handed over; what reads ahead asks in time."""
        reader = _accelerate()
        if _reads_nothing(reader):
            return dict(_READ_ELSEWHERE)
        return self._epochs.handed_over(_dealt_together(reader))

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """As the Loader's."""
        if _reads_nothing(_accelerate()):
            return
        if state == _READ_ELSEWHERE:
            message = (
                "this is the state of a rank that read nothing: rank 0 reads for all, and "
                "accelerator.save_state() has every rank write the same file. Save "
                "prepared.state_dict() of rank 0, or give accelerator.prepare() the Loader itself, "
                "with shard='auto'"
            )
            raise ValueError(message)
        self.loader.load_state_dict(state)


def _accelerate() -> Any:
    """Return Accelerate's object that is about to read the dataset or to ask for its state."""
    return caller("accelerate.data_loader")


def _stacks_batches() -> bool:
    """Say whether a ``DataLoader`` is about to make batches of batches."""
    fetcher = caller("torch.utils.data._utils.fetch")
    # With a function of the user's own, they know what they get.
    return (
        getattr(fetcher, "auto_collation", False)
        and getattr(fetcher, "collate_fn", None) is default_collate
    )


def _dispatches(reader: Any) -> bool:
    # Accelerate's loaders give themselves out for PyTorch's by `__class__`.
    return type(reader).__name__ == "DataLoaderDispatcher"


def _processes() -> int:
    return (rank_or_none() or (0, 1))[1]


def _refuse_short_batches(epochs: Epochs) -> None:
    """Refuse short batches before the last: Accelerate would drop samples of them."""
    about = epochs.about
    keeps_short = about.last_batch == "keep" and epochs.native.num_samples % about.batch_size
    if about.on_error == "skip":
        reason, instead = "on_error='skip'", "on_error='replace'"
    elif about.repeat and keeps_short:
        reason, instead = "repeat=True", "last_batch='drop' or 'pad'"
    else:
        return
    message = (
        "accelerator.prepare() splits batches into equal parts, and drops good samples of those "
        f"that {reason} leaves shorter: give the Loader {instead}, or give it shard='auto' and do "
        "not prepare() it"
    )
    raise RuntimeError(message)


def _reads_nothing(reader: Any) -> bool:
    return _dispatches(reader) and auto_shard()[0] != 0


def _dealt_together(reader: Any) -> int:
    """Return how many batches are dealt out at a time; the state is asked for before each."""
    if not _dispatches(reader) or reader.end_of_dataloader:
        return 1
    # A reader that is being made has none of these yet, and has read nothing.
    if getattr(reader, "split_batches", True) or getattr(reader, "submesh_tp", None):
        return 1
    return int(reader.state.num_processes)


def as_torch(loader: Loader) -> Any:
    """Return an iterable dataset of a Loader's fields as tensors, or of images without labels."""
    return _Batches(loader)
