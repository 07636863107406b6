"""Chains of steps that move images, done as one: how far they are from what they stand for."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs.graph import (
    Affine,
    Graph,
    HorizontalFlip,
    ImageCrop,
    ImageWidth,
    MakeResource,
    Node,
    Perspective,
    RandomAffine,
    RandomHorizontalFlip,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    ResourceResize,
    Rotate,
    Stream,
    TranslateView,
    VerticalFlip,
    ViewImage,
    load,
    outputs,
    pipeline,
)
from scipy.ndimage import binary_erosion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Steps = list["Callable[[Any], Any]"]

# Levels of a smooth image, of which a wave is 40 pixels long, by which a chain may differ.
TOLERANCE = 3
# Pixels at an edge of the image that may differ by more: as many as cubic interpolation sees.
REACH = 3
CORNERS = [[0, 0], [95, 0], [95, 79], [0, 79]]
MOVED = [[6, 3], [90, 5], [93, 72], [2, 77]]

CHAINS: dict[str, Steps] = {
    "two rotations": [lambda x: Rotate(x, 12), lambda x: Rotate(x, -25)],
    "three steps": [
        lambda x: Affine(x, 10, (4, -3), 1.1, (5, 2)),
        lambda x: Rotate(x, 8),
        lambda x: Perspective(x, CORNERS, MOVED),
    ],
    "flips between": [
        HorizontalFlip,
        lambda x: Rotate(x, 12),
        VerticalFlip,
        lambda x: Affine(x, -5, (1.5, 2.5), 0.9, (0, 0)),
        HorizontalFlip,
    ],
    "a resize before": [lambda x: Resize(x, 60, 70), lambda x: Rotate(x, 20)],
    "a flip and a resize before": [
        HorizontalFlip,
        lambda x: Resize(x, 120, 90, "Cubic"),
        lambda x: Rotate(x, 20, "Cubic"),
    ],
    "a crop after": [lambda x: Rotate(x, 20), lambda x: ImageCrop(x, 11, 7, 50, 40)],
    "a crop beyond the edge": [lambda x: Rotate(x, 20), lambda x: ImageCrop(x, -9, 30, 50, 99)],
    "a crop and a resize after": [
        lambda x: Rotate(x, 20),
        lambda x: RandomResizedCrop(x, 64, 48, (0.3, 1)),
    ],
    "what is drawn": [
        RandomHorizontalFlip,
        lambda x: RandomRotation(x, 30),
        RandomVerticalFlip,
        lambda x: RandomPerspective(x, 0.2),
        lambda x: RandomAffine(x, 10, (0.1, 0.1), (0.9, 1.1), 5),
    ],
    "a random crop before": [
        lambda x: RandomResizedCrop(x, 70, 80, (0.4, 1)),
        RandomHorizontalFlip,
        lambda x: RandomAffine(x, 20, scale=(0.8, 1.2)),
    ],
}


def smooth(height: int = 80, width: int = 96) -> Any:
    """Return an image of waves that are 40 pixels long and longer."""
    down, across = np.mgrid[:height, :width] * (2 * np.pi / 40)
    waves = [np.sin(0.7 * across + 0.6 * down), np.cos(0.9 * down), np.sin(0.5 * across - down / 2)]
    return (np.stack(waves, 2) * 100 + 128).round().astype(np.uint8)


def both(steps: Steps, image: Any, count: int = 1, **options: Any) -> Any:
    """Yield samples of a chain as it is, and as one step."""
    with Graph() as made:
        node = image
        for step in steps:
            node = step(node)
        outputs(node)
    plain, fused = Stream(made), Stream(made, fuse="geometry", **options)
    for index in range(count):
        yield plain.run(index)[0], fused.run(index)[0]


def views(stream: Stream) -> int:
    """Return how many images are made by a sample that moves all of an image."""
    rows = stream.profile(1)
    return sum(row.operation in {"ViewImage", "Flip", "Resize", "ImageCrop"} for row in rows)


def stream_of(steps: Steps, image: Any, **options: Any) -> Stream:
    with Graph() as made:
        node = image
        for step in steps:
            node = step(node)
        outputs(node)
    return Stream(made, **options)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_chain_is_near_to_what_its_steps_give(chain: str, dtype: str) -> None:
    """Where all of it is of the image, after each step."""
    image = smooth().astype(dtype)
    inside = [plain for plain, _ in both(CHAINS[chain], np.ones_like(image) * 255, 20)]
    for (plain, fused), full in zip(both(CHAINS[chain], image, 20), inside, strict=True):
        assert fused.dtype == plain.dtype
        assert fused.shape == plain.shape
        # At an edge of the image, what lies around it is not smoothed in the same steps, either.
        whole = binary_erosion((full > 254.9).all(2), iterations=REACH)
        assert whole.mean() > 0.2
        different = np.abs(plain.astype(float) - fused)[whole]
        assert different.max() <= TOLERANCE
        assert different.mean() <= TOLERANCE / 3


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_is_one_step(chain: str) -> None:
    before, after = (
        views(stream_of(CHAINS[chain], smooth(), fuse=fuse)) for fuse in (None, "geometry")
    )
    # What a random crop cuts out comes first, as only it is decoded of a file.
    assert after == (2 if chain == "a random crop before" else 1)
    assert before > after or chain == "what is drawn"


@pytest.mark.parametrize("chain", CHAINS)
def test_optimizing_and_saving_change_nothing(chain: str, tmp_path: Path) -> None:
    fused = stream_of(CHAINS[chain], smooth(), fuse="geometry")
    fused.save(tmp_path / "fused.pipe")
    others = [
        stream_of(CHAINS[chain], smooth(), fuse="geometry", optimize=False),
        load(tmp_path / "fused.pipe"),
        pickle.loads(pickle.dumps(fused)),  # noqa: S301
    ]
    for index in range(5):
        expected = fused.run(index)[0]
        assert all(np.array_equal(other.run(index)[0], expected) for other in others)


SINGLE: Steps = [
    lambda x: Rotate(x, 12),
    HorizontalFlip,
    lambda x: Resize(x, 50, 60),
    lambda x: RandomResizedCrop(x, 50, 60),
    lambda x: RandomPerspective(x, 0.3),
    lambda x: Resize(HorizontalFlip(x), 50, 60),
    lambda x: RandomPerspective(RandomHorizontalFlip(x), 0.2, 0.1),
    lambda x: Resize(Rotate(x, 12), 50, 60, "Area"),
    lambda x: Rotate(Resize(x, 50, 60, "Area"), 12),
    lambda x: Rotate(ImageCrop(x, 11, 7, 50, 40), 12),
]


@pytest.mark.parametrize("step", SINGLE)
def test_what_is_no_chain_stays_what_it_is(step: Any) -> None:
    """One step, what would be warped for the first time, and what takes means of areas."""
    for plain, fused in both([step], smooth(), 10):
        assert np.array_equal(plain, fused)


def test_what_was_cut_off_is_seen_again() -> None:
    away, back = TranslateView, TranslateView

    def there_and_back(image: Any) -> Node:
        moved = ViewImage(image, away(60, 0), 96, 80)
        return ViewImage(moved, back(-60, 0), 96, 80)

    ((plain, fused),) = both([there_and_back], smooth())
    assert np.array_equal(fused, smooth())
    assert np.array_equal(plain[:, :36], smooth()[:, :36])
    assert not plain[:, 36:].any()


def test_nothing_is_smoothed_twice() -> None:
    """There and back by half a pixel, an image stays what it is."""
    image = np.random.default_rng(2).integers(0, 256, (40, 50), np.uint8)
    steps: Steps = [
        lambda x: ViewImage(x, TranslateView(0.5, 0.5), 50, 40),
        lambda x: ViewImage(x, TranslateView(-0.5, -0.5), 50, 40),
    ]
    ((plain, fused),) = both(steps, image)
    assert np.array_equal(fused, image)
    assert np.abs(plain.astype(int) - image)[2:-2, 2:-2].mean() > 20


def recipe(sample: Node) -> Node:
    """Return a sample that was moved in all ways."""
    sample = ResourceResize(sample, 120, 100, "Area")
    sample = RandomHorizontalFlip(sample)
    sample = RandomRotation(sample, 40, "Cubic")
    sample = RandomResizedCrop(sample, 90, 80, (0.3, 0.9), interpolation="Area")
    sample = RandomRotation(sample, 20, "Cubic")
    return RandomAffine(sample, 30, (0.1, 0.1), (0.7, 1.1))


def test_masks_boxes_and_points_stay_in_step() -> None:
    """A mask shows just where the image is seen, whatever its interpolation."""
    white = np.full((80, 96, 3), 255, np.uint8)
    points = np.array([[10, 20], [50, 60]], np.float32)
    fields = {"image": white, "mask": white[..., 0], "points": points}
    fields["boxes"] = np.array([[10, 20, 50, 60]], np.float32)
    with Graph() as made:
        sample = recipe(MakeResource(fields))
        outputs(*(sample[field] for field in fields))
    plain, fused = Stream(made), Stream(made, fuse="geometry")
    for index in range(30):
        image, mask, *others = fused.run(index)
        assert np.mean((image[..., 0] > 127) != (mask > 127)) < 0.01
        for one, other in zip(others, plain.run(index)[2:], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)
    assert any(not np.array_equal(plain.run(index)[0], fused.run(index)[0]) for index in range(30))


def test_sizes_of_moved_images_are_known() -> None:
    with Graph() as made:
        moved = Rotate(Rotate(smooth(), 10), 20)
        outputs(moved, ImageWidth(moved), ImageWidth(ImageCrop(moved, -5, 0, 50, 20)))
    fused = Stream(made, fuse="geometry")
    assert "(80, 96, 3)" in repr(fused)
    assert fused.run(0)[1:] == Stream(made).run(0)[1:] == (96, 45)
    assert next(iter(fused.batches(4)))[0].shape == (4, 80, 96, 3)


def test_other_outputs_change_nothing() -> None:
    """Although an image between two steps is then made, too."""
    with Graph() as made:
        first = Rotate(smooth(), 10)
        outputs(Rotate(first, 20))
    with Graph() as more:
        first = Rotate(smooth(), 10)
        outputs(Rotate(first, 20), first)
    alone, beside = (Stream(one, fuse="geometry").run(0) for one in (made, more))
    assert np.array_equal(alone[0], beside[0])


def test_states_of_other_samples_are_refused() -> None:
    plain, fused = (
        stream_of(CHAINS["two rotations"], smooth(), fuse=fuse) for fuse in (None, "geometry")
    )
    state = plain.batches(2).state_dict()
    with pytest.raises(ValueError, match="another"):
        fused.batches(2).load_state_dict(state)


def test_a_pipeline_takes_it_too() -> None:
    @pipeline(fuse="geometry")
    def turned() -> Node:
        return Rotate(Rotate(smooth(), 10), 20)

    assert views(turned()) == 1


@pytest.mark.parametrize("fuse", ["colour", True, ""])
def test_other_words_are_refused(fuse: Any) -> None:
    with Graph() as made:
        outputs(Rotate(smooth(), 10))
    with pytest.raises(ValueError, match=r'fuse=.* is not valid: "geometry", or None'):
        Stream(made, fuse=fuse)


def test_every_chain_has_another_result_as_one_step() -> None:
    """Or this file would compare a chain with itself. A crop only leaves pixels out."""
    for chain, steps in CHAINS.items():
        (plain, fused), *_ = both(steps, smooth())
        is_crop = chain in {"a crop after", "a crop beyond the edge"}
        assert np.array_equal(plain, fused) == is_crop
