"""Images whose pixels are in other places, against OpenCV, SciPy and NumPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    ElasticTransform,
    Flip,
    Graph,
    ImagePiecewiseAffine,
    ImageRemap,
    MaskBoundingBox,
    Output,
    Resize,
    Scale,
    Stream,
    Transpose,
    ViewImage,
    outputs,
)
from scipy import ndimage

TYPES = ["uint8", "int16", "uint16", "float32"]
CHANNELS = [None, 1, 3, 4]
SIZES = [(1, 1), (1, 9), (7, 1), (13, 11), (64, 67)]

METHODS = {
    "Nearest": cv2.INTER_NEAREST,
    "Linear": cv2.INTER_LINEAR,
    "Area": cv2.INTER_AREA,
    "Cubic": cv2.INTER_CUBIC,
    "Lanczos": cv2.INTER_LANCZOS4,
}
AROUND = {
    "ConstantLow": cv2.BORDER_CONSTANT,
    "Replicate": cv2.BORDER_REPLICATE,
    "Reflect": cv2.BORDER_REFLECT,
    "Wrap": cv2.BORDER_WRAP,
}


def picture(dtype: str, channels: int | None, size: tuple[int, int] = (13, 11)) -> Any:
    shape = size if channels is None else (*size, channels)
    random = np.random.default_rng(3)
    if dtype == "float32":
        return random.uniform(-2, 2, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def smooth(dtype: str, channels: int | None, size: tuple[int, int] = (40, 50)) -> Any:
    """Return an image whose neighbouring pixels differ little, as those of photographs do."""
    image = picture("float32", channels, size)
    for axis in (0, 1):
        image = ndimage.gaussian_filter1d(image, 2, axis)
    image = (image - image.min()) / (image.max() - image.min())
    limits = np.iinfo(dtype) if dtype != "float32" else None
    if limits is None:
        return image
    return (image * (limits.max - limits.min) + limits.min).astype(dtype)


def one(node: Any, *given: Any, **named: Any) -> Any:
    with Graph() as made:
        outputs(node(*given, **named))
    return Stream(made).run(0)[0]


def near(found: Any, expected: Any, share: float) -> None:
    """Compare: by how much values may differ is a share of the range of the type."""
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    span = np.iinfo(found.dtype).max if found.dtype.kind in "iu" else 1.0
    differ = np.abs(found.astype(np.float64) - expected)
    assert differ.max(initial=0) <= max(share * span, 1 if span > 1 else 0)


def shaped(found: Any, like: Any) -> Any:
    """Return an image of OpenCV, which leaves out an axis of one channel."""
    return found.reshape(*found.shape[:2], *like.shape[2:])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [*CHANNELS, 2, 5])
@pytest.mark.parametrize("dtype", [*TYPES, "bool", "int64", "float64"])
def test_mirror_images_and_transposed_ones_are_numpys(
    dtype: str, channels: int | None, size: tuple[int, int]
) -> None:
    image = picture("int16", channels, size).astype(dtype)
    for across in (False, True):
        for down in (False, True):
            steps = slice(None, None, -1 if down else 1), slice(None, None, -1 if across else 1)
            found = one(Flip, image, across, down)
            np.testing.assert_array_equal(found, image[steps])
            assert found.dtype == image.dtype
    axes = [1, 0, 2][: image.ndim]
    np.testing.assert_array_equal(one(Transpose, image, axes), image.transpose(axes))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 3, 4]))
def test_what_is_done_twice_is_undone(height: int, width: int, channels: int) -> None:
    image = picture("uint8", channels, (height, width))
    for arguments in ((Flip, True, False), (Flip, False, True), (Flip, True, True)):
        kind, *given = arguments
        once = one(kind, image, *given)
        np.testing.assert_array_equal(one(kind, once, *given), image)
    once = one(Transpose, image, [1, 0, 2])
    np.testing.assert_array_equal(one(Transpose, once, [1, 0, 2]), image)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("scale", [0.1, 0.5, 0.77, 1, 1.5, 3.21])
def test_a_scale_is_a_size(dtype: str, channels: int | None, scale: float) -> None:
    image = picture(dtype, channels)
    sides = [max(1, round(side * float(np.float32(scale)))) for side in (11, 13)]
    for method in METHODS:
        expected = one(Resize, image, *sides, method)
        np.testing.assert_array_equal(one(Scale, image, scale, method), expected)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from(CHANNELS), st.data())
def test_a_bounding_box_is_the_least(
    height: int, width: int, channels: int | None, data: Any
) -> None:
    shape = (height, width) if channels is None else (height, width, channels)
    mask = np.zeros(shape, np.uint8)
    for _ in range(data.draw(st.integers(0, 3))):
        mask[tuple(data.draw(st.integers(0, side - 1)) for side in shape)] = 200
    rows, columns, *_ = np.nonzero(mask)
    expected = (0, 0, width, height)
    if rows.size:
        expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    for dtype in (np.uint8, np.bool_, np.float32, np.int16):
        found = one(MaskBoundingBox, mask.astype(dtype))
        np.testing.assert_array_equal(found, np.array(expected, np.float32))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("method", ["Nearest", "Linear", "Cubic"])
@pytest.mark.parametrize("border", AROUND)
def test_remapped_images_are_opencvs(
    dtype: str, channels: int | None, method: str, border: str
) -> None:
    """OpenCV has places in steps of 1/32 pixel, and so have these."""
    image = smooth(dtype, channels)
    random = np.random.default_rng(1)
    steps = 1 if method == "Nearest" else 32
    x = (random.integers(-10 * steps, 60 * steps, (37, 45)) / steps).astype(np.float32)
    y = (random.integers(-10 * steps, 50 * steps, (37, 45)) / steps).astype(np.float32)
    expected = shaped(cv2.remap(image, x, y, METHODS[method], None, AROUND[border]), image)
    near(one(ImageRemap, image, x, y, method, border), expected, 1e-3)
    doubles = one(ImageRemap, image, x.astype(np.float64), y, method, border)
    np.testing.assert_array_equal(doubles, one(ImageRemap, image, x, y, method, border))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("channels", [None, 2, 3, 4, 5])
@pytest.mark.parametrize("size", SIZES)
def test_remapped_images_are_views(
    method: str, channels: int | None, size: tuple[int, int]
) -> None:
    """Places that are exact in single precision give the same pixels to the bit."""
    image = picture("uint8", channels, size)
    view = np.array([[0.5, 0, 2], [0, 2, -3], [0, 0, 1]], np.float32)
    down, across = np.mgrid[:20, :40].astype(np.float32)
    x, y = 2 * across - 4, 0.5 * down + 1.5
    for border in ("ConstantHigh", *AROUND):
        found = one(ImageRemap, image, x, y, method, border)
        expected = one(ViewImage, image, view, 40, 20, method, border)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("perspective", [0, 1])
def test_views_are_opencvs(dtype: str, channels: int | None, perspective: int) -> None:
    image = smooth(dtype, channels)
    view = np.array([[0.9, -0.4, 11.3], [0.3, 0.8, -3.7], [0, 0, 1]], np.float32)
    if perspective:
        view[2, :2] = 0.002, -0.001
    for border, around in AROUND.items():
        for method, tolerance in (("Linear", 0.02), ("Cubic", 0.03), ("Lanczos", 0.04)):
            doubles = view.astype(np.float64)
            expected = cv2.warpPerspective(
                image, doubles, (45, 37), flags=METHODS[method], borderMode=around
            )
            found = one(ViewImage, image, view, 45, 37, method, border)
            # OpenCV rounds places to 1/32 pixel: by that much, steep parts differ.
            differ = np.abs(found.astype(np.float64) - shaped(expected, image))
            span = 1.0 if dtype == "float32" else float(np.iinfo(dtype).max) - np.iinfo(dtype).min
            assert np.quantile(differ, 0.98) <= max(tolerance * span, 1)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sides", [(1, 1), (5, 7), (11, 13), (33, 20), (130, 99)])
def test_sizes_are_opencvs(
    dtype: str,
    channels: int | None,
    size: tuple[int, int],
    method: str,
    sides: tuple[int, int],
) -> None:
    image = picture(dtype, channels, size)
    shrinks = all(side <= own for side, own in zip(sides, size[::-1], strict=True))
    if method == "Area" and not shrinks:
        return  # OpenCV enlarges in another way then
    expected = shaped(cv2.resize(image, sides, interpolation=METHODS[method]), image)
    found = one(Resize, image, *sides, method)
    # Weights of OpenCV are multiples of 1/2048 for bytes, which add up.
    near(found, expected, {"Lanczos": 0.012, "Cubic": 0.004}.get(method, 0.003))


def drawn(node: Any, count: int = 200) -> list[Any]:
    with Graph() as made:
        Output(node())
    stream = Stream(made, seed=11)
    return [stream.run(index)[0] for index in range(count)]


def ramp(height: int, width: int) -> tuple[Any, Any]:
    down, across = np.mgrid[:height, :width].astype(np.float32)
    return across, down


def test_a_lattice_moves_its_points_uniformly() -> None:
    """An image of columns shows where pixels are from; inside, borders do not matter."""
    across, down = ramp(61, 91)
    both = np.stack([across, down], 2)
    inner = slice(20, 41), slice(30, 61)
    moved = np.stack([one - both for one in drawn(lambda: ImagePiecewiseAffine(both, 3.0))])
    points = moved[:, 20, 30], moved[:, 40, 60], moved[:, 20, 60]
    for point in points:
        assert np.abs(point).max() <= 3.0001
        assert np.abs(point.mean(0)).max() < 5 * 3 / 3**0.5 / 200**0.5
        assert np.abs(point.std(0) - 3 / 3**0.5).max() < 0.3
    # Bilinear between the points: second differences along each axis are none.
    cell = moved[(slice(None), *inner)]
    assert np.abs(np.diff(cell, 2, axis=1)).max() < 1e-3
    assert np.abs(np.diff(cell, 2, axis=2)).max() < 1e-3
    assert np.abs(cell.mean((0, 1, 2))).max() < 0.5


@pytest.mark.parametrize("sigma", [0.0, 1.0, 5.0])
def test_an_elastic_transform_moves_pixels_as_torchvisions(sigma: float) -> None:
    height, width, alpha = 90, 120, 30.0
    across, down = ramp(height, width)
    both = np.stack([across, down], 2)
    images = drawn(lambda: ElasticTransform(both, alpha, sigma, "Linear", "Replicate"), 60)
    inner = (slice(40, 50), slice(50, 70))
    moved = np.stack([(image - both)[inner] for image in images])
    reach = int(8 * sigma + 1) // 2
    at = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (at / sigma) ** 2) if sigma else np.ones(1)
    kernel /= kernel.sum()
    # Of uniform numbers from -1 to 1, whose variance is 1/3.
    deviation = (1 / 3) ** 0.5 * (kernel**2).sum()
    for axis, factor in ((0, width / height), (1, height / width)):
        expected = deviation * alpha / 2 * factor
        found = moved[..., axis]
        assert abs(found.mean()) < 0.35 * expected
        assert found.std() == pytest.approx(expected, rel=0.2)
    # As neighbours do that are smoothed.
    if sigma:
        pairs = moved[:, :, :-1] * moved[:, :, 1:]
        expected = np.convolve(kernel, kernel)[len(kernel)] / (kernel**2).sum()
        assert pairs.mean() / (moved**2).mean() == pytest.approx(expected, abs=0.1)


def test_two_nodes_of_one_seed_bend_an_image_and_its_mask_alike() -> None:
    image = picture("uint8", 3, (40, 50))
    mask = image[..., 0] > 128
    with Graph() as made:
        Output(ElasticTransform(image, 80, 3, "Nearest", seed=5), "image")
        Output(ElasticTransform(mask, 80, 3, "Nearest", seed=5), "mask")
        Output(ImagePiecewiseAffine(image, 4, seed=5), "bent")
    first, second, bent = Stream(made).run(0).values()
    np.testing.assert_array_equal(first[..., 0] > 128, second)
    assert second.dtype == np.bool_
    assert (bent != image).any()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", SIZES)
def test_small_and_odd_images_bend(dtype: str, channels: int | None, size: Any) -> None:
    image = picture(dtype, channels, size)
    for node in (
        lambda: ElasticTransform(image, 3, 8.0, "Cubic", "Reflect"),
        lambda: ImagePiecewiseAffine(image, 2, 9),
    ):
        found = drawn(node, 1)[0]
        assert (found.shape, found.dtype) == (image.shape, image.dtype)


def test_mistakes_are_found_when_the_graph_is_built() -> None:
    image = picture("uint8", 3)
    columns = np.zeros((3, 4), np.float32)
    mistakes: list[tuple[Any, str]] = [
        (lambda: Scale(image, -1), "a scale of -1"),
        (lambda: Flip(image[0, 0], horizontal=True, vertical=False), "not an image"),
        (lambda: ImageRemap(image, columns, columns[:2]), "not one of each for each pixel"),
        (lambda: ImageRemap(image, columns, columns, "Best"), "no interpolation"),
        (lambda: ElasticTransform(image, sigma=-1), "sigma is -1"),
        (lambda: ImagePiecewiseAffine(image, 1, 1), "a subdivision of 1"),
    ]
    for make, reason in mistakes:
        with pytest.raises(GraphError, match=reason):
            drawn(make, 1)
