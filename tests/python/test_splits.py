"""Stratified splits into TFRecords, and reading them: the rule, corner cases, real CSV files."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import DatasetError, Image2TFRecords, ImageDataSet
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg

SIDES = ("train", "validation", "test")
COUNTS = {"cat": 1, "dog": 2, "owl": 10, "rat": 27}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory, jpeg: EncodeJpeg) -> Path:
    """Return a class directory: 1 cat, 2 dogs, 10 owls, 27 rats; not to be written to."""
    folder = tmp_path_factory.mktemp("images")
    for name, count in COUNTS.items():
        (folder / name).mkdir()
        for n in range(count):
            (folder / name / f"{n}.jpg").write_bytes(jpeg(16 + n, 24, seed=1000 * count + n))
    return folder


def listing(folder: Path, images: Path, *, ids: bool = False) -> dict[str, Path]:
    """Write CSV files with padded cells, as image2tfrecords' own example has them."""
    files = sorted(images.glob("*/*.jpg"), key=lambda file: (file.name, file.parent))
    rows = [f"{file.relative_to(images)} , {file.parent.name}  " for file in files]
    found = {"image2class_file": folder / "classes.csv"}
    found["image2class_file"].write_text("\n".join(["filename, class", *rows, ""]))
    if ids:
        found["class2id_file"] = folder / "ids.csv"
        found["class2id_file"].write_text("name,number\nrat,3\nowl,11\n dog , 5\ncat,0\nyak,7\n")
    return found


def read(folder: Path, side: str, name: str = "") -> list[list[dict[str, Any]]]:
    """Read all shards of a side, by TensorFlow."""
    shards = []
    for file in sorted(folder.glob(f"{name}_{side}_*.tfrecord")):
        rows = []
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            found = {}
            for key, feature in tf.train.Example.FromString(record).features.feature.items():
                (found[key],) = getattr(feature, feature.WhichOneof("kind")).value
            rows.append(found)
        shards.append(rows)
    return shards


def rows(folder: Path, side: str, name: str = "") -> list[dict[str, Any]]:
    return [row for shard in read(folder, side, name) for row in shard]


def classes(found: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["image/filename"].decode().split("/")[0] for row in found))


def test_files_and_features_are_image2tfrecords(images: Path, tmp_path: Path) -> None:
    made = Image2TFRecords(
        images, **listing(tmp_path, images), dataset_name="pets", val_size=0.2, test_size=0.1
    ).create_tfrecords(tmp_path / "out", index=False)
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {
        "labels.csv",
        "pets_summary.json",
        *(f"pets_train_{n:05}-of-00005.tfrecord" for n in range(1, 6)),
        *(f"pets_validation_{n:05}-of-00005.tfrecord" for n in range(1, 6)),
        *(f"pets_test_{n:05}-of-00003.tfrecord" for n in range(1, 4)),
    }
    assert (made.files, made.records) == (13, 40)
    for row in rows(tmp_path / "out", "train", "pets"):
        file = images / row["image/filename"].decode()
        assert row["image/encoded"] == file.read_bytes()
        assert row["image/format"] == b"jpg"
        size = Image.open(io.BytesIO(row["image/encoded"])).size
        assert (row["image/width"], row["image/height"]) == size
        assert len(row) == 6


def test_the_summary_and_the_labels(images: Path, tmp_path: Path) -> None:
    splitter = Image2TFRecords(images, **listing(tmp_path, images), val_size=0.2, test_size=0.1)
    splitter.create_tfrecords(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "_summary.json").read_text()) == {
        "total_number": 40,
        "train_number": 30,
        "val_number": 7,
        "test_number": 3,
        "filename_header": "filename",
        "class_header": "class",
        "class_id_header": "class_id",
    }
    # Numbered as they come up: all 0.jpg first.
    labels = (tmp_path / "out" / "labels.csv").read_text().split()
    assert labels == ["class,class_id", "cat,0", "dog,1", "owl,2", "rat,3"]


def test_ids_can_be_given(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, **listing(tmp_path, images, ids=True)).create_tfrecords(
        tmp_path / "out"
    )
    labels = (tmp_path / "out" / "labels.csv").read_text().split()
    assert labels == ["class,number", "rat,3", "owl,11", "dog,5", "cat,0", "yak,7"]
    ids = {"rat": 3, "owl": 11, "dog": 5, "cat": 0}
    for row in rows(tmp_path / "out", "train"):
        assert row["image/class/label"] == ids[row["image/filename"].decode().split("/")[0]]


def test_each_class_is_split_by_the_rule(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, val_size=0.3, test_size=0.2).create_tfrecords(tmp_path)
    assert classes(rows(tmp_path, "validation")) == {"owl": 3, "rat": 8}
    assert classes(rows(tmp_path, "test")) == {"owl": 2, "rat": 5}
    assert classes(rows(tmp_path, "train")) == {"cat": 1, "dog": 2, "owl": 5, "rat": 14}


def test_a_class_of_one_stays_in_train_without_a_test_set(images: Path, tmp_path: Path) -> None:
    # The original moves every lone sample to test, even where there is to be none.
    Image2TFRecords(images).create_tfrecords(tmp_path / "all")
    assert classes(rows(tmp_path / "all", "train")) == COUNTS
    assert not list((tmp_path / "all").glob("_test_*"))
    # With half of two dogs held out, one is left: it stays, too.
    Image2TFRecords(images, val_size=0.5).create_tfrecords(tmp_path / "half")
    assert classes(rows(tmp_path / "half", "train"))["dog"] == 1


def test_nothing_is_left_for_training_where_the_shares_are_all(
    images: Path, tmp_path: Path
) -> None:
    Image2TFRecords(images, val_size=0.1, test_size=0.9).create_tfrecords(tmp_path)
    assert rows(tmp_path, "train") == []
    assert classes(rows(tmp_path, "test")) == {"cat": 1, "dog": 2, "owl": 9, "rat": 25}


def test_sides_are_disjoint_and_complete(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, val_size=0.3, test_size=0.3, seed=5).create_tfrecords(tmp_path)
    found = [row["image/filename"] for side in SIDES for row in rows(tmp_path, side)]
    assert sorted(found) == sorted(
        str(file.relative_to(images)).encode() for file in images.glob("*/*")
    )


def test_the_seed_decides(images: Path, tmp_path: Path) -> None:
    def held_out(seed: int) -> list[bytes]:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        Image2TFRecords(images, val_size=0.5, seed=seed).create_tfrecords(out)
        return [row["image/filename"] for row in rows(out, "validation")]

    # The original draws without a seed.
    assert held_out(0) == held_out(0)
    assert set(held_out(0)) != set(held_out(1))


def test_shards_are_even_and_mixed(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, num_shards=3).create_tfrecords(tmp_path)
    shards = read(tmp_path, "train")
    assert sorted(len(shard) for shard in shards) == [13, 13, 14]
    for shard in shards:
        assert len(classes(shard)) > 1


def test_no_shard_is_empty(images: Path, tmp_path: Path) -> None:
    # The original writes num_shards files whatever there is to put into them.
    Image2TFRecords(images / "owl", num_shards=30).create_tfrecords(tmp_path)
    shards = read(tmp_path, "train")
    assert [len(shard) for shard in shards] == [1] * 10
    assert (tmp_path / "_train_00010-of-00010.tfrecord").exists()


def test_bytes_do_not_depend_on_workers(images: Path, tmp_path: Path) -> None:
    made = []
    for workers in (1, 2, 8, 8):
        out = tmp_path / str(len(made))
        splitter = Image2TFRecords(images, val_size=0.2, test_size=0.2)
        splitter.create_tfrecords(out, workers=workers, manifest=True)
        made.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert made[1:] == made[:1] * 3


@given(
    counts=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    validation=st.integers(0, 10),
    test=st.integers(0, 10),
    seed=st.integers(0, 2**64 - 1),
)
@settings(max_examples=25, deadline=None)
@pytest.mark.filterwarnings("ignore:no image goes to")
def test_every_class_keeps_its_share(  # noqa: PLR0917  fixtures and cases
    tmp_path_factory: pytest.TempPathFactory,
    jpeg: EncodeJpeg,
    counts: list[int],
    validation: int,
    test: int,
    seed: int,
) -> None:
    folder, out = tmp_path_factory.mktemp("case"), tmp_path_factory.mktemp("out")
    test = min(test, 10 - validation)
    lines = ["file,class"]
    for number, count in enumerate(counts):
        for n in range(count):
            (folder / f"{number}-{n}.jpg").write_bytes(jpeg(8, 8))
            lines.append(f"{number}-{n}.jpg,{number}")
    (folder / "list.csv").write_text("\n".join(lines))
    Image2TFRecords(
        folder, folder / "list.csv", val_size=validation / 10, test_size=test / 10, seed=seed
    ).create_tfrecords(out)
    for number, count in enumerate(counts):
        of = {
            side: sum(
                row["image/filename"].startswith(f"{number}-".encode()) for row in rows(out, side)
            )
            for side in SIDES
        }
        assert of["validation"] == count * validation // 10
        left = count - of["validation"] - count * test // 10
        if validation + test == 10:
            assert (of["test"], of["train"]) == (count - of["validation"], 0)
        else:
            assert (of["test"], of["train"]) == (count * test // 10, left)


# ---------------------------------------------------------------------------------------------
# wrong input


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,class\ncat/0.jpg,cat\ncat/0.jpg,dog\n",
            r'line 3: "cat/0.jpg" was listed before, in line 2',
        ),
        (
            "file,class\ncat/0.jpg,cat\n./cat//0.jpg,dog\n",
            r'line 3: "./cat//0.jpg" was listed before, in',
        ),
        ("cat/0.jpg,cat\ndog/0.jpg,dog\n", 'line 1: "cat/0.jpg" is a file, where the first line'),
        ("file,class\ncat/0.jpg,cat\n\n,dog\n", 'line 4: nothing under "file"'),
        ("file,class\ncat/0.jpg\n", "line 2: 1 cell, where the first line has 2"),
        ("file\ncat/0.jpg\n", "line 1: two columns are needed"),
        ("file,class\n", "no rows under its header"),
        (b"file,class\ncat/0.jpg,\xff\n", "line 2: not UTF-8"),
    ],
)
def test_a_row_that_cannot_be_is_named(
    images: Path, tmp_path: Path, text: str | bytes, message: str
) -> None:
    file = tmp_path / "classes.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(DatasetError, match=rf"classes\.csv: {message}"):
        Image2TFRecords(images, file).create_tfrecords(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_image_names_its_row(images: Path, tmp_path: Path) -> None:
    file = tmp_path / "classes.csv"
    file.write_text("file,class\ncat/0.jpg,cat\ncat/1.jpg,cat\n")
    with pytest.raises(FileNotFoundError, match=r"cat/1\.jpg: .*classes\.csv, line 3"):
        Image2TFRecords(images, file).create_tfrecords(tmp_path / "out")
    with pytest.raises(FileNotFoundError, match=r"none\.csv"):
        Image2TFRecords(images, tmp_path / "none.csv").create_tfrecords(tmp_path / "out")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("c,id\ncat,0\n", r'classes\.csv: line 3: the class "dog" has no id in .*ids\.csv'),
        ("c,id\ncat,0\ndog,one\n", r'ids\.csv: line 3: the id of "dog", "one", is not a whole'),
        ("c,id\ncat,0\ndog,-1\n", r'ids\.csv: line 3: the id of "dog", "-1", is not a whole'),
        ("c,id\ncat,7\ndog,7\n", r"ids\.csv: line 3: the id 7 is another class's, in line 2"),
        ("c,id\ncat,0\ndog,1\ncat,2\n", r'ids\.csv: line 4: "cat" was listed before, in line 2'),
    ],
)
def test_a_class_without_a_good_id_is_named(
    images: Path, tmp_path: Path, ids: str, message: str
) -> None:
    (tmp_path / "classes.csv").write_text("file,class\ncat/0.jpg,cat\ndog/0.jpg,dog\n")
    (tmp_path / "ids.csv").write_text(ids)
    splitter = Image2TFRecords(images, tmp_path / "classes.csv", tmp_path / "ids.csv")
    with pytest.raises(DatasetError, match=message):
        splitter.create_tfrecords(tmp_path / "out")


@pytest.mark.parametrize("argument", ["image2class_file", "class2id_file"])
@pytest.mark.parametrize("option", [{}, {"overwrite": True}, {"resume": True}])
def test_a_list_that_is_read_is_not_replaced(
    images: Path, tmp_path: Path, argument: str, option: dict[str, bool]
) -> None:
    files = listing(tmp_path, images, ids=True)
    files[argument] = files[argument].rename(tmp_path / "labels.csv")
    before = files[argument].read_bytes()
    with pytest.raises(
        ValueError, match=rf"{argument}=.*labels\.csv is not valid: a file that the output"
    ):
        Image2TFRecords(images, **files).create_tfrecords(
            f"{tmp_path}/../{tmp_path.name}", **option
        )
    assert files[argument].read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"val_size": 1.2}, r"val_size=1\.2 is not valid: a share between 0 and 1"),
        ({"test_size": -0.1}, r"test_size=-0\.1 is not valid: a share between 0 and 1"),
        (
            {"val_size": 0.75, "test_size": 0.5},
            r"test_size=0\.5 is not valid: at most 0\.25, with val_size=0\.75",
        ),
        ({"num_shards": 0}, "num_shards=0 is not valid: at least 1"),
        ({"dataset_name": "a/b"}, 'dataset_name="a/b" is not valid'),
        (
            {"class2id_file": "ids.csv"},
            "class2id_file=ids.csv is not valid: only where image2class_file= is given",
        ),
        ({"seed": 2**64}, "seed=18446744073709551616 is not valid"),
    ],
)
def test_wrong_arguments_are_named(
    images: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Image2TFRecords(images, **options).create_tfrecords(tmp_path / "out")


# -------------------------------------------------------------------------------------------------
# reading


def test_a_data_set_reads_what_was_written(images: Path, tmp_path: Path) -> None:
    splitter = Image2TFRecords(
        images, **listing(tmp_path, images, ids=True), dataset_name="pets", val_size=0.3
    )
    splitter.create_tfrecords(tmp_path / "out")
    data = ImageDataSet(tmp_path / "out", "pets")
    assert data.labels_to_class_names == {3: "rat", 11: "owl", 5: "dog", 0: "cat", 7: "yak"}
    assert data.dataset_summary["val_number"] == 11
    assert list(data.labels_df.columns) == ["class", "number"]
    split = data.get_split("validation")
    assert (split.num_samples, split.num_classes) == (11, 5)
    loader = split.loader(batch_size=11, size=16, shuffle=False)
    assert loader.num_samples == 11
    found = rows(tmp_path / "out", "validation", "pets")
    batch = next(iter(loader))
    assert batch.labels.tolist() == [row["image/class/label"] for row in found]
    for row, image in zip(found, batch.images, strict=True):
        expected = imagepipe_rs.decode(row["image/encoded"], size=16)
        np.testing.assert_array_equal(image, expected)
    assert loader.classes[3] == "rat"
    assert loader.classes[11] == "owl"


def test_a_split_is_a_tf_dataset(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, val_size=0.5).create_tfrecords(tmp_path)
    split = ImageDataSet(tmp_path).get_split("validation")
    taken = 0
    for pictures, labels in split.as_tf_dataset(size=8, batch_size=4):
        assert pictures.shape[1:] == (8, 8, 3)
        taken += len(labels)
    assert taken == split.num_samples


def test_what_is_not_there_is_said(images: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pets_summary\.json"):
        ImageDataSet(tmp_path, "pets")
    with pytest.raises(DatasetError, match="File name too long"):
        ImageDataSet(tmp_path, "9" * 500)
    Image2TFRecords(images).create_tfrecords(tmp_path)
    data = ImageDataSet(tmp_path)
    with pytest.raises(ValueError, match="split_name='val' is not valid: one of 'train', "):
        data.get_split("val")
    assert data.get_split("test").num_samples == 0
    with pytest.raises(DatasetError, match="the split 'test' has no images"):
        data.get_split("test").loader()
    for name in ("a\0b", "a\x1bb", "a\ud800b"):
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
        with pytest.raises(DatasetError) as info:
            ImageDataSet(tmp_path, name)
        assert f"/{shown}_summary.json: " in str(info.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        (
            "what,is\nthis,1\n",
            "the columns 'class' and 'class_id', which the summary names, are not in it",
        ),
        ("class,class_id\ncat\n", "line 2 is not a class and its number"),
        ("class,class_id\ncat,0\n\ndog,x\n", "line 4 is not a class and its number"),
        ('class,class_id\n"cat,0\n', "line 2 is not a class and its number"),
        ("class,class_id\nc\udcf6t,0\n", "not UTF-8: "),
    ],
)
def test_broken_labels_were_blamed_on_the_summary(
    images: Path, tmp_path: Path, text: str, reason: str
) -> None:
    Image2TFRecords(images).create_tfrecords(tmp_path)
    (tmp_path / "labels.csv").write_text(text, errors="surrogateescape")
    with pytest.raises(DatasetError) as info:
        ImageDataSet(tmp_path)
    assert str(info.value).startswith(
        f"{tmp_path}/labels.csv: not what Image2TFRecords writes: {reason}"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON: "),
        ("[" * 100_000, "not JSON: it is nested too deeply"),
        ("[]", "it has no name for class_header and class_id_header"),
        ('{"class_header": "class"}', "it has no name for class_id_header"),
    ],
)
def test_a_broken_summary_is_said(images: Path, tmp_path: Path, text: str, reason: str) -> None:
    Image2TFRecords(images).create_tfrecords(tmp_path)
    (tmp_path / "_summary.json").write_text(text)
    with pytest.raises(DatasetError) as info:
        ImageDataSet(tmp_path)
    expected = f"{tmp_path}/_summary.json: not what Image2TFRecords writes: {reason}"
    assert str(info.value).startswith(expected)


def test_odd_class_names_survive(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    names = ["a,b", 'say "hi"', "naïve", " spaced  out ", "two\nlines", "crlf\r\nx", "a\rb"]
    names += ["a\u2028b", "a\x85b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x00b", "NA", "'", "a;b"]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        lines = io.StringIO()
        writer = csv.writer(lines, quoting=quoting)
        writer.writerow(["f", "c"])
        for n, name in enumerate(names):
            (folder / f"{n}.jpg").write_bytes(jpeg(8, 8))
            writer.writerow([f"{n}.jpg", name])
        (tmp_path / "list.csv").write_text(lines.getvalue(), newline="")
        out = tmp_path / f"out{quoting}"
        Image2TFRecords(folder, tmp_path / "list.csv").create_tfrecords(out)
        data = ImageDataSet(out)
        # Without quotes blanks around a name do not count.
        expected = names if quoting == csv.QUOTE_ALL else [name.strip() for name in names]
        assert data.labels_to_class_names == dict(enumerate(expected))
        assert data.get_split("train").loader().classes == expected


def test_classes_that_were_numbers_got_other_numbers(images: Path, tmp_path: Path) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("file,class\nowl/0.jpg,7\ndog/0.jpg,0\nowl/1.jpg,07\nowl/2.jpg,7.0\n")
    Image2TFRecords(images, listing).create_tfrecords(tmp_path / "out")
    data = ImageDataSet(tmp_path / "out")
    assert data.labels_to_class_names == {0: "0", 7: "7"}
    labels = {
        row["image/filename"]: row["image/class/label"] for row in rows(tmp_path / "out", "train")
    }
    assert labels == {b"owl/0.jpg": 7, b"dog/0.jpg": 0, b"owl/1.jpg": 7, b"owl/2.jpg": 7}
    listing.write_text("file,class\nowl/0.jpg,7\ndog/0.jpg,-1\n")
    with pytest.raises(DatasetError, match='line 3: the class is "-1", but other classes are'):
        Image2TFRecords(images, listing).create_tfrecords(tmp_path / "none")


def test_labels_without_pandas(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image2TFRecords(images).create_tfrecords(tmp_path)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="labels_df needs pandas: pip install pandas"):
        _ = ImageDataSet(tmp_path).labels_df


def test_the_names_of_the_columns_do_not_matter(images: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "label,width,filename,class\nx,640,cat/0.jpg,cat\ny,480,dog/0.jpg,dog\n"
    )
    (tmp_path / "ids.csv").write_text("name,class\ncat,7\ndog,3\n")
    splitter = Image2TFRecords(images, tmp_path / "list.csv", tmp_path / "ids.csv")
    splitter.create_tfrecords(tmp_path / "out")
    data = ImageDataSet(tmp_path / "out")
    assert data.labels_to_class_names == {7: "cat", 3: "dog"}
    assert data.dataset_summary["filename_header"] == "filename"
    assert (
        data.dataset_summary["class_header"] == data.dataset_summary["class_id_header"] == "class"
    )
    assert {row["image/class/label"] for row in rows(tmp_path / "out", "train")} == {3, 7}


def test_shards_of_two_runs_are_told_apart(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, dataset_name="p", num_shards=3).create_tfrecords(tmp_path)
    older = (tmp_path / "p_train_00001-of-00003.tfrecord").read_bytes()
    (tmp_path / "p_train_00001-of-00005.tfrecord").write_bytes(older)
    data = ImageDataSet(tmp_path, "p")
    with pytest.raises(
        DatasetError,
        match=r"two runs, p_train_\*-of-00003\.tfrecord, p_train_\*-of-00005\.tfrecord: remove the",
    ):
        data.get_split("train")
    (tmp_path / "p_train_00001-of-00005.tfrecord").rename(
        tmp_path / "p_test_00001-of-00001.tfrecord"
    )
    assert len(data.get_split("train").files) == 3
    with pytest.raises(
        DatasetError, match=r"'test': p_test_\S* is there, where the summary says 0"
    ):
        data.get_split("test")


def test_a_missing_shard_is_named(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, num_shards=3).create_tfrecords(tmp_path)
    data = ImageDataSet(tmp_path)
    (tmp_path / "_train_00002-of-00003.tfrecord").unlink()
    with pytest.raises(DatasetError, match=r"shard 2 of 3 is missing: _train_00002-of-00003"):
        data.get_split("train")
    assert len(data.get_split("train", "%s_%s_*.tfrecord").files) == 2
    with pytest.raises(DatasetError, match=r"no file is called x_train_\*"):
        data.get_split("train", "%sx_%s_*")
    with pytest.raises(ValueError, match=r"file_pattern='x\*' is not valid: %s for the name"):
        data.get_split("train", "x*")
    for shard in tmp_path.glob("_train_*"):
        shard.unlink()
    with pytest.raises(DatasetError, match="'train': no shard is there, where the summary says 40"):
        data.get_split("train")


def test_a_data_set_s_name_may_begin_another_s(images: Path, tmp_path: Path) -> None:
    for name in ("p", "p_train"):
        (tmp_path / "labels.csv").unlink(missing_ok=True)
        Image2TFRecords(images, dataset_name=name, val_size=0.3).create_tfrecords(tmp_path)
    for name in ("p", "p_train"):
        split = ImageDataSet(tmp_path, name).get_split("train")
        assert split.loader().num_samples == split.num_samples == 29


def test_a_shard_of_another_run_is_noticed_by_its_images(images: Path, tmp_path: Path) -> None:
    Image2TFRecords(images, num_shards=2, val_size=0.3).create_tfrecords(tmp_path)
    (tmp_path / "_validation_00001-of-00002.tfrecord").replace(
        tmp_path / "_train_00001-of-00002.tfrecord"
    )
    for index in tmp_path.glob("*.idx"):
        index.unlink()
    split = ImageDataSet(tmp_path).get_split("train")
    with pytest.raises(DatasetError, match=r"'train': the shards have 20 images, where the .* 29"):
        split.loader()
    assert split.loader(limit=3).num_samples == 3


@pytest.mark.parametrize("name", ["", "b", "a_train"])
def test_the_labels_of_another_set_are_not_replaced(
    tmp_path: Path, images: Path, jpeg: EncodeJpeg, name: str
) -> None:
    (tmp_path / "other" / "ant").mkdir(parents=True)
    (tmp_path / "other" / "ant" / "0.jpg").write_bytes(jpeg())
    out = tmp_path / "out"
    other = Image2TFRecords(tmp_path / "other", dataset_name=name)
    Image2TFRecords(images, dataset_name="a", val_size=0.2).create_tfrecords(out)
    for unfinished in (False, True):
        if unfinished:
            (out / "a_summary.json").unlink()
        before = {file.name: file.read_bytes() for file in out.iterdir()}
        for options in ({}, {"overwrite": True}, {"resume": True}):
            with pytest.raises(DatasetError, match=r'is of the dataset "a", whose labels\.csv'):
                other.create_tfrecords(out, **options)
        assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    Image2TFRecords(images, dataset_name="a", val_size=0.2).create_tfrecords(out, resume=True)
    assert ImageDataSet(out, "a").labels_to_class_names[0] == "cat"
