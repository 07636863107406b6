"""The batches of a stream: which samples, in which arrays, whatever makes them."""

from __future__ import annotations

import copy
import json
import logging
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import GraphError, ImagePipeError, decode
from imagepipe_rs.graph import (
    Conditional,
    Constant,
    Convert,
    DecodeImage,
    FileList,
    MakeList,
    Range,
    ReadFile,
    Repeat,
    SampleIndex,
    SampleNormal,
    SampleUniform,
    Stream,
    pipeline,
)

if TYPE_CHECKING:
    from pathlib import Path

    from imagepipe_rs.graph import Node


@pipeline(seed=5)
def plain() -> tuple[Node, ...]:
    index = SampleIndex()
    picture = Repeat(Repeat(Convert(Range(0, 6, 6) + index, "Char"), 5), 4)
    return index, SampleNormal(), picture


@pipeline(seed=5)
def named() -> dict[str, Node]:
    return {"number": SampleIndex(), "drawn": SampleUniform(0, 1)}


def stacked(stream: Stream, indices: Any, **options: Any) -> list[np.ndarray[Any, Any]]:
    """Return what a batch of samples must be, made one by one."""
    samples = [stream.run(index, **options) for index in indices]
    return [np.stack(column) for column in zip(*samples, strict=True)]


def same(batch: Any, expected: Any) -> bool:
    pairs = zip(batch, expected, strict=True)
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)


# ----------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize(("workers", "prefetch"), [(1, 1), (2, 3), (7, 2)])
@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_batches_are_the_samples_in_order(workers: int, prefetch: int, batch_size: int) -> None:
    stream = plain()
    batches = stream.batches(batch_size, start=4, workers=workers, prefetch=prefetch)
    for number, batch in enumerate(islice(batches, 5)):
        first = 4 + number * batch_size
        assert same(batch, stacked(stream, range(first, first + batch_size)))


def test_a_batch_is_a_tuple_or_has_the_labels() -> None:
    assert isinstance(next(iter(plain().batches(2))), tuple)
    batch = next(iter(named().batches(2)))
    assert list(batch) == ["number", "drawn"]
    assert batch["number"].tolist() == [0, 1]


def test_a_seed_of_the_batches_takes_the_place_of_the_streams() -> None:
    (_, drawn, _), (_, other, _) = (next(iter(plain().batches(8, seed=seed))) for seed in (5, 6))
    assert np.array_equal(drawn, next(iter(plain().batches(8)))[1])
    assert not np.array_equal(drawn, other)
    assert np.array_equal(other, next(iter(plain().seeded(6).batches(8)))[1])


def test_a_pass_of_some_steps_goes_on_with_the_next() -> None:
    batches = named().batches(4, steps=3)
    assert len(batches) == 3
    passes = [[batch["number"].tolist() for batch in batches] for _ in range(2)]
    assert [one for batch in passes[0] for one in batch] == list(range(12))
    assert [one for batch in passes[1] for one in batch] == list(range(12, 24))


def test_batches_without_steps_have_no_length() -> None:
    with pytest.raises(TypeError, match="have no end: give steps"):
        len(named().batches(4))


def test_arrays_are_not_written_to_again() -> None:
    batches = iter(plain().batches(8, prefetch=1, workers=2))
    first = next(batches)
    kept = [one.copy() for one in first]
    for _ in range(20):
        next(batches)
    assert same(first, kept)


def test_ranks_share_the_samples() -> None:
    whole = [batch["number"].tolist() for batch in islice(named().batches(6), 4)]
    ranks = [islice(named().batches(2, shard=(rank, 3)), 4) for rank in range(3)]
    parts = [[batch["number"].tolist() for batch in rank] for rank in ranks]
    assert [list(chain(*step)) for step in zip(*parts, strict=True)] == whole


def test_the_launcher_says_which_rank_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    batch = next(iter(named().batches(3, shard="auto")))
    assert batch["number"].tolist() == [3, 4, 5]


def test_the_last_samples_that_there_are() -> None:
    batch = next(iter(named().batches(4, start=2**64 - 8)))
    assert np.array_equal(batch["drawn"][3], named().run(2**64 - 5)["drawn"])


# ----------------------------------------------------------------------------------------- resuming


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_a_state_goes_on_where_it_was_taken(taken: int) -> None:
    batches = plain().batches(3, workers=2, prefetch=3)
    through = iter(batches)
    for _ in range(taken):
        next(through)
    state = json.loads(json.dumps(batches.state_dict()))
    again = plain().batches(3)
    again.load_state_dict(copy.deepcopy(state))
    for _ in range(3):
        assert same(next(through), next(iter(again)))


def test_a_state_goes_on_with_another_batch_size_and_on_more_ranks() -> None:
    batches = named().batches(6)
    for _ in islice(batches, 2):
        pass
    parts = []
    for rank in range(3):
        part = named().batches(4, shard=(rank, 3))
        part.load_state_dict(batches.state_dict())
        parts += next(iter(part))["number"].tolist()
    assert parts == list(range(12, 24))


def test_a_state_of_other_samples_is_refused() -> None:
    state = plain().batches(3).state_dict()
    with pytest.raises(ValueError, match="of another seed"):
        plain().batches(3, seed=9).load_state_dict(state)
    with pytest.raises(ValueError, match="of another graph"):
        named().batches(3).load_state_dict(state)
    for wrong in ({}, {**state, "version": 2}, None):
        with pytest.raises(ValueError, match="is not a state of a stream's batches"):
            plain().batches(3).load_state_dict(wrong)  # type: ignore[arg-type]


def test_the_number_of_batches_and_samples_that_are_counted() -> None:
    batches = named().batches(4, steps=5)
    assert sum(1 for _ in batches) == 5
    stats = batches.stats()
    assert stats["deliver"]["items"] == 20
    assert stats["bottleneck"]


# ------------------------------------------------------------------------------------------ errors


@pipeline(seed=1)
def failing() -> dict[str, Node]:
    index = SampleIndex()
    # Sample 5, 13, 21 and so on have no value.
    return {"number": index, "value": Conditional(Constant([1, 2])[index], 7, index % 8 == 5)}


def numbers(batches: Any, count: int) -> list[list[int]]:
    return [batch["number"].tolist() for batch in islice(batches, count)]


def test_a_sample_that_fails_is_an_error_with_its_number_and_line() -> None:
    batches = iter(failing().batches(4))
    assert next(batches)["number"].tolist() == [0, 1, 2, 3]
    with pytest.raises(GraphError, match="sample 5") as raised:
        next(batches)
    assert raised.value.origin.startswith(__file__)


@pytest.mark.parametrize("workers", [1, 3])
def test_failed_samples_are_left_out(workers: int, caplog: pytest.LogCaptureFixture) -> None:
    batches = failing().batches(4, on_error="skip", workers=workers)
    with caplog.at_level(logging.WARNING, "imagepipe_rs"):
        assert numbers(batches, 4) == [[0, 1, 2, 3], [4, 6, 7], [8, 9, 10, 11], [12, 14, 15]]
    assert [index for index, _ in batches.errors][:2] == [5, 13]
    assert "sample 5 cannot be made" in caplog.text
    assert failing().batches(4, on_error="skip").stats()["errors"] == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_others_take_the_place_of_failed_samples(workers: int) -> None:
    batches = failing().batches(4, on_error="replace", workers=workers)
    found = numbers(batches, 4)
    assert [len(batch) for batch in found] == [4, 4, 4, 4]
    assert found[1][0::2] == [4, 6]
    assert found[1][1] % 8 != 5
    assert found == numbers(failing().batches(4, on_error="replace"), 4)
    assert found[1][1] != numbers(failing().batches(4, on_error="replace", seed=2), 2)[1][1]


def test_more_failures_than_allowed_are_an_error() -> None:
    batches = iter(failing().batches(4, on_error="skip", max_errors=2))
    for _ in range(5):
        next(batches)
    with pytest.raises(ImagePipeError, match="max_errors"):
        list(islice(batches, 4))


def test_after_an_error_no_batch_is_left_out_silently() -> None:
    batches = failing().batches(4)
    found = []
    for _ in range(2):
        try:
            found += numbers(batches, 9)
        except GraphError as error:
            found.append(str(error))
    assert found == [found[0], found[0]], "the second try must fail at the same sample"


def test_a_stream_of_which_no_sample_can_be_made_is_refused_at_once() -> None:
    @pipeline()
    def broken() -> Node:
        return Constant([1, 2])[SampleIndex() + 5]

    with pytest.raises(GraphError):
        broken().batches(4)
    with pytest.raises(GraphError):
        broken().batches(4, on_error="skip")


# ------------------------------------------------------------------------------------------ shapes


@pipeline()
def growing() -> dict[str, Node]:
    index = SampleIndex()
    return {"number": index, "list": Range(0, index + 1, index + 1), "text": Constant("a")}


def test_outputs_of_another_shape_are_an_error_that_names_both() -> None:
    batches = growing().batches(3, start=1)
    with pytest.raises(GraphError, match=r"list.*\(3,?\).*\(2,?\)|list.*\[3\].*\[2\]") as raised:
        next(iter(batches))
    assert "sample 2" in str(raised.value)


def test_ragged_outputs_are_lists_of_arrays() -> None:
    batch = next(iter(growing().batches(3, start=1, ragged=True)))
    assert batch["number"].tolist() == [1, 2, 3]
    assert [one.tolist() for one in batch["list"]] == [[0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_texts_bytes_and_lists_are_lists() -> None:
    @pipeline()
    def words() -> tuple[Node, ...]:
        return Constant("a"), Constant(b"b"), MakeList([Constant("c"), SampleIndex()])

    text, data, mixed = next(iter(words().batches(2)))
    assert (text, data, mixed) == (["a", "a"], [b"b", b"b"], [["c", 0], ["c", 1]])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "int32", "int64"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_arrays_of_every_type_have_the_axes_asked_for(dtype: str, layout: str) -> None:
    array = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(dtype)

    @pipeline()
    def constant() -> tuple[Node, ...]:
        return Constant(array), Constant(array[0])

    three, two = next(iter(constant().batches(2, layout=layout)))
    expected = array if layout == "NHWC" else array.transpose(2, 0, 1)
    assert same((three[1], two[1]), (expected, array[0]))


# ------------------------------------------------------------------------------------------ pixels


@pipeline()
def photographs(files: list[str]) -> dict[str, Node]:
    data = ReadFile(FileList(files)[SampleIndex() % len(files)])
    return {"image": DecodeImage(data), "number": SampleIndex()}


@pytest.fixture
def files(tmp_path: Path, jpeg: Any) -> list[str]:
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(40, 30, seed=number))
    return [str(path) for path in paths]


def test_images_are_those_that_decode_gives(files: list[str]) -> None:
    images = next(iter(photographs(files).batches(3)))["image"]
    for path, image in zip(files, images, strict=True):
        with open(path, "rb") as file:  # noqa: PTH123  a path as text
            assert np.array_equal(image, decode(file.read()))


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_images_become_floats_as_decode_makes_them(
    files: list[str], dtype: str, layout: str
) -> None:
    options: dict[str, Any] = {"dtype": dtype, "mean": "imagenet", "std": "imagenet"}
    batch = next(iter(photographs(files).batches(3, layout=layout, **options)))
    pixels = np.stack([photographs(files).run(index)["image"] for index in range(3)]) / 255
    expected = (pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    if layout == "NCHW":
        expected = expected.transpose(0, 3, 1, 2)
    found = batch["image"]
    if dtype == "bfloat16":
        ml_dtypes = pytest.importorskip("ml_dtypes")
        found = found.view(ml_dtypes.bfloat16)
    tolerance = {"float32": 1e-5, "float16": 2e-3, "bfloat16": 2e-2}[dtype]
    assert np.allclose(found.astype(np.float32), expected, atol=tolerance)
    assert batch["number"].tolist() == [0, 1, 2]


def test_bytes_are_multiplied_by_a_factor_of_ones_own(files: list[str]) -> None:
    batch = next(iter(photographs(files).batches(3, dtype="float32", rescale=0.5)))
    pixels = photographs(files).run(1)["image"].astype(np.float32)
    assert np.array_equal(batch["image"][1], pixels * np.float32(0.5))
