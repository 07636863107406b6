"""Policies of augmentation as nodes: those of a Loader, in a graph."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
import pytest
from augment_reference import OPERATIONS, blended, picked, replayed
from imagepipe_rs import GraphError, Loader
from imagepipe_rs.graph import (
    AugMix,
    AutoAugment,
    Graph,
    Node,
    RandAugment,
    RandomSeed,
    SampleIndex,
    Stream,
    TrivialAugmentWide,
    outputs,
)
from node_cases import SAMPLES, shared
from PIL import Image

if TYPE_CHECKING:
    from conftest import MakeTree

POLICIES: list[tuple[type[Node], dict[str, Any]]] = [
    (RandAugment, {}),
    (RandAugment, {"num_ops": 4, "magnitude": 17, "num_magnitude_bins": 20}),
    (TrivialAugmentWide, {}),
    (AutoAugment, {}),
    (AutoAugment, {"policy": "svhn"}),
    (AugMix, {}),
    (AugMix, {"severity": 9, "mixture_width": 2, "chain_depth": 2, "alpha": 0.5, "all_ops": False}),
]
NODES = [RandAugment, TrivialAugmentWide, AutoAugment, AugMix]


def picture(channels: int = 3) -> Any:
    """Return an image of 40 rows and 48 columns with levels of all kinds."""
    down, across = np.mgrid[:40, :48]
    waves = [np.sin(across / 7 + phase) + np.cos(down / 5 - phase) for phase in range(channels)]
    return (np.stack(waves, 2) * 60 + 120).astype(np.uint8)


def one(node: Any, *given: Any, **named: Any) -> Any:
    with Graph() as made:
        outputs(node(*given, **named))
    return Stream(made).run(0)[0]


@pytest.mark.parametrize(("node", "numbers"), POLICIES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_node_does_what_a_loader_does(
    node: Any, numbers: Any, channels: int, tree: MakeTree
) -> None:
    """With the seed of the Loader, to its first sample."""
    image, file = picture(channels), BytesIO()
    Image.fromarray(image.squeeze()).save(file, "PNG")
    folder = tree({"class/image.png": file.getvalue()})
    policy = getattr(imagepipe_rs, node.__name__)(**numbers)
    options = {"size": (40, 48), "channels": "GRAY" if channels == 1 else "RGB"}
    sample = blended() if node is AugMix else picked()
    for seed in range(25):
        batch = next(iter(Loader(folder, augment=policy, seed=seed, **options)))
        found = one(node, image, **numbers, seed=seed)
        assert np.array_equal(found, batch.images[0])
        different = np.abs(replayed(image, batch.ops[0], sample).astype(int) - found)
        # Places halfway between two pixels fall to either side.
        assert np.mean(different <= 2) > 0.9, batch.ops


@pytest.mark.parametrize("node", NODES)
def test_samples_differ_and_are_made_again(node: Any) -> None:
    with Graph() as made:
        seed = RandomSeed()
        outputs(node(picture()), node(picture()), node(picture(), seed=seed))
        outputs(node(picture(), seed=seed), node(picture()[..., 0]))
    first, again = Stream(made, seed=3), Stream(made, seed=3)
    samples = [first.run(index) for index in range(40)]
    for index in reversed(range(40)):
        for found, expected in zip(again.run(index), samples[index], strict=True):
            assert np.array_equal(found, expected)
    changed = [not np.array_equal(sample[0], picture()) for sample in samples]
    assert sum(changed) > 15
    assert any(not np.array_equal(a, b) for a, b, *_ in samples)
    assert all(np.array_equal(a, b) for _, _, a, b, _ in samples)
    assert {sample[4].shape for sample in samples} == {(40, 48)}
    others = [Stream(made, seed=4).run(index)[0] for index in range(40)]
    assert any(not np.array_equal(a, b[0]) for a, b in zip(others, samples, strict=True))


def test_operations_and_strengths_are_as_likely() -> None:
    """Of one level, an image shows which kind of operation it was."""
    flat = np.full((16, 16), 100, np.uint8)
    with Graph() as made:
        # Either does nothing, or all it can.
        outputs(TrivialAugmentWide(flat, num_magnitude_bins=2))
    made_of_it = Stream(made, seed=5)

    def kind(image: Any) -> Any:
        levels = np.unique(image)
        return int(levels[0]) if len(levels) == 1 else "moved"

    found = [kind(made_of_it.run(index)[0]) for index in range(SAMPLES)]
    # Shears and rotation; translations (of 32 pixels: all of it) and darkened; brightened;
    # posterized to two bits; inverted from 0 on.
    half = 1 / 28
    expected = {"moved": 3 * half, 0: 2.5 * half, 199: half / 2, 64: half, 155: half}
    shared({**expected, 100: 1 - sum(expected.values())})(found)


def test_without_strength_only_what_has_none_does_anything() -> None:
    image = picture()
    with Graph() as made:
        outputs(RandAugment(image, num_ops=1, magnitude=0))
    still = Stream(made)
    possible = [image, *(OPERATIONS[name](image, 0) for name in ("AutoContrast", "Equalize"))]
    kinds = [
        tuple(np.array_equal(still.run(index)[0], one) for one in possible)
        for index in range(SAMPLES)
    ]
    first, second, third = np.eye(3, dtype=bool).tolist()
    shared({tuple(first): 12 / 14, tuple(second): 1 / 14, tuple(third): 1 / 14})(kinds)


def test_numbers_may_be_nodes() -> None:
    """So that images are changed more the longer a run takes."""
    with Graph() as made:
        outputs(RandAugment(picture(), magnitude=SampleIndex() % 31, seed=7))
    found = Stream(made)
    for index in (0, 4, 30):
        expected = one(RandAugment, picture(), magnitude=index, seed=7)
        assert np.array_equal(found.run(index)[0], expected)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    ("image", "message"),
    [
        (picture().astype(np.float32), r'uint8: ConvertDepth\(image, "uint8"\) makes one'),
        (np.zeros((4, 4, 4), np.uint8), r"of 1 or 3 channels: DecodeImage\(.*\) makes one"),
        (np.zeros((4, 4, 3, 2), np.uint8), "not an image"),
        ("image", "text"),
    ],
)
def test_other_images_are_refused_with_what_to_do(node: Any, image: Any, message: str) -> None:
    with pytest.raises(GraphError, match=rf"{node.__name__} \(.*test_graph_policies.*{message}"):
        one(node, image)


@pytest.mark.parametrize(
    ("node", "numbers", "message"),
    [
        (RandAugment, {"num_ops": 0}, "num_ops is 0, not a whole number from 1 to 16"),
        (RandAugment, {"magnitude": 31}, "magnitude is 31, not a whole number from 0 to 30"),
        (RandAugment, {"magnitude": "strong"}, "text, not an array"),
        (TrivialAugmentWide, {"num_magnitude_bins": 1}, "num_magnitude_bins is 1, not a whole"),
        (AutoAugment, {"policy": "mnist"}, '"mnist" is no policy: one of imagenet, cifar10, svhn'),
        (AugMix, {"severity": 11}, "severity is 11, not a whole number from 1 to 10"),
        (AugMix, {"chain_depth": -2}, "chain_depth is -2, not a whole number"),
        (AugMix, {"alpha": 0.0}, "alpha is 0, not a number above 0"),
    ],
)
def test_bad_arguments_are_named(node: Any, numbers: Any, message: str) -> None:
    with pytest.raises(GraphError, match=rf"{node.__name__} \(.*{message}"):
        one(node, picture(), **numbers)


def test_what_is_meant_for_a_loader_says_which_node_there_is() -> None:
    with Graph(), pytest.raises(TypeError, match=r"imagepipe_rs\.graph\.RandAugment is the node"):
        outputs(imagepipe_rs.RandAugment(2))
