"""Ramps and masks: OpenCV's, to the pixel where it says which pixels a line has."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import Graph, LinearImage, PointsMask, PolygonMask, Stream, outputs


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(-1e6, 1e6, width=32),
    st.floats(-1e6, 1e6, width=32),
)
def test_a_ramp_is_numpys(width: int, height: int, low: float, high: float) -> None:
    for is_flipped, side in ((False, width), (True, height)):
        found = one(LinearImage, width, height, low, high, is_flipped)
        line = np.linspace(low, high, side).astype(np.float32)
        wanted = np.tile(
            line[:, None] if is_flipped else line, (1, width) if is_flipped else (height, 1)
        )
        assert (found.dtype, found.shape) == (np.float32, (height, width))
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6 * max(abs(low), abs(high)))
        assert found[0, 0] == low
        assert found[-1, -1] == (high if side > 1 else low)


def test_a_ramp_has_its_corners() -> None:
    found = one(LinearImage, 50, 3, 1, 50)
    np.testing.assert_array_equal(found[0], np.arange(1, 51))
    assert (found[0, 0], found[2, 49]) == (1, 50)


points_inside = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 29)), min_size=1, max_size=9)
points_around = st.lists(
    st.tuples(st.integers(-30, 70), st.integers(-30, 60)), min_size=1, max_size=9
)


def drawn(points: list[tuple[int, int]], thickness: int, size: tuple[int, int] = (30, 40)) -> Any:
    mask = np.zeros(size, np.uint8)
    if thickness == 0:
        cv2.fillPoly(mask, [np.array(points, np.int32)], 255)
    else:
        cv2.polylines(
            mask, [np.array(points, np.int32)], isClosed=True, color=255, thickness=thickness
        )
    return mask


@settings(max_examples=500, deadline=None)
@given(points_inside, st.sampled_from([0, 1]))
def test_polygons_are_opencvs(points: list[tuple[int, int]], thickness: int) -> None:
    found = one(PolygonMask, np.array(points, np.float32), 40, 30, thickness)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, drawn(points, thickness))


def from_sides(points: list[tuple[int, int]]) -> Any:
    """Return how far each pixel is from the sides of a polygon."""
    y, x = np.mgrid[:30, :40].astype(float)
    found = np.full((30, 40), np.inf)
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        along = np.clip(((x - ax) * dx + (y - ay) * dy) / square, 0, 1) if square else 0 * x
        found = np.minimum(found, np.hypot(x - ax - along * dx, y - ay - along * dy))
    return found


@settings(max_examples=500, deadline=None)
@given(points_around, st.sampled_from([0, 1]))
def test_polygons_that_reach_out_are_parts_of_opencvs(
    points: list[tuple[int, int]], thickness: int
) -> None:
    """OpenCV itself cuts lines off before it chooses their pixels, and gets others."""
    found = one(PolygonMask, np.array(points, np.float32), 40, 30, thickness)
    whole = drawn([(x + 30, y + 30) for x, y in points], thickness, (91, 101))
    np.testing.assert_array_equal(found, whole[30:60, 30:70])


@settings(max_examples=300, deadline=None)
@given(points_inside, st.integers(2, 9))
def test_thick_sides_are_opencvs_but_for_their_edges(
    points: list[tuple[int, int]], thickness: int
) -> None:
    found = one(PolygonMask, np.array(points, np.float32), 40, 30, thickness)
    distances = from_sides(points)
    reach = (thickness + 1) // 2
    assert (found[distances <= reach] == 255).all()
    assert (found[distances >= reach + 1] == 0).all()
    differs = found != drawn(points, thickness)
    assert np.abs(distances[differs] - reach).max(initial=0) < 1


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-9, 50), st.integers(-9, 40)), max_size=9), st.integers(0, 30)
)
def test_discs_are_opencvs(points: list[tuple[int, int]], size: int) -> None:
    wanted = np.zeros((30, 40), np.uint8)
    for point in points:
        cv2.circle(wanted, point, size, 255, -1)
    found = one(PointsMask, np.array(points, np.float32).reshape(-1, 2), 40, 30, size)
    np.testing.assert_array_equal(found, wanted)


def test_points_are_rounded_as_opencv_rounds() -> None:
    points = np.array([[0.5, 1.5], [2.5, 2.51], [6, 0.49]], np.float32)
    found = one(PointsMask, points, 8, 4, 0)
    assert list(zip(*np.nonzero(found.T), strict=True)) == [(0, 2), (2, 3), (6, 0)]
    whole = one(PolygonMask, np.rint(points), 8, 4)
    np.testing.assert_array_equal(one(PolygonMask, points, 8, 4), whole)


def test_single_pixels() -> None:
    corner = np.zeros((1, 2), np.float32)
    for node, inputs in ((PolygonMask, (0,)), (PolygonMask, (5,)), (PointsMask, (3,))):
        np.testing.assert_array_equal(one(node, corner, 1, 1, *inputs), [[255]])
    assert one(LinearImage, 1, 1, 4, 5) == [[4]]


def test_points_that_are_none_are_refused() -> None:
    with pytest.raises(GraphError, match="not points"):
        one(PolygonMask, np.zeros((3, 3), np.float32), 4, 4)
    with pytest.raises(GraphError, match="no points, which make no polygon"):
        one(PolygonMask, np.zeros((0, 2), np.float32), 4, 4)
    with pytest.raises(GraphError, match=r"a point at \(NaN, 0\)"):
        one(PointsMask, np.array([[np.nan, 0]], np.float32), 4, 4)
    with pytest.raises(GraphError, match="a size of -1 pixels"):
        one(PointsMask, np.zeros((1, 2), np.float32), 4, 4, -1)
