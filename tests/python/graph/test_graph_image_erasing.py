"""What is erased of images, and random colours."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    AdjustColors,
    ColorJitter,
    Erase,
    ErasingRegion,
    Graph,
    ImageCoarseDropout,
    ImageCut,
    ImageDropout,
    RandomErasing,
    RandomSeed,
    Stream,
    outputs,
)

TYPES = ["uint8", "int16", "uint16", "float32"]
CHANNELS = [None, 1, 3, 4]


def ones(dtype: str, channels: int | None, height: int = 40, width: int = 50) -> Any:
    return np.ones((height, width) if channels is None else (height, width, channels), dtype)


def samples(node: Any, *given: Any, count: int = 200, **more: Any) -> list[Any]:
    with Graph() as made:
        outputs(node(*given, **more))
    stream = Stream(made, seed=5)
    return [stream.run(index)[0] for index in range(count)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_pixels_are_dropped_with_all_their_channels(dtype: str, channels: int | None) -> None:
    image = ones(dtype, channels)
    shares = []
    for found in samples(ImageDropout, image, 0.3):
        assert (found.dtype, found.shape) == (image.dtype, image.shape)
        planes = np.atleast_3d(found)
        assert (planes == planes[..., :1]).all()
        assert np.isin(found, (0, 1)).all()
        shares.append(planes[..., 0] == 0)
    # Every pixel is dropped as often as another: of 200 draws, within five deviations.
    times = np.mean(shares, axis=0)
    assert abs(times.mean() - 0.3) < 5 * (0.21 / times.size / 200) ** 0.5
    assert np.abs(times - 0.3).max() < 5 * (0.21 / 200) ** 0.5
    # Neighbours do not depend on each other.
    flat = np.array(shares, float) - 0.3
    assert abs((flat[..., 1:] * flat[..., :-1]).mean()) < 5 * 0.21 / flat.size**0.5


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_patches_are_dropped_whole(dtype: str, channels: int | None) -> None:
    image = ones(dtype, channels, 41, 50)
    times = []
    for found in samples(ImageCoarseDropout, image, 0.25, 0.25):
        dropped = np.atleast_3d(found)[..., 0] == 0
        corners = dropped[::10, ::12]
        blown = corners.repeat(10, 0).repeat(12, 1)[:41, :50]
        np.testing.assert_array_equal(dropped, blown)
        times.append(corners.mean())
    assert abs(np.mean(times) - 0.25) < 5 * (0.1875 / 200 / 25) ** 0.5


def test_a_patch_has_one_pixel_at_least() -> None:
    (found,) = samples(ImageCoarseDropout, ones("uint8", 3, 5, 7), 1, 0.01, count=1)
    assert not found.any()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_a_region_is_cut_out(dtype: str, channels: int | None) -> None:
    for left, top, right, bottom in (
        (3, 4, 9, 11),
        (-5, 2.9, 4.9, 99),
        (60, 0, 70, 5),
        (9, 9, 1, 1),
    ):
        image = ones(dtype, channels)
        region = np.array([left, top, right, bottom], np.float32)
        (found,) = samples(ImageCut, image, region, count=1)
        expected = image.copy()
        expected[max(int(top), 0) : int(bottom), max(int(left), 0) : int(right)] = 0
        np.testing.assert_array_equal(found, expected)


def test_a_region_gets_a_value() -> None:
    image = ones("uint8", 3)
    region = np.array([3, 4, 9, 11], np.float32)
    (found,) = samples(Erase, image, region, [5, 6, 700], count=1)
    assert (found[4:11, 3:9] == [5, 6, 255]).all()
    assert (found[11:] == 1).all()


def test_noise_in_a_region_is_of_its_type() -> None:
    region = np.array([0, 0, 50, 40], np.float32)
    levels = np.stack(samples(Erase, ones("uint8", 3), region, "random", count=20))
    counts = np.bincount(levels.ravel(), minlength=256)
    mean = levels.size / 256
    assert ((counts - mean) ** 2 / mean).sum() < 347
    floats = np.stack(samples(Erase, ones("float32", 3), region, "random", count=20))
    assert abs(floats.mean()) < 5 / floats.size**0.5
    assert abs(floats.var() - 1) < 5 * (2 / floats.size) ** 0.5


def test_regions_have_their_areas_and_ratios() -> None:
    image = ones("uint8", 3, 100, 160)
    found = np.stack(samples(ErasingRegion, image, [0.02, 0.33], [0.3, 3.3], count=1000))
    left, top, right, bottom = found.T
    wide, high = right - left, bottom - top
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= 160).all()
    assert (bottom <= 100).all()
    assert (wide > 0).all()
    assert (wide < 160).all()
    assert (high < 100).all()
    shares, ratios = wide * high / 16000, high / wide
    assert shares.min() > 0.018
    assert shares.max() < 0.34
    assert ratios.min() > 0.28
    assert ratios.max() < 3.5
    # All shares are as likely, but for the rectangles that are too high.
    assert abs(np.mean(shares < 0.1) - 0.08 / 0.31) < 0.08
    middle = (left / (160 - wide)).mean()
    assert abs(middle - 0.5) < 5 / (12 * 1000) ** 0.5


def test_erasing_has_its_probability() -> None:
    image = ones("uint8", 3, 32, 48)
    found = samples(RandomErasing, image, 0.3, value=7, count=1000)
    erased = [one for one in found if (one != 1).any()]
    assert abs(len(erased) / 1000 - 0.3) < 5 * (0.21 / 1000) ** 0.5
    for one in erased:
        assert set(np.unique(one)) == {1, 7}
        rows, columns = (one != 1).any((1, 2)), (one != 1).any((0, 2))
        assert (one[rows][:, columns] == 7).all()
    assert all((one == 1).all() for one in samples(RandomErasing, image, 0.0, count=20))


def test_jitter_draws_factors_and_an_order() -> None:
    """What it gives is what AdjustColors gives of one of the factors in one of the orders."""
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    with Graph() as made:
        outputs(ColorJitter(image, 0.4, (0.5, 0.9), 0.3, 0.1))
    description = Stream(made).visualize()
    assert "AdjustColors" in description
    assert len(set(re.findall(r"n\d+ \[.*SampleUniform", description))) == 4
    found = samples(ColorJitter, image, 0.4, (0.5, 0.9), 0.3, 0.1, count=50)
    assert len({one.tobytes() for one in found}) == 50
    assert all(one.shape == image.shape for one in found)


def test_jitter_of_brightness_alone_is_uniform() -> None:
    image = np.full((1, 1), 0.25, np.float32)
    found = np.array(samples(ColorJitter, image, 0.5, count=2000)).ravel() / 0.25
    assert found.min() >= 0.5
    assert found.max() < 1.5
    assert abs(found.mean() - 1) < 5 / (12 * 2000) ** 0.5
    assert abs(found.var() - 1 / 12) < 0.01
    clipped = np.array(samples(ColorJitter, image, 3.0, count=200)).ravel()
    assert clipped.min() >= 0


def test_jitter_of_nothing_is_the_image() -> None:
    image = np.full((2, 2, 3), 9, np.uint8)
    (found,) = samples(ColorJitter, image, 0, (1, 1), count=1)
    np.testing.assert_array_equal(found, image)


def test_jitter_of_a_shared_seed_is_in_step() -> None:
    image = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    with Graph() as made:
        seed = RandomSeed()
        outputs(
            ColorJitter(image, 0.4, hue=0.1, seed=seed), ColorJitter(image, 0.4, hue=0.1, seed=seed)
        )
    stream = Stream(made)
    for index in range(5):
        first, second = stream.run(index)
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"brightness": -0.1}, "below 0"),
        ({"hue": 0.6}, "from -0.5 to 0.5"),
        ({"contrast": (0.9, 0.5)}, "not a range of factors from 0"),
        ({"saturation": "much"}, "not a number or two of them"),
    ],
)
def test_ranges_have_bounds(given: dict[str, Any], reason: str) -> None:
    with Graph(), pytest.raises(GraphError, match=reason):
        ColorJitter(ones("uint8", 3), **given)


def test_adjusting_refuses_an_order_of_other_numbers() -> None:
    with Graph() as made:
        outputs(AdjustColors(ones("uint8", 3), 1, 1, 1, 0, [0, 1, 2, 2]))
    with pytest.raises(GraphError, match="not of the numbers 0 to 3"):
        Stream(made)
