"""Images: folders of them, random parts, views, and the axes of PixelPipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    AffineView,
    EnsureSize,
    GetImageProperties,
    Graph,
    ImageBrightness,
    ImageCrop,
    ImageDirectory,
    MakePoints,
    MakeResource,
    PyNode,
    RandomPatchView,
    RandomSeed,
    Resize,
    ResourceCenter,
    ResourceView,
    Stream,
    TranslateView,
    ViewImage,
    outputs,
    pipeline,
    types,
)
from imagepipe_rs.graph import pixelpipes as ported
from imagepipe_rs.graph.pixelpipes import graph as ported_graph
from imagepipe_rs.graph.pixelpipes.compiler import Compiler
from imagepipe_rs.graph.pixelpipes.geometry import view as ported_view
from imagepipe_rs.graph.pixelpipes.image import augmentation as ported_augmentation
from imagepipe_rs.graph.pixelpipes.image import geometry, loading
from imagepipe_rs.graph.pixelpipes.resource import loading as ported_loading
from imagepipe_rs.graph.pixelpipes.resource import patch as ported_patch
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def picture(height: int, width: int, channels: int | None = 3, seed: int = 0) -> NDArray[np.uint8]:
    shape = (height, width) if channels is None else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def sample(*nodes: Any, made: Graph, index: int = 0) -> tuple[Any, ...]:
    with made:
        outputs(*nodes)
    found: tuple[Any, ...] = Stream(made).run(index)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        Image.fromarray(picture(20 + number, 30, seed=number)).save(tmp_path / f"{number}.png")
    return tmp_path


def test_images_of_a_folder(folder: Path) -> None:
    with Graph() as made:
        images, gray = ImageDirectory(folder), ImageDirectory(folder, channels="GRAY")
        outputs(images[1]["image"], images[-1]["file"], gray[0]["image"])
        assert images[0]["image"].type == types.Image(channels=3, depth="uint8")
    image, file, shades = Stream(made).run(0)
    np.testing.assert_array_equal(image, picture(21, 30, seed=1))
    assert file == str(folder / "2.png")
    assert shades.shape == (20, 30)


def test_random_patches_lie_in_the_image(folder: Path) -> None:
    @pipeline()
    def patches() -> Any:
        image = ImageDirectory(folder)[0]["image"]
        view = RandomPatchView(image, 8, 6)
        return ViewImage(image, view, 8, 6), view

    whole = picture(20, 30)
    stream = patches()
    places = set()
    for index in range(300):
        patch, view = stream.run(index)
        assert patch.shape == (6, 8, 3)
        x, y = -view[0, 2], -view[1, 2]
        assert 0 <= x <= 22
        assert 0 <= y <= 14
        places.add((round(float(x)), round(float(y))))
    assert {x for x, _ in places} == set(range(23))
    assert {y for _, y in places} == set(range(15))
    assert whole.shape == (20, 30, 3)


def test_the_places_of_a_patch_do_not_depend_on_each_other() -> None:
    with Graph() as made:
        view = RandomPatchView(np.zeros((100, 100), np.uint8), 0, 0)
        outputs(view[0][2], view[1][2])
    stream = Stream(made)
    found = np.array([stream.run(index) for index in range(2000)])
    assert abs(np.corrcoef(found.T)[0, 1]) < 0.1


def test_patches_with_one_seed_are_in_one_place() -> None:
    with Graph() as made:
        seed = RandomSeed()
        image, mask = picture(40, 50), picture(40, 50, None)
        views = [RandomPatchView(one, 10, 10, padding=5, seed=seed) for one in (image, mask)]
        outputs(*views)
    first, second = Stream(made).run(3)
    np.testing.assert_array_equal(first, second)


def test_properties_of_images() -> None:
    with Graph() as made:
        for image in (picture(4, 5), picture(4, 5, None), np.zeros((2, 3, 4), np.float32)):
            found = GetImageProperties(image)
            outputs(*(found[field] for field in ("width", "height", "channels", "depth")))
    assert Stream(made).run(0) == (5, 4, 3, 8, 5, 4, 1, 8, 3, 2, 4, 32)


def test_a_resource_seen_through_a_view() -> None:
    image, mask = picture(10, 12), picture(10, 12, None)
    points = np.array([[1, 2], [3, 4]], np.float32)
    with Graph() as made:
        resource = MakeResource(image=image, mask=mask, points=points, label=3, name="x")
        seen = ResourceView(resource, TranslateView(-4, -3), 8, 6)
        outputs(*(seen[field] for field in ("image", "mask", "points", "label", "name")))
    found = Stream(made).run(0)
    np.testing.assert_array_equal(found[0], image[:6, :8])
    np.testing.assert_array_equal(found[1], mask[:6, :8])
    np.testing.assert_array_equal(found[2], points)
    assert found[3:] == (3, "x")


def test_a_field_that_may_be_an_image_or_not_is_refused() -> None:
    with Graph(), pytest.raises(GraphError, match="not known whether it is an image"):
        outputs(ResourceView(MakeResource(x=PyNode(lambda: 1)), TranslateView(), 8, 6)["x"])
    with Graph(), pytest.raises(GraphError, match="not an image, points or a rectangle"):
        ResourceCenter(MakeResource(region="text"))


def test_a_view_is_centred_on_points_or_a_rectangle() -> None:
    with Graph() as made:
        points = MakePoints([0, 0, 10, 0, 10, 10, 0, 10])
        rectangle = np.array([0, 0, 10, 10], np.float32)
        outputs(
            ResourceCenter(MakeResource(region=points)),
            ResourceCenter(MakeResource(box=rectangle), "box", scale=100),
        )
    first, second = Stream(made).run(0)
    np.testing.assert_allclose(first, [[0.1, 0, -0.5], [0, 0.1, -0.5], [0, 0, 1]], rtol=1e-6)
    np.testing.assert_allclose(second, [[1, 0, -5], [0, 1, -5], [0, 0, 1]], rtol=1e-6)


def test_affine_views_scale_then_rotate_then_move() -> None:
    with Graph() as made:
        outputs(AffineView(10, 20, np.pi / 2, 2, 3))
    (view,) = Stream(made).run(0)
    moved = view @ [1, 1, 1]
    np.testing.assert_allclose(np.abs(moved - [10, 20, 1]), [3, 2, 0], atol=1e-5)


def test_images_of_pixelpipes_have_channels_first(folder: Path) -> None:
    image = picture(20, 30)
    gray = picture(20, 30, None)
    with ported_graph.Graph() as made:
        colour = ported_graph.Constant(np.ascontiguousarray(image.transpose(2, 0, 1)))
        crop = geometry.ImageCrop(colour, 5, 6, 10, 8)
        outputs(crop, geometry.ImageCrop(crop, 1, 1, 3, 2), geometry.Transpose(crop))
        outputs(geometry.ImageCrop(gray, 5, 6, 10, 8), geometry.Resize(crop, 5, 4))
        outputs(geometry.ViewImage(colour, ported_view.TranslateView(-5, -6), 10, 8, 0, 1))
        files = ported_loading.ImageDirectory(str(folder))
        outputs(files[0]["image"], ported_graph.Copy(files[1]["image"])[0][0][0])
        data = ported_graph.ReadFile(files[2]["file"])
        outputs(loading.DecodeImage(data, channels="GRAY"))
        found = ported.image.GetImageProperties(crop)
        outputs(*(found[field] for field in ("width", "height", "channels", "depth")))
    found = Compiler().build(made).run(0)
    first = image.transpose(2, 0, 1)
    np.testing.assert_array_equal(found[0], first[:, 6:14, 5:15])
    np.testing.assert_array_equal(found[1], first[:, 7:9, 6:9])
    np.testing.assert_array_equal(found[2], first[:, 6:14, 5:15].transpose(0, 2, 1))
    np.testing.assert_array_equal(found[3], gray[None, 6:14, 5:15])
    assert found[4].shape == (3, 4, 5)
    np.testing.assert_array_equal(found[5], first[:, 6:14, 5:15])
    np.testing.assert_array_equal(found[6], first)
    assert found[7] == picture(21, 30, seed=1)[0, 0, 0]
    assert found[8].shape == (1, 22, 30)
    assert found[9:] == (10, 8, 3, 1)


def test_resources_of_pixelpipes_have_channels_first() -> None:
    image = picture(10, 12).transpose(2, 0, 1)
    with ported_graph.Graph() as made:
        resource = ported.resource.MakeResource(image=image, label=1)
        outputs(
            ported_patch.ResourceView(resource, ported_view.TranslateView(-4, -3), 8, 6)["image"]
        )
    (found,) = Compiler().build(made).run(0)
    np.testing.assert_array_equal(found, image[:, :6, :8])


def test_images_of_pixelpipes_are_turned_around_once() -> None:
    with ported_graph.Graph() as made:
        image: Any = np.zeros((3, 20, 30), np.uint8)
        for size in range(10, 15):
            image = geometry.Resize(image, size, size)
        outputs(image)
    names = [one.name for one in Compiler().compile(made)]
    assert names.count("Transpose") == 2


def test_images_are_the_same_with_and_without_optimization(folder: Path) -> None:
    with Graph() as made:
        image = ImageDirectory(folder)[0]["image"]
        outputs(Resize(ImageCrop(image, 3, 4, 10, 8), 5, 4))
    first, second = Stream(made).run(0)[0], Stream(made, optimize=False).run(0)[0]
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(10, 12, (20, 24)), (40, 6, (107, 16)), (20, 16, (20, 16)), (30, 40, (30, 40))],
)
def test_images_that_are_too_small_are_enlarged(
    height: int, width: int, expected: tuple[int, int]
) -> None:
    image = picture(height, width)
    with Graph() as made:
        outputs(EnsureSize(image, 16, 20))
    (found,) = Stream(made).run(0)
    assert found.shape == (*expected, 3)
    if (height, width) == expected:
        np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_brightness_is_clipped(dtype: str) -> None:
    image = picture(4, 5).astype(dtype) * np.dtype(dtype).type(1)
    with Graph() as made:
        outputs(ImageBrightness(image, 100.4), ImageBrightness(image, -100.4))
    brighter, darker = Stream(made).run(0)
    assert brighter.dtype == dtype
    if dtype == "float32":
        np.testing.assert_allclose(brighter, image + np.float32(100.4))
    else:
        limits = np.iinfo(dtype)
        for found, amount in ((brighter, 100), (darker, -100)):
            expected = np.clip(image.astype(np.int64) + amount, limits.min, limits.max)
            np.testing.assert_array_equal(found, expected)


def test_macros_for_images_are_those_of_pixelpipes_too() -> None:
    image = picture(10, 12).transpose(2, 0, 1)
    with ported_graph.Graph() as made:
        brighter = ported_augmentation.ImageBrightness(image, 20)
        outputs(brighter, geometry.EnsureSize(source=brighter, width=24, height=5))
    first, second = Compiler().build(made).run(0)
    np.testing.assert_array_equal(first, np.clip(image.astype(int) + 20, 0, 255))
    assert second.shape == (3, 20, 24)
