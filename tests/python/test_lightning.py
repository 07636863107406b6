"""Lightning trains on a Loader, saves its place and resumes. `make test-torch` runs these."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pytest
from imagepipe_rs import DatasetWarning, Loader

torch = pytest.importorskip("torch")
lightning = pytest.importorskip("lightning.pytorch")
stateful = pytest.importorskip("torchdata.stateful_dataloader")

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.torch,
    # Lightning's and torchdata's own use of PyTorch.
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated"),
    pytest.mark.filterwarnings("ignore:The dirpath has changed"),
    # torchdata counts the batches before and after a checkpoint at an epoch's end as those of one
    # epoch.
    pytest.mark.filterwarnings("ignore:Length of IterableDataset"),
    pytest.mark.filterwarnings("ignore:Your `IterableDataset` has `__len__` defined"),
    pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers"),
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


class Classifier(lightning.LightningModule):
    """A linear model that notes the samples of each step."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        self.seen: list[list[int]] = []

    def training_step(self, batch: Any, _: int) -> Any:
        images, labels, indices = batch
        self.seen.append(indices.tolist())
        loss = torch.nn.functional.cross_entropy(self.layers(images), labels)
        self.log("loss", loss, on_epoch=True)
        return loss

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), 0.1)


class Evaluated(Classifier):
    """One that counts what it gets right; batches are (images, labels, valid)."""

    right = valid = 0

    def validation_step(self, batch: Any, _: int) -> None:
        images, labels, valid = batch
        self.right += int(((self.layers(images).argmax(1) == labels) & valid).sum())
        self.valid += int(valid.sum())


def trainer(folder: Path, **options: Any) -> Any:
    return lightning.Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        **options,
    )


def checkpoints(folder: Path, **when: int) -> Any:
    return lightning.callbacks.ModelCheckpoint(folder, save_top_k=-1, **when)


def straight(path: Path, steps: int) -> list[list[int]]:
    """Return the samples of so many batches of a run that is never interrupted."""
    loader = Loader(path, **OPTIONS, repeat=True)
    return [batch.indices.tolist() for batch in islice(loader, steps)]


def test_lightning_fits_a_loader(photos: Path, tmp_path: Path) -> None:
    """It takes batches apart and rebuilds them; and it makes an iterator that it never uses."""
    loader, model = Loader(photos, **OPTIONS), Classifier()
    trainer(tmp_path, max_epochs=3, enable_checkpointing=False).fit(model, loader)
    assert model.seen == straight(photos, 27)
    assert sorted(chain(*model.seen[:9])) == list(range(60))
    assert loader.epoch == 3


def test_lightning_goes_on_from_a_state_that_was_loaded_before(
    photos: Path, tmp_path: Path
) -> None:
    """The iterator that it never uses does not take the rest of the epoch away."""
    first = iter(Loader(photos, **OPTIONS))
    for _ in range(4):
        next(first)
    loader, model = Loader(photos, **OPTIONS), Classifier()
    loader.load_state_dict(first.state_dict())
    trainer(tmp_path, max_epochs=2, enable_checkpointing=False).fit(model, loader)
    assert model.seen == straight(photos, 18)[4:]


def test_lightning_counts_on_from_the_epoch_of_a_loaded_state(photos: Path, tmp_path: Path) -> None:
    """It counts from 0, and sets the epoch of what it trains on."""
    first = Loader(photos, **OPTIONS)
    first.set_epoch(3)
    taken = list(islice(first, 4))
    loader, model = Loader(photos, **OPTIONS), Classifier()
    loader.load_state_dict(first.state_dict())
    trainer(tmp_path, max_epochs=2, enable_checkpointing=False).fit(model, loader)
    assert [batch.indices.tolist() for batch in taken] + model.seen == straight(photos, 45)[27:]


def test_lightning_overfits_some_batches(photos: Path, tmp_path: Path) -> None:
    """Nothing is in its way: it looks for samplers, to switch shuffling off."""
    loader, model = Loader(photos, **{**OPTIONS, "shuffle": False}), Classifier()
    options = {"max_epochs": 2, "overfit_batches": 2, "enable_checkpointing": False}
    trainer(tmp_path, **options).fit(model, loader)
    assert model.seen == [list(range(7)), list(range(7, 14))] * 2


@pytest.mark.parametrize("kind", ["loader", "dataset"])
@pytest.mark.filterwarnings("ignore:You requested to overfit but enabled train dataloader shuf")
def test_lightning_overfits_other_batches_in_each_epoch_without_a_word(
    photos: Path, tmp_path: Path, kind: str
) -> None:
    """It turns off only samplers' shuffling; for a DataLoader around a Loader it just says so."""
    data, model = Loader(photos, **OPTIONS), Classifier()
    if kind == "dataset":
        data = torch.utils.data.DataLoader(data.as_torch(), batch_size=None)
    options = {"max_epochs": 3, "overfit_batches": 1, "enable_checkpointing": False}
    with pytest.warns(DatasetWarning, match=r"only with Loader\(..., shuffle=False\)") as told:
        trainer(tmp_path, **options).fit(model, data)
    assert [warning.category for warning in told].count(DatasetWarning) == 1
    assert len(model.seen) == 3


@pytest.mark.parametrize("steps", [4, 9, 13])
@pytest.mark.parametrize("kind", ["loader", "stateful"])
def test_lightning_goes_on_after_the_batch_of_its_checkpoint(
    photos: Path, tmp_path: Path, steps: int, kind: str
) -> None:
    """With a Loader, and with torchdata's DataLoader around it."""

    def data() -> Any:
        loader = Loader(photos, **OPTIONS)
        if kind == "loader":
            return loader
        return stateful.StatefulDataLoader(loader.as_torch(), batch_size=None)

    callback = checkpoints(tmp_path, every_n_train_steps=steps)
    trainer(tmp_path, max_steps=steps, callbacks=[callback]).fit(Classifier(), data())
    (file,) = tmp_path.glob(f"*step={steps}.ckpt")

    model, loader = Classifier(), data()
    callback = checkpoints(tmp_path / "again", every_n_train_steps=steps)
    resumed = trainer(tmp_path, max_epochs=3, callbacks=[callback])
    resumed.fit(model, loader, ckpt_path=file)
    assert model.seen == straight(photos, 27)[steps:]
    assert resumed.global_step == 27


def seen_by_resumed(
    photos: Path, tmp_path: Path, batch_size: int, told: str, *, every: int, max_epochs: int
) -> int:
    """Resume with other batches, and a warning; return how many samples were trained on."""
    (file,) = tmp_path.glob("*.ckpt")
    model = Classifier()
    callback = checkpoints(tmp_path / "again", every_n_train_steps=every)
    resumed = trainer(tmp_path, max_epochs=max_epochs, callbacks=[callback])
    with pytest.warns(DatasetWarning, match=told):
        resumed.fit(model, Loader(photos, **{**OPTIONS, "batch_size": batch_size}), ckpt_path=file)
    return sum(map(len, model.seen))


@pytest.mark.parametrize(
    ("batch_size", "seen", "told"),
    [
        (
            14,
            14,
            "batch_size=7 on 1 rank; .*=14 on 1 rank: up to 18 samples of this epoch will not be",
        ),
        (28, 32, "up to 32 samples of this epoch will not be trained on"),
        (3, 32, "will neither validate at the end of this epoch"),
    ],
)
def test_lightning_lost_the_rest_of_an_epoch_whose_batches_became_larger(
    photos: Path, tmp_path: Path, batch_size: int, seen: int, told: str
) -> None:
    """It counts batches, so those before the checkpoint stand for as many of the new size."""
    callback = checkpoints(tmp_path, every_n_train_steps=4)
    first = trainer(tmp_path, max_steps=4, callbacks=[callback])
    first.fit(Classifier(), Loader(photos, **OPTIONS))
    assert seen_by_resumed(photos, tmp_path, batch_size, told, every=4, max_epochs=1) == seen


def test_lightning_lost_the_rest_of_an_epoch_after_a_checkpoint_at_the_last_batch(
    photos: Path, tmp_path: Path
) -> None:
    """It takes that for the middle if there are more batches now: of 15, it goes on after 9."""
    callback = checkpoints(tmp_path, every_n_train_steps=9)
    first = trainer(tmp_path, max_epochs=1, callbacks=[callback])
    first.fit(Classifier(), Loader(photos, **OPTIONS))
    told = "batch_size=7 on 1 rank; .*=4 on 1 rank: up to 36 samples of this epoch will not be"
    assert seen_by_resumed(photos, tmp_path, 4, told, every=9, max_epochs=2) == 24


@pytest.mark.parametrize("batch_size", [7, 4, 14])
def test_lightning_goes_on_after_the_epoch_of_its_checkpoint(
    photos: Path, tmp_path: Path, batch_size: int
) -> None:
    callback = checkpoints(tmp_path, every_n_epochs=1)
    trainer(tmp_path, max_epochs=1, callbacks=[callback]).fit(
        Classifier(), Loader(photos, **OPTIONS)
    )
    (file,) = tmp_path.glob("*.ckpt")
    model = Classifier()
    callback = checkpoints(tmp_path / "again", every_n_epochs=1)
    resumed = trainer(tmp_path, max_epochs=3, callbacks=[callback])
    resumed.fit(model, Loader(photos, **{**OPTIONS, "batch_size": batch_size}), ckpt_path=file)
    assert list(chain(*model.seen)) == list(chain(*straight(photos, 27)[9:]))


def test_lightning_goes_to_the_next_epoch_where_it_limits_them(
    photos: Path, tmp_path: Path
) -> None:
    """Lightning's epoch ends with its last batch; the Loader hears of it with the next number."""
    limited = {"limit_train_batches": 3, "max_epochs": 3}
    callback = checkpoints(tmp_path, every_n_train_steps=3)
    through = Classifier()
    trainer(tmp_path, **limited, callbacks=[callback]).fit(through, Loader(photos, **OPTIONS))
    (file,) = tmp_path.glob("*step=3.ckpt")
    model = Classifier()
    callback = checkpoints(tmp_path / "again", every_n_train_steps=3)
    resumed = trainer(tmp_path, **limited, callbacks=[callback])
    resumed.fit(model, Loader(photos, **OPTIONS), ckpt_path=file)
    epochs = straight(photos, 27)
    assert through.seen == epochs[:3] + epochs[9:12] + epochs[18:21]
    assert model.seen == through.seen[3:]


def test_lightning_refuses_a_checkpoint_of_another_order(photos: Path, tmp_path: Path) -> None:
    callback = checkpoints(tmp_path, every_n_train_steps=4)
    trainer(tmp_path, max_steps=4, callbacks=[callback]).fit(
        Classifier(), Loader(photos, **OPTIONS)
    )
    (file,) = tmp_path.glob("*.ckpt")
    callback = checkpoints(tmp_path / "again", every_n_train_steps=4)
    again = trainer(tmp_path, max_epochs=1, callbacks=[callback])
    with pytest.raises(ValueError, match="seed 1 there, 2 here"):
        again.fit(Classifier(), Loader(photos, **{**OPTIONS, "seed": 2}), ckpt_path=file)


def test_valid_makes_a_validation_exact(photos: Path, tmp_path: Path) -> None:
    fields = ("images", "labels", "valid")
    options = {**OPTIONS, "fields": fields, "last_batch": "pad", "shuffle": False}
    model = Evaluated()
    trainer(tmp_path).validate(model, Loader(photos, **options), verbose=False)
    (images, labels, _), *_ = Loader(photos, **{**options, "batch_size": 60})
    with torch.no_grad():
        expected = int((model.layers(images).argmax(1) == labels).sum())
    assert (model.right, model.valid) == (expected, 60)
