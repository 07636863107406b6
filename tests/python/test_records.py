"""Files of records: read from others, written for others, and damage is an error."""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
import threading
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import recordio_reference as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import (
    DatasetError,
    Example,
    RecordError,
    RecordIOReader,
    RecordIOWriter,
    TFRecordReader,
    TFRecordWriter,
    pack_image,
    unpack_image,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = reference.MAGIC

# Payloads of many lengths, with the number that RecordIO splits at in all kinds of places.
PAYLOADS = [
    b"",
    b"abc",
    b"wxyz" + MAGIC + b"tail!",
    MAGIC,
    MAGIC + MAGIC,
    MAGIC + b"1234" + MAGIC,
    b"x" + MAGIC,
    b"xy" + MAGIC + b"z",
    bytes(range(256)) * 50,
    b"",
]

WRITERS = pytest.mark.parametrize("writer", [TFRecordWriter, RecordIOWriter])
BOTH = pytest.mark.parametrize(
    ("writer", "reader"), [(TFRecordWriter, TFRecordReader), (RecordIOWriter, RecordIOReader)]
)


def written(
    path: Path, payloads: Sequence[bytes], writer: Any = TFRecordWriter, **options: object
) -> Path:
    with writer(path, **options) as file:
        for payload in payloads:
            file.write(payload)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_label_that_float32_does_not_have_became_another() -> None:
    for label in (16777217, np.int64(16777217), [1, 2**53 + 1], -(2**24) - 1, 2**200, 10**400):
        with pytest.raises(
            ValueError, match=r"label=-?\d+ is not valid: a whole number that float32"
        ):
            pack_image(b"x", label)
    for label in (2**24, 2**24 + 2, -(2**100), 0.1, 16777217.0):
        assert unpack_image(pack_image(b"x", label)).label == np.float32(label)


def test_known_bytes(tmp_path: Path) -> None:
    file = written(tmp_path / "x", [b"abc", b""]).read_bytes().hex()
    assert file == "0300000000000000b099490e6162636e57f121000000000000000029039807d8ea82a2"
    file = written(tmp_path / "x.rec", [b"abc"], RecordIOWriter).read_bytes().hex()
    assert file == "0a23d7ce0300000061626300"
    payload = b"wxyz" + MAGIC + b"tail!"
    file = written(tmp_path / "y.rec", [payload], RecordIOWriter).read_bytes().hex()
    assert file == "0a23d7ce040000207778797a0a23d7ce050000607461696c21000000"


@BOTH
def test_a_reader_is_a_sequence_of_bytes(tmp_path: Path, writer: Any, reader: Any) -> None:
    records = reader(written(tmp_path / "x.rec", PAYLOADS, writer))
    assert len(records) == len(PAYLOADS)
    assert list(records) == PAYLOADS
    assert list(records) == PAYLOADS
    assert [records[i] for i in range(-len(PAYLOADS), len(PAYLOADS))] == PAYLOADS * 2
    assert records[np.int64(1)] == b"abc"
    assert type(records[0]) is bytes
    for wrong in (len(PAYLOADS), -len(PAYLOADS) - 1, 2**70):
        with pytest.raises(IndexError, match=rf"record {wrong} of {len(PAYLOADS)}"):
            records[wrong]
    for wrong in (slice(0, 2), "0", None, 0.0):
        with pytest.raises(TypeError):
            records[wrong]


@BOTH
def test_a_reader_lets_go_of_its_file(tmp_path: Path, writer: Any, reader: Any) -> None:
    path = tmp_path / "x"
    with writer(path, index=False) as file:
        file.write(b"one")
    with reader(path) as records:
        assert list(records) == [b"one"]
        assert str(path) in Path("/proc/self/maps").read_text("utf-8")
    assert str(path) not in Path("/proc/self/maps").read_text("utf-8")
    records.close()
    with pytest.raises(ValueError, match="the reader is closed"):
        records[0]


@BOTH
def test_a_file_without_records(tmp_path: Path, writer: Any, reader: Any) -> None:
    records = reader(written(tmp_path / "x.rec", [], writer, index=True))
    assert len(records) == 0
    assert list(records) == []
    with pytest.raises(IndexError):
        records[-1]


# --------------------------------------------------------------------------------------------------
# TensorFlow


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


def test_tensorflow_reads_what_we_write(tf: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "x.tfrecord", PAYLOADS, index=True)
    assert [record.numpy() for record in tf.data.TFRecordDataset(str(path))] == PAYLOADS


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_we_read_what_tensorflow_writes(tf: Any, tmp_path: Path, compression: str) -> None:
    path = tmp_path / "x.tfrecord"
    payloads = [*PAYLOADS, bytes(300_000)]
    with tf.io.TFRecordWriter(str(path), compression) as file:
        for payload in payloads:
            file.write(payload)
    records = TFRecordReader(path)
    assert list(records) == payloads
    assert records[-1] == payloads[-1]
    dataset = tf.data.TFRecordDataset(str(path), compression_type=compression)
    assert [record.numpy() for record in dataset] == list(records)


FEATURES: dict[str, Any] = {
    "image/encoded": [b"\xff\xd8 a picture"],
    "image/class/label": [7],
    "names": [b"a", b"", b"c" * 300],
    "box": [0.25, -1.5, float("inf")],
    "ids": [0, 1, -1, 127, 128, 2**63 - 1, -(2**63)],
    "käse": [1],
}


def by_tensorflow(tf: Any, features: dict[str, Any]) -> Any:
    """Return the Example that TensorFlow makes of lists."""
    example = tf.train.Example()
    example.features.SetInParent()
    for name, values in features.items():
        feature = example.features.feature[name]
        if values:
            kind = {bytes: "bytes_list", int: "int64_list", float: "float_list"}[type(values[0])]
            getattr(feature, kind).value.extend(values)
    return example


def test_an_example_has_the_bytes_that_tensorflow_gives_it(tf: Any) -> None:
    for features in ({}, {"none": []}, FEATURES):
        data = Example.encode(features)
        assert data == by_tensorflow(tf, features).SerializeToString(deterministic=True)
        assert tf.train.Example.FromString(data) == by_tensorflow(tf, features)
        assert Example.decode(data) == features


def test_tensorflow_parses_what_we_encode(tf: Any) -> None:
    spec = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
        "box": tf.io.FixedLenFeature([3], tf.float32),
    }
    parsed = tf.io.parse_single_example(Example.encode(FEATURES), spec)
    assert parsed["image/encoded"].numpy() == FEATURES["image/encoded"][0]
    assert parsed["image/class/label"].numpy() == 7
    assert parsed["box"].numpy().tolist() == FEATURES["box"]


# One character each: of two names, the longer of which begins with the shorter, protobuf's Python
# writes the longer one first, which is no order that another program could be asked to keep to.
TEXTS = st.text(min_size=1, max_size=1)
KINDS = st.one_of(
    st.lists(st.binary(max_size=40), max_size=4),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6),
    st.lists(st.floats(width=32, allow_nan=False), max_size=6),
)


@settings(max_examples=300, deadline=None)
@given(features=st.dictionaries(TEXTS, KINDS, max_size=5))
def test_any_example_agrees_with_tensorflow(tf: Any, features: dict[str, Any]) -> None:
    data = Example.encode(features)
    assert data == by_tensorflow(tf, features).SerializeToString(deterministic=True)
    assert Example.decode(data) == features


def lists(example: Any) -> dict[str, list[Any]]:
    """Return the features of TensorFlow's Example as lists."""
    found = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        found[name] = list(getattr(feature, kind).value) if kind else []
    return found


def varint(number: int) -> bytes:
    data = b""
    while number > 127:
        data += bytes([number % 128 + 128])
        number //= 128
    return data + bytes([number])


def tagged(number: int, content: bytes) -> bytes:
    return varint(number * 8 + 2) + varint(len(content)) + content


UNKNOWN = st.sampled_from(
    [b"\x78\x05", b"\x7a\x01x", b"\x7d1234", b"\x7912345678", b"\x7b\x08\x01\x7c", b"\x08\x01"]
)


def messages(*fields: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return messages of some of the fields, unknown ones among them, in any order and number."""
    return st.lists(st.one_of(*fields, UNKNOWN), max_size=4).map(b"".join)


def as_field(number: int, content: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return content.map(lambda data: tagged(number, data))


INT = st.integers(0, 2**64 - 1).map(varint)
FLOAT = st.floats(width=32, allow_nan=False).map(lambda value: struct.pack("<f", value))
BYTES_LIST = messages(as_field(1, st.binary(max_size=5)))
FLOAT_LIST = messages(
    FLOAT.map(lambda data: b"\x0d" + data), as_field(1, st.lists(FLOAT, max_size=3).map(b"".join))
)
INT_LIST = messages(
    INT.map(lambda data: b"\x08" + data), as_field(1, st.lists(INT, max_size=3).map(b"".join))
)
FEATURE = messages(as_field(1, BYTES_LIST), as_field(2, FLOAT_LIST), as_field(3, INT_LIST))
NAME = as_field(1, st.sampled_from([b"", b"a", b"b"]))
# Without unknown fields: protobuf's Python leaves out entries that have some, its C++ does not.
ENTRY = st.lists(st.one_of(NAME, as_field(2, FEATURE)), max_size=4).map(b"".join)
EXAMPLE = messages(*[as_field(1, messages(*[as_field(1, ENTRY)] * 3))] * 3)


@settings(max_examples=1000, deadline=None)
@given(data=EXAMPLE)
def test_whatever_others_encode_is_read_as_tensorflow_reads_it(tf: Any, data: bytes) -> None:
    assert Example.decode(data) == lists(tf.train.Example.FromString(data))


@settings(max_examples=500, deadline=None)
@given(data=EXAMPLE, place=st.floats(0, 1), byte=st.integers(0, 255))
def test_what_tensorflow_does_not_refuse_is_not_refused(
    tf: Any, data: bytes, place: float, byte: int
) -> None:
    damaged = bytearray(data or b"\0")
    damaged[int(place * (len(damaged) - 1))] = byte
    try:
        tf.train.Example.FromString(bytes(damaged))
    except tf_error():
        assert isinstance(decoded_or_error(damaged), dict | RecordError)
    else:
        found = decoded_or_error(damaged)
        # No field has the number 0; TensorFlow's parser takes it for an end where it passes over
        # unknown groups.
        assert isinstance(found, dict) or "a field has an invalid number" in str(found)


def tf_error() -> type[Exception]:
    from google.protobuf.message import DecodeError  # noqa: PLC0415  comes with TensorFlow

    return DecodeError


def decoded_or_error(data: bytearray) -> object:
    try:
        return Example.decode(data)
    except RecordError as error:
        return error


# --------------------------------------------------------------------------------------------------
# RecordIO


def test_an_independent_reader_reads_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    with RecordIOWriter(path) as file:
        for number, payload in enumerate(PAYLOADS):
            file.write(payload, key=100 - number)
    data = path.read_bytes()
    assert data == reference.write(PAYLOADS)
    assert list(reference.read(data)) == PAYLOADS
    places = reference.index((tmp_path / "x.idx").read_text())
    assert list(places) == [100 - number for number in range(len(PAYLOADS))]
    assert [reference.record_at(data, place) for place in places.values()] == PAYLOADS


def test_we_read_what_an_independent_writer_writes(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(reference.write(PAYLOADS))
    records = RecordIOReader(path)
    assert list(records) == PAYLOADS
    assert records.key(0) is None
    with pytest.raises(IndexError):
        records.key(len(PAYLOADS))


PIECES = st.lists(st.one_of(st.binary(max_size=9), st.just(MAGIC)), max_size=6).map(b"".join)


@settings(max_examples=100, deadline=None)
@given(payloads=st.lists(PIECES, max_size=12))
def test_any_payloads_agree_with_the_independent_one(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("records") / "x.rec"
    assert written(path, payloads, RecordIOWriter).read_bytes() == reference.write(payloads)
    assert list(RecordIOReader(path)) == payloads


def test_keys_come_in_any_order(tmp_path: Path) -> None:
    path = written(tmp_path / "x.rec", [b"a", b"b", b"c"], RecordIOWriter)
    index = tmp_path / "x.idx"
    assert index.read_text() == "0\t0\n1\t12\n2\t24\n"
    index.write_text("5\t24\n18446744073709551615\t0\n3\t12\n")
    records = RecordIOReader(path)
    assert list(records) == [b"a", b"b", b"c"]
    assert [records.key(i) for i in range(3)] == [2**64 - 1, 3, 5]
    assert records.key(-1) == 5


@pytest.mark.parametrize("label", [3, 3.5, -1, np.float32(2), np.int64(4), np.array(1), 2**24])
def test_an_image_record_with_one_label(label: float) -> None:
    record = pack_image(b"image", label, id=2**64 - 1, id2=5)
    assert record == reference.pack(reference.Header(label, (), 2**64 - 1, 5), b"image")
    assert unpack_image(record) == (float(label), 2**64 - 1, 5, b"image")


@pytest.mark.parametrize("labels", [[1.0], [1, 2.5, -3], np.array([4, 5], np.float32), range(100)])
def test_an_image_record_with_several_labels(labels: Any) -> None:
    record = pack_image(bytearray(b"image"), labels, id=1)
    expected = tuple(float(label) for label in labels)
    assert reference.unpack(record) == (reference.Header(0.0, expected, 1, 0), b"image")
    unpacked = unpack_image(record)
    assert unpacked.label == list(expected)
    assert (unpacked.id, unpacked.id2, unpacked.data) == (1, 0, b"image")


def test_wrong_image_records() -> None:
    wrongs = ("cat", None, ["cat"], [[1.0]], np.ones((2, 2)))
    for wrong in wrongs:
        with pytest.raises(TypeError, match="label="):
            pack_image(b"", wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="label="):
        pack_image(b"", [])
    with pytest.raises(TypeError, match="id='a' is not valid: a whole number from 0"):
        pack_image(b"", 0, id="a")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="id=-1 is not valid"):
        pack_image(b"", 0, id=-1)
    with pytest.raises(ValueError, match="id2=18446744073709551616 is not valid"):
        pack_image(b"", 0, id2=2**64)
    with pytest.raises(TypeError, match="data of type str"):
        pack_image("image", 0)
    record = pack_image(b"", [1, 2])
    for end in range(len(record)):
        with pytest.raises(RecordError, match=rf"record: at byte 0: {end} bytes? (is|are) too few"):
            unpack_image(record[:end])


# --------------------------------------------------------------------------------------------------
# writing


@BOTH
def test_nothing_appears_before_the_end_and_nothing_if_it_is_not_reached(
    tmp_path: Path, writer: Any, reader: Any
) -> None:
    path = tmp_path / "x.rec"
    failed = writer(path, index=True)
    with pytest.raises(RuntimeError, match="on the way"), failed:  # noqa: PT012
        failed.write(bytes(5 << 20))
        assert names(tmp_path) == []
        raise RuntimeError("on the way")
    with pytest.raises(ValueError, match="closed"):
        failed.write(b"")
    failed.close()
    assert names(tmp_path) == []
    del failed
    writer(path).write(b"dropped")
    assert names(tmp_path) == []
    with writer(path) as file:
        file.write(b"1")
        file.close()
        file.close()
        assert path.exists()
        with pytest.raises(ValueError, match="closed"):
            file.write(b"2")
    assert list(reader(path)) == [b"1"]


@BOTH
def test_an_existing_file_is_replaced_only_on_demand(
    tmp_path: Path, writer: Any, reader: Any
) -> None:
    path = written(tmp_path / "x.rec", [b"first"], writer, index=True)
    with pytest.raises(DatasetError, match="exists already") as caught:
        writer(path, index=True)
    assert isinstance(caught.value, FileExistsError)
    assert caught.value.path == str(path)
    written(path, [b"second", b"third"], writer, index=True, overwrite=True)
    assert list(reader(path)) == [b"second", b"third"]


@WRITERS
def test_where_no_file_can_be(tmp_path: Path, writer: Any) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere") as caught:
        writer(tmp_path / "nowhere" / "x.rec")
    assert isinstance(caught.value, DatasetError)
    for wrong in (3, None, b"x"):
        with pytest.raises(TypeError):
            writer(wrong)


@WRITERS
def test_anything_with_bytes_in_it_is_written(tmp_path: Path, writer: Any) -> None:
    path = tmp_path / "x.rec"
    with writer(path) as file:
        for data in (
            b"abc",
            bytearray(b"abc"),
            memoryview(b"abc"),
            np.frombuffer(b"abc", np.uint8),
        ):
            file.write(data)
        for wrong in ("abc", 3, None, [1, 2], np.zeros(3)):
            with pytest.raises(TypeError, match="data of type"):
                file.write(wrong)
    reader = TFRecordReader if writer is TFRecordWriter else RecordIOReader
    assert list(reader(path)) == [b"abc"] * 4


def test_keys_are_used_once(tmp_path: Path) -> None:
    with RecordIOWriter(tmp_path / "x.rec") as file:
        file.write(b"a", key=1)
        for wrong in (1, -1, 2**64):
            with pytest.raises(ValueError, match=f"key={wrong} is not valid"):
                file.write(b"b", key=wrong)
        with pytest.raises(ValueError, match="key=1 is not valid"):
            file.write(b"the record with number 1")
        with pytest.raises(TypeError):
            file.write(b"b", key="1")
    assert len(RecordIOReader(tmp_path / "x.rec")) == 1
    with RecordIOWriter(tmp_path / "y.rec", index=False) as file:
        file.write(b"a")
        with pytest.raises(ValueError, match="key=5 is not valid"):
            file.write(b"b", key=5)
    assert names(tmp_path) == ["x.idx", "x.rec", "y.rec"]


# --------------------------------------------------------------------------------------------------
# damage


def test_an_index_that_does_not_fit_is_not_used(tmp_path: Path) -> None:
    path = written(tmp_path / "x.tfrecord", PAYLOADS, index=True)
    index = tmp_path / "x.tfrecord.idx"
    lines = index.read_text().splitlines()
    assert lines[:3] == ["0 16", "16 19", "35 29"]
    for stale in (lines[:-1], [*lines, lines[-1]], lines[::-1], ["x y"], []):
        index.write_text("\n".join(stale))
        with pytest.warns(
            RuntimeWarning, match=r"x\.tfrecord: its index file is not used: "
        ) as all_of_it:
            records = TFRecordReader(path)
        assert all_of_it[0].filename == __file__
        assert list(records) == PAYLOADS


def test_a_damaged_record_says_where_and_what(tmp_path: Path) -> None:
    path = written(tmp_path / "x.tfrecord", [b"first", b"second", b"third"])
    data = bytearray(path.read_bytes())
    data[21 + 12] ^= 1
    path.write_bytes(data)
    records = TFRecordReader(path)
    assert (records[0], records[2]) == (b"first", b"third")
    with pytest.raises(RecordError, match="at byte 21: the checksum of the data") as caught:
        records[1]
    assert caught.value.path == str(path)
    assert caught.value.offset == 21
    with pytest.raises(RecordError):
        list(records)
    assert TFRecordReader(path, check=False)[1] == b"recond"
    data[21] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordError, match="at byte 21: the checksum of the length"):
        TFRecordReader(path)


def test_every_truncation_is_an_error_or_fewer_records(tmp_path: Path) -> None:
    for kind, reader in ((TFRecordWriter, TFRecordReader), (RecordIOWriter, RecordIOReader)):
        whole = written(tmp_path / f"{kind.__name__}.rec", PAYLOADS[:5], kind).read_bytes()
        path = tmp_path / "cut.rec"
        for end in range(len(whole)):
            path.write_bytes(whole[:end])
            try:
                records = list(reader(path))
            except RecordError as error:
                assert error.offset <= end  # noqa: PT017
            else:
                assert records == PAYLOADS[: len(records)]


@pytest.mark.parametrize("compressed", [zlib.compress, lambda data: zlib.compress(data, wbits=31)])
def test_every_damage_to_a_compressed_file_is_an_error_or_none(
    tmp_path: Path, compressed: Any
) -> None:
    whole = compressed(written(tmp_path / "x", PAYLOADS[:5]).read_bytes())
    path = tmp_path / "damaged"
    cuts = [whole[:end] for end in range(1, len(whole))]
    turned = [whole[:i] + bytes([whole[i] ^ 64]) + whole[i + 1 :] for i in range(len(whole))]
    for damaged in cuts + turned:
        path.write_bytes(damaged)
        try:
            records = list(TFRecordReader(path))
        except RecordError:
            continue
        assert records == PAYLOADS[:5]


def test_the_other_framing_is_refused(tmp_path: Path) -> None:
    records = written(tmp_path / "x.tfrecord", [b"abc"])
    others = written(tmp_path / "x.rec", [b"abc"], RecordIOWriter)
    with pytest.raises(RecordError, match="no RecordIO file"):
        RecordIOReader(records)
    with pytest.raises(RecordError, match="no TFRecord file"):
        TFRecordReader(others)
    with pytest.raises(FileNotFoundError):
        TFRecordReader(tmp_path / "nothing")
    with pytest.raises(OSError, match="is a directory"):
        TFRecordReader(tmp_path)


def test_a_file_that_shrinks_is_an_error_and_no_signal(tmp_path: Path) -> None:
    program = """
        import os, sys
        from imagepipe_rs import RecordError, RecordIOReader, RecordIOWriter
        from imagepipe_rs import TFRecordReader, TFRecordWriter

        for writer, reader in ((TFRecordWriter, TFRecordReader), (RecordIOWriter, RecordIOReader)):
            path = os.path.join(sys.argv[1], writer.__name__)
            with writer(path, index=False) as file:
                for _ in range(100):
                    file.write(bytes(100_000))
            records = reader(path)
            os.truncate(path, 1000)
            try:
                records[99]
            except RecordError as error:
                assert "when it was opened" in str(error), error
            else:
                raise AssertionError("no error")
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_length_beyond_the_file_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(MAGIC + struct.pack("<I", 2**29 - 1) + bytes(100))
    with pytest.raises(RecordError, match="100 of 536870911 bytes"):
        RecordIOReader(path)
    path.write_bytes(struct.pack("<Q", 2**63) + bytes(100))
    with pytest.raises(RecordError, match="checksum of the length"):
        TFRecordReader(path)
    with pytest.raises(RecordError, match=r"its length says 9223372036854775808 bytes, .* 96 more"):
        TFRecordReader(path, check=False)


@BOTH
def test_from_many_threads_at_once(tmp_path: Path, writer: Any, reader: Any) -> None:
    payloads = [bytes([number]) * (number * 1000) + MAGIC * 3 for number in range(50)]
    records = reader(written(tmp_path / "x.rec", payloads, writer))
    wrong: list[int] = []

    def work() -> None:
        wrong.extend(number for number, record in enumerate(records) if record != payloads[number])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# --------------------------------------------------------------------------------------------------
# Example


def test_single_values_and_arrays_are_lists() -> None:
    given_values: dict[str, Any] = {
        "bytes": b"abc",
        "array of bytes": bytearray(b"abc"),
        "view": memoryview(b"abc"),
        "several": (b"a", bytearray(b"b")),
        "int": 3,
        "truth": True,
        "float": 0.5,
        "mixed": [1, 0.5],
        "range": range(3),
        "numpy int": np.int64(-4),
        "numpy float": np.float32(0.25),
        "numpy ints": np.array([1, 2], np.uint8),
        "numpy floats": np.array([1, 2], np.float64),
        "no values": [],
    }
    decoded = Example.decode(Example.encode(given_values))
    assert decoded == {
        "bytes": [b"abc"],
        "array of bytes": [b"abc"],
        "view": [b"abc"],
        "several": [b"a", b"b"],
        "int": [3],
        "truth": [1],
        "float": [0.5],
        "mixed": [1.0, 0.5],
        "range": [0, 1, 2],
        "numpy int": [-4],
        "numpy float": [0.25],
        "numpy ints": [1, 2],
        "numpy floats": [1.0, 2.0],
        "no values": [],
    }
    assert [type(value) for value in decoded["mixed"] + decoded["truth"]] == [float, float, int]


def test_an_array_without_values_keeps_its_type(tf: Any) -> None:
    kinds = {"i": "int64_list", "f": "float_list"}
    for kind, expected in kinds.items():
        data = Example.encode({"x": np.array([], kind)})
        feature = tf.train.Example.FromString(data).features.feature["x"]
        assert feature.WhichOneof("kind") == expected


def test_wrong_features() -> None:
    for wrong in ("text", ["text"], None, [None], [b"a", 1], [1, "a"], np.zeros((2, 2)), 1j, [[1]]):
        with pytest.raises(TypeError, match=r"features\['x'\]"):
            Example.encode({"x": wrong})
    with pytest.raises(TypeError, match="features=None"):
        Example.encode(None)
    with pytest.raises(TypeError, match="a feature's name 3"):
        Example.encode({3: b""})
    for wrong in (2**63, [-(2**63) - 1]):
        with pytest.raises(ValueError, match=r"features\['x'\] is not valid: integers of 64 bits"):
            Example.encode({"x": wrong})
    with pytest.raises(TypeError, match="data of type str"):
        Example.decode("x")
    with pytest.raises(RecordError, match="data: at byte 0: a field of 5 bytes") as caught:
        Example.decode(b"\x0a\x05")
    assert caught.value.offset == 0
