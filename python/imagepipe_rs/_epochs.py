"""A Loader's iterators and where they stand."""

from __future__ import annotations

import operator
import weakref
from typing import TYPE_CHECKING, Any

from imagepipe_rs._environment import MAKE_IT_LATER, auto_shard
from imagepipe_rs._iterator import LoaderIterator
from imagepipe_rs._names import shown
from imagepipe_rs._notes import warn
from imagepipe_rs._state import epoch_of, pair_of, place_of, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs import _native
    from imagepipe_rs._adapters import Adapter
    from imagepipe_rs._arguments import Description
    from imagepipe_rs._state import Place, Progress

_READ_AHEAD = (
    "state_dict() cannot know how far the consumer is if something reads ahead of it (tf.data, "
    "Accelerate): use state_dict(batches=n), or state_dict(position=p) with p from "
    "Loader(fields=(..., 'position')). Accelerate itself saves a DataLoader that it prepared, with "
    "DataLoaderConfiguration(use_stateful_dataloader=True); register_for_checkpointing() is for a "
    "Loader that is not prepared"
)

_WHICH = (
    "state_dict() cannot know which iteration is meant: the latest began while another was under "
    "way, to look at images or to validate on the same dataset. Give that a Loader of its own, or "
    "use state_dict(position=p) with p from Loader(fields=(..., 'position'))"
)

_TOO_EARLY = (
    "shard='auto' found one rank when the Loader was made, and there are more by now: "
    f"{MAKE_IT_LATER}"
)


class Epochs:
    """Hands out a Loader's epochs, and says where the next one starts."""

    def __init__(
        self, native: _native.Loader, about: Description, order: Mapping[str, Any]
    ) -> None:
        """Start with epoch 0; ``order`` is what the order of samples depends on."""
        self.native = native
        self.about = about
        self.next: Place = (0, 0)
        self.progress: Progress | None = None
        self.count: int | None = None
        """The epoch that a framework counts, once it has said so and until the next one begins."""
        self._order = order
        self._resumed = False
        self._offset = 0
        self._latest: weakref.ref[LoaderIterator] | None = None
        self._ahead: list[Progress] = []
        self._is_warned = False

    def where(self) -> tuple[Any, ...]:
        """Return where the next epoch starts, for another process."""
        return self.next, self.count, self._resumed, self._offset

    def stand(self, where: tuple[Any, ...]) -> None:
        """Start the next epoch where another process would."""
        self.next, self.count, self._resumed, self._offset = where

    def iterate(
        self,
        output: Adapter,
        *,
        count: int | None = None,
        exact: bool = True,
        ahead: bool = False,
        looks: bool = False,
    ) -> LoaderIterator:
        """Return an iterator over the next epoch, or over ``count`` batches.

        Args:
            output: makes arrays of the batches.
            count: how many batches; None for the epoch.
            exact: as in :class:`Progress`.
            ahead: start the workers at once, not with the first batch. A framework's dataset may
                never ask for one.
            looks: take nothing: the next iterator starts at the same place.
        """
        iterator = LoaderIterator(self, output, count, exact=exact, ahead=ahead, looks=looks)
        # Not the iterator itself: its workers stop when it is dropped.
        self._latest = weakref.ref(iterator)
        return iterator

    def warn_of_device(self) -> None:
        """Warn once if memory could not be pinned for a GPU."""
        if self._is_warned or self.about.device == "cpu":
            return
        note = self.native.device_note()
        if note is not None:
            self._is_warned = True
            warn([note])

    def latest(self) -> LoaderIterator | None:
        """Return the latest iterator if it still exists."""
        return None if self._latest is None else self._latest()

    def take(self, count: int | None) -> Place:
        """Give an iterator the next epoch, or ``count`` batches: return where they start."""
        if self.about.shard == "auto" and self.about.world == 1 < auto_shard()[1]:
            raise RuntimeError(_TOO_EARLY)
        start = self.next
        self.next = (start[0] + 1, 0) if count is None else self.native.after(*start, count)
        self._resumed, self.count = False, None
        return start

    def follow(self, progress: Progress) -> None:
        """Let the state be that of a new iteration, and note which others are under way.

        These are the ones that something reads ahead from: the user holds the others' iterators,
        and with them their states.
        """
        self._ahead = [other for other in self._ahead if not other.is_dropped()]
        progress.rivals = [(other, other.batches) for other in self._ahead]
        self.progress = progress
        if not progress.exact:
            self._ahead.append(progress)

    def set_epoch(self, epoch: Any) -> None:
        """Start this epoch next; after loading a state in it, continue from there."""
        epoch = epoch_of(epoch)
        if not (self._resumed and epoch == self.next[0]):
            self.next = (epoch, 0)
            self._resumed = False
            self.progress = None

    def count_epoch(self, epoch: int) -> None:
        """Take the epoch that a framework counts.

        A framework may count from 0 in every run, whatever the epoch of the state that was loaded:
        the first call after loading keeps that epoch, and later ones count on from it. A higher
        epoch than that of the state skips what is left of it.
        """
        self.count = epoch
        if self._resumed:
            self._offset = max(0, self.next[0] - epoch)
        self.set_epoch(max(0, epoch + self._offset))

    def load(self, state: Mapping[str, Any]) -> None:
        """Start next where a state says."""
        self.next = place_of(state, self._order, self.native.positions)
        self._resumed = True
        if self.count is not None:
            self._offset = self.next[0] - self.count
        self.progress = None

    def state(self, batches: Any = None, position: Any = None) -> dict[str, Any]:
        """Return the state after so many batches, at a position, or after what was handed over."""
        if batches is not None and position is not None:
            both = f"batches={shown(batches)} and position={shown(position)}"
            message = f"{both} are not valid: give one of them"
            raise ValueError(message)
        if position is not None:
            return self.state_at(pair_of(position, self.native.positions))
        if self.progress is not None and self.progress.is_in_doubt():
            raise RuntimeError(_WHICH)
        if batches is not None:
            return self._after(batches)
        if self.progress is not None and not self.progress.exact:
            raise RuntimeError(_READ_AHEAD)
        return self.handed_over()

    def state_at(self, place: Place) -> dict[str, Any]:
        """Return the state at a place."""
        return state_of(place, self._order, self.about.batch_size, self.about.world)

    def handed_over(self, together: int = 1) -> dict[str, Any]:
        """Return the state after what was handed over, in whole groups of ``together`` batches."""
        if self.progress is None:
            return self.state_at(self.next)
        waiting = self.progress.batches % together
        if waiting:
            return self._after(self.progress.batches - waiting)
        return self.state_at(self.progress.place)

    def _after(self, batches: Any) -> dict[str, Any]:
        """Return the state after a number of batches of the latest iteration."""
        start, most = self.next, 0
        if self.progress is not None:
            start, most = self.progress.start, self.progress.batches
        invalid = f"batches={shown(batches)} is not valid:"
        try:
            count = operator.index(batches)
        except TypeError:
            message = f"{invalid} a whole number of batches"
            raise TypeError(message) from None
        if not 0 <= count <= most:
            message = f"{invalid} the latest iteration has handed over {most}"
            raise ValueError(message)
        return self.state_at(self.native.after(*start, count) if count else start)
