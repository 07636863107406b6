"""What is in a batch, and which batches there are."""

from __future__ import annotations

import json
import math
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import Batch, DatasetWarning, ImagePipeError, Loader, create_tfrecords
from PIL import Image

if TYPE_CHECKING:
    from conftest import EncodeJpeg, MakeTree

CLASSES = [f"class-{number:02}" for number in range(10)]
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406])
IMAGENET_STD = np.array([0.229, 0.224, 0.225])


def one(path: Path, **options: Any) -> Batch:
    """Return the first batch."""
    return next(iter(Loader(path, **{"batch_size": 60, "size": (40, 56), **options})))


# ------------------------------------------------------------------------------------- the pixels


def test_a_batch_is_images_and_labels(photos: Path) -> None:
    batch = one(photos, batch_size=8)
    images, labels = batch
    assert images is batch.images
    assert labels is batch.labels
    assert isinstance(images, np.ndarray)
    assert (images.shape, images.dtype) == ((8, 40, 56, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((8,), np.int64)


def test_pictures_are_224_pixels_a_side_by_default(photos: Path) -> None:
    images, labels = next(iter(Loader(photos)))
    assert images.shape == (32, 224, 224, 3)
    assert labels.shape == (32,)


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad", "random_crop"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("channels", ["RGB", "BGR", "GRAY"])
def test_nchw_is_nhwc_transposed(photos: Path, fit: str, dtype: str, channels: str) -> None:
    options = {
        "fit": fit,
        "dtype": dtype,
        "channels": channels,
        "batch_size": 12,
        "flip": True,
        "fill": 9,
    }
    rows = one(photos, **options).images
    planes = one(photos, layout="NCHW", **options).images
    depth = 1 if channels == "GRAY" else 3
    assert (rows.shape, planes.shape) == ((12, 40, 56, depth), (12, depth, 40, 56))
    assert (
        rows.dtype == planes.dtype == np.dtype(dtype if dtype != "bfloat16" else ml_dtypes.bfloat16)
    )
    assert rows.flags.c_contiguous
    assert planes.flags.c_contiguous
    assert np.array_equal(
        planes.view(np.uint8), np.ascontiguousarray(rows.transpose(0, 3, 1, 2)).view(np.uint8)
    )


def expected_floats(pixels: np.ndarray, mean: object, std: object) -> np.ndarray:
    """Compute (x / 255 - mean) / std in doubles."""
    return (pixels.astype(np.float64) / 255 - np.asarray(mean)) / np.asarray(std)


SCALES = [
    ({}, 0.0, 1.0),
    ({"mean": "imagenet", "std": "imagenet"}, IMAGENET_MEAN, IMAGENET_STD),
    ({"mean": (0.1, 0.2, 0.3)}, (0.1, 0.2, 0.3), 1.0),
    ({"std": (0.5, 1.0, 0.01)}, 0.0, (0.5, 1.0, 0.01)),
    ({"mean": [0.0, 0.5, 1.0], "std": [1.0, 0.5, 0.25]}, (0.0, 0.5, 1.0), (1.0, 0.5, 0.25)),
]


@pytest.mark.parametrize(("scale", "mean", "std"), SCALES, ids=str)
def test_floats_are_the_bytes_scaled(
    photos: Path, scale: dict[str, Any], mean: object, std: object
) -> None:
    pixels = one(photos).images
    floats = one(photos, dtype="float32", **scale).images
    expected = expected_floats(pixels, mean, std)
    tolerance = 1e-6 * np.maximum(1, np.abs(expected))
    assert np.all(np.abs(floats - expected) <= tolerance)


@pytest.mark.parametrize(
    ("dtype", "kind"), [("float16", np.float16), ("bfloat16", ml_dtypes.bfloat16)]
)
@pytest.mark.parametrize(("scale", "mean", "std"), SCALES, ids=str)
def test_half_floats_are_the_floats_rounded(
    *, photos: Path, dtype: str, kind: type, scale: dict[str, Any], mean: object, std: object
) -> None:
    del mean, std
    halves = one(photos, dtype=dtype, **scale).images
    floats = one(photos, dtype="float32", **scale).images
    assert halves.dtype == kind
    assert np.array_equal(halves.view(np.uint16), floats.astype(kind).view(np.uint16))


def test_every_byte_becomes_the_nearest_float(tmp_path: Path) -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(np.stack([values] * 3, axis=-1)).save(tmp_path / "all.png")
    options = {"size": 16, "exact": True, "dtype": "float32"}
    floats = next(iter(Loader(tmp_path, mean="imagenet", std="imagenet", **options))).images[0]
    expected = expected_floats(values[..., None], IMAGENET_MEAN, IMAGENET_STD)
    assert np.all(np.abs(floats - expected) < 1e-6)
    plain = next(iter(Loader(tmp_path, **options))).images[0]
    assert plain.min() == 0
    assert plain.max() == 1


def test_bgr_is_rgb_reversed(photos: Path) -> None:
    assert np.array_equal(one(photos, channels="BGR").images, one(photos).images[..., ::-1])


def test_mean_and_std_are_in_the_order_of_the_channels(photos: Path) -> None:
    options = {"dtype": "float32", "mean": "imagenet", "std": "imagenet"}
    rgb, bgr = (one(photos, channels=channels, **options).images for channels in ("RGB", "BGR"))
    assert np.array_equal(bgr, rgb[..., ::-1])
    numbers = {"dtype": "float32", "mean": IMAGENET_MEAN[::-1], "std": IMAGENET_STD[::-1]}
    assert np.array_equal(one(photos, channels="BGR", **numbers).images, bgr)


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("interpolation", ["bilinear", "area"])
def test_gray_is_pillows_luma(photos: Path, tmp_path: Path, kind: str, interpolation: str) -> None:
    """Of a JPEG, the luma that is in the file: what Pillow gives with ``draft("L")``."""
    how = {"bilinear": Image.Resampling.BILINEAR, "area": Image.Resampling.BOX}[interpolation]
    for path in photos.glob("*/000000.jpg"):
        with Image.open(path) as image:
            image.save(tmp_path / f"{path.parent.name}.{kind}", quality=92)
    batch = one(tmp_path, channels="GRAY", exact=True, interpolation=interpolation)
    for path, image in zip(batch.paths, batch.images, strict=True):
        with Image.open(path) as file:
            file.draft("L", file.size)
            expected = np.asarray(file.convert("L").resize((56, 40), how), dtype=np.int64)
        difference = np.abs(image[..., 0].astype(np.int64) - expected)
        assert np.mean(difference <= 1) >= 0.99
        assert difference.max() <= 3


def test_gray_floats_take_one_mean(photos: Path) -> None:
    pixels = one(photos, channels="GRAY").images
    floats = one(photos, channels="GRAY", dtype="float32", mean=[0.5], std=[0.25]).images
    assert np.allclose(floats, expected_floats(pixels, 0.5, 0.25), rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("fill", "colour"), [(0, (0, 0, 0)), (200, (200, 200, 200)), ((1, 2, 3), (1, 2, 3))]
)
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_padding_has_the_colour_asked_for(
    tree: MakeTree, jpeg: EncodeJpeg, fill: object, colour: tuple[int, ...], layout: str
) -> None:
    folder = tree({"wide.jpg": jpeg(80, 20), "tall.jpg": jpeg(20, 80)})
    images = one(folder, size=40, fit="pad", fill=fill, layout=layout, shuffle=False).images
    tall, wide = images if layout == "NHWC" else images.transpose(0, 2, 3, 1)
    for picture, inside in ((wide, np.s_[15:25, :]), (tall, np.s_[:, 15:25])):
        outside = np.ones((40, 40), dtype=bool)
        outside[inside] = False
        assert np.all(picture[outside] == colour)
        assert picture[inside].std() > 5


def test_padding_of_floats_is_scaled_like_pixels(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"wide.jpg": jpeg(80, 20)})
    options = {"dtype": "float32", "mean": "imagenet", "std": "imagenet"}
    image = one(folder, size=40, fit="pad", fill=(124, 116, 104), **options).images[0]
    assert np.allclose(image[0, 0], 0, atol=0.02)


def test_fill_is_in_the_order_of_the_channels(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"wide.jpg": jpeg(80, 20)})
    image = one(folder, size=40, fit="pad", fill=(1, 2, 3), channels="BGR").images[0]
    assert image[0, 0].tolist() == [1, 2, 3]


# ------------------------------------------------------------------------------ flips, crops, sizes


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("exact", [False, True])
def test_flips_are_mirrored_pictures(photos: Path, fit: str, layout: str, *, exact: bool) -> None:
    options = {"fit": fit, "layout": layout, "exact": exact, "shuffle": False, "size": 40}
    batch = one(photos, flip=True, **options)
    plain = one(photos, **options)
    assert not plain.flips.any()
    assert 10 < batch.flips.sum() < 50
    columns = 2 if layout == "NHWC" else 3
    mirrored = np.flip(plain.images, axis=columns)
    for place, flip in enumerate(batch.flips):
        expected = mirrored[place] if flip else plain.images[place]
        assert np.array_equal(batch.images[place], expected)


def test_flips_of_turned_pictures_are_mirrored_too(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    files = {}
    for tag in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = tag
        files |= {f"{tag}-{copy}.jpg": jpeg(90, 70, exif=exif) for copy in range(4)}
    folder = tree(files)
    plain = one(folder, shuffle=False).images
    batch = one(folder, shuffle=False, flip=True)
    assert 4 < batch.flips.sum() < 28
    for place, flip in enumerate(batch.flips):
        expected = plain[place, :, ::-1] if flip else plain[place]
        assert np.array_equal(batch.images[place], expected)


def test_without_exif_pictures_stay_as_they_are_stored(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    folder = tree({"1.jpg": jpeg(90, 70, exif=exif), "2.jpg": jpeg(90, 70)})
    turned, stored = one(folder, shuffle=False, exif=False).images
    assert np.array_equal(turned, stored)
    turned, stored = one(folder, shuffle=False).images
    assert not np.array_equal(turned, stored)


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_crops_say_which_part_was_used(tree: MakeTree, jpeg: EncodeJpeg, fit: str) -> None:
    folder = tree({"1.jpg": jpeg(100, 50)})
    whole, square = [0, 0, 100, 50], [25, 0, 50, 50]
    batch = one(folder, size=24, fit=fit)
    assert batch.crops.dtype == np.float32
    assert batch.crops.tolist() == [square if fit == "crop" else whole]


def test_random_crops_lie_inside_the_picture(photos: Path) -> None:
    loader = Loader(photos, batch_size=20, size=24, fit="random_crop")
    shares, ratios = [], []
    for batch in (batch for _ in range(4) for batch in loader):
        for path, (left, top, width, height) in zip(batch.paths, batch.crops, strict=True):
            with Image.open(path) as image:
                full = image.size
            assert left >= 0 <= top
            assert left + width <= full[0]
            assert top + height <= full[1]
            shares.append(width * height / (full[0] * full[1]))
            ratios.append(math.log(width / height))
    assert min(shares) > 0.07
    assert max(shares) <= 1
    assert 0.35 < np.mean(shares) < 0.65
    assert -0.3 < min(ratios) < -0.15
    assert 0.15 < max(ratios) < 0.3


@pytest.mark.parametrize(("scale", "ratio"), [((0.5, 0.5), (1.0, 1.0)), ((0.2, 0.3), (1.9, 2.1))])
def test_scale_and_ratio_bound_random_crops(
    tree: MakeTree, jpeg: EncodeJpeg, scale: tuple[float, float], ratio: tuple[float, float]
) -> None:
    folder = tree({f"{number}.jpg": jpeg(400, 400) for number in range(30)})
    crops = one(folder, fit="random_crop", scale=scale, ratio=ratio, size=16).crops
    shares, ratios = crops[:, 2] * crops[:, 3] / 160_000, crops[:, 2] / crops[:, 3]
    assert np.all((shares > scale[0] - 0.01) & (shares < scale[1] + 0.01))
    assert np.all((ratios > ratio[0] - 0.03) & (ratios < ratio[1] + 0.03))


def test_a_turned_pictures_crop_is_in_upright_pixels(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    folder = tree({"1.jpg": jpeg(100, 50, exif=exif)})
    assert one(folder, size=24, fit="crop").crops.tolist() == [[0, 25, 50, 50]]


def test_size_is_height_then_width(photos: Path) -> None:
    assert one(photos, size=(10, 20), batch_size=1).images.shape == (1, 10, 20, 3)
    assert one(photos, size=(10, 20), batch_size=1, layout="NCHW").images.shape == (1, 3, 10, 20)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_pictures_may_keep_their_own_size(photos: Path, dtype: str) -> None:
    for batch in islice(Loader(photos, size=None, batch_size=1, dtype=dtype), 10):
        with Image.open(batch.paths[0]) as image:
            assert isinstance(batch.images, np.ndarray)
            assert batch.images.shape == (1, image.height, image.width, 3)


def test_ragged_batches_are_lists(photos: Path) -> None:
    batch = one(photos, size=None, ragged=True, batch_size=9, layout="NCHW")
    assert isinstance(batch.images, list)
    assert len(batch.images) == len(batch.labels) == 9
    for path, picture in zip(batch.paths, batch.images, strict=True):
        with Image.open(path) as image:
            assert picture.shape == (3, image.height, image.width)


def test_ragged_batches_of_one_size(photos: Path) -> None:
    ragged, stacked = one(photos, ragged=True), one(photos)
    assert np.array_equal(np.stack(ragged.images), stacked.images)


# ------------------------------------------------------------------------- labels, names,
# attributes


def test_labels_are_the_rank_of_the_class_folder(photos: Path) -> None:
    loader = Loader(photos, batch_size=60, size=16)
    assert loader.classes == CLASSES
    assert loader.num_classes == 10
    assert loader.class_to_index == {name: label for label, name in enumerate(CLASSES)}
    batch = next(iter(loader))
    assert batch.labels.tolist() == [CLASSES.index(Path(path).parent.name) for path in batch.paths]
    assert loader.class_counts == np.bincount(batch.labels, minlength=10).tolist()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"split": ("validation", 0.3)},
        {"limit": 17},
        {"shard": (1, 2)},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["files", "records"])
def test_paths_are_those_of_the_indices_of_batches(
    photos: Path, tmp_path: Path, kind: str, options: dict[str, Any]
) -> None:
    path = photos
    if kind == "records":
        create_tfrecords(photos, tmp_path, "photos-", img_per_file=23)
        path = tmp_path
    loader = Loader(path, size=8, batch_size=7, **options)
    paths = loader.paths
    assert len(set(paths)) == len(paths) == loader.num_samples
    for batch in loader:
        assert [paths[index] for index in batch.indices] == batch.paths


def test_a_loader_says_how_many_it_has_of_what(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"ant/0.jpg": jpeg(8, 8)})
    assert repr(Loader(folder)) == "<Loader of 1 sample in 1 class, 1 batch>"
    both = Loader(folder, shard=(1, 2), last_batch="pad")
    assert repr(both) == "<Loader of 1 sample in 1 class, 1 batch on rank 1 of 2>"
    for endless in ({"weights": [1]}, {"sampling": "balanced"}, {"repeat": True}):
        expected = "<Loader of 1 sample in 1 class, endless, 1 batch an epoch>"
        assert repr(Loader(folder, **endless)) == expected


def test_class_counts_are_of_the_samples_that_the_loader_has(photos: Path) -> None:
    chosen = Loader(photos, classes=[CLASSES[3], CLASSES[1]])
    everything = Loader(photos).class_counts
    assert chosen.class_counts == [everything[3], everything[1]]
    assert sum(Loader(photos, limit=17).class_counts) == 17


@pytest.mark.parametrize("last_batch", ["keep", "pad"])
def test_one_hot_labels(photos: Path, last_batch: str) -> None:
    options = {"batch_size": 50, "size": 16, "last_batch": last_batch}
    for hot, plain in zip(
        Loader(photos, labels="one_hot", **options), Loader(photos, **options), strict=True
    ):
        assert hot.labels.dtype == np.float32
        assert np.array_equal(hot.labels, np.eye(10, dtype=np.float32)[plain.labels])


def test_labels_may_be_left_out(photos: Path) -> None:
    images, labels = one(photos, labels=None)
    assert labels is None
    assert np.array_equal(images, one(photos).images)


def test_a_flat_folder_has_one_class(photos: Path) -> None:
    loader = Loader(photos / "class-03", size=16)
    assert loader.num_samples == 6
    assert loader.num_classes == 1
    assert next(iter(loader)).labels.tolist() == [0] * 6


def test_classes_fix_labels_and_leave_others_out(photos: Path) -> None:
    loader = Loader(photos, classes=["class-07", "class-02"], batch_size=60, size=16)
    assert loader.classes == ["class-07", "class-02"]
    batch = next(iter(loader))
    assert len(batch.paths) == 12
    for path, label in zip(batch.paths, batch.labels, strict=True):
        assert ["class-07", "class-02"][label] in path


def test_a_class_without_pictures_has_a_label_if_it_is_named(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    folder = tree({"ant/1.jpg": jpeg(), "cat/1.jpg": jpeg(), "bee/notes.txt": b""})
    loader = Loader(folder, size=8, shuffle=False, classes=["ant", "bee", "cat"])
    assert loader.classes == ["ant", "bee", "cat"]
    assert next(iter(loader)).labels.tolist() == [0, 2]


def test_pictures_may_lie_deeper_in_a_class(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree(
        {
            "cat/a/b/1.jpg": jpeg(),
            "cat/2.JPEG": jpeg(),
            "dog/x/3.jpg": jpeg(),
            "dog/.hidden.jpg": b"",
        }
    )
    batch = one(folder, shuffle=False)
    assert sorted(Path(path).relative_to(folder).as_posix() for path in batch.paths) == [
        "cat/2.JPEG", "cat/a/b/1.jpg", "dog/x/3.jpg",
    ]  # fmt: skip
    assert batch.labels.tolist() == [0, 0, 1]


def test_lists_and_globs_are_joined(photos: Path) -> None:
    files = sorted(map(str, photos.glob("class-0[12]/*.jpg")))
    expected = one(photos, classes=["class-01", "class-02"], shuffle=False, labels=None)
    for path in (files, str(photos / "class-0[12]" / "*.jpg")):
        joined = one(path, shuffle=False, labels=None)
        assert joined.paths == files
        assert np.array_equal(joined.images, expected.images)


def test_roots_are_joined_by_class(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"a/cat/1.jpg": jpeg(), "b/cat/2.jpg": jpeg(), "b/dog/3.jpg": jpeg()})
    with pytest.warns(DatasetWarning, match="the classes are the folders in the 2"):
        batch = one([folder / "a", folder / "b"], shuffle=False)
    assert [Path(path).name for path in batch.paths] == ["1.jpg", "2.jpg", "3.jpg"]
    assert batch.labels.tolist() == [0, 0, 1]


def test_a_folder_that_two_links_lead_to_counted_in_one_class(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    folder = tree({"cat/1.jpg": jpeg(), "elsewhere/cat/2.jpg": jpeg()})
    root = tree({"root/cat/0.jpg": jpeg()}) / "root"
    (root / "dog").symlink_to(folder / "elsewhere" / "cat")
    (root / "owl").symlink_to(folder / "elsewhere" / "cat")
    (root / "cat" / "loop").symlink_to(root)
    (root / "cat" / "9.jpg").symlink_to(folder / "cat" / "1.jpg")
    batch = one(root, shuffle=False)
    assert [Path(path).name for path in batch.paths] == ["0.jpg", "9.jpg", "2.jpg", "2.jpg"]
    assert batch.labels.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    "name", ["ünï ☃.jpg", "with space.jpg", "new\nline.jpg", "q'uote\".jpg", "x" * 250 + ".jpg"]
)
def test_paths_of_any_name_can_be_opened(tree: MakeTree, jpeg: EncodeJpeg, name: str) -> None:
    folder = tree({f"clăss/{name}": jpeg()})
    loader = Loader(folder)
    assert loader.classes == ["clăss"]
    assert next(iter(loader)).paths == [str(folder / "clăss" / name)]


def test_paths_that_are_not_utf8_can_be_opened(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    for folder in (b"caf\xe8", b"caf\xe9"):
        path = os.fsencode(tmp_path) + b"/root/" + folder
        os.makedirs(path)  # noqa: PTH103
        with open(path + b"/\xff.jpg", "wb") as file:  # noqa: PTH123
            file.write(jpeg())
    loader = Loader(tmp_path / "root", shuffle=False)
    batch = next(iter(loader))
    assert all(Path(path).is_file() for path in batch.paths)
    assert batch.labels.tolist() == [0, 1]


def test_file_type_is_told_by_content(photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "class-00" / "000000.jpg", tmp_path / "really-a-jpeg.png")
    shutil.copy(photos / "class-00" / "000000.jpg", tmp_path / "same.jpg")
    first, second = one(tmp_path, shuffle=False).images
    assert np.array_equal(first, second)


def test_indices_are_places_in_the_sorted_list(photos: Path) -> None:
    files = sorted(map(str, photos.rglob("*.jpg")))
    seen = []
    for batch in Loader(photos, batch_size=7, size=16):
        assert batch.indices.dtype == np.int64
        assert [files[index] for index in batch.indices] == batch.paths
        seen += batch.indices.tolist()
    assert sorted(seen) == list(range(60))


def test_batches_know_their_epoch(photos: Path) -> None:
    loader = Loader(photos, batch_size=30, size=16)
    assert loader.epoch == 0
    assert [[batch.epoch for batch in loader] for _ in range(3)] == [[0, 0], [1, 1], [2, 2]]
    assert loader.epoch == 3


def test_repr_says_what_is_in_it(photos: Path) -> None:
    text = repr(Loader(photos, batch_size=25))
    assert all(part in text for part in ("60 samples", "10 classes", "3 batches"))


# ----------------------------------------------------------------------------- how many, which,
# when


@pytest.mark.parametrize(
    ("last_batch", "sizes", "valid"),
    [("keep", [25, 25, 10], 60), ("drop", [25, 25], 50), ("pad", [25, 25, 25], 60)],
)
def test_last_batch(photos: Path, last_batch: str, sizes: list[int], valid: int) -> None:
    loader = Loader(photos, batch_size=25, size=16, last_batch=last_batch)
    batches = list(loader)
    assert len(loader) == len(iter(loader)) == len(sizes)
    assert [len(batch.images) for batch in batches] == sizes
    marks = np.concatenate([batch.valid for batch in batches])
    assert (marks.dtype, marks.sum()) == (np.bool_, valid)
    seen = np.concatenate([batch.indices[batch.valid] for batch in batches])
    assert len(set(seen)) == valid


def test_padding_repeats_whole_samples(photos: Path) -> None:
    batches = list(Loader(photos, batch_size=25, size=16, last_batch="pad", shuffle=False))
    filler = batches[-1].images[~batches[-1].valid]
    assert np.array_equal(filler, batches[0].images[:15])
    assert batches[-1].indices[10:].tolist() == list(range(15))


def test_limit_takes_the_first_of_the_sorted_list(photos: Path) -> None:
    loader = Loader(photos, limit=13, batch_size=60, size=16)
    assert loader.num_samples == 13
    assert sorted(next(iter(loader)).indices.tolist()) == list(range(13))
    assert Loader(photos, limit=1000).num_samples == 60


def test_repeat_goes_through_epochs_without_end(photos: Path) -> None:
    loader = Loader(photos, batch_size=25, size=16, repeat=True)
    batches = list(islice(loader, 7))
    assert [batch.epoch for batch in batches] == [0, 0, 0, 1, 1, 1, 2]
    assert [len(batch.images) for batch in batches] == [25, 25, 10, 25, 25, 10, 25]
    once = Loader(photos, batch_size=25, size=16)
    expected = [batch.images.tobytes() for _ in range(2) for batch in once]
    assert [batch.images.tobytes() for batch in batches[:6]] == expected


@pytest.mark.parametrize("seed", [0, 1])
def test_split_is_a_partition(photos: Path, seed: int) -> None:
    sides = [paths(photos, split=(side, 0.3), split_seed=seed) for side in ("train", "validation")]
    assert sorted(sides[0] + sides[1]) == paths(photos)
    assert len(sides[0]) == 40


def paths(path: Path, **options: Any) -> list[str]:
    return [
        name for batch in Loader(path, size=8, shuffle=False, **options) for name in batch.paths
    ]


def per_class(names: list[str]) -> Counter[str]:
    return Counter(Path(name).parent.name for name in names)


@pytest.mark.parametrize("split_seed", range(5))
def test_every_class_of_a_split_has_its_share(
    tree: MakeTree, jpeg: EncodeJpeg, split_seed: int
) -> None:
    """Some classes of five had none in validation, others two."""
    data = jpeg(8, 8)
    folder = tree({f"{name:02}/{number}.jpg": data for name in range(20) for number in range(5)})
    held = paths(folder, split=("validation", 0.2), split_seed=split_seed)
    assert per_class(held) == dict.fromkeys([f"{name:02}" for name in range(20)], 1)


def test_a_share_is_rounded_half_up_and_leaves_no_side_empty(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    data = jpeg(8, 8)
    counts = {"ant": 1, "bee": 2, "cat": 3, "dog": 14, "elk": 15}
    folder = tree(
        {f"{name}/{number}.jpg": data for name, count in counts.items() for number in range(count)}
    )
    for fraction, expected in [(0.1, [0, 1, 1, 1, 2]), (0.9, [0, 1, 2, 13, 14])]:
        held = per_class(paths(folder, split=("validation", fraction)))
        train = per_class(paths(folder, split=("train", fraction)))
        assert [held[name] for name in counts] == expected
        assert held + train == counts


def test_records_and_tables_are_split_by_the_same_rule(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    data = jpeg(8, 8)
    folder = tree(
        {f"{name}/{name}{number}.jpg": data for name in ("cat", "dog") for number in range(7)}
    )
    create_tfrecords(folder, tmp_path / "records", "x-", img_per_file=5)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))
    rows = "".join(f"{name},{name[:3]}\n" for name in files)
    (folder / "list.csv").write_text(f"filename,class\n{rows}")
    for path, dog in [(str(tmp_path / "records" / "x-*"), "1"), (folder / "list.csv", "dog")]:
        for fraction, count in [(0.2, 1), (0.5, 4), (0.99, 6)]:
            (batch,) = Loader(path, split=("validation", fraction), size=8)
            assert batch.labels.tolist().count(0) == batch.labels.tolist().count(1) == count
            (batch,) = Loader(path, split=("validation", fraction), classes=[dog], size=8)
            assert len(batch.labels) == count


def test_limit_takes_the_first_of_a_side(photos: Path) -> None:
    side: Any = ("validation", 0.5)
    assert paths(photos, split=side, limit=5) == paths(photos, split=side)[:5]


def test_train_and_validation_with_other_seeds_do_not_overlap(photos: Path) -> None:
    """The seed of the order was that of the split, too: most of the files were on both sides."""
    train = paths(photos, split=("train", 0.4), seed=1)
    held = paths(photos, split=("validation", 0.4), seed=2)
    assert sorted(train + held) == paths(photos)


def test_split_depends_on_its_own_seed(photos: Path) -> None:
    side: Any = ("train", 0.5)
    default = paths(photos, split=side)
    assert paths(photos, split=side, split_seed=0) == default
    assert paths(photos, split=side, split_seed=2) != default


def test_files_that_come_and_go_move_one_other_each_at_most(photos: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(photos, copy)
    before = set(paths(copy, split=("validation", 0.4)))
    for gone in ("class-01", "class-02/000001.jpg", "class-05/000000.jpg"):
        (shutil.rmtree if (copy / gone).is_dir() else os.unlink)(copy / gone)
    shutil.copy(photos / "class-00" / "000000.jpg", copy / "class-00" / "0000000.jpg")
    (copy / "class-000").mkdir()
    shutil.copy(photos / "class-00" / "000000.jpg", copy / "class-000" / "new.jpg")
    after = set(paths(copy, split=("validation", 0.4)))
    still = {path for path in before if Path(path).exists()}
    moved = per_class([path for path in still ^ after if "0000000" not in path])
    assert set(moved) <= {"class-00", "class-02", "class-05"}
    assert max(moved.values(), default=0) <= 1


def test_split_does_not_depend_on_where_the_data_lies(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "moved")
    names = [
        [Path(path).relative_to(root) for path in paths(root, split=("train", 0.4))]
        for root in (photos, tmp_path / "moved")
    ]
    assert names[0] == names[1]


@pytest.fixture
def uneven(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of 3 classes of 1, 4 and 15 pictures."""
    counts = {"ant": 1, "bee": 4, "cat": 15}
    data = jpeg(8, 8)
    return tree(
        {f"{name}/{number}.jpg": data for name, count in counts.items() for number in range(count)}
    )


def drawn(path: Path, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and indices of the first 3,000 samples."""
    labels: list[int] = []
    indices: list[int] = []
    for batch in Loader(path, batch_size=20, size=1, **options):
        labels += batch.labels.tolist()
        indices += batch.indices.tolist()
        if len(labels) >= 3000:
            break
    return np.array(labels[:3000]), np.array(indices[:3000])


def test_balanced_draws_classes_alike_and_files_alike_within_them(uneven: Path) -> None:
    labels, indices = drawn(uneven, sampling="balanced")
    assert np.all(np.abs(np.bincount(labels) - 1000) < 130)
    assert np.all(np.abs(np.bincount(indices)[1:5] - 250) < 80)
    assert np.all(np.bincount(indices)[5:] > 30)


def test_weights_by_class(uneven: Path) -> None:
    """A class's weight is that of each of its samples."""
    labels, _ = drawn(uneven, weights=[15.0, 0.0, 1.0])
    counts = np.bincount(labels, minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] - 1500) < 150


def test_weights_by_sample(uneven: Path) -> None:
    weights = np.zeros(20)
    weights[[2, 19]] = [1.0, 3.0]
    _, indices = drawn(uneven, weights=weights)
    assert set(indices) == {2, 19}
    assert abs(np.sum(indices == 19) - 2250) < 130


@pytest.mark.parametrize(
    "endless", [{"sampling": "balanced"}, {"weights": [1.0, 2.0, 3.0]}], ids=str
)
@pytest.mark.parametrize("last_batch", ["keep", "drop", "pad"])
def test_batches_that_are_drawn_are_always_full(
    uneven: Path, endless: dict[str, Any], last_batch: str
) -> None:
    """Also where they are larger than the data; none of their samples merely fills them up."""
    for size in (3, 7, 20, 50):
        loader = Loader(uneven, size=8, batch_size=size, last_batch=last_batch, **endless)
        batches = list(islice(loader, 12))
        assert [len(batch.labels) for batch in batches] == [size] * 12
        assert all(batch.valid.all() for batch in batches)
        assert len(loader) == -(-20 // size)
        assert [batch.epoch for batch in batches] == [place // len(loader) for place in range(12)]


def test_drawing_on_several_ranks_gives_the_batches_of_one(uneven: Path) -> None:
    options = {"size": 8, "sampling": "balanced", "seed": 4}
    alone = Loader(uneven, batch_size=9, **options)
    parts = [Loader(uneven, batch_size=3, shard=(rank, 3), **options) for rank in range(3)]
    for whole, *pieces in islice(zip(alone, *parts, strict=True), 10):
        assert whole.paths == [path for piece in pieces for path in piece.paths]


def test_resuming_where_samples_are_drawn(uneven: Path) -> None:
    options = {"size": 8, "batch_size": 6, "sampling": "balanced", "fit": "random_crop"}
    expected = contents(islice(Loader(uneven, **options), 12))
    for taken in range(8):
        loader = Loader(uneven, **options)
        for _ in islice(loader, taken):
            pass
        again = Loader(uneven, **options)
        again.load_state_dict(loader.state_dict())
        assert contents(islice(again, 4)) == expected[taken : taken + 4]


def test_a_sample_that_comes_twice_is_augmented_twice(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"cat/1.jpg": jpeg(64, 64)})
    batch = next(
        iter(Loader(folder, batch_size=50, size=8, sampling="balanced", fit="random_crop"))
    )
    assert len({tuple(crop) for crop in batch.crops.tolist()}) == len(batch.images)


# ------------------------------------------------------------------------------------------- ranks


def test_ranks_share_the_batches_of_one(photos: Path) -> None:
    options = {"size": 16, "fit": "random_crop", "flip": True, "seed": 5}
    alone = list(Loader(photos, batch_size=12, **options))
    parts = [list(Loader(photos, batch_size=4, shard=(rank, 3), **options)) for rank in range(3)]
    for whole, *pieces in zip(alone, *parts, strict=True):
        assert np.array_equal(whole.images, np.concatenate([piece.images for piece in pieces]))
        assert np.array_equal(whole.labels, np.concatenate([piece.labels for piece in pieces]))
        assert whole.paths == [path for piece in pieces for path in piece.paths]


TF_CONFIG = {
    "cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"]},
    "task": {"type": "worker", "index": 0},
}
TF_CONFIG_BY_INDEX = {
    "cluster": {"worker": {"0": "a:1", "1": "b:1"}},
    "task": {"type": "worker", "index": 1},
}
EVALUATOR = {**TF_CONFIG, "task": {"type": "evaluator", "index": 0}}
# Its characters were counted as workers.
ONE_TEXT = {"cluster": {"worker": "host1:2222"}, "task": {"type": "worker", "index": 0}}
VARIABLES = [
    ({}, (0, 1)),
    ({"RANK": "2", "WORLD_SIZE": "3"}, (2, 3)),
    ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "3"}, (1, 3)),
    ({"HOROVOD_RANK": "1", "HOROVOD_SIZE": "2"}, (1, 2)),
    ({"MV2_COMM_WORLD_RANK": "1", "MV2_COMM_WORLD_SIZE": "2"}, (1, 2)),
    ({"JSM_NAMESPACE_RANK": "1", "JSM_NAMESPACE_SIZE": "2"}, (1, 2)),
    ({"PMI_RANK": "1", "PMI_SIZE": "2"}, (1, 2)),
    # A step of an allocation has its own number of tasks.
    ({"SLURM_PROCID": "1", "SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "2"}, (1, 2)),
    ({"SLURM_NTASKS": "4"}, (0, 1)),  # salloc, and no srun
    ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, (0, 1)),  # sbatch, and no srun
    ({"TF_CONFIG": json.dumps(TF_CONFIG)}, (1, 3)),
    ({"TF_CONFIG": json.dumps(TF_CONFIG_BY_INDEX)}, (1, 2)),
    ({"TF_CONFIG": ""}, (0, 1)),
    ({"TF_CONFIG": "{}"}, (0, 1)),
    ({"RANK": "0", "WORLD_SIZE": "2", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"}, (0, 2)),
    ({"RANK": "1", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"}, (2, 4)),
    (
        {
            "OMPI_COMM_WORLD_RANK": "1",
            "OMPI_COMM_WORLD_SIZE": "3",
            "TF_CONFIG": json.dumps(TF_CONFIG),
        },
        (1, 3),
    ),
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return a way to set variables, with none of the launchers' set."""
    for variables in [*(variables for variables, _ in VARIABLES), {"SLURM_STEP_ID", "LOCAL_RANK"}]:
        for name in variables:
            monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(("variables", "shard"), VARIABLES, ids=str)
def test_ranks_from_the_launchers_variables(
    photos: Path, environment: pytest.MonkeyPatch, variables: dict[str, str], shard: tuple[int, int]
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    options = {"batch_size": 5, "size": 8}
    found = [batch.paths for batch in Loader(photos, shard="auto", **options)]
    assert found == [batch.paths for batch in Loader(photos, shard=shard, **options)]


def test_several_ranks_that_each_read_everything_are_told_once(
    photos: Path, environment: pytest.MonkeyPatch
) -> None:
    options = {"batch_size": 5, "size": 8}
    for name, value in {"RANK": "1", "WORLD_SIZE": "4"}.items():
        environment.setenv(name, value)
    loader = Loader(photos, **options)
    with pytest.warns(DatasetWarning, match=r"rank 1 of 4, .* reads all samples: use shard='auto'"):
        assert len(list(loader)) == len(loader)
    list(loader)  # a second warning would be an error
    list(Loader(photos, shard=(0, 1), **options))  # as it was asked for


def test_ranks_that_make_no_sense_are_no_matter_where_nobody_asks(
    photos: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("WORLD_SIZE", "four")
    assert len(next(iter(Loader(photos, batch_size=5, size=8))).labels) == 5


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"RANK": "x", "WORLD_SIZE": "2"}, "RANK='x'"),
        ({"RANK": "4", "WORLD_SIZE": "4"}, "RANK='4' and WORLD_SIZE='4'.* between 0 and"),
        ({"RANK": "-1", "WORLD_SIZE": "4"}, "RANK='-1' and WORLD_SIZE='4'.* between 0 and"),
        # Every rank took itself for the only one, and trained on everything.
        ({"RANK": "1"}, "RANK='1' is set and WORLD_SIZE is not"),
        ({"WORLD_SIZE": "4"}, "WORLD_SIZE='4' is set and RANK is not"),
        ({"OMPI_COMM_WORLD_RANK": "1"}, "OMPI_COMM_WORLD_SIZE is not"),
        ({"PMI_RANK": "0"}, "PMI_SIZE is not"),
        # Lightning's launcher, before torch.distributed is initialised.
        ({"WORLD_SIZE": "2", "LOCAL_RANK": "1"}, r"RANK is not: make it after .* train_dataloader"),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2"}, "'1' is set and SLURM_STEP_NUM_TASKS is not"),
        ({"SLURM_PROCID": "0", "SLURM_STEP_ID": "0"}, "SLURM_STEP_NUM_TASKS is not"),
        ({"TF_CONFIG": "{"}, "TF_CONFIG"),
        ({"TF_CONFIG": "[]"}, "TF_CONFIG"),
        ({"TF_CONFIG": json.dumps(EVALUATOR)}, r"an evaluator, use shard=None or \(0, 1\)"),
        ({"TF_CONFIG": json.dumps(ONE_TEXT)}, "TF_CONFIG=.* lists of hosts"),
    ],
    ids=str,
)
def test_variables_that_make_no_sense(
    photos: Path, environment: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(ValueError, match=named):
        Loader(photos, shard="auto")


# ---------------------------------------------------------------------------- epochs and
# checkpoints

RESUMABLE = {"batch_size": 9, "size": 16, "fit": "random_crop", "flip": True, "seed": 8}


def place(loader: Loader) -> tuple[int, int]:
    state = loader.state_dict()
    return state["epoch"], state["position"]


def contents(batches: Any) -> list[tuple[Any, ...]]:
    return [(batch.epoch, batch.images.tobytes(), batch.indices.tolist()) for batch in batches]


def test_set_epoch(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    list(loader)
    second = contents(loader)
    loader.set_epoch(1)
    assert loader.epoch == 1
    assert contents(loader) == second
    assert contents(loader)[0][0] == 2


def test_a_checkpoint_after_set_epoch_is_of_that_epoch(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    list(loader)
    loader.set_epoch(7)
    assert place(loader) == (7, 0)


@pytest.mark.parametrize("taken", [0, 1, 3, 6, 7])
def test_resuming_goes_on_with_the_next_batch(photos: Path, taken: int) -> None:
    """Also with batches made ahead, and over the end of an epoch: seven batches make one."""
    expected = contents(islice(Loader(photos, repeat=True, **RESUMABLE), 21))
    loader = Loader(photos, prefetch=4, **RESUMABLE)
    batches = iter(loader)
    for _ in range(taken):
        next(batches)
    state = loader.state_dict()
    assert state == batches.state_dict()
    other = Loader(photos, **RESUMABLE)
    other.load_state_dict(state)
    assert contents(other) + contents(other) == expected[taken : taken // 7 * 7 + 14]


def test_state_is_kept_when_the_loop_is_left(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    for number, _ in enumerate(loader):
        if number == 2:
            break
    assert place(loader) == (0, 27)


def test_states_are_plain_values(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    next(iter(loader))
    state = loader.state_dict()
    assert json.loads(json.dumps(state)) == pickle.loads(pickle.dumps(state)) == state  # noqa: S301


def test_loading_a_state_moves_the_loader_that_made_it_back(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    rest = contents(batches)
    loader.load_state_dict(state)
    assert loader.state_dict() == state
    assert contents(loader) == rest


RESUME = """
import hashlib, json, sys
from imagepipe_rs import Loader
loader = Loader(sys.argv[1], **json.loads(sys.argv[2]))
loader.load_state_dict(json.loads(sys.argv[3]))
for batch in loader:
    print(batch.epoch, hashlib.sha256(batch.images.tobytes()).hexdigest())
"""


def test_resuming_in_another_process(photos: Path) -> None:
    import hashlib  # noqa: PLC0415

    loader = Loader(photos, **RESUMABLE)
    batches = iter(loader)
    for _ in range(4):
        next(batches)
    state = json.dumps(loader.state_dict())
    command = [sys.executable, "-c", RESUME, photos, json.dumps(RESUMABLE), state]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    expected = [f"{b.epoch} {hashlib.sha256(b.images.tobytes()).hexdigest()}" for b in batches]
    assert printed.splitlines() == expected
    assert len(expected) == 3


@pytest.mark.parametrize("world", [1, 2, 3, 6])
def test_resuming_on_another_number_of_ranks(photos: Path, world: int) -> None:
    options = {"size": 16, "fit": "random_crop", "seed": 1}
    loader = Loader(photos, batch_size=6, shard=(0, 2), **options)
    batches = iter(loader)
    next(batches)
    next(batches)
    state = loader.state_dict()
    assert state["position"] == 24
    alone = list(Loader(photos, batch_size=12, **options))[2:]
    parts = []
    for rank in range(world):
        part = Loader(photos, batch_size=12 // world, shard=(rank, world), **options)
        part.load_state_dict(state)
        parts.append(list(part))
    for whole, *pieces in zip(alone, *parts, strict=True):
        assert np.array_equal(whole.images, np.concatenate([piece.images for piece in pieces]))


def test_two_iterators_are_independent(photos: Path) -> None:
    loader = Loader(photos, **RESUMABLE)
    first, second = iter(loader), iter(loader)
    mixed: list[list[Any]] = [[], []]
    for a, b in zip(first, second, strict=True):
        mixed[0].append(a)
        mixed[1].append(b)
    again = Loader(photos, **RESUMABLE)
    assert contents(mixed[0]) == contents(again)
    assert contents(mixed[1]) == contents(again)


def test_an_iterator_that_ended_stays_ended(photos: Path) -> None:
    batches = iter(Loader(photos, batch_size=60, size=8))
    next(batches)
    for _ in range(3):
        assert next(batches, None) is None


def test_a_closed_iterator_raises_and_its_state_stays(photos: Path) -> None:
    """It does not end as a finished epoch does, and does not go back to the start."""
    with Loader(photos, batch_size=10, size=8) as loader:
        batches = iter(loader)
        next(batches)
        next(batches)
    for _ in range(3):
        with pytest.raises(ImagePipeError, match="closed before its end"):
            next(batches)
        batches.close()
        assert place(loader) == (0, 20)
        assert batches.state_dict() == loader.state_dict()
    assert len(list(loader)) == 6


def test_closing_an_iterator_that_ended_changes_nothing(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=8)
    batches = iter(loader)
    assert len(list(batches)) == 6
    batches.close()
    loader.close()
    assert next(batches, None) is None
    assert place(loader) == (1, 0)


# ----------------------------------------------------------------------------- stats and
# fingerprint


def test_stats_count_what_was_done(photos: Path) -> None:
    loader = Loader(photos, batch_size=20, size=16)
    assert loader.stats()["bottleneck"] == "nothing has been loaded yet"
    assert len(list(loader)) == 3
    stats = loader.stats()
    files = sum(path.stat().st_size for path in photos.rglob("*.jpg"))
    assert (stats["read"]["items"], stats["read"]["bytes"]) == (60, files)
    assert stats["decode"]["items"] == stats["resize"]["items"] == 60
    assert (stats["deliver"]["items"], stats["deliver"]["bytes"]) == (60, 60 * 16 * 16 * 3)
    assert stats["resize"]["bytes"] == 60 * 16 * 16 * 3
    assert stats["augment"] == {"items": 0, "bytes": 0, "seconds": 0.0}
    assert all(stats[stage]["seconds"] > 0 for stage in ("read", "decode", "resize", "wait"))
    assert stats["errors"] == 0
    assert stats["queue"] == {"ready": 0, "begun": 0}
    assert stats["bottleneck"].split(":")[0] in {"the loader", "too few samples in flight"}
    assert (set(stats["wait"]), set(stats["deliver"])) == ({"items", "seconds"}, {"items", "bytes"})
    list(loader)
    assert loader.stats()["read"]["items"] == 120


def test_stats_in_an_epoch_say_that_the_consumer_is_the_bottleneck(photos: Path) -> None:
    loader = Loader(photos, batch_size=20, size=16)
    batches = iter(loader)
    next(batches)
    while loader.stats()["queue"]["ready"] < 2:
        time.sleep(0.001)
    before = loader.stats()
    # All batches are begun, and workers have nothing to do until the consumer comes back.
    time.sleep(10 * before["wait"]["seconds"])
    after = loader.stats()
    assert after["idle_seconds"] > before["idle_seconds"]
    assert after["bottleneck"].startswith("the consumer: ")
    batches.close()


def test_stats_know_what_is_ready(photos: Path) -> None:
    loader = Loader(photos, batch_size=5, size=16, prefetch=3, repeat=True)
    batches = iter(loader)
    next(batches)
    assert sum(loader.stats()["queue"].values()) <= 3
    batches.close()


def test_fingerprint_is_of_names_sizes_and_labels(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "copy")
    copy = tmp_path / "copy"
    original = Loader(photos).fingerprint
    assert Loader(copy, batch_size=3, seed=9, size=8).fingerprint == original
    assert len(original) == 16
    assert int(original, 16) >= 0
    seen = {original}
    file = copy / "class-00" / "000000.jpg"
    data = file.read_bytes()
    file.write_bytes(data + b"\0")
    seen.add(Loader(copy).fingerprint)
    file.write_bytes(data)
    assert Loader(copy).fingerprint == original
    file.rename(copy / "class-00" / "renamed.jpg")
    seen.add(Loader(copy).fingerprint)
    (copy / "class-00" / "renamed.jpg").rename(copy / "class-01" / "000000x.jpg")
    seen.add(Loader(copy).fingerprint)
    (copy / "class-01" / "000000x.jpg").unlink()
    seen.add(Loader(copy).fingerprint)
    (copy / "class-09").rename(copy / "class-10")
    seen.add(Loader(copy).fingerprint)
    seen.add(Loader(photos, limit=59).fingerprint)
    assert len(seen) == 7


# -------------------------------------------------------------------------------- whatever is asked


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    channels=st.sampled_from(["RGB", "BGR", "GRAY"]),
    layout=st.sampled_from(["NHWC", "NCHW"]),
    dtype=st.sampled_from(["uint8", "float32", "float16", "bfloat16"]),
    batch_size=st.integers(1, 7),
    options=st.fixed_dictionaries(
        {
            "fit": st.sampled_from(["stretch", "crop", "pad", "random_crop"]),
            "exact": st.booleans(),
        }
    ),
)
def test_shapes_and_types_are_as_asked_for(
    *,
    photos: Path,
    height: int,
    width: int,
    batch_size: int,
    channels: str,
    layout: str,
    dtype: str,
    options: dict[str, Any],
) -> None:
    options |= {"channels": channels, "layout": layout, "dtype": dtype, "batch_size": batch_size}
    loader = Loader(photos, size=(height, width), limit=9, flip=True, **options)
    depth = 1 if channels == "GRAY" else 3
    shape = (height, width, depth) if layout == "NHWC" else (depth, height, width)
    batches = list(loader)
    assert [batch.images.shape for batch in batches] == [
        (min(batch_size, 9 - start), *shape) for start in range(0, 9, batch_size)
    ]
    assert all(batch.images.dtype.name == dtype for batch in batches)
