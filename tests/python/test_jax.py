"""JAX takes batches as they lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np
import pytest
from imagepipe_rs import Batch, Loader
from imagepipe_rs._adapters.jax import _first

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
def test_arrays_share_the_memory(photos: Path, dtype: str) -> None:
    options = {"batch_size": 13, "size": (7, 5), "dtype": dtype}
    for batch, same in zip(
        Loader(photos, output="jax", **options), Loader(photos, **options), strict=True
    ):
        assert isinstance(batch.images, jax.Array)
        native = np.asarray(batch._batch.field("images"))  # noqa: SLF001
        assert batch.images.unsafe_buffer_pointer() == native.__array_interface__["data"][0]
        assert np.array_equal(np.asarray(batch.images), same.images)
        assert np.array_equal(np.asarray(batch.labels), same.labels)
        assert float(jax.numpy.sum(batch.images.astype("float32"))) > 0


def test_memory_is_kept_while_an_array_lives(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=16, fit="random_crop", output="jax")
    held = [batch.images for batch in loader]
    before = [np.array(array) for array in held]
    for _ in range(4):
        for _ in loader:
            pass
    for array, expected in zip(held, before, strict=True):
        assert np.array_equal(np.asarray(array), expected)


@pytest.mark.parametrize("fields", [("images", "labels"), ("images", "valid")], ids=str)
def test_jax_tree_rebuilds_a_batch(photos: Path, fields: tuple[str, ...]) -> None:
    batch = next(iter(Loader(photos, size=8, output="jax", fields=fields)))
    doubled = jax.tree.map(lambda array: array * 2, batch)
    assert type(doubled) is type(batch)
    assert np.array_equal(doubled.images, batch.images * 2)
    leaves, structure = jax.tree.flatten(batch)
    again = jax.tree.unflatten(structure, leaves)
    assert type(again) is type(batch)
    assert all(left is right for left, right in zip(again, batch, strict=True))


def test_a_batch_goes_into_a_compiled_function_and_onto_a_device(photos: Path) -> None:
    @jax.jit
    def total(batch: Batch) -> jax.Array:
        return batch.images.astype("float32").sum() + batch.labels.sum()

    batch = next(iter(Loader(photos, size=8, output="jax")))
    expected = float(batch.images.astype("float32").sum() + batch.labels.sum())
    assert float(total(batch)) == expected
    assert float(total(jax.device_put(batch))) == expected


def test_a_batch_without_labels_goes_through_jax_tree(photos: Path) -> None:
    batch = next(iter(Loader(photos, size=8, output="jax", labels=None)))
    same = jax.tree.map(lambda array: array, batch)
    assert same.labels is None
    assert same.images is batch.images


def test_every_field_is_an_array(photos: Path) -> None:
    fields = ("images", "labels", "valid", "indices", "crops", "flips", "position")
    options = {"size": 8, "batch_size": 25, "flip": True, "fields": fields}
    for batch, same in zip(
        Loader(photos, output="jax", **options), Loader(photos, **options), strict=True
    ):
        for array, expected in zip(batch, same, strict=True):
            assert isinstance(array, jax.Array)
            assert np.array_equal(np.asarray(array), expected)


def test_what_tells_that_a_copy_is_there_outlives_the_copy() -> None:
    """As on a GPU, where the memory of a batch is held until then."""
    copy = jax.numpy.from_dlpack(np.ones((4, 3, 3, 3), np.float32), copy=True)
    with jax.transfer_guard("disallow"):
        after = _first(copy)
    jax.jit(lambda array: array + 1, donate_argnums=0)(copy)
    assert copy.is_deleted()
    assert after.block_until_ready().is_ready()
    assert after.nbytes == 4
