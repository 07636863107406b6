"""A Loader's arguments: what Python makes of them before the compiled module reads them."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._environment import auto_shard, cuda_upload, jpeg_decoder, places_directory
from imagepipe_rs._names import shown
from imagepipe_rs._paths import paths_of
from imagepipe_rs.augment import augmenter_of, ways_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAMPLES = 2**64
"""How many samples a stream has."""

WORDS = _native.words()
"""The words of each argument that is one of a few, by its name."""


@dataclass(frozen=True)
class Description:
    """What a Loader's batches are like and who gets them, for iterators and other frameworks."""

    batch_size: int
    size: int | Sequence[int] | None
    channels: str
    layout: str
    dtype: str
    labels: str | None
    fields: tuple[str, ...]
    ragged: bool
    device: str
    """``"cpu"``, or ``"cuda:N"`` with a number."""
    shuffle: bool
    last_batch: str
    on_error: str
    repeat: bool
    endless: bool
    """Whether there is no end to it, also for another reason than ``repeat``."""
    shard: Any
    """As it was given."""
    rank: int
    world: int


def extracted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Loader's arguments for the compiled module.

    It reads most of them itself; this finds paths, the environment's share and NumPy's numbers.
    """
    return {
        **given,
        "paths": paths_of(given["path"]),
        "shard": shard_of(given["shard"]),
        "augment": augmenter_of(given["augment"]),
        "mix": ways_of(given["mix"]),
        "weights": _weights(given["weights"]),
        "decoder": jpeg_decoder(given["decoder"]),
        "places": places_directory(),
        "cuda_upload": cuda_upload(),
    }


def shard_of(shard: Any) -> Any:
    if shard is None:
        return (0, 1)
    return auto_shard() if isinstance(shard, str) and shard == "auto" else shard


def whole(name: str, value: Any, least: int = 0, otherwise: str = "") -> int:
    """Return an argument that is a whole number of 64 bits without a sign.

    Args:
        name: what the argument is called.
        value: what was given.
        least: the least number that is allowed.
        otherwise: what else is allowed, for the message.

    Raises:
        TypeError: not a whole number.
        ValueError: one that is too small or too large.
    """
    allowed = f"a whole number from {least} to 2**64 - 1{otherwise}"
    message = f"{name}={shown(value)} is not valid: {allowed}"
    if isinstance(value, bool):  # a number too, but not meant as one
        raise TypeError(message)
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(message) from None
    if not least <= number < 2**64:
        raise ValueError(message)
    return number


def _weights(weights: Any) -> list[float] | None:
    """Return the numbers of whatever NumPy makes an array of."""
    if weights is None:
        return None
    try:
        array = np.asarray(weights)
        numbers = array.astype(np.float64) if array.dtype.kind in "biufO" else None
    except OverflowError as error:
        message = f"weights={shown(weights)} is not valid: finite numbers"
        raise ValueError(message) from error
    except (TypeError, ValueError, RuntimeError):  # the last from PyTorch
        numbers = None
    if numbers is None or numbers.ndim != 1:
        allowed = "numbers, one per sample or per class, or None"
        message = f"weights={shown(weights)} is not valid: {allowed}"
        raise TypeError(message)
    found: list[float] = numbers.tolist()
    return found
