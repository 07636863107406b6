"""Cases of what moves an image with its mask, boxes and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from cases_of_macros import PICTURE
from imagepipe_rs.graph import MakeList, MakeResource
from node_cases import Values, case, evenly, shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FLOATS = np.float32
FIELDS = ("image", "mask", "boxes", "points", "label")

# Of 12 columns and 10 rows.
MASK = PICTURE[..., 0]
BOXES = np.array([[0, 0, 1, 1], [2, 3, 7, 9]], FLOATS)
POINTS = np.array([[0, 0], [4, 2.5]], FLOATS)


def sample() -> MakeResource:
    return MakeResource(image=PICTURE, mask=MASK, boxes=BOXES, points=POINTS, label=3)


def fields(moved: Any) -> tuple[Any, ...]:
    return tuple(moved[field] for field in FIELDS)


def boxes(*rows: list[float]) -> Any:
    return np.array(rows, FLOATS)


def mirrored() -> tuple[Any, ...]:
    return (
        PICTURE[:, ::-1],
        MASK[:, ::-1],
        boxes([11, 0, 12, 1], [5, 3, 10, 9]),
        boxes([11, 0], [7, 2.5]),
        3,
    )


def upside_down() -> tuple[Any, ...]:
    return (
        PICTURE[::-1],
        MASK[::-1],
        boxes([0, 9, 1, 10], [2, 1, 7, 7]),
        boxes([0, 9], [4, 6.5]),
        3,
    )


def turned() -> tuple[Any, ...]:
    """By half a turn."""
    return (
        PICTURE[::-1, ::-1],
        MASK[::-1, ::-1],
        boxes([11, 9, 12, 10], [5, 1, 10, 7]),
        boxes([11, 9], [7, 6.5]),
        3,
    )


def between(low: float, high: float) -> Callable[[list[Any]], None]:
    """Return a check that numbers are spread evenly over a range."""

    def checked(column: list[Any]) -> None:
        found = np.array([np.ravel(value)[0] for value in column])
        assert low - 1e-3 <= found.min() <= low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) <= found.max() <= high + 1e-3
        deviation = (high - low) / np.sqrt(12 * len(column))
        assert abs(found.mean() - (low + high) / 2) < 5 * deviation

    return checked


@case("HorizontalFlip")
def _(kind: Any, _folder: Path) -> Values:
    return (*fields(kind(sample())), kind(PICTURE)), (*mirrored(), PICTURE[:, ::-1])


@case("VerticalFlip")
def _(kind: Any, _folder: Path) -> Values:
    return (*fields(kind(sample())), kind(MASK)), (*upside_down(), MASK[::-1])


@case("RandomHorizontalFlip")
def _(kind: Any, _folder: Path) -> Values:
    moved = kind(MakeResource(image=PICTURE, points=boxes([0, 1])), 0.3)
    in_step = MakeList([moved["image"][0][0], moved["points"][0][0]])
    ends = (tuple(PICTURE[0, 0].tolist()), 0.0), (tuple(PICTURE[0, -1].tolist()), 11.0)

    def together(column: list[Any]) -> None:
        found = [(tuple(pixel.tolist()), float(x)) for pixel, x in column]
        shared({ends[0]: 0.7, ends[1]: 0.3})(found)

    return (in_step, kind(MASK, 1), kind(MASK, 0)), (together, MASK[:, ::-1], MASK)


@case("RandomVerticalFlip")
def _(kind: Any, _folder: Path) -> Values:
    moved = kind(MakeResource(image=PICTURE, points=boxes([0, 1])))
    return (moved["points"][0][1], kind(MASK, 1)), (evenly(1.0, 8.0), MASK[::-1])


@case("RandomResizedCrop")
def _(kind: Any, _folder: Path) -> Values:
    whole = kind(sample(), 12, 10, (1, 1), (1.2, 1.2))
    # The largest part whose ratio is allowed: columns 1 to 11.
    middle = kind(sample(), 5, 5, (1, 1), (1, 1), "Area")
    means = PICTURE[:, 1:11].reshape(5, 2, 5, 2, 3).astype(float).mean((1, 3))
    kept = (boxes([0, 0, 0, 0.5], [0.5, 1.5, 3, 4.5]), boxes([-0.75, -0.25], [1.25, 1]))

    def near(column: list[Any]) -> None:
        assert all(np.abs(image - means).max() <= 0.5 for image in column)

    part = kind(MakeResource(image=PICTURE, points=boxes([-0.5, -0.5])), 1, 1, (0.1, 0.1), (1, 1))
    # One of three by three pixels; its corner is at one of ten columns.
    corners = 3 * (part["points"][0][0] + 0.5)
    columns = shared(dict.fromkeys(range(10), 0.1))

    def even(column: list[Any]) -> None:
        columns([round(-float(x)) for x in column])

    return (*fields(whole), middle["image"], middle["boxes"], middle["points"], corners), (
        *(PICTURE, MASK, BOXES, POINTS, 3),
        near,
        *kept,
        even,
    )


@case("ResourceResize")
def _(kind: Any, _folder: Path) -> Values:
    """Pixels are doubled, and points of their middles move to between the two."""
    moved = kind(sample(), 24, 20, "Nearest")
    expected = (
        PICTURE.repeat(2, 0).repeat(2, 1),
        MASK.repeat(2, 0).repeat(2, 1),
        BOXES * 2,
        POINTS * 2 + FLOATS(0.5),
        3,
    )
    return (*fields(moved), kind(PICTURE, 12, 10)), (*expected, PICTURE)


@case("Rotate")
def _(kind: Any, _folder: Path) -> Values:
    square = PICTURE[:, :10]
    quarter = kind(MakeResource(image=square, points=boxes([9, 0], [4, 2.5])), 90)
    white = kind(MakeResource(image=MASK, mask=MASK), 45, mask_border="ConstantHigh")
    corners = MakeList([white["image"][0][0], white["mask"][0][0]])
    return (*fields(kind(sample(), 180)), quarter["image"], quarter["points"], corners), (
        *turned(),
        np.rot90(square),
        boxes([0, 0], [2.5, 5]),
        [np.uint8(0), np.uint8(255)],
    )


@case("RandomRotation")
def _(kind: Any, _folder: Path) -> Values:
    # How far right is the point above the middle, 5 pixels away?
    points = MakeResource(image=np.zeros((11, 11), np.uint8), points=boxes([5, 0]))
    left, half = kind(points, (0, 90))["points"], kind(sample(), (180, 180))

    def angles(column: list[Any]) -> None:
        found = [np.degrees(np.arctan2(5 - y, 5 - x)) for ((x, y),) in column]
        between(0, 90)([90 - angle for angle in found])

    both = kind(points, 40)["points"]

    def sides(column: list[Any]) -> None:
        between(-40, 40)([np.degrees(np.arctan2(5 - x, 5 - y)) for ((x, y),) in column])

    return (left, both, *fields(half)), (angles, sides, *turned())


@case("Affine")
def _(kind: Any, _folder: Path) -> Values:
    moved = kind(sample(), translate=(2, -3))
    image, mask = np.zeros_like(PICTURE), np.zeros_like(MASK)
    image[:7, 2:], mask[:7, 2:] = PICTURE[3:, :10], MASK[3:, :10]
    shifted = boxes([2, 0, 3, 0], [4, 0, 9, 6]), boxes([2, -3], [6, -0.5])
    # About the middle of 10 by 10 pixels, which is (4.5, 4.5): clockwise.
    square = MakeResource(image=PICTURE[:, :10], points=boxes([9, 0]))
    clockwise, larger = kind(square, 90)["points"], kind(square, scale=2)["points"]
    across, down = kind(square, shear=45)["points"], kind(square, shear=(0, 45))["points"]
    return (*fields(moved), clockwise, larger, across, down, kind(MASK, 180)), (
        *(image, mask, *shifted, 3),
        boxes([9, 9]),
        boxes([13.5, -4.5]),
        boxes([13.5, 0]),
        boxes([9, -4.5]),
        MASK[::-1, ::-1],
    )


@case("RandomAffine")
def _(kind: Any, _folder: Path) -> Values:
    square = np.zeros((11, 11), np.uint8)
    points = boxes([5, 0], [5, 5])
    source = MakeResource(image=square, points=points)
    moves = kind(source, 0, translate=(0.5, 0.2))["points"][1]
    scaled = kind(source, 0, scale=(0.5, 2))["points"][0][1]
    slanted = kind(source, 0, shear=(0, 0, -30, 10))["points"]
    leaning = kind(source, 0, shear=(10, 30))["points"][0][0]
    turned_by = kind(source, (0, 60))["points"][0]
    columns = shared(dict.fromkeys(range(-5, 6), 1 / 11) | {-5: 1 / 11, 5: 1 / 11})
    del columns  # its ends are as wide as the others: 5.5 pixels, rounded

    def whole(column: list[Any]) -> None:
        x, y = np.array(column).T
        assert set(np.unique(np.round(x - 5, 3))) <= set(range(-6, 7))
        assert set(np.unique(np.round(y - 5, 3))) == {-2, -1, 0, 1, 2}

    def tangent(column: list[Any]) -> None:
        between(10, 30)([np.degrees(np.arctan((x - 5) / 5)) for x in column])

    def still(column: list[Any]) -> None:
        assert all(np.allclose(value, points, atol=1e-4) for value in column)

    def clockwise(column: list[Any]) -> None:
        between(0, 60)([np.degrees(np.arctan2(x - 5, 5 - y)) for x, y in column])

    factors = between(0.5, 2)
    return (moves, scaled, slanted, leaning, turned_by), (
        whole,
        lambda column: factors([(5 - y) / 5 for y in column]),
        still,
        tangent,
        clockwise,
    )


@case("Perspective")
def _(kind: Any, _folder: Path) -> Values:
    """All corners of the pixels' middles move to the right and down."""
    corners = np.array([[0, 0], [11, 0], [11, 9], [0, 9]], FLOATS)
    image = np.zeros_like(PICTURE)
    image[3:, 2:] = PICTURE[:7, :10]
    moved = kind(sample(), corners, corners + np.array([2, 3]))
    away = kind(sample(), corners, [[1, 0], [10, 0], [11, 9], [0, 9]])["points"]
    return (moved["image"], moved["boxes"], moved["points"], away[0]), (
        image,
        boxes([2, 3, 3, 4], [4, 6, 9, 10]),
        POINTS + np.array([2, 3], FLOATS),
        np.array([1, 0], FLOATS),
    )


@case("RandomPerspective")
def _(kind: Any, _folder: Path) -> Values:
    # The corner of the image is half a pixel away from the middle of its first one.
    corner = MakeResource(image=PICTURE, points=boxes([-0.5, -0.5]))
    always, never = kind(corner, 0.5, 1)["points"], kind(sample(), 0.5, 0)
    often = kind(corner, 0.5, 0.25)["points"]
    rare = shared({True: 0.25, False: 0.75})
    return (always[0][0], always[0][1], often, *fields(never), kind(MASK, 0, 1)), (
        between(-0.5, 2.5),
        between(-0.5, 2),
        lambda column: rare([bool(point[0, 0] != -0.5) for point in column]),
        *(PICTURE, MASK, BOXES, POINTS, 3),
        MASK,
    )


@case("SanitizeBoundingBoxes")
def _(kind: Any, _folder: Path) -> Values:
    rows = boxes([0, 0, 2, 2], [0, 0, 0, 5], [3, 3, 3.5, 9], [1, 1, 5, 2])
    names = ["a", "b", "c", "d"]
    source = MakeResource(boxes=rows, labels=names, scores=[1, 2, 3, 4], other="x")
    found, large = kind(source), kind(source, 0.5, 3, ["labels", "scores"])
    none = kind(MakeResource(boxes=np.zeros((0, 4), FLOATS), labels=np.zeros(0, np.int32)))
    nodes = (found["boxes"], found["labels"], found["scores"], found["other"], found["kept"])
    expected = rows[[0, 3]], ["a", "d"], np.arange(1, 5, dtype=np.int32), "x"
    kept = np.array([True, False, False, True])
    return (
        *nodes,
        large["boxes"],
        large["labels"],
        large["scores"],
        *map(none.__getitem__, ("boxes", "labels")),
    ), (
        *(*expected, kept),
        rows[[0, 2, 3]],
        ["a", "c", "d"],
        np.array([1, 3, 4], np.int32),
        np.zeros((0, 4), FLOATS),
        np.zeros(0, np.int32),
    )
