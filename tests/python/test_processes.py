"""Threads, signals, forks: a loader leaves nothing behind, and lets itself be stopped.

What is counted here is the whole process's, so each test is a program of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg

# What every program begins with. Its arguments are folders.
BEGIN = '''
import gc, os, signal, sys, threading, time
from itertools import islice
from pathlib import Path
import numpy as np
from imagepipe_rs import ImagePipeError, Loader

folder = sys.argv[1]

def workers():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            name = (task / "comm").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if name.startswith("imagepipe"):
            found.append(name)
    return len(found)

def started(count):
    """Wait until so many workers have named themselves, which they do some time after starting."""
    end = time.monotonic() + 30
    while workers() != count:
        assert time.monotonic() < end, workers()
        time.sleep(0.001)

def files():
    return len(os.listdir("/proc/self/fd"))

def memory():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
'''
GENEROUS = 100


def start(program: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    code = BEGIN + textwrap.dedent(program)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, **pipes, **options)


def run(program: str, *arguments: object) -> str:
    """Run a program to its end; return what it printed."""
    with start(program, *arguments) as process:
        try:
            printed, errors = process.communicate(timeout=GENEROUS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, errors
    assert errors == ""
    return printed


# --------------------------------------------------------------------------------- threads and
# leaks


def test_workers_are_as_many_as_asked_for_and_end_with_the_epoch(photos: Path) -> None:
    run(
        """
        assert workers() == 0
        loader = Loader(folder, batch_size=5, size=16, workers=3)
        assert workers() == 0
        batches = iter(loader)
        next(batches)
        started(3)
        for _ in batches:
            pass
        assert workers() == 0, workers()
        """,
        photos,
    )


@pytest.mark.parametrize(
    "leave",
    [
        "del batches",
        "batches.close()",
        "loader.close()",
        "del batches, loader",
        "batches = iter(())",
        "del batches; next(iter(Loader(folder))); gc.collect()",
    ],
)
def test_leaving_early_stops_the_workers(photos: Path, leave: str) -> None:
    run(
        f"""
        loader = Loader(folder, batch_size=2, size=16, workers=4, repeat=True)
        batches = iter(loader)
        next(batches)
        started(4)
        {leave}
        assert workers() == 0, workers()
        """,
        photos,
    )


def test_breaking_out_of_the_loop_stops_the_workers(photos: Path) -> None:
    run(
        """
        loader = Loader(folder, batch_size=2, size=16, workers=4, repeat=True)
        for batch in loader:
            break
        assert workers() == 0, workers()
        assert (loader.state_dict()["epoch"], loader.state_dict()["position"]) == (0, 2)
        """,
        photos,
    )


def test_an_error_stops_the_workers(photos: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(photos.glob("*/*.jpg"))[:30]):
        (tmp_path / f"{number:02}.jpg").write_bytes(path.read_bytes() if number != 13 else b"")
    run(
        """
        batches = iter(Loader(folder, batch_size=2, size=16, workers=4, shuffle=False))
        try:
            for batch in batches:
                pass
        except ImagePipeError as error:
            assert "13.jpg" in str(error)
        else:
            raise AssertionError
        assert workers() == 0, workers()
        """,
        tmp_path,
    )


def test_a_thousand_loaders_leave_nothing_behind(photos: Path) -> None:
    run(
        """
        def use(times):
            for number in range(times):
                loader = Loader(folder, batch_size=4, size=32, workers=2)
                batches = iter(loader)
                if number % 3:
                    next(batches)
                if number % 3 == 1:
                    batches.close()

        use(200)
        gc.collect()
        before = files(), memory()
        use(1000)
        gc.collect()
        assert workers() == 0
        assert files() == before[0]
        assert memory() < before[1] + 16, (before[1], memory())
        """,
        photos,
    )


def test_memory_stays_flat_over_epochs(photos: Path) -> None:
    run(
        """
        loader = Loader(folder, batch_size=10, size=160, fit="random_crop", flip=True, workers=2)
        sizes = []
        for epoch in range(20):
            for batch in loader:
                batch.images.sum(), batch.paths, batch.crops
            sizes.append(memory())
        assert sizes[-1] < sizes[2] + 8, sizes
        """,
        photos,
    )


def test_memory_stays_flat_with_damage_and_frameworks_views(photos: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(photos.glob("*/*.jpg"))[:40]):
        data = path.read_bytes()
        (tmp_path / f"{number:02}.jpg").write_bytes(data if number % 4 else data[: len(data) // 2])
    run(
        """
        loader = Loader(folder, batch_size=10, size=None, ragged=True, on_error="skip", workers=2)
        import logging; logging.disable()
        sizes = []
        for epoch in range(50):
            for batch in loader:
                [np.from_dlpack(image).sum() for image in batch.images]
            sizes.append(memory())
        # Pictures of all sizes come and go on several threads: the allocator's own waste goes up
        # and down.
        assert min(sizes[-10:]) < max(sizes[5:15]) + 8, sizes
        """,
        tmp_path,
    )


def test_more_workers_than_there_is_work(photos: Path) -> None:
    run(
        """
        loader = Loader(folder, batch_size=1, size=8, workers=64, limit=3)
        for _ in range(20):
            assert len(list(loader)) == 3
        assert workers() == 0
        """,
        photos,
    )


def test_the_program_may_end_in_the_middle(photos: Path) -> None:
    """Nothing hangs or is printed when everything is torn down at once."""
    run(
        """
        loader = Loader(folder, batch_size=4, size=64, workers=4, repeat=True)
        batches = iter(loader)
        held = [next(batches), np.from_dlpack(next(batches).images)]
        """,
        photos,
    )


def test_other_python_threads_run_while_a_batch_is_waited_for(large: Path) -> None:
    """One of them even counts on while next() waits: it holds no lock of Python's."""
    run(
        """
        ticks = 0
        waiting = True
        def tick():
            global ticks
            while waiting:
                ticks += 1
                time.sleep(0.001)
        thread = threading.Thread(target=tick)
        thread.start()
        batches = iter(Loader(folder, batch_size=40, size=16, workers=1, prefetch=1, exact=True))
        before = ticks
        next(batches)
        during = ticks - before
        waiting = False
        thread.join()
        assert during > 3, during
        """,
        large,
    )


# ----------------------------------------------------------------------------------------- Ctrl-C


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, jpeg: EncodeJpeg) -> Path:
    """Return a folder of pictures of which each takes a while."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "0.jpg").write_bytes(jpeg(2000, 1500, progressive=True, quality=95))
    for number in range(1, 400):
        (folder / f"{number}.jpg").hardlink_to(folder / "0.jpg")
    return folder


BLOCKED = """
batches = iter(Loader(folder, batch_size=400, size=16, workers=1, prefetch=1, exact=True))
started(1)
try:
    print("waiting", flush=True)
    next(batches)
except KeyboardInterrupt:
    print("interrupted", flush=True)
else:
    print("got the batch", flush=True)
del batches
print(workers())
"""


def test_ctrl_c_ends_a_wait(large: Path) -> None:
    """A batch of 400 large pictures on one worker would come much later."""
    with start(BLOCKED, large) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=GENEROUS)
    assert errors == ""
    assert process.returncode == 0
    assert printed == "interrupted\n0\n"


def test_ctrl_c_in_a_loop_ends_the_program(large: Path) -> None:
    program = """
    print("started", flush=True)
    for batch in Loader(folder, batch_size=400, size=16, workers=1):
        print("got a batch")
    """
    with start(program, large) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=GENEROUS)
    assert process.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n")
    assert printed == ""


def test_a_wait_goes_on_after_a_signal_that_is_handled(photos: Path) -> None:
    run(
        """
        seen = []
        signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        loader = Loader(folder, batch_size=60, size=224, workers=1, exact=True)
        expected = Loader(folder, batch_size=60, size=224, exact=True)
        for _ in range(3):
            batch, = loader
            other, = expected
            assert np.array_equal(batch.images, other.images)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert seen
        """,
        photos,
    )


def test_an_interrupted_iterator_can_go_on(large: Path) -> None:
    """What was waited for comes with the next call; nothing is lost."""
    run(
        """
        def interrupt(*_):
            raise InterruptedError
        signal.signal(signal.SIGALRM, interrupt)
        options = dict(batch_size=10, size=16, workers=1, limit=20, shuffle=False, exact=True)
        batches = iter(Loader(folder, **options))
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            next(batches)
        except InterruptedError:
            pass
        else:
            raise AssertionError("the batch came too soon to be waited for")
        indices = [index for batch in batches for index in batch.indices.tolist()]
        assert indices == list(range(20)), indices
        """,
        large,
    )


# ------------------------------------------------------------------------------------------- forks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, as tested here

def child(work):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        import traceback
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)

def wait(pid):
    _, status = os.waitpid(pid, 0)
    assert status == 0, status
"""


def test_an_iterator_does_not_work_in_a_fork(photos: Path) -> None:
    run(
        FORK
        + textwrap.dedent("""
        loader = Loader(folder, batch_size=4, size=16, workers=2)
        batches = iter(loader)
        next(batches)
        parent = os.getpid()

        def use():
            try:
                next(batches)
            except ImagePipeError as error:
                assert str(parent) in str(error), error
                assert str(os.getpid()) in str(error), error
                assert "fork" in str(error), error
                assert "iter()" in str(error), error
            else:
                raise AssertionError("a batch without workers")

        wait(child(use))
        assert sum(len(batch.images) for batch in batches) == 56
        """),
        photos,
    )


def test_a_loader_works_in_a_fork(photos: Path) -> None:
    run(
        FORK
        + textwrap.dedent("""
        loader = Loader(folder, batch_size=4, size=16, workers=2, seed=3)
        list(loader)
        batches = iter(loader)
        next(batches)

        def use():
            again = Loader(folder, batch_size=4, size=16, seed=3)
            again.set_epoch(2)
            mine = [batch.images.tobytes() for batch in loader]
            assert mine == [batch.images.tobytes() for batch in again]
            assert workers() == 0, workers()
            assert loader.stats()["read"]["items"] > 0
            assert len(loader.fingerprint) == 16

        for pid in [child(use) for _ in range(3)]:
            wait(pid)
        assert sum(len(batch.images) for batch in batches) == 56
        assert len(list(loader)) == 15
        """),
        photos,
    )


def test_forks_at_any_moment_end_cleanly(photos: Path) -> None:
    """Children drop what they inherited, use the loader anew, look at it; none hangs."""
    run(
        FORK
        + textwrap.dedent("""
        loader = Loader(folder, batch_size=3, size=16, workers=4, prefetch=4, repeat=True)
        batches = iter(loader)

        def use():
            global batches, batch
            loader.stats(), loader.errors, loader.state_dict(), len(loader)
            batch = batches = None
            gc.collect()
            assert len(next(iter(loader)).images) == 3
            loader.close()

        for batch in islice(batches, 40):
            wait(child(use))
        """),
        photos,
    )


def test_a_fork_that_exits_as_usual_does_not_hang(photos: Path) -> None:
    run(
        FORK
        + textwrap.dedent("""
        loader = Loader(folder, batch_size=3, size=16, workers=4, repeat=True)
        batches = iter(loader)
        batch = next(batches)
        pid = os.fork()
        if pid == 0:
            sys.exit(0)  # tears the interpreter down, with everything that was inherited
        wait(pid)
        next(batches)
        """),
        photos,
    )


def test_batches_can_be_read_in_a_fork(photos: Path) -> None:
    run(
        FORK
        + textwrap.dedent("""
        loader = Loader(folder, batch_size=3, size=16, workers=2)
        batches = iter(loader)
        batch = next(batches)
        before = batch.images.tobytes()

        def use():
            global batch
            assert batch.images.tobytes() == before
            assert len(batch.paths) == 3
            batch = None

        wait(child(use))
        assert batch.images.tobytes() == before
        """),
        photos,
    )


def test_multiprocessing_workers_may_have_loaders_of_their_own(photos: Path) -> None:
    run(
        """
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        context = multiprocessing.get_context("fork")
        loader = Loader(folder, batch_size=10, size=16)
        next(iter(loader))

        def work(rank, queue):
            loader = Loader(folder, batch_size=5, size=16, shard=(rank, 2))
            queue.put((rank, [batch.indices.tolist() for batch in loader]))

        queue = context.Queue()
        processes = [context.Process(target=work, args=(rank, queue)) for rank in range(2)]
        for process in processes:
            process.start()
        parts = dict(queue.get(timeout=60) for _ in processes)
        for process in processes:
            process.join()
        alone = [batch.indices.tolist() for batch in Loader(folder, batch_size=10, size=16)]
        assert [a + b for a, b in zip(parts[0], parts[1])] == alone
        """,
        photos,
    )
