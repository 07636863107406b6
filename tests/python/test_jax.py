"""JAX takes batches as they lie in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np
import pytest
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
def test_arrays_share_the_memory(photos: Path, dtype: str) -> None:
    options = {"batch_size": 13, "size": (7, 5), "dtype": dtype}
    for batch, same in zip(
        Loader(photos, output="jax", **options), Loader(photos, **options), strict=True
    ):
        assert isinstance(batch.images, jax.Array)
        native = np.asarray(batch._batch.images())  # noqa: SLF001
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
