"""MixUp and CutMix as nodes: the same as a Loader does to batches."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
import pytest
from imagepipe_rs import GraphError, Loader
from imagepipe_rs.graph import (
    CutMix,
    CutMixImages,
    CutMixRegion,
    GetRandom,
    Graph,
    MakeResource,
    MixUp,
    MixUpImages,
    RandomSeed,
    SampleIndex,
    Stream,
    outputs,
)
from PIL import Image

if TYPE_CHECKING:
    from conftest import MakeTree

NODES: list[Any] = [MixUp, CutMix]
RANDOM = np.random.default_rng(3)
FIRST, SECOND = RANDOM.integers(0, 256, (2, 24, 32, 3), np.uint8)


def png(image: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def stream(kind: Any, first: dict[str, Any], second: dict[str, Any], **options: Any) -> Stream:
    with Graph() as made:
        sample = kind(MakeResource(**first), MakeResource(**second), **options)
        outputs(sample["image"], sample["label"], sample["lam"])
    return Stream(made, seed=2)


def mixed(kind: Any, first: Any, second: Any, index: int = 0, **options: Any) -> Any:
    both = ({"image": image, "label": label} for image, label in (first, second))
    return stream(kind, *both, **options).run(index)


@pytest.mark.parametrize("kind", NODES)
@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_pair_is_mixed_as_in_the_batch_of_a_loader(
    kind: Any, alpha: float, dtype: str, tree: MakeTree
) -> None:
    """With the seed of the Loader, as its first batch."""
    folder = tree({"a/1.png": png(SECOND), "b/2.png": png(FIRST)})
    plain = Loader(folder, batch_size=2, size=(24, 32), shuffle=False, dtype=dtype)
    second, first = next(iter(plain)).images
    way = getattr(imagepipe_rs, kind.__name__)(alpha)
    for seed in range(20):
        loader = Loader(
            folder, batch_size=2, size=(24, 32), shuffle=False, dtype=dtype, mix=way, seed=seed
        )
        batch = next(iter(loader))
        image, label, share = mixed(
            kind, (first, 1), (second, 0), alpha=alpha, num_classes=2, seed=seed
        )
        assert np.array_equal(image, batch.images[1])
        assert image.dtype == dtype
        assert np.array_equal(label, batch.labels[1])
        assert share == np.float32(batch.mixed.lam)


@pytest.mark.parametrize("kind", NODES)
def test_labels_may_be_vectors(kind: Any) -> None:
    soft = np.array([0.25, 0.75, 0], np.float32)
    other = np.array([0, 0, 1], np.int64)
    for index in range(20):
        _, label, share = mixed(kind, (FIRST, soft), (SECOND, other), index)
        assert label.dtype == np.float32
        np.testing.assert_allclose(label, soft * share + other * (1 - share), atol=1e-6)
        assert abs(label.sum() - 1) < 1e-6


@pytest.mark.parametrize("kind", NODES)
def test_gray_images_and_those_of_any_channels_are_mixed(kind: Any) -> None:
    for channels in (1, 2, 4, 5):
        images = RANDOM.integers(0, 256, (2, 7, 9, channels), np.uint8)
        (image, _, share), (flat, *_) = (
            mixed(kind, (images[0][part], 0), (images[1][part], 1), num_classes=2, seed=8)
            for part in (..., (..., 0))
        )
        assert image.shape == (7, 9, channels)
        assert np.array_equal(flat, image[..., 0])
        if kind is MixUp:
            expected = images[0] * float(share) + images[1] * (1 - float(share))
            assert np.abs(image - expected).max() <= 0.5


def test_a_graph_draws_both_and_how_they_are_mixed_in_each_sample() -> None:
    with Graph() as made:
        seeds = RandomSeed(), RandomSeed()
        both = [
            MakeResource(image=GetRandom(np.stack([FIRST, SECOND]), seed), label=SampleIndex() % 5)
            for seed in seeds
        ]
        sample = MixUp(*both, num_classes=5)
        outputs(sample["image"], sample["label"], MixUp(*both, num_classes=5)["lam"], sample["lam"])
    made_of_it = Stream(made)
    samples = [made_of_it.run(index) for index in range(50)]
    assert len({float(sample[3]) for sample in samples}) == 50
    assert all(sample[2] != sample[3] for sample in samples)
    for index, sample in enumerate(samples):
        assert np.array_equal(sample[1], np.eye(5, dtype=np.float32)[index % 5])
        assert np.array_equal(Stream(made).run(index)[0], sample[0])


def test_other_fields_are_those_of_the_first() -> None:
    with Graph() as made:
        first = MakeResource(image=FIRST, label=1, file="a.png")
        second = MakeResource(image=SECOND, label=0, file="b.png", size=3)
        sample = CutMix(first, second, num_classes=2)
        outputs(sample["file"])
        renamed = MixUp(
            MakeResource(left_image=FIRST, digit=1),
            MakeResource(left_image=SECOND, digit=0),
            num_classes=2,
            label="digit",
        )
        outputs(renamed["left_image"], renamed["digit"])
        with pytest.raises(GraphError, match="no field 'size', only image, label, file, lam"):
            sample["size"]
    assert Stream(made).run(0)[0] == "a.png"


def test_regions_and_shares_may_be_chosen() -> None:
    with Graph() as made:
        outputs(MixUpImages(FIRST, SECOND, 1), CutMixImages(FIRST, SECOND, [2, 3, 10, 20]))
        outputs(CutMixRegion(FIRST, 1e6, 4))
    first, cut, region = Stream(made).run(0)
    expected = FIRST.copy()
    expected[3:20, 2:10] = SECOND[3:20, 2:10]
    assert np.array_equal(first, FIRST)
    assert np.array_equal(cut, expected)
    # Of half the area, where it is not cut off.
    assert 0 < np.prod(region[2:] - region[:2]) <= 0.5 * 24 * 32


@pytest.mark.parametrize("kind", NODES)
def test_what_cannot_be_mixed_is_refused(kind: Any) -> None:
    label = {"label": 1}

    def refused(message: str, first: Any, second: Any, **options: Any) -> None:
        with pytest.raises(GraphError, match=message):
            stream(kind, first, second, **options)

    good = {"image": FIRST, **label}
    classes = {"num_classes": 2}
    small = {"image": SECOND[:20], **label}
    sizes = r"uint8 \(24, 32, 3\) and uint8 \(20, 32, 3\): they must have one type and shape"
    refused(sizes, good, small, **classes)
    refused("must have one type", good, {"image": SECOND / np.float32(255), **label}, **classes)
    refused("the label is a number.*num_classes says how many", good, good)
    soft = {"image": FIRST, "label": np.ones(3, np.float32)}
    refused("a share for each class: leave out num_classes", soft, soft, **classes)
    refused("class 1 of 1, which are numbered from 0", good, good, num_classes=1)
    refused("alpha is 0, not a number above 0", good, good, alpha=0, **classes)
    masked = {**good, "mask": FIRST[..., 0]}
    refused("field 'mask' cannot be mixed: leave it out", masked, good, **classes)
    refused("no field 'label', only image", {"image": FIRST}, good, **classes)
    refused("no field 'image', only label", good, label, **classes)
    refused("0 fields are images", label, good, **classes)
    wide = {"image": FIRST.astype(np.int64), **label}
    refused("not an image of uint8 or float32", wide, wide, **classes)
