"""Filters against OpenCV, SciPy and formulas, for every type of elements and number of channels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    CLAHE,
    AdjustSharpness,
    AverageFilter,
    BilateralFilter,
    DerivativeX,
    DerivativeY,
    Edges,
    GaussianBlur,
    GaussianFilter,
    GaussianKernel,
    Graph,
    Laplacian,
    LinearFilter,
    MedianBlur,
    Stream,
    UniformKernel,
    outputs,
)
from scipy import ndimage

TYPES = ["uint8", "int16", "uint16", "float32"]
CHANNELS = [None, 1, 3, 4]
SIZES = [(1, 1), (1, 7), (6, 1), (2, 3), (7, 9), (67, 130)]

# OpenCV's border, and NumPy's words for it.
BORDERS = {
    "ConstantHigh": (cv2.BORDER_CONSTANT, "constant"),
    "ConstantLow": (cv2.BORDER_CONSTANT, "constant"),
    "Replicate": (cv2.BORDER_REPLICATE, "edge"),
    "Reflect": (cv2.BORDER_REFLECT, "symmetric"),
    "Wrap": (cv2.BORDER_WRAP, "wrap"),
}


def picture(
    dtype: str, channels: int | None, size: tuple[int, int] = (17, 23), *, smooth: bool = False
) -> Any:
    shape = size if channels is None else (*size, channels)
    random = np.random.default_rng(5)
    if smooth:
        noise = ndimage.gaussian_filter(random.normal(0, 1, shape), (2, 2, 0)[: len(shape)])
        image = (noise - noise.min()) / max(np.ptp(noise), 1e-9)
    else:
        image = random.uniform(0, 1, shape)
    if dtype == "float32":
        return image.astype(np.float32)
    limits = np.iinfo(dtype)
    return (limits.min + image * (limits.max - limits.min)).round().astype(dtype)


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


def white(dtype: Any) -> float:
    return 1.0 if dtype == np.float32 else float(np.iinfo(dtype).max)


def padded(image: Any, border: str, by: int) -> Any:
    around = [(by, by), (by, by), (0, 0)][: image.ndim]
    if border == "ConstantHigh":
        return np.pad(image, around, constant_values=white(image.dtype))
    return np.pad(image, around, BORDERS[border][1])


def inner(image: Any, by: int) -> Any:
    return image[by : image.shape[0] - by, by : image.shape[1] - by]


def correlated(image: Any, kernel: Any, border: str) -> Any:
    """Return the exact correlation, in doubles."""
    by = max(kernel.shape)
    wide = padded(image, border, by).astype(np.float64)
    weights = kernel.reshape(*kernel.shape, *[1] * (image.ndim - 2))
    return inner(ndimage.correlate(wide, weights, mode="constant"), by)


def near(found: Any, expected: Any, image: Any, share: float = 1e-3) -> None:
    """Compare: whole numbers may be off by one where it is nearly a half, or in a share of all."""
    assert (found.dtype, found.shape) == (image.dtype, image.shape)
    if image.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))
        return
    limits = np.iinfo(image.dtype)
    expected = np.clip(expected, limits.min, limits.max)
    far = np.abs(found.astype(np.float64) - expected)
    assert far.max() <= 1
    # Single precision has 24 bits.
    half = 0.51 if image.dtype == np.uint8 else 0.6
    assert np.count_nonzero(far > half) <= share * far.size + 1


# --------------------------------------------------------------------------------------- weighted


@pytest.mark.parametrize("size", [1, 3, 5, 7, 11, 31])
def test_kernels(size: int) -> None:
    gaussian, uniform = one(GaussianKernel, size), one(UniformKernel, size)
    assert (gaussian.shape, uniform.shape) == ((size, 1), (1, size))
    assert gaussian.dtype == uniform.dtype == np.float32
    np.testing.assert_allclose(gaussian, cv2.getGaussianKernel(size, 0), atol=1e-7)
    np.testing.assert_allclose(uniform, np.full((1, size), 1 / size), rtol=1e-6)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("shape", [(3, 3), (1, 5), (4, 1), (2, 5)])
def test_linear_filters_are_correlations(
    dtype: str, channels: int | None, border: str, shape: tuple[int, int]
) -> None:
    kernel = np.random.default_rng(3).uniform(-0.3, 0.6, shape).astype(np.float32)
    for size in SIZES[:-1]:
        image = picture(dtype, channels, size)
        found = one(LinearFilter, image, kernel, border)
        near(found, correlated(image, kernel.astype(np.float64), border), image)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("dtype", TYPES)
def test_linear_filters_are_opencvs(dtype: str, channels: int | None) -> None:
    image = picture(dtype, channels)
    kernel = np.random.default_rng(4).uniform(-0.2, 0.5, (5, 3)).astype(np.float32)
    found = one(LinearFilter, image, kernel)
    expected = cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REFLECT)
    difference = found.astype(np.float64) - expected.reshape(image.shape)
    assert np.abs(difference).max() <= (1e-6 if dtype == "float32" else 1)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("sizes", [(1, 3), (5, 3), (7, 7), (9, 31), (3, 81)])
def test_smooth_images_are_weighted_means(
    dtype: str, channels: int | None, border: str, sizes: tuple[int, int]
) -> None:
    across, down = sizes
    gaussian = one(GaussianKernel, down) * one(GaussianKernel, across).T
    uniform = np.full((down, across), 1 / (down * across))
    for size in (1, 1), (2, 9), (20, 27):
        image = picture(dtype, channels, size)
        expected = correlated(image, gaussian.astype(np.float64), border)
        near(one(GaussianFilter, image, across, down, border), expected, image, share=0.05)
        expected = correlated(image, uniform, border)
        near(one(AverageFilter, image, across, down, border), expected, image)


@pytest.mark.parametrize("border", ["ConstantLow", "Replicate", "Reflect"])
@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("channels", CHANNELS)
def test_small_gaussians_of_bytes_are_opencvs(size: int, channels: int | None, border: str) -> None:
    image = picture("uint8", channels, (31, 70))
    expected = cv2.GaussianBlur(image, (size, size), 0, borderType=BORDERS[border][0])
    found = one(GaussianFilter, image, size, size, border)
    np.testing.assert_array_equal(found, expected.reshape(image.shape))


@pytest.mark.parametrize("size", [7, 9, 15, 31])
@pytest.mark.parametrize("channels", CHANNELS)
def test_gaussians_of_bytes_are_within_one_of_opencvs(size: int, channels: int | None) -> None:
    image = picture("uint8", channels, (60, 70))
    expected = cv2.GaussianBlur(image, (size, size), 0, borderType=cv2.BORDER_REFLECT)
    found = one(GaussianFilter, image, size, size)
    difference = np.abs(found.astype(int) - expected.reshape(image.shape))
    assert difference.max() <= 1
    if size == 7:
        assert np.mean(difference > 0) < 0.02


@pytest.mark.parametrize("border", ["Replicate", "Reflect"])
@pytest.mark.parametrize("sizes", [(3, 3), (15, 15), (1, 5), (17, 17), (31, 9)])
@pytest.mark.parametrize("channels", CHANNELS)
def test_means_of_bytes_are_opencvs(
    sizes: tuple[int, int], channels: int | None, border: str
) -> None:
    image = picture("uint8", channels, (31, 70))
    expected = cv2.blur(image, sizes, borderType=BORDERS[border][0])
    found = one(AverageFilter, image, *sizes, border)
    np.testing.assert_array_equal(found, expected.reshape(image.shape))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 255), st.sampled_from([1, 3, 5, 7, 13, 65, 81]), st.floats(0.05, 30))
def test_what_is_flat_stays_flat(value: int, size: int, sigma: float) -> None:
    image = np.full((5, 6, 3), value, np.uint8)
    for found in (
        one(GaussianFilter, image, size, size),
        one(AverageFilter, image, size, size),
        one(GaussianBlur, image, size, sigma),
        one(MedianBlur, image, size),
        one(AdjustSharpness, image, 1.0),
    ):
        np.testing.assert_array_equal(found, image)


# ------------------------------------------------------------------------------------ torchvision


def blurred(image: Any, size: tuple[int, int], sigma: tuple[float, float]) -> Any:
    """Return torchvision's gaussian_blur, in doubles."""

    def kernel(size: int, sigma: float) -> Any:
        x = np.linspace(-(size - 1) / 2, (size - 1) / 2, size)
        weights = np.exp(-0.5 * (x / sigma) ** 2)
        return weights / weights.sum()

    weights = np.outer(kernel(size[1], sigma[1]), kernel(size[0], sigma[0]))
    by = max(size)
    around = [(by, by), (by, by), (0, 0)][: image.ndim]
    wide = np.pad(image, around, "reflect")
    return inner(correlated(wide, weights, "ConstantLow"), by)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", [3, 9, (7, 3), (23, 81)])
@pytest.mark.parametrize("sigma", [(0.3, 4.0), (25.0, 0.01), 0])
def test_blurs_are_torchvisions(dtype: str, channels: int | None, size: Any, sigma: Any) -> None:
    both = size if isinstance(size, tuple) else (size, size)
    sigmas = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    if sigma == 0:
        sigmas = (0.15 * both[0] + 0.35, 0.15 * both[1] + 0.35)
    for shape in (1, 1), (11, 17):
        image = picture(dtype, channels, shape)
        given = [list(one) if isinstance(one, tuple) else one for one in (size, sigma)]
        near(one(GaussianBlur, image, *given), blurred(image, both, sigmas), image, share=0.05)


def sharpened(image: Any, factor: float) -> Any:
    """Return torchvision's adjust_sharpness, in single precision."""
    if min(image.shape[:2]) <= 2:
        return image
    kernel = np.ones((3, 3))
    kernel[1, 1] = 5
    smooth = correlated(image, kernel, "Replicate") / 13
    if image.dtype != np.float32:
        smooth = smooth.round()
    # Numbers of Python are float32 in graphs; the sum is rounded once.
    share = np.float32(1.0 - float(np.float32(factor)))
    own, smooth = image.astype(np.float32), smooth.astype(np.float32)
    mixed = (own + np.float64(share) * (smooth - own)).astype(np.float32)
    mixed = np.clip(mixed, 0, np.float32(white(image.dtype))).astype(image.dtype)
    expected = image.copy()
    expected[1:-1, 1:-1] = inner(mixed, 1)
    return expected


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("factor", [0, 0.1, 0.9, 1.0, 1.7, 12.5])
def test_sharpness_is_torchvisions(dtype: str, channels: int | None, factor: float) -> None:
    for size in SIZES:
        image = picture(dtype, channels, size)
        found, expected = one(AdjustSharpness, image, factor), sharpened(image, factor)
        assert found.dtype == image.dtype
        if dtype == "float32":
            np.testing.assert_allclose(found, expected, atol=1e-5)
        else:
            np.testing.assert_array_equal(found, expected)


# ------------------------------------------------------------------------------------------ others


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", [1, 3, 5, 7, 9, 15, 17])
def test_medians_are_scipys(dtype: str, channels: int | None, size: int) -> None:
    for shape in SIZES:
        image = picture(dtype, channels, shape)
        window = (size, size, 1)[: image.ndim]
        expected = ndimage.median_filter(image, window, mode="nearest")
        np.testing.assert_array_equal(one(MedianBlur, image, size), expected)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", [3, 5, 7, 9, 21])
def test_medians_of_bytes_are_opencvs(channels: int | None, size: int) -> None:
    image = picture("uint8", channels, (67, 130))
    expected = cv2.medianBlur(image, size).reshape(image.shape)
    np.testing.assert_array_equal(one(MedianBlur, image, size), expected)


def bilateral(image: Any, radius: int, color: float, space: float) -> Any:
    """Return the sums of the definition, in doubles."""
    around = [(radius, radius), (radius, radius), (0, 0)]
    wide = np.pad(np.atleast_3d(image).astype(np.float64), around, "reflect")
    middle = inner(wide, radius)
    total, sums = np.zeros(middle.shape[:2]), np.zeros(middle.shape)
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            if x * x + y * y <= radius * radius:
                there = np.roll(wide, (-y, -x), (0, 1))
                there = inner(there, radius)
                apart = np.abs(there - middle).sum(axis=2)
                weight = np.exp(-0.5 * ((apart / color) ** 2 + (x * x + y * y) / space**2))
                total += weight
                sums += weight[..., None] * there
    return (sums / total[..., None]).reshape(image.shape)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(("diameter", "radius"), [(1, 1), (5, 2), (8, 4), (-1, 3)])
def test_bilateral_filters_are_sums(
    dtype: str, channels: int | None, diameter: int, radius: int
) -> None:
    color = 0.2 if dtype == "float32" else 0.2 * np.iinfo(dtype).max
    for size in SIZES[:-1]:
        image = picture(dtype, channels, size, smooth=True)
        found = one(BilateralFilter, image, diameter, color, 2.0)
        near(found, bilateral(image, radius, np.float32(color), 2.0), image)


@pytest.mark.parametrize("channels", [None, 3])
def test_bilateral_filters_of_bytes_are_opencvs(channels: int | None) -> None:
    image = picture("uint8", channels, (67, 130), smooth=True)
    found = one(BilateralFilter, image, 9, 40, 3)
    expected = cv2.bilateralFilter(image, 9, 40, 3)
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 0.01


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", SIZES)
def test_derivatives_are_opencvs(dtype: str, channels: int | None, size: tuple[int, int]) -> None:
    image = picture(dtype, channels, size)
    # OpenCV derives int16 only as int16, which clips.
    given = image.astype(np.float32)
    expected = [
        cv2.Sobel(given, cv2.CV_32F, 1, 0),
        cv2.Sobel(given, cv2.CV_32F, 0, 1),
        cv2.Laplacian(given, cv2.CV_32F),
    ]
    for node, wanted in zip((DerivativeX, DerivativeY, Laplacian), expected, strict=True):
        found = one(node, image)
        assert found.dtype == np.float32
        assert found.shape == image.shape
        if dtype == "float32":
            np.testing.assert_allclose(found, wanted.reshape(image.shape), atol=1e-6)
        else:
            np.testing.assert_array_equal(found, wanted.reshape(image.shape))


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("thresholds", [(), (20, 90), (300.7, 60.2), (0, 1e9), (-5, 0)])
@pytest.mark.parametrize("smooth", [False, True])
def test_edges_are_opencvs(channels: int | None, thresholds: Any, smooth: bool) -> None:  # noqa: FBT001
    for size in SIZES:
        image = picture("uint8", channels, size, smooth=smooth)
        expected = cv2.Canny(image, *(thresholds or (0, 100)))
        found = one(Edges, image, *thresholds)
        shape = size if channels is None else (*size, 1)
        assert (found.dtype, found.shape) == (np.uint8, shape)
        np.testing.assert_array_equal(found.reshape(size), expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_edges_of_other_types_are_those_of_bytes(dtype: str, channels: int | None) -> None:
    image = picture("uint8", channels, (67, 130), smooth=True)
    np.testing.assert_array_equal(one(Edges, image.astype(dtype)), one(Edges, image))


def luma(image: Any) -> Any:
    """Return Y of YCrCb as OpenCV rounds it."""
    weights = np.array([4899, 9617, 1868])
    sums = (image[..., :3].astype(np.int64) * weights).sum(axis=2)
    return (sums + 8192 >> 14).astype(image.dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("limit", [0, 0.5, 2, 40])
@pytest.mark.parametrize("tiles", [8, 1, [3, 5]])
@pytest.mark.parametrize("smooth", [False, True])
def test_clahe_is_opencvs(dtype: str, limit: float, tiles: Any, smooth: bool) -> None:  # noqa: FBT001
    across, down = tiles if isinstance(tiles, list) else (tiles, tiles)
    theirs = cv2.createCLAHE(limit, (across, down))
    for size in [(64, 80), (67, 130), (24, 31), (40, 33)]:
        image = picture(dtype, None, size, smooth=smooth)
        expected = theirs.apply(image)
        np.testing.assert_array_equal(one(CLAHE, image, limit, tiles), expected)
        gray = one(CLAHE, image[..., None], limit, tiles)
        np.testing.assert_array_equal(gray, expected[..., None])
        for channels in (3, 4):
            image = picture(dtype, channels, size, smooth=smooth)
            found = one(CLAHE, image, limit, tiles)
            own = luma(image)
            gain = theirs.apply(own).astype(int) - own
            expected = image.copy()
            raised = image[..., :3].astype(int) + gain[..., None]
            expected[..., :3] = np.clip(raised, 0, white(image.dtype))
            np.testing.assert_array_equal(found, expected)


def test_clahe_of_colours_is_nearly_that_of_opencvs_luma() -> None:
    """OpenCV rounds the other two of YCrCb, which loses up to 2."""
    image = picture("uint8", 3, (67, 130), smooth=True)
    layers = list(cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)))
    layers[0] = cv2.createCLAHE(2.0, (8, 8)).apply(layers[0])
    expected = cv2.cvtColor(cv2.merge(layers), cv2.COLOR_YCrCb2RGB)
    found = one(CLAHE, image)
    assert np.abs(found.astype(int) - expected).max() <= 2


def test_clahe_of_other_types_is_that_of_uint16() -> None:
    image = picture("uint16", 3, (40, 50), smooth=True)
    expected = one(CLAHE, image)
    moved = (image.astype(np.int32) - 32768).astype(np.int16)
    found = one(CLAHE, moved)
    np.testing.assert_array_equal(found.astype(np.int32) + 32768, expected)
    found = one(CLAHE, (image / 65535).astype(np.float32))
    np.testing.assert_allclose(found, expected / 65535, atol=1e-5)
    assert one(CLAHE, np.full((1, 1), 7, np.uint8)).shape == (1, 1)


# ---------------------------------------------------------------------------------------- mistakes

BYTES = picture("uint8", 3)


@pytest.mark.parametrize(
    ("node", "given", "reason"),
    [
        (GaussianKernel, (4,), "a size of 4, not an odd number from 1 to 1023"),
        (UniformKernel, (-3,), "a size of -3"),
        (MedianBlur, (BYTES, 0), "a size of 0"),
        (MedianBlur, (BYTES.astype(np.int64), 3), "int64"),
        (MedianBlur, (BYTES[0, 0], 3), "not an image"),
        (GaussianFilter, (BYTES, 3, 2000), "a size of 2000"),
        (GaussianFilter, (BYTES, 3, 3, "Mirror"), "is no border"),
        (LinearFilter, (BYTES, np.ones(3, np.float32)), "not a kernel of height and width"),
        (LinearFilter, (BYTES, np.ones((0, 3), np.float32)), "not a kernel of height and width"),
        (GaussianBlur, (BYTES, [3, 3, 3]), "not one number or two"),
        (GaussianBlur, (BYTES, 3, -1.0), "sigma is -1, not a number from 0"),
        (AdjustSharpness, (BYTES, -0.5), "a factor of -0.5, not a number from 0"),
        (BilateralFilter, (BYTES, 5, 0, 1), "a standard deviation of 0, not a number above 0"),
        (BilateralFilter, (BYTES, 5000, 1, 1), "2500 pixels to every side, more than 511"),
        (Edges, (BYTES.astype(bool),), "bool"),
        (CLAHE, (BYTES, -1), "a clip limit of -1, not a number from 0"),
        (CLAHE, (BYTES, 2, 0), "0 tiles, not a whole number from 1 to 32"),
        (CLAHE, (BYTES[..., :2],), "2 channels, not 1, 3 or 4"),
    ],
)
def test_mistakes_are_found_at_build(node: Any, given: tuple[Any, ...], reason: str) -> None:
    with Graph() as made:
        outputs(node(*given))
    with pytest.raises(GraphError, match=reason):
        Stream(made)
