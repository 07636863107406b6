"""Batches of a stream as arrays of frameworks."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs.graph import Constant, Convert, MakeList, Range, SampleIndex, pipeline

if TYPE_CHECKING:
    from imagepipe_rs.graph import Node


@pipeline()
def mixed() -> dict[str, Node]:
    index = SampleIndex()
    return {
        "number": index,
        "picture": Constant(np.arange(24, dtype=np.uint8).reshape(2, 4, 3)),
        "list": Range(0, index + 1, index + 1),
        "text": Constant("a"),
        "several": MakeList([Constant("b"), Convert(index, "Float")]),
    }


EXPECTED: Any = next(iter(mixed().batches(3, ragged=True)))


def as_numpy(value: Any) -> np.ndarray[Any, Any]:
    return np.from_dlpack(value) if hasattr(value, "__dlpack__") else np.asarray(value)


def check(output: str, kind: type) -> Any:
    batch: Any = next(iter(mixed().batches(3, ragged=True, output=output)))
    for name in ("number", "picture"):
        assert isinstance(batch[name], kind)
        assert np.array_equal(as_numpy(batch[name]), EXPECTED[name])
    for one, expected in zip(batch["list"], EXPECTED["list"], strict=True):
        assert isinstance(one, kind)
        assert np.array_equal(as_numpy(one), expected)
    assert batch["text"] == ["a", "a", "a"]
    assert batch["several"][2] == ["b", 2.0]
    return batch


def test_batches_of_numpy() -> None:
    check("numpy", np.ndarray)


def test_batches_of_tensorflow() -> None:
    tensorflow = pytest.importorskip("tensorflow")
    check("tensorflow", tensorflow.Tensor)


def test_batches_of_jax() -> None:
    jax = pytest.importorskip("jax")
    check("jax", jax.Array)


@pytest.mark.torch
def test_batches_of_torch() -> None:
    torch = pytest.importorskip("torch")
    batch = check("torch", torch.Tensor)
    assert batch["picture"].dtype == torch.uint8


def test_batches_as_they_are_exchanged() -> None:
    batch = next(iter(mixed().batches(3, ragged=True, output="dlpack")))
    assert np.array_equal(np.from_dlpack(batch["picture"]), EXPECTED["picture"])


@pytest.mark.parametrize(
    "output", ["tensorflow", "jax", pytest.param("torch", marks=pytest.mark.torch)]
)
def test_floats_of_sixteen_bits_are_the_frameworks_own(output: str) -> None:
    framework = pytest.importorskip(output)
    batch: Any = next(iter(mixed().batches(3, ragged=True, output=output, dtype="bfloat16")))
    expected = framework.numpy.bfloat16 if output == "jax" else framework.bfloat16
    assert batch["picture"].dtype == expected


@pytest.mark.parametrize("output", ["numpy", "dlpack"])
def test_arrays_outlive_the_batches(output: str) -> None:
    batches = mixed().batches(3, ragged=True, prefetch=1, output=output)
    iterator = iter(batches)
    kept: Any = next(iterator)
    array = as_numpy(kept["picture"])
    for _ in range(5):
        next(iterator)
    batches.close()
    del kept, batches, iterator
    gc.collect()
    assert np.array_equal(array, EXPECTED["picture"])
