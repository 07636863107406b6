"""What a state is: a place in an epoch, and what that epoch's order of samples depends on."""

from __future__ import annotations

import gc
import hashlib
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imagepipe_rs._names import shown

if TYPE_CHECKING:
    import weakref
    from collections.abc import Sequence

    from imagepipe_rs._epochs import Epochs
    from imagepipe_rs._iterator import LoaderIterator

Place = tuple[int, int]
"""An epoch, and a position of all ranks in it."""

# The arguments that decide which sample is at which position of an epoch. What batches are like and
# how ranks share them may change from run to run.
_ORDER = ("seed", "shuffle", "sampling", "weights", "limit", "split", "split_seed", "classes")


@dataclass
class Progress:
    """How far an iteration has come; the Loader keeps it when the iteration is over."""

    start: Place
    """Where it began."""
    place: Place
    """Where all ranks are after what was handed over."""
    iterator: weakref.ref[LoaderIterator]
    """What hands over."""
    batches: int = 0
    """How many batches were handed over."""
    ended: bool = False
    """Whether these were all."""
    exact: bool = True
    """Whether what was handed over is what the consumer has: nothing in between reads ahead."""
    rivals: Sequence[tuple[Progress, int]] = ()
    """The iterations under way when this one began, and the batches each had handed over."""

    def is_dropped(self) -> bool:
        """Say whether nobody can ask for more."""
        iterator = self.iterator()
        return iterator is None or iterator.closed

    def is_in_doubt(self) -> bool:
        """Say whether "the latest iteration" may mean another one than this.

        So it is if another one goes on beside it, or if this one was dropped early, as after a mere
        look. Another that stands still is a leftover: an exception keeps the iterator of a training
        that was interrupted.
        """
        if any(rival.batches > batches for rival, batches in self.rivals):
            return True
        if self.ended or not self.is_dropped() or self._is_alone():
            return False
        gc.collect()  # trainers leave iterators behind in cycles of references
        return not self._is_alone()

    def _is_alone(self) -> bool:
        return all(rival.is_dropped() for rival, _ in self.rivals)


class BatchSampler:
    """What trainers look for in a ``DataLoader``: its batch sampler, and the sampler of that."""

    def __init__(self, epochs: Epochs) -> None:
        """Stand for those of a Loader with these epochs."""
        self._epochs = epochs

    @property
    def batch_size(self) -> int:
        """Samples per batch on this rank."""
        return self._epochs.about.batch_size

    @property
    def sampler(self) -> BatchSampler:
        """Itself."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Start this epoch next; after ``load_state_dict``, continue and count from there."""
        self._epochs.count_epoch(epoch)


def order_of(arguments: Mapping[str, Any], samples: int) -> dict[str, Any]:
    """Return what the order of samples depends on, by name, as plain values that JSON has."""
    # Without a split, its seed decides nothing.
    given = arguments if arguments["split"] else {**arguments, "split_seed": None}
    return {"samples": samples} | {name: _plain(name, given[name]) for name in _ORDER}


def _plain(name: str, value: Any) -> Any:
    if name in {"seed", "split_seed", "limit"} and value is not None:
        return operator.index(value)
    if name == "weights" and value is not None:
        return _digest(len(value), np.asarray(value, np.float64).tobytes())
    if name == "classes" and value is not None:
        return _digest(len(value), "\0".join(value).encode("utf-8", "surrogateescape"))
    return [value[0], float(value[1])] if name == "split" and value is not None else value


def _digest(count: int, data: bytes) -> str:
    return f"{count} ({hashlib.sha256(data).hexdigest()[:16]})"


def state_of(place: Place, order: Mapping[str, Any], batch_size: int, world: int) -> dict[str, Any]:
    """Return the state at a place, with what the batches up to it were like."""
    epoch, position = place
    return {
        "epoch": epoch,
        "position": position,
        "order": dict(order),
        "batch_size": batch_size,
        "world": world,
    }


def batches_of(state: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the batch size and number of ranks that a state was made with, if it has them."""
    batch_size, world = state.get("batch_size"), state.get("world")
    if isinstance(batch_size, int) and isinstance(world, int) and batch_size > 0 and world > 0:
        return batch_size, world
    return None


def place_of(state: Any, order: Mapping[str, Any], positions: int) -> Place:
    """Return the epoch and the position of a state.

    Raises:
        ValueError: not a state, or one of another order.
    """
    invalid = f"state={shown(state)} is not valid: "
    missing = [
        repr(name)
        for name in ("epoch", "position", "order")
        if not isinstance(state, Mapping) or name not in state
    ]
    if missing:
        message = f"{invalid}it lacks {', '.join(missing)}; give what state_dict() returned"
        raise ValueError(message)
    _check_order(state["order"], order)
    try:
        position = operator.index(state["position"])
    except TypeError:
        position = -1
    if not 0 <= position <= positions:
        message = f"{invalid}the position must be within 0..{positions}"
        raise ValueError(message)
    return epoch_of(state["epoch"]), position


def _check_order(theirs: Any, ours: Mapping[str, Any]) -> None:
    if not isinstance(theirs, Mapping):
        message = f"state is not valid: order={shown(theirs)} is not what state_dict() returned"
        raise ValueError(message)  # noqa: TRY004  a state is a value, of whatever types
    # Some formats turn tuples into lists, others lists into tuples.
    theirs = {
        name: list(value) if isinstance(value, tuple) else value for name, value in theirs.items()
    }
    differ = [
        f"{name} {shown(theirs.get(name))} there, {shown(ours.get(name))} here"
        for name in {**ours, **theirs}
        if theirs.get(name) != ours.get(name)
    ]
    if differ:
        message = f"state= is from a Loader with another order of samples: {'; '.join(differ)}"
        raise ValueError(message)


def pair_of(position: Any, positions: int) -> Place:
    """Return the epoch and the position in a batch's field ``"position"``, of any framework.

    Raises:
        ValueError: not two numbers, or not a position of an epoch.
    """
    invalid = f"position={shown(position)} is not valid:"
    try:
        epoch, place = (operator.index(number) for number in np.asarray(position).tolist())
    except (TypeError, ValueError):
        message = f'{invalid} the field "position" of a batch, epoch and position'
        raise ValueError(message) from None
    if not 0 <= place <= positions:
        message = f"{invalid} an epoch has positions within 0..{positions}"
        raise ValueError(message)
    return epoch_of(epoch), place


def epoch_of(epoch: Any) -> int:
    """Return an epoch as a number.

    Raises:
        ValueError: not the number of an epoch.
    """
    try:
        number = operator.index(epoch)
    except TypeError:
        number = -1
    if not 0 <= number < 2**32:
        message = f"epoch={shown(epoch)} is not valid: a whole number from 0 to 2**32 - 1"
        raise ValueError(message)
    return number
