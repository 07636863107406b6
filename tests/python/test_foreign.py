"""Arguments as other loaders call them: an error that says what to write here."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import ROOT
from imagepipe_rs import Loader
from imagepipe_rs._habits import ATTRIBUTES, FOREIGN
from imagepipe_rs._habits import answer as said_of
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class InterpolationMode(enum.Enum):
    """As torchvision's."""

    BICUBIC = "bicubic"


class LastBatchPolicy(enum.Enum):
    """As DALI's."""

    FILL = 0


# What somebody types, and what is to be typed here.
TRANSLATED: list[tuple[Mapping[str, object], str]] = [
    ({"image_size": (180, 160)}, "size=(180, 160)"),
    ({"target_size": (96, 96)}, "size=96"),
    ({"input_size": (3, 224, 224)}, "size=224"),
    ({"resize_x": 320, "resize_y": 240}, "size=(240, 320)"),
    ({"label_mode": "categorical"}, "labels='one_hot'"),
    ({"label_mode": None}, "labels=None"),
    ({"reshuffle_each_iteration": True}, "leave it out: each epoch has an order of its own"),
    ({"class_weight": {0: 2.0}}, "class_weight of model.fit, or weights="),
    ({"class_mode": "sparse"}, "labels='int'"),
    ({"color_mode": "grayscale"}, "channels='GRAY'"),
    ({"class_names": ["class-01", "class-00"]}, "classes=['class-01', 'class-00']"),
    ({"validation_split": 0.25, "subset": "training"}, "split=('train', 0.25)"),
    ({"validation_split": 0.25, "subset": "validation"}, "split=('validation', 0.25)"),
    ({"validation_split": 0.25}, "split=('validation', 0.25)"),
    ({"crop_to_aspect_ratio": True}, "fit='crop'"),
    ({"pad_to_aspect_ratio": True}, "fit='pad'"),
    ({"data_format": "channels_first"}, "layout='NCHW'"),
    ({"output_layout": "HWC"}, "layout='NHWC'"),
    ({"drop_last": True}, "last_batch='drop'"),
    ({"drop_remainder": False}, "last_batch='keep'"),
    ({"last_batch_policy": LastBatchPolicy.FILL}, "last_batch='pad'"),
    ({"last_batch_policy": "DROP"}, "last_batch='drop'"),
    ({"last_batch_policy": "PARTIAL"}, "last_batch='keep'"),
    ({"num_workers": 8}, "workers=8"),
    ({"prefetch_factor": 4}, "prefetch=4"),
    ({"shuffle_buffer": 10_000}, "shuffle=True"),
    ({"random_shuffle": False}, "shuffle=False"),
    ({"shard_id": 1, "num_shards": 4}, "shard=(1, 4)"),
    ({"horizontal_flip": True}, "flip=True"),
    ({"resize_shorter": 256}, "fit='crop', resize_short=256"),
    ({"image_shape": (96, 96, 3)}, "size=96"),
    ({"x_col": "path", "y_col": "label"}, "columns filename and class"),
    ({"weight_col": "weight"}, "weights="),
    ({"validate_filenames": True}, "leave it out"),
    ({"dataframe": np.zeros((3, 2))}, "CSV with the columns filename and class"),
]


def answer(photos: Path, given: Mapping[str, object]) -> str:
    with pytest.raises(TypeError) as error:
        Loader(photos, **given)  # type: ignore[arg-type]
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("given", "here"), TRANSLATED, ids=[f"{'-'.join(given)}-{here}" for given, here in TRANSLATED]
)
def test_a_foreign_keyword_is_answered_with_what_to_write_here(
    photos: Path, given: Mapping[str, object], here: str
) -> None:
    message = answer(photos, given)
    for name in given:
        assert name in message
    assert here in message
    # What it says can be typed as it stands.
    written = {}
    for argument in re.findall(r"\w+=(?:\([^)]*\)|\[[^\]]*\]|[^ ,;]+)", here):
        name, _, value = argument.partition("=")
        written[name] = eval(value)  # noqa: S307  this file's own text
    Loader(photos, **written)


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_every_foreign_keyword_has_an_answer_whatever_its_value(photos: Path, name: str) -> None:
    for value in (None, True, 3, "x", (1, 2, 3), [object()]):
        message = answer(photos, {name: value})
        assert message.startswith(f"unknown argument: {name}=")
        assert not message.endswith((": ", ":"))


def test_all_unknown_arguments_are_answered_at_once(photos: Path) -> None:
    message = answer(photos, {"image_size": (64, 64), "num_workers": 2})
    assert message.startswith("unknown arguments: ")
    assert "size=64" in message
    assert "workers=2" in message


def test_arguments_of_one_idea_are_answered_once(photos: Path) -> None:
    assert answer(photos, {"rank": 0, "world_size": 2}).count("shard=(0, 2)") == 1


def test_a_thread_count_of_none_is_no_number_to_copy(photos: Path) -> None:
    assert "workers=0" not in answer(photos, {"num_workers": 0}).replace("num_workers=0", "")


def test_a_slip_of_the_pen_is_answered_with_the_nearest_name(photos: Path) -> None:
    assert "did you mean batch_size?" in answer(photos, {"bach_size": 8})
    assert "size=64" in answer(photos, {"image_sizes": 64})
    assert "help(imagepipe_rs.Loader)" in answer(photos, {"quux": 8})


@pytest.mark.parametrize(
    ("given", "here"),
    [
        ({"center_crop": 224}, "fit='crop'"),
        ({"grayscale": True}, "channels='GRAY'"),
        ({"normalize": True}, "mean= and std="),
        ({"train": True}, "split="),
        ({"color_jitter": 0.4}, "apply it to the batches"),
        ({"rotation_range": 20}, "augment= has policies"),
        ({"auto_augment": "rand-m9-n3-mstd0.5"}, "augment=RandAugment(num_ops=3, magnitude=27)"),
        ({"auto_augment": "original"}, "augment='autoaugment'"),
        ({"aa": "v0"}, "augment='autoaugment'"),
        ({"auto_augment": "ta_wide"}, "augment='trivial_wide'"),
        ({"rand_augment": True}, "augment='randaugment'"),
        ({"augmentations": 3}, "augment='randaugment', 'trivial_wide'"),
        ({"mixup": 0.8, "cutmix": 1.0}, "mix=(MixUp(0.8), CutMix(1.0))"),
        ({"mixup_alpha": 0.2}, "mix=MixUp(0.2)"),
        ({"cutmix": True}, "mix='cutmix'"),
        ({"mixup_prob": 1.0}, "mix='mixup', 'cutmix'"),
        ({"max_samples": 3}, "limit=3"),
        ({"channels_last": True}, "layout='NHWC'"),
        ({"vflip": True}, "apply it to the batches"),
        ({"max_queue_size": 1}, "prefetch=1"),
        ({"batch": 8}, "batch_size=8"),
        ({"pin_memory_device": "cuda"}, "leave it out: device='cuda' uses pinned memory"),
        ({"device_id": 1}, "device='cuda:1'"),
        ({"device_id": None}, "device='cpu'"),
        ({"device_id": "gpu"}, "device='cuda:N' or 'cpu'"),
        ({"recompile": False}, "leave it out"),
        ({"indices": [1, 2]}, "limit="),
        ({"custom_fields": {}}, "only images and labels"),
        ({"read_ahead": True}, "leave it out: batches are made ahead"),
        ({"stick_to_shard": True}, "leave it out"),
        ({"dont_use_mmap": True}, "leave it out"),
        ({"even_batches": True}, "leave it out"),
        ({"crop": 224}, "size=, with fit='crop'"),
        ({"replacement": True}, "weights="),
        ({"prefetch_factor": None}, "prefetch=2"),
        ({"image_size": "180x180"}, "size=(height, width)"),
        ({"validation_split": 1.2, "subset": "training"}, "split=('train', 0.2)"),
    ],
    ids=str,
)
def test_a_name_that_only_looks_alike_was_taken_for_another(
    photos: Path, given: Mapping[str, object], here: str
) -> None:
    assert f": {here}" in answer(photos, given)


class TrivialAugmentWide:
    """As torchvision's."""


@pytest.mark.parametrize(
    ("given", "here"),
    [
        ({"augment": "RandAugment"}, "augment='randaugment'"),
        ({"augment": "rand-m9"}, "augment=RandAugment(num_ops=2, magnitude=27)"),
        ({"augment": "ta_wide"}, "augment='trivial_wide'"),
        ({"augment": TrivialAugmentWide()}, "augment='trivial_wide'"),
        ({"mix": "MixUp"}, "mix='mixup'"),
    ],
    ids=str,
)
def test_other_libraries_policies_are_answered(
    photos: Path, given: Mapping[str, object], here: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"here it is {re.escape(here)}"):
        Loader(photos, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "here"),
    [
        ("labels", "inferred", "labels='int'"),
        ("labels", "categorical", "labels='one_hot'"),
        ("channels", "grayscale", "channels='GRAY'"),
        ("layout", "channels_first", "layout='NCHW'"),
        ("interpolation", "cubic", "interpolation='bicubic'"),
        ("output", "pytorch", "output='torch'"),
        ("dtype", np.float32, "dtype='float32'"),
        ("dtype", np.dtype("uint8"), "dtype='uint8'"),
        ("interpolation", InterpolationMode.BICUBIC, "interpolation='bicubic'"),
        ("interpolation", "BILINEAR", "interpolation='bilinear'"),
        ("interpolation", "InterpolationMode.BOX", "interpolation='area'"),
        ("dtype", "torch.float16", "dtype='float16'"),
        ("interpolation", Image.Resampling.BOX, "interpolation='area'"),
        ("labels", [0] * 1000, "path= of a CSV"),
        ("labels", np.zeros(1000), "path= of a CSV"),
        ("split", ("training", 0.3), re.escape("split=('train', 0.3)")),
        ("split", ["val", 0.3], re.escape("split=('validation', 0.3)")),
        ("split", "both", re.escape("split=('train', 0.2) and split=('validation', 0.2)")),
        ("split", 0.3, re.escape("split=('train', 0.3) and")),
        ("channels", 1, "channels='GRAY'"),
        ("channels", 3, "channels='RGB'"),
        ("channels", 4, "channels='RGB': there is no alpha"),
    ],
    ids=str,
)
def test_a_foreign_value_is_answered_with_what_to_write_here(
    photos: Path, name: str, value: object, here: str
) -> None:
    with pytest.raises(
        (TypeError, ValueError), match=f"^{name}=.* is not valid: here it is {here}"
    ) as error:
        Loader(photos, **{name: value})  # type: ignore[arg-type]
    assert len(str(error.value)) < 160


@pytest.mark.parametrize(
    ("sampler", "here"),
    [
        ("DistributedSampler", "shard='auto'"),
        ("WeightedRandomSampler", "weights="),
        ("SequentialSampler", "shuffle=False"),
        ("MySampler", "shuffle=, sampling=, weights= and shard="),
    ],
)
def test_a_sampler_is_answered_by_what_it_is(photos: Path, sampler: str, here: str) -> None:
    message = answer(photos, {"sampler": type(sampler, (), {})()})
    assert f": {here}" in message


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_an_attribute_that_others_have_is_answered(photos: Path, name: str) -> None:
    loader = Loader(photos, batch_size=8, size=8)
    assert not hasattr(loader, name)
    with pytest.raises(AttributeError, match=f"no attribute '{name}': ") as error:
        getattr(loader, name)
    # What it says there is, there is.
    for here in re.findall(r"here it is (?:the argument )?(\w+)", str(error.value)):
        assert hasattr(loader, here) or here in inspect.signature(Loader).parameters


@pytest.mark.parametrize("name", [*inspect.signature(Loader).parameters, *FOREIGN])
def test_an_argument_that_was_set_later_changed_nothing(photos: Path, name: str) -> None:
    loader = Loader(photos, batch_size=8, size=8)
    before, state = dict(vars(loader)), loader.state_dict()
    with pytest.raises(AttributeError, match=f"^{name} of a Loader cannot be changed: make anoth"):
        setattr(loader, name, 4)
    assert dict(vars(loader)) == before
    assert loader.state_dict() == state


@pytest.mark.parametrize(
    ("name", "value", "here"),
    [
        ("batch_size", 64, r"another Loader\(..., batch_size=64\)$"),
        ("shuffle", False, r"another Loader\(..., shuffle=False\)$"),
        ("num_workers", 4, r"another; num_workers=4: workers=4 \(threads"),
        ("drop_last", True, r"another; drop_last=True: last_batch='drop'$"),
    ],
)
def test_an_argument_that_is_set_later_is_answered_with_what_to_write(
    photos: Path, name: str, value: object, here: str
) -> None:
    with pytest.raises(AttributeError, match=here):
        setattr(Loader(photos, batch_size=8, size=8), name, value)


def test_other_attributes_are_anyones_to_set(photos: Path) -> None:
    loader = Loader(photos, batch_size=8, size=8, seed=3)
    loader.note = "mine"  # type: ignore[attr-defined]
    for other in (copy.copy(loader), pickle.loads(pickle.dumps(loader))):  # noqa: S301
        assert (other.note, other.batch_size, other.seed, other.fields) == (
            "mine",
            8,
            3,
            ("images", "labels"),
        )


def test_other_attributes_are_missed_as_in_any_object(photos: Path) -> None:
    loader = Loader(photos, batch_size=8, size=8)
    with pytest.raises(
        AttributeError, match=r"^'Loader' object has no attribute 'clases'$"
    ) as error:
        loader.clases  # type: ignore[attr-defined]  # noqa: B018
    assert (error.value.name, error.value.obj) == ("clases", loader)
    with pytest.raises(AttributeError):
        Loader.__new__(Loader).classes  # noqa: B018  of one that is not made yet
    assert len(copy.copy(loader)) == len(loader)


def test_the_data_set_under_another_name_is_the_first_argument(photos: Path) -> None:
    with pytest.raises(TypeError, match=r"directory=.*: the dataset is the first argument, path"):
        Loader(directory=photos)  # type: ignore[call-arg]


def test_positions_after_the_first_are_named(photos: Path) -> None:
    with pytest.raises(TypeError, match=r"only path can be given by position.*\(32\)"):
        Loader(photos, 32)  # type: ignore[misc]


def table_rows() -> list[tuple[str, str]]:
    """Return what stands on the left and on the right in the tables of the page for newcomers."""
    page = ROOT / "docs" / "coming-from.md"
    lines = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    return [(left, right) for left, right in (line.strip("| ").split(" | ") for line in lines)]


@pytest.mark.parametrize(("left", "right"), table_rows(), ids=lambda text: text[:40])
def test_the_page_for_newcomers_says_what_the_errors_say(left: str, right: str) -> None:
    for name in re.findall(r"`(\w+)(?:=|`)", left):
        said = said_of(name, {name: None}) if name in FOREIGN else ""
        arguments = re.findall(r"(\w+)=", said)
        assert not arguments or right in said or any(here in right for here in arguments)
