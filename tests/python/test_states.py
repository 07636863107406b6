"""States: what they say, which are refused, and Loaders that are sent to other processes."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import signal
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

OPTIONS: dict[str, Any] = {"batch_size": 9, "size": 8, "fit": "random_crop", "seed": 8}


def place(state: dict[str, Any]) -> tuple[int, int]:
    return state["epoch"], state["position"]


def samples(batches: Any) -> list[list[int]]:
    return [batch.indices.tolist() for batch in batches]


# ------------------------------------------------------------------------------- waits that are cut
# short


class InterruptError(Exception):
    """What a handler raises, as KeyboardInterrupt is raised on Ctrl-C."""


@pytest.fixture
def alarm() -> Iterator[None]:
    def interrupt(_number: int, _frame: object) -> None:
        raise InterruptError

    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_a_batch_that_became_ready_after_an_interrupt_was_lost(
    tree: MakeTree, jpeg: EncodeJpeg
) -> None:
    """As in a notebook: Ctrl-C while the loop waits, then on with the same iterator."""
    # A batch takes longer than the alarm, and mostly less than the 50 ms after which signals are
    # seen anyway.
    large = jpeg(1200, 1200, quality=95)
    folder = tree({f"{number:02}.jpg": large for number in range(24)})
    options = {"size": 8, "exact": True, "shuffle": False, "workers": 1, "prefetch": 1}
    loader = Loader(folder, batch_size=2, **options)
    batches = iter(loader)
    taken = next(batches).indices.tolist()
    interrupts = 0
    while True:
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        try:
            batch = next(batches, None)
        except InterruptError:
            interrupts += 1
            assert place(loader.state_dict()) == divmod(len(taken), 24)
            # Without an alarm, which might come when this has its batch already.
            batch = next(batches, None)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if batch is None:
            break
        taken += batch.indices.tolist()
    assert interrupts
    assert taken == list(range(24))


# ------------------------------------------------------------------------------- states of another
# order


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"seed": 9}, "seed 8 there, 9 here"),
        ({"shuffle": False}, "shuffle True there, False here"),
        ({"limit": 50}, "samples 60 there, 50 here; limit None there, 50 here"),
        ({"sampling": "balanced"}, "sampling 'epoch' there, 'balanced' here"),
        ({"weights": [1.0] * 10}, r"weights None there, '10 \(\w{16}\)' here"),
        ({"split": ("train", 0.5)}, r"split None there, \['train', 0.5\] here"),
        ({"classes": ["class-03"]}, r"classes None there, '1 \(\w{16}\)' here"),
    ],
    ids=str,
)
def test_a_state_of_another_order_is_refused_and_the_difference_named(
    photos: Path, other: dict[str, Any], named: str
) -> None:
    loader = Loader(photos, **OPTIONS)
    next(iter(loader))
    with pytest.raises(ValueError, match=f"another order of samples: .*{named}"):
        Loader(photos, **{**OPTIONS, **other}).load_state_dict(loader.state_dict())


def test_weights_and_classes_are_told_apart_by_what_they_are(photos: Path) -> None:
    for first, second in (
        ({"weights": [1.0] * 10}, {"weights": [1.0] * 9 + [2.0]}),
        ({"classes": ["class-00", "class-01"]}, {"classes": ["class-01", "class-00"]}),
    ):
        state = Loader(photos, **OPTIONS, **first).state_dict()
        Loader(photos, **OPTIONS, **first).load_state_dict(state)
        with pytest.raises(ValueError, match=f"{next(iter(first))} .* there, .* here"):
            Loader(photos, **OPTIONS, **second).load_state_dict(state)


def test_what_batches_are_like_may_change(photos: Path) -> None:
    loader = Loader(photos, **OPTIONS)
    next(iter(loader))
    other = {
        "batch_size": 4,
        "size": 16,
        "dtype": "float32",
        "shard": (1, 2),
        "fields": ("images",),
    }
    resumed = Loader(photos, **{**OPTIONS, **other})
    resumed.load_state_dict(loader.state_dict())
    assert place(resumed.state_dict()) == (0, 9)


def test_states_of_numbers_and_lists_of_numpy_are_plain(photos: Path) -> None:
    given = {"seed": np.int64(8), "limit": np.int32(50), "split": ("train", np.float64(0.25))}
    loader = Loader(photos, **{**OPTIONS, **given, "weights": np.ones(10)})
    state = loader.state_dict()
    assert json.loads(json.dumps(state)) == state
    loader.load_state_dict(json.loads(json.dumps(state)))


# -------------------------------------------------------------------------------- what was consumed


@pytest.mark.parametrize("start", [0, 2])
def test_the_state_after_some_batches_of_an_iteration(photos: Path, start: int) -> None:
    """Counted from where it began, or was resumed."""
    loader = Loader(photos, **OPTIONS)
    states = [loader.state_dict(), *(loader.state_dict() for _ in loader)]
    loader.load_state_dict(states[start])
    assert loader.state_dict(batches=0) == states[start]
    list(loader)
    assert [loader.state_dict(batches=n) for n in range(8 - start)] == states[start:]


def test_batches_are_counted_over_the_epochs_of_a_repeating_loader(photos: Path) -> None:
    loader = Loader(photos, repeat=True, **OPTIONS)
    batches = iter(loader)
    expected = samples(islice(batches, 20))
    resumed = Loader(photos, repeat=True, **OPTIONS)
    resumed.load_state_dict(loader.state_dict(batches=15))
    assert samples(islice(resumed, 5)) == expected[15:]


def test_a_batch_says_where_it_leaves_off(photos: Path) -> None:
    loader = Loader(photos, fields=("images", "position"), **OPTIONS)
    for images, position in loader:
        assert len(images) in {9, 6}
        assert loader.state_dict(position=position) == loader.state_dict()
        assert loader.state_dict(position=position.tolist()) == loader.state_dict()
    assert position.tolist() == [1, 0]
    assert (position.dtype, position.ctypes.data % 64) == (np.int64, 0)


@pytest.mark.parametrize("batches", [1.0, "1", [1]], ids=repr)
def test_batches_of_a_state_are_a_whole_number(photos: Path, batches: Any) -> None:
    with pytest.raises(TypeError, match=r"^batches=.* is not valid: a whole number"):
        Loader(photos, **OPTIONS).state_dict(batches=batches)


@pytest.mark.parametrize("position", [[0, 61], [0, -1], [1, 2**40]], ids=repr)
def test_a_position_beyond_the_epoch_is_refused(photos: Path, position: list[int]) -> None:
    loader = Loader(photos, **OPTIONS)
    with pytest.raises(ValueError, match=r"^position=\[.* is not valid: .* within 0\.\.60"):
        loader.state_dict(position=position)
    assert place(loader.state_dict(position=[0, 60])) == (0, 60)


@pytest.mark.parametrize(("counted", "begins"), [(2, 3), (3, 3), (4, 4)])
def test_an_epoch_counted_beyond_that_of_a_loaded_state_is_gone_to(
    photos: Path, counted: int, begins: int
) -> None:
    """A framework that ends epochs early says with the next number alone that one is over."""
    loader = Loader(photos, **OPTIONS)
    loader.load_state_dict({**loader.state_dict(), "epoch": 3, "position": 27})
    loader.batch_sampler.set_epoch(counted)
    assert place(loader.state_dict()) == (begins, 0 if begins > 3 else 27)
    next(iter(loader))
    loader.batch_sampler.set_epoch(counted + 1)
    assert place(loader.state_dict()) == (begins + 1, 0)


def test_set_epoch_keeps_the_place_that_was_loaded_in_that_epoch(photos: Path) -> None:
    """A loop that sets every epoch sets that of the resumed one too."""
    first = Loader(photos, **OPTIONS)
    first.set_epoch(3)
    seen = samples(islice(first, 4))
    loader = Loader(photos, **OPTIONS)
    loader.load_state_dict(first.state_dict())
    loader.set_epoch(3)
    assert sorted(chain(*seen, *samples(loader))) == list(range(60))
    loader.load_state_dict(first.state_dict())
    loader.set_epoch(4)
    assert place(loader.state_dict()) == (4, 0)


def test_an_iterator_that_gives_no_batch_takes_no_epoch_away(photos: Path) -> None:
    """Frameworks make one to see whether that can be done."""
    first = Loader(photos, **OPTIONS)
    seen = samples(islice(first, 4))
    loader = Loader(photos, **OPTIONS)
    loader.load_state_dict(first.state_dict())
    iter(loader)
    kept = iter(loader)
    assert loader.state_dict() == first.state_dict()
    seen += samples(loader)
    assert sorted(chain(*seen)) == list(range(60))
    assert next(kept).epoch == 1


def test_set_epoch_counts_for_an_iterator_that_has_given_no_batch(photos: Path) -> None:
    """Lightning makes its iterator first."""
    loader = Loader(photos, **OPTIONS)
    batches = iter(loader)
    loader.set_epoch(4)
    assert {batch.epoch for batch in batches} == {4}
    assert loader.epoch == 5


# --------------------------------------------------------------------------------- in other
# processes


def test_a_loader_is_pickled_by_its_arguments_and_its_place(photos: Path) -> None:
    options = {**OPTIONS, "shard": (1, 2), "split": ("train", 0.2), "fields": ["images", "valid"]}
    loader = Loader(str(photos), **options)
    loader.set_epoch(5)
    others = [pickle.loads(pickle.dumps(loader)), copy.deepcopy(loader)]  # noqa: S301
    expected = samples(loader)
    for other in others:
        assert type(other) is Loader
        assert other.state_dict() == {**loader.state_dict(), "epoch": 5}
        assert (len(other), other.batch_size, other.fields) == (len(loader), 9, ("images", "valid"))
        assert samples(other) == expected


def test_an_iterator_that_is_pickled_says_what_can_be(photos: Path) -> None:
    with pytest.raises(TypeError, match="pickle the Loader, and the iterator's state_dict"):
        pickle.dumps(iter(Loader(photos, **OPTIONS)))


@pytest.mark.parametrize(
    "path", ["tree", "tr*/", "tree/list.csv", ["tree/b/0.jpg", "tree/a/0.jpg"]], ids=str
)
def test_a_relative_path_is_from_where_the_loader_was_made(
    tree: MakeTree, jpeg: EncodeJpeg, monkeypatch: pytest.MonkeyPatch, path: Any
) -> None:
    """A change of the process's folder in the middle of an epoch was the end of it."""
    files = {f"{name}/{n}.jpg": jpeg(seed=n) for name in "ab" for n in range(9)}
    rows = "".join(f"{name},{name[0]}\n" for name in files)
    folder = tree({**files, "list.csv": f"filename,class\n{rows}".encode()})
    monkeypatch.chdir(folder.parent)
    options: dict[str, Any] = {"size": 8, "batch_size": 1, "prefetch": 1, "workers": 1}
    if isinstance(path, list):
        options["classes"] = ["a", "b"]
    loader = Loader(path, **options)
    expected, names, fingerprint = samples(loader), loader.paths, loader.fingerprint
    loader.set_epoch(0)
    batches = iter(loader)
    seen = samples(islice(batches, 1))
    monkeypatch.chdir("/")
    assert seen + samples(batches) == expected
    assert (loader.paths, loader.fingerprint) == (names, fingerprint)
    assert not names[0].startswith("/")
    loader.set_epoch(0)
    other = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(loader))))  # noqa: S301
    assert samples(other) == expected


class Halves(Loader):
    """A Loader with arguments of its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, **OPTIONS, shard=(0, 2))
        self.half = 1


def test_a_loader_of_ones_own_is_pickled_too(photos: Path) -> None:
    loader = Halves(photos)
    other = pickle.loads(pickle.dumps(loader))  # noqa: S301
    assert type(other) is Halves
    assert other.half == 1
    assert samples(other) == samples(loader)


def work(loader: Loader, queue: Any) -> None:
    """Read it in another process, and send batches back."""
    queue.put([(batch.indices.tolist(), batch.images.tobytes()) for batch in loader])


def test_a_loader_works_in_a_spawned_process(photos: Path) -> None:
    loader = Loader(photos, **OPTIONS)
    next(iter(loader))
    loader.load_state_dict(loader.state_dict())
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=work, args=(loader, queue))
    process.start()
    sent = queue.get(timeout=100)
    process.join()
    assert sent == [(batch.indices.tolist(), batch.images.tobytes()) for batch in loader]
    assert len(sent) == 6
