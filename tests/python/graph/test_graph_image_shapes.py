"""Components, distances and moments: SciPy's and OpenCV's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    ConnectedComponents,
    DistanceTransform,
    Graph,
    Moments,
    Stream,
    outputs,
)
from scipy import ndimage

TYPES = ["bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
WHOLE = [dtype for dtype in TYPES if not dtype.startswith("float")]


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


def blobs(height: int, width: int, share: float = 0.5, blur: float = 3) -> Any:
    noise = np.random.default_rng(height * width).normal(size=(height, width))
    smooth = ndimage.gaussian_filter(noise, blur)
    return (smooth > np.quantile(smooth, 1 - share)).astype(np.uint8)


masks = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 24), st.integers(1, 70)),
    elements=st.sampled_from([0, 0, 1, 255]),
    fill=st.nothing(),
)


@settings(max_examples=300, deadline=None)
@given(masks)
def test_components_are_scipys(mask: Any) -> None:
    found = one(ConnectedComponents, mask)
    wanted, _ = ndimage.label(mask, np.ones((3, 3)))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("size", [(1, 1), (1, 77), (77, 1), (375, 500), (101, 333)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_components_are_opencvs(size: tuple[int, int], share: float) -> None:
    mask = blobs(*size, share)
    labels = cv2.connectedComponentsWithAlgorithm(mask, 8, cv2.CV_16U, cv2.CCL_WU)[1]
    np.testing.assert_array_equal(one(ConnectedComponents, mask), labels)


@settings(max_examples=300, deadline=None)
@given(masks)
def test_distances_are_scipys(mask: Any) -> None:
    found = one(DistanceTransform, mask)
    assert found.dtype == np.float32
    if mask.all():
        assert np.isposinf(found).all()
    else:
        wanted = ndimage.distance_transform_edt(mask).astype(np.float32)
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("size", [(1, 77), (77, 1), (375, 500), (101, 333)])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_distances_are_opencvs(size: tuple[int, int], share: float) -> None:
    mask = blobs(*size, share)
    wanted = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    np.testing.assert_allclose(one(DistanceTransform, mask), wanted, rtol=3e-7)


@settings(max_examples=200, deadline=None)
@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 24), st.integers(1, 40)),
        elements=st.sampled_from([0, 1, 3, 255]),
    )
)
def test_moments_are_opencvs(image: Any) -> None:
    found = one(Moments, image)
    names = ["m00", "m10", "m01", "m20", "m11", "m02", "m30", "m21", "m12", "m03"]
    values = np.unique(image)
    assert (found.dtype, found.shape) == (np.float64, (len(values), 10))
    for value, row in zip(values, found, strict=True):
        wanted = cv2.moments((image == value).astype(np.uint8), binaryImage=True)
        np.testing.assert_array_equal(row, [wanted[name] for name in names])


def sums(image: Any) -> Any:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float64)
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]
    return [[(x**i * y**j)[image == value].sum() for i, j in powers] for value in np.unique(image)]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [None, 1])
def test_every_type(dtype: str, channels: int | None) -> None:
    mask = blobs(13, 17, blur=1)
    image = (mask * 77).astype(dtype)
    given = image if channels is None else image[..., None]
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    distances = ndimage.distance_transform_edt(mask).astype(np.float32)
    for node, wanted in ((ConnectedComponents, labels), (DistanceTransform, distances)):
        found = one(node, given)
        assert found.shape == given.shape
        np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)
    if dtype in WHOLE:
        np.testing.assert_array_equal(one(Moments, given), sums(image))


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64"])
def test_moments_are_of_values_in_their_order(dtype: str) -> None:
    image = np.array([[7, -3, 7], [-30000, 0, -3]], dtype)
    np.testing.assert_array_equal(one(Moments, image), sums(image))
    if dtype != "int16":
        image[0, 0] = 2**31 - 1
        np.testing.assert_array_equal(one(Moments, image), sums(image))


def test_large_moments() -> None:
    image = np.ones((600, 800), np.uint8)
    np.testing.assert_array_equal(one(Moments, image), sums(image))


def test_several_channels_are_refused_when_the_graph_is_built() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    for node in (Moments, ConnectedComponents, DistanceTransform):
        with pytest.raises(GraphError, match="an image of 3 channels, not of one"):
            one(node, image)
    with pytest.raises(GraphError, match="not whole numbers"):
        one(Moments, np.zeros((4, 4), np.float32))


def test_more_components_than_uint16_has_are_refused() -> None:
    mask = np.zeros((513, 513), np.uint8)
    mask[::2, ::2] = 1
    assert one(ConnectedComponents, mask[:509]).max() == 255 * 257
    with pytest.raises(GraphError, match="more than 65535 components"):
        one(ConnectedComponents, mask)
