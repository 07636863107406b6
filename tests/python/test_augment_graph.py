"""Graphs of one's own as a Loader's `augment`."""

from __future__ import annotations

import copy
import pickle
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DecodeError, GraphError, Loader
from imagepipe_rs.graph import (
    ColorJitter,
    Convert,
    GetElement,
    Graph,
    HorizontalFlip,
    ImageCrop,
    Invert,
    LoaderImage,
    MakeList,
    PyNode,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    Resize,
    SampleIndex,
    SampleUniform,
    Stream,
    VerticalFlip,
    graph,
    load,
    outputs,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

OPTIONS: dict[str, Any] = {
    "batch_size": 9,
    "size": (40, 48),
    "fit": "random_crop",
    "flip": True,
    "seed": 8,
}


def made_of(make: Callable[[Any], Any]) -> Graph:
    """Return the graph whose output is what is made of the Loader's image."""
    with Graph() as made:
        outputs(make(LoaderImage()))
    return made


def recipe(image: Any) -> Any:
    """Return what a recipe makes of an image."""
    image = RandomHorizontalFlip(image)
    image = RandomRotation(image, 15)
    image = ColorJitter(image, 0.4, 0.4, 0.4, 0.1)
    return RandomErasing(image, 0.5)


def pixels(loader: Loader, epochs: int = 1) -> list[bytes]:
    """Return the pixels of each sample, and which it is."""
    return [
        (image.tobytes(), index)
        for _ in range(epochs)
        for batch in loader
        for image, index in zip(batch.images, batch.indices.tolist(), strict=True)
    ]


# --------------------------------------------------------------------------------- what it is given


def test_it_is_given_the_image_and_gives_it_back(photos: Path) -> None:
    plain = Loader(photos, **OPTIONS)
    inverted = Loader(photos, augment=made_of(Invert), **OPTIONS)
    for before, after in zip(plain, inverted, strict=True):
        assert np.array_equal(after.images, 255 - before.images)
        assert np.array_equal(after.crops, before.crops)
        assert after.ops is None


@pytest.mark.parametrize("channels", ["RGB", "BGR", "GRAY"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_it_sees_red_green_and_blue_or_gray(photos: Path, channels: str, layout: str) -> None:
    shapes = []

    def seen(image: Any) -> Any:
        shapes.append(image.shape)
        image = image.copy()
        if image.ndim == 3:
            image[..., 0] = 7
        return image

    options: Any = {**OPTIONS, "channels": channels, "layout": layout}
    made = made_of(lambda image: PyNode(seen, [image]))
    for before, after in zip(
        Loader(photos, **options), Loader(photos, augment=made, **options), strict=True
    ):
        expected = before.images.copy()
        if channels != "GRAY":
            red = {"RGB": 0, "BGR": 2}[channels]
            expected[(..., red) if layout == "NHWC" else (slice(None), red)] = 7
        assert np.array_equal(after.images, expected)
    assert set(shapes) == {(40, 48) if channels == "GRAY" else (40, 48, 3)}


def test_bytes_are_changed_before_they_become_floats(photos: Path) -> None:
    options: Any = {**OPTIONS, "dtype": "float32", "mean": "imagenet", "std": "imagenet"}
    changed = Loader(photos, augment=made_of(Invert), **options)
    for bytes_, floats in zip(
        Loader(photos, augment=made_of(Invert), **OPTIONS), changed, strict=True
    ):
        mean, std = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)
        expected = (bytes_.images / np.float32(255) - mean) / std
        assert np.allclose(floats.images, expected, atol=1e-5)


def test_images_of_their_own_size(photos: Path) -> None:
    options: Any = {"size": None, "ragged": True, "shuffle": False, "batch_size": 5}
    for before, after in zip(
        Loader(photos, **options),
        Loader(photos, augment=made_of(HorizontalFlip), **options),
        strict=True,
    ):
        for one, other in zip(before.images, after.images, strict=True):
            assert np.array_equal(other, one[:, ::-1])


def test_an_image_may_be_taken_twice(photos: Path) -> None:
    with Graph() as made:
        outputs(GetElement(MakeList([LoaderImage(), Invert(LoaderImage())]), SampleIndex() % 2))
    loader = Loader(photos, augment=made, **OPTIONS)
    for before, after in zip(Loader(photos, **OPTIONS), loader, strict=True):
        for one, other, index in zip(before.images, after.images, after.indices, strict=True):
            assert np.array_equal(other, 255 - one if index % 2 else one)


def test_a_graph_goes_together_with_mix(photos: Path) -> None:
    plain = Loader(photos, augment=made_of(Invert), **OPTIONS)
    mixed = Loader(photos, augment=made_of(Invert), mix="mixup", **OPTIONS)
    for before, after in zip(plain, mixed, strict=True):
        share = after.mixed.lam
        rolled = np.roll(before.images, 1, axis=0).astype(np.float64)
        expected = share * before.images + (1 - share) * rolled
        assert np.abs(after.images - expected).max() <= 1


# ------------------------------------------------------------------------------- the same each time


def test_workers_and_prefetch_change_nothing(photos: Path) -> None:
    expected = pixels(Loader(photos, augment=made_of(recipe), workers=1, **OPTIONS), 2)
    for workers, prefetch in [(2, 1), (4, 5)]:
        options = {**OPTIONS, "workers": workers, "prefetch": prefetch}
        assert pixels(Loader(photos, augment=made_of(recipe), **options), 2) == expected


def test_epochs_samples_and_seeds_draw_anew(photos: Path) -> None:
    def drawn(seed: int) -> list[float]:
        seen: list[float] = []

        def note(image: Any, drawn: Any) -> Any:
            seen.append(float(drawn))
            return image

        made = made_of(lambda image: PyNode(note, [image, SampleUniform(0, 1)]))
        loader = Loader(photos, augment=made, workers=1, **{**OPTIONS, "seed": seed})
        for _ in range(2):
            list(loader)
        return seen

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert first == again
    assert len(set(first)) == len(first)
    assert not set(first) & set(other)


def test_a_resumed_run_goes_on_with_the_same_batches(photos: Path) -> None:
    options = {**OPTIONS, "augment": made_of(recipe)}
    expected = pixels(Loader(photos, **options), 2)
    first = Loader(photos, **options)
    begun = [image.tobytes() for batch in islice(first, 2) for image in batch.images]
    resumed = Loader(photos, **options)
    resumed.load_state_dict(first.state_dict())
    rest = [image for image, _ in pixels(resumed, 2)]
    assert (begun + rest)[: len(expected)] == [image for image, _ in expected]


def test_ranks_share_what_one_makes(photos: Path) -> None:
    one = Loader(photos, augment=made_of(recipe), **{**OPTIONS, "batch_size": 10})
    two = [
        Loader(photos, augment=made_of(recipe), shard=(rank, 2), **{**OPTIONS, "batch_size": 5})
        for rank in range(2)
    ]
    for whole, left, right in zip(one, *two, strict=True):
        assert np.array_equal(whole.images, np.concatenate([left.images, right.images]))


def test_a_copied_loader_augments_alike(photos: Path) -> None:
    loader = Loader(photos, augment=made_of(recipe), **OPTIONS)
    expected = pixels(loader)
    loader = Loader(photos, augment=made_of(recipe), **OPTIONS)
    assert pixels(pickle.loads(pickle.dumps(loader))) == expected  # noqa: S301  our own
    assert pixels(copy.deepcopy(loader)) == expected


def test_a_stream_is_as_good_as_its_graph(photos: Path, tmp_path: Path) -> None:
    @graph
    def augmented() -> None:
        outputs(recipe(LoaderImage()))

    expected = pixels(Loader(photos, augment=augmented(), **OPTIONS))
    stream = Stream(augmented(), seed=5)
    assert pixels(Loader(photos, augment=stream, **OPTIONS)) == expected
    stream.save(tmp_path / "augment.pipe")
    loaded = load(tmp_path / "augment.pipe")
    assert pixels(Loader(photos, augment=loaded, **OPTIONS)) == expected


# ----------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda image: Convert(image, "float32"), "uint8 (40, 48, 3), not float32 (40, 48, 3)"),
        (lambda image: Resize(image, 20, 20), "uint8 (40, 48, 3), not uint8 (20, 20, 3)"),
        (lambda image: ImageCrop(image, 0, 0, 100, 10), "(40, 48, 3)"),
    ],
)
def test_what_does_not_give_such_an_image_is_refused(photos: Path, make: Any, message: str) -> None:
    with pytest.raises(GraphError, match=re.escape(message)) as caught:
        Loader(photos, augment=made_of(make), **OPTIONS)
    assert "test_augment_graph.py" in caught.value.origin


def test_a_graph_without_the_image_is_refused(photos: Path) -> None:
    with Graph() as made:
        outputs(np.zeros((40, 48, 3), np.uint8))
    with pytest.raises(GraphError, match=r"augment needs LoaderImage\(\)"):
        Loader(photos, augment=made, **OPTIONS)


def test_two_outputs_are_refused(photos: Path) -> None:
    with Graph() as made:
        outputs(LoaderImage(), SampleIndex())
    with pytest.raises(GraphError, match="2 outputs: augment takes one"):
        Loader(photos, augment=made, **OPTIONS)


def test_a_loaders_image_is_nowhere_else() -> None:
    stream = Stream(made_of(Invert))
    with pytest.raises(GraphError, match="only a Loader has such an image"):
        stream.run(0)


def test_what_fails_names_the_file_the_node_and_the_line(photos: Path) -> None:
    def refuse(image: Any) -> Any:
        raise KeyError(image.shape)

    made = made_of(lambda image: PyNode(refuse, [image]))
    loader = Loader(photos, augment=made, **OPTIONS)
    with pytest.raises(GraphError, match=r"\.jpg: cannot augment: .*PyNode") as caught:
        list(loader)
    assert "test_augment_graph.py" in caught.value.origin
    assert isinstance(caught.value.__cause__, KeyError)


def test_samples_that_fail_may_be_left_out(photos: Path) -> None:
    def refuse(image: Any, index: Any) -> Any:
        if index % 5 == 0:
            message = "every fifth"
            raise ValueError(message)
        return image

    made = made_of(lambda image: PyNode(refuse, [image, SampleIndex()]))
    loader = Loader(photos, augment=made, on_error="skip", **OPTIONS)
    kept = [index for batch in loader for index in batch.indices.tolist()]
    assert sorted(kept) == [index for index in range(loader.num_samples) if index % 5]
    assert "every fifth" in loader.errors[0].reason


def test_a_size_that_only_a_sample_shows_is_an_error_of_that_sample(photos: Path) -> None:
    made = made_of(lambda image: PyNode(lambda it: it[1:], [image]))
    with pytest.raises(GraphError, match=r"uint8 \(40, 48, 3\), not uint8 \(39, 48, 3\)") as caught:
        list(Loader(photos, augment=made, **OPTIONS))
    assert "test_augment_graph.py" in caught.value.origin


@pytest.mark.parametrize("augment", [VerticalFlip, lambda image: image, 3, [Invert]])
def test_other_things_are_refused(photos: Path, augment: Any) -> None:
    with pytest.raises(TypeError, match=r"augment=.* is not valid: .*, a graph, or None"):
        Loader(photos, augment=augment)


def test_a_damaged_image_is_still_its_own_error(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    damaged = tree({"a/0.jpg": jpeg()[:200]})
    with pytest.raises(DecodeError):
        list(Loader(damaged, augment=made_of(Invert), size=32))


def test_a_loader_shows_its_graph(photos: Path) -> None:
    loader = Loader(photos, augment=made_of(Invert), **OPTIONS)
    assert re.search(r"augment=<Stream of .*uint8", repr(loader))
