"""Batches of graph streams on a GPU, as far as a fake driver can tell; see ``test_cuda.py``."""

from __future__ import annotations

import pytest
from fake_cuda import needs_fake_cuda, run

pytestmark = needs_fake_cuda

SETUP = """
from imagepipe_rs.graph import *

@pipeline(seed=5)
def samples():
    draw = SampleUniform(0, 1)
    picture = Convert(Reshape(Range(0, 60, 60), [4, 5, 3]) * draw, "Char")
    return {"draw": draw, "picture": picture, "index": SampleIndex(), "text": Constant("words")}

def assert_same(count, **given):
    on_cpu = samples().batches(7, steps=count, **given)
    on_gpu = samples().batches(7, steps=count, device="cuda", output="dlpack", **given)
    taken = 0
    for expected, found in zip(on_cpu, on_gpu, strict=True):
        assert expected.keys() == found.keys()
        assert expected["text"] == found["text"]
        for name in ("draw", "picture", "index"):
            array = np.asarray(found[name].to_cpu())
            assert array.dtype == expected[name].dtype, name
            assert np.array_equal(array, expected[name]), name
        taken += 1
    assert taken == count
"""


@pytest.mark.parametrize("schedule", ["lazy", "eager", "random"])
def test_batches_equal_the_cpus(schedule: str) -> None:
    run(
        """
        assert_same(20)
        assert_same(5, layout="NCHW", dtype="float32", mean="imagenet", std="imagenet")
        assert_same(5, start=2**64 - 20, shard=(1, 3), workers=1, prefetch=1)
        """,
        setup=SETUP,
        FAKE_CUDA_SCHEDULE=schedule,
        FAKE_CUDA_SEED=3,
    )


def test_batches_that_are_kept_stay_what_they_are() -> None:
    run(
        """
        batches = samples().batches(7, steps=12, device="cuda", prefetch=1)
        kept = [batch["draw"] for batch in batches]
        expected = [batch["draw"] for batch in samples().batches(7, steps=12)]
        for array, same in zip(kept, expected, strict=True):
            assert np.array_equal(np.asarray(array.to_cpu()), same)
        """,
        setup=SETUP,
        FAKE_CUDA_SCHEDULE="random",
        FAKE_CUDA_SEED=11,
    )


def test_failed_samples_are_left_out_there_too() -> None:
    run(
        """
        import logging

        logging.disable()  # a line for each sample that fails
        with Graph() as graph:
            outputs(60 / (SampleIndex() - 9))
        batches = Stream(graph).batches(7, steps=3, device="cuda", on_error="skip")
        (first,), (second,), (third,) = batches
        assert np.asarray(second.to_cpu()).shape == (6,)
        assert np.asarray(third.to_cpu()).shape == (7,)
        """,
        setup=SETUP,
    )


def test_what_is_full_of_batches_says_so() -> None:
    run(
        """
        batches = samples().batches(7, device="cuda", prefetch=1)
        try:
            kept = list(islice(batches, 20))
        except DeviceError as error:
            assert "batches are held by the program" in str(error), error
        else:
            raise AssertionError("there is room")
        """,
        setup=SETUP,
        FAKE_CUDA_MEMORY=8_000,
    )


def test_outputs_without_arrays_have_nothing_for_a_gpu() -> None:
    run(
        """
        with Graph() as graph:
            outputs(Constant("words"))
        try:
            Stream(graph).batches(7, device="cuda")
        except ValueError as error:
            assert 'device="cuda:0" is not valid: only for outputs' in str(error), error
        else:
            raise AssertionError("it is taken")
        """,
        setup=SETUP,
    )


def test_a_program_may_end_in_the_middle() -> None:
    run(
        """
        iterator = iter(samples().batches(7, device="cuda"))
        kept = next(iterator)
        """,
        setup=SETUP,
    )
