"""Which sample comes when: the same for the same seed, for ever.

``tests/golden/order.json`` holds digests of orders that were drawn with the first version. A
difference means that everybody's runs change: if that is meant, say so in CHANGELOG.md and write
the file anew with ``python tests/python/test_order.py``.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import golden
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from imagepipe_rs import Loader
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GOLDEN = "order.json"
IMAGENET = 1_281_167


def speck(width: int = 1, height: int = 1) -> bytes:
    """Return a picture that takes no time to decode."""
    data = io.BytesIO()
    Image.new("L", (width, height)).save(data, "PNG")
    return data.getvalue()


def fill(folder: Path, count: int, *, data: bytes = b"", prefix: str = "") -> Path:
    """Make a folder of pictures by hard links to one."""
    folder.mkdir(parents=True)
    first = folder / f"{prefix}{0:06}.png"
    first.write_bytes(data or speck())
    for number in range(1, count):
        (folder / f"{prefix}{number:06}.png").hardlink_to(first)
    return folder


def specks(root: Path) -> dict[str, Path]:
    """Make the folders that orders are drawn from."""
    folders = {"flat": fill(root / "flat", 1000)}
    for name, count in [("ant", 5), ("bee", 50), ("cat", 200)]:
        fill(root / "classes" / name, count, prefix=name)
    folders["classes"] = root / "classes"
    folders["wide"] = fill(root / "wide", 20, data=speck(100, 80))
    folders["damaged"] = root / "damaged"
    fill(folders["damaged"], 60)
    for number in range(0, 60, 4):
        (folders["damaged"] / f"{number:06}.png").unlink()
        (folders["damaged"] / f"{number:06}.png").write_bytes(b"damaged")
    return folders


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return specks(tmp_path_factory.mktemp("specks"))


def take(
    path: Path | list[Path], count: int, *, epoch: int = 0, position: int = 0, **options: Any
) -> list[Any]:
    """Return the batches that hold the first ``count`` samples from a place on."""
    options = {"batch_size": 100, "size": 1, "workers": 2, **options}
    loader = Loader(path, **options)
    loader.load_state_dict(loader.state_dict(position=(epoch, position)))
    steps = -(-count // options["batch_size"])
    return list(itertools.islice(loader, steps))


def indices(batches: Iterable[Any]) -> np.ndarray:
    return np.concatenate([batch.indices for batch in batches])


# ------------------------------------------------------------------------------------ golden orders


def permutation(folders: dict[str, Path], n: int, seed: int, epoch: int) -> np.ndarray:
    return indices(take(folders["flat"], n, limit=n, seed=seed, epoch=epoch))


def of_imagenet(folders: dict[str, Path], epoch: int, position: int) -> np.ndarray:
    """Take 3,000 samples of as many files as ImageNet has, most of them listed many times."""
    roots = [folders["flat"]] * -(-IMAGENET // 1000)
    return indices(
        take(roots, 3000, limit=IMAGENET, seed=1, epoch=epoch, position=position, batch_size=1000)
    )


def drawn(folders: dict[str, Path], seed: int, epoch: int, **options: Any) -> np.ndarray:
    return indices(take(folders["classes"], 1000, seed=seed, epoch=epoch, **options))


def side(folders: dict[str, Path], seed: int, which: str, fraction: float) -> bytes:
    options: dict[str, Any] = {"split": (which, fraction), "split_seed": seed}
    loader = Loader(folders["classes"], size=1, shuffle=False, **options)
    names = [Path(path).name for batch in loader for path in batch.paths]
    return "\n".join(names).encode()


def ranks(folders: dict[str, Path], **options: Any) -> np.ndarray:
    parts = [
        take(folders["flat"], 1000, limit=103, shard=(rank, 4), batch_size=8, **options)
        for rank in range(4)
    ]
    return np.concatenate([indices(part) for part in parts])


def chances(folders: dict[str, Path], epoch: int, **options: Any) -> bytes:
    """Return crops and flips."""
    batches = take(
        folders["wide"], 20, fit="random_crop", flip=True, seed=3, epoch=epoch, **options
    )
    return b"".join(batch.crops.tobytes() + batch.flips.tobytes() for batch in batches)


def replaced(folders: dict[str, Path], epoch: int) -> np.ndarray:
    return indices(take(folders["damaged"], 60, on_error="replace", seed=2, epoch=epoch))


def cases() -> dict[str, Callable[[dict[str, Path]], np.ndarray | bytes]]:
    every: dict[str, Any] = {}
    for n, seed, epoch in itertools.product((1, 2, 3, 10, 1000), (0, 1, 2**64 - 1), (0, 1, 89)):
        every[f"shuffle n={n} seed={seed} epoch={epoch}"] = partial(
            permutation, n=n, seed=seed, epoch=epoch
        )
    for epoch, position in [(0, 0), (0, 640_000), (0, IMAGENET - 2500), (89, 0)]:
        every[f"shuffle n={IMAGENET} seed=1 epoch={epoch} from {position}"] = partial(
            of_imagenet, epoch=epoch, position=position
        )
    weights = {"class": [1.0, 0.0, 3.0], "sample": [1 + i % 7 for i in range(255)]}
    for seed, epoch in [(0, 0), (7, 0), (7, 3)]:
        key = f"seed={seed} epoch={epoch}"
        every[f"balanced {key}"] = partial(drawn, seed=seed, epoch=epoch, sampling="balanced")
        for kind, values in weights.items():
            every[f"weights by {kind} {key}"] = partial(
                drawn, seed=seed, epoch=epoch, weights=values
            )
    for seed, which, fraction in itertools.product((0, 1), ("train", "validation"), (0.1, 0.25)):
        every[f"split {which} {fraction} split_seed={seed}"] = partial(
            side, seed=seed, which=which, fraction=fraction
        )
    for last_batch in ("keep", "drop", "pad"):
        every[f"four ranks last_batch={last_batch}"] = partial(ranks, seed=4, last_batch=last_batch)
    for epoch in (0, 1):
        every[f"crops and flips epoch={epoch}"] = partial(chances, epoch=epoch)
        every[f"narrow crops epoch={epoch}"] = partial(
            chances, epoch=epoch, scale=(0.9, 1.0), ratio=(0.2, 0.5)
        )
        every[f"replaced epoch={epoch}"] = partial(replaced, epoch=epoch)
    every["balanced crops and flips"] = partial(chances, epoch=0, sampling="balanced")
    return every


def digest(order: np.ndarray | bytes) -> str:
    return golden.digest([order if isinstance(order, bytes) else order.astype("<i8").tobytes()])


@pytest.mark.filterwarnings("ignore:.*given more than once")
@pytest.mark.parametrize("case", cases())
def test_orders_are_those_of_the_first_version(folders: dict[str, Path], case: str) -> None:
    assert digest(cases()[case](folders)) == golden.expected(GOLDEN)[case]


def test_every_golden_order_is_looked_at() -> None:
    assert list(golden.expected(GOLDEN)) == list(cases())


# ------------------------------------------------------------------------- the same seed, the same


@pytest.fixture(scope="module")
def thirty(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 30 small photographs in 10 classes, in four formats."""
    folder = tmp_path_factory.mktemp("thirty")
    kinds = itertools.cycle(
        [("jpg", {}), ("png", {}), ("webp", {"lossless": True}), ("jpg", {"progressive": True})]
    )
    for path, (kind, options) in zip(sorted(photos.glob("*/00000[0-2].jpg")), kinds, strict=False):
        target = folder / path.parent.name / f"{path.stem}.{kind}"
        target.parent.mkdir(exist_ok=True)
        with Image.open(path) as image:
            image.convert("RGB").resize((image.width // 2, image.height // 2)).save(
                target, **options
            )
    return folder


OPTIONS: dict[str, Any] = {"batch_size": 7, "size": 40, "fit": "random_crop", "flip": True}


def everything(path: Path, count: int = 2, **options: Any) -> list[tuple[Any, ...]]:
    """Return all there is to know of some epochs, paths apart."""
    loader = Loader(path, **{**OPTIONS, "seed": 1, **options})
    return [
        (
            batch.epoch, batch.images.tobytes(), batch.labels.tobytes(), batch.indices.tobytes(),
            batch.crops.tobytes(), batch.flips.tobytes(), batch.valid.tobytes(),
        )
        for _ in range(count)
        for batch in loader
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_bytes(thirty: Path) -> None:
    assert everything(thirty) == everything(thirty)


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("prefetch", [1, 4])
def test_workers_and_prefetch_change_nothing(thirty: Path, workers: int, prefetch: int) -> None:
    expected = everything(thirty, workers=3, prefetch=2)
    assert everything(thirty, workers=workers, prefetch=prefetch) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"sampling": "balanced", "limit": 20},
        {"weights": list(range(30))},
        {"last_batch": "pad"},
        {"split": ("train", 0.3)},
        {"exact": True, "dtype": "float16", "layout": "NCHW"},
    ],
    ids=str,
)
def test_workers_change_nothing_whatever_is_asked_for(
    thirty: Path, options: dict[str, Any]
) -> None:
    def first(**more: Any) -> list[bytes]:
        loader = Loader(thirty, **OPTIONS, **options, **more)
        return [batch.images.tobytes() for batch in itertools.islice(loader, 4)]

    assert first(workers=1, prefetch=1) == first(workers=8, prefetch=4)


def test_the_order_in_which_files_were_made_changes_nothing(thirty: Path, tmp_path: Path) -> None:
    expected = everything(thirty)
    files = sorted(path.relative_to(thirty) for path in thirty.glob("*/*"))
    for seed in range(3):
        copy = tmp_path / str(seed)
        for place in np.random.default_rng(seed).permutation(len(files)):
            (copy / files[place]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(thirty / files[place], copy / files[place])
        assert everything(copy) == expected


def test_another_process_gets_the_same(thirty: Path, tmp_path: Path) -> None:
    import subprocess  # noqa: PLC0415

    program = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path;"
        "import test_order;"
        "print(hashlib.sha256(repr(test_order.everything(Path(sys.argv[2]))).encode()).hexdigest())"
    )
    command = [sys.executable, "-c", program, Path(__file__).parent, thirty]
    printed = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert printed.strip() == hashlib.sha256(repr(everything(thirty)).encode()).hexdigest()


def test_another_seed_differs(folders: dict[str, Path]) -> None:
    orders = {indices(take(folders["flat"], 1000, seed=seed)).tobytes() for seed in range(20)}
    assert len(orders) == 20


def test_another_epoch_differs(folders: dict[str, Path]) -> None:
    orders = {indices(take(folders["flat"], 1000, epoch=epoch)).tobytes() for epoch in range(20)}
    assert len(orders) == 20


def test_crops_and_flips_differ_between_epochs_and_samples(folders: dict[str, Path]) -> None:
    batches = [
        take(folders["wide"], 20, fit="random_crop", flip=True, epoch=epoch)[0]
        for epoch in range(10)
    ]
    crops = {tuple(crop) for batch in batches for crop in batch.crops.tolist()}
    assert len(crops) > 190
    flips = np.concatenate([batch.flips for batch in batches])
    assert 60 < flips.sum() < 140


def test_augmentation_goes_with_the_sample_not_with_its_place(folders: dict[str, Path]) -> None:
    def crops(**options: Any) -> dict[int, list[float]]:
        (batch,) = take(folders["wide"], 20, fit="random_crop", **options)
        return dict(zip(batch.indices.tolist(), batch.crops.tolist(), strict=True))

    assert crops(shuffle=True) == crops(shuffle=False)


def test_without_shuffling_samples_come_as_they_are_sorted(folders: dict[str, Path]) -> None:
    for epoch in range(3):
        order = indices(take(folders["flat"], 1000, shuffle=False, epoch=epoch))
        assert np.array_equal(order, np.arange(1000))


def test_shuffling_is_thorough(folders: dict[str, Path]) -> None:
    """Neighbours part, and samples go far: no window, no blocks."""
    order = indices(take(folders["flat"], 1000, seed=11))
    assert np.mean(np.abs(np.diff(order)) == 1) < 0.02
    assert 250 < np.mean(np.abs(order - np.arange(1000))) < 420


# ------------------------------------------------------------------------------------ the schedule


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "limit": draw(st.integers(1, 60)),
        "batch_size": draw(st.integers(1, 13)),
        "world": draw(st.integers(1, 5)),
        "last_batch": draw(st.sampled_from(["keep", "drop", "pad"])),
        "seed": draw(st.integers(0, 2**64 - 1)),
    }


def rank_batches(folder: Path, rank: int, schedule: dict[str, Any], position: int = 0) -> list[Any]:
    options = {key: value for key, value in schedule.items() if key != "world"}
    loader = Loader(folder, size=1, workers=1, shard=(rank, schedule["world"]), **options)
    loader.load_state_dict(loader.state_dict(position=(0, position)))
    return list(loader)


def possible(schedule: dict[str, Any]) -> bool:
    enough = schedule["limit"] >= schedule["batch_size"] * schedule["world"]
    return schedule["last_batch"] != "drop" or enough


fast = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@fast
@given(schedule=schedules().filter(possible))
def test_ranks_share_an_epoch_out(folders: dict[str, Path], schedule: dict[str, Any]) -> None:
    """Every sample once, over all ranks; equal batches on each; together the batches of one."""
    n, size, world = schedule["limit"], schedule["batch_size"], schedule["world"]
    parts = [rank_batches(folders["flat"], rank, schedule) for rank in range(world)]
    alone = rank_batches(folders["flat"], 0, {**schedule, "world": 1, "batch_size": size * world})
    assert {len(part) for part in parts} == {len(alone)}
    for batches in zip(*parts, strict=True):
        assert len({len(batch.images) for batch in batches}) == 1
    for step, whole in enumerate(alone):
        seen = np.concatenate([part[step].indices[part[step].valid] for part in parts])
        assert np.array_equal(seen, whole.indices[whole.valid])
    seen = np.concatenate([batch.indices[batch.valid] for part in parts for batch in part])
    expected = n // (size * world) * size * world if schedule["last_batch"] == "drop" else n
    assert len(seen) == len(set(seen)) == expected


@fast
@given(schedule=schedules().filter(possible), steps=st.integers(0, 5), world=st.integers(1, 4))
def test_an_interrupted_epoch_goes_on_on_other_ranks(
    folders: dict[str, Path], schedule: dict[str, Any], steps: int, world: int
) -> None:
    """The same global batches follow, if the new ranks' batches are as large together."""
    size = schedule["batch_size"]
    schedule = {**schedule, "world": 1, "batch_size": size * world}
    assume(possible(schedule))
    whole = rank_batches(folders["flat"], 0, schedule)
    position = min(steps, len(whole) - 1) * size * world
    split = {**schedule, "world": world, "batch_size": size}
    parts = [rank_batches(folders["flat"], rank, split, position=position) for rank in range(world)]
    rest = whole[position // (size * world) :]
    for step, expected in enumerate(rest):
        seen = np.concatenate([part[step].indices[part[step].valid] for part in parts])
        assert np.array_equal(seen, expected.indices[expected.valid])
    assert {len(part) for part in parts} == {len(rest)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        drawn_from = specks(Path(made))
        golden.write(GOLDEN, {case: digest(draw(drawn_from)) for case, draw in cases().items()})
