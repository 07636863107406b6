"""Accelerate on a Loader, alone and on two ranks. `make test-torch` runs these."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from imagepipe_rs import Loader

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

pytestmark = [
    pytest.mark.torch,
    # torchdata's own use of PyTorch.
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated"),
]

OPTIONS: dict[str, Any] = {
    "batch_size": 7,
    "size": 8,
    "dtype": "float32",
    "layout": "NCHW",
    "output": "torch",
    "seed": 1,
    "fields": ("images", "labels", "indices"),
}


@pytest.fixture
def accelerator() -> Iterator[Any]:
    yield accelerate.Accelerator(cpu=True)
    accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)  # noqa: SLF001


def straight(path: Path, steps: int) -> list[list[int]]:
    """Return the samples of so many batches of a run that is never interrupted."""
    loader = Loader(path, **OPTIONS, repeat=True)
    return [batch.indices.tolist() for batch in islice(loader, steps)]


def data_loader(loader: Loader) -> Any:
    return torch.utils.data.DataLoader(loader.as_torch(), batch_size=None)


def test_accelerate_leaves_a_loader_as_it_is(photos: Path, accelerator: Any) -> None:
    loader = Loader(photos, **OPTIONS)
    assert accelerator.prepare(loader) is loader
    batch = next(iter(loader))
    moved = accelerate.utils.send_to_device(batch, accelerator.device)
    assert type(moved) is type(batch)
    assert all(map(torch.equal, moved, batch))
    assert accelerate.utils.find_batch_size(batch) == 7
    assert [len(part) for part in accelerator.gather_for_metrics(batch)] == [7, 7, 7]


def test_accelerate_prepares_the_dataset_of_a_loader(photos: Path, accelerator: Any) -> None:
    prepared = accelerator.prepare(data_loader(Loader(photos, **OPTIONS)))
    seen = [indices.tolist() for _ in range(2) for _, _, indices in prepared]
    assert seen == straight(photos, 18)


def test_state_dict_is_refused_where_accelerate_reads_ahead(photos: Path, accelerator: Any) -> None:
    """It takes the next batch before it gives one away, to know which is the last."""
    loader = Loader(photos, **OPTIONS)
    prepared = accelerator.prepare(data_loader(loader))
    seen = [indices.tolist() for _, _, indices in islice(prepared, 4)]
    with pytest.raises(RuntimeError, match=r"batches=n"):
        loader.state_dict()
    resumed = Loader(photos, **OPTIONS)
    resumed.load_state_dict(loader.state_dict(batches=4))
    seen += [indices.tolist() for _, _, indices in accelerator.prepare(data_loader(resumed))]
    assert seen == straight(photos, 9)


def test_accelerate_goes_on_from_a_state_that_was_loaded(photos: Path, accelerator: Any) -> None:
    """It counts epochs from 0, and sets them: that takes nothing of the state away."""
    first = Loader(photos, **OPTIONS)
    first.set_epoch(3)
    seen = [batch.indices.tolist() for batch in islice(first, 4)]
    loader = Loader(photos, **OPTIONS)
    loader.load_state_dict(first.state_dict())
    prepared = accelerator.prepare(data_loader(loader))
    seen += [indices.tolist() for _ in range(2) for _, _, indices in prepared]
    assert seen == straight(photos, 45)[27:]


@pytest.mark.parametrize("steps", [4, 9])
def test_accelerate_goes_on_with_stateful_data_loaders(
    photos: Path, tmp_path: Path, steps: int
) -> None:
    pytest.importorskip("torchdata.stateful_dataloader")
    config = accelerate.DataLoaderConfiguration(use_stateful_dataloader=True)
    seen: list[list[int]] = []
    for part in range(2):
        accelerator = accelerate.Accelerator(cpu=True, dataloader_config=config)
        prepared = accelerator.prepare(data_loader(Loader(photos, **OPTIONS)))
        if part == 0:
            seen += [indices.tolist() for _, _, indices in islice(prepared, steps)]
            accelerator.save_state(tmp_path)
        else:
            accelerator.load_state(tmp_path)
            seen += [indices.tolist() for _ in range(2) for _, _, indices in prepared]
        accelerate.state.AcceleratorState._reset_state(reset_partial_state=True)  # noqa: SLF001
    assert seen == straight(photos, 18 if steps == 4 else 27)


@pytest.mark.parametrize("steps", [4, 9])
def test_accelerate_saves_a_registered_loader(
    photos: Path, tmp_path: Path, accelerator: Any, steps: int
) -> None:
    loader = Loader(photos, **OPTIONS)
    accelerator.register_for_checkpointing(loader)
    seen = [batch.indices.tolist() for batch in islice(loader, steps)]
    accelerator.save_state(tmp_path)
    list(loader)
    accelerator.load_state(tmp_path)
    seen += [batch.indices.tolist() for _ in range(2) for batch in loader]
    assert seen == straight(photos, 18 if steps == 4 else 27)


def test_a_loader_that_is_prepared_and_registered_says_which_goes_with_which(
    photos: Path, tmp_path: Path, accelerator: Any
) -> None:
    loader = Loader(photos, **OPTIONS)
    next(iter(accelerator.prepare(data_loader(loader))))
    accelerator.register_for_checkpointing(loader)
    with pytest.raises(RuntimeError, match=r"use_stateful_dataloader=True\); register_for_check"):
        accelerator.save_state(tmp_path)


# ---------------------------------------------------------------------------------------- on two
# ranks

ON_TWO_RANKS = """
import json, pathlib, sys
import accelerate
from imagepipe_rs import Loader
from torch.utils.data import DataLoader

folder, options = sys.argv[1], json.loads(sys.argv[2])
accelerator = accelerate.Accelerator(cpu=True)

def samples(batches):
    return [indices.tolist() for *_, indices in batches]

def dataset(**more):
    loader = Loader(folder, **options, **more)
    return accelerator.prepare(DataLoader(loader.as_torch(), batch_size=None))

found = {
    "loader": samples(accelerator.prepare(Loader(folder, shard="auto", **options))),
    "dataset": samples(dataset()),
}
try:
    found["sharded twice"] = samples(dataset(shard="auto"))
except RuntimeError as error:
    found["error"] = str(error)
pathlib.Path(sys.argv[3], f"{accelerator.process_index}.json").write_text(json.dumps(found))
accelerator.end_training()  # else gloo may abort at exit
"""


def on_two_ranks(
    text: str, photos: Path, tmp_path: Path, options: dict[str, Any], *more: object
) -> list[Any]:
    """Run a program on two ranks; return what each has written."""
    program = tmp_path / "program.py"
    program.write_text(text)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    run = subprocess.run(
        [*command, program, photos, json.dumps(options), tmp_path, *map(str, more)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]


def test_accelerate_on_two_ranks(photos: Path, tmp_path: Path) -> None:
    """A Loader deals itself out, Accelerate its dataset; both together would lose half."""
    options = {**OPTIONS, "batch_size": 5}
    first, second = on_two_ranks(ON_TWO_RANKS, photos, tmp_path, options)
    alone = [batch.indices.tolist() for batch in Loader(photos, **options)]
    for way in ("loader", "dataset"):
        assert [
            batch for pair in zip(first[way], second[way], strict=True) for batch in pair
        ] == alone
    for rank in (first, second):
        assert "give the Loader no shard=" in rank["error"]


SHORT_BATCHES_ON_TWO_RANKS = """
import json, pathlib, sys
import accelerate
from imagepipe_rs import Loader
from torch.utils.data import DataLoader

folder, options = sys.argv[1], json.loads(sys.argv[2])
accelerator = accelerate.Accelerator(cpu=True)

def dataset(**more):
    loader = Loader(folder, **options, **more)
    return accelerator.prepare(DataLoader(loader.as_torch(), batch_size=None))

def samples(batches):
    gathered = (accelerator.gather_for_metrics(indices) for *_, indices in batches)
    return [sample for indices in gathered for sample in indices.tolist()]

found = {"replace": samples(dataset(on_error="replace"))}
for name, more in {"skip": {"on_error": "skip"}, "repeat": {"repeat": True}}.items():
    try:
        list(dataset(**more))
    except RuntimeError as error:
        found[name] = str(error)
pathlib.Path(sys.argv[3], f"{accelerator.process_index}.json").write_text(json.dumps(found))
accelerator.end_training()  # else gloo may abort at exit
"""


def test_accelerate_lost_good_samples_of_batches_that_were_shorter(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    """It joins the batches of all ranks, cuts them into equal parts, and dropped the rest."""
    damaged = {3, 17}
    path = tree({f"{n:02}.jpg": b"damaged" if n in damaged else jpeg(seed=n) for n in range(23)})
    options = {**OPTIONS, "batch_size": 5}
    for rank in on_two_ranks(SHORT_BATCHES_ON_TWO_RANKS, path, tmp_path, options):
        assert {*range(23)} - damaged <= {*rank["replace"]}
        assert "on_error='skip' leaves shorter: give the Loader on_error='replace'" in rank["skip"]
        assert "repeat=True leaves shorter: give the Loader last_batch='drop'" in rank["repeat"]


REGISTERED_ON_TWO_RANKS = """
import json, pathlib, sys
import accelerate
from imagepipe_rs import Loader
from itertools import islice

folder, options = sys.argv[1], json.loads(sys.argv[2])
accelerator = accelerate.Accelerator(cpu=True)
loader = Loader(folder, shard="auto", **options)
accelerator.register_for_checkpointing(loader)

def samples(batches):
    return [sample for *_, indices in batches for sample in indices.tolist()]

found = samples(islice(loader, 2))
accelerator.save_state(sys.argv[3])
accelerator.wait_for_everyone()
list(loader)
accelerator.load_state(sys.argv[3])
found += samples(loader)
pathlib.Path(sys.argv[3], f"{accelerator.process_index}.json").write_text(json.dumps(found))
accelerator.end_training()  # else gloo may abort at exit
"""


def test_accelerate_saves_a_registered_loader_on_two_ranks(photos: Path, tmp_path: Path) -> None:
    options = {**OPTIONS, "batch_size": 5}
    found = on_two_ranks(REGISTERED_ON_TWO_RANKS, photos, tmp_path, options)
    assert [len(samples) for samples in found] == [30, 30]
    assert sorted(found[0] + found[1]) == list(range(60))


STATEFUL_ON_TWO_RANKS = """
import json, pathlib, sys
import accelerate
from imagepipe_rs import Loader
from itertools import islice
from torch.utils.data import DataLoader

folder, options, steps = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[4])
config = accelerate.DataLoaderConfiguration(use_stateful_dataloader=True)
accelerator = accelerate.Accelerator(cpu=True, dataloader_config=config)

def prepared(**more):
    dataset = Loader(folder, **options, **more).as_torch()
    return accelerator.prepare(DataLoader(dataset, batch_size=None))

def samples(batches):
    gathered = (accelerator.gather_for_metrics(indices) for *_, indices in batches)
    return [sample for indices in gathered for sample in indices.tolist()]

found = {}
batches = prepared()
found["before"] = samples(islice(batches, steps))
state = batches.state_dict()
resumed = prepared()
resumed.load_state_dict(state)
found["after"] = samples(resumed)
if accelerator.process_index == 1:
    found["nothing"] = state["dataset_state"]
try:
    prepared(shard="auto")
except RuntimeError as error:
    found["error"] = str(error)
pathlib.Path(sys.argv[3], f"{accelerator.process_index}.json").write_text(json.dumps(found))
accelerator.end_training()  # else gloo may abort at exit
"""


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_stateful_data_loaders_on_two_ranks_lose_nothing(
    photos: Path, tmp_path: Path, steps: int
) -> None:
    """Accelerate asks for the state amid the batches that it deals out together, read ahead."""
    pytest.importorskip("torchdata.stateful_dataloader")
    first, second = on_two_ranks(STATEFUL_ON_TWO_RANKS, photos, tmp_path, OPTIONS, steps)
    alone = [sample for batch in straight(photos, 9) for sample in batch]
    assert first["before"] == second["before"] == alone[: 14 * steps]
    assert sorted(first["before"] + first["after"]) == list(range(60))
    for rank in (first, second):
        assert "give the Loader no shard=" in rank["error"]
    with pytest.raises(ValueError, match="a rank that read nothing"):
        Loader(photos, **OPTIONS).as_torch().load_state_dict(second["nothing"])
