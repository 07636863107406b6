"""Image operations against NumPy and SciPy, for every type of elements and number of channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs.graph import (
    Graph,
    ImageCrop,
    ImageCropSafe,
    Resize,
    Stream,
    ViewImage,
    outputs,
)
from scipy import ndimage

TYPES = ["bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
CHANNELS = [None, 1, 3, 4]

# NumPy's words for a border, and SciPy's.
PADDED = {"Replicate": "edge", "Reflect": "symmetric", "Wrap": "wrap"}
AROUND = {
    "ConstantLow": "grid-constant",
    "Replicate": "nearest",
    "Reflect": "reflect",
    "Wrap": "grid-wrap",
}


def picture(dtype: str, channels: int | None, height: int = 7, width: int = 9) -> Any:
    shape = (height, width) if channels is None else (height, width, channels)
    random = np.random.default_rng(2)
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.startswith("float"):
        return random.uniform(-2, 2, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


def white(dtype: str) -> Any:
    return 1 if dtype == "bool" or dtype.startswith("float") else np.iinfo(dtype).max


kinds = st.builds(picture, st.sampled_from(TYPES), st.sampled_from(CHANNELS))
boxes = st.tuples(*[st.integers(-12, 12)] * 2, *[st.integers(1, 12)] * 2)
borders = st.sampled_from(["ConstantHigh", "ConstantLow", *PADDED])


@settings(max_examples=300, deadline=None)
@given(kinds, boxes, borders)
def test_a_safe_crop_is_a_part_of_the_padded_image(
    image: Any, box: tuple[int, int, int, int], border: str
) -> None:
    x, y, width, height = box
    around = [(24, 24), (24, 24), (0, 0)][: image.ndim]
    if border in PADDED:
        padded = np.pad(image, around, PADDED[border])
    else:
        value = white(image.dtype.name) if border == "ConstantHigh" else 0
        padded = np.pad(image, around, constant_values=value)
    found = one(ImageCropSafe, image, x, y, width, height, border)
    expected = padded[y + 24 : y + 24 + height, x + 24 : x + 24 + width]
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=200, deadline=None)
@given(kinds, st.integers(-5, 8), st.integers(-5, 6), st.integers(6, 12), st.integers(6, 12))
def test_a_crop_is_clipped_to_the_image(
    image: Any, x: int, y: int, width: int, height: int
) -> None:
    found = one(ImageCrop, image, x, y, width, height)
    np.testing.assert_array_equal(found, image[max(y, 0) : y + height, max(x, 0) : x + width])
    assert found.dtype == image.dtype


def near(found: Any, expected: Any, image: Any) -> None:
    """Compare: whole numbers may be off by one, or by what doubles leave out."""
    assert (found.dtype, found.shape) == (image.dtype, expected.shape)
    if image.dtype.kind in "iu":
        limits = np.iinfo(image.dtype)
        largest = max(abs(float(limits.min)), limits.max)
        tolerance = max(1, largest * 1e-14)
        assert np.abs(found.astype(np.float64) - expected).max() <= tolerance
    else:
        np.testing.assert_allclose(found, expected, atol=2e-5)


def view_of(image: Any, view: Any, border: str, width: int = 8, height: int = 6) -> Any:
    """Return what SciPy sees: linear between pixels, whose middles are at whole numbers."""
    down, across = np.mgrid[:height, :width]
    points = np.linalg.inv(view) @ np.stack([across, down, np.ones_like(down)]).reshape(3, -1)
    at = (points[:2] / points[2])[::-1].reshape(2, height, width)
    layers = np.atleast_3d(image).astype(np.float64)
    found = [
        ndimage.map_coordinates(layers[..., channel], at, order=1, mode=AROUND[border])
        for channel in range(layers.shape[2])
    ]
    stacked = np.stack(found, axis=2)
    return stacked[..., 0] if image.ndim == 2 else stacked


TURNED = np.array([[0.9, -0.4, 1.3], [0.3, 0.8, -0.7], [0, 0, 1]], np.float32)
LEANING = np.array([[1.1, 0.2, -0.5], [0.1, 0.9, 0.4], [0.01, 0.02, 1]], np.float32)


@pytest.mark.parametrize("dtype", [one for one in TYPES if one != "bool"])
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("border", AROUND)
@pytest.mark.parametrize("view", [TURNED, LEANING], ids=["turned", "leaning"])
def test_views_are_scipys(dtype: str, channels: int | None, border: str, view: Any) -> None:
    image = picture(dtype, channels)
    found = one(ViewImage, image, view, 8, 6, "Linear", border)
    near(found, view_of(image, view.astype(np.float64), border), image)


@pytest.mark.parametrize("dtype", [one for one in TYPES if one != "bool"])
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(("width", "height"), [(18, 14), (5, 4), (9, 21)])
def test_linear_sizes_are_interpolated_along_both_axes(
    dtype: str, channels: int | None, width: int, height: int
) -> None:
    image = picture(dtype, channels)
    expected = image.astype(np.float64)
    for axis, side in ((0, height), (1, width)):
        own = image.shape[axis]
        at = (np.arange(side) + 0.5) * own / side - 0.5
        expected = np.apply_along_axis(
            lambda line, at=at, own=own: np.interp(at, range(own), line), axis, expected
        )
    near(one(Resize, image, width, height), expected, image)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_other_sizes(dtype: str, channels: int | None) -> None:
    image = picture(dtype, channels, 6, 9)
    nearest = one(Resize, image, 6, 4, "Nearest")
    rows, columns = np.arange(4) * 6 // 4, np.arange(6) * 9 // 6
    np.testing.assert_array_equal(nearest, image[rows][:, columns])
    if dtype != "bool":
        means = image.astype(np.float64).reshape(3, 2, 3, 3, -1).mean((1, 3))
        expected = means[..., 0] if channels is None else means
        near(one(Resize, image, 3, 3, "Area"), expected, image)
