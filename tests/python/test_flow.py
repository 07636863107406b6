"""ImagePipe's call: what it gives, held against a plain way of doing it."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import textwrap
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf
from imagepipe_rs import DatasetError, DatasetWarning, DecodeError, Loader
from imagepipe_rs.tensorflow import flow_from_directory
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeTree


def plain(path: Path, size: tuple[int, int], rescale: float) -> np.ndarray[Any, Any]:
    """Return a picture as ImagePipe has it: rows and columns picked by integer division."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    rows = np.arange(size[0]) * pixels.shape[0] // size[0]
    columns = np.arange(size[1]) * pixels.shape[1] // size[1]
    return pixels[rows][:, columns].astype(np.float32) * np.float32(rescale)


@pytest.mark.parametrize("rescale", [1.0, 1 / 255, 0.1, -2.0])
@pytest.mark.parametrize("size", [(64, 48), (33, 224), (700, 600)])
def test_every_image_is_one_of_the_directory_to_the_bit(
    photos: Path, size: tuple[int, int], rescale: float
) -> None:
    classes = Loader(photos).classes
    known: dict[bytes, int] = {}
    for label, name in enumerate(classes):
        for path in (photos / name).iterdir():
            known[plain(path, size, rescale).tobytes()] = label
    assert len(known) == 60
    flow = flow_from_directory(photos, 20, size, "NHWC", rescale=rescale, seed=3)
    met = set()
    for images, labels in islice(flow, 6):
        assert images.dtype == tf.float32
        assert images.shape == (20, *size, 3)
        assert labels.dtype == tf.int32
        for image, label in zip(images.numpy(), labels.numpy(), strict=True):
            met.add(image.tobytes())
            assert known[image.tobytes()] == label
    assert len(met) > 40


def test_channels_come_first_unless_asked_otherwise(photos: Path) -> None:
    first, last = (
        next(flow_from_directory(str(photos), 4, (32, 24), *form)) for form in ([], ["NHWC"])
    )
    assert first[0].shape == (4, 3, 32, 24)
    assert np.array_equal(first[0].numpy().transpose(0, 2, 3, 1), last[0])
    assert np.array_equal(first[1], last[1])


def test_classes_come_as_often_and_there_is_no_end(tree: MakeTree, photos: Path) -> None:
    data = next((photos / Loader(photos).classes[0]).iterdir()).read_bytes()
    folder = tree({"rare/0.jpg": data, **{f"usual/{i}.jpg": data for i in range(9)}})
    labels = [b[1].numpy() for b in islice(flow_from_directory(folder, 50, (8, 8)), 12)]
    assert 240 < np.concatenate(labels).sum() < 360


def test_it_takes_what_a_loader_takes(photos: Path) -> None:
    """Globs and lists were taken for names of files."""
    every = next(flow_from_directory(photos, 8, 16))
    for given in (f"{photos}/class-*", [photos / name for name in Loader(photos).classes]):
        with pytest.warns(DatasetWarning, match="each folder is a class"):
            some = next(flow_from_directory(given, 8, 16))
        assert np.array_equal(some[0], every[0])
        assert np.array_equal(some[1], every[1])


def test_keywords_of_keras_are_answered_with_those_of_a_loader(photos: Path) -> None:
    given: dict[str, Any] = {"class_mode": "categorical", "subset": "training", "shuffle": False}
    with pytest.raises(TypeError) as error:
        flow_from_directory(photos, 8, 16, **given)
    for part in (
        "imagepipe_rs.Loader",
        "class_mode='categorical': labels='one_hot'",
        "subset='training': split=('train', 0.2)",
        "shuffle=False: the same",
    ):
        assert part in str(error.value)
    with pytest.raises(TypeError, match="unexpected keyword argument 'cache_mb'"):
        flow_from_directory(photos, 8, 16, cache_mb=1)


def test_draws_depend_on_the_seed_alone(photos: Path) -> None:
    def drawn(**options: Any) -> list[bytes]:
        flow = flow_from_directory(photos, 8, (16, 16), **options)
        return [images.numpy().tobytes() for images, _ in islice(flow, 5)]

    base = drawn()
    assert drawn(parallel=1, synchronize=False, cache_mbytes=0, warmup=False) == base
    assert drawn(seed=1) != base


def test_the_log_says_what_is_there(photos: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="imagepipe_rs"):
        flow_from_directory(photos, 4, 8, logging=False).close()
        assert not caplog.records
        flow_from_directory(photos, 4, 8).close()
    assert "60 images in 10 classes" in caplog.text


def test_urls_of_files_are_paths(photos: Path) -> None:
    assert len(next(flow_from_directory(photos.as_uri(), 4, (8, 8)))[1]) == 4
    with pytest.raises(ValueError, match="directory_url='https://x/y' is not valid"):
        flow_from_directory("https://x/y", 4, (8, 8))


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("batch_size", 0, ValueError),
        ("batch_size", "a", TypeError),
        ("image_format", "CHW", ValueError),
        ("parallel", 0, ValueError),
        ("parallel", 1.5, TypeError),
        ("cache_mbytes", -5, ValueError),
    ],
)
def test_wrong_arguments_have_their_own_names(
    tree: MakeTree, argument: str, value: Any, error: type[Exception]
) -> None:
    arguments = {"batch_size": 4, "target_size": (8, 8), argument: value}
    with pytest.raises(error, match=f"^{argument}={value!r} is not valid"):
        flow_from_directory(tree({"a/1.jpg": b""}), **arguments)


def test_errors_name_what_is_wrong(tree: MakeTree) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        flow_from_directory("/nowhere", 4, (8, 8))
    with pytest.raises(TypeError, match="target_size='big'"):
        flow_from_directory("/nowhere", 4, "big")  # type: ignore[arg-type]
    folder = tree({"a/1.jpg": b"\xff\xd8\xff no picture"})
    with pytest.raises(DecodeError, match=r"1\.jpg"):
        flow_from_directory(folder, 4, (8, 8))
    flow = flow_from_directory(folder, 4, (8, 8), warmup=False)
    with pytest.raises(DecodeError, match=r"1\.jpg"):
        next(flow)


GRAPH = textwrap.dedent(
    """
    import hashlib, json, sys
    import tensorflow as tf
    from imagepipe_rs.tensorflow import flow_from_directory

    tf.compat.v1.disable_eager_execution()
    images, labels = flow_from_directory(sys.argv[1], 6, (24, 16), rescale=1 / 255, seed=5)
    total = tf.reduce_sum(images, axis=[1, 2, 3])
    seen = []
    with tf.compat.v1.Session() as session:
        for _ in range(4):
            pixels, sums, marks = session.run([images, total, labels])
            assert abs(pixels.sum(axis=(1, 2, 3)) - sums).max() < 1
            seen.append([hashlib.sha256(pixels.tobytes()).hexdigest(), marks.tolist()])
    print(json.dumps([images.shape.as_list(), labels.shape.as_list(), images.dtype.name, seen]))
    """
)


def test_in_a_graph_each_run_is_a_batch(photos: Path) -> None:
    command = [sys.executable, "-c", GRAPH, str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shape, marks, dtype, seen = json.loads(done.stdout)
    assert (shape, marks, dtype) == ([6, 3, 24, 16], [6], "float32")
    flow = flow_from_directory(photos, 6, (24, 16), rescale=1 / 255, seed=5)
    expected = [[digest(images), labels.numpy().tolist()] for images, labels in islice(flow, 4)]
    assert seen == expected


def digest(images: Any) -> str:

    return hashlib.sha256(images.numpy().tobytes()).hexdigest()
