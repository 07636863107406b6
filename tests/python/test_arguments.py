"""Wrong arguments: errors, before any work, that name the argument and show the value."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DatasetError, Loader, RecordError

if TYPE_CHECKING:
    from conftest import EncodeJpeg, MakeTree

CHOICES = {
    "fit": ["stretch", "crop", "pad", "random_crop"],
    "augment": ["randaugment", "trivial_wide", "autoaugment", "augmix"],
    "mix": ["mixup", "cutmix"],
    "interpolation": ["nearest", "bilinear", "bicubic", "lanczos", "area"],
    "layout": ["NHWC", "NCHW"],
    "dtype": ["uint8", "float32", "float16", "bfloat16"],
    "channels": ["RGB", "BGR", "GRAY"],
    "labels": ["int", "one_hot"],
    "sampling": ["epoch", "balanced"],
    "last_batch": ["keep", "drop", "pad"],
    "on_error": ["raise", "skip", "replace"],
    "output": ["numpy", "tensorflow", "torch", "jax", "cupy"],
    "device": ["cpu"],
}

WRONG_TYPES = [
    ("batch_size", "32"),
    ("batch_size", 1.5),
    ("batch_size", None),
    ("size", "224"),
    ("size", 224.5),
    ("size", (224,)),
    ("size", (1, 2, 3)),
    ("size", ("a", "b")),
    ("size", True),
    ("size", (True, 4)),
    ("size", [4, False]),
    ("fill", True),
    ("resize_short", "256"),
    ("scale", 0.5),
    ("scale", ("a", 1.0)),
    ("ratio", "3:4"),
    ("fill", "red"),
    ("flip", "yes"),
    ("flip", 0.5),
    ("mean", ("a", "b", "c")),
    ("std", ("a", "b", "c")),
    ("weights", 1.0),
    ("weights", ["a", "b"]),
    ("weights", ["1", "2"]),
    ("weights", [[1.0, 2.0], [1.0, 2.0]]),
    ("shuffle", "no"),
    ("seed", "1"),
    ("seed", None),
    ("seed", 1.5),
    ("shard", 0),
    ("shard", "automatic"),
    ("shard", ("a", "b")),
    ("repeat", 3),
    ("limit", "10"),
    ("limit", 1.5),
    ("split", "train"),
    ("split", ("train", "half")),
    ("split_seed", "1"),
    ("split_seed", None),
    ("classes", 3),
    ("classes", "cat"),
    ("classes", [1, 2]),
    ("exact", "yes"),
    ("exif", None),
    ("max_errors", "3"),
    ("max_errors", True),
    ("batch_size", True),
    ("seed", False),
    ("max_pixels", "many"),
    ("max_pixels", None),
    ("workers", "4"),
    ("workers", 1.5),
    ("prefetch", None),
    ("ragged", "no"),
]

WRONG_VALUES = [
    ("batch_size", 0),
    ("batch_size", -1),
    ("batch_size", 2**70),
    ("size", 0),
    ("size", -5),
    ("size", (0, 224)),
    ("size", (224, 70_000)),
    ("size", 2**33),
    ("scale", (0.0, 1.0)),
    ("scale", (0.5, 0.2)),
    ("scale", (0.5, 1.5)),
    ("scale", (float("nan"), 1.0)),
    ("ratio", (0.0, 1.0)),
    ("ratio", (2.0, 1.0)),
    ("ratio", (1.0, float("inf"))),
    ("fill", 256),
    ("fill", -1),
    ("fill", (1, 2)),
    ("mean", 0.5),
    ("mean", (0.1, 0.2)),
    ("mean", (1.5, 0.2, 0.3)),
    ("mean", (float("nan"), 0.2, 0.3)),
    ("mean", "cifar"),
    ("std", (0.0, 0.2, 0.3)),
    ("std", (-0.1, 0.2, 0.3)),
    ("std", "imagnet"),
    ("seed", -1),
    ("seed", 2**64),
    ("split_seed", -1),
    ("split_seed", 2**64),
    ("weights", [1.0]),
    ("shard", (2, 2)),
    ("shard", (0, 0)),
    ("shard", (-1, 2)),
    ("limit", 0),
    ("limit", -1),
    ("split", ("test", 0.5)),
    ("split", ("train", 0.0)),
    ("split", ("train", 1.5)),
    ("split", ("train", float("nan"))),
    ("classes", ["cat", "unicorn"]),
    ("classes", ["cat", "cat"]),
    ("max_errors", -1),
    ("max_pixels", 0),
    ("workers", 0),
    ("workers", -1),
    ("prefetch", 0),
    ("device", "gpu"),
    ("output", "list"),
]


@pytest.fixture
def folder(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of four pictures in two classes."""
    data = jpeg()
    return tree({f"{name}/{number}.jpg": data for name in ("cat", "dog") for number in (1, 2)})


def options(name: str, value: object) -> dict[str, object]:
    """Return an argument, and the others without which it may not be given."""
    needed = {"fit": "crop"} if name == "resize_short" else {}
    needed |= {"dtype": "float32"} if name in {"mean", "std"} else {}
    return {**needed, name: value}


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_wrong_type(folder: Path, name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}=") as caught:
        Loader(folder, **options(name, value))
    assert_shows(str(caught.value), value)


@pytest.mark.parametrize(("name", "value"), WRONG_VALUES)
def test_wrong_value(folder: Path, name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"\b{name}=") as caught:
        Loader(folder, **options(name, value))
    assert_shows(str(caught.value), value)


@pytest.mark.parametrize(("name", "allowed"), CHOICES.items())
@pytest.mark.parametrize("value", ["", "none", "Stretch", 7, True, ["epoch"]])
def test_choices_are_listed(folder: Path, name: str, allowed: list[str], value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{name}=") as caught:
        Loader(folder, **{name: value})
    message = str(caught.value)
    assert repr(value) in message
    assert all(re.search(rf"['\"]{choice}['\"]", message) for choice in allowed)


@pytest.mark.parametrize("value", [np.array(3), np.int64(1), np.zeros((2, 2))], ids=repr)
def test_arrays_that_are_no_labels(folder: Path, value: object) -> None:
    with pytest.raises(
        TypeError, match=r'(?s)^labels=.* is not valid: one of "int", "one_hot", or None'
    ):
        Loader(folder, labels=value)


@pytest.mark.parametrize("name", [*CHOICES, "shard"])
def test_an_array_is_no_choice(folder: Path, name: str) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{name}=array\(.* is not valid: "):
        Loader(folder, **{name: np.array(["uint8", "epoch", "a"])})


def assert_shows(message: str, value: object) -> None:
    """Check that the numbers or words of a value are in a message."""
    parts = value if isinstance(value, list | tuple) else [value]
    if isinstance(value, list) and all(isinstance(part, float) for part in value):
        assert str(len(value)) in message  # weights are many: their count is shown
        return
    words = [str(part).removesuffix(".0") for part in parts]
    assert any(word.lower() in message.lower() for word in words), message


@pytest.mark.parametrize(
    "wrong",
    [
        {"resize_short": 256},
        {"fit": "crop", "size": 224, "resize_short": 200},
        {"size": None},
        {"mean": (0.5, 0.5, 0.5)},
        {"std": "imagenet"},
        {"dtype": "float32", "channels": "GRAY", "mean": "imagenet"},
        {"weights": [1.0, 1.0], "sampling": "balanced"},
        {"weights": [0.0, 0.0]},
        {"weights": [1.0, -1.0]},
        {"weights": [1.0, float("nan")]},
        {"batch_size": 5, "last_batch": "drop"},
    ],
    ids=str,
)
def test_arguments_that_do_not_go_together(folder: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=" is not valid: ") as caught:
        Loader(folder, **wrong)
    assert any(f"{name}=" in str(caught.value) for name in wrong)


def test_unknown_argument_is_named(folder: Path) -> None:
    with pytest.raises(TypeError, match="image_sise"):
        Loader(folder, image_sise=3)


def test_only_the_path_goes_by_position(folder: Path) -> None:
    with pytest.raises(TypeError, match="only path can be given by position"):
        Loader(folder, 32)


@pytest.mark.parametrize("path", [3, None, b"bytes", [1, 2], {}], ids=repr)
def test_path_of_a_wrong_type(path: object) -> None:
    with pytest.raises(TypeError, match="path="):
        Loader(path)


def test_no_path_at_all() -> None:
    with pytest.raises(ValueError, match=r"path=\[\]"):
        Loader([])


def test_labels_may_be_none_too(folder: Path) -> None:
    with pytest.raises(
        ValueError, match=r"labels='onehot' .*: one of \"int\", \"one_hot\", or None"
    ):
        Loader(folder, labels="onehot")


def test_wrong_arguments_are_found_before_the_files_are_listed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch_size=0"):
        Loader(tmp_path / "not-there", batch_size=0)


def test_a_batch_larger_than_a_ranks_share_is_named_with_the_ranks(folder: Path) -> None:
    message = (
        'batch_size=16 is not valid: at most 1 for each of 4 ranks with last_batch="drop": '
        "the dataset has 4 samples"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        Loader(folder, batch_size=16, shard=(3, 4), last_batch="drop")
    with pytest.raises(ValueError, match=r"batch_size=5 is not valid: at most 4 with"):
        Loader(folder, batch_size=5, last_batch="drop")


def test_bounds_are_the_last_that_is_allowed(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"a whole number from 0 to 2\*\*64 - 1$"):
        Loader(folder, seed=2**64)
    with pytest.raises(ValueError, match=r"a whole number from 0 to 2\*\*32 - 1$"):
        Loader(folder).set_epoch(2**32)


def test_of_a_long_value_the_beginning_is_shown(folder: Path) -> None:
    with pytest.raises(TypeError) as info:
        Loader(folder, max_errors="x" * 10_000)
    assert str(info.value).startswith("max_errors='xxx")
    assert "... is not valid: " in str(info.value)
    assert len(str(info.value)) < 200


@pytest.mark.parametrize(
    "good",
    [
        {"size": np.int64(16)},
        {"size": (np.int32(16), np.int32(16))},
        {"size": [16, 16]},
        {"batch_size": np.int64(2)},
        {"seed": np.uint64(2**64 - 1)},
        {"weights": np.array([1.0, 2.0])},
        {"weights": np.ones(4, dtype=np.float32)},
        {"weights": memoryview(np.ones(4))},
        {"dtype": "float32", "mean": np.zeros(3), "std": [0.5, 0.5, 1]},
        {"fill": np.array([1, 2, 3]), "fit": "pad"},
        {"flip": np.True_},
        {"shard": [0, 2]},
        {"split": ["train", 0.5]},
        {"classes": ("dog",)},
        {"limit": np.int16(1)},
    ],
    ids=str,
)
def test_numpys_numbers_and_lists_are_as_good_as_pythons(
    folder: Path, good: dict[str, object]
) -> None:
    assert Loader(folder, **good).num_samples > 0


PROGRAM = """
import sys
from imagepipe_rs import ImagePipeError, Loader
try:
    batch = next(iter(Loader(sys.argv[1], size=8, **eval(sys.argv[2]))))
except (ValueError, MemoryError, ImagePipeError) as error:
    print(type(error).__name__, error)
else:
    print(batch.images.shape)
"""


def in_a_program(folder: Path, arguments: dict[str, object]) -> str:
    """Take a batch in a program of its own, which may die without taking the tests along."""
    command = [sys.executable, "-c", PROGRAM, folder, repr(arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("size", [10**7, 2**40, 2**62])
@pytest.mark.parametrize("repeat", [False, True])
def test_a_batch_larger_than_the_data_is_the_data(folder: Path, size: int, *, repeat: bool) -> None:
    printed = in_a_program(folder, {"batch_size": size, "repeat": repeat})
    assert printed == "(4, 8, 8, 3)\n"


@pytest.mark.parametrize("size", [2**40, 2**62])
def test_a_batch_that_no_machine_can_hold(folder: Path, size: int) -> None:
    printed = in_a_program(folder, {"batch_size": size, "last_batch": "pad"})
    assert "Error" in printed


@pytest.mark.parametrize("epoch", [-1, 2**32, 1.5, "1", None], ids=repr)
def test_set_epoch(folder: Path, epoch: object) -> None:
    with pytest.raises((TypeError, ValueError), match="epoch="):
        Loader(folder).set_epoch(epoch)


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"epoch": -1},
        {"epoch": 2**40},
        {"epoch": "x"},
        {"position": 5},
        {"position": -1},
        {"position": "x"},
        {"order": {"seed": 0}},
        {"order": 7},
    ],
    ids=str,
)
def test_load_state_dict(folder: Path, state: Any) -> None:
    loader = Loader(folder)
    fresh = loader.state_dict()
    with pytest.raises(ValueError, match=r"state=|epoch=|order="):
        loader.load_state_dict({**fresh, **state} if state else state)
    assert loader.state_dict() == fresh


@pytest.mark.parametrize(
    "state",
    [{"weight": [0] * 10**5}, {"order": [0] * 10**5}, {"epoch": "x" * 10**5}],
    ids=["model", "order", "epoch"],
)
def test_a_state_of_something_else_was_printed_as_a_whole(folder: Path, state: Any) -> None:
    loader = Loader(folder)
    whole = state if "weight" in state else {**loader.state_dict(), **state}
    with pytest.raises(ValueError, match=r"\.\.\. is not") as caught:
        loader.load_state_dict(whole)
    assert len(str(caught.value)) < 300


def test_a_state_that_came_back_with_tuples_for_lists(folder: Path) -> None:
    """Serializers make one of the other."""
    loader = Loader(folder, split=("train", 0.5))
    state = loader.state_dict()
    state["order"]["split"] = tuple(state["order"]["split"])
    loader.load_state_dict(state)
    state["order"]["split"] = ("train", 0.4)
    with pytest.raises(ValueError, match=r"split \['train', 0.4\] there, \['train', 0.5\] here"):
        loader.load_state_dict(state)


@pytest.mark.parametrize("missing", ["epoch", "position", "order"])
def test_a_state_that_lacks_something(folder: Path, missing: str) -> None:
    loader = Loader(folder)
    state = loader.state_dict()
    del state[missing]
    with pytest.raises(ValueError, match=f"it lacks '{missing}'; give what state_dict"):
        loader.load_state_dict(state)


@pytest.mark.parametrize("position", [None, 3, (1,), (0, 1, 2), "ab", (0.5, 1.5), (-1, 0)], ids=str)
def test_positions_that_are_none(folder: Path, position: object) -> None:
    if position is None:
        with pytest.raises(ValueError, match="give one of them"):
            Loader(folder).state_dict(batches=0, position=(0, 0))
        return
    with pytest.raises(ValueError, match=r"position=|epoch="):
        Loader(folder).state_dict(position=position)


@pytest.mark.parametrize("batches", [-1, 1])
def test_batches_that_were_not_handed_over(folder: Path, batches: int) -> None:
    with pytest.raises(ValueError, match=f"batches={batches} .* handed over 0"):
        Loader(folder).state_dict(batches=batches)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ("images", TypeError),
        (5, TypeError),
        (("images", 3), TypeError),
        (("images", "paths"), ValueError),
        (("images", "images"), ValueError),
        (("labels",), ValueError),
        ((), ValueError),
    ],
    ids=str,
)
def test_fields(folder: Path, fields: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"fields=.*'images' and any of 'labels', 'valid'"):
        Loader(folder, fields=fields)


def test_fields_of_labels_that_there_are_not(folder: Path) -> None:
    with pytest.raises(ValueError, match="labels=None: leave 'labels' out"):
        Loader(folder, labels=None, fields=("images", "labels", "valid"))


# ------------------------------------------------------------------------------------- data sets


def test_missing_path(tmp_path: Path) -> None:
    missing = tmp_path / "not-there"
    with pytest.raises(DatasetError, match=str(missing)) as caught:
        Loader(missing)
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.path == str(missing)


def test_missing_path_among_others(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="not-there"):
        Loader([folder, tmp_path / "not-there"])


def test_glob_that_matches_nothing(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"train-\*: no file or directory matches") as caught:
        Loader(str(tmp_path / "train-*"))
    assert isinstance(caught.value, FileNotFoundError)


def test_no_images_says_what_was_looked_for(tree: MakeTree) -> None:
    folder = tree({"cat/notes.txt": b"meow", "dog/readme.md": b"woof"})
    with pytest.raises(
        DatasetError, match=rf"{folder}: no images.*jpg.*png.*bmp.*gif.*webp"
    ) as caught:
        Loader(folder)
    assert isinstance(caught.value, ValueError)


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no images"):
        Loader(tmp_path)


def test_a_flat_folder_and_one_of_classes(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"flat/1.jpg": jpeg(), "classes/cat/1.jpg": jpeg()})
    with pytest.raises(DatasetError, match=r"flat.*classes"):
        Loader([folder / "flat", folder / "classes"])


def test_a_file_and_a_folder(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"flat/1.jpg": jpeg(), "2.jpg": jpeg()})
    with pytest.raises(DatasetError, match=r"2\.jpg.*flat"):
        Loader([folder / "flat", folder / "2.jpg"])


def test_a_file_that_is_no_picture(tree: MakeTree) -> None:
    folder = tree({"notes.txt": b"meow"})
    with pytest.raises(DatasetError, match=r"notes\.txt.*jpg"):
        Loader(folder / "notes.txt")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train.tfrecord", "at byte 0: a damaged TFRecord file: the file ends inside the length"),
        ("train.rec", "at byte 0: a damaged RecordIO file: the file ends inside"),
        ("train", "no image, record file or CSV"),
        ("train.csv", "line 1: two columns are needed, with a header"),
    ],
)
def test_what_a_file_is_its_bytes_say(tree: MakeTree, name: str, message: str) -> None:
    folder = tree({name: b"x"})
    with pytest.raises((DatasetError, RecordError), match=f"{name}: {message}"):
        Loader(folder / name)


def test_nothing_left_by_a_split(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    folder = tree({"cat/1.jpg": jpeg()})
    sides = []
    for side in ("train", "validation"):
        try:
            sides.append(Loader(folder, split=(side, 0.5)).num_samples)
        except DatasetError as error:
            sides.append(0)
            assert side in str(error).lower()  # noqa: PT017
    assert sorted(sides) == [0, 1]


@pytest.mark.parametrize("name", ["weights", "mean", "fill", "batch_size", "path"])
def test_a_long_value_is_cut_where_an_error_shows_it(folder: Path, name: str) -> None:
    long = ["x"] * 10_000
    with pytest.raises((TypeError, ValueError), match=f"^{name}=") as caught:
        Loader(**{"path": folder, "fit": "pad", name: [*long, 1] if name == "path" else long})
    assert "'x'" in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("output", ["tensorflow", "jax"])
def test_weights_may_be_tensors(folder: Path, output: str) -> None:
    (batch,) = islice(Loader(folder, size=8, output=output, dtype="float32", batch_size=4), 1)
    weights = batch.images[:, 0, 0, 0] * 0 + 1
    assert Loader(folder, weights=weights).num_samples == 4


def test_weights_beyond_a_float_are_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"weights=\[1000.*\.\.\. is not valid: finite numbers"):
        Loader(folder, weights=[10**400] * 4)


def test_classes_that_lie_about_their_number_ended_the_process(folder: Path) -> None:
    class Liar(list[str]):
        def __len__(self) -> int:
            return 1 << 40

    classes = Loader(folder).classes
    assert Loader(folder, classes=Liar(classes)).classes == classes


def test_a_glob_in_a_folder_that_may_not_be_read_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(PermissionError, match=f"{tmp_path}: Permission denied"):
        Loader(f"{tmp_path}/*/[ab].jpg")


@pytest.mark.parametrize(
    ("pattern", "refused"),
    [("*/*", "a"), ("*/*", "b"), ("**/*.jpg", "b/c"), ("b/**", "b/c"), ("*/c/*.jpg", "b/c")],
)
def test_a_glob_passed_over_folders_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, refused: str
) -> None:
    """Their samples were missing, and so were their classes, without a word."""
    for name in ("a/1.jpg", "b/c/2.jpg", "lost+found/3.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    scandir = os.scandir

    def some(folder: Any) -> Any:
        if Path(folder) in {tmp_path / refused, tmp_path / "lost+found"}:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr("os.scandir", some)
    with pytest.raises(PermissionError, match=f"{tmp_path / refused}: Permission denied"):
        Loader(f"{tmp_path}/{pattern}")


def test_a_loader_says_that_it_takes_the_place_of_a_data_loader(folder: Path) -> None:
    loader = Loader(folder)
    with pytest.raises(
        TypeError,
        match=r"loader\[0\].*whole batches.*DataLoader\(loader.as_torch\(\), batch_size=None",
    ):
        loader[0]
    assert len(list(loader)) == 1
