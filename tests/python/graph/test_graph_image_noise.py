"""Images of noise: their distributions by SciPy, their sums by NumPy, and how often they repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    BinaryNoise,
    GaussianNoise,
    Graph,
    ImageNoise,
    Stream,
    UniformNoise,
    outputs,
)
from scipy import stats

TYPES = ["uint8", "int16", "uint16", "float32"]
CHANNELS = [None, 1, 2, 3, 4]
WHITE = {"uint8": 255, "int16": 32767, "uint16": 65535, "float32": 1}


def sample(node: Any, *given: Any, index: int = 0, **named: Any) -> Any:
    with Graph() as made:
        outputs(node(*given, **named))
    return Stream(made, seed=3).run(index)[0]


def picture(dtype: str, channels: int | None, height: int, width: int) -> Any:
    shape = (height, width) if channels is None else (height, width, channels)
    random = np.random.default_rng(5)
    if dtype == "float32":
        return random.uniform(0, 1, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("index", [0, 1, 2**63])
def test_gaussian_noise_is_normal(index: int) -> None:
    found = sample(GaussianNoise, 500, 400, 2, 3, index=index)
    assert (found.dtype, found.shape) == (np.float32, (400, 500))
    draws = (found.astype(np.float64).ravel() - 2) / 3
    assert stats.kstest(draws, "norm").pvalue > 1e-5
    assert abs(draws.mean()) < 5 / draws.size**0.5
    assert abs(draws.var() - 1) < 5 * (2 / draws.size) ** 0.5
    assert abs(stats.skew(draws)) < 5 * (6 / draws.size) ** 0.5
    assert abs(stats.kurtosis(draws)) < 5 * (24 / draws.size) ** 0.5
    assert 4 < np.abs(draws).max() < 6.7


def test_uniform_noise_is_uniform() -> None:
    found = sample(UniformNoise, 500, 400, -1, 3)
    assert (found.dtype, found.shape) == (np.float32, (400, 500))
    assert -1 <= found.min() < -0.999
    assert 2.999 < found.max() < 3
    assert stats.kstest(found.ravel(), "uniform", (-1, 4)).pvalue > 1e-5


def test_neighbours_do_not_depend_on_each_other() -> None:
    found = sample(GaussianNoise, 512, 512).astype(np.float64)
    power = np.abs(np.fft.rfft2(found)[1:, 1:-1]) ** 2 / found.size
    # Of independent numbers, the power at each frequency is exponential.
    assert stats.kstest(power[:255].ravel(), "expon").pvalue > 1e-5


def test_samples_and_nodes_have_their_own_numbers_and_a_seed_is_shared() -> None:
    with Graph() as made:
        outputs(GaussianNoise(4, 3), GaussianNoise(4, 3), GaussianNoise(4, 3, seed=5))
        outputs(GaussianNoise(4, 3, 1, 2, seed=5), UniformNoise(2, 2), BinaryNoise(9, 9))
    stream = Stream(made, seed=1)
    first, again, second = stream.run(0), Stream(made, seed=1).run(0), stream.run(1)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(1 + 2 * first[2], first[3])
    assert not np.array_equal(first[0], first[1])
    for place in (0, 1, 4, 5):
        assert not np.array_equal(first[place], second[place])
    np.testing.assert_array_equal(first[2], second[2])


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1, width=32))
def test_binary_noise_is_white_in_exactly_its_share(width: int, height: int, share: float) -> None:
    found = sample(BinaryNoise, width, height, share)
    assert (found.dtype, found.shape) == (np.uint8, (height, width))
    assert np.isin(found, [0, 255]).all()
    exact = share * width * height
    assert abs((found == 255).sum() - exact) <= 0.5


def test_ten_by_ten_at_one_half_has_fifty() -> None:
    assert (sample(BinaryNoise, 10, 10, 0.5) == 255).sum() == 50
    assert (sample(BinaryNoise, 10, 10) == 255).sum() == 50


def test_every_place_of_binary_noise_is_as_likely() -> None:
    with Graph() as made:
        outputs(BinaryNoise(6, 5, 0.3))
    stream = Stream(made, seed=2)
    counts = sum((stream.run(index)[0] == 255).astype(int) for index in range(20_000))
    assert np.abs(counts / 20_000 - 0.3).max() < 5 * (0.21 / 20_000) ** 0.5


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (7, 300)])
def test_image_noise_adds_gaussian_noise(
    dtype: str,
    channels: int | None,
    per_channel: bool,  # noqa: FBT001
    size: tuple[int, int],
) -> None:
    height, width = size
    image = picture(dtype, channels, height, width)
    found = sample(ImageNoise, image, 0.25, per_channel, seed=9)
    assert (found.dtype, found.shape) == (image.dtype, image.shape)
    layers = image.reshape(height, width, -1)
    count = layers.shape[2] if per_channel else 1
    deviation = np.float32(0.25) * WHITE[dtype]
    noise = sample(GaussianNoise, width * count, height, 0, deviation, seed=9)
    noise = noise.reshape(height, width, count)
    if dtype == "float32":
        wanted = layers + noise
    else:
        limits = np.iinfo(dtype)
        wanted = np.clip(layers.astype(np.int64) + np.rint(noise), limits.min, limits.max)
    np.testing.assert_array_equal(found.reshape(layers.shape), wanted.astype(dtype))


@pytest.mark.parametrize("dtype", TYPES)
def test_no_noise_changes_nothing(dtype: str) -> None:
    image = picture(dtype, 3, 9, 8)
    np.testing.assert_array_equal(sample(ImageNoise, image, 0), image)


@pytest.mark.parametrize("dtype", ["bool", "int32", "int64", "float64"])
def test_other_types_are_refused_when_the_graph_is_built(dtype: str) -> None:
    with pytest.raises(GraphError, match=f"an image of {dtype}, not of uint8, int16, uint16 or"):
        sample(ImageNoise, np.zeros((2, 2), dtype), 0.1)


def test_what_cannot_be_is_refused_when_the_graph_is_built() -> None:
    cases: list[tuple[Any, tuple[Any, ...], str]] = [
        (GaussianNoise, (0, 4), "a side of 0 pixels"),
        (GaussianNoise, (4, 4, 0, -1), "the standard deviation is -1"),
        (UniformNoise, (4, 4, 0, float("inf")), "no range of numbers"),
        (BinaryNoise, (4, 4, 2), "a share of 2"),
        (ImageNoise, (np.zeros((2, 2), np.uint8), -0.5), "the standard deviation is -0.5"),
        (ImageNoise, (np.zeros(3, np.uint8), 0.5), "not an image"),
    ]
    for node, inputs, reason in cases:
        with pytest.raises(GraphError, match=reason):
            sample(node, *inputs)
