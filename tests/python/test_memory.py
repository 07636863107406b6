"""Batches lend their memory: aligned, shared with whoever asks, not written while it is held."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import Batch, Loader

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = ("images", "labels", "indices", "crops", "flips", "valid")


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def arrays(batch: Batch) -> dict[str, np.ndarray]:
    """Return all arrays of a batch; of a ragged one, each picture."""
    named = {name: getattr(batch, name) for name in FIELDS}
    if isinstance(named["images"], list):
        pictures = named.pop("images")
        named |= {f"images[{place}]": picture for place, picture in enumerate(pictures)}
    return {name: array for name, array in named.items() if array is not None}


# --------------------------------------------------------------------------------------- alignment


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("labels", ["int", "one_hot", None])
@pytest.mark.parametrize(
    "options",
    [
        {"size": (7, 5), "channels": "GRAY"},
        {"size": (33, 31), "layout": "NCHW"},
        {"size": 224},
        {"size": 9, "last_batch": "pad"},
        {"size": 9, "shard": (1, 3), "batch_size": 7},
        {"size": None, "ragged": True},
    ],
    ids=str,
)
def test_every_array_starts_on_64_bytes(
    photos: Path, dtype: str, labels: str | None, options: dict[str, Any]
) -> None:
    """Also the last, short batch's: TensorFlow aborts the process where they do not."""
    loader = Loader(photos, **{"batch_size": 13, "dtype": dtype, "labels": labels, **options})
    for batch in loader:
        astray = {name for name, array in arrays(batch).items() if address(array) % 64}
        assert astray == set()


def test_arrays_of_a_shortened_batch_are_aligned(photos: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(photos.glob("class-0[0-3]/*.jpg"))):
        data = path.read_bytes()
        (tmp_path / f"{number:02}.jpg").write_bytes(data if number % 3 else data[:1000])
    for batch in Loader(tmp_path, batch_size=5, size=(7, 5), on_error="skip"):
        assert all(address(array) % 64 == 0 for array in arrays(batch).values())


# ----------------------------------------------------------------------------------------- sharing


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16"])
def test_dlpack_shares_the_memory(photos: Path, name: str, dtype: str) -> None:
    for batch in Loader(photos, batch_size=25, size=16, dtype=dtype):
        array = getattr(batch, name)
        shared = np.from_dlpack(array)
        assert address(shared) == address(array)
        assert (shared.dtype, shared.shape) == (array.dtype, array.shape)


def test_arrays_of_one_batch_are_the_same_memory_each_time(photos: Path) -> None:
    batch = next(iter(Loader(photos, size=16)))
    for name in FIELDS:
        assert address(getattr(batch, name)) == address(getattr(batch, name))


def test_arrays_are_the_users_to_write(photos: Path) -> None:
    batch = next(iter(Loader(photos, size=16)))
    batch.images[:] = 7
    batch.labels[:] = 3
    assert np.from_dlpack(batch.images).max() == 7
    assert batch[1].tolist() == [3] * 32


def tensor(batch: Batch) -> Any:
    """Return what the adapters are given: the compiled module's own tensor."""
    return batch._batch.field("images")  # noqa: SLF001


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float16"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_the_native_tensor_speaks_dlpack(photos: Path, dtype: str, layout: str) -> None:
    batch = next(iter(Loader(photos, size=(16, 24), dtype=dtype, layout=layout)))
    shared = np.from_dlpack(tensor(batch))
    assert address(shared) == address(batch.images)
    assert np.array_equal(shared, batch.images)
    assert shared.flags.writeable
    assert tensor(batch).__dlpack_device__() == (1, 0)


class Legacy:
    """What asks for a capsule as programs from before DLPack 1.0 do."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __dlpack__(self, **_: object) -> Any:
        return self.tensor.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.tensor.__dlpack_device__()


def test_capsules_of_the_old_kind_share_the_memory_too(photos: Path) -> None:
    batch = next(iter(Loader(photos, size=16)))
    shared = np.from_dlpack(Legacy(tensor(batch)))
    assert address(shared) == address(batch.images)
    assert np.array_equal(shared, batch.images)


@pytest.mark.parametrize(
    ("version", "name"), [(None, "dltensor"), ((0, 8), "dltensor"), ((1, 0), "dltensor_versioned")]
)
def test_the_kind_of_capsule_is_what_was_asked_for(
    photos: Path, version: tuple[int, int] | None, name: str
) -> None:
    batch = next(iter(Loader(photos, size=16)))
    assert f'"{name}"' in repr(tensor(batch).__dlpack__(max_version=version))


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_a_copy_is_a_copy(photos: Path, version: tuple[int, int] | None) -> None:
    class Copied(Legacy):
        def __dlpack__(self, **_: object) -> Any:
            return self.tensor.__dlpack__(max_version=version, copy=True)

    batch = next(iter(Loader(photos, size=16)))
    copy = np.from_dlpack(Copied(tensor(batch)))
    assert address(copy) != address(batch.images)
    assert address(copy) % 64 == 0
    expected = batch.images.copy()
    batch.images[:] = 0
    assert np.array_equal(copy, expected)


def test_numpy_may_ask_for_a_copy(photos: Path) -> None:
    batch = next(iter(Loader(photos, size=16)))
    copy = np.from_dlpack(tensor(batch), copy=True)
    assert not np.shares_memory(copy, batch.images)


@pytest.mark.parametrize("wrong", [{"dl_device": (2, 0)}, {"dl_device": (1, 1)}, {"stream": 1}])
def test_other_devices_and_streams_are_refused(photos: Path, wrong: dict[str, Any]) -> None:
    batch = next(iter(Loader(photos, size=16)))
    with pytest.raises(BufferError, match=next(iter(wrong))):
        tensor(batch).__dlpack__(**wrong)
    assert tensor(batch).__dlpack__(dl_device=(1, 0)) is not None


# -------------------------------------------------------------------------------- holding and reuse


@pytest.mark.parametrize(
    "view", ["array", "slice", "dlpack", "labels", "crops", "capsule", "tensor"]
)
def test_memory_is_not_written_while_anything_made_of_it_is_held(photos: Path, view: str) -> None:
    make = {
        "array": lambda batch: batch.images,
        "slice": lambda batch: batch.images[1, 2:, ::2, 0],
        "dlpack": lambda batch: np.from_dlpack(batch.images),
        "labels": lambda batch: batch.labels,
        "crops": lambda batch: batch.crops,
        "capsule": lambda batch: tensor(batch).__dlpack__(max_version=(1, 0)),
        "tensor": tensor,
    }[view]
    loader = Loader(photos, batch_size=10, size=16, fit="random_crop")
    held, before = [], []
    for batch in loader:
        held.append(make(batch))
        before.append(bytes_of(held[-1]) if view != "capsule" else batch.images.tobytes())
    del batch
    for _ in range(4):
        for _ in loader:
            pass
    after = [bytes_of(item) for item in (map(Once, held) if view == "capsule" else held)]
    assert after == before


class Once:
    """A capsule as a thing that NumPy can take."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: object) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)


def bytes_of(item: Any) -> bytes:
    return (np.from_dlpack(item) if isinstance(item, Once) else np.asarray(item)).tobytes()


def seen(loader: Loader, epochs: int) -> set[int]:
    """Return the addresses of the batches of some epochs, each dropped before the next."""
    return {address(batch.images) for _ in range(epochs) for batch in loader}


def test_memory_is_used_again_when_it_is_let_go(photos: Path) -> None:
    """Two ahead, one with the consumer, one just let go, and what a worker has at hand still."""
    loader = Loader(photos, batch_size=5, size=64, prefetch=2, workers=2)
    assert len(seen(loader, 6)) <= 6  # of 72 batches


@pytest.mark.parametrize("kind", ["capsule", "versioned", "dlpack"])
def test_capsules_give_memory_back(photos: Path, kind: str) -> None:
    """Whether they were taken or not."""
    loader = Loader(photos, batch_size=5, size=64, prefetch=2, workers=2)
    addresses = set()
    for batch in (batch for _ in range(4) for batch in loader):
        addresses.add(address(batch.images))
        if kind == "dlpack":
            np.from_dlpack(tensor(batch))
            np.from_dlpack(Legacy(tensor(batch)))
        else:
            tensor(batch).__dlpack__(max_version=(1, 0) if kind == "versioned" else None)
    assert len(addresses) <= 6  # of 48 batches


def test_memory_may_be_let_go_by_any_thread_and_after_the_loader(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=32)
    held = [np.from_dlpack(batch.images) for batch in loader]
    before = [array.tobytes() for array in held]
    del loader
    gc.collect()
    assert [array.tobytes() for array in held] == before
    threads = [threading.Thread(target=held.pop) for _ in range(len(held))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held == []


def test_a_batch_outlives_its_iterator(photos: Path) -> None:
    batches = iter(Loader(photos, batch_size=10, size=32))
    batch = next(batches)
    before = batch.images.tobytes()
    del batches
    gc.collect()
    assert batch.images.tobytes() == before
    assert len(batch.paths) == 10


def test_several_consumers_may_share_one_iterator(photos: Path) -> None:
    """Each batch goes to one of them; none is lost."""
    batches = iter(Loader(photos, batch_size=3, size=16))
    taken: list[list[int]] = []

    def consume() -> None:
        taken.extend(batch.indices.tolist() for batch in batches)

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(index for part in taken for index in part) == list(range(60))
