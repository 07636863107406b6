"""What a batch unpacks to, and what becomes of one that is copied, pickled or rebuilt."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import Batch, Loader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL = ("images", "labels", "valid", "indices", "crops", "flips", "position")
OPTIONS: dict[str, Any] = {"batch_size": 25, "size": 8, "fit": "random_crop", "flip": True}


def last(path: Path, **options: Any) -> Batch:
    return list(Loader(path, **{**OPTIONS, **options}))[-1]


def equal(left: Batch, right: Batch) -> bool:
    return len(left) == len(right) and all(map(np.array_equal, left, right))


@pytest.mark.parametrize(
    "fields",
    [("images",), ("labels", "images"), ("images", "labels", "valid"), ALL, ALL[::-1]],
    ids=str,
)
def test_a_batch_unpacks_to_the_fields_that_were_asked_for(
    photos: Path, fields: tuple[str, ...]
) -> None:
    batch = last(photos, fields=fields, last_batch="pad")
    plain = last(photos, last_batch="pad")
    assert isinstance(batch, Batch)
    assert batch._fields == fields
    assert batch._asdict().keys() == set(fields)
    for name, value in zip(fields, batch, strict=True):
        assert value is getattr(batch, name)
    for name in ALL:
        assert np.array_equal(getattr(batch, name), getattr(plain, name))
    assert (batch.paths, batch.epoch) == (plain.paths, 0)


def test_fields_of_ragged_batches(photos: Path) -> None:
    loader = Loader(photos, batch_size=7, size=None, ragged=True, fields=("images", "valid"))
    images, valid = next(iter(loader))
    assert len(images) == len(valid) == 7


REBUILDS: dict[str, Callable[[Batch], Batch]] = {
    "of one iterable": lambda batch: type(batch)(value for value in batch),
    "of values": lambda batch: type(batch)(*batch),
    "by name": lambda batch: type(batch)(**batch._asdict()),
    "as a named tuple": lambda batch: type(batch)._make(list(batch)),
}


@pytest.mark.parametrize("way", REBUILDS)
@pytest.mark.parametrize("fields", [ALL[:2], ALL], ids=["default", "all"])
def test_a_batch_can_be_rebuilt(photos: Path, way: str, fields: tuple[str, ...]) -> None:
    batch = last(photos, fields=fields)
    again = REBUILDS[way](batch)
    assert type(again) is type(batch)
    assert isinstance(again, Batch)
    assert equal(again, batch)
    assert again.images is batch.images


def test_a_rebuilt_batch_says_what_it_lost(photos: Path) -> None:
    batch = REBUILDS["of values"](last(photos))
    for name in ("valid", "indices", "crops", "flips", "position"):
        with pytest.raises(
            AttributeError, match=rf"rebuilt .*fields=\('images', 'labels', '{name}'\)"
        ):
            getattr(batch, name)
    with pytest.raises(AttributeError, match=r"without its 'paths'.*'indices'"):
        _ = batch.paths
    kept = REBUILDS["of values"](last(photos, fields=("images", "indices")))
    with pytest.raises(AttributeError, match=r"'paths': loader\.paths\[index\] is the file"):
        _ = kept.paths
    assert not hasattr(batch, "epoch")


def test_batches_are_not_made_of_too_little_or_too_much(photos: Path) -> None:
    kind = type(last(photos))
    for make in (
        kind,
        lambda: kind(1, 2, 3),
        lambda: kind([1, 2, 3]),
        lambda: kind(1, images=2),
        lambda: kind(1, 2, other=3),
    ):
        with pytest.raises(TypeError, match=r"a value for each of \('images', 'labels'\)"):
            make()


def test_replacing_a_field_keeps_the_rest(photos: Path) -> None:
    batch = last(photos)
    other = batch._replace(images=255 - batch.images)
    assert np.array_equal(other.images, 255 - batch.images)
    assert other.labels is batch.labels
    assert other.paths == batch.paths


@pytest.mark.parametrize("fields", [ALL[:2], ("images", "valid"), ALL], ids=len)
@pytest.mark.parametrize("output", ["numpy", "tensorflow", "jax"])
@pytest.mark.parametrize(
    "through",
    [copy.copy, copy.deepcopy, lambda batch: pickle.loads(pickle.dumps(batch))],  # noqa: S301
    ids=["copy", "deepcopy", "pickle"],
)
def test_copies_and_pickles_keep_everything(
    photos: Path, through: Callable[[Batch], Batch], output: str, fields: tuple[str, ...]
) -> None:
    batch = last(photos, fields=fields, output=output)
    other = through(through(batch))
    assert type(other) is type(batch)
    assert equal(other, batch)
    for name in ALL:
        assert np.array_equal(getattr(other, name), getattr(batch, name))
    assert (other.paths, other.epoch) == (batch.paths, batch.epoch)


def test_a_deep_copy_and_a_pickle_have_memory_of_their_own(photos: Path) -> None:
    batch = last(photos)
    expected = batch.images.copy(), batch.indices.copy()
    for other in (copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))):  # noqa: S301
        other.images[:] = 0
        other.indices[:] = 0
        assert np.array_equal(batch.images, expected[0])
        assert np.array_equal(batch.indices, expected[1])


def test_a_rebuilt_batch_can_be_pickled(photos: Path) -> None:
    batch = REBUILDS["of values"](last(photos))
    other = pickle.loads(pickle.dumps(batch))  # noqa: S301
    assert equal(other, batch)
    assert not hasattr(other, "paths")


def test_a_pickled_batch_without_labels(photos: Path) -> None:
    batch = last(photos, labels=None)
    assert pickle.loads(pickle.dumps(batch)).labels is None  # noqa: S301
    assert pickle.loads(pickle.dumps(batch)).paths == batch.paths  # noqa: S301
