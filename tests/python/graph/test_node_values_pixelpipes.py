"""Every node for programs of PixelPipes has a test of its values, or is another one by its name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import cases_of_filters  # noqa: F401  it declares cases
import cases_of_macros
import cases_of_resources
import cv2
import numpy as np
import pytest
from imagepipe_rs import _native
from imagepipe_rs import graph as native
from imagepipe_rs.graph import Constant, Graph, Node, Stream, _nodes, outputs, pixelpipes
from imagepipe_rs.graph.pixelpipes import _image
from node_cases import CASES, Values, check
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURE = cases_of_macros.PICTURE
FIRST = np.ascontiguousarray(PICTURE.transpose(2, 0, 1))
FLOATS = np.float32


def _exported() -> Iterator[tuple[str, type[Node]]]:
    """Return an iterator over the nodes of all modules; an alias comes once."""
    seen = {Node, native.Operation, native.Macro}
    for module in pkgutil.walk_packages(pixelpipes.__path__, f"{pixelpipes.__name__}."):
        if module.name.endswith("__main__"):
            continue
        found = importlib.import_module(module.name)
        for name in getattr(found, "__all__", ()):
            kind = getattr(found, name)
            if isinstance(kind, type) and issubclass(kind, Node) and kind not in seen:
                seen.add(kind)
                yield f"{module.name.removeprefix(pixelpipes.__name__)[1:]}.{name}", kind


EXPORTED = dict(_exported())
ROWS = {row["name"]: row for row in _native.graph_operations()}


def _is_operation(kind: type[Node]) -> bool:
    """Return whether it differs from an operation only in how it is made."""
    is_one = kind.__name__ in _nodes.__all__ and kind.__bases__ == (getattr(native, kind.__name__),)
    return is_one and vars(kind).keys() <= {"__doc__", "__module__", "__init__"}


def _copy(kind: Any, _folder: Path) -> Values:
    return (kind(3) + 1, kind(native.MakeResource(a="x"))["a"]), (np.int32(4), "x")


def _table(kind: Any, _folder: Path) -> Values:
    expected = np.array([[[1], [2], [3]], [[4], [5.5], [6]]], FLOATS)
    table = kind([[1, 2, 3], [4, 5.5, 6]])
    return (table, table[1]), (expected, expected[1])


def _list_as_table(kind: Any, _folder: Path) -> Values:
    return (kind(list(range(6)), 3),), (np.arange(6, dtype=np.int32).reshape(2, 3, 1),)


def _point(kind: Any, _folder: Path) -> Values:
    return (kind(1, 2.5),), (np.array([[1, 2.5]], FLOATS),)


def _rectangle(kind: Any, _folder: Path) -> Values:
    return (kind(1, 2, right=3, bottom=4.5),), (np.array([1, 2, 3, 4.5], FLOATS),)


def _properties(kind: Any, _folder: Path) -> Values:
    fields = ("width", "height", "channels", "depth")
    pictures = (FIRST, FIRST[:1], FIRST.astype(FLOATS))
    nodes = [kind(one)[field] for one in pictures for field in fields]
    return tuple(nodes), (12, 10, 3, 1, 12, 10, 1, 1, 12, 10, 3, 5)


def _transpose(kind: Any, _folder: Path) -> Values:
    gray = FIRST[0]
    return (kind(FIRST), kind(gray)), (FIRST.transpose(0, 2, 1), gray.T)


def _proxy(kind: Any, _folder: Path) -> Values:
    made = kind(_fields={"tens": cases_of_resources.Tens()}, number=4, word="x")
    return (made["tens"], made["word"]), (40, "x")


def _directory(kind: Any, folder: Path) -> Values:
    Image.fromarray(PICTURE).save(folder / "1.png")
    one, gray = kind(str(folder))[0], kind(str(folder), channels="GRAY")[0]
    shape = native.MakeList([native.Length(gray["image"]), native.Length(gray["image"][0])])
    return (one["image"], one["file"], shape), (FIRST, f"{folder}/1.png", [1, 10])


def _decoded(kind: Any, folder: Path) -> Values:
    Image.fromarray(PICTURE).save(folder / "1.png")
    data = native.ReadFile(f"{folder}/1.png")
    shades = native.DecodeImage(data, channels="GRAY")
    same = native.Equal(kind(data, channels="GRAY")[0], shades)
    return (kind(data), same), (FIRST, np.ones((10, 12), bool))


def _blended(kind: Any, _folder: Path) -> Values:
    mean = (FIRST.astype(int) + FIRST[::-1]) / 2
    return (kind(FIRST, np.ascontiguousarray(FIRST[::-1]), 0.5),), (mean.round().astype(np.uint8),)


def _converted(kind: Any, _folder: Path) -> Values:
    gray = FIRST[:1]
    hues = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2HSV).transpose(2, 0, 1)
    shades = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2GRAY)[None]
    nodes = kind(gray, "GRAY_RGB"), kind(FIRST, "RGB_HSV"), kind(FIRST, 0)
    return nodes, (gray.repeat(3, 0), hues, shades)


def _normalized(kind: Any, _folder: Path) -> Values:
    gray = np.array([[[10, 20, 15]]], np.uint8)
    return (kind(gray),), (np.array([[[0, 255, 128]]], np.uint8),)


def _view(kind: Any, _folder: Path) -> Values:
    points = np.array([[1, 2], [3, 4]], FLOATS)
    resource = native.MakeResource(image=FIRST, points=points, label=3)
    seen = kind(resource, native.TranslateView(-5, -4), 6, 4)
    return (seen["image"], seen["points"], seen["label"]), (FIRST[:, 2:6, 2:8], points - 2, 3)


def _gaussian(kind: Any, _folder: Path) -> Values:
    return (kind(3),), (np.array([[0.25], [0.5], [0.25]], FLOATS),)


def _uniform(kind: Any, _folder: Path) -> Values:
    return (kind(3),), (np.full((1, 3), 1 / 3, FLOATS),)


def _gray(kind: Any, *given: Any) -> Any:
    """Return a check that a node gives what the one of its name gives, as one channel."""
    wanted = getattr(native, kind.__name__)(*given)
    return native.Equal(kind(*given), native.Unsqueeze(wanted, 0))


def _numbers(kind: Any, _folder: Path) -> Values:
    return (_gray(kind, 7, 5, 2, 3, 77),), (np.ones((1, 5, 7), bool),)


def _binary(kind: Any, _folder: Path) -> Values:
    white = np.ones((1, 5, 7), np.uint8) * 255
    return (_gray(kind, 7, 5, 0.3, 77), kind(7, 5, 1)), (white > 0, white)


def _ramp(kind: Any, _folder: Path) -> Values:
    return (kind(2, 3, 1, 50),), (np.array([[[1, 50]] * 3], FLOATS),)


def _polygon(kind: Any, _folder: Path) -> Values:
    points = np.array([[1, 1], [3, 1], [3, 2], [1, 2]], FLOATS)
    expected = np.zeros((1, 4, 5), np.uint8)
    expected[:, 1:3, 1:4] = 255
    return (kind(points, 5, 4), kind(points, 5, 4, 1)), (expected, expected)


def _discs(kind: Any, _folder: Path) -> Values:
    points = np.array([[1, 1], [4, 0]], FLOATS)
    expected = np.array([[[0, 255, 0, 255, 255], [255, 255, 255, 0, 255]]], np.uint8)
    return (kind(points, 5, 2),), (expected,)


MASK = np.array([[[0, 7, 0, 0], [7, 0, 0, 1]]], np.uint8)


def _components(kind: Any, _folder: Path) -> Values:
    return (kind(MASK),), (np.array([[[0, 1, 0, 0], [1, 0, 0, 2]]], np.uint16),)


def _distances(kind: Any, _folder: Path) -> Values:
    return (kind(MASK),), ((MASK > 0).astype(FLOATS),)


def _moments(kind: Any, _folder: Path) -> Values:
    # In PixelPipes' order, of the pixels at (1, 0) and (0, 1) after the others.
    one, seven = [1, 1, 3, 3, 9, 1, 3, 9, 27, 1], [2, 1, 1, 0, 1, 1, 0, 0, 1, 1]
    zeros = [5, 2, 8, 3, 18, 2, 3, 5, 44, 2]
    return (kind(MASK), kind(MASK[0])), (np.array([zeros, one, seven], FLOATS),) * 2


def _indices(kind: Any, folder: Path) -> Values:
    image = Image.fromarray(MASK[0], "P")
    image.putpalette(bytes(range(24)))
    image.save(folder / "1.png")
    return (kind(native.ReadFile(f"{folder}/1.png")),), (MASK[0],)


OWN = {
    "image.loading.DecodePNGPaletteIndices": _indices,
    "image.morphology.ConnectedComponents": _components,
    "image.morphology.DistanceTransform": _distances,
    "image.morphology.Moments": _moments,
    "image.render.BinaryNoise": _binary,
    "image.render.GaussianNoise": _numbers,
    "image.render.LinearImage": _ramp,
    "image.render.PointsMask": _discs,
    "image.render.PolygonMask": _polygon,
    "image.render.UniformNoise": _numbers,
    "graph.Copy": _copy,
    "list.ListAsTable": _list_as_table,
    "list.ConstantTable": _table,
    "geometry.points.MakePoint": _point,
    "geometry.points.MakeRectangle": _rectangle,
    "image.GetImageProperties": _properties,
    "image.filter.GaussianKernel": _gaussian,
    "image.filter.UniformKernel": _uniform,
    "image.ColorConvert": _converted,
    "image.loading.DecodeImage": _decoded,
    "image.processing.ImageBlend": _blended,
    "image.processing.ImageNormalize": _normalized,
    "image.geometry.Transpose": _transpose,
    "resource.ResourceProxy": _proxy,
    "resource.loading.ImageDirectory": _directory,
    "resource.patch.ResourceView": _view,
}

# Nodes that take an image, with what else they take.
IMAGES: dict[str, tuple[Any, ...]] = {
    "image.ConvertDepth": ("Float",),
    "image.Equals": (7,),
    "image.Invert": (),
    "image.Threshold": (100,),
    "image.processing.ImageCoarseDropout": (0.5, 0.3, 77),
    "image.processing.ImageCut": (np.array([2, 3, 7, 9], FLOATS),),
    "image.processing.ImageDropout": (0.5, 77),
    "image.processing.ImageSolarize": (100,),
    "image.augmentation.ImageBrightness": (-20,),
    "image.filter.AverageFilter": (3, 5, "Wrap"),
    "image.filter.BilateralFilter": (5, 30, 2),
    "image.filter.GaussianFilter": (5, 3),
    "image.filter.LinearFilter": (np.array([[1, 2, -1], [0.5, 0, -2]], FLOATS), "Replicate"),
    "image.filter.MedianBlur": (3,),
    "image.augmentation.ImageNoise": (0.2, 77),
    "image.geometry.EnsureSize": (30, 5),
    "image.geometry.ImageCrop": (3, 2, 5, 4),
    "image.geometry.ImageCropSafe": (-3, 2, 8, 40, "Reflect"),
    "image.geometry.RandomPatchView": (4, 5, 2, 77),
    "image.geometry.Resize": (7, 15),
    "image.augmentation.ImagePiecewiseAffine": (2.0, 3, 77),
    "image.geometry.Flip": (True, False),
    "image.geometry.ImageRemap": (np.eye(4, 5, dtype=FLOATS) + 3, np.eye(4, 5, dtype=FLOATS)),
    "image.geometry.MaskBoundingBox": (),
    "image.geometry.Scale": (0.6,),
    "image.processing.DerivativeX": (),
    "image.processing.DerivativeY": (),
    "image.processing.Edges": (20, 90),
    "image.processing.Laplacian": (),
    "image.geometry.ViewImage": (np.diag([0.5, 2, 1]).astype(FLOATS), 8, 9),
}

OPERATIONS = [name for name, kind in EXPORTED.items() if _is_operation(kind)]
# They give what the nodes of the same name give.
OTHERS = [name for name in EXPORTED if name not in {*OPERATIONS, *OWN, *IMAGES}]


def test_every_node_that_is_exported_has_a_test_here() -> None:
    assert {*OWN, *IMAGES} <= EXPORTED.keys()
    assert {EXPORTED[name].__name__ for name in OTHERS} <= CASES.keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_takes_what_the_one_of_its_name_takes(name: str) -> None:
    kind = EXPORTED[name]
    row = ROWS[kind.__name__]
    with Graph():
        given: dict[str, Any] = {key: Constant(1) for key, *_ in row["parameters"]}
        if row["variadic"]:
            given = {key: [Constant(1), Constant(2)] for key in given}
        wanted = getattr(native, kind.__name__)(**given)
        for made in (kind(**given), kind(*given.values())):
            assert (made.operation, made.operands) == (wanted.operation, wanted.operands)


@pytest.mark.parametrize("name", OTHERS)
def test_values_are_those_of_the_node_of_its_name(name: str, tmp_path: Path) -> None:
    check(CASES[EXPORTED[name].__name__], EXPORTED[name], tmp_path)


@pytest.mark.parametrize("name", OWN)
def test_values_of(name: str, tmp_path: Path) -> None:
    check(OWN[name], EXPORTED[name], tmp_path)


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("name", IMAGES)
def test_images_are_the_same_with_channels_first(name: str, gray: bool) -> None:  # noqa: FBT001
    kind: Any = EXPORTED[name]
    with Graph() as made:
        outputs(kind.made(PICTURE[..., 0] if gray else PICTURE, *IMAGES[name]))
        outputs(kind(FIRST[:1] if gray else FIRST, *IMAGES[name]))
    wanted, found = Stream(made).run(0)
    if kind.__name__ not in _image._NOT_IMAGES:  # noqa: SLF001  it says which give no image
        wanted = wanted[None] if gray else wanted.transpose(2, 0, 1)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == wanted.dtype
