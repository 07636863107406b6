"""Samples of streams as TFRecords and RecordIO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import (
    Example,
    Loader,
    RecordIOReader,
    TFRecordReader,
    unpack_image,
)
from imagepipe_rs.graph import (
    Constant,
    MakeList,
    RandomResource,
    ResourceListSource,
    SampleIndex,
    pipeline,
)

if TYPE_CHECKING:
    from pathlib import Path

    from imagepipe_rs.graph import Stream

PICTURES = np.random.default_rng(1).integers(0, 256, (7, 24, 32, 3), dtype=np.uint8)


class Pictures(ResourceListSource):
    def load(self) -> dict[str, Any]:
        return {"image": PICTURES, "label": np.arange(7) % 3}


@pipeline(seed=3)
def labelled() -> dict[str, Any]:
    picture = RandomResource(Pictures())
    return {"image": picture["image"], "image/class/label": picture["label"]}


@pipeline(seed=3)
def pairs() -> tuple[Any, ...]:
    picture = RandomResource(Pictures())
    return picture["image"], picture["label"]


def stream_of(**values: Any) -> Stream:
    """Return a stream whose samples are all the same."""

    @pipeline()
    def made() -> dict[str, Any]:
        return {name: one if callable(one) else Constant(one) for name, one in values.items()}

    return made()


def written(stream: Stream, folder: Path, **options: Any) -> dict[str, Any]:
    """Write one sample, and return its features."""
    stream.write_tfrecords(folder / "one.tfrecord", 1, overwrite=True, **options)
    return Example.decode(TFRecordReader(folder / "one.tfrecord")[0])


# ---------------------------------------------------------------------------------------- features


def test_numbers_texts_and_bytes_are_features(tmp_path: Path) -> None:
    features = written(
        stream_of(
            whole=7,
            large=2**40,
            real=0.5,
            truth=True,
            several=[1, 2, 3],
            truths=[True, False],
            box=np.array([1.5, 2, 3, 4], np.float32),
            text="schön",
            data=b"\0\xff",
            words=["a", "b"],
            none=np.zeros(0, np.float32),
        ),
        tmp_path,
    )
    assert features == {
        "whole": [7],
        "large": [2**40],
        "real": [0.5],
        "truth": [1],
        "several": [1, 2, 3],
        "truths": [1, 0],
        "box": [1.5, 2, 3, 4],
        "text": ["schön".encode()],
        "data": [b"\0\xff"],
        "words": [b"a", b"b"],
        "none": [],
    }


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_pictures_are_png_files_of_the_same_pixels(tmp_path: Path, channels: int | None) -> None:
    image = pytest.importorskip("PIL.Image")
    picture = PICTURES[0] if channels == 3 else PICTURES[0, :, :, :1]
    given = picture[:, :, 0] if channels is None else picture
    features = written(stream_of(image=given), tmp_path)
    (tmp_path / "image.png").write_bytes(features["image/encoded"][0])
    pixels = np.asarray(image.open(tmp_path / "image.png"))
    assert np.array_equal(pixels, np.broadcast_to(picture, (24, 32, 3)))
    assert features["image/format"] == [b"png"]
    assert (features["image/height"], features["image/width"]) == ([24], [32])
    assert features["image/channels"] == [channels or 1]


@pytest.mark.parametrize("quality", [30, 95])
def test_pictures_may_be_jpeg_files_and_masks_stay_what_they_are(
    tmp_path: Path, quality: int
) -> None:
    image = pytest.importorskip("PIL.Image")
    ramp = np.zeros((24, 32, 3), np.uint8) + np.arange(32, dtype=np.uint8)[:, None] * 4
    stream = stream_of(image=ramp, mask=PICTURES[0, :, :, 0])
    features = written(stream, tmp_path, format="jpeg", quality=quality)
    assert (features["image/format"], features["mask/format"]) == ([b"jpeg"], [b"png"])
    data = features["image/encoded"][0]
    (tmp_path / "image.jpg").write_bytes(data)
    found = image.open(tmp_path / "image.jpg")
    assert found.format == "JPEG"
    assert np.abs(np.asarray(found).astype(int) - ramp).max() < 16
    again = written(stream, tmp_path, format="jpeg", quality=quality)
    assert again["image/encoded"] == [data]
    stream_of(image=ramp).write_recordio(tmp_path / "a.rec", 1, format="jpeg", quality=quality)
    assert unpack_image(RecordIOReader(tmp_path / "a.rec")[0]).data == data


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.arange(8, dtype=np.uint8).reshape(1, 2, 4),
        np.array([[True, False]]),
        np.zeros((0, 4), np.int64),
        np.arange(8, dtype=np.int16).reshape(2, 2, 2),
    ],
)
def test_other_arrays_are_bytes_with_type_and_shape(
    tmp_path: Path, array: np.ndarray[Any, Any]
) -> None:
    features = written(stream_of(x=array), tmp_path)
    assert features.keys() == {"x", "x/dtype", "x/shape"}
    dtype = np.dtype(features["x/dtype"][0].decode()).newbyteorder("<")
    found = np.frombuffer(features["x"][0], dtype).reshape(features["x/shape"])
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype


def test_outputs_without_labels_are_called_by_number(tmp_path: Path) -> None:
    features = written(pairs(), tmp_path)
    assert features.keys() == {
        "0/encoded",
        "0/format",
        "0/height",
        "0/width",
        "0/channels",
        "1",
    }


def test_a_label_may_name_the_encoded_image_itself(tmp_path: Path) -> None:
    features = written(stream_of(**{"image/encoded": PICTURES[0]}), tmp_path)
    assert {"image/encoded", "image/height"} < features.keys()


def test_what_is_no_feature_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="sample 0, output 'x': a list of ndarray cannot be"):
        written(stream_of(x=[PICTURES[0], PICTURES[1]]), tmp_path)
    with pytest.raises(ValueError, match="two outputs of the stream give the feature 'x/dtype'"):
        written(stream_of(**{"x": np.zeros((2, 2)), "x/dtype": "float64"}), tmp_path)
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("form", ["png", "tensor"])
def test_a_loader_reads_what_is_written(tmp_path: Path, form: str) -> None:
    stream = labelled()
    stream.write_tfrecords(tmp_path / "train.tfrecord", 20, start=5, shards=3, format=form)
    loader = Loader(str(tmp_path / "train-*"), size=None, batch_size=1, shuffle=False)
    assert loader.num_samples == 20
    for index, (images, labels) in enumerate(loader):
        sample = stream.run(5 + index)
        assert np.array_equal(images[0], sample["image"])
        assert labels[0] == sample["image/class/label"]


def test_tensorflow_reads_what_is_written(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    stream = labelled()
    stream.write_tfrecords(tmp_path / "train.tfrecord", 5)
    features = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
        "image/height": tf.io.FixedLenFeature([], tf.int64),
    }
    for index, record in enumerate(tf.data.TFRecordDataset(str(tmp_path / "train.tfrecord"))):
        found = tf.io.parse_single_example(record, features)
        sample = stream.run(index)
        assert np.array_equal(tf.io.decode_png(found["image/encoded"]), sample["image"])
        assert found["image/class/label"] == sample["image/class/label"]
        assert found["image/height"] == 24


def test_recordio_has_pictures_and_labels(tmp_path: Path) -> None:
    stream = pairs()
    stream.write_recordio(tmp_path / "train.rec", 20, start=5)
    reader = RecordIOReader(tmp_path / "train.rec")
    assert [reader.key(place) for place in range(20)] == list(range(5, 25))
    loader = Loader(tmp_path / "train.rec", size=None, batch_size=1, shuffle=False)
    for place, (images, labels) in enumerate(loader):
        image, label = stream.run(5 + place)
        record = unpack_image(reader[place])
        assert (record.id, record.label) == (5 + place, label)
        assert np.array_equal(images[0], image)
        assert labels[0] == label


def test_several_numbers_are_one_label_of_a_record(tmp_path: Path) -> None:
    box = np.array([1, 2, 3, 4], np.float32)
    stream_of(box=box, image=PICTURES[0], label=9, score=0.5).write_recordio(tmp_path / "a.rec", 1)
    assert unpack_image(RecordIOReader(tmp_path / "a.rec")[0]).label == [1, 2, 3, 4, 9, 0.5]


def test_files_of_images_go_into_records_as_they_are(tmp_path: Path, jpeg: Any) -> None:
    stream_of(image=jpeg()).write_recordio(tmp_path / "a.rec", 1)
    assert unpack_image(RecordIOReader(tmp_path / "a.rec")[0]).data == jpeg()
    assert written(stream_of(**{"image/encoded": jpeg()}), tmp_path) == {"image/encoded": [jpeg()]}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"a": 1}, "sample 0 has 0 outputs that are pictures or bytes"),
        ({"a": PICTURES[0], "b": PICTURES[1]}, "sample 0 has 2 outputs that are"),
        ({"a": PICTURES[0], "b": "text"}, "sample 0, output 'b' is 'text'"),
        ({"a": PICTURES[0], "b": np.zeros((2, 2))}, r"sample 0, output 'b' is an array of \(2, 2"),
        ({"a": PICTURES[0], "b": 2**24 + 1}, "sample 0, output 'b': a whole number above"),
    ],
)
def test_what_is_no_image_record_is_refused(
    tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        stream_of(**values).write_recordio(tmp_path / "a.rec", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_numbers_of_several_types_is_a_feature(tmp_path: Path) -> None:
    @pipeline()
    def mixed() -> Any:
        return {"x": MakeList([Constant(1), Constant(0.5), SampleIndex() == 0])}

    assert written(mixed(), tmp_path)["x"] == [1, 0.5, 1]
