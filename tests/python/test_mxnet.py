"""RecordIO with the real MXNet, in an environment of its own: ``make test-mxnet``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imagepipe_rs import (
    Loader,
    RecordIOReader,
    RecordIOWriter,
    create_recordio,
    pack_image,
    unpack_image,
)

with warnings.catch_warnings():
    # The last MXNet there was is older than the libraries it stands on.
    warnings.simplefilter("ignore")
    mxnet = pytest.importorskip("mxnet")

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg

pytestmark = [pytest.mark.mxnet, pytest.mark.filterwarnings("ignore")]

MAGIC = (0xCED7230A).to_bytes(4, "little")
PAYLOADS = [b"", b"abc", MAGIC, 3 * MAGIC, b"wxyz" + MAGIC + b"tail!", b"x" + MAGIC, bytes(1000)]


@pytest.fixture
def images(tmp_path: Path, jpeg: EncodeJpeg) -> Path:
    """Return a class directory of 12 images whose names have numbers."""
    for n in range(12):
        file = tmp_path / "images" / f"class-{n % 3}" / f"{n}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(60 + n, 50, seed=n))
    return tmp_path / "images"


def test_mxnet_reads_what_is_converted(images: Path, tmp_path: Path) -> None:
    create_recordio(images, tmp_path / "out", "x", 5)
    found = {}
    for n in range(3):
        files = [str(tmp_path / "out" / f"x{n}.{ending}") for ending in ("idx", "rec")]
        reader = mxnet.recordio.MXIndexedRecordIO(*files, "r")
        for key in reader.keys:
            header, data = mxnet.recordio.unpack(reader.read_idx(key))
            assert header.id == key
            found[key] = (header.label, data)
    assert found == {
        n: (n % 3, (images / f"class-{n % 3}" / f"{n}.jpg").read_bytes()) for n in range(12)
    }


def test_mxnet_trains_on_what_is_converted(images: Path, tmp_path: Path) -> None:
    create_recordio(images, tmp_path / "out", "x")
    batches = mxnet.io.ImageRecordIter(
        path_imgrec=str(tmp_path / "out" / "x0.rec"),
        data_shape=(3, 48, 48),
        batch_size=4,
        resize=48,
    )
    labels = np.concatenate([batch.label[0].asnumpy() for batch in batches])
    assert sorted(labels) == sorted(n % 3 for n in range(12))


def test_files_are_equal_byte_for_byte(tmp_path: Path) -> None:
    theirs = mxnet.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    with RecordIOWriter(tmp_path / "b.rec") as ours:
        for n, payload in enumerate(PAYLOADS):
            theirs.write_idx(3 * n, payload)
            ours.write(payload, key=3 * n)
    theirs.close()
    for ending in ("rec", "idx"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    reader = RecordIOReader(tmp_path / "a.rec")
    assert list(reader) == PAYLOADS


@pytest.mark.parametrize("label", [3.0, [1.5, -2.0, 7.0]])
def test_image_headers_are_equal(label: float | list[float]) -> None:
    theirs = mxnet.recordio.pack(mxnet.recordio.IRHeader(0, label, 17, 5), b"image")
    assert pack_image(b"image", label, id=17, id2=5) == theirs
    record = unpack_image(theirs)
    assert (record.id, record.id2, record.data) == (17, 5, b"image")
    np.testing.assert_array_equal(record.label, label)


def test_a_loader_reads_what_mxnet_packs(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    writer = mxnet.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), str(tmp_path / "a.rec"), "w")
    for n in range(6):
        header = mxnet.recordio.IRHeader(0, float(n % 2), n, 0)
        writer.write_idx(n, mxnet.recordio.pack(header, jpeg(seed=n)))
    writer.close()
    images, labels = next(iter(Loader(tmp_path / "a.rec", batch_size=6, size=32, shuffle=False)))
    assert images.shape == (6, 32, 32, 3)
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]
