"""What moves images with masks, boxes and points: formulas, other libraries' pixels, and laws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    Affine,
    Filter,
    Graph,
    HorizontalFlip,
    ImageDirectory,
    MakeResource,
    Node,
    Perspective,
    PerspectiveView,
    PyNode,
    RandomAffine,
    RandomHorizontalFlip,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    RandomSeed,
    ResourceListSource,
    ResourceResize,
    ResourceView,
    Rotate,
    SampleIndex,
    SanitizeBoundingBoxes,
    Stream,
    TranslateView,
    VerticalFlip,
    outputs,
    pipeline,
)
from PIL import Image
from scipy import ndimage, stats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FLOATS = np.float32
TYPES = ["uint8", "int16", "uint16", "float32"]


def picture(dtype: str = "uint8", channels: int | None = 3, height: int = 7, width: int = 9) -> Any:
    shape = (height, width) if channels is None else (height, width, channels)
    random = np.random.default_rng(2)
    if dtype == "float32":
        return random.uniform(-2, 2, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def smooth(height: int, width: int) -> Any:
    """Return a picture whose neighbouring pixels are alike."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / 9 + k) * np.cos(y / (7 + k)) for k in range(3)]
    return (127.5 + 120 * np.stack(waves, axis=2)).astype(np.uint8)


def run(made: Callable[[], Any], index: int = 0) -> Any:
    """Return the values of nodes, of a tuple of them or of a resource with two fields or more."""
    with Graph() as graph:
        nodes = made()
        outputs(*(nodes if isinstance(nodes, tuple) else (nodes,)))
    found = Stream(graph, seed=5).run(index)
    return found if len(found) > 1 else found[0]


def fields(resource: Any, *names: str) -> tuple[Node, ...]:
    return tuple(resource[name] for name in names)


def corners_of(boxes: Any) -> Any:
    """Return the corners of boxes: (n, 4, 2)."""
    left, top, right, bottom = np.moveaxis(boxes, 1, 0)
    return np.stack([[left, top], [right, top], [right, bottom], [left, bottom]]).transpose(2, 0, 1)


def projected(matrix: Any, points: Any) -> Any:
    """Return where a matrix has points."""
    moved = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1) @ matrix.T
    return moved[..., :2] / moved[..., 2:]


def moved_boxes(matrix: Any, boxes: Any, width: int, height: int) -> Any:
    """Return the bounds of the corners of boxes, clipped to the image."""
    corners = projected(matrix, corners_of(boxes) - 0.5) + 0.5
    bounds = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return np.clip(bounds, 0, [width, height, width, height])


def affine_matrix(
    width: int,
    height: int,
    *,
    angle: float = 0,
    translate: tuple[float, float] = (0, 0),
    scale: float = 1,
    shear: tuple[float, float] = (0, 0),
) -> Any:
    """Return the matrix that torchvision documents for `affine`: T C R(a) S(s) SHy SHx C^-1."""

    def move(x: float, y: float) -> Any:
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])

    middle = (width - 1) / 2, (height - 1) / 2
    a, (x, y) = np.radians(angle), np.radians(shear)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    down = np.array([[1, 0, 0], [-np.tan(y), 1, 0], [0, 0, 1]])
    across = np.array([[1, -np.tan(x), 0], [0, 1, 0], [0, 0, 1]])
    enlarge = np.diag([scale, scale, 1])
    back = move(-middle[0], -middle[1])
    return move(*translate) @ move(*middle) @ turn @ enlarge @ down @ across @ back


def warped(image: Any, matrix: Any) -> Any:
    """Return an image as SciPy interpolates it linearly in a view, black around it."""
    height, width = image.shape[:2]
    y, x = np.mgrid[:height, :width]
    places = projected(np.linalg.inv(matrix), np.stack([x, y], axis=-1).astype(float))
    planes = [
        ndimage.map_coordinates(
            image[..., channel].astype(float),
            places[..., ::-1].transpose(2, 0, 1),
            order=1,
            mode="grid-constant",
        )
        for channel in range(image.shape[2])
    ]
    return np.stack(planes, axis=2)


# ------------------------------------------------------------------------------------------ flips


@pytest.mark.parametrize("dtype", [*TYPES, "bool", "int32"])
@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("size", [(7, 9), (1, 1), (4, 6)])
def test_flips_exchange_pixels(dtype: str, channels: int | None, size: tuple[int, int]) -> None:
    image = picture("uint8" if dtype == "bool" else dtype, channels, *size)
    image = image > 100 if dtype == "bool" else image
    across, down = run(lambda: (HorizontalFlip(image), VerticalFlip(image)))
    assert across.dtype == image.dtype
    np.testing.assert_array_equal(across, image[:, ::-1])
    np.testing.assert_array_equal(down, image[::-1])


boxes_inside = st.lists(
    st.tuples(st.integers(0, 38), st.integers(0, 28), st.integers(1, 40), st.integers(1, 30)),
    max_size=4,
).map(
    lambda rows: np.array(
        [[x, y, min(x + w, 40), min(y + h, 30)] for x, y, w, h in rows], FLOATS
    ).reshape(-1, 4)
)


@given(boxes_inside, st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_flip_and_another_one_are_nothing(boxes: Any, is_horizontal: bool) -> None:  # noqa: FBT001
    kind = HorizontalFlip if is_horizontal else VerticalFlip
    image = picture(height=30, width=40)
    source = {"image": image, "boxes": boxes, "points": boxes[:, :2]}
    twice = run(lambda: fields(kind(kind(MakeResource(source))), *source))
    for found, wanted in zip(twice, source.values(), strict=True):
        np.testing.assert_array_equal(found, wanted)


# --------------------------------------------------------------------------- formulas and pixels


@pytest.mark.parametrize("angle", [0, 17, -63.5, 90, 179])
def test_rotations_are_those_of_pillow(angle: float) -> None:
    image = smooth(61, 80)
    found = run(lambda: Rotate(image, angle))
    wanted = np.asarray(Image.fromarray(image).rotate(angle, Image.Resampling.BILINEAR))
    inside = ndimage.binary_erosion(
        run(lambda: Rotate(np.full_like(image, 255), angle))[..., 0] == 255
    )
    assert inside.sum() > 2000
    assert np.abs(found.astype(int) - wanted)[inside].max() <= 1


@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarters_of_turns_are_exact(dtype: str, channels: int | None, quarters: int) -> None:
    image = picture(dtype, channels, 8, 8)
    mask = image[..., 0] if channels else image
    source = {"image": image, "mask": mask}
    found, picked = run(lambda: fields(Rotate(MakeResource(source), 90 * quarters), *source))
    np.testing.assert_array_equal(picked, np.rot90(mask, quarters))
    np.testing.assert_allclose(found, np.rot90(image, quarters), rtol=1e-5, atol=1e-5)


AFFINES: list[dict[str, Any]] = [
    {"angle": 30},
    {"translate": (7, -4)},
    {"scale": 1.3},
    {"scale": 0.6, "shear": (20, 0)},
    {"angle": -50, "translate": (2.5, 3.25), "scale": 0.8, "shear": (10, -15)},
]


@pytest.mark.parametrize("given_", AFFINES)
def test_affine_transforms_have_the_formula_of_torchvision(given_: dict[str, Any]) -> None:
    image, matrix = smooth(50, 64), affine_matrix(64, 50, **given_)
    boxes = np.array([[10, 10, 30, 25], [0, 0, 64, 50], [50, 40, 64, 50]], FLOATS)
    points = np.array([[0, 0], [12.5, 30], [63, 49]], FLOATS)
    source = {"image": image, "boxes": boxes, "points": points}
    found = run(lambda: fields(Affine(MakeResource(source), **given_), *source))
    assert np.abs(found[0] - warped(image, matrix)).max() <= 1
    np.testing.assert_allclose(found[1], moved_boxes(matrix, boxes, 64, 50), atol=1e-3)
    np.testing.assert_allclose(found[2], projected(matrix, points), atol=1e-3)


def test_a_shear_of_one_number_is_along_rows() -> None:
    points = np.array([[3, 1], [10, 20]], FLOATS)
    source = {"image": picture(height=30, width=40), "points": points}
    one, two = (
        run(lambda shear=shear: Affine(MakeResource(source), shear=shear)["points"])
        for shear in (12, (12, 0))
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one[:, 1], points[:, 1])


def test_perspectives_are_those_of_opencv() -> None:
    image = smooth(50, 64)
    start = np.array([[0, 0], [63, 0], [63, 49], [0, 49]], FLOATS)
    end = np.array([[8, 3], [60, 7], [55, 45], [2, 40]], FLOATS)
    matrix = cv2.getPerspectiveTransform(start, end)
    boxes = np.array([[10, 10, 30, 25], [0, 0, 64, 50]], FLOATS)
    points = np.array([[0, 0], [12.5, 30]], FLOATS)
    source = {"image": image, "boxes": boxes, "points": points}
    found = run(lambda: fields(Perspective(MakeResource(source), start, end.tolist()), *source))
    assert np.abs(found[0] - warped(image, matrix)).max() <= 1
    np.testing.assert_allclose(found[1], moved_boxes(matrix, boxes, 64, 50), atol=1e-3)
    np.testing.assert_allclose(found[2], projected(matrix, points), atol=1e-3)


def test_a_crop_is_the_part_resized() -> None:
    image = smooth(90, 120)
    corners = np.array([[-0.5, -0.5], [119.5, 89.5]], FLOATS)
    for index in range(20):
        source = {"image": image, "points": corners}

        def made(source: Any = source) -> Any:
            moved = RandomResizedCrop(MakeResource(source), 32, 24, interpolation="Area", name="x")
            return fields(moved, "image", "points")

        found, points = run(made, index)
        # Where the corners are says which part it was.
        (left, top), (right, bottom) = points + 0.5
        width, height = 120 * 32 / (right - left), 90 * 24 / (bottom - top)
        x, y = -left * width / 32, -top * height / 24
        part = np.array([x, y, width, height])
        np.testing.assert_allclose(part, np.round(part), atol=2e-2)
        x, y, width, height = np.round(part).astype(int)
        wanted = cv2.resize(
            image[y : y + height, x : x + width], (32, 24), interpolation=cv2.INTER_AREA
        )
        assert np.abs(found.astype(int) - wanted).max() <= 1


def test_resizing_moves_boxes_and_points() -> None:
    image = smooth(40, 50)
    boxes = np.array([[0, 0, 50, 40], [10, 5, 15, 30]], FLOATS)
    source = {"image": image, "boxes": boxes, "points": np.array([[-0.5, 39.5]], FLOATS)}
    found = run(lambda: fields(ResourceResize(MakeResource(source), 25, 80), *source))
    wanted = cv2.resize(image, (25, 80), interpolation=cv2.INTER_LINEAR)
    assert np.abs(found[0].astype(int) - wanted).max() <= 1
    np.testing.assert_allclose(found[1], boxes * [0.5, 2, 0.5, 2], atol=1e-4)
    np.testing.assert_allclose(found[2], [[-0.5, 79.5]], atol=1e-4)


# ------------------------------------------------------------------------------------------- laws

Transform = Any

transforms: st.SearchStrategy[Transform] = st.one_of(
    st.sampled_from([HorizontalFlip, VerticalFlip]),
    st.floats(-180, 180).map(lambda angle: lambda source: Rotate(source, angle)),
    st.tuples(st.floats(-90, 90), st.floats(0.7, 1.4), st.floats(-20, 20)).map(
        lambda it: lambda source: Affine(source, it[0], (3, -5), it[1], it[2])
    ),
    st.just(lambda source: RandomPerspective(source, 0.4, 1)),
    st.just(lambda source: RandomResizedCrop(source, 70, 50, (0.3, 1))),
    st.just(lambda source: RandomAffine(source, 30, (0.1, 0.1), (0.8, 1.2), 10)),
)


@given(transforms, st.integers(0, 50), st.integers(5, 50), st.integers(5, 40), st.integers(8, 30))
@settings(max_examples=60, deadline=None)
def test_a_mask_of_a_box_moves_as_the_box_does(
    transform: Transform, index: int, left: int, top: int, side: int
) -> None:
    mask = np.zeros((80, 90), np.uint8)
    mask[top : top + side, left : left + side] = 1
    box = np.array([[left, top, min(left + side, 90), min(top + side, 80)]], FLOATS)
    source = {"mask": mask, "boxes": box}
    found, boxes = run(lambda: fields(transform(MakeResource(source)), *source), index)
    (bounds,) = boxes
    rows, columns = np.nonzero(found)
    height, width = found.shape
    assert (bounds >= 0).all()
    assert (bounds <= [width, height, width, height]).all()
    if not len(rows):  # what has left, or a corner that no middle of a pixel is in
        assert (bounds[2:] - bounds[:2]).min() < 4
        return
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    assert (seen[:2] > bounds[:2] - 2).all()
    assert (seen[2:] < bounds[2:] + 2).all()
    if transform in {HorizontalFlip, VerticalFlip}:
        np.testing.assert_array_equal(seen, bounds)
    # The bounds are of the corners even where a corner has left the image.
    is_inside = (bounds[:2] > 0).all() and (bounds[2:] < [width, height]).all()
    if is_inside:
        assert np.abs(seen - bounds).max() < 4


@given(transforms, st.integers(0, 50), st.integers(20, 70), st.integers(20, 60))
@settings(max_examples=60, deadline=None)
def test_points_on_the_image_are_where_they_are_said_to_be(
    transform: Transform, index: int, x: int, y: int
) -> None:
    image = np.zeros((80, 90), FLOATS)
    image[y - 1 : y + 2, x - 1 : x + 2] = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    source = {"image": image, "points": np.array([[x, y]], FLOATS)}
    found, points = run(lambda: fields(transform(MakeResource(source)), *source), index)
    height, width = found.shape
    (point,) = points
    if not ((point > 4) & (point < [width - 5, height - 5])).all():
        return
    rows, columns = np.mgrid[:height, :width]
    middle = np.array([(columns * found).sum(), (rows * found).sum()]) / found.sum()
    np.testing.assert_allclose(middle, point, atol=0.35)


@given(transforms, st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_no_boxes_stay_none(transform: Transform, index: int) -> None:
    none = {"boxes": np.zeros((0, 4), FLOATS), "points": np.zeros((0, 2), FLOATS)}
    source = {"image": picture(height=30, width=40), "labels": np.zeros(0, np.int32), **none}
    kept = run(
        lambda: fields(SanitizeBoundingBoxes(transform(MakeResource(source))), *source), index
    )
    assert [value.shape for value in kept[1:]] == [(0,), (0, 4), (0, 2)]
    assert [value.dtype.name for value in kept[1:]] == ["int32", "float32", "float32"]


# ------------------------------------------------------------------------------------------ chance


def torchvision_crop(random: Any, width: int, height: int, scale: Any, ratio: Any) -> Any:
    """Return a part as `RandomResizedCrop.get_params` draws it: left, top, width and height."""
    for _ in range(10):
        area = width * height * random.uniform(*scale)
        aspect = np.exp(random.uniform(*np.log(ratio)))
        w, h = round(np.sqrt(area * aspect)), round(np.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return random.integers(0, width - w + 1), random.integers(0, height - h + 1), w, h
    own = width / height
    w = width if own <= ratio[1] else round(height * ratio[1])
    h = height if own >= ratio[0] else round(width / ratio[0])
    return (width - w) // 2, (height - h) // 2, w, h


@pytest.mark.parametrize(
    ("size", "scale", "ratio"),
    [
        ((300, 200), (0.08, 1.0), (3 / 4, 4 / 3)),
        ((200, 260), (0.5, 0.9), (0.4, 1)),
        ((900, 40), (0.08, 1.0), (3 / 4, 4 / 3)),
    ],
)
def test_crops_are_drawn_as_torchvision_draws_them(size: Any, scale: Any, ratio: Any) -> None:
    width, height = size
    ends = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]], FLOATS)
    with Graph() as made:
        source = MakeResource(image=np.zeros((height, width), np.uint8), points=ends)
        outputs(RandomResizedCrop(source, 100, 100, scale, ratio)["points"])
    stream = Stream(made, seed=3)
    points = np.array([stream.run(index)[0] for index in range(3000)], float) + 0.5
    extent = np.array(size) * 100 / (points[:, 1] - points[:, 0])
    found = np.concatenate([-points[:, 0] * extent / 100, extent], axis=1)
    np.testing.assert_allclose(found, np.round(found), atol=0.05)
    random = np.random.default_rng(1)
    wanted = np.array([torchvision_crop(random, *size, scale, ratio) for _ in range(3000)])
    for measure in (
        lambda it: it[:, 2] * it[:, 3],
        lambda it: it[:, 2] / it[:, 3],
        *(lambda it, side=side: it[:, side] for side in range(4)),
    ):
        one, other = measure(np.round(found)), measure(wanted.astype(float))
        assert stats.ks_2samp(one, other).pvalue > 1e-4


def test_one_seed_moves_several_resources_in_step() -> None:
    image = picture(height=30, width=40)

    def made() -> Any:
        seed = RandomSeed()
        parts = [RandomResizedCrop(image, 9, 8, seed=seed) for _ in range(2)]
        turned = [RandomRotation(image, 30, seed=seed) for _ in range(2)]
        return (*parts, *turned, RandomRotation(image, 30))

    differ = 0
    for index in range(20):
        one, two, three, four, other = run(made, index)
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(three, four)
        differ += bool((three != other).any())
    assert differ > 15


def test_draws_of_one_transform_are_independent() -> None:
    points = np.array([[20, 15], [20, 14]], FLOATS)
    with Graph() as made:
        source = MakeResource(image=np.zeros((31, 41), np.uint8), points=points)
        outputs(RandomAffine(source, 20, (0.3, 0.3), (0.5, 1.5))["points"])
    stream = Stream(made, seed=3)
    found = np.array([stream.run(index)[0] for index in range(2000)], float)
    moves, arrow = found[:, 0] - points[0], found[:, 1] - found[:, 0]
    angle, scale = np.arctan2(arrow[:, 0], -arrow[:, 1]), np.hypot(*arrow.T)
    drawn = np.stack([moves[:, 0], moves[:, 1], angle, scale])
    related = np.corrcoef(drawn) - np.eye(4)
    assert np.abs(related).max() < 0.12
    np.testing.assert_allclose(
        drawn.std(1), np.array([24.6, 18.6, np.radians(40), 1]) / 12**0.5, rtol=0.05
    )


# ------------------------------------------------------------------------------- fields and errors


def test_a_plain_image_gives_a_plain_image() -> None:
    image = picture()
    found = run(lambda: HorizontalFlip(VerticalFlip(image)))
    np.testing.assert_array_equal(found, image[::-1, ::-1])


def test_names_say_what_fields_are() -> None:
    image, mask = picture(height=6, width=8), picture(channels=None, height=6, width=8)
    box = np.array([1, 2, 3, 4], FLOATS)
    source = {
        "left_image": image,
        "road_mask": mask,
        "bounding_boxes": box[None],
        "face_box": box,
        "hand_keypoints": box[:2],
        "title": "x",
    }
    found = run(lambda: fields(HorizontalFlip(MakeResource(source)), *source))
    np.testing.assert_array_equal(found[0], image[:, ::-1])
    np.testing.assert_array_equal(found[1], mask[:, ::-1])
    np.testing.assert_array_equal(found[2], [[5, 2, 7, 4]])
    np.testing.assert_array_equal(found[3], [5, 2, 7, 4])
    np.testing.assert_array_equal(found[4], [6, 2])
    assert found[5] == "x"


def test_targets_say_it_where_names_do_not() -> None:
    image, depth = picture(height=6, width=8), picture("float32", None, 6, 8)
    source = {"image": image, "depth": depth, "table": np.ones((3, 4), FLOATS)}
    with Graph(), pytest.raises(GraphError, match=r"'depth' is .* does not say how it moves"):
        outputs(HorizontalFlip(MakeResource(source))["depth"])
    targets: Any = {"depth": "image", "table": "value"}
    found = run(lambda: fields(HorizontalFlip(MakeResource(source), targets=targets), *source))
    np.testing.assert_array_equal(found[1], depth[:, ::-1])
    np.testing.assert_array_equal(found[2], source["table"])
    for targets, reason in (
        ({"x": "image"}, "only image, depth"),
        ({"depth": "map"}, "one of image"),
    ):
        with Graph(), pytest.raises(GraphError, match=reason):
            HorizontalFlip(MakeResource(source), targets=targets)


def test_without_an_image_there_is_no_size() -> None:
    with (
        Graph(),
        pytest.raises(GraphError, match="no image or mask, which tell the size, only boxes"),
    ):
        Rotate(MakeResource(boxes=np.zeros((1, 4), FLOATS)), 10)
    with Graph(), pytest.raises(GraphError, match="list of resources"):
        Rotate(ImageList(), 10)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda image: RandomHorizontalFlip(image, 1.5), "p is 1.5"),
        (lambda image: RandomPerspective(image, 2), "distortion_scale is 2, not from 0 to 1"),
        (lambda image: RandomResizedCrop(image, 8, 8, (0.5, 2)), "a scale from 0.5 to 2"),
        (lambda image: RandomResizedCrop(image, 8, 0), "a side of 0 pixels"),
        (lambda image: Rotate(image, 10, "Best"), "no interpolation"),
        (lambda image: Perspective(image, [[0, 0]] * 3, [[0, 0]] * 3), "not four points"),
        (lambda image: Perspective(image, [[0, 0]] * 4, [[0, 0]] * 4), "three are on a line"),
    ],
)
def test_mistakes_are_found_when_the_graph_is_built(made: Any, reason: str) -> None:
    with pytest.raises(GraphError, match=reason):
        run(lambda: made(picture()))


@pytest.mark.parametrize(
    "made",
    [
        lambda image: RandomRotation(image, (1, 2, 3)),
        lambda image: Affine(image, translate=(1, 2, 3)),
        lambda image: RandomAffine(image, 10, shear=(1, 2, 3)),
        lambda image: RandomAffine(image, 10, scale=2),
    ],
)
def test_numbers_that_are_too_many_are_refused(made: Any) -> None:
    with (
        Graph(),
        pytest.raises(GraphError, match=r"\(.*test_graph_recipes.py:\d+\): .* not 2 numbers"),
    ):
        made(picture())


def test_nodes_say_how_far() -> None:
    """Angles and sizes may differ from sample to sample."""
    image = picture(height=8, width=8)

    def made() -> Any:
        quarters = SampleIndex() % 4
        return Rotate(image, quarters * 90, "Nearest"), ResourceResize(image, quarters + 1, 5)

    for index in range(4):
        turned, resized = run(made, index)
        np.testing.assert_array_equal(turned, np.rot90(image, index))
        assert resized.shape == (5, index + 1, 3)


class ImageList(ResourceListSource):
    """Images of two sizes, with boxes that are as many as the image has tens of columns."""

    def load(self) -> dict[str, Any]:
        sizes = [(30, 40), (50, 20), (30, 10)]
        boxes = [np.array([[0, 0, 8, 9]] * (width // 10), FLOATS) for _, width in sizes]
        return {
            "image": [picture(height=height, width=width) for height, width in sizes],
            "boxes": boxes,
            "labels": [np.arange(len(rows)) for rows in boxes],
        }


@pipeline(seed=2)
def detection() -> dict[str, Node]:
    sample = ImageList()[SampleIndex() % 3]
    sample = RandomHorizontalFlip(RandomResizedCrop(sample, 32, 24, (0.3, 1)))
    sample = SanitizeBoundingBoxes(RandomAffine(sample, 15, (0.1, 0.1)), 2)
    return {field: sample[field] for field in ("image", "boxes", "labels")}


def test_batches_have_as_many_labels_as_boxes() -> None:
    for workers in (1, 2):
        batch = next(iter(detection().batches(12, workers=workers, ragged=True)))
        assert [image.shape for image in batch["image"]] == [(24, 32, 3)] * 12
        assert [len(rows) for rows in batch["boxes"]] == [len(rows) for rows in batch["labels"]]
        for boxes in batch["boxes"]:
            assert boxes.shape[1] == 4
            assert (boxes[:, 2:] - boxes[:, :2] >= 2).all()
    assert len({len(rows) for rows in batch["boxes"]}) > 1


def test_a_sample_is_the_same_with_and_without_optimization(tmp_path: Path) -> None:
    for number in range(2):
        Image.fromarray(smooth(60, 80 + number)).save(tmp_path / f"{number}.jpg", quality=95)
    with Graph() as made:
        source = ImageDirectory(str(tmp_path))[SampleIndex() % 2]
        part = RandomResizedCrop(source, 20, 24)
        outputs(part["image"], RandomPerspective(source, p=0.5)["image"], part["file"])
    plain, optimized = Stream(made, optimize=False), Stream(made)
    for index in range(6):
        for one, two in zip(plain.run(index), optimized.run(index), strict=True):
            np.testing.assert_array_equal(one, two)


def test_what_is_kept_filters_other_fields_too() -> None:
    rows = np.array([[0, 0, 5, 5], [0, 0, 0, 5]], FLOATS)
    source = {"image": picture(), "boxes": rows, "scores": np.array([0.25, 0.5], FLOATS)}

    def made() -> Any:
        sample = SanitizeBoundingBoxes(MakeResource(source))
        return Filter(sample["scores"], sample["kept"]), sample["boxes"]

    scores, boxes = run(made)
    assert scores.tolist() == [0.25]
    np.testing.assert_array_equal(boxes, rows[:1])


def test_boxes_to_filter_must_be_there() -> None:
    with Graph(), pytest.raises(GraphError, match="0 fields are boxes, not one: there is image"):
        SanitizeBoundingBoxes(MakeResource(image=picture()))
    with Graph(), pytest.raises(GraphError, match="there is no field 'names' of labels"):
        SanitizeBoundingBoxes(MakeResource(boxes=np.zeros((1, 4), FLOATS)), labels="names")


def test_boxes_are_seen_through_a_view_with_the_rest() -> None:
    """They are no image of four columns."""
    rows = np.array([[3, 4, 6, 8], [0, 0, 2, 2]], FLOATS)
    resource = {"image": picture(height=10, width=12), "boxes": rows}
    view = lambda: ResourceView(MakeResource(resource), TranslateView(-6, -5), 8, 6)  # noqa: E731
    found = run(lambda: fields(view(), "image", "boxes"))
    np.testing.assert_array_equal(found[0], resource["image"][2:8, 2:10])
    np.testing.assert_array_equal(found[1], [[1, 2, 4, 6], [0, 0, 0, 0]])


def test_a_field_of_unknown_type_stays_what_it_is() -> None:
    found = run(lambda: HorizontalFlip(MakeResource(image=picture(), x=PyNode(lambda: 1)))["x"])
    assert found == 1


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "int64", "float32", "float64"]
)
def test_boxes_and_points_of_all_types_become_floats(dtype: str) -> None:
    rows = np.array([[1, 2, 3, 4], [0, 0, 9, 7]], dtype)
    source = {"image": picture(), "boxes": rows, "points": rows[:, :2]}
    for p in (0, 1):
        moved = run(lambda p=p: fields(RandomHorizontalFlip(MakeResource(source), p), *source))
        boxes = [[6, 2, 8, 4], [0, 0, 9, 7]] if p else rows
        points = [[7, 2], [8, 0]] if p else rows[:, :2]
        for found, wanted in zip(moved[1:], (boxes, points), strict=True):
            assert found.dtype == FLOATS
            np.testing.assert_array_equal(found, wanted)


def test_perspective_views_take_points_to_points() -> None:
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], FLOATS)
    moved = square * 2 + np.array([1, 2], FLOATS)
    away = np.array([[1, 0], [3, 0], [4, 4], [0, 4]], FLOATS)
    plain, far = run(lambda: (PerspectiveView(square, moved), PerspectiveView(square, away)))
    np.testing.assert_allclose(plain, [[2, 0, 1], [0, 2, 2], [0, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(far, cv2.getPerspectiveTransform(square, away), atol=1e-6)
    np.testing.assert_array_equal(far, [[0.5, -0.25, 1], [0, 0.5, 0], [0, -0.125, 1]])


# ---------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "move",
    [
        lambda sample: Rotate(sample, 20),
        lambda sample: RandomAffine(sample, 10),
        lambda sample: RandomResizedCrop(sample, 32, 32),
        lambda sample: RandomPerspective(sample, 0.5, 1.0),
        lambda sample: Rotate(HorizontalFlip(sample), 20),
        lambda sample: Rotate(RandomHorizontalFlip(sample), 20),
    ],
)
def test_a_mask_of_another_size_is_an_error(move: Any) -> None:
    image, mask = np.ones((40, 60, 3), np.uint8), np.ones((20, 30), np.uint8)
    with pytest.raises(GraphError, match=r"60 pixels wide and 40 high, .* 30 wide and 20 high"):
        run(lambda: move(MakeResource(image=image, mask=mask))["mask"])


def test_a_mask_of_another_size_may_be_resized() -> None:
    image, mask = np.ones((40, 60, 3), np.uint8), np.ones((20, 30), np.uint8)

    def made() -> Any:
        sample = ResourceResize(MakeResource(image=image, mask=mask), 15, 10)
        return Rotate(sample, 0)["mask"]

    assert np.array_equal(run(made), np.ones((10, 15), np.uint8))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"degrees": -30}, "degrees is -30, not the greatest angle in either direction, from 0"),
        ({"degrees": (10, 5)}, r"degrees is \(10, 5\), not the least number and the greatest"),
        ({"degrees": 0, "translate": (2, 0)}, r"translate is \(2, 0\), not two shares, from 0"),
        ({"degrees": 0, "scale": (0, 1)}, r"scale is \(0, 1\), not two factors above 0"),
        ({"degrees": 0, "scale": (2, 1)}, r"scale is \(2, 1\), not the least number and"),
    ],
)
def test_ranges_that_torchvision_refuses_are_refused(given_: Any, message: str) -> None:
    with pytest.raises(GraphError, match=rf"^RandomAffine \(.*: {message}"):
        run(lambda: RandomAffine(picture(), **given_))


def test_numbers_in_a_tuple_may_be_nodes() -> None:
    def made() -> Any:
        area = 0.25 + SampleIndex() * 0.0
        return RandomResizedCrop(picture(), 4, 4, (area, 0.25 + SampleIndex() * 0.0), seed=3)

    expected = run(lambda: RandomResizedCrop(picture(), 4, 4, (0.25, 0.25), seed=3))
    assert np.array_equal(run(made), expected)
