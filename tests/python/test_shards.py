"""The Loader over others' files of records: the same batches as from the original files."""

from __future__ import annotations

import io
import os
import shutil
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import recordio_reference as reference
import tensorflow as tf
from imagepipe_rs import DatasetError, DatasetWarning, DecodeError, Example, Loader, RecordError
from imagepipe_rs.inspection import verify
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conftest import EncodeJpeg, MakeTree

Features = dict[str, Any]


# -------------------------------------------------------------------------------- what is written


def example(features: Features) -> bytes:
    """Return the bytes of an Example, made by TensorFlow."""

    def feature(value: Any) -> tf.train.Feature:
        if isinstance(value, (bytes, str)):
            data = value if isinstance(value, bytes) else value.encode()
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=[data]))
        if isinstance(value, float):
            return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))

    named = {key: feature(value) for key, value in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()


def write(path: Path, records: Iterable[bytes], compression: str = "") -> Path:
    """Write a file of records with TensorFlow's writer."""
    with tf.io.TFRecordWriter(str(path), options=compression) as writer:
        for record in records:
            writer.write(record)
    return path


def header(label: float | Sequence[float], number: int = 0) -> bytes:
    """Return what stands before the image in a record of MXNet's."""
    labels = [] if isinstance(label, (int, float)) else label
    first = 0.0 if labels else label
    return struct.pack("<IfQQ", len(labels), first, number, 0) + struct.pack(
        f"<{len(labels)}f", *labels
    )


def image_files(folder: Path) -> list[tuple[bytes, int, str, str]]:
    """Return the pictures of a class directory: bytes, label, class, name."""
    classes = sorted(path.name for path in folder.iterdir())
    return [
        (path.read_bytes(), label, name, path.name)
        for label, name in enumerate(classes)
        for path in sorted((folder / name).iterdir(), key=lambda path: os.fsencode(path.name))
    ]


def records(folder: Path, *, text: bool = True) -> list[bytes]:
    """Return an Example for each picture of a class directory."""
    names = ("image/encoded", "image/class/label", "image/class/text", "image/filename")
    return [
        example(dict(zip(names[: 4 if text else 2], file, strict=False)))
        for file in image_files(folder)
    ]


@pytest.fixture(scope="module")
def folder(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return three files of records, each compressed another way, of the photographs."""
    folder = tmp_path_factory.mktemp("shards")
    payloads = records(photos)
    write(folder / "train-00000-of-00003", payloads[:25])
    write(folder / "train-00001-of-00003", payloads[25:27], "GZIP")
    write(folder / "train-00002-of-00003", payloads[27:], "ZLIB")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def small(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a class directory of twelve small pictures."""
    return tree({f"{'ab'[i % 2]}/{i}.jpg": jpeg(40 + i, 30, seed=i) for i in range(12)})


def contents(loader: Iterable[Any]) -> list[tuple[bytes, bytes, bytes]]:
    """Return all that a loader gives, to be compared."""
    return [
        (batch.images.tobytes(), batch.labels.tobytes(), batch.indices.tobytes())
        for batch in loader
    ]


# ------------------------------------------------------------------------- the same as from files


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": False},
        {"seed": 3, "fit": "random_crop", "flip": True},
        {"fit": "crop", "resize_short": 40, "layout": "NCHW", "dtype": "float32"},
        {"fit": "pad", "fill": 7, "exact": True, "channels": "BGR"},
        {"labels": "one_hot", "last_batch": "pad", "shard": (1, 3)},
        {"limit": 31},
    ],
    ids=str,
)
def test_batches_are_those_of_the_files(
    folder: Path, photos: Path, options: dict[str, Any]
) -> None:
    options = {"batch_size": 7, "size": 32, **options}
    ours, theirs = Loader(folder, **options), Loader(photos, **options)
    for _ in range(2):
        assert contents(ours) == contents(theirs)


def test_classes_are_the_text_of_the_records(folder: Path, photos: Path) -> None:
    ours, files = Loader(folder), Loader(photos)
    assert ours.classes == files.classes
    assert ours.class_to_index == files.class_to_index
    assert ours.class_counts == files.class_counts
    assert (ours.num_samples, ours.num_classes) == (60, files.num_classes)


def test_saying_what_a_loader_is_reads_no_labels(folder: Path) -> None:
    loader = Loader(folder)
    assert repr(loader) == "<Loader of 60 samples, 2 batches>"
    assert loader.num_classes == 10
    assert repr(loader) == "<Loader of 60 samples in 10 classes, 2 batches>"


@pytest.mark.parametrize("path", ["*-of-*", "train-0000[0-2]*", "", "list"])
def test_paths_are_files_directories_globs_and_lists(folder: Path, path: str) -> None:
    given: Any = str(folder / path)
    if path == "list":
        given = [folder / f"train-0000{i}-of-00003" for i in (2, 0, 1)]
    assert contents(Loader(given, size=16)) == contents(Loader(folder, size=16))


def test_files_come_in_natural_order(out: Path, small: Path) -> None:
    payloads = records(small)
    for place, name in enumerate(["x2", "x10", "x1"]):
        write(out / name, payloads[4 * place : 4 * place + 4])
    (batch,) = Loader(str(out / "x*"), size=8, shuffle=False)
    assert batch.paths == [f"{out}/{name}#{i}" for name in ("x1", "x2", "x10") for i in range(4)]


def test_workers_do_not_matter(folder: Path) -> None:
    options: dict[str, Any] = {"size": 24, "fit": "random_crop", "flip": True, "batch_size": 7}
    one = contents(Loader(folder, workers=1, **options))
    assert contents(Loader(folder, workers=5, prefetch=4, **options)) == one
    assert contents(Loader(folder, seed=1, **options)) != one


def test_an_epoch_goes_on_in_the_middle_and_on_other_ranks(folder: Path) -> None:
    whole = [batch.indices.tolist() for batch in Loader(folder, size=8, batch_size=12)]
    first = iter(Loader(folder, size=8, batch_size=12))
    assert [next(first).indices.tolist() for _ in range(2)] == whole[:2]
    state = first.state_dict()
    rest = []
    for rank in range(2):
        loader = Loader(folder, size=8, batch_size=6, shard=(rank, 2))
        loader.load_state_dict(state)
        rest.append([batch.indices.tolist() for batch in loader])
    assert [a + b for a, b in zip(*rest, strict=True)] == whole[2:]


def test_balanced_draws_take_each_class_as_often(out: Path, small: Path) -> None:
    payloads = records(small)
    write(out / "x", [*payloads[:1], *payloads[6:], *payloads[:1]])  # two of a, six of b
    batch = next(iter(Loader(out, sampling="balanced", batch_size=600, size=4)))
    assert 250 < batch.labels.sum() < 350
    drawn = np.bincount(batch.indices, minlength=8)
    assert drawn[[0, 7]].sum() == 600 - batch.labels.sum()
    assert (drawn > 20).all()


def test_weights_are_of_classes_or_of_records(out: Path, small: Path) -> None:
    write(out / "x", records(small)[::-1])
    one_class = next(iter(Loader(out, weights=[0, 1], batch_size=50, size=4)))
    assert set(one_class.labels.tolist()) == {1}
    assert set(one_class.indices.tolist()) == set(range(6))
    weights = [0.0] * 11 + [2.0]
    one = next(iter(Loader(out, weights=weights, batch_size=9, size=4)))
    assert set(one.indices.tolist()) == {11}
    with pytest.raises(ValueError, match="12 samples, or for each of 2 classes"):
        Loader(out, weights=[1.0] * 3)


def test_classes_and_limit_choose_records(folder: Path, photos: Path) -> None:
    names = Loader(photos).classes
    wanted = [names[4], names[1]]
    ours = Loader(folder, classes=wanted, size=16, shuffle=False, batch_size=99)
    theirs = Loader(photos, classes=wanted, size=16, shuffle=False, batch_size=99)
    assert ours.classes == wanted
    ours_batch, theirs_batch = next(iter(ours)), next(iter(theirs))
    # In the order of the records, where a directory has the order of its classes.
    assert ours_batch.labels.tolist() == sorted(theirs_batch.labels.tolist(), reverse=True)
    order = np.argsort(-theirs_batch.labels, kind="stable")
    assert np.array_equal(ours_batch.images, theirs_batch.images[order])
    assert Loader(folder, classes=wanted, limit=3).num_samples == 3
    with pytest.raises(ValueError, match=r'classes="none" is not valid: the classes found: '):
        Loader(folder, classes=["none"])


@pytest.mark.parametrize("side", ["train", "validation"])
def test_a_record_is_on_the_side_of_its_file(folder: Path, photos: Path, side: str) -> None:
    split: Any = (side, 0.4)
    options: dict[str, Any] = {"size": 16, "split": split, "shuffle": False, "split_seed": 5}
    ours, theirs = (next(iter(Loader(p, batch_size=60, **options))) for p in (folder, photos))
    assert 0 < len(ours.labels) < 60
    assert np.array_equal(ours.images, theirs.images)


def test_records_without_names_are_split_by_place(out: Path, small: Path) -> None:
    write(out / "x", records(small, text=False))
    sides = [
        {path for batch in Loader(out, split=(side, 0.5), size=4) for path in batch.paths}
        for side in ("train", "validation")
    ]
    assert len(sides[0]) + len(sides[1]) == 12
    assert all(sides)
    assert not sides[0] & sides[1]


def test_the_fingerprint_tells_labels_and_files_apart(out: Path, small: Path) -> None:
    payloads = records(small)
    prints = set()
    for name, given in {"a": payloads, "b": payloads[::-1], "c": payloads[1:]}.items():
        (out / name).mkdir()
        write(out / name / "x", given)
        prints.add(Loader(out / name).fingerprint)
        assert Loader(out / name).fingerprint in prints
    (out / "d").mkdir()
    shutil.copy(out / "a" / "x", out / "d" / "x")
    assert len(prints) == 3
    assert Loader(out / "d").fingerprint in prints


# ------------------------------------------------------------------------------ what is beside them


def test_index_manifest_and_lists_are_no_samples(out: Path, small: Path) -> None:
    write(out / "x0", records(small))
    for name in ("manifest.jsonl", "x_summary.json", "notes.md"):
        (out / name).write_text("{}\n")
    (out / "labels.csv").write_text("class,id\ncat,0\ndog,1\n")
    loader = Loader(out)
    assert (loader.num_samples, loader.classes) == (12, ["cat", "dog"])
    assert Loader(str(out / "[!n]*")).num_samples == 12


def test_names_of_classes_are_found_without_reading_labels(out: Path, small: Path) -> None:
    write(out / "x0", records(small, text=False))
    assert Loader(out).classes == ["0", "1"]
    found = r'classes="cat" is not valid: the classes found \(a labels\.csv beside .*: 0, 1'
    with pytest.raises(ValueError, match=found):
        Loader(out, classes=["cat"])
    (out / "labels.csv").write_text("id,name\n 2 , bird\n0,cat\n1,dog\n")
    loader = Loader(out, labels="one_hot", size=4)
    assert repr(loader) == "<Loader of 12 samples in 3 classes, 1 batch>"
    assert loader.classes == ["cat", "dog", "bird"]
    assert next(iter(loader)).labels.shape == (12, 3)
    (out / "labels.csv").write_text("id,name\n0,cat\n")
    with pytest.raises(ValueError, match=r'classes="dog" is not valid: the classes found: cat'):
        Loader(out, classes=["dog"])
    with pytest.raises(RecordError, match=r"record \d+: the label 1 is none of the 1 class"):
        list(Loader(out, labels="one_hot", size=4))
    with pytest.raises(RecordError, match="record 6: the label 1 is none of the 1 class"):
        Loader(out, sampling="balanced")


@pytest.mark.parametrize(
    "text",
    [
        "filename,class\na.jpg,cat\n",
        "filename,class\na.jpg,0\nb.jpg,1\n",
        "class,id\n",
        "0,cat\n1,dog\n",
        "\n",
        "",
        "class\ncat\n",
        "class,id\ncat,0\ndog\n",
        "class,id\ncat,0\ndog,0\n",
        "class,id\ncat,0\ndog,70000\n",
        "class,id\ncat,0\nd\udcf6g,1\n",
    ],
)
def test_what_is_no_list_of_classes_is_said_and_not_used(out: Path, small: Path, text: str) -> None:
    write(out / "x0", records(small, text=False))
    (out / "labels.csv").write_text(text, errors="surrogateescape")
    ignored = r"/labels\.csv: (.|\n)+: ignored, because it is not a list of classes"
    with pytest.warns(DatasetWarning, match=ignored):
        assert Loader(out).classes == ["0", "1"]
    with pytest.warns(DatasetWarning, match=ignored):
        loader = Loader(out, split=("train", 0.5), classes=["1"], size=4)
    assert len(loader.classes) == 1


def test_a_file_that_is_given_twice_is_said(out: Path, small: Path) -> None:
    shard = write(out / "x0", records(small))
    with pytest.warns(DatasetWarning, match=f"{shard}: given more than once"):
        assert Loader([shard, shard]).num_samples == 24


def test_a_stale_index_is_said_and_not_used(out: Path, small: Path) -> None:
    shard = write(out / "x0", records(small))
    (out / "x0.idx").write_text("0 100\n100 100\n")
    with pytest.warns(DatasetWarning, match="x0: the index file beside it is ignored: .+"):
        assert Loader(shard).num_samples == 12


def test_places_of_records_are_kept_under_xdg_cache_home(
    out: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shards without index files are passed over once; what is kept of that changes no batch."""
    image = next(small.rglob("*.jpg")).read_bytes()
    rows = [Example.encode({"image/encoded": image, "image/class/label": n}) for n in range(5000)]
    paths = [write(out / "x0", rows[:2500]), write(out / "x1", rows[2500:])]
    cache = tmp_path / "cache"

    def first() -> list[int]:
        batch = next(iter(Loader(paths, size=8, batch_size=16, seed=3)))
        return [int(label) for label in batch.labels]

    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    expected = first()
    [kept] = (cache / "imagepipe" / "places").iterdir()
    stamp = kept.stat().st_mtime_ns
    assert first() == expected
    assert kept.stat().st_mtime_ns == stamp
    kept.write_bytes(b"something else")
    assert first() == expected
    assert kept.stat().st_size > 5000
    # Nothing can be written here.
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", Path("/proc/nowhere")):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert first() == expected
    # Nobody knows where: a user without an entry, in a container.
    for name in ("XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as nobody:
        nobody.setattr("os.getuid", lambda: 987_654)
        assert first() == expected
    # A shard that was written anew is not mistaken for the old one.
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    write(out / "x1", rows[2500:4999])
    assert Loader(paths, size=8).num_samples == 4999


def test_a_pipe_for_a_list_of_classes_was_waited_for(out: Path, small: Path) -> None:
    write(out / "x0", records(small))
    os.mkfifo(out / "labels.csv")
    with pytest.warns(DatasetWarning, match=r"labels\.csv: not a regular file: ignored, because"):
        assert Loader(out).num_samples == 12
    assert verify(out)["samples"] == 12


@pytest.mark.parametrize("labels", ["int", "one_hot"])
def test_a_label_beyond_the_names_was_delivered(out: Path, small: Path, labels: str) -> None:
    payloads = records(small, text=False)
    payloads[5] = example({"image/encoded": b"", "image/class/label": 7})
    payloads[5] = example(
        {"image/encoded": next(small.rglob("*.jpg")).read_bytes(), "image/class/label": 7}
    )
    write(out / "x0", payloads)
    (out / "labels.csv").write_text("name,label\na,0\nb,1\nc,2\nd,3\n")
    with pytest.raises(RecordError, match="record 5: the label 7 is none of the 4 classes"):
        list(Loader(out, labels=labels, size=8))
    loader = Loader(out, labels=labels, size=8, on_error="skip")
    assert sum(len(batch.labels) for batch in loader) == 11 == sum(loader.class_counts)
    assert [Path(failure.path).name for failure in loader.errors] == ["x0"]
    [damage] = verify(out)["damaged"]
    assert damage["record"] == 5


def test_several_sets_in_a_directory_are_said(out: Path, small: Path) -> None:
    payloads = records(small)
    write(out / "train-00000-of-00001", payloads[:8])
    write(out / "validation-00000-of-00001", payloads[8:])
    assert Loader(str(out / "train-*")).num_samples == 8
    with pytest.warns(DatasetWarning, match='"train" and "validation"'):
        assert Loader(out).num_samples == 12


def test_files_without_records_are_no_harm(out: Path, small: Path) -> None:
    write(out / "x0", [])
    write(out / "x1", records(small))
    write(out / "x2", [])
    with pytest.warns(DatasetWarning, match=r"^2 of 3 files hold no records; the first is .*x0$"):
        loader = Loader(out, size=4)
    assert sum(len(batch.labels) for batch in loader) == 12
    with pytest.raises(DatasetError, match="x0: the file is empty"):
        Loader(out / "x0")


def test_mixed_kinds_are_named(out: Path, small: Path) -> None:
    shard = write(out / "x.tfrecord", records(small))
    rec = out / "x.rec"
    rec.write_bytes(reference.write([header(0.0) + image_files(small)[0][0]]))
    table = out / "x.csv"
    table.write_text("filename,class\n")
    cases: list[tuple[list[Path], str]] = [
        ([small, shard], r"x\.tfrecord: is a file of records, and \S*tree is an image directory"),
        ([shard, small / "a" / "0.jpg"], r"x\.tfrecord: is a file of records, and \S*0\.jpg is"),
        ([shard, table], r"x\.csv: is a CSV file, and \S*x\.tfrecord is a file of records"),
        ([rec, shard], r"x\.\w+: is a \w+ file, and \S*x\.\w+ is a \w+ file"),
    ]
    for paths, message in cases:
        with pytest.raises(DatasetError, match=message):
            Loader(paths)
    shutil.copy(shard, small / "stray")
    with pytest.raises(DatasetError, match=r"stray: is a file of records, and \S*tree is an image"):
        Loader(small)


def test_records_below_a_directory_are_pointed_at(out: Path, small: Path) -> None:
    (out / "data" / "train").mkdir(parents=True)
    write(out / "data" / "train" / "x", records(small))
    with pytest.raises(DatasetError, match=r"there are records in \S*data/train: give that"):
        Loader(out / "data")


# ------------------------------------------------------------------------------- what is in them


def test_features_may_have_other_names(out: Path, small: Path) -> None:
    files = image_files(small)
    write(
        out / "x",
        [example({"img": data, "y": label, "name": text}) for data, label, text, _ in files],
    )
    keys = {"image": "img", "label": "y", "text": "name"}
    loader = Loader(out, keys=keys, size=8)
    assert contents(loader) == contents(Loader(small, size=8))
    assert loader.classes == ["a", "b"]
    with pytest.raises(ValueError, match='"text": "name"} is not valid: a text is only'):
        Loader(out, keys={"image": "img", "label": None, "text": "name"})
    alike = Loader(out, keys={"image": "img", "label": None}, size=8)
    assert [batch.labels.tolist() for batch in alike] == [[0] * 12]
    assert alike.classes == [""]
    unlabelled = Loader(out, keys={"image": "img"}, labels=None, size=8)
    assert [batch.labels for batch in unlabelled] == [None]


def test_labels_of_text_alone_say_what_to_do(out: Path, small: Path) -> None:
    files = image_files(small)
    shard = write(out / "x", [example({"img": data, "name": text}) for data, _, text, _ in files])
    match = 'the label "name" is text, not an integer: .*: .*write them again .*; a labels.csv'
    with pytest.raises(RecordError, match=match):
        list(Loader(shard, keys={"image": "img", "label": "name"}, size=8))


def test_missing_features_are_said_with_those_that_are_there(out: Path, small: Path) -> None:
    data = image_files(small)[0][0]
    shard = write(out / "x", [example({"img": data, "y": 1})])
    with pytest.raises(
        RecordError, match='no feature "image/encoded"; there are "img", "y"'
    ) as info:
        list(Loader(shard))
    assert (info.value.path, info.value.offset) == (str(shard), 0)
    with pytest.raises(RecordError, match=r'record 0: no feature "image/class/label".*"label"'):
        list(Loader(shard, keys={"image": "img"}))
    with pytest.raises(RecordError, match='no feature "image/class/label"'):
        _ = Loader(shard, keys={"image": "img"}).num_classes
    with pytest.raises(RecordError, match='"y" is numbers, not an image'):
        list(Loader(shard, keys={"image": "y", "label": None}))


@pytest.mark.parametrize("key", ["image/encoded", "image/class/label"])
def test_a_feature_without_values_is_empty_and_not_missing(
    out: Path, small: Path, key: str
) -> None:
    message = tf.train.Example.FromString(records(small)[0])
    message.features.feature[key].CopyFrom(tf.train.Feature())
    shard = write(out / "x", [message.SerializeToString()])
    with pytest.raises(RecordError, match=f'record 0: the feature "{key}" is empty: it has no'):
        list(Loader(shard, size=8))


def test_of_two_values_none_is_the_label(out: Path, small: Path) -> None:
    first, second, *_ = records(small)
    message = tf.train.Example.FromString(second)
    message.features.feature["image/class/label"].int64_list.value.append(1)
    shard = write(out / "x", [first, message.SerializeToString()])
    wrong = 'record 1: the label "image/class/label" has 2 values: one is needed'
    with pytest.raises(RecordError, match=wrong) as info:
        list(Loader(shard, size=8))
    assert info.value.offset == 16 + len(first)
    with pytest.raises(RecordError, match=wrong):
        _ = Loader(shard).classes


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (-1, "-1, below 0"),
        ("cat", "is text"),
        (1.0, "is the float 1"),
        (2**31, "2147483648, above 2147483647"),
        (2**63 - 1, "above 2147483647"),
    ],
)
def test_labels_are_whole_numbers(out: Path, jpeg: EncodeJpeg, label: Any, message: str) -> None:
    good = {"image/encoded": jpeg(), "image/class/label": 0}
    shard = write(out / "x", [example(good), example({**good, "image/class/label": label})])
    with pytest.raises(RecordError, match=f'record 1: the label "image/class/label" .*{message}'):
        list(Loader(shard, size=8))
    with pytest.raises(RecordError, match="record 1: the label"):
        _ = Loader(shard).classes


def test_a_label_beyond_32_bits_is_a_record_that_can_be_left_out(
    out: Path, jpeg: EncodeJpeg
) -> None:
    """JAX made another class of it."""
    labels = [0, 2**31 - 1, 2**31, 1]
    shard = write(
        out / "x", [example({"image/encoded": jpeg(), "image/class/label": n}) for n in labels]
    )
    loader = Loader(shard, size=8, shuffle=False, on_error="skip")
    (batch,) = loader
    assert batch.labels.tolist() == [0, 2**31 - 1, 1]
    ((_, _, reason),) = loader.errors
    assert 'record 2: the label "image/class/label" is 2147483648' in reason
    (batch,) = Loader(shard, size=8, labels=None)
    assert len(batch.images) == 4


@pytest.mark.parametrize(
    "keys", [{"pixels": "x"}, {"image": None}, {"image": 3}, ["image"], "image"]
)
def test_keys_that_are_none(folder: Path, keys: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="keys"):
        Loader(folder, keys=keys)


# ---------------------------------------------------------------------------------------- RecordIO


def test_recordio_is_read_like_the_files(out: Path, photos: Path) -> None:
    files = image_files(photos)
    for part in range(2):
        payloads = [
            header(float(label), i) + data
            for i, (data, label, _, _) in enumerate(files[30 * part : 30 * part + 30])
        ]
        (out / f"faces{part}.rec").write_bytes(reference.write(payloads))
    options: dict[str, Any] = {"size": 24, "fit": "random_crop", "seed": 2}
    assert contents(Loader(out, **options)) == contents(Loader(photos, **options))
    assert Loader(out).classes == [str(i) for i in range(10)]


def test_of_several_labels_the_first_counts(out: Path, jpeg: EncodeJpeg) -> None:
    payloads = [header([float(i), 0.25, 9.0]) + jpeg(seed=i) for i in range(5)]
    (out / "x.rec").write_bytes(reference.write(payloads))
    with pytest.warns(DatasetWarning, match="record 0 has 3 labels; the first one is used"):
        loader = Loader(out / "x.rec", size=8, shuffle=False)
    assert next(iter(loader)).labels.tolist() == [0, 1, 2, 3, 4]
    Loader(out / "x.rec", size=8, labels=None)  # no label, no warning


def test_records_without_a_picture_are_left_out(out: Path, jpeg: EncodeJpeg) -> None:
    """Face data sets say in such records which others belong together."""
    payloads = [
        header([4.0, 6.0]),
        *(header(float(i)) + jpeg(seed=i) for i in range(3)),
        header([1.0, 3.0]),
    ]
    path = out / "x.rec"
    path.write_bytes(reference.write(payloads))
    with pytest.warns(DatasetWarning, match=f"{path}: records without an image are left out: 2"):
        loader = Loader(path, size=8, shuffle=False)
    batch = next(iter(loader))
    assert batch.labels.tolist() == [0, 1, 2]
    assert batch.paths == [f"{path}#{i}" for i in (1, 2, 3)]
    assert not loader.errors


@pytest.mark.parametrize("label", [0.5, -1.0, float("nan")])
def test_float_labels_that_are_no_classes(out: Path, jpeg: EncodeJpeg, label: float) -> None:
    (out / "x.rec").write_bytes(reference.write([header(label) + jpeg()]))
    with pytest.raises(RecordError, match=r"record 0: the label .* is not a whole number"):
        list(Loader(out / "x.rec", size=8))
    assert len(list(Loader(out / "x.rec", size=8, labels=None))) == 1


# ------------------------------------------------------------------------------------------ damage


def spoiled(shard: Path, record: int) -> int:
    """Turn a bit in the middle of a record; return where the record begins."""
    data = bytearray(shard.read_bytes())
    start = 0
    for _ in range(record):
        start += 16 + struct.unpack_from("<Q", data, start)[0]
    length = struct.unpack_from("<Q", data, start)[0]
    data[start + 12 + length // 2] ^= 1
    shard.write_bytes(data)
    return start


def test_a_damaged_record_is_raised_skipped_or_replaced(out: Path, small: Path) -> None:
    shard = write(out / "x", records(small))
    offset = spoiled(shard, 5)
    options: dict[str, Any] = {"size": 8, "batch_size": 12}
    with pytest.raises(RecordError, match="record 5: the checksum of the data") as info:
        list(Loader(shard, **options))
    assert (info.value.path, info.value.offset) == (str(shard), offset)
    for on_error, count in [("skip", 11), ("replace", 12)]:
        loader = Loader(shard, on_error=on_error, **options)
        batches = contents(loader)
        assert [len(batch[1]) // 8 for batch in batches] == [count]
        ((path, place, reason),) = loader.errors
        assert (path, place) == (str(shard), offset)
        assert "record 5: the checksum of the data does not match" in reason
        assert contents(Loader(shard, on_error=on_error, workers=1, **options)) == batches


def test_a_damaged_length_is_a_damaged_record(out: Path, small: Path) -> None:
    payloads = records(small)
    shard = write(out / "x", payloads)
    start = sum(16 + len(payload) for payload in payloads[:5])
    data = bytearray(shard.read_bytes())
    data[start + 2] ^= 1
    shard.write_bytes(data)
    options: dict[str, Any] = {"size": 8, "batch_size": 12, "shuffle": False}
    with pytest.raises(RecordError, match="length") as info:
        Loader(shard, **options)
    assert info.value.offset == start
    whole = contents(Loader(write(out / "whole", payloads), **options))
    for on_error, count in [("skip", 11), ("replace", 12)]:
        loader = Loader(shard, on_error=on_error, **options)
        assert loader.num_samples == 12
        found = contents(loader)
        assert [len(batch[1]) // 8 for batch in found] == [count]
        assert [(path, place) for path, place, _ in loader.errors] == [(str(shard), start)]
        size = len(whole[0][0]) // 12
        assert found[0][0][: 5 * size] == whole[0][0][: 5 * size]
    # What cannot be opened at all is no sample that could be left out.
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Loader([shard, out / "nowhere"], on_error="skip", **options)


def test_a_picture_that_cannot_be_decoded_is_found(out: Path, small: Path) -> None:
    payloads = records(small)
    data = image_files(small)[0][0]
    cut = example({"image/encoded": data[:-40], "image/class/label": 0})
    shard = write(out / "x", [*payloads[:3], cut])
    offset = sum(16 + len(payload) for payload in payloads[:3])
    with pytest.raises(DecodeError, match=rf"record 3 at byte {offset}: Premature end") as info:
        list(Loader(shard, size=30))
    assert info.value.path == str(shard)
    loader = Loader(shard, size=30, on_error="skip")
    assert [len(batch.labels) for batch in loader] == [3]
    assert [(path, place) for path, place, _ in loader.errors] == [(str(shard), offset)]


def test_a_file_that_is_cut_short_while_it_is_open(out: Path, small: Path) -> None:
    shard = write(out / "x", records(small))
    loader = Loader(shard, size=8)
    os.truncate(shard, shard.stat().st_size // 2)
    with pytest.raises(RecordError, match="bytes when it was opened"):
        list(loader)


def test_a_file_that_ends_inside_a_record_is_not_opened(out: Path, small: Path) -> None:
    payloads = records(small)
    shard = write(out / "x", payloads)
    os.truncate(shard, shard.stat().st_size - 1)
    with pytest.raises(RecordError, match="the file ends inside") as info:
        Loader(shard)
    assert info.value.offset == sum(16 + len(payload) for payload in payloads[:-1])


def damaged_shards(whole: bytes, starts: list[int]) -> dict[str, bytes]:
    """Return files with a damaged record, or none, at the last of these places, and how."""
    last = bytearray(whole)
    last[starts[-1]] ^= 1
    middle = bytearray(whole)
    middle[starts[5]] ^= 1
    return {
        "cut": whole[:-50],
        "last length": bytes(last),
        "length": bytes(middle),
        "junk": whole[: starts[-1]] + bytes(range(1, 100)),
        "zeros": whole[: starts[-1]] + bytes(100),
    }


@pytest.mark.parametrize("damage", ["cut", "last length", "length", "junk", "zeros"])
def test_labels_of_a_damaged_shard_are_those_of_the_records_that_are_left(
    out: Path, small: Path, damage: str
) -> None:
    payloads = records(small)
    starts = [sum(16 + len(payload) for payload in payloads[:i]) for i in range(12)]
    shard = write(out / "x", payloads)
    shard.write_bytes(damaged_shards(shard.read_bytes(), starts)[damage])
    options: dict[str, Any] = {"size": 8, "batch_size": 12, "on_error": "skip", "shuffle": False}
    (plain,) = Loader(shard, **options)
    assert len(plain.labels) == 11
    loader = Loader(shard, labels="one_hot", **options)
    (batch,) = loader
    assert batch.labels.argmax(axis=1).tolist() == plain.labels.tolist()
    assert (loader.classes, sum(loader.class_counts)) == (["a", "b"], 11)
    ((_, _, reason),) = loader.errors
    assert "in its index" not in reason
    # It is on one side of a split, where reading it tells of it.
    sides = [Loader(shard, split=(side, 0.3), **options) for side in ("train", "validation")]
    taken = [list(side) for side in sides]
    found = [image.tobytes() for side in taken for batch in side for image in batch.images]
    assert sorted(found) == sorted(image.tobytes() for image in plain.images)
    assert sum(side.num_samples for side in sides) == 12
    assert [len(side.errors) for side in sides] == [1, 0]
    balanced = Loader(shard, sampling="balanced", size=8, batch_size=12, on_error="skip")
    assert all(len(batch.labels) == 12 for batch, _ in zip(balanced, range(5), strict=False))
    assert balanced.errors == []
    chosen = Loader(shard, classes=["b"], **options)
    assert sum(len(batch.labels) for batch in chosen) == plain.labels.tolist().count(1)
    assert len(chosen.errors) == 1
    with pytest.raises(RecordError):
        _ = Loader(shard, size=8).classes


@pytest.mark.parametrize("sampling", ["epoch", "balanced"])
def test_labels_that_are_missing_everywhere_are_an_error(
    out: Path, small: Path, sampling: str
) -> None:
    shard = write(out / "x", [example({"image/encoded": image_files(small)[0][0]})] * 3)
    with pytest.raises(RecordError, match='no feature "image/class/label"'):
        Loader(shard, sampling=sampling, labels="one_hot", on_error="skip")


@pytest.mark.parametrize("compression", ["GZIP", "ZLIB"])
@pytest.mark.parametrize("cut", [1, 4, 8, 0.2, 0.6])
def test_a_compressed_shard_that_is_cut_short_is_one_damaged_record(
    out: Path, small: Path, compression: str, cut: float
) -> None:
    payloads = records(small)
    whole = write(out / "x0", payloads, compression)
    shard = write(out / "x1", payloads, compression)
    size = shard.stat().st_size
    os.truncate(shard, size - cut if cut >= 1 else int(size * (1 - cut)))
    options: dict[str, Any] = {"size": 8, "batch_size": 30, "shuffle": False}
    with pytest.raises(RecordError, match=f"as a {compression} stream: ") as info:
        Loader([whole, shard], **options)
    assert info.value.path == str(shard)
    loader = Loader([whole, shard], on_error="skip", **options)
    (batch,) = loader
    ((path, _, reason),) = loader.errors
    assert path == str(shard)
    assert f"as a {compression} stream: " in reason
    good = len(batch.labels) - 12
    # What follows the data in the file is their checksum.
    is_whole = 1 <= cut <= {"GZIP": 8, "ZLIB": 4}[compression]
    assert good == 12 if is_whole else 0 < good < 12
    assert loader.num_samples == 12 + good + 1
    (expected,) = Loader(whole, **options)
    np.testing.assert_array_equal(batch.images[12:], expected.images[:good])
    found = verify(out)
    assert (found["samples"], len(found["damaged"])) == (12 + good + 1, 1)


# ---------------------------------------------------------------------------------- tensor records


def tensors(path: Path, pixels: np.ndarray[Any, Any], order: str | None, **more: Any) -> Path:
    """Write pictures as pixels; `order` None: not said, which means HWC."""
    payloads = []
    for label, picture in enumerate(pixels):
        stored = picture.transpose(2, 0, 1) if order == "CHW" else picture
        features = {
            "image/encoded": stored.tobytes(),
            "image/format": "tensor",
            "image/height": picture.shape[0],
            "image/width": picture.shape[1],
            "image/channels": picture.shape[2],
            "image/class/label": label,
            **({} if order is None else {"image/order": order}),
            **more,
        }
        payloads.append(example(features))
    return write(path, payloads)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).integers(0, 256, (6, 44, 40, 3), dtype=np.uint8)


ORDERS = pytest.mark.parametrize("order", [None, "HWC", "CHW"])
Made = np.ndarray[Any, Any]


def same(pixels: Made) -> Made:
    return pixels


@ORDERS
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "lanczos", "area"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": (44, 40)}, same),
        ({"size": (44, 40), "channels": "BGR"}, lambda p: p[..., ::-1]),
        ({"size": (44, 40), "layout": "NCHW"}, lambda p: p.transpose(0, 3, 1, 2)),
        ({"size": (32, 30), "fit": "crop", "resize_short": 40}, lambda p: p[:, 6:38, 5:35]),
        ({"size": 40, "fit": "crop"}, lambda p: p[:, 2:42]),
        (
            {"size": (48, 40), "fit": "pad", "fill": (1, 2, 3)},
            lambda p: np.concatenate(
                [np.full((6, 2, 40, 3), (1, 2, 3)), p, np.full((6, 2, 40, 3), (1, 2, 3))], 1
            ),
        ),
        ({"size": (44, 40), "dtype": "float32"}, lambda p: p * np.float32(1 / 255)),
    ],
    ids=str,
)
def test_pixels_that_keep_their_size_are_copied(
    *,
    out: Path,
    pixels: Made,
    order: str | None,
    exact: bool,
    interpolation: Any,
    options: dict[str, Any],
    expected: Callable[[Made], Made],
) -> None:
    shard = tensors(out / "x", pixels, order)
    loader = Loader(shard, shuffle=False, exact=exact, interpolation=interpolation, **options)
    batch = next(iter(loader))
    assert np.array_equal(batch.images, expected(pixels))
    assert batch.labels.tolist() == list(range(6))


@ORDERS
def test_flipped_pixels_are_the_pixels_mirrored(out: Path, pixels: Made, order: str | None) -> None:
    shard = tensors(out / "x", pixels, order)
    for layout in ("NHWC", "NCHW"):
        batch = next(iter(Loader(shard, size=(44, 40), flip=True, layout=layout)))
        assert {True, False} == set(batch.flips.tolist())
        for image, flip, index in zip(batch.images, batch.flips, batch.indices, strict=True):
            expected = pixels[index][:, ::-1] if flip else pixels[index]
            expected = expected if layout == "NHWC" else expected.transpose(2, 0, 1)
            assert np.array_equal(image, expected)


@ORDERS
@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad", "random_crop"])
def test_resized_pixels_are_those_of_the_same_picture_in_a_file(
    *,
    out: Path,
    tree: MakeTree,
    pixels: Made,
    order: str | None,
    exact: bool,
    interpolation: Any,
    fit: Any,
) -> None:
    files = {}
    for i, picture in enumerate(pixels):
        data = io.BytesIO()
        Image.fromarray(picture).save(data, "PNG")
        files[f"{i}.png"] = data.getvalue()
    options: dict[str, Any] = {
        "size": (21, 33),
        "fit": fit,
        "flip": True,
        "interpolation": interpolation,
        "exact": exact,
    }
    shard = tensors(out / "x", pixels, order)
    ours = [batch.images for batch in Loader(shard, **options)]
    theirs = [batch.images for batch in Loader(tree(files), **options)]
    assert np.array_equal(ours, theirs)


def test_gray_pixels(out: Path, pixels: Made) -> None:
    shard = tensors(out / "x", pixels[..., :1], "CHW")
    options: dict[str, Any] = {"size": (44, 40), "shuffle": False}
    assert np.array_equal(next(iter(Loader(shard, channels="GRAY", **options)))[0], pixels[..., :1])
    assert np.array_equal(next(iter(Loader(shard, **options)))[0], pixels[..., [0, 0, 0]])


def test_pixels_of_any_size_keep_it(out: Path, pixels: Made) -> None:
    shard = tensors(out / "x", pixels, "CHW")
    batch = next(iter(Loader(shard, size=None, ragged=True, shuffle=False)))
    assert np.array_equal(batch.images, pixels)
    assert batch.crops.tolist() == [[0, 0, 40, 44]] * 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"image/height": 43}, "5280 bytes of pixels, where 40x43 of 3 channels take 5160"),
        ({"image/channels": 4}, "pixels of 4 channels: 1 and 3 are known"),
        ({"image/width": -1}, 'the feature "image/width" is -1, not within 0'),
        ({"image/width": "40"}, 'the feature "image/width" is no integer'),
        ({"image/order": "WHC"}, "HWC and CHW are known"),
        ({"image/width": 2**31, "image/height": 2**31}, "take 13835058055282163712"),
    ],
)
def test_pixels_that_do_not_fit_their_size(
    out: Path, pixels: Made, more: dict[str, Any], message: str
) -> None:
    shard = tensors(out / "x", pixels[:1], None, **more)
    with pytest.raises(RecordError, match=f"record 0: .*{message}") as info:
        list(Loader(shard))
    assert (info.value.path, info.value.offset) == (str(shard), 0)
