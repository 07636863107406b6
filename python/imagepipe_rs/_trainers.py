"""Warnings, each given once, about trainers that use a Loader in a way that is not intended."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from imagepipe_rs._callers import caller
from imagepipe_rs._environment import rank_or_none
from imagepipe_rs._names import counted
from imagepipe_rs._notes import warn
from imagepipe_rs._state import batches_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs._arguments import Description
    from imagepipe_rs._epochs import Epochs

_ALL_READ_ALL = (
    "this process is rank {rank} of {world}, and without shard= every rank reads all samples: "
    "use shard='auto' to divide them among ranks, or shard=(0, 1) if this is intended"
)

_IN_A_WORKER = (
    "each worker process of a DataLoader has a Loader of its own, which reads all samples, in the "
    "same order in every epoch: iterate over the Loader itself, or use "
    "DataLoader(loader.as_torch(), batch_size=None, num_workers=0)"
)

_OVERFIT = "overfit_batches repeats the same batches only with Loader(..., shuffle=False)"

_OTHER_BATCHES = (
    "Lightning counts batches, and this state was saved with batch_size={} on {}; here it is "
    "batch_size={} on {}: {}. Keep batch_size times the number of ranks as it was, or resume from "
    "a checkpoint saved after the epoch"
)

_LIGHTNING = (
    "lightning.pytorch.utilities.combined_loader",
    "pytorch_lightning.utilities.combined_loader",
)

_LIGHTNING_FITS = ("lightning.pytorch.loops.fit_loop", "pytorch_lightning.loops.fit_loop")


class Trainers:
    """Looks at who iterates over a Loader or resumes it."""

    def __init__(self, about: Description) -> None:
        """Have nothing to say yet."""
        self._about = about
        self._told: set[str] = set()

    def check_pass(self) -> None:
        """Warn about the pass that is about to begin."""
        if self._about.shard is None:
            self._check_worker()
            self._check_ranks()
        self._check_overfit()

    def _check_worker(self) -> None:
        """Warn in a worker process of a ``DataLoader``: it reads what each of the others reads."""
        data: Any = sys.modules.get("torch.utils.data")
        if data is not None and data.get_worker_info() is not None:
            self._warn_once(_IN_A_WORKER)

    def _check_ranks(self) -> None:
        """Warn if several ranks are about to read the same samples."""
        rank, world = rank_or_none() or (0, 1)
        if world > 1:
            self._warn_once(_ALL_READ_ALL.format(rank=rank, world=world))

    def _check_overfit(self) -> None:
        """Warn if Lightning is to repeat the same batches: it cannot stop a Loader's shuffling."""
        if not self._about.shuffle or caller(*_LIGHTNING) is None:
            return
        fit: Any = caller(*_LIGHTNING_FITS)
        if fit is not None and fit.trainer.overfit_batches > 0:
            self._warn_once(_OVERFIT)

    def _warn_once(self, note: str) -> None:
        if note not in self._told:
            self._told.add(note)
            warn([note])

    def check_state(self, state: Mapping[str, Any], epochs: Epochs) -> None:
        """Warn if a state that was just loaded makes Lightning miscount the batches of an epoch."""
        before = batches_of(state)
        if before is None or self._about.endless or caller(*_LIGHTNING) is None:
            return
        native, position = epochs.native, epochs.next[1]
        length, step = native.batches_per_epoch, self._about.batch_size * self._about.world
        done = -(-position // math.prod(before)) or _counted_already(length)
        rest = native.num_samples - position
        left = rest // step if self._about.last_batch == "drop" else -(-rest // step)
        if done + left == length:
            return
        lost = rest - max(0, length - done) * step
        outcome = "it will neither validate at the end of this epoch nor step schedulers there"
        if lost > 0:
            # If an epoch has no more than this many batches, Lightning may start counting anew.
            outcome = f"up to {counted(lost, 'sample')} of this epoch will not be trained on"
        there = before[0], counted(before[1], "rank")
        here = self._about.batch_size, counted(self._about.world, "rank")
        warn([_OTHER_BATCHES.format(*there, *here, outcome)])


def _counted_already(length: int) -> int:
    """Return how many batches Lightning takes off an epoch that begins.

    A checkpoint saved with the last batch of an epoch is in the middle of one if the epoch has
    more batches now.
    """
    fit: Any = caller(*_LIGHTNING_FITS)
    done: int = fit.epoch_loop.batch_progress.current.ready if fit is not None else 0
    return done if done < length else 0
