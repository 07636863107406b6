"""PyTorch takes batches as they lie in memory. `make test-torch` runs these."""

from __future__ import annotations

import copy
import operator
import pickle
import warnings
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import DeviceError, Loader

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

DTYPES = ["uint8", "float32", "float16", "bfloat16"]


def native(tensor: Any) -> int:
    """Return where the memory of one of the compiled module's tensors is."""
    return np.asarray(tensor).__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_tensors_share_the_memory(photos: Path, dtype: str, layout: str) -> None:
    loader = Loader(photos, batch_size=25, size=(7, 5), dtype=dtype, layout=layout, output="torch")
    for batch in loader:
        assert batch.images.dtype == getattr(torch, dtype)
        assert batch.images.is_contiguous()
        assert batch.images.data_ptr() == native(batch._batch.field("images"))  # noqa: SLF001
        assert batch.labels.dtype == torch.int64
        assert batch.labels.data_ptr() == native(batch._batch.field("labels"))  # noqa: SLF001
        assert isinstance(batch.indices, np.ndarray)


@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors_hold_what_numpy_would(photos: Path, dtype: str) -> None:
    """Compared as floats: NumPy alone knows no bfloat16."""
    options = {"batch_size": 25, "size": 16, "mean": "imagenet", "std": "imagenet"}
    options = {"batch_size": 25, "size": 16} if dtype == "uint8" else options
    plain = "uint8" if dtype == "uint8" else "float32"
    tensors = Loader(photos, dtype=dtype, output="torch", **options)
    for theirs, ours in zip(tensors, Loader(photos, dtype=plain, **options), strict=True):
        expected = torch.from_numpy(ours.images).to(getattr(torch, dtype))
        assert torch.equal(theirs.images, expected)
        assert theirs.labels.tolist() == ours.labels.tolist()


def test_numpy_batches_can_be_handed_over_without_a_copy(photos: Path) -> None:
    for batch in Loader(photos, batch_size=25, size=16, flip=True):
        for name in ("images", "labels", "indices", "crops", "flips", "valid"):
            array = getattr(batch, name)
            for tensor in (torch.from_dlpack(array), torch.from_numpy(array)):
                assert tensor.data_ptr() == array.__array_interface__["data"][0]
                assert tensor.tolist() == array.tolist()


def test_a_copy_is_a_copy(photos: Path) -> None:
    tensor = next(iter(Loader(photos, size=16)))._batch.field("images")  # noqa: SLF001
    assert torch.from_dlpack(tensor).data_ptr() == native(tensor)
    assert torch.from_dlpack(tensor, copy=True).data_ptr() != native(tensor)


def test_ragged_batches_are_lists_of_tensors(photos: Path) -> None:
    batch = next(iter(Loader(photos, batch_size=7, size=None, ragged=True, output="torch")))
    assert [len(image.shape) for image in batch.images] == [3] * 7


def test_memory_is_kept_while_a_tensor_lives(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=16, fit="random_crop", output="torch")
    held = [batch.images[:, 3] for batch in loader]
    before = [tensor.clone() for tensor in held]
    for _ in range(4):
        for _ in loader:
            pass
    assert all(map(torch.equal, held, before))


def test_memory_comes_back_when_tensors_are_let_go(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=64, output="torch", prefetch=2, workers=2)
    addresses = {batch.images.data_ptr() for _ in range(6) for batch in loader}
    assert len(addresses) <= 6  # of 36 batches


# ---------------------------------------------------------------------------------------- as_torch


def test_a_dataset_gives_the_same_batches(photos: Path) -> None:
    options = {"batch_size": 25, "size": 16, "seed": 3, "layout": "NCHW"}
    dataset = Loader(photos, **options).as_torch()
    assert isinstance(dataset, torch.utils.data.IterableDataset)
    assert len(dataset) == 3
    for (images, labels), batch in zip(dataset, Loader(photos, **options), strict=True):
        assert torch.equal(images, torch.from_numpy(batch.images))
        assert torch.equal(labels, torch.from_numpy(batch.labels))


def test_each_pass_over_a_dataset_is_an_epoch(photos: Path) -> None:
    loader = Loader(photos, batch_size=60, size=8)
    dataset = loader.as_torch()
    passes = [labels.tolist() for _ in range(3) for _, labels in dataset]
    expected = Loader(photos, batch_size=60, size=8)
    assert passes == [batch.labels.tolist() for _ in range(3) for batch in expected]


def test_a_dataset_without_labels_is_of_images(photos: Path) -> None:
    dataset = Loader(photos, batch_size=25, size=8, labels=None).as_torch()
    assert [images.shape[0] for images in dataset] == [25, 25, 10]


def test_a_data_loader_hands_batches_through(photos: Path) -> None:
    loader = torch.utils.data.DataLoader(
        Loader(photos, batch_size=25, size=8).as_torch(), batch_size=None
    )
    assert len(loader) == 3
    assert [images.shape[0] for images, _ in loader] == [25, 25, 10]


def test_a_data_loader_that_would_stack_batches_is_refused(photos: Path) -> None:
    dataset = Loader(photos, batch_size=25, size=8).as_torch()
    for loader in (
        torch.utils.data.DataLoader(dataset),
        torch.utils.data.DataLoader(dataset, batch_size=4),
    ):
        with pytest.raises(RuntimeError, match=r"use DataLoader\(\.\.\., batch_size=None\)"):
            next(iter(loader))
    firsts = torch.utils.data.DataLoader(dataset, collate_fn=operator.itemgetter(0))
    images, _ = next(iter(firsts))
    assert images.ndim == 4


def test_a_dataset_of_all_fields(photos: Path) -> None:
    fields = ("images", "labels", "valid", "indices", "crops", "flips", "position")
    options = {"batch_size": 25, "size": 8, "last_batch": "pad", "flip": True, "fields": fields}
    dataset = Loader(photos, **options).as_torch()
    for element, batch in zip(dataset, Loader(photos, **options), strict=True):
        assert type(element) is tuple
        for tensor, array in zip(element, batch, strict=True):
            assert torch.equal(tensor, torch.from_numpy(array))


def test_a_dataset_starts_the_epoch_it_is_told(photos: Path) -> None:
    dataset = Loader(photos, batch_size=60, size=8).as_torch()
    passes = [labels.tolist() for _ in range(3) for _, labels in dataset]
    dataset.set_epoch(1)
    assert [labels.tolist() for _, labels in dataset] == passes[1:2]
    dataset.set_epoch(0)
    assert [labels.tolist() for _ in range(2) for _, labels in dataset] == passes[:2]


def test_an_iterator_that_is_never_used_takes_no_epoch_away(photos: Path) -> None:
    loader = Loader(photos, batch_size=60, size=8, output="torch")
    iter(loader.as_torch())
    iter(torch.utils.data.DataLoader(loader.as_torch(), batch_size=None))
    assert next(iter(loader)).epoch == 0


def test_a_dataset_has_a_state(photos: Path) -> None:
    options = {"batch_size": 7, "size": 8, "fields": ("images", "indices")}
    dataset = Loader(photos, **options).as_torch()
    seen = [indices.tolist() for _, indices in islice(dataset, 4)]
    other = Loader(photos, **options).as_torch()
    other.load_state_dict(dataset.state_dict())
    seen += [indices.tolist() for _, indices in other]
    assert seen == [batch.indices.tolist() for batch in Loader(photos, **options)]
    with pytest.raises(ValueError, match="seed 0 there, 1 here"):
        Loader(photos, seed=1, **options).as_torch().load_state_dict(dataset.state_dict())


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")  # torchdata's own use of PyTorch
@pytest.mark.parametrize("taken", [0, 1, 5, 8])
def test_a_stateful_data_loader_goes_on_in_the_middle_of_an_epoch(photos: Path, taken: int) -> None:
    stateful = pytest.importorskip("torchdata.stateful_dataloader").StatefulDataLoader
    options = {"batch_size": 7, "size": 8, "fields": ("images", "indices")}
    first = stateful(Loader(photos, **options).as_torch(), batch_size=None)
    list(first)
    seen = [indices.tolist() for _, indices in islice(first, taken)]
    state = pickle.loads(pickle.dumps(first.state_dict()))  # noqa: S301
    second = stateful(Loader(photos, **options).as_torch(), batch_size=None)
    second.load_state_dict(state)
    seen += [indices.tolist() for _ in range(2) for _, indices in second]
    straight = Loader(photos, repeat=True, **options)
    assert seen == [batch.indices.tolist() for batch in islice(straight, 27)][9:]


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")  # as above
def test_a_stateful_data_loader_goes_on_after_an_epoch(photos: Path) -> None:
    stateful = pytest.importorskip("torchdata.stateful_dataloader").StatefulDataLoader
    options = {"batch_size": 7, "size": 8, "fields": ("images", "indices")}
    first = stateful(Loader(photos, **options).as_torch(), batch_size=None)
    seen = [indices.tolist() for _, indices in first]
    second = stateful(Loader(photos, **options).as_torch(), batch_size=None)
    second.load_state_dict(first.state_dict())
    seen += [indices.tolist() for _ in range(2) for _, indices in second]
    straight = Loader(photos, repeat=True, **options)
    assert seen == [batch.indices.tolist() for batch in islice(straight, 27)]


# ------------------------------------------------------------------------------------ walks over
# tuples


@pytest.mark.parametrize("fields", [("images", "labels"), ("images", "valid")], ids=str)
def test_pytorch_rebuilds_a_batch(photos: Path, fields: tuple[str, ...]) -> None:
    from torch.utils import _pytree as pytree  # noqa: PLC0415

    batch = next(iter(Loader(photos, size=8, output="torch", fields=fields)))
    same = pytree.tree_map(lambda tensor: tensor, batch)
    assert type(same) is type(batch)
    assert all(left is right for left, right in zip(same, batch, strict=True))
    assert type(batch).__bases__ == (tuple,), "what older versions of PyTorch look at"
    pair = torch.utils.data.default_collate([batch, batch])
    assert type(pair) is type(batch)
    assert pair.images.shape == (2, *batch.images.shape)
    plain = torch.utils.data.default_convert(next(iter(Loader(photos, size=8, fields=fields))))
    assert all(map(torch.equal, plain, batch))


def test_pin_memory_rebuilds_a_batch(photos: Path) -> None:
    """Of NumPy arrays, which it leaves as they are: pinning tensors takes a GPU."""
    from torch.utils.data._utils.pin_memory import pin_memory  # noqa: PLC0415

    batch = next(iter(Loader(photos, size=8)))
    same = pin_memory(batch)
    assert type(same) is type(batch)
    assert same.images is batch.images


def test_a_data_loader_around_a_loader_keeps_batches(photos: Path) -> None:
    """As some do who read `batch_size=None` as the way to hand anything through."""

    class Batches(torch.utils.data.IterableDataset[Any]):
        def __iter__(self) -> Any:
            return iter(Loader(photos, batch_size=25, size=8, output="torch"))

    batches = list(torch.utils.data.DataLoader(Batches(), batch_size=None))
    assert [len(batch.images) for batch in batches] == [25, 25, 10]


@pytest.mark.parametrize("fields", [("images", "labels"), ("images", "valid")], ids=str)
def test_batches_of_tensors_are_copied_and_pickled(photos: Path, fields: tuple[str, ...]) -> None:
    batch = next(iter(Loader(photos, size=8, output="torch", fields=fields)))
    for other in (copy.copy(batch), copy.deepcopy(batch), pickle.loads(pickle.dumps(batch))):  # noqa: S301
        assert type(other) is type(batch)
        assert all(map(torch.equal, other, batch))
        assert other.paths == batch.paths


# -----------------------------------------------------------------------------------------------
# others


def test_worker_processes_are_refused(photos: Path) -> None:
    dataset = Loader(photos, batch_size=25, size=8).as_torch()
    loader = torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=1)
    with pytest.raises(RuntimeError, match="num_workers=0"):
        next(iter(loader))


def test_a_loader_in_worker_processes_gave_samples_twice_without_a_word(photos: Path) -> None:
    class Own(torch.utils.data.IterableDataset):
        def __iter__(self) -> Any:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                for _ in range(2):
                    for _, labels in loader:
                        yield len(labels)
            yield from [str(warning.message) for warning in told]

    loader = Loader(photos, batch_size=30, size=8)
    given = list(torch.utils.data.DataLoader(Own(), batch_size=None, num_workers=2))
    told = [item for item in given if isinstance(item, str)]
    assert given.count(30) == 8
    assert len(told) == 2
    assert all("a Loader of its own, which reads all samples" in text for text in told)


def test_ranks_from_torch_distributed(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows better than the variables."""
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        auto = [batch.paths for batch in Loader(photos, size=8, shard="auto")]
    finally:
        torch.distributed.destroy_process_group()
    assert auto == [batch.paths for batch in Loader(photos, size=8, shard=(0, 1))]
    second = [batch.paths for batch in Loader(photos, size=8, shard="auto")]
    assert second == [batch.paths for batch in Loader(photos, size=8, shard=(1, 2))]


def test_a_loader_that_was_made_before_the_ranks_is_refused(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every rank would read everything."""
    loader = Loader(photos, size=8, shard="auto")
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    with pytest.raises(RuntimeError, match=r"make it after torch.distributed is initialised"):
        next(iter(loader))
    assert len(Loader(photos, size=8, batch_size=5, shard="auto")) == 6


def test_a_model_learns_from_it(photos: Path) -> None:
    """A linear model tells the ten subjects apart by colour."""
    torch.manual_seed(0)
    loader = Loader(photos, batch_size=20, size=4, dtype="float32", layout="NCHW", output="torch")
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 10))
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    losses = []
    for _ in range(30):
        for images, labels in loader:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2


def test_weights_may_be_a_tensor(photos: Path) -> None:
    counts = Loader(photos).class_counts
    weights = 1 / torch.tensor(counts, dtype=torch.float64)
    expected = [1 / count for count in counts]
    ours, theirs = (Loader(photos, size=8, seed=3, weights=given) for given in (weights, expected))
    assert next(iter(ours)).indices.tolist() == next(iter(theirs)).indices.tolist()
    ours.load_state_dict(theirs.state_dict())
    with pytest.raises(TypeError, match=r"(?s)^weights=tensor.* is not valid: numbers") as caught:
        Loader(photos, weights=torch.ones(500, 500, requires_grad=True))
    assert len(str(caught.value)) < 300


def test_objects_of_pytorch_as_arguments(photos: Path) -> None:
    options = {"size": 8, "batch_size": 4, "output": "torch"}
    for device in (torch.device("cpu"), torch.device("cpu", 0)):
        loader = Loader(photos, device=device, **options)
        assert next(iter(loader)).images.device == torch.device("cpu")
    with pytest.raises(ValueError, match=r"^device='meta' is not valid: 'cpu', 'cuda'"):
        Loader(photos, device=torch.device("meta"), **options)
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match=r"^no CUDA "):
            Loader(photos, device=torch.device("cuda"), **options)
    for layout, here in ((torch.channels_last, "NHWC"), (torch.contiguous_format, "NCHW")):
        with pytest.raises(TypeError, match=f"^layout=torch.* here it is layout='{here}'"):
            Loader(photos, layout=layout, **options)


def test_batches_are_saved_by_pytorch(photos: Path, tmp_path: Path) -> None:
    batch = next(iter(Loader(photos, size=8, batch_size=4, output="torch")))
    torch.save(tuple(batch), tmp_path / "tuple.pt")
    assert all(map(torch.equal, torch.load(tmp_path / "tuple.pt"), batch))
    torch.save(batch, tmp_path / "batch.pt")
    assert torch.load(tmp_path / "batch.pt", weights_only=False).paths == batch.paths


def test_a_data_loader_of_a_loader_says_what_to_use(photos: Path) -> None:
    for shuffle in (False, True):
        batches = torch.utils.data.DataLoader(Loader(photos), batch_size=7, shuffle=shuffle)
        with pytest.raises(TypeError, match=r"takes the place of a DataLoader.*loader.as_torch"):
            next(iter(batches))
