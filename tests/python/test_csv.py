"""The Loader over a CSV of pictures and their classes."""

from __future__ import annotations

import itertools
import os
import re
import stat
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import (
    DatasetError,
    DatasetWarning,
    Image2TFRecords,
    Loader,
    cli,
    create_recordio,
    create_tensor_records,
    create_tfrecords,
    inspection,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree


def pictures(jpeg: EncodeJpeg, count: int = 12) -> dict[str, bytes]:
    return {f"pics/{i}.jpg": jpeg(40 + i, 30, seed=i) for i in range(count)}


@pytest.fixture
def folder(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of twelve pictures in `pics`."""
    return tree(pictures(jpeg))


def table(folder: Path, text: str, name: str = "all.csv") -> Path:
    path = folder / name
    path.write_text(text, errors="surrogateescape")
    return path


def rows(classes: str = "ab", count: int = 12) -> str:
    lines = [f"pics/{i}.jpg,{classes[i % len(classes)]}\n" for i in range(count)]
    return "filename,class\n" + "".join(lines)


def test_samples_are_the_rows_in_their_order(folder: Path) -> None:
    path = table(folder, "filename,class\npics/7.jpg,dog\npics/2.jpg,cat\npics/11.jpg,dog\n")
    loader = Loader(path, size=16, shuffle=False)
    (batch,) = loader
    assert (loader.classes, loader.num_samples) == (["cat", "dog"], 3)
    assert batch.labels.tolist() == [1, 0, 1]
    assert batch.paths == [f"{folder}/pics/{i}.jpg" for i in (7, 2, 11)]
    (files,) = Loader(folder / "pics", size=16, shuffle=False)
    order = [files.paths.index(path) for path in batch.paths]
    assert np.array_equal(batch.images, files.images[order])


def test_whole_numbers_are_the_labels_themselves(folder: Path) -> None:
    labels = [10, 2, 0, 1, 9, 3, 4, 5, 6, 7, 8, 11]
    text = "".join(f"pics/{i}.jpg, {label}\n" for i, label in enumerate(labels))
    loader = Loader(table(folder, "filename,class\n" + text), size=8, shuffle=False)
    (batch,) = loader
    assert loader.classes == [str(i) for i in range(12)]
    assert batch.labels.tolist() == labels


def test_whole_numbers_may_leave_some_out(folder: Path) -> None:
    text = "filename,class\npics/0.jpg,5\npics/1.jpg,010\npics/2.jpg,7.0\npics/3.jpg,10\n"
    path = table(folder, text)
    loader = Loader(path, size=8, shuffle=False)
    assert loader.classes == [str(i) for i in range(11)]
    assert next(iter(loader)).labels.tolist() == [5, 10, 7, 10]
    (batch,) = itertools.islice(Loader(path, sampling="balanced", batch_size=60, size=4), 1)
    assert set(batch.labels.tolist()) == {5, 7, 10}
    (batch,) = Loader(path, classes=["10", "5"], size=8, shuffle=False)
    assert batch.labels.tolist() == [1, 0, 0]
    # One name among them, and they are names all.
    names = Loader(table(folder, f"{text}pics/4.jpg,x\n"), size=8, shuffle=False)
    assert names.classes == ["010", "10", "5", "7.0", "x"]


def readers(folder: Path, out: Path) -> list[Callable[[Path], object]]:
    """Return what reads a table, whatever it is for."""
    return [
        Loader,
        inspection.describe,
        inspection.verify,
        lambda path: create_tfrecords(path, out, "x"),
        lambda path: create_recordio(path, out, "x"),
        lambda path: create_tensor_records(path, out),
        lambda path: create_tfrecords(folder, out, "x", labels=path),
    ]


@pytest.mark.parametrize("wrong", ["-1", "+1", "3.5", "NaN", "-1.0"])
def test_a_number_that_is_no_label_made_names_of_all_classes(folder: Path, wrong: str) -> None:
    classes = ["0", wrong, "2", "10"]
    lines = [f"pics/{i}.jpg,{name}\n" for i, name in enumerate(classes)]
    path, out = table(folder, "filename,class\n" + "".join(lines)), folder.parent / "out"
    for read in readers(folder, out):
        with pytest.raises(
            DatasetError, match=rf'all\.csv: line 3: the class is "{re.escape(wrong)}"'
        ):
            read(path)
    # Where nobody asks for labels, or the classes are named, nothing can be mistaken.
    assert Loader(path, labels=None).num_samples == 4
    (batch,) = Loader(path, classes=["0", "2", "10"], size=8, shuffle=False)
    assert batch.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("create", [create_tfrecords, create_recordio])
@pytest.mark.parametrize(
    "text",
    [
        "filename,width,class\npics/0.jpg,640,b\npics/1.jpg,480,a\n",
        "class,filename\nb,pics/0.jpg\na,pics/1.jpg\n",
        "image,label\npics/0.jpg,b\npics/1.jpg,a\n",
        "filename,class\npics/0.jpg,5\npics/1.jpg,10\npics/2.jpg,7\n",
        "filename,class\npics/0.jpg,1.0\npics/1.jpg,2.0\npics/2.jpg,10.0\n",
        "filename,class\npics/0.jpg,01\npics/1.jpg,1\npics/2.jpg,0\n",
    ],
)
def test_records_made_from_a_table_have_its_labels(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, create: Any, text: str
) -> None:
    path, out = table(folder, text), tmp_path_factory.mktemp("records")
    create(path, out, "x")
    loaders = [Loader(source, size=8, shuffle=False) for source in (path, out)]
    batches = [next(iter(loader)) for loader in loaders]
    assert batches[0].labels.tolist() == batches[1].labels.tolist()
    assert np.array_equal(batches[0].images, batches[1].images)


def test_one_file_in_two_tables_is_there_twice(folder: Path) -> None:
    first = table(folder, "filename,class\npics/0.jpg,b\n", "1.csv")
    second = table(folder / "pics", "filename,class\n0.jpg,b\n", "2.csv")
    with pytest.raises(
        DatasetError, match=r'2\.csv: line 2: "0\.jpg" was listed before, in \S*1\.csv, line 2'
    ):
        Loader([first, second])


def test_file_names_need_not_be_text(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"\udcff.jpg": jpeg(seed=1), "2.jpg": jpeg(seed=2)})
    path = table(folder, "filename,class\n\udcff.jpg,a\n2.jpg,b\n")
    create_tfrecords(path, folder / "out", "x")
    batches = [next(iter(Loader(p, size=8, shuffle=False))) for p in (path, folder / "out")]
    assert batches[0].paths[0] == f"{folder}/\udcff.jpg"
    assert np.array_equal(batches[0].images, batches[1].images)


@pytest.mark.parametrize(
    "text",
    [
        "class,note,filename\na,x,pics/0.jpg\nb,y,pics/1.jpg\n",
        "image,label\npics/0.jpg,a\npics/1.jpg,b\n",
        pytest.param(
            "filename,label,class_id\npics/0.jpg,a,7\npics/1.jpg,b,5\n",
            marks=pytest.mark.filterwarnings("ignore:.*are taken from the first two columns"),
        ),
        " Filename , CLASS \n pics/0.jpg , a \n\tpics/1.jpg\t,\tb\n",
        "filename,class\r\npics/0.jpg,a\r\n\r\npics/1.jpg,b",
        '"filename","class"\n"pics/0.jpg","a"\n"pics/1.jpg","b"\n',
        "\N{ZERO WIDTH NO-BREAK SPACE}filename,class\npics/0.jpg,a\npics/1.jpg,b\n",
    ],
)
def test_ways_to_write_the_same(folder: Path, text: str) -> None:
    loader = Loader(table(folder, text), size=8, shuffle=False)
    (batch,) = loader
    assert loader.classes == ["a", "b"]
    assert [os.path.basename(path) for path in batch.paths] == ["0.jpg", "1.jpg"]  # noqa: PTH119
    assert batch.labels.tolist() == [0, 1]


def test_names_may_hold_anything(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({'ä, b/ü"1.jpg': jpeg(), "2.jpg": jpeg()})
    absolute = folder / "2.jpg"
    text = f'filename,class\n"ä, b/ü""1.jpg",größe\n{absolute},"a,b"\n'
    loader = Loader(table(folder, text, "x"), size=8, shuffle=False, allow_outside=True)
    assert loader.classes == ["a,b", "größe"]
    assert next(iter(loader)).paths == [f'{folder}/ä, b/ü"1.jpg', str(absolute)]


def test_several_tables_are_one(folder: Path, tree: MakeTree) -> None:
    del tree
    first = table(folder, "filename,class\npics/0.jpg,b\npics/1.jpg,a\n", "1.csv")
    second = table(folder / "pics", "filename,class\n2.jpg,c\n3.jpg,a\n", "2.csv")
    (batch,) = Loader([first, second], size=8, shuffle=False)
    assert batch.labels.tolist() == [1, 0, 2, 0]
    assert batch.paths == [f"{folder}/pics/{i}.jpg" for i in range(4)]


def test_classes_limit_and_split_choose_rows(folder: Path) -> None:
    path = table(folder, rows("abc"))
    (batch,) = Loader(path, classes=["c", "a"], size=8, shuffle=False)
    assert batch.labels.tolist() == [1, 0] * 4
    (batch,) = Loader(path, classes=["c"], limit=2, size=8, shuffle=False)
    assert [name[-5:] for name in batch.paths] == ["2.jpg", "5.jpg"]
    sides = [
        {name for batch in Loader(path, split=(side, 0.5), size=8) for name in batch.paths}
        for side in ("train", "validation")
    ]
    assert len(sides[0]) + len(sides[1]) == 12
    assert all(sides)
    # A row less moves one other of its class at most.
    less = table(folder, rows("abc", 11))
    side = {name for batch in Loader(less, split=("train", 0.5), size=8) for name in batch.paths}
    moved = side ^ (sides[0] - {f"{folder}/pics/11.jpg"})
    assert moved <= {f"{folder}/pics/{number}.jpg" for number in (2, 5, 8)}
    assert len(moved) <= 1
    with pytest.raises(ValueError, match='classes="z" is not valid: the classes found: a, b, c'):
        Loader(path, classes=["z"])


def test_sampling_and_weights_go_by_rows(folder: Path) -> None:
    path = table(folder, rows("aaaaab"))
    (batch, *_) = itertools.islice(Loader(path, sampling="balanced", batch_size=400, size=4), 1)
    assert 140 < batch.labels.sum() < 260
    assert set(batch.indices[batch.labels == 1].tolist()) == {5, 11}
    weights = [0.0] * 7 + [1.0] + [0.0] * 4
    (batch,) = itertools.islice(Loader(path, weights=weights, batch_size=9, size=4), 1)
    assert set(batch.indices.tolist()) == {7}


def test_seeds_and_workers(folder: Path) -> None:
    path = table(folder, rows())

    def drawn(**options: Any) -> list[bytes]:
        loader = Loader(path, batch_size=5, size=8, fit="random_crop", **options)
        return [batch.images.tobytes() for batch in loader]

    assert drawn(workers=1) == drawn(workers=6)
    assert drawn(seed=1) != drawn(seed=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty: a first line that names the columns is needed"),
        (
            "pics/0.jpg,a\n",
            'line 1: "pics/0.jpg" is a file, where the first line names the columns',
        ),
        ("filename\npics/0.jpg\n", "line 1: two columns are needed, with a header"),
        (
            "filename,class\npics/0.jpg,1\npics/1.jpg,65536\n",
            "line 3: a label of 65536 or more for 2",
        ),
        ("filename,class\n", "no rows under its header"),
        ("filename,class\npics/0.jpg,a\npics/77.jpg,a\n", 'line 3: "pics/77.jpg": No such file'),
        ("filename,class\npics,a\n", 'line 2: "pics": is a directory'),
        ("filename,class\npics/0.jpg,\n", 'line 2: nothing under "class"'),
        ("filename,class\n\n\n ,a\n", 'line 4: nothing under "filename"'),
        ("filename,class\npics/0.jpg\n", "line 2: 1 cell, where the first line has 2"),
        (
            "filename,class\npics/0.jpg,a\npics/1.jpg,a\npics/0.jpg,b\n",
            r'line 4: "pics/0.jpg" was listed before, in line 2',
        ),
        (
            "filename,class\npics/0.jpg,a\n./pics//0.jpg,b\n",
            r'line 3: "./pics//0.jpg" was listed before, in line 2',
        ),
        ("filename,class\npics/0.jpg,a\npics/1.jpg,gr\udcf6\udcdfe\n", "line 3: not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(folder: Path, text: str, message: str) -> None:
    path = table(folder, text)
    with pytest.raises(DatasetError, match=rf"all\.csv: .*{message}") as info:
        Loader(path)
    assert info.value.path == str(path)


def test_the_wrong_columns_were_taken_without_a_word(folder: Path) -> None:
    path = table(folder, "image_id,path,label\n0,pics/0.jpg,a\n1,pics/1.jpg,b\n")
    said = (
        'No such file or directory.*first two columns, "image_id" and "path".*'
        '"filename" and "class"'
    )
    for read in (Loader, lambda path: create_tfrecords(path, folder.parent / "out", "x")):
        with pytest.raises(DatasetError, match=f"(?s){said}") as info:
            read(path)
        assert "os error" not in str(info.value)
    path = table(folder, "image,age,label\npics/0.jpg,33,a\npics/1.jpg,41,b\n")
    out = folder.parent / "out"
    said = (
        'all.csv: files and classes are .* columns, "image" and "age": to choose others, call them'
    )
    for read in (
        Loader,
        lambda path: create_tfrecords(path, out, "x"),
        lambda path: create_tfrecords(folder, out, "y", labels=path),
        lambda path: Image2TFRecords(folder, path).create_tfrecords(out / "split"),
    ):
        with pytest.warns(DatasetWarning, match=said):
            read(path)
    assert re.search(said, inspection.verify(path)["notes"][0])
    with pytest.raises(DatasetError, match=r'all\.csv: line 1: two columns are called "class"'):
        Loader(table(folder, "class,class\npics/0.jpg,a\n"))
    labels_first = table(folder, "label,image\na,pics/0.jpg\na,pics/1.jpg\n")
    said = (
        r'line 3: "a" was listed before, in line 2; .* "label" and "image": .*'
        '"filename" and "class"'
    )
    with pytest.raises(DatasetError, match=said):
        Loader(labels_first)
    with pytest.raises(DatasetError) as info:
        Loader(table(folder, "filename,class\npics\\0.jpg,a\n"))
    assert str(info.value).endswith("directory; folders are separated by /, not by a backslash")


def test_nothing_is_left(folder: Path) -> None:
    with pytest.raises(DatasetError, match="limit=0 leaves no samples"):
        Loader(table(folder, rows()), limit=0)


def test_a_picture_that_goes_away_later_is_named(folder: Path) -> None:
    loader = Loader(table(folder, rows()), size=8, on_error="skip")
    (folder / "pics" / "4.jpg").unlink()
    assert sum(len(batch.labels) for batch in loader) == 11
    ((path, offset, reason),) = loader.errors
    assert (path, offset) == (f"{folder}/pics/4.jpg", None)
    assert "No such file" in reason


def test_a_picture_that_is_not_there_ended_what_leaves_bad_ones_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(folder, rows() + "pics/77.jpg,a\n")
    (folder / "pics" / "4.jpg").write_bytes(b"")
    missing = f"{folder}/pics/77.jpg"
    loader = Loader(path, size=8, on_error="skip")
    assert loader.class_counts == [7, 6]
    assert sum(len(batch.labels) for batch in loader) == 11
    assert sorted(path for path, *_ in loader.errors) == [f"{folder}/pics/4.jpg", missing]
    assert sum(len(batch.labels) for batch in Loader(path, size=8, on_error="replace")) == 13
    found = inspection.verify(path)
    assert (found["samples"], [one["path"] for one in found["damaged"]][1:]) == (13, [missing])
    assert inspection.describe(path)["unreadable"][1]["path"] == missing
    assert inspection.record(path, 0)["path"] == f"{folder}/pics/0.jpg"
    assert cli.main(["show", str(path), "-o", str(folder / "sheet.png")]) == 0
    assert cli.main(["verify", str(path)]) == 1
    assert f"{missing}: No such file" in capsys.readouterr().out
    with pytest.raises(DatasetError, match=r'all\.csv: line 14: "pics/77\.jpg": No such file'):
        Loader(path)
    # Where none is there, it is another directory that was meant.
    path = table(folder / "pics", rows())
    for read in (lambda: Loader(path, on_error="skip"), lambda: inspection.verify(path)):
        with pytest.raises(DatasetError, match=r'all\.csv: line 2: "pics/0\.jpg": No such file'):
            read()


def test_the_fingerprint_tells_tables_apart(folder: Path) -> None:
    prints = [Loader(table(folder, rows(classes))).fingerprint for classes in ("ab", "ab", "ba")]
    assert prints[0] == prints[1] != prints[2]


# --------------------------------------------------------------------------------------------------
# separators


@pytest.mark.parametrize(
    "text",
    [
        "filename;class\npics/0.jpg;a\npics/1.jpg;b\n",
        "filename\tclass\npics/0.jpg\ta\npics/1.jpg\tb\n",
        "sep=;\nfilename;class\npics/0.jpg;a\npics/1.jpg;b\n",
        "\N{ZERO WIDTH NO-BREAK SPACE}sep=;\r\nimage;label\r\npics/0.jpg;a\r\npics/1.jpg;b\r\n",
        "filename;class;size, area\npics/0.jpg;a;1,5\npics/1.jpg;b;2\n",
    ],
)
@pytest.mark.parametrize("name", ["all.csv", "all"])
def test_semicolons_and_tabs_separate_as_commas_do(folder: Path, text: str, name: str) -> None:
    path = table(folder, text, name)
    loader = Loader(path, size=8, shuffle=False)
    assert loader.classes == ["a", "b"]
    assert next(iter(loader)).paths == [f"{folder}/pics/{i}.jpg" for i in (0, 1)]
    assert create_tfrecords(path, folder / "out", "x").records == 2
    assert inspection.describe(path)["classes"] == [
        {"name": "a", "samples": 1},
        {"name": "b", "samples": 1},
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("image;path,label", 'it has both commas and semicolons, .* "sep=," or "sep=;"'),
        ("filename|class", r'separated by commas, semicolons or tabs, where it has "\|"'),
    ],
)
def test_a_separator_that_is_not_sure_is_named(folder: Path, header: str, message: str) -> None:
    path = table(folder, f"{header}\npics/0.jpg,a\n")
    for read in (Loader, lambda path: create_tfrecords(path, folder / "out", "x")):
        with pytest.raises(DatasetError, match=f"line 1: .*{message}"):
            read(path)


# ------------------------------------------------------------------------------------ where the
# files are that it names


def outside(folder: Path, jpeg: EncodeJpeg, name: str) -> Path:
    """Write a table in `folder` that names a picture outside of it, which nobody may open."""
    secret = folder.parent / "secret.jpg"
    secret.write_bytes(jpeg())
    secret.chmod(0)
    name = name.replace("ABSOLUTE", str(secret))
    return table(folder, f"filename,class\npics/0.jpg,a\n{name},b\n")


NAMES = ["ABSOLUTE", "../secret.jpg", "pics/../../secret.jpg", "./pics/.././../secret.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_does_not_lead_out_of_its_directory(
    folder: Path, jpeg: EncodeJpeg, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = outside(folder, jpeg, name), folder.parent / "out"
    by_split = lambda path: Image2TFRecords(folder, path).create_tfrecords(out)  # noqa: E731
    for read in [*readers(folder, out), by_split]:
        with pytest.raises(DatasetError, match=r"all\.csv: line 3: .* unless allow_outside=True"):
            read(path)
    for command in (["inspect"], ["verify"], ["bench"], ["show", "-o", str(out) + ".png"]):
        assert cli.main([*command, str(path)]) == 1
        assert "unless --allow-outside" in capsys.readouterr().err
    assert cli.main(["create-tfrecords", str(path), str(out), "x"]) == 1
    assert "unless --allow-outside" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings(r"ignore:(?s).*keyed by their running number")
def test_a_table_may_be_allowed_to_lead_out(folder: Path, jpeg: EncodeJpeg, name: str) -> None:
    path = outside(folder, jpeg, name)
    (folder.parent / "secret.jpg").chmod(stat.S_IRUSR | stat.S_IWUSR)
    options: dict[str, Any] = {"allow_outside": True}
    out = folder.parent / "out"
    (batch,) = Loader(path, size=8, shuffle=False, **options)
    assert batch.labels.tolist() == [0, 1]
    assert inspection.verify(path, **options)["damaged"] == []
    written = [
        create_tfrecords(path, out / "1", "x", **options),
        create_recordio(path, out / "2", "x", **options),
        create_tensor_records(path, out / "3", **options),
        create_tfrecords(folder, out / "4", "x", labels=path, **options),
        Image2TFRecords(folder, path, **options).create_tfrecords(out / "5"),
    ]
    assert [made.records for made in written] == [2] * 5
    assert cli.main(["verify", str(path), "--allow-outside", "--quiet"]) == 0


def test_up_and_down_again_is_inside(folder: Path) -> None:
    text = "filename,class\npics/../pics/0.jpg,a\n./pics/./1.jpg,b\n"
    assert Loader(table(folder, text)).num_samples == 2


def test_a_name_in_a_table_is_one_short_line_of_a_message(folder: Path) -> None:
    name = "x\x1b[2J" + 5000 * "y"
    with pytest.raises(DatasetError, match="line 2") as caught:
        Loader(table(folder, f"filename,class\n{name},a\n"))
    message = str(caught.value)
    assert "\x1b" not in message
    assert len(message) < 500


def test_a_quoted_name_with_blanks_was_another_file(folder: Path, jpeg: EncodeJpeg) -> None:
    (folder / "pics" / " 0.jpg").write_bytes(jpeg())
    path = table(folder / "pics", 'filename,class\n" 0.jpg"," 1 "\n 0.jpg , 0 \n')
    loader = Loader(path, size=16, shuffle=False)
    assert loader.paths == [f"{folder}/pics/ 0.jpg", f"{folder}/pics/0.jpg"]
    assert loader.classes == ["0", "1"], "numbers are labels, blanks or not"
    table(folder / "pics", 'filename,class\n0.jpg," a"\n1.jpg, a\n')
    assert Loader(path).classes == [" a", "a"]
