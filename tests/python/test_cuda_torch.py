"""PyTorch, Lightning and Accelerate around a Loader on a GPU. `make test-torch` runs these.

PyTorch does not work with the fake driver. Its meta device stands in for the GPU: tensors there
have no values, but frameworks move, keep and compute with them as with any others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_cuda import ended, needs_fake_cuda, run, start

pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, needs_fake_cuda]

META = """
import torch
from torch.utils.data import DataLoader
from imagepipe_rs import _adapters
from imagepipe_rs._adapters import torch as adapter
from imagepipe_rs._native import DeviceTensor

given = {"batch_size": 7, "size": 8, "seed": 3, "dtype": "float32"}
meta = torch.device("meta")

def convert(tensor, dtype):
    if not isinstance(tensor, DeviceTensor):
        return torch.from_dlpack(tensor)
    converted = torch.empty(tensor.shape, dtype=getattr(torch, tensor.dtype), device=meta)
    converted.shared = tensor
    return converted

adapter.convert = convert

def assert_untouched(batches, expected):
    "Compare batches, of which nothing was copied or moved, with those of the CPU."
    for ours, theirs in zip(batches, expected, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert one.device == meta
            assert host(one.shared).tobytes() == other.tobytes()
"""


def test_a_dataset_yields_what_is_on_the_gpu(photos: Path) -> None:
    run(
        """
        loader = Loader(folder, device="cuda", **given)
        dataset, expected = loader.as_torch(), Loader(folder, **given)
        assert len(dataset) == 9
        assert_untouched(dataset, expected)
        batches = DataLoader(dataset, batch_size=None)
        assert_untouched(batches, expected)
        assert [images.shape for images, _ in batches] == [batch.images.shape for batch in expected]

        # Epoch 3 from its fourth batch on, wherever that is.
        state = next(islice(map(lambda _: dataset.state_dict(), dataset), 2, None))
        for resumed in (Loader(folder, device="cuda", **given).as_torch(), expected):
            resumed.load_state_dict(state)
        assert_untouched(DataLoader(dataset_of(state), batch_size=None), expected)
        assert not torch.cuda.is_initialized()
        """,
        photos,
        setup=META
        + """
def dataset_of(state):
    dataset = Loader(folder, device="cuda", **given).as_torch()
    dataset.load_state_dict(state)
    return dataset
""",
    )


def test_a_dataset_has_no_worker_processes(photos: Path) -> None:
    run(
        """
        dataset = Loader(folder, device="cuda", **given).as_torch()
        try:
            next(iter(DataLoader(dataset, batch_size=None, num_workers=1)))
        except RuntimeError as error:
            assert "use DataLoader(..., num_workers=0)" in str(error), error
        else:
            raise AssertionError
        """,
        photos,
        setup=META,
    )


def test_pytorch_without_cuda_is_refused_before_a_batch(photos: Path) -> None:
    run(
        """
        torch.version.cuda = None
        loader = Loader(folder, device="cuda", **given)
        asks = (loader.as_torch, lambda: Loader("nowhere", device="cuda", output="torch"))
        for ask in asks:
            error = message_of(DeviceError, ask)
            assert f"PyTorch {torch.__version__} is installed without CUDA: pip" in error, error
        next(iter(loader))
        Loader(folder, **given).as_torch()
        """,
        photos,
        setup=META,
    )


def test_pytorch_with_cuda_is_not_started_to_find_that_out(photos: Path) -> None:
    run(
        """
        torch.version.cuda = "12.8"
        Loader(folder, device="cuda", output="torch", **given).as_torch()
        assert not torch.cuda.is_initialized()
        """,
        photos,
        setup=META,
    )


def test_accelerate_leaves_batches_where_they_are(photos: Path) -> None:
    pytest.importorskip("accelerate")
    run(
        """
        import accelerate
        from accelerate.utils import find_batch_size, send_to_device

        accelerator = accelerate.Accelerator(cpu=True)
        accelerator.state.device = accelerate.PartialState().device = meta
        assert accelerator.device == meta
        expected = Loader(folder, **given)
        for output in ("torch", "dlpack"):
            loader = Loader(folder, device="cuda", output=output, **given)
            assert accelerator.prepare(loader) is loader
            for batch in loader:
                moved = send_to_device(batch, accelerator.device)
                assert type(moved) is type(batch)
                assert all(map(lambda one, other: one is other, moved, batch))
            if output == "torch":
                assert find_batch_size(batch) == 4

        # It joins the batches of all ranks, which copies them, but on their device.
        prepared = accelerator.prepare(DataLoader(loader.as_torch(), batch_size=None))
        for ours, theirs in zip(prepared, expected, strict=True):
            assert [part.device for part in ours] == [meta, meta]
            assert [tuple(part.shape) for part in ours] == [part.shape for part in theirs]
        """,
        photos,
        setup=META,
    )


LIGHTNING = """
import logging
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.simplefilter("ignore")
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.strategies import SingleDeviceStrategy

class OnMeta(SingleDeviceStrategy):
    "The strategy for one GPU, as far as batches are concerned."
    def batch_to_device(self, batch, device=None, dataloader_idx=0):
        return super().batch_to_device(batch, meta, dataloader_idx)

class Model(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight, self.seen = torch.nn.Parameter(torch.ones(1)), []

    def training_step(self, batch, number):
        self.seen.append([host(getattr(array, "shared", array)).tobytes() for array in batch])
        return self.weight.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)

def trained_on(batches):
    model = Model()
    trainer = Trainer(
        strategy=OnMeta(), max_epochs=2, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )
    trainer.fit(model, batches)
    return model.seen
"""


def test_lightning_leaves_batches_where_they_are(photos: Path) -> None:
    pytest.importorskip("lightning")
    program = """
        expected = Loader(folder, **given)
        seen = [[array.tobytes() for array in batch] for _ in range(2) for batch in expected]
        for output in ("torch", "dlpack"):
            assert trained_on(Loader(folder, device="cuda", output=output, **given)) == seen
        dataset = Loader(folder, device="cuda", **given).as_torch()
        assert trained_on(DataLoader(dataset, batch_size=None)) == seen
    """
    status, _, errors = ended(start(program, photos, setup=META + LIGHTNING))
    assert status == 0, errors
