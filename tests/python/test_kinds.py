"""What a path is taken for, what its classes are, and what is said of all that is left out."""

from __future__ import annotations

import gzip
import io
import os
import pathlib
import shutil
import struct
import tarfile
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import (
    DatasetError,
    DatasetWarning,
    DecodeError,
    Example,
    Loader,
    RecordError,
    RecordIOWriter,
    TFRecordReader,
    TFRecordWriter,
    cli,
    create_tfrecords,
    inspection,
    pack_image,
)
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

# ---------------------------------------------------------------------------------------------
# damaged files of records


def shard(path: Path, jpeg: EncodeJpeg, count: int = 3) -> Path:
    """Write a TFRecord file, or by its name a RecordIO file."""
    if path.suffix == ".rec":
        with RecordIOWriter(path, index=False) as writer:
            for n in range(count):
                writer.write(pack_image(jpeg(seed=n), label=n))
        return path
    with TFRecordWriter(path) as writer:
        for n in range(count):
            features = {"image/encoded": jpeg(seed=n), "image/class/label": n}
            writer.write(Example.encode(features))
    return path


def hurt(path: Path, at: int) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("at", [0, 3, 7, 8, 11])
@pytest.mark.parametrize("name", ["x.tfrecord", "train-00000-of-00003", "x"])
def test_a_tfrecord_with_a_damaged_first_length_was_called_no_record_file(
    tmp_path: Path, jpeg: EncodeJpeg, name: str, at: int
) -> None:
    path = shard(tmp_path / name, jpeg)
    second = 16 + int.from_bytes(path.read_bytes()[:8], "little")
    hurt(path, at)
    for source in (path, tmp_path):
        with pytest.raises(RecordError, match=f"{name}: at byte 0: a damaged TFRecord") as caught:
            Loader(source)
        assert (caught.value.path, caught.value.offset) == (str(path), 0)
        assert "the checksum of the length does not match: 0x" in caught.value.reason
        assert f"a sound record begins at byte {second}" in caught.value.reason
    loader = Loader(path, on_error="skip", size=8, shuffle=False)
    assert [batch.labels.tolist() for batch in loader] == [[1, 2]]
    (damage,) = inspection.verify(path)["damaged"]
    assert (damage["path"], damage["record"], damage["offset"]) == (str(path), 0, 0)


@pytest.mark.parametrize("name", ["x.tfrecord", "x"])
def test_a_tfrecord_of_one_record_is_known_by_its_end(
    tmp_path: Path, jpeg: EncodeJpeg, name: str
) -> None:
    path = hurt(shard(tmp_path / name, jpeg, 1), 2)
    with pytest.raises(RecordError, match=r"damaged TFRecord file: .* its data are sound"):
        Loader(path)


@pytest.mark.parametrize("name", ["x.rec", "x"])
def test_a_damaged_recordio_file_is_named_as_such(
    tmp_path: Path, jpeg: EncodeJpeg, name: str
) -> None:
    path = hurt(shard(tmp_path / "x.rec", jpeg), 1).rename(tmp_path / name)
    with pytest.raises(RecordError, match=r"at byte 0: a damaged RecordIO file: .* begins at byte"):
        Loader(path)
    (batch,) = Loader(path, on_error="skip", size=8, shuffle=False)
    assert batch.labels.tolist() == [1, 2]


def test_a_damaged_file_among_good_ones_of_other_names_was_left_out(
    tmp_path: Path, jpeg: EncodeJpeg
) -> None:
    shard(tmp_path / "a.tfrecord", jpeg)
    hurt(shard(tmp_path / "b.tfrecord", jpeg), 5)
    with pytest.raises(RecordError, match=r"b\.tfrecord: at byte 0: a damaged TFRecord file"):
        Loader(tmp_path)
    with pytest.warns(DatasetWarning, match="several sets"):
        loader = Loader(tmp_path, on_error="skip", size=8)
    assert sum(len(batch.labels) for batch in loader) == 5


def test_noise_that_is_called_a_tfrecord_is_one_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.tfrecord"
    path.write_bytes(np.random.default_rng(1).bytes(5000))
    with pytest.raises(RecordError, match=r"a damaged TFRecord file: .*no sound record follows"):
        Loader(path)


# --------------------------------------------------------------------------------------------------
# other formats


def saved(kind: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (20, 10)).save(data, kind)
    return data.getvalue()


def tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("0.jpg"), io.BytesIO())
    return data.getvalue()


def packed() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("0.jpg", b"")
    return data.getvalue()


def array() -> bytes:
    data = io.BytesIO()
    np.save(data, np.zeros((2, 4, 4, 3), np.uint8))
    return data.getvalue()


FOREIGN: dict[str, tuple[Callable[[], bytes], str]] = {
    "TIFF": (lambda: saved("TIFF"), "a TIFF image.*convert it to PNG or JPEG"),
    "big-endian TIFF": (lambda: b"MM\0*\0\0\0\x08" + bytes(100), "a TIFF image"),
    "JPEG 2000": (lambda: saved("JPEG2000"), "a JPEG 2000 image"),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic" + bytes(100), "a HEIC image"),
    "AVIF": (lambda: b"\0\0\0\x1cftypavif" + bytes(100), "an AVIF image"),
    "JPEG XL": (lambda: b"\xff\x0a\xfa\x1f" + bytes(100), "a JPEG XL image"),
    "PSD": (lambda: b"8BPS\0\x01" + bytes(100), "a Photoshop image"),
    "PDF": (lambda: b"%PDF-1.7\n" + bytes(100), "a PDF document"),
    "ZIP": (packed, r"a ZIP archive.*unpack it, and give the directory"),
    "tar": (tar, r"a tar archive.*unpack it"),
    "npy": (array, r"a NumPy array.*TFRecordWriter"),
    "HDF5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
    "Parquet": (lambda: b"PAR1\x15\x04" + bytes(100), "a Parquet file"),
    "LMDB": (lambda: bytes(16) + struct.pack("<II", 0xBEEFC0DE, 1) + bytes(100), "an LMDB"),
    "LFS": (lambda: b"version https://git-lfs.github.com/spec/v1\noid x,y\n", "a Git LFS pointer"),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("name", ["x.tif", "x", "x.tfrecord"])
def test_what_is_known_and_not_read_was_called_a_file_of_records(
    tmp_path: Path, kind: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, what = FOREIGN[kind]
    path = tmp_path / name
    path.write_bytes(make())
    for read in (Loader, inspection.describe, inspection.verify):
        with pytest.raises(DatasetError, match=f"{name}: {what}"):
            read(path)
    assert cli.main(["verify", str(path)]) == 1
    assert "cannot be read here" in capsys.readouterr().err
    with pytest.raises(RecordError, match=f"no TFRecord file, but {what}"):
        TFRecordReader(path)


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_named_as_an_image_and_is_none_is_named(tmp_path: Path, kind: str) -> None:
    make, what = FOREIGN[kind]
    (tmp_path / "x.jpg").write_bytes(make())
    with pytest.raises(DecodeError) as caught:
        list(Loader(tmp_path))
    wrong = f"not JPEG, PNG, BMP, GIF or WebP: it is {what.split('.*')[0][:8]}"
    assert caught.value.reason.startswith(wrong)


def test_an_image_without_an_ending_is_named(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    (tmp_path / "x").write_bytes(jpeg())
    with pytest.raises(
        DatasetError, match=r"x: an image, but its name does not end like one; looked for .*jpg"
    ):
        Loader(tmp_path / "x")


def test_what_a_file_holds_is_not_shown(tmp_path: Path) -> None:
    secret = b"root:$6$hunter2:19000:0\n" + bytes(range(256))
    for name in ("x.jpg", "x.csv", "x.tfrecord", "x"):
        (tmp_path / name).write_bytes(secret)
        try:
            loader = Loader(tmp_path / name, on_error="skip")
            list(loader)
            message = loader.errors[0][2]
        except (DatasetError, RecordError) as error:
            message = str(error)
        assert "hunter2" not in message, name
        assert "root" not in message.replace(str(tmp_path), ""), name


# --------------------------------------------------------------------------------------------------
# classes


@pytest.fixture
def pets(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return three class folders, with 1 cat, 2 dogs and 3 owls."""
    counts = {"class-cat": 1, "class-dog": 2, "class-owl": 3}
    return tree(
        {f"{name}/{n}.jpg": jpeg(seed=n) for name, many in counts.items() for n in range(many)}
    )


def labels(loader: Loader) -> list[int]:
    return [label for batch in loader for label in batch.labels.tolist()]


@pytest.mark.parametrize("pattern", ["class-*", "*", "*/*.jpg", "**/*.jpg"])
def test_class_folders_matched_by_a_glob_were_all_label_0(pets: Path, pattern: str) -> None:
    with pytest.warns(DatasetWarning, match="from 3 folders") as said:
        loader = Loader(f"{pets}/{pattern}", shuffle=False, size=8)
    (note,) = said
    assert "class-cat (1), class-dog (2), class-owl (3); if they are all" in str(note.message)
    assert note.filename == __file__
    assert loader.classes == ["class-cat", "class-dog", "class-owl"]
    assert labels(loader) == [0, 1, 1, 2, 2, 2]
    named = Loader(pets, shuffle=False, size=8)
    assert labels(named) == labels(loader)
    assert next(iter(named)).paths == next(iter(loader)).paths


def test_a_list_of_class_folders_gives_their_names(pets: Path) -> None:
    folders = [pets / "class-owl", pets / "class-dog"]
    with pytest.warns(DatasetWarning, match="from 2 folders"):
        loader = Loader(folders, shuffle=False, size=8)
    assert loader.classes == ["class-dog", "class-owl"]
    assert labels(loader) == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("options", [{"labels": None}, {"classes": ["class-owl", "class-dog"]}])
def test_who_says_what_is_meant_is_not_warned(pets: Path, options: dict[str, Any]) -> None:
    loader = Loader(f"{pets}/class-[do]*", size=8, shuffle=False, **options)
    assert loader.num_samples == 5
    if "classes" in options:
        assert labels(loader) == [0, 0, 0, 1, 1]


def test_a_folder_given_twice_was_counted_twice_silently(pets: Path) -> None:
    (pets.parent / "link").symlink_to(pets)
    for paths in ([pets, f"{pets}/"], [pets, pets.parent / "link"]):
        with pytest.warns(DatasetWarning, match=f"{pets}: given more than once"):
            assert Loader(paths, labels=None).num_samples == 12
    image = f"{pets}/class-cat/0.jpg"
    with pytest.warns(DatasetWarning, match=f"{image}: given more than once"):
        assert Loader([image, image]).num_samples == 2


def test_an_empty_path_is_an_argument_that_is_not_valid() -> None:
    with pytest.raises(ValueError, match="path='' is not valid: a directory, a file"):
        Loader("")


def test_folders_of_one_name_are_one_class(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"2020/images/1.jpg": jpeg(), "2021/images/2.jpg": jpeg()})
    for path in ([folder / "2020/images", folder / "2021/images"], f"{folder}/*/images/*.jpg"):
        assert Loader(path).classes == [""]


def test_a_class_in_several_places_is_one(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    names = ["a/cat/1.jpg", "a/dog/2.jpg", "b/cat/3.jpg"]
    folder = tree({name: jpeg() for name in names})
    with pytest.warns(DatasetWarning, match=r"cat \(2\), dog \(1\)"):
        loader = Loader(f"{folder}/*/*/*.jpg", shuffle=False, size=8)
    assert labels(loader) == [0, 0, 1]
    with pytest.warns(DatasetWarning, match=r"the folders in the 2 that were given \(cat, dog\)"):
        merged = Loader([folder / "a", folder / "b"], shuffle=False, size=8)
    assert (merged.classes, labels(merged)) == (["cat", "dog"], [0, 0, 1])


@pytest.mark.parametrize(
    "clutter",
    ["__MACOSX", ".ipynb_checkpoints", "@eaDir", "lost+found", "class-cat/@eaDir", ".hidden"],
)
def test_folders_of_other_programs_became_classes(
    pets: Path, jpeg: EncodeJpeg, clutter: str
) -> None:
    for name in ("thumb.jpg", "deeper/thumb.jpg"):
        path = pets / clutter / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg())
    loader = Loader(pets)
    assert (loader.num_samples, len(loader.classes)) == (6, 3)
    create_tfrecords(pets, pets.parent / "out", "x")
    assert len(TFRecordReader(pets.parent / "out" / "x0")) == 6
    for pattern in ("*", "*/*.jpg"):
        with pytest.warns(DatasetWarning, match="from 3 folders"):
            assert Loader(f"{pets}/{pattern}").num_samples == 6


@pytest.mark.parametrize("as_list", [False, True])
def test_an_empty_folder_among_several_was_an_error(pets: Path, *, as_list: bool) -> None:
    (pets / "class-x").mkdir()
    given = sorted(pets.iterdir()) if as_list else f"{pets}/class-*"
    classes = ["class-cat", "class-dog", "class-owl"]
    with pytest.warns(DatasetWarning) as told:
        assert Loader(given).classes == classes
    notes = [str(one.message) for one in told]
    assert "1 folder has no images and is not a class: class-x" in notes
    assert Loader(given, classes=["class-x", "class-dog"]).class_counts == [0, 2]
    with pytest.raises(DatasetError, match="class-x: no images in it or below it"):
        Loader(pets / "class-x")
    for name in ("class-cat", "class-owl"):
        shutil.rmtree(pets / name)
    given = sorted(pets.iterdir()) if as_list else given
    with pytest.warns(DatasetWarning):
        assert Loader(given).classes == ["class-dog"]


@pytest.mark.parametrize("as_list", [False, True])
def test_folders_below_those_that_were_given_became_classes_without_a_word(
    tree: MakeTree, jpeg: EncodeJpeg, *, as_list: bool
) -> None:
    folder = tree({f"{a}/{b}/1.jpg": jpeg() for a in ("cat", "dog") for b in ("day", "night")})
    given = sorted(folder.iterdir()) if as_list else f"{folder}/*"
    said = (
        r"the folders in the 2 that were given \(day, night\), not the given .* \(cat, dog\): "
        "for the latter, give /"
    )
    with pytest.warns(DatasetWarning, match=said):
        assert Loader(given).classes == ["day", "night"]
    assert Loader(folder).classes == ["cat", "dog"]
    assert Loader(given, classes=["day", "night"]).classes == ["day", "night"]


def test_empty_folders_became_classes(pets: Path) -> None:
    (pets / "class-bat" / "deeper").mkdir(parents=True)
    (pets / "class-emu").mkdir()
    (pets / "class-emu" / "boxes.txt").write_text("")
    with pytest.warns(
        DatasetWarning, match=r"2 folders have no images and are not classes: .*bat, .*emu"
    ):
        loader = Loader(pets, shuffle=False, size=8)
    assert loader.classes == ["class-cat", "class-dog", "class-owl"]
    assert labels(loader) == [0, 1, 1, 2, 2, 2]
    with pytest.warns(DatasetWarning, match="2 folders have no images"):
        create_tfrecords(pets, pets.parent / "out", "x", metadata=True)
    assert sorted(labels(Loader(pets.parent / "out", size=8))) == [0, 1, 1, 2, 2, 2]
    every = ["class-bat", "class-cat", "class-dog", "class-owl"]
    loader = Loader(pets, classes=every, shuffle=False, size=8)
    assert (loader.classes, labels(loader)) == (every, [1, 2, 2, 3, 3, 3])


# --------------------------------------------------------------------------------------------------
# what was left out


def litter(pets: Path) -> None:
    """Put files into a data set that are not read, and some that nobody expects to be."""
    for name in ("class-cat/a.tif", "class-dog/b.TIF", "class-dog/c.tif", "class-owl/d.heic"):
        (pets / name).write_bytes(b"")
    for name in ("class-owl/IMG_1", "loose.zip", "class-owl/.hidden.tif", "__MACOSX/x.tif"):
        (pets / name).parent.mkdir(exist_ok=True)
        (pets / name).write_bytes(b"")
    for name in ("labels.csv", "README", "class-dog/1.txt", "class-dog/1.xml", "Thumbs.db"):
        (pets / name).write_text("")


def test_what_a_scan_left_out_was_not_said(pets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspection.describe(pets)["notes"] == []
    litter(pets)
    notes = set()
    for workers in (1, 2, 5):
        with pytest.warns(DatasetWarning) as said:
            loader = Loader(pets, workers=workers)
        assert loader.num_samples == 6
        (note,) = said
        notes.add(str(note.message))
        assert note.filename == __file__
    (note,) = notes
    assert note.startswith(
        "6 files were left out "
        "because their names do not end in .jpg, .png or another image ending: "
        f"3 *.tif ({pets}/class-cat/a.tif, {pets}/class-dog/b.TIF, ...), 1 "
    )
    assert f"1 *.heic ({pets}/class-owl/d.heic)" in note
    assert f"1 *.zip ({pets}/loose.zip)" in note
    assert f"1 without an ending ({pets}/class-owl/IMG_1)" in note
    # The command line says the same, as lines.
    assert inspection.describe(pets)["notes"] == inspection.verify(pets)["notes"] == [note]
    for command in ("inspect", "verify"):
        assert cli.main([command, str(pets)]) == 0
        assert note in capsys.readouterr().out.splitlines()
    assert cli.main(["verify", str(pets), "--quiet"]) == 0
    assert cli.main(["bench", str(pets), "--batches", "1", "--quiet"]) == 0
    assert cli.main(["create-tfrecords", str(pets), str(pets.parent / "1"), "x", "--quiet"]) == 0
    assert note not in "".join(capsys.readouterr())
    assert cli.main(["create-tfrecords", str(pets), str(pets.parent / "2"), "x"]) == 0
    captured = capsys.readouterr()
    assert captured.err.splitlines()[-1].endswith(f": {note}")


@pytest.mark.parametrize("options", [{}, {"labels": None}, {"classes": ["class-cat", "class-dog"]}])
def test_one_loose_image_beside_class_folders_was_an_error(
    pets: Path, jpeg: EncodeJpeg, options: dict[str, Any]
) -> None:
    (pets / "preview.jpg").write_bytes(jpeg())
    said = (
        f"1 image was left out because it lies beside the class folders: {pets}/preview.jpg; move"
    )
    with pytest.warns(DatasetWarning, match=said):
        loader = Loader(pets, size=8, shuffle=False, **options)
    paths = [path for batch in loader for path in batch.paths]
    assert len(paths) == (3 if "classes" in options else 6)
    assert str(pets / "preview.jpg") not in paths
    (pets / "a.png").write_bytes(b"")
    (note,) = inspection.verify(pets)["notes"]
    assert note.startswith(
        f"2 images were left out because they lie beside the class folders: {pets}/a.png, "
    )
    with pytest.warns(DatasetWarning, match="2 images were left out"):
        written = create_tfrecords(pets, pets.parent / "out", "x")
    assert written.records == 6


def test_loose_images_alone_are_the_data_set(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"1.jpg": jpeg(), "notes/readme.txt": b"", "2.jpg": jpeg()})
    assert Loader(folder).num_samples == 2
    layered = folder.parent / "layered"
    (layered / "a").mkdir(parents=True)
    (layered / "a" / "1.jpg").write_bytes(jpeg())
    with pytest.raises(DatasetError, match="give one kind"):
        Loader([folder, layered])


@pytest.mark.parametrize(
    ("keys", "said"),
    [({"image": "img"}, '{"image": "img"}'), ({"label": None}, '{"label": None}')],
)
def test_names_of_features_of_files_that_have_none_were_ignored(
    pets: Path, keys: dict[str, str | None], said: str
) -> None:
    table = pets / "list.csv"
    table.write_text("filename,class\nclass-cat/0.jpg,cat\n")
    for path in (pets, pets / "class-cat" / "0.jpg", table):
        with pytest.raises(ValueError, match=rf"^keys={said} is not valid: only with TFRecords"):
            Loader(path, keys=keys)
        assert Loader(path, keys={"image": "image/encoded"}).num_samples


def test_what_is_named_as_an_image_and_is_no_file_was_left_out_silently(pets: Path) -> None:
    os.mkfifo(pets / "class-cat" / "pipe.jpg")
    (pets / "class-cat" / "link.jpg").symlink_to("pipe.jpg")
    (pets / "class-dog" / "null.png").symlink_to("/dev/null")
    said = (
        f"3 files named as images were left out .* sockets or devices: {pets}/class-cat/link.jpg, "
    )
    with pytest.warns(DatasetWarning, match=said):
        assert Loader(pets).num_samples == 6


def test_a_folder_of_nothing_but_other_formats_says_which(tree: MakeTree) -> None:
    folder = tree({"a/1.tif": b"II*\0", "a/2.tif": b"II*\0", "b/3.tif": b"II*\0"})
    with pytest.raises(
        DatasetError, match=r"no images in it .*; there are 3 \*\.tif \(\S*a/1\.tif"
    ):
        Loader(folder)


def test_what_lies_among_records_and_is_none_is_said(tmp_path: Path, jpeg: EncodeJpeg) -> None:
    shard(tmp_path / "x.tfrecord", jpeg)
    (tmp_path / "odd.bin").write_bytes(b"not a record")
    (tmp_path / "notes.txt").write_text("no record either")
    with pytest.warns(DatasetWarning, match=r"1 file was left out.*1 \*\.bin \(\S*odd\.bin\)"):
        assert Loader(tmp_path).num_samples == 3


def test_a_data_set_in_order_warns_of_nothing(photos: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Loader(photos).num_samples == 60


# -------------------------------------------------------------------------------------------
# compressed files


@pytest.mark.parametrize("name", ["labels.csv.gz", "meta.json.gz", "NOTES", "half.gz"])
def test_a_compressed_file_beside_class_folders_made_them_unreadable(pets: Path, name: str) -> None:
    data = {"NOTES": b"x\x9cis no zlib stream", "half.gz": b"\x1f\x8b\x08"}
    (pets / name).write_bytes(data.get(name, gzip.compress(b"filename,class\n")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DatasetWarning)
        assert Loader(pets).num_samples == 6


def test_a_compressed_file_of_no_records_is_said_before_it_is_inflated(tmp_path: Path) -> None:
    path = tmp_path / "zeros.gz"
    path.write_bytes(gzip.compress(bytes(10_000)))
    with pytest.raises(DatasetError, match=r"zeros\.gz: a compressed file that holds no TFRecords"):
        Loader(path)


# --------------------------------------------------------------------------------------------------
# remote paths


@pytest.mark.parametrize(
    "path",
    [
        "gs://bucket/train",
        "s3://bucket/*.tfrecord",
        ["https://host/a"],
        pathlib.Path("gs://bucket/train"),
    ],
)
def test_a_remote_path_is_called_so(path: str | pathlib.Path | list[str]) -> None:
    with pytest.raises(FileNotFoundError, match="remote ones are not read; mount it, or copy"):
        Loader(path)


def test_a_directory_may_be_called_like_an_address(
    tree: MakeTree, jpeg: EncodeJpeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree({"s3:/pets/x.jpg": jpeg()}))
    assert Loader("s3://pets").num_samples == 1
