"""Augmentation and mixing: what is done to pixels, and that it is reported and repeatable."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pytest
from augment_reference import MOVING, OPERATIONS, blended, picked, replayed, taken
from imagepipe_rs import (
    AugMix,
    AutoAugment,
    CutMix,
    DecodeError,
    Loader,
    MixUp,
    RandAugment,
    TrivialAugmentWide,
)

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

OPTIONS: dict[str, Any] = {
    "batch_size": 9,
    "size": (40, 48),
    "fit": "random_crop",
    "flip": True,
    "seed": 8,
}
POLICIES: list[Any] = [
    "randaugment",
    "trivial_wide",
    "autoaugment",
    "augmix",
    RandAugment(num_ops=4, magnitude=17),
    AutoAugment("cifar10"),
    AutoAugment("svhn"),
    AugMix(severity=10, mixture_width=2, chain_depth=2, alpha=0.5, all_ops=False),
    TrivialAugmentWide(fill=77),
    RandAugment(interpolation="bilinear", fill=(9, 120, 250)),
    AugMix(interpolation="nearest"),
]
MIXES: list[Any] = ["mixup", "cutmix", ("mixup", "cutmix"), [MixUp(0.2), CutMix(2.0)]]


def everything(batches: Any) -> list[Any]:
    """Return all that batches are and say, as values that compare."""
    return [
        (
            batch.images.tobytes(),
            batch.labels.tobytes(),
            batch.indices.tolist(),
            batch.valid.tolist(),
            batch.ops,
            batch.mixed,
        )
        for batch in batches
    ]


def epochs(loader: Loader, count: int) -> list[Any]:
    return list(chain.from_iterable(iter(loader) for _ in range(count)))


# ------------------------------------------------------------------------------- the same each time


@pytest.mark.parametrize("augment", [None, *POLICIES], ids=str)
@pytest.mark.parametrize("mix", [None, MIXES[2]], ids=str)
def test_workers_and_prefetch_change_nothing(photos: Path, augment: Any, mix: Any) -> None:
    def made(**options: Any) -> list[Any]:
        loader = Loader(photos, augment=augment, mix=mix, **OPTIONS, **options)
        return everything(epochs(loader, 2))

    expected = made(workers=1)
    assert made(workers=2, prefetch=1) == expected
    assert made(workers=4, prefetch=5) == expected


@pytest.mark.parametrize("augment", POLICIES[:4], ids=str)
def test_epochs_and_seeds_differ(photos: Path, augment: Any) -> None:
    loader = Loader(photos, augment=augment, shuffle=False, **OPTIONS)
    first, second = [[batch.ops for batch in loader] for _ in range(2)]
    assert first != second
    other = Loader(photos, augment=augment, shuffle=False, **{**OPTIONS, "seed": 9})
    assert [batch.ops for batch in other] != first


@pytest.mark.parametrize("augment", POLICIES[:4], ids=str)
def test_ranks_share_what_one_makes(photos: Path, augment: Any) -> None:
    one = Loader(photos, augment=augment, **{**OPTIONS, "batch_size": 10})
    two = [
        Loader(photos, augment=augment, shard=(rank, 2), **{**OPTIONS, "batch_size": 5})
        for rank in range(2)
    ]
    for whole, left, right in zip(one, *two, strict=True):
        assert np.array_equal(whole.images, np.concatenate([left.images, right.images]))
        assert whole.ops == left.ops + right.ops


@pytest.mark.parametrize("mix", [None, MIXES[3]], ids=str)
def test_a_resumed_run_goes_on_with_the_same_batches(photos: Path, mix: Any) -> None:
    options = {**OPTIONS, "augment": "randaugment", "mix": mix}
    whole = Loader(photos, **options)
    expected = everything(epochs(whole, 2))
    first = Loader(photos, **options)
    begun = everything(islice(first, 4))
    resumed = Loader(photos, **options)
    resumed.load_state_dict(first.state_dict())
    assert begun + everything(epochs(resumed, 2))[: len(expected) - 4] == expected


def test_crops_and_flips_are_those_without_augmentation(photos: Path) -> None:
    plain, augmented = (Loader(photos, augment=how, **OPTIONS) for how in (None, "augmix"))
    for before, after in zip(plain, augmented, strict=True):
        assert np.array_equal(before.crops, after.crops)
        assert np.array_equal(before.flips, after.flips)
        assert np.array_equal(before.indices, after.indices)
        assert np.array_equal(before.labels, after.labels)
        assert (before.ops, before.mixed, after.mixed) == (None, None, None)


def test_another_augmentation_may_take_over_a_state(photos: Path) -> None:
    """It decides no order."""
    loader = Loader(photos, augment="augmix", mix="mixup", **OPTIONS)
    next(iter(loader))
    other = Loader(photos, **OPTIONS)
    other.load_state_dict(loader.state_dict())
    assert other.state_dict()["position"] == 9


def test_a_pickled_loader_augments_alike(photos: Path) -> None:
    loader = Loader(photos, augment=RandAugment(3), mix=(MixUp(), "cutmix"), **OPTIONS)
    other = pickle.loads(pickle.dumps(loader))  # noqa: S301
    assert everything(other) == everything(loader)


# -------------------------------------------------------------------------------- what is done


def pairs(photos: Path, augment: Any, count: int, **options: Any) -> Any:
    """Yield samples without augmentation and with it, and what was done."""
    plain = Loader(photos, **{**OPTIONS, **options})
    augmented = Loader(photos, augment=augment, **{**OPTIONS, **options})
    for before, after in zip(epochs(plain, count), epochs(augmented, count), strict=True):
        yield from zip(before.images, after.images, after.ops, strict=True)


def sample_of(augment: Any) -> Any:
    """Return what makes pixels where a policy moves an image."""
    if isinstance(augment, str):
        return blended() if augment == "augmix" else picked()
    return {"nearest": picked, "bilinear": blended}[augment.interpolation](augment.fill)


# Rounding in another order moves values by one, rarely.
ROUNDED = {"Color", "Contrast", "Sharpness"}


@pytest.mark.parametrize("channels", ["RGB", "GRAY"])
@pytest.mark.parametrize("size", [(40, 48), (33, 31), (5, 2), 1], ids=str)
def test_every_operation_does_what_it_is_called(photos: Path, channels: str, size: Any) -> None:
    """One operation a sample: of all strengths, and those that are in no such policy."""
    seen = Counter()
    options = {"channels": channels, "size": size}
    policies = (TrivialAugmentWide(), 12), (AutoAugment("svhn"), 6)
    for before, after, ops in chain(*(pairs(photos, *how, **options) for how in policies)):
        if len(ops) != 1:
            continue
        ((name, magnitude),) = ops
        seen[name] += 1
        # Places halfway between two pixels fall to either side.
        nearly = (1 - 1e-5, 1 + 1e-5) if name.startswith("Shear") else (1,)
        expected = [taken(before, name, magnitude * factor, picked()) for factor in nearly]
        if name in ROUNDED:
            different = np.abs(expected[0].astype(int) - after)
            assert different.max() <= 1, (name, magnitude)
            assert (different > 0).mean() < 0.002, (name, magnitude)
        else:
            assert np.any([after == one for one in expected], 0).all(), (name, magnitude)
    assert seen.keys() == OPERATIONS.keys() | MOVING.keys()


@pytest.mark.parametrize("augment", POLICIES, ids=str)
def test_what_is_reported_gives_the_pixels_again(photos: Path, augment: Any) -> None:
    equal, near = [], []
    for before, after, ops in pairs(photos, augment, 2):
        different = np.abs(replayed(before, ops, sample_of(augment)).astype(int) - after)
        equal.append((different == 0).mean())
        near.append((different <= 2).mean())
    assert np.mean(equal) > 0.98
    is_rounded = isinstance(augment, AugMix) or augment == "augmix"
    assert np.median(equal) == 1 or is_rounded
    # Where one step depends on all pixels, such as Equalize, small differences may grow.
    assert np.mean(near) > 0.995


def test_how_many_operations_a_sample_gets(photos: Path) -> None:
    def lengths(augment: Any) -> set[int]:
        loader = Loader(photos, augment=augment, **OPTIONS)
        return {len(ops) for batch in epochs(loader, 3) for ops in batch.ops}

    assert lengths("randaugment") == {2}
    assert lengths(RandAugment(num_ops=16)) == {16}
    assert lengths("trivial_wide") == {1}
    assert lengths("autoaugment") <= {0, 1, 2}
    assert lengths(AugMix(mixture_width=4, chain_depth=3)) == {16}
    assert max(lengths("augmix")) <= 12


def drawn(photos: Path, augment: Any, count: int = 30) -> list[tuple[str, float]]:
    loader = Loader(photos, augment=augment, **{**OPTIONS, "size": 8})
    return [op for batch in epochs(loader, count) for ops in batch.ops for op in ops]


def test_operations_and_signs_are_as_likely(photos: Path) -> None:
    """14 operations: chi-square with 13 degrees of freedom has its 0.1 % bound at 34.5."""
    ops = drawn(photos, "randaugment")
    counts = Counter(name for name, _ in ops)
    mean = len(ops) / 14
    assert len(counts) == 14
    assert sum((count - mean) ** 2 / mean for count in counts.values()) < 34.5
    turns = [magnitude for name, magnitude in ops if name == "Rotate"]
    assert {*turns} == {9.0, -9.0}
    assert abs(sum(turn > 0 for turn in turns) / len(turns) - 0.5) < 0.15


def test_magnitudes_are_those_of_the_tables(photos: Path) -> None:
    found: dict[str, set[float]] = {}
    for name, magnitude in drawn(photos, "trivial_wide", 120):
        found.setdefault(name, set()).add(abs(magnitude))
    bins = np.arange(31)
    expected = {
        "Identity": [0],
        "ShearX": bins / 30 * 0.99,
        "TranslateX": np.trunc(np.linspace(0, 32, 31, dtype=np.float32)),
        "Rotate": bins / 30 * 135,
        "Brightness": bins / 30 * 0.99,
        "Posterize": np.rint(8 - bins / 5),
        "Solarize": 255 * (1 - bins / 30),
        "Equalize": [0],
    }
    for name, values in expected.items():
        assert np.allclose(sorted(found[name]), np.unique(np.float32(values)), atol=1e-4), name


def test_translations_of_randaugment_go_by_the_size(photos: Path) -> None:
    loader = Loader(photos, augment=RandAugment(4), **{**OPTIONS, "size": (100, 300)})
    ops = {op for batch in loader for ops in batch.ops for op in ops}
    assert {abs(magnitude) for name, magnitude in ops if name == "TranslateX"} == {40.0}
    assert {abs(magnitude) for name, magnitude in ops if name == "TranslateY"} == {13.0}


# ----------------------------------------------------------------------------- forms of batches


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("channels", ["RGB", "BGR", "GRAY"])
@pytest.mark.parametrize("fit", ["random_crop", "pad"])
def test_bytes_are_changed_before_they_become_elements(
    photos: Path, layout: str, dtype: str, channels: str, fit: str
) -> None:
    options = {**OPTIONS, "augment": "randaugment", "fit": fit, "fill": 77}
    plain = "GRAY" if channels == "GRAY" else "RGB"
    for expected, batch in zip(
        Loader(photos, channels=plain, **options),
        Loader(photos, layout=layout, dtype=dtype, channels=channels, **options),
        strict=True,
    ):
        images = batch.images
        if dtype == "bfloat16":
            images = images.view(ml_dtypes.bfloat16)
        images = images.astype(np.float32)
        if layout == "NCHW":
            images = images.transpose(0, 2, 3, 1)
        if channels == "BGR":
            images = images[..., ::-1]
        if dtype != "uint8":
            images = images * 255
        error = {"uint8": 0, "float32": 1e-4, "float16": 0.13, "bfloat16": 1.0}[dtype]
        assert np.abs(images - expected.images).max() <= error
        assert batch.ops == expected.ops


def test_colours_around_an_image_are_in_the_order_of_its_channels(photos: Path) -> None:
    options = {**OPTIONS, "fit": "pad", "augment": "randaugment"}
    one = Loader(photos, channels="RGB", fill=(10, 20, 30), **options)
    other = Loader(photos, channels="BGR", fill=(30, 20, 10), **options)
    for rgb, bgr in zip(one, other, strict=True):
        assert np.array_equal(rgb.images, bgr.images[..., ::-1])


@pytest.mark.parametrize("options", [{"ragged": True}, {"batch_size": 1}], ids=str)
def test_images_of_their_own_size(photos: Path, options: dict[str, Any]) -> None:
    options = {"size": None, "seed": 3, "limit": 12, **options}
    plain = Loader(photos, **options)
    augmented = Loader(photos, augment="trivial_wide", **options)
    for before, after in zip(plain, augmented, strict=True):
        for pixels, result, ops in zip(before.images, after.images, after.ops, strict=True):
            expected = replayed(pixels, ops, picked())
            assert result.shape == pixels.shape
            assert (np.abs(expected.astype(int) - result) <= 1).mean() > 0.98


def test_exact_images_too(photos: Path) -> None:
    for before, after, ops in pairs(photos, "trivial_wide", 1, exact=True, interpolation="area"):
        assert (np.abs(replayed(before, ops, picked()).astype(int) - after) <= 1).mean() > 0.98


# --------------------------------------------------------------------------------- mixing


def halves(dtype: str, images: Any) -> Any:
    return images.view(ml_dtypes.bfloat16) if dtype == "bfloat16" else images


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("mix", MIXES, ids=str)
def test_samples_are_mixed_with_those_before(
    photos: Path, mix: Any, dtype: str, layout: str
) -> None:
    options = {**OPTIONS, "dtype": dtype, "layout": layout, "augment": "randaugment"}
    kinds = set()
    plain = Loader(photos, labels="one_hot", **options)
    mixing = Loader(photos, mix=mix, **options)
    for before, after in zip(epochs(plain, 2), epochs(mixing, 2), strict=True):
        kind, lam, box = after.mixed
        kinds.add(kind)
        assert 0 <= lam <= 1
        own = halves(dtype, before.images)
        other, found = np.roll(own, 1, 0), halves(dtype, after.images)
        if kind == "cutmix":
            left, top, right, bottom = box
            area = (slice(None),) * (2 if layout == "NCHW" else 1)
            area += (slice(top, bottom), slice(left, right))
            expected = own.copy()
            expected[area] = other[area]
            assert 1 - lam == pytest.approx((right - left) * (bottom - top) / (40 * 48))
        elif dtype == "uint8":
            assert box is None
            expected = np.floor(lam * own + (1 - lam) * other + 0.5).astype(np.uint8)
        else:
            weights = np.float32(lam), np.float32(1 - lam)
            expected = own.astype(np.float32) * weights[0] + other.astype(np.float32) * weights[1]
            expected = expected.astype(own.dtype)
        assert found.tobytes() == expected.tobytes()
        labels = before.labels * np.float32(lam) + np.roll(before.labels, 1, 0) * np.float32(
            1 - lam
        )
        assert after.labels.dtype == np.float32
        assert after.labels.tobytes() == labels.tobytes()
        assert np.allclose(after.labels.sum(1), 1)
        assert before.ops == after.ops
    assert kinds == ({mix} if isinstance(mix, str) else {"mixup", "cutmix"})


def test_a_batch_of_one_is_mixed_with_itself(photos: Path) -> None:
    options = {**OPTIONS, "batch_size": 1, "limit": 10}
    for before, after in zip(
        Loader(photos, **options), Loader(photos, mix=MIXES[2], **options), strict=True
    ):
        assert np.array_equal(before.images, after.images)
        assert np.allclose(after.labels, np.eye(10)[before.labels])


@pytest.mark.parametrize("shard", [(0, 1), (1, 2)], ids=str)
def test_padded_samples_are_mixed_and_marked(photos: Path, shard: tuple[int, int]) -> None:
    options = {**OPTIONS, "last_batch": "pad", "shard": shard}
    plain = list(Loader(photos, labels="one_hot", **options))
    mixed = list(Loader(photos, mix=MixUp(), **options))
    assert len(mixed[-1].images) == 9
    assert not mixed[-1].valid.all()
    for before, after in zip(plain, mixed, strict=True):
        lam = after.mixed.lam
        expected = lam * before.images + (1 - lam) * np.roll(before.images, 1, 0)
        assert np.array_equal(np.floor(expected + 0.5), after.images)
        assert np.array_equal(before.valid, after.valid)


def test_shares_are_drawn_from_their_distribution(photos: Path) -> None:
    """Beta(a, a) has the variance 1 / (4 (2a + 1))."""
    options = {"size": 8, "batch_size": 1, "seed": 4}
    for alpha in (0.2, 1.0, 4.0):
        loader = Loader(photos, mix=MixUp(alpha), **options)
        shares = [batch.mixed.lam for batch in epochs(loader, 12)]
        assert abs(np.mean(shares) - 0.5) < 0.07
        assert np.var(shares) == pytest.approx(0.25 / (2 * alpha + 1), rel=0.2)
    loader = Loader(photos, mix=("mixup", "cutmix"), **options)
    kinds = Counter(batch.mixed.kind for batch in epochs(loader, 12))
    assert abs(kinds["mixup"] - kinds["cutmix"]) < 4 * math.sqrt(720)


# ------------------------------------------------------------------------------ damaged images


@pytest.fixture
def damaged(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of 24 images, of which some are cut off."""
    files = {}
    for number in range(24):
        data = jpeg(seed=number)
        files[f"{'ab'[number % 2]}/{number:02}.jpg"] = data[:200] if number % 5 == 3 else data
    return tree(files)


@pytest.mark.parametrize("on_error", ["skip", "replace"])
@pytest.mark.parametrize("mix", [None, MIXES[2]], ids=str)
def test_what_is_left_of_a_batch_is_augmented_and_mixed(
    damaged: Path, on_error: str, mix: Any
) -> None:
    options = {**OPTIONS, "batch_size": 5, "on_error": on_error, "augment": "trivial_wide"}
    plain = Loader(damaged, labels="one_hot", **options)
    loaders = [Loader(damaged, mix=mix, workers=workers, **options) for workers in (1, 4)]
    for before, after, again in zip(plain, *loaders, strict=True):
        assert len(after.ops) == len(after.images) == len(before.images)
        assert before.ops == after.ops
        assert everything([after]) == everything([again])
        if after.mixed and after.mixed.kind == "mixup":
            lam = after.mixed.lam
            expected = lam * before.images + (1 - lam) * np.roll(before.images, 1, 0)
            assert np.array_equal(np.floor(expected + 0.5), after.images)
            labels = lam * before.labels + (1 - lam) * np.roll(before.labels, 1, 0)
            assert np.allclose(labels, after.labels)


def test_a_batch_of_which_nothing_is_left_is_filled_and_mixed(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    files = {f"a/{number}.jpg": jpeg(seed=number)[:200] for number in range(4)}
    folder = tree({**files, **{f"b/{number}.jpg": jpeg(seed=number) for number in range(4)}})
    options = {**OPTIONS, "batch_size": 4, "on_error": "skip", "shuffle": False}
    batches = list(Loader(folder, augment="randaugment", mix="mixup", **options))
    assert [batch.valid.tolist() for batch in batches] == [[False] * 4, [True] * 4]
    assert all(batch.mixed and len(batch.ops) == 4 for batch in batches)
    assert np.allclose(batches[0].labels, [[0, 1]] * 4)


def test_a_damaged_image_still_raises(damaged: Path) -> None:
    with pytest.raises(DecodeError):
        list(Loader(damaged, augment="randaugment", mix="mixup", **OPTIONS))


# --------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"augment": "x"}, ValueError, 'one of "randaugment", "trivial_wide", "autoaugment"'),
        ({"augment": ""}, ValueError, "augment='' is not valid"),
        ({"augment": 3}, TypeError, "augment=3 is not valid"),
        ({"augment": True}, TypeError, "augment=True is not valid"),
        ({"augment": MixUp()}, TypeError, r"augment=MixUp\(alpha=1.0\) is not valid"),
        ({"augment": RandAugment}, TypeError, "an object of RandAugment"),
        ({"augment": ["randaugment"]}, TypeError, "is not valid: one of"),
        ({"augment": "mixup"}, ValueError, "augment='mixup' is not valid: .*; mix= takes it"),
        (
            {"mix": RandAugment()},
            TypeError,
            "mix=RandAugment.* is not valid: .*; augment= takes it",
        ),
        ({"augment": RandAugment(0)}, ValueError, "num_ops is a whole number from 1 to 16"),
        ({"augment": RandAugment(-1)}, ValueError, "num_ops is a whole number"),
        ({"augment": RandAugment("2")}, TypeError, r"RandAugment\(num_ops='2'.*a whole number"),
        ({"augment": RandAugment(True)}, TypeError, "num_ops is a whole number"),  # noqa: FBT003
        ({"augment": RandAugment(magnitude=31)}, ValueError, "a whole number from 0 to 30"),
        ({"augment": RandAugment(num_magnitude_bins=1)}, ValueError, "from 2 to 1000"),
        ({"augment": TrivialAugmentWide(1)}, ValueError, "from 2 to 1000"),
        ({"augment": AutoAugment("mnist")}, ValueError, '"imagenet", "cifar10", "svhn"'),
        ({"augment": AutoAugment(3)}, TypeError, '"imagenet", "cifar10", "svhn"'),
        (
            {"augment": RandAugment(interpolation="cubic")},
            ValueError,
            "interpolation='cubic' .*nearest",
        ),
        (
            {"augment": RandAugment(fill=256)},
            ValueError,
            "fill is a number from 0 to 255, or three",
        ),
        ({"augment": RandAugment(fill=(1, 2))}, ValueError, "fill is a number from 0 to 255, or"),
        (
            {"augment": RandAugment(fill="red")},
            TypeError,
            "fill is a number from 0 to 255, or three",
        ),
        ({"augment": AugMix(11)}, ValueError, "severity is a whole number from 1 to 10"),
        ({"augment": AugMix(chain_depth=0)}, ValueError, "chain_depth is a whole number from 1"),
        ({"augment": AugMix(chain_depth=-2)}, ValueError, "chain_depth is .* or -1"),
        ({"augment": AugMix(alpha=0.0)}, ValueError, "alpha is a number above 0"),
        ({"augment": AugMix(alpha=float("nan"))}, ValueError, "alpha is a number above 0"),
        ({"augment": AugMix(all_ops="no")}, TypeError, "all_ops is True or False"),
        ({"mix": "x"}, ValueError, 'one of "mixup", "cutmix", an object of MixUp, CutMix'),
        ({"mix": ()}, ValueError, r"mix=\(\) is not valid: at least one"),
        ({"mix": ("mixup", "cut")}, ValueError, r"mix=\('mixup', 'cut'\) is not valid"),
        ({"mix": 0.2}, TypeError, "mix=0.2 is not valid"),
        ({"mix": RandAugment()}, TypeError, "mix=RandAugment"),
        ({"mix": MixUp(0)}, ValueError, "alpha is a number above 0"),
        (
            {"mix": MixUp(-1.0)},
            ValueError,
            r"mix=MixUp\(alpha=-1\) is not valid: alpha is a number",
        ),
        ({"mix": CutMix("1")}, TypeError, r"CutMix\(alpha='1'\) is not valid: alpha is"),
        ({"mix": "mixup", "labels": None}, ValueError, "labels=None is not valid: only without"),
        ({"mix": "mixup", "ragged": True}, ValueError, "ragged=True is not valid: only without"),
        (
            {"mix": "mixup", "size": None, "batch_size": 1, "fit": "stretch"},
            ValueError,
            "size=None is not valid: only without mix",
        ),
        ({"mix": "cutmix", "classes": ["class-01"]}, ValueError, "two classes or more"),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(
    photos: Path, wrong: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Loader(photos, **{**OPTIONS, **wrong})


def test_what_was_done_is_part_of_copies_of_a_batch(photos: Path) -> None:
    batch = next(iter(Loader(photos, augment="randaugment", mix="cutmix", **OPTIONS)))
    other = pickle.loads(pickle.dumps(batch))  # noqa: S301
    assert (other.ops, other.mixed) == (batch.ops, batch.mixed)
    assert other.mixed.kind == "cutmix"
    rebuilt = type(batch)(*batch)
    with pytest.raises(AttributeError, match="without its 'ops'"):
        _ = rebuilt.ops


def test_its_time_is_counted(photos: Path) -> None:
    loader = Loader(photos, augment="augmix", **OPTIONS)
    samples = sum(len(batch.images) for batch in loader)
    augment = loader.stats()["augment"]
    assert (augment["items"], augment["bytes"]) == (samples, samples * 40 * 48 * 3)
    assert augment["seconds"] > 0


def test_a_loader_shows_what_it_does(photos: Path) -> None:
    shown = repr(Loader(photos, augment=RandAugment(3), mix=("mixup", CutMix(0.5)), **OPTIONS))
    assert ", augment=RandAugment(num_ops=3, magnitude=9, num_magnitude_bins=31, " in shown
    assert ", mix=('mixup', CutMix(alpha=0.5))>" in shown
    assert "augment" not in repr(Loader(photos, **OPTIONS))


@pytest.mark.parametrize("output", ["tensorflow", "jax"])
def test_other_frameworks_get_mixed_labels(photos: Path, output: str) -> None:
    options = {**OPTIONS, "augment": "randaugment", "mix": "mixup", "dtype": "float32"}
    for expected, batch in zip(
        Loader(photos, **options), Loader(photos, output=output, **options), strict=True
    ):
        assert np.array_equal(expected.labels, np.asarray(batch.labels))
        assert np.array_equal(expected.images, np.asarray(batch.images))


def test_keras_fits_mixed_batches(photos: Path) -> None:
    import keras  # noqa: PLC0415  it takes seconds

    train = Loader(
        photos, augment="randaugment", mix=("mixup", "cutmix"), **{**OPTIONS, "size": 32}
    )
    model = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    model.compile(loss="categorical_crossentropy", metrics=["categorical_accuracy"])
    history = model.fit(train.as_tf_dataset(), epochs=2, shuffle=False, verbose=0)
    assert len(history.history["loss"]) == 2
