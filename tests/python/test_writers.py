"""Writing datasets: TensorFlow and an independent RecordIO reader read back every byte."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
import pytest
import recordio_reference as recordio
import tensorflow as tf
from imagepipe_rs import (
    DatasetError,
    DatasetWarning,
    DecodeError,
    Image2TFRecords,
    Loader,
    TFRecordWriter,
    create_images,
    create_index,
    create_recordio,
    create_tensor_records,
    create_tfrecords,
    imagine,
)
from imagepipe_rs.inspection import verify
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conftest import EncodeJpeg, MakeTree

Features = dict[str, list[Any]]

KEYED = pytest.mark.filterwarnings(r"ignore:(?s).*keyed by their running number")
LEFT_OUT = pytest.mark.filterwarnings(r"ignore:(?s).*cannot be used and are left out")


def features(record: bytes) -> Features:
    """Parse a record as TensorFlow does."""
    found: Features = {}
    for key, feature in tf.train.Example.FromString(record).features.feature.items():
        kind = feature.WhichOneof("kind")
        found[key] = list(getattr(feature, kind).value)
    return found


def records(path: Path) -> list[bytes]:
    """Read all records of a TFRecord file, by TensorFlow."""
    return list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())


def shards(folder: Path) -> list[Path]:
    """Return the shards in a folder, in natural order."""
    files = [file for file in folder.iterdir() if file.suffix not in {".idx", ".jsonl"}]
    return sorted(files, key=lambda file: (len(file.name), file.name))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def as_png(jpeg: bytes) -> bytes:
    data = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def flat(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a flat directory of eleven images, image_0.jpg to image_10.png, and another file."""
    files = {f"flat/image_{n}.jpg": jpeg(40 + n, 30, seed=n) for n in range(10)}
    others = {"flat/image_10.png": as_png(jpeg(50, 20)), "flat/notes.txt": b"not a picture"}
    return tree({**files, **others}) / "flat"


@pytest.fixture
def classes(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a class directory: 2 cats, 3 dogs, 12 owls."""
    counts = {"cat": 2, "dog": 3, "owl": 12}
    files = {
        f"classes/{name}/{n}.jpg": jpeg(30 + n, 40, seed=100 * count + n)
        for name, count in counts.items()
        for n in range(count)
    }
    return tree(files) / "classes"


NATURAL = [*(f"image_{n}.jpg" for n in range(10)), "image_10.png"]


# -------------------------------------------------------------------------------------------------
# TFRecord


def test_tfrecords_are_imageinarys(flat: Path, tmp_path: Path) -> None:
    made = create_tfrecords(flat, tmp_path / "out", "random_tfrecord_", 4)
    assert [file.name for file in shards(tmp_path / "out")] == [
        f"random_tfrecord_{n}" for n in range(3)
    ]
    found = [record for shard in shards(tmp_path / "out") for record in records(shard)]
    assert [features(record) for record in found] == [
        {"image/encoded": [(flat / name).read_bytes()], "image/class/label": [0]}
        for name in NATURAL
    ]
    assert (made.files, made.records, made.kept) == (3, 11, 0)
    assert made.bytes == sum(file.stat().st_size for file in shards(tmp_path / "out"))


def test_imageinarys_own_tests_count_the_files(tmp_path: Path) -> None:
    """Index files were among the shards: 20 and 2 files, and TensorFlow failed on every other."""
    source = tmp_path / "images"
    create_images(source, "image_", 32, 24, 100, "jpg")
    for per_file, files in ((10, 10), (100, 1)):
        out = tmp_path / f"tfrecords{per_file}"
        imagine.create_tfrecords(source, out, "test_tfrecord_", per_file)
        found = [str(path) for path in out.glob("*")]
        assert len(found) == files
        assert sum(1 for _ in tf.data.TFRecordDataset(found)) == 100
    for per_file, files in ((10, 20), (100, 2)):
        out = tmp_path / f"recordio{per_file}"
        imagine.create_recordio(source, out, "test_recordio_", per_file)
        assert len(list(out.glob("*"))) == files


def test_a_glob_of_shards_finds_shards_only(photos: Path, tmp_path: Path) -> None:
    create_tensor_records(photos, tmp_path / "out", num_shards=3, img_size=8)
    found = sorted(tf.io.gfile.glob(str(tmp_path / "out" / "train-*-of-*")))
    assert [Path(path).name for path in found] == [f"train-{n:05}-of-00003" for n in range(3)]
    assert sum(1 for _ in tf.data.TFRecordDataset(found)) == 60
    Image2TFRecords(photos, dataset_name="set", val_size=0.2, num_shards=2).create_tfrecords(
        tmp_path / "split"
    )
    found = tf.io.gfile.glob(str(tmp_path / "split" / "set_*-of-*"))
    assert len(found) == 4
    assert sum(1 for _ in tf.data.TFRecordDataset(found)) == 60


def test_records_are_what_tensorflow_would_write(classes: Path, tmp_path: Path) -> None:
    create_tfrecords(classes, tmp_path / "out", "x", metadata=True)
    for record in records(tmp_path / "out" / "x0"):
        example = tf.train.Example.FromString(record)
        assert example.SerializeToString(deterministic=True) == record


def test_labels_are_those_of_the_directories(classes: Path, tmp_path: Path) -> None:
    create_tfrecords(classes, tmp_path / "out", "x", metadata=True)
    found = [features(record) for record in records(tmp_path / "out" / "x0")]
    assert [row["image/class/label"][0] for row in found] == [0] * 2 + [1] * 3 + [2] * 12
    assert [row["image/class/text"][0] for row in found] == [b"cat"] * 2 + [b"dog"] * 3 + [
        b"owl"
    ] * 12
    names = ["0.jpg", "1.jpg", "0.jpg", "1.jpg", "2.jpg", *(f"{n}.jpg" for n in range(12))]
    assert [row["image/filename"][0].decode() for row in found] == names
    for row in found:
        image = Image.open(io.BytesIO(row["image/encoded"][0]))
        assert (row["image/width"][0], row["image/height"][0]) == image.size
        assert row["image/format"] == [b"jpeg"]


def test_the_bytes_decide_what_a_file_is(tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path) -> None:
    create_tfrecords(tree({"a/1.JPEG": as_png(jpeg())}), tmp_path / "out", "x", metadata=True)
    assert features(records(tmp_path / "out" / "x0")[0])["image/format"] == [b"png"]


def test_sizes_are_those_stored_even_behind_a_long_header(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    data = jpeg(50, 30, exif=turned)
    comments = b"\xff\xfe\xff\xff" + bytes(65533)
    folder = tree({"a.jpg": data[:2] + 3 * comments + data[2:]})
    create_tfrecords(folder, tmp_path / "out", "x", metadata=True)
    found = features(records(tmp_path / "out" / "x0")[0])
    assert (found["image/width"], found["image/height"]) == ([50], [30])


def test_labels_can_be_left_out_or_listed(flat: Path, classes: Path, tmp_path: Path) -> None:
    create_tfrecords(classes, tmp_path / "zero", "x", labels=None)
    found = [features(record) for record in records(tmp_path / "zero" / "x0")]
    assert {row["image/class/label"][0] for row in found} == {0}
    listing = tmp_path / "listing.csv"
    listing.write_text("file, class\nimage_3.jpg , 7\nimage_10.png, 12\nimage_1.jpg,7\n")
    create_tfrecords(flat, tmp_path / "listed", "x", labels=listing)
    found = [features(record) for record in records(tmp_path / "listed" / "x0")]
    assert [row["image/class/label"][0] for row in found] == [7, 12, 7]
    assert found[1]["image/encoded"][0] == (flat / "image_10.png").read_bytes()


def test_a_csv_file_is_a_source(classes: Path, tmp_path: Path) -> None:
    (classes / "list.csv").write_text("file,class\nowl/3.jpg,bird\ncat/0.jpg,beast\n")
    create_tfrecords(classes / "list.csv", tmp_path / "out", "x", metadata=True)
    found = [features(record) for record in records(tmp_path / "out" / "x0")]
    assert [row["image/class/label"][0] for row in found] == [1, 0]
    assert [row["image/class/text"][0] for row in found] == [b"bird", b"beast"]
    assert found[0]["image/encoded"][0] == (classes / "owl/3.jpg").read_bytes()


def test_an_index_says_where_records_are(flat: Path, tmp_path: Path) -> None:
    create_tfrecords(flat, tmp_path / "out", "x", 4, index=True)
    for shard in shards(tmp_path / "out"):
        data = shard.read_bytes()
        lines = (shard.parent / f"{shard.name}.idx").read_text().splitlines()
        places = [tuple(map(int, line.split())) for line in lines]
        payloads = [data[start + 12 : start + size - 4] for start, size in places]
        assert payloads == records(shard)
    create_tfrecords(flat, tmp_path / "without", "x", 4)
    assert {file.name for file in (tmp_path / "without").iterdir()} == {"x0", "x1", "x2"}


def test_an_old_index_is_not_left_to_a_new_shard(flat: Path, tmp_path: Path) -> None:
    create_tfrecords(flat, tmp_path / "out", "x", 4, index=True)
    # One that lost its shard would be taken for that of the new one.
    (tmp_path / "out" / "x1").unlink()
    (tmp_path / "out" / "x2").unlink()
    (tmp_path / "out" / "x2.idx").unlink()
    with pytest.raises(FileExistsError, match="x0: exists already"):
        create_tfrecords(flat, tmp_path / "out", "x", 4)
    create_tfrecords(flat, tmp_path / "out", "x", 4, resume=True)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"x0", "x0.idx", "x1", "x2"}
    create_tfrecords(flat, tmp_path / "out", "x", 4, overwrite=True)
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"x0", "x1", "x2"}
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "x1.idx").touch()
    with pytest.raises(FileExistsError, match=r"x1\.idx: exists already"):
        create_tfrecords(flat, tmp_path / "left", "x", 4)


@KEYED
def test_a_manifest_lists_every_record(classes: Path, tmp_path: Path) -> None:
    for create in (create_tfrecords, create_recordio):
        out = tmp_path / create.__name__
        create(classes, out, "x", 5, manifest=True)
        rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
        assert len(rows) == 17
        assert [row["label"] for row in rows] == [0] * 2 + [1] * 3 + [2] * 12
        for row in rows:
            data = (out / row["shard"]).read_bytes()[row["offset"] : row["offset"] + row["size"]]
            assert (classes / row["file"]).read_bytes() in data
        assert [row["record"] for row in rows] == [n % 5 for n in range(17)]


# -------------------------------------------------------------------------------------------------
# RecordIO


def entries(shard: Path) -> list[tuple[int, float, int, int, bytes]]:
    """Return key, label, id, second id and image of every record, by the independent reader."""
    data = shard.read_bytes()
    found = []
    for key, offset in recordio.index(shard.with_suffix(".idx").read_text()).items():
        header, image = recordio.unpack(recordio.record_at(data, offset))
        assert not header.labels
        found.append((key, header.label, header.id, header.id2, image))
    return found


def test_recordio_is_imageinarys(flat: Path, tmp_path: Path) -> None:
    create_recordio(flat, tmp_path / "out", "random_recordio_", 4)
    names = [f"random_recordio_{n}.{ending}" for n in range(3) for ending in ("idx", "rec")]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names
    found = [entry for shard in shards(tmp_path / "out") for entry in entries(shard)]
    assert found == [
        (number, 0.0, number, 0, (flat / name).read_bytes()) for number, name in enumerate(NATURAL)
    ]


def test_records_are_keyed_by_the_numbers_in_their_names(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    folder = tree({f"shot_{n}_of_99.jpg": jpeg(seed=n) for n in (5, 40, 7)})
    create_recordio(folder, tmp_path / "out", "x")
    assert [entry[:3] for entry in entries(tmp_path / "out" / "x0.rec")] == [
        (5, 0, 5),
        (7, 0, 7),
        (40, 0, 40),
    ]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["1.jpg", "none.jpg", "2.jpg"], "none.jpg: no number in its name"),  # Imageinary crashes
        (["v2_1.jpg", "v2_2.jpg"], "the number in its name, 2, is also in another file's"),
    ],
)
def test_running_numbers_where_names_have_no_good_ones(
    tree: MakeTree,
    jpeg: EncodeJpeg,
    tmp_path: Path,
    names: list[str],
    why: str,
) -> None:
    folder = tree({name: jpeg(seed=n) for n, name in enumerate(names)})
    with pytest.warns(DatasetWarning, match=re.escape(why)):
        create_recordio(folder, tmp_path / "out", "x", 2)
    found = [entry for shard in shards(tmp_path / "out") for entry in entries(shard)]
    assert [entry[0] for entry in found] == [entry[2] for entry in found] == list(range(len(names)))


def test_running_numbers_in_class_folders_are_no_surprise(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    folder = tree({name: jpeg() for name in ("a/1.jpg", "b/1.jpg", "b/2.jpg")})
    create_recordio(folder, tmp_path / "out", "x")  # a warning would be an error
    assert [entry[0] for entry in entries(tmp_path / "out" / "x0.rec")] == [0, 1, 2]


@KEYED
def test_recordio_labels(classes: Path, tmp_path: Path) -> None:
    create_recordio(classes, tmp_path / "out", "x")
    found = entries(tmp_path / "out" / "x0.rec")
    assert [entry[1] for entry in found] == [0.0] * 2 + [1.0] * 3 + [2.0] * 12


def test_the_magic_number_in_a_file_is_no_harm(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    magic = (0xCED7230A).to_bytes(4, "little")
    comment = b"\xff\xfe" + (2 + 40).to_bytes(2, "big")
    # At every place a word can have, and several on end.
    files = {}
    for shift in range(4):
        body = (bytes(shift) + 3 * magic + b"ab" + magic).ljust(40, b"-")
        data = jpeg(seed=shift)
        files[f"{shift}.jpg"] = data[:2] + comment + body + data[2:]
    folder = tree(files)
    create_recordio(folder, tmp_path / "out", "x")
    assert [entry[4] for entry in entries(tmp_path / "out" / "x0.rec")] == list(files.values())


# --------------------------------------------------------------------------------------------
# tensor records


def pixels(row: Features) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = [row[f"image/{name}"][0] for name in ("height", "width", "channels")]
    flat = np.frombuffer(row["image/encoded"][0], np.uint8)
    if row["image/order"] == [b"CHW"]:
        return flat.reshape(shape[2], *shape[:2]).transpose(1, 2, 0)
    return flat.reshape(shape)


@pytest.mark.parametrize("order", ["HWC", "CHW"])
def test_tensor_records_hold_what_a_loader_gives(photos: Path, tmp_path: Path, order: Any) -> None:
    made = create_tensor_records(photos, tmp_path / "out", num_shards=7, img_size=48, order=order)
    assert (made.files, made.records) == (7, 60)
    files = shards(tmp_path / "out")
    assert [file.name for file in files] == [f"train-{n:05}-of-00007" for n in range(7)]
    sizes = [len(records(file)) for file in files]
    assert max(sizes) - min(sizes) == 1
    rows = [features(record) for file in files for record in records(file)]
    expected = {}
    loader = Loader(photos, batch_size=60, size=48, fit="crop", shuffle=False)
    batch = next(iter(loader))
    for path, image, label in zip(batch.paths, batch.images, batch.labels, strict=True):
        expected[Path(path).parent.name, Path(path).name] = (image, label)
    assert len(rows) == len(expected) == 60
    for row in rows:
        key = (row["image/class/synset"][0].decode(), row["image/filename"][0].decode())
        image, label = expected.pop(key)
        np.testing.assert_array_equal(pixels(row), image)
        assert row["image/class/label"] == [label]
        assert row["image/colorspace"] == [b"RGB"]
        assert row["image/format"] == [b"tensor"]
        assert row["image/class/text"] == [b""]
        assert row["image/order"] == [order.encode()]


def test_tensors_are_read_by_dlbs_own_recipe(photos: Path, tmp_path: Path) -> None:
    create_tensor_records(photos, tmp_path, img_size=32)
    wanted = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        **{
            f"image/{name}": tf.io.FixedLenFeature([], tf.int64)
            for name in ("height", "width", "channels", "class/label")
        },
    }
    for record in tf.data.TFRecordDataset(str(tmp_path / "train-00000-of-00001")).take(3):
        row = tf.io.parse_single_example(record, wanted)
        shape = [row["image/height"], row["image/width"], row["image/channels"]]
        assert tf.reshape(tf.io.decode_raw(row["image/encoded"], tf.uint8), shape).shape == (
            32,
            32,
            3,
        )


def test_the_seed_shuffles_and_chooses(photos: Path, tmp_path: Path) -> None:
    def names(seed: int, count: int) -> list[tuple[bytes, bytes]]:
        out = tmp_path / f"{seed}-{count}"
        create_tensor_records(photos, out, count, img_size=8, seed=seed)
        rows = [features(record) for record in records(out / "train-00000-of-00001")]
        return [(row["image/class/synset"][0], row["image/filename"][0]) for row in rows]

    every = names(3, -1)
    assert len(set(every)) == 60
    assert every != sorted(every)
    assert names(3, 10) == every[:10]
    assert names(3, 100) == every
    assert set(names(4, 10)) != set(every[:10])


def test_fewer_images_than_shards_make_fewer_shards(flat: Path, tmp_path: Path) -> None:
    made = create_tensor_records(flat, tmp_path / "out", num_images=2, num_shards=5, img_size=8)
    assert made.files == 2
    assert [file.name for file in shards(tmp_path / "out")] == [
        "train-00000-of-00002",
        "train-00001-of-00002",
    ]


def test_imagenets_odd_files_need_no_list(tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.open(io.BytesIO(jpeg(seed=4))).convert("CMYK").save(data, "JPEG")
    files = {
        "n01440764/1.JPEG": as_png(jpeg()),
        "n01443537/2.JPEG": data.getvalue(),
        "n99999999/3.JPEG": jpeg(mode="L"),
    }
    folder = tree(files)
    create_tensor_records(folder, tmp_path / "out", img_size=16, seed=1)
    rows = {
        row["image/class/synset"][0].decode(): row
        for row in map(features, records(tmp_path / "out" / "train-00000-of-00001"))
    }
    for name, data_of in files.items():
        row = rows[name.split("/")[0]]
        expected = imagepipe_rs.decode(data_of, size=16, fit="crop")
        np.testing.assert_array_equal(pixels(row), expected)
    # What ImageNet calls its synsets is known; what others are called is not.
    texts = [rows[synset]["image/class/text"][0] for synset in sorted(rows)]
    assert texts == [b"tench, Tinca tinca", b"goldfish, Carassius auratus", b""]
    assert [rows[synset]["image/class/label"][0] for synset in sorted(rows)] == [0, 1, 2]


def test_labels_of_a_table(tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path) -> None:
    folder = tree({"b/1.jpg": jpeg(), "a/2.jpg": jpeg()})
    table = {"a": {"label": 7.0, "human_labels": "an a"}, "b": {"label": 3, "human_labels": "b's"}}
    for name, data in (
        ("labels.json", json.dumps(table).encode()),
        ("labels.json.gz", gzip.compress(json.dumps(table).encode())),
    ):
        (tmp_path / name).write_bytes(data)
        create_tensor_records(folder, tmp_path / f"of-{name}", img_size=8, labels=tmp_path / name)
        rows = [features(record) for record in records(shards(tmp_path / f"of-{name}")[0])]
        found = {
            row["image/class/synset"][0]: (row["image/class/label"][0], row["image/class/text"][0])
            for row in rows
        }
        assert found == {b"a": (7, b"an a"), b"b": (3, b"b's")}
    del table["b"]
    (tmp_path / "short.json").write_text(json.dumps(table))
    with pytest.raises(DatasetError, match=r"tree/b: the labels given do not list this class"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=tmp_path / "short.json")
    (tmp_path / "deep.json.gz").write_bytes(gzip.compress(b"[" * 100_000))
    with pytest.raises(DatasetError, match=r"deep\.json\.gz: not a table .*: it is nested too"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=tmp_path / "deep.json.gz")
    with pytest.raises(DatasetError, match=r"a\\x00b\.json: not the name of a file"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels="a\0b.json")
    (tmp_path / "odd.json").write_text('{"a": 1}')
    with pytest.raises(DatasetError, match=r"odd\.json: not a table of labels"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=tmp_path / "odd.json")
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=tmp_path / "none.json")


@pytest.mark.parametrize("label", [2.7, True, "2", None, -3, 2**31])
def test_a_label_of_a_table_that_is_none_became_another(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path, label: Any
) -> None:
    folder, table = tree({"a/1.jpg": jpeg(), "b/2.jpg": jpeg()}), tmp_path / "labels.json"
    table.write_text(json.dumps({"a": {"label": 1}, "b": {"label": label}}))
    message = (
        rf"labels\.json: the label of 'b' is {label!r}: a whole number from 0 to 2147483647 is"
    )
    with pytest.raises(DatasetError, match=message):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=table)


def test_classes_of_a_table_with_one_label_became_one(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    folder, table = tree({"a/1.jpg": jpeg(), "b/2.jpg": jpeg()}), tmp_path / "labels.json"
    table.write_text(json.dumps({"a": {"label": 1}, "b": {"label": 1}}))
    with pytest.raises(DatasetError, match=r"labels\.json: 'a' and 'b' have the same label, 1"):
        create_tensor_records(folder, tmp_path / "no", img_size=8, labels=table)


def test_the_shipped_table_is_imagenets(root: Path) -> None:
    packed = (root / "python/imagepipe_rs/data/imagenet_labels.json.gz").read_bytes()
    table = json.loads(gzip.decompress(packed))
    assert [table[synset]["label"] for synset in sorted(table)] == list(range(1000))


# ------------------------------------------------------------------------------------------ all of
# them alike


def tensors(source: Path, folder: Path, _: str, per_file: int = 4, **options: Any) -> object:
    workers = options.pop("workers", None)
    return create_tensor_records(
        source, folder, num_shards=-(-11 // per_file), img_size=24, num_workers=workers, **options
    )


WRITERS = pytest.mark.parametrize("create", [create_tfrecords, create_recordio, tensors])


def split(source: Path, folder: Path, _: str, __: int = 4, **options: Any) -> object:
    return Image2TFRecords(source, val_size=0.3, num_shards=2).create_tfrecords(folder, **options)


WRITERS_OF_FILES = [create_tfrecords, create_recordio, split]
ALL = [*WRITERS_OF_FILES, tensors]


@WRITERS
def test_bytes_do_not_depend_on_workers(flat: Path, tmp_path: Path, create: Any) -> None:
    made = []
    for workers in (1, 2, 8, 8):
        out = tmp_path / f"{len(made)}"
        options = {} if create is create_recordio else {"index": True}
        create(flat, out, "x", 4, workers=workers, manifest=True, **options)
        made.append(contents(out))
    assert made[1:] == made[:1] * 3
    assert len(made[0]) == 7


@WRITERS
def test_what_is_there_is_not_replaced_unasked(
    flat: Path, classes: Path, tmp_path: Path, create: Any
) -> None:
    out = tmp_path / "out"
    create(flat, out, "x", 4)
    before = contents(out)
    with pytest.raises(FileExistsError, match=r"exists already: .*overwrite=True.*resume=True"):
        create(classes, out, "x", 4)
    assert contents(out) == before
    last = shards(out)[-1]
    for file in out.iterdir():
        if file != last:
            file.unlink()
    with pytest.raises(DatasetError, match=last.name):
        create(flat, out, "x", 4)
    assert contents(out) == {last.name: before[last.name]}
    create(flat, out, "x", 4, overwrite=True)
    assert contents(out) == before


@WRITERS
def test_resume_writes_what_is_missing(flat: Path, tmp_path: Path, create: Any) -> None:
    out = tmp_path / "out"
    create(flat, out, "x", 4, manifest=True)
    before = contents(out)
    kept = shards(out)[1]
    for file in list(out.iterdir()):
        if not file.name.startswith(kept.stem):
            file.unlink()
    stamp = kept.stat().st_mtime_ns
    seen: list[tuple[int, int]] = []
    made = create(
        flat, out, "x", 4, manifest=True, resume=True, progress=lambda *at: seen.append(at)
    )
    assert contents(out) == before
    assert made.kept == 1
    assert kept.stat().st_mtime_ns == stamp
    assert seen[-1] == (11, 11)
    again = create(flat, out, "x", 4, manifest=True, resume=True)
    assert (again.kept, again.files, again.records) == (3, 3, 11)
    assert contents(out) == before


@pytest.mark.parametrize("create", [create_tfrecords, create_recordio])
def test_resume_knows_a_shard_of_another_run(flat: Path, tmp_path: Path, create: Any) -> None:
    out = tmp_path / "out"
    create(flat, out, "x", 5)
    with pytest.raises(DatasetError, match="from a run with other inputs or options"):
        create(flat, out, "x", 4, resume=True)
    # As long as before, and different.
    for file in flat.glob("*.jpg"):
        data = bytearray(file.read_bytes())
        data[-20] ^= 0x20
        file.write_bytes(data)
    with pytest.raises(DatasetError, match="has a record 0 that this run would not write"):
        create(flat, out, "x", 5, resume=True)


@KEYED
def test_resume_sent_a_damaged_shard_to_be_replaced_with_all_others(
    flat: Path, tmp_path: Path
) -> None:
    create_tfrecords(flat, tmp_path, "x", 4)
    shard = tmp_path / "x1"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-10])
    with pytest.raises(
        DatasetError, match=r"it is damaged, or from .*; remove it to have it writt"
    ):
        create_tfrecords(flat, tmp_path, "x", 4, resume=True)
    shard.unlink()
    assert create_tfrecords(flat, tmp_path, "x", 4, resume=True).kept == 2
    assert shard.read_bytes() == whole


def test_resume_knows_another_seed(flat: Path, tmp_path: Path) -> None:
    create_tensor_records(flat, tmp_path, num_shards=2, img_size=8, seed=1, num_images=6)
    with pytest.raises(DatasetError, match="from a run with other inputs or options"):
        create_tensor_records(
            flat, tmp_path, num_shards=2, img_size=8, seed=2, num_images=6, resume=True
        )


@pytest.mark.parametrize("create", [create_tfrecords, create_recordio])
def test_resume_knows_other_labels(flat: Path, tmp_path: Path, create: Any) -> None:
    def labelled(*labels: int) -> Path:
        rows = [f"image_{n}.jpg,{label}" for n, label in enumerate(labels)]
        (tmp_path / "labels.csv").write_text("\n".join(["filename,class", *rows]))
        return tmp_path / "labels.csv"

    out = tmp_path / "out"
    create(flat, out, "x", labels=labelled(0, 0, 0, 0, 1))
    before = contents(out)
    # Neither lengths nor the first and the last record differ.
    with pytest.raises(DatasetError, match="has a record 2 that this run would not write"):
        create(flat, out, "x", labels=labelled(0, 0, 1, 0, 1), resume=True)
    assert contents(out) == before


@WRITERS
def test_resume_writes_an_index_anew(flat: Path, tmp_path: Path, create: Any) -> None:
    out = tmp_path / "out"
    options = {} if create is create_recordio else {"index": True}
    create(flat, out, "x", 4, **options)
    before = contents(out)
    indexes = sorted(out.glob("*.idx"))
    indexes[0].write_bytes(b"")
    indexes[1].write_bytes(b"what is this\n")
    indexes[2].unlink()
    assert create(flat, out, "x", 4, resume=True, **options).kept == 0
    assert contents(out) == before


@WRITERS
@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
def test_shards_of_another_run_are_not_left_beside(
    flat: Path, tmp_path: Path, create: Any, options: dict[str, bool]
) -> None:
    out = tmp_path / "out"
    create(flat, out, "x", 3)
    for file in shards(out)[:3]:
        file.unlink()
        for index in (out / f"{file.name}.idx", file.with_suffix(".idx")):
            index.unlink(missing_ok=True)
    before = contents(out)
    last = shards(out)[-1].name
    with pytest.raises(DatasetError, match=f"{last}: is a shard of an earlier run"):
        create(flat, out, "x", 4, **options)
    assert contents(out) == before
    # Other sets may be there.
    create_tfrecords(flat, out, "other", 3)
    (out / "x").mkdir()
    (out / "x1.txt").write_text("notes")
    for file in [*out.glob("x[0-9]*"), *out.glob("train-*")]:
        file.unlink()
    create(flat, out, "x", 4)


@KEYED
@pytest.mark.parametrize("create", ALL)
@pytest.mark.parametrize("place", ["", ".", "out", "cat", "cat/out", "link", "link/out", "../link"])
def test_a_destination_in_the_source_was_written_to(
    classes: Path, tmp_path: Path, create: Any, place: str
) -> None:
    """Shards became classes of their own source, or lay among its images."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep" / "1.jpg").write_bytes((classes / "cat" / "0.jpg").read_bytes())
    (classes / "link").symlink_to(elsewhere)
    (classes.parent / "link").symlink_to(classes / "cat")
    before = sorted(classes.parent.rglob("*"))
    for options in ({}, {"overwrite": True}, {"resume": True}, {"on_error": "skip"}):
        with pytest.raises(
            ValueError, match=r"^(dest_path|output_dir)=.* is not valid: a directory outside of "
        ):
            create(classes, classes / place, "x", **options)
    assert sorted(classes.parent.rglob("*")) == before
    if place == "link/out":
        # A link's target is the source too, whatever it is called.
        with pytest.raises(ValueError, match="a directory outside of"):
            create(classes, elsewhere / "deep", "x")
    # Above it there is no harm.
    create(classes, classes.parent, "x")


@pytest.mark.parametrize("place", ["", "out", "cat/out"])
def test_a_destination_in_a_source_that_a_csv_lists_is_refused(
    classes: Path, tmp_path: Path, place: str
) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("file,class\nowl/3.jpg,bird\ncat/0.jpg,beast\n")
    with pytest.raises(ValueError, match=r"dest_path=.* is not valid: a directory outside of"):
        create_tfrecords(classes, classes / place, "x", labels=listing)
    with pytest.raises(ValueError, match=r"output_dir=.* is not valid: a directory outside of"):
        Image2TFRecords(classes, listing).create_tfrecords(classes / place)
    assert sorted(path.name for path in classes.iterdir()) == ["cat", "dog", "owl"]


def test_a_destination_beside_a_csv_is_no_harm(classes: Path) -> None:
    (classes / "list.csv").write_text("file,class\nowl/3.jpg,bird\ncat/0.jpg,beast\n")
    create_tfrecords(classes / "list.csv", classes / "records", "x")
    with pytest.raises(ValueError, match=r"dest_path=.*owl is not valid: a directory other than"):
        create_tfrecords(classes / "list.csv", classes / "owl", "x")


def test_a_list_that_is_read_is_never_replaced(classes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    text = "file,class\nowl/3.jpg,bird\ncat/0.jpg,beast\n"
    (out / "manifest.jsonl").write_text(text)
    for options in ({"overwrite": True}, {"resume": True}):
        with pytest.raises(
            ValueError, match=r"labels=.* is not valid: a file that the output does not replace"
        ):
            create_tfrecords(
                classes, out, "x", labels=out / "manifest.jsonl", manifest=True, **options
            )
    assert (out / "manifest.jsonl").read_text() == text


def test_labels_that_recordio_cannot_hold_are_refused(flat: Path, tmp_path: Path) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("filename,class\nimage_0.jpg,16777216\n")
    create_recordio(flat, tmp_path / "out", "x", labels=listing)
    assert entries(tmp_path / "out" / "x0.rec")[0][1] == 16777216
    listing.write_text("filename,class\nimage_0.jpg,16777217\n")
    with pytest.raises(DatasetError, match=r"list\.csv: the label 16777217 is beyond 16777216"):
        create_recordio(flat, tmp_path / "no", "x", labels=listing)


def test_labels_that_no_loader_would_take_are_refused(flat: Path, tmp_path: Path) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("filename,class\nimage_0.jpg,4006381333931\n")
    with pytest.raises(
        DatasetError, match=r"list\.csv: the label 4006381333931 is beyond 2147483647"
    ):
        create_tfrecords(flat, tmp_path / "no", "x", labels=listing)
    assert not (tmp_path / "no").exists()


@WRITERS
def test_progress_is_told(flat: Path, tmp_path: Path, create: Any) -> None:
    seen: list[tuple[int, int]] = []
    create(flat, tmp_path / "out", "x", 4, progress=lambda *at: seen.append(at))
    assert seen == sorted(seen)
    assert seen[-1] == (11, 11)
    assert {total for _, total in seen} == {11}


@WRITERS
def test_an_error_in_progress_ends_the_run(flat: Path, tmp_path: Path, create: Any) -> None:
    def fail(_: int, __: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        create(flat, tmp_path / "out", "x", 4, progress=fail)
    with pytest.raises(TypeError, match="progress=3 is not valid"):
        create(flat, tmp_path / "out", "x", 4, progress=3)


@WRITERS
def test_inputs_are_looked_at_before_anything_is_written(
    flat: Path, tmp_path: Path, create: Any
) -> None:
    (flat / "image_7.jpg").write_bytes(b"GARBAGE, not a picture")
    with pytest.raises(DecodeError, match=r"image_7\.jpg: cannot decode: not JPEG, PNG"):
        create(flat, tmp_path / "out", "x", 1)
    (flat / "image_7.jpg").write_bytes(b"")
    with pytest.raises(DecodeError, match=r"image_7\.jpg: cannot decode: the file is empty"):
        create(flat, tmp_path / "out", "x", 1)
    (flat / "image_7.jpg").unlink()
    (flat / "image_7.jpg").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError, match=r"image_7\.jpg: No such file"):
        create(flat, tmp_path / "out", "x", 1)
    assert not (tmp_path / "out").exists()


def damage(source: Path) -> list[Path]:
    """Damage three images of `flat`, whose headers are good; return them in natural order."""
    cut, turned, packed = (source / name for name in ("image_2.jpg", "image_5.jpg", "image_10.png"))
    cut.write_bytes(cut.read_bytes()[:-100])
    data = bytearray(turned.read_bytes())
    data[-2:] = b"\0\0"  # no end of image
    turned.write_bytes(data)
    data = bytearray(packed.read_bytes())
    data[len(data) // 2] ^= 0xFF
    packed.write_bytes(data)
    return [cut, turned, packed]


@pytest.mark.parametrize("create", ALL)
def test_damaged_pictures_were_written_and_found_by_verify_alone(
    flat: Path, tmp_path: Path, create: Any
) -> None:
    damaged = damage(flat)
    out = tmp_path / "out"
    with pytest.raises(DecodeError) as caught:
        create(flat, out, "x", 4)
    assert not out.exists()
    assert sorted(one.path for one in caught.value.damaged) == sorted(map(str, damaged))
    assert (caught.value.path, caught.value.reason) == caught.value.damaged[0]
    text = str(caught.value)
    assert text.startswith("3 of 11 files cannot be used; nothing was written, and on_error=")
    for path, reason in caught.value.damaged:
        assert f"\n  {path}: cannot decode: {reason}" in text
    # The same files and reasons as verify's, which looks at the same source.
    found = [(one["path"], one["reason"]) for one in verify(flat)["damaged"]]
    assert sorted(found) == sorted(map(tuple, caught.value.damaged))
    if create is not tensors:
        create(flat, out, "x", 4, check="headers")
        assert len(verify(out)["damaged"]) == 3


@KEYED
@LEFT_OUT
@pytest.mark.parametrize(
    ("create", "check"),
    [
        *((create, "decode") for create in ALL),
        *((create, "headers") for create in WRITERS_OF_FILES),
    ],
)
def test_what_is_skipped_is_as_if_it_were_not_there(
    flat: Path, tmp_path: Path, create: Any, check: str
) -> None:
    damaged = damage(flat) if check == "decode" else [flat / "image_2.jpg", flat / "image_5.jpg"]
    if check == "headers":
        damaged[0].write_bytes(b"GARBAGE")
        damaged[1].unlink()
        damaged[1].symlink_to("nowhere")
    good = tmp_path / "good"
    good.mkdir()
    for file in flat.iterdir():
        if file not in damaged:
            (good / file.name).write_bytes(file.read_bytes())
    options = {"check": check, "on_error": "skip"}
    made = []
    for workers in (1, 3):
        out = tmp_path / f"out{workers}"
        written = create(flat, out, "x", 3, workers=workers, **options)
        assert written.records == 11 - len(damaged)
        assert sorted(one.path for one in written.skipped) == sorted(map(str, damaged))
        assert all(one.reason for one in written.skipped)
        made.append(contents(out))
    assert made[0] == made[1]
    expected = create(good, tmp_path / "expected", "x", 3)
    assert expected.skipped == ()
    if create is tensors:  # whose order is that of all images
        found, wanted = (
            sorted(record for shard in shards(out) for record in records(shard))
            for out in (tmp_path / "out1", tmp_path / "expected")
        )
        assert found == wanted
    else:
        assert made[0] == contents(tmp_path / "expected")


def test_tensors_of_images_that_only_decoding_shows_as_damaged(flat: Path, tmp_path: Path) -> None:
    """With damaged images to be left out, the run stopped midway and could not be resumed."""
    damage(flat)
    with pytest.raises(ValueError, match=r'check="headers" is not valid: "decode" with on_error='):
        tensors(flat, tmp_path / "out", "x", check="headers", on_error="skip")
    assert not (tmp_path / "out").exists()
    with pytest.raises(DecodeError, match=r'; check="decode" finds such files before anything is'):
        tensors(flat, tmp_path / "out", "x", check="headers")


@KEYED
@LEFT_OUT
def test_what_is_skipped_is_in_the_manifest(classes: Path, tmp_path: Path) -> None:
    (classes / "dog" / "1.jpg").write_bytes(b"GARBAGE")
    create_tfrecords(classes, tmp_path / "out", "x", 5, manifest=True, on_error="skip")
    lines = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    *written, skipped = [json.loads(line) for line in lines]
    assert len(written) == 16
    assert "dog/1.jpg" not in {row["file"] for row in written}
    reason = skipped.pop("skipped")
    assert reason.startswith("not JPEG, PNG")
    assert skipped == dict.fromkeys(("shard", "record", "offset", "size")) | {
        "file": "dog/1.jpg",
        "label": 1,
    }


@pytest.mark.parametrize("create", ALL)
def test_nothing_is_written_where_all_is_damaged(flat: Path, tmp_path: Path, create: Any) -> None:
    for file in [*flat.glob("*.jpg"), *flat.glob("*.png")]:
        file.write_bytes(b"GARBAGE")
    with pytest.raises(
        DecodeError, match="11 of 11 files cannot be used; nothing was written:"
    ) as caught:
        create(flat, tmp_path / "out", "x", on_error="skip")
    assert len(caught.value.damaged) == 11
    # A message is to be read; the list is whole.
    assert str(caught.value).count("\n") == 11
    assert str(caught.value).endswith("and 1 more, which error.damaged lists")
    assert not (tmp_path / "out").exists()


def test_files_that_are_gone_and_damaged_ones_are_one_list(flat: Path, tmp_path: Path) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("file,class\nnone.jpg,a\nimage_1.jpg,a\ngone.jpg,b\n")
    with pytest.raises(
        FileNotFoundError, match=r"2 of 3 files .*\n.*none\.jpg.*line 2;.*\n.*gone.*line 4"
    ):
        create_tfrecords(flat, tmp_path / "out", "x", labels=listing)
    (flat / "image_1.jpg").write_bytes(b"GARBAGE")
    with pytest.raises(DecodeError) as caught:
        create_tfrecords(flat, tmp_path / "out", "x", labels=listing)
    assert [Path(path).name for path, _ in caught.value.damaged] == [
        "none.jpg",
        "image_1.jpg",
        "gone.jpg",
    ]
    assert Path(caught.value.path).name == "image_1.jpg"


def scratch(file: Path) -> None:
    """Damage a picture without a change of its length."""
    data = bytearray(file.read_bytes())
    data[-2:] = b"\0\0"
    file.write_bytes(data)


@pytest.mark.parametrize("create", [create_tfrecords, create_recordio])
def test_resume_decodes_what_is_still_to_be_written(
    flat: Path, tmp_path: Path, create: Any
) -> None:
    out = tmp_path / "out"
    create(flat, out, "x", 4)
    shards(out)[1].unlink()
    before = contents(out)
    scratch(flat / "image_5.jpg")
    scratch(flat / "image_6.jpg")
    with pytest.raises(DecodeError) as caught:
        create(flat, out, "x", 4, resume=True)
    assert [Path(path).name for path, _ in caught.value.damaged] == ["image_5.jpg", "image_6.jpg"]
    assert contents(out) == before
    # What the headers show already is listed with the rest.
    (flat / "image_9.jpg").write_bytes(b"GARBAGE")
    with pytest.raises(DecodeError) as caught:
        create(flat, out, "x", 4, resume=True)
    names = ["image_5.jpg", "image_6.jpg", "image_9.jpg"]
    assert [Path(path).name for path, _ in caught.value.damaged] == names
    assert contents(out) == before


@KEYED
@LEFT_OUT
@pytest.mark.parametrize("create", ALL)
def test_a_run_that_skips_can_be_resumed(flat: Path, tmp_path: Path, create: Any) -> None:
    damage(flat)
    out = tmp_path / "out"
    create(flat, out, "x", 3, on_error="skip")
    before = contents(out)
    next(file for file in shards(out) if file.suffix not in {".csv", ".json"}).unlink()
    made = create(flat, out, "x", 3, on_error="skip", resume=True)
    assert contents(out) == before
    assert (made.kept, len(made.skipped)) == (made.files - 1, 3)


@WRITERS
def test_a_destination_that_is_a_file_is_said(flat: Path, tmp_path: Path, create: Any) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(DatasetError, match="file: is not a directory, and is to be written to"):
        create(flat, tmp_path / "file", "x")


@WRITERS
def test_sources_that_cannot_be_used(tmp_path: Path, create: Any) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        create(tmp_path / "nowhere", tmp_path / "out", "x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no images in it"):
        create(tmp_path / "empty", tmp_path / "out", "x")
    (tmp_path / "image.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DatasetError, match=r"image\.jpg: is an image: give the directory"):
        create(tmp_path / "image.jpg", tmp_path / "out", "x")
    (tmp_path / "list.csv").write_text("a,b\nmissing.jpg,cat\n")
    with pytest.raises(FileNotFoundError, match=r"missing\.jpg: .*list\.csv, line 2"):
        create(tmp_path / "list.csv", tmp_path / "out", "x")
    (tmp_path / "list.csv").write_text("a,b\n1.jpg,cat\n2.jpg,\n")
    with pytest.raises(DatasetError, match=r'list\.csv: line 3: nothing under "b"'):
        create(tmp_path / "list.csv", tmp_path / "out", "x")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "a/b"}, 'name="a/b" is not valid: the beginning of a file name'),
        ({"name": ".a"}, 'name=".a" is not valid: the beginning of a file name that is not hidden'),
        ({"img_per_file": 0}, "img_per_file=0 is not valid: at least 1"),
        ({"img_per_file": -1}, "img_per_file=-1 is not valid"),
        ({"img_per_file": "x"}, "img_per_file='x' is not valid"),
        ({"workers": 0}, "workers=0 is not valid: between 1 and"),
        ({"labels": 3}, "labels=3 is not valid"),
        ({"overwrite": True, "resume": True}, "resume=True is not valid: not together with"),
        ({"engine": "ray"}, "engine='ray' is not valid"),
    ],
)
@pytest.mark.parametrize("create", [create_tfrecords, create_recordio])
def test_wrong_arguments_are_named(
    flat: Path, tmp_path: Path, create: Any, options: Mapping[str, Any], message: str
) -> None:
    arguments = {"source_path": flat, "dest_path": tmp_path / "out", "name": "x", **options}
    with pytest.raises((TypeError, ValueError), match=message.replace("(", r"\(")):
        create(**arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_images": 0}, "num_images=0 is not valid"),
        ({"num_images": -2}, "num_images=-2 is not valid: a whole number, at least 1, or -1"),
        ({"num_shards": 0}, "num_shards=0 is not valid: at least 1"),
        ({"img_size": 0}, "img_size=0 is not valid: between 1 and"),
        ({"img_size": 70_000}, "img_size=70000 is not valid: between 1 and"),
        ({"order": "WHC"}, "order='WHC' is not valid: one of"),
        ({"num_workers": 0}, "^num_workers=0 is not valid"),
        ({"seed": -1}, "seed=-1 is not valid"),
    ],
)
def test_wrong_arguments_of_tensor_records_are_named(
    flat: Path, tmp_path: Path, options: Mapping[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        create_tensor_records(flat, tmp_path / "out", **options)


def test_neither_tensorflow_nor_mxnet_is_needed(flat: Path, tmp_path: Path) -> None:
    program = f"""
import sys
for name in ("tensorflow", "mxnet", "torch", "jax", "pandas", "PIL"):
    sys.modules[name] = None
from imagepipe_rs.imagine import create_recordio, create_tfrecords
from imagepipe_rs import Image2TFRecords, ImageDataSet, create_tensor_records
source, out = {str(flat)!r}, {str(tmp_path)!r}
create_tfrecords(source, out + "/a", "x")
create_recordio(source, out + "/b", "x")
create_tensor_records(source, out + "/c", img_size=8)
Image2TFRecords(source).create_tfrecords(out + "/d")
print(ImageDataSet(out + "/d").get_split("train").num_samples)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("11\n", "")


# ---------------------------------------------------------------------------------------------
# places that are none


@pytest.mark.parametrize("place", ["gs://bucket/out", "s3:/bucket/out", ""])
@pytest.mark.parametrize("argument", ["source_path", "dest_path"])
def test_remote_and_empty_paths_wrote_into_the_current_directory(
    flat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, place: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    paths = {"source_path": flat, "dest_path": tmp_path / "out"} | {argument: place}
    said = "remote paths are neither read nor written" if place else "a directory"
    for create in (create_tfrecords, create_recordio):
        with pytest.raises(
            ValueError, match=f"{argument}={json.dumps(place)} is not valid: .*{said}"
        ):
            create(**paths, name="x")
    theirs = {"source_path": "input_dir", "dest_path": "output_dir"}
    with pytest.raises(ValueError, match=f"{theirs[argument]}={json.dumps(place)} is not valid"):
        create_tensor_records(**{theirs[name]: path for name, path in paths.items()})
    assert not list((tmp_path / "here").iterdir())


@pytest.mark.parametrize("place", ["~", "~/out"])
def test_a_home_directory_was_one_called_tilde(
    flat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for create in ALL:
        with pytest.raises(
            ValueError, match=f'="{place}" is not valid: a directory; ~ is not expanded'
        ):
            create(flat, place, "x")
    with pytest.raises(ValueError, match=f'path="{place}" is not valid'):
        create_images(place, "x", 8, 8, 1, "png")
    assert not list((tmp_path / "here").iterdir())
    assert create_tfrecords(flat, f"./{place}", "x").records == 11


def test_a_directory_may_be_called_like_a_scheme(
    flat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gs:").mkdir()
    monkeypatch.chdir(tmp_path)
    assert create_tfrecords(flat, "gs:/out", "x").records == 11


def test_what_is_in_the_way_of_an_output_is_said(flat: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(DatasetError, match="link: is a link to something that is not there"):
        create_tfrecords(flat, tmp_path / "link", "x")
    (tmp_path / "out" / "x0").mkdir(parents=True)
    for options in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(DatasetError, match="x0: is a directory, and a file of that name"):
            create_tfrecords(flat, tmp_path / "out", "x", **options)
    with pytest.raises(DatasetError, match="out: is a directory, and a file of that name"):
        TFRecordWriter(tmp_path / "out", overwrite=True)


@pytest.mark.parametrize("option", ["overwrite", "resume"])
def test_the_manifest_of_another_set_is_not_replaced(
    flat: Path, tmp_path: Path, option: str
) -> None:
    create_tfrecords(flat, tmp_path / "out", "train-", manifest=True)
    before = contents(tmp_path / "out")
    for options in ({}, {option: True}):
        with pytest.raises(
            DatasetError, match=r"manifest\.jsonl: lists another dataset, with the shard train-0,"
        ):
            create_tfrecords(flat, tmp_path / "out", "val-", manifest=True, **options)
    assert contents(tmp_path / "out") == before
    create_tfrecords(flat, tmp_path / "out", "val-")
    create_tfrecords(flat, tmp_path / "out", "train-", manifest=True, **{option: True})
    assert contents(tmp_path / "out").items() >= before.items()


@KEYED
@pytest.mark.parametrize("create", ALL)
def test_a_manifest_of_an_earlier_run_stayed_and_was_false(
    classes: Path, flat: Path, tmp_path: Path, create: Any
) -> None:
    out, manifest = tmp_path / "out", tmp_path / "out" / "manifest.jsonl"
    create(classes, out, "x", manifest=True)
    create(classes, out, "x", resume=True)
    assert manifest.exists(), "all is kept, so it is true"
    create(flat, out, "x", overwrite=True)
    assert not manifest.exists()
    (tmp_path / "mine").mkdir()
    mine = tmp_path / "mine" / "manifest.jsonl"
    for text in ('{"shard": "y0"}\n', "[]\n", "my own"):
        mine.write_text(text)
        create(classes, mine.parent, "x", overwrite=True)
        assert mine.read_text() == text


def test_class_names_that_are_not_utf_8_lost_letters_without_a_word(
    tmp_path: Path, jpeg: EncodeJpeg
) -> None:
    folder = tmp_path / os.fsdecode(b"photos/caf\xe9")
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes(jpeg())
    with pytest.warns(DatasetWarning, match="the class name .* is not UTF-8: lists and records"):
        create_tfrecords(folder.parent, tmp_path / "out", "x", metadata=True)


def test_a_picture_that_was_replaced_stayed_in_tensor_records(
    classes: Path, tmp_path: Path
) -> None:
    """All shards have one length, and only the first and last image of a shard were looked at."""
    out = tmp_path / "out"
    tensors(classes, out, "", 11, manifest=True)
    listed = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    [first, second] = [classes / line["file"] for line in listed[4:6]]
    first.write_bytes(second.read_bytes())
    with pytest.raises(DatasetError, match="has a record 4 that this run would not write"):
        tensors(classes, out, "", 11, manifest=True, resume=True)
    tensors(classes, out, "", 11, manifest=True, overwrite=True)
    # Pictures that change their names have no other times of their own.
    other = classes / listed[6]["file"]
    other.rename(other.with_suffix(".tmp"))
    first.rename(other)
    other.with_suffix(".tmp").rename(first)
    with pytest.raises(DatasetError, match="has a record 4 that this run would not write"):
        tensors(classes, out, "", 11, manifest=True, resume=True)
    tensors(classes, out, "", 11, manifest=True, overwrite=True)
    second.touch()
    tensors(classes, out, "", 11, manifest=True, resume=True)


@KEYED
def test_records_beside_the_class_names_of_others_were_called_by_these(
    classes: Path, tmp_path: Path
) -> None:
    Image2TFRecords(classes, dataset_name="pets").create_tfrecords(tmp_path / "out")
    names = [folder.name for folder in sorted(classes.iterdir())]
    (classes / names[0]).rename(classes / "zebra")
    for number, create in enumerate([create_tfrecords, create_recordio, tensors]):
        match = rf"labels\.csv: a Loader takes .*{names[1]}. has another"
        with pytest.warns(DatasetWarning, match=match):
            create(classes, tmp_path / "out", f"{number}-")


def test_several_shards_of_another_run_were_named_as_one(flat: Path, tmp_path: Path) -> None:
    create_tfrecords(flat, tmp_path / "out", "x", 3)
    with pytest.raises(
        DatasetError, match=r"x1: and 2 more are shards of an earlier .*: remove them"
    ):
        create_tfrecords(flat, tmp_path / "out", "x", 40, overwrite=True)


@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"resume": True}])
def test_the_index_of_a_recordio_file_was_taken_for_that_of_tfrecords(
    flat: Path, tmp_path: Path, options: dict[str, bool]
) -> None:
    """``x0`` and ``x0.rec`` share ``x0.idx``, the only place for the keys of a RecordIO file."""
    out = tmp_path / "out"
    create_recordio(flat, out, "x")
    index = (out / "x0.idx").read_bytes()
    shared = r"x0\.idx: is the index of .*x0\.rec too: write to another directory, or under another"
    with pytest.raises((DatasetError, FileExistsError), match=r"x0\.idx"):
        create_tfrecords(flat, out, "x", index=True, **options)
    create_tfrecords(flat, out, "x", **options)
    with pytest.raises(DatasetError, match=shared):
        create_index([out / "x0"])
    assert (out / "x0.idx").read_bytes() == index
    create_recordio(flat, out, "x", resume=True)
    assert (out / "x0.idx").read_bytes() == index


def test_the_index_of_a_recordio_file_is_none_of_tfrecords_with_its_name(
    flat: Path, tmp_path: Path
) -> None:
    create_tfrecords(flat, tmp_path / "out", "x")
    create_recordio(flat, tmp_path / "out", "x")
    for shard in ("x0", "x0.rec"):
        report = verify(tmp_path / "out" / shard)
        assert (report["samples"], report["damaged"]) == (11, [])
        Loader(tmp_path / "out" / shard)  # a warning would be an error


@pytest.mark.parametrize("option", ["overwrite", "resume"])
def test_the_index_of_tfrecords_was_taken_for_that_of_a_recordio_file(
    flat: Path, tmp_path: Path, option: str
) -> None:
    create_tfrecords(flat, tmp_path / "out", "x", index=True)
    before = contents(tmp_path / "out")
    with pytest.raises(DatasetError, match=r"x0\.idx: is the index of .*x0 too"):
        create_recordio(flat, tmp_path / "out", "x", **{option: True})
    assert contents(tmp_path / "out") == before


def test_files_left_out_are_warned_of(flat: Path, tmp_path: Path) -> None:
    (flat / "image_7.jpg").write_bytes(b"")
    with pytest.warns(DatasetWarning, match="1 of 11 images cannot be used and are left out"):
        create_tfrecords(flat, tmp_path / "out", "x", on_error="skip")


def test_a_writer_of_records_does_not_offer_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(FileExistsError, match=r"exists already: replace it with overwrite=True$"):
        TFRecordWriter(tmp_path / "x")


def test_what_cannot_have_an_index_is_said_as_it_is(classes: Path, tmp_path: Path) -> None:
    create_recordio(classes, tmp_path / "rec", "x", 9)
    create_tfrecords(classes, tmp_path / "tf", "x", 9)
    shards = sorted((tmp_path / "rec").glob("*.rec"))
    with pytest.raises(DatasetError, match="2 of 2 files cannot be used; no index was written:"):
        create_index(shards)
    with pytest.raises(DatasetError, match=r"0\.rec: is a .*; the others have their index$"):
        create_index([shards[0], tmp_path / "tf" / "x0"])
    with pytest.raises(DatasetError, match="rec: is a directory: give the TFRecord files in it"):
        create_index(tmp_path / "rec")


@KEYED
@pytest.mark.parametrize("create", ALL)
def test_records_as_a_source_were_no_images(classes: Path, tmp_path: Path, create: Any) -> None:
    create_tfrecords(classes, tmp_path / "shards", "x", manifest=True)
    with pytest.raises(DatasetError, match=r"shards: holds records, such as .*x0: records are mad"):
        create(tmp_path / "shards", tmp_path / "out", "x")
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match="no images in it"):
        create(tmp_path / "none", tmp_path / "out", "x")
    if create is not split:
        with pytest.raises(DatasetError, match="x0: is a file of records: records are made from"):
            create(tmp_path / "shards" / "x0", tmp_path / "out", "x")


def test_one_bad_input_did_not_say_what_leaves_it_out(flat: Path, tmp_path: Path) -> None:
    (flat / "image_3.jpg").write_bytes(b"")
    with pytest.raises(
        DecodeError, match=r"is empty; nothing was written, and on_error=\"skip\" wo"
    ):
        create_tfrecords(flat, tmp_path / "out", "x")


def test_a_name_with_a_line_end_was_printed_as_it_is(flat: Path, tmp_path: Path) -> None:
    (flat / "new\nline.jpg").write_bytes((flat / "image_0.jpg").read_bytes())
    with pytest.warns(DatasetWarning, match=r"new\\nline\.jpg: no number in its name"):
        create_recordio(flat, tmp_path / "out", "x")


def test_an_index_of_a_file_that_is_named_twice_counts_once(flat: Path, tmp_path: Path) -> None:
    create_tfrecords(flat, tmp_path / "out", "x")
    shard = tmp_path / "out" / "x0"
    made = create_index([shard, shard, tmp_path / "out" / "." / "x0", f"{tmp_path}/./out/x0"])
    assert (made.files, made.records) == (1, 11)
