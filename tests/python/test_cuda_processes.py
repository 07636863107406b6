"""Forks, signals and the end of a process, with batches on a (fake) GPU: nothing hangs.

The driver may be gone as soon as the process begins to end, and is of no use in a fork; the fake
ends a process that calls it there.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
from fake_cuda import ended, needs_fake_cuda, run, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

# A program in the middle of its work: threads make batches, one is held, one is handed over.
WORKS = """
loader = Loader(
    folder, batch_size=4, size=16, dtype="float32", device="cuda", repeat=True, workers=3
)
batches = iter(loader)
for batch in islice(batches, 20):
    pass
held = [batch, next(batches)]
taken = take(batch.images, stream=1)
"""


# ------------------------------------------------------------------------------------------- forks


def test_a_fork_is_told_and_its_parent_goes_on(photos: Path) -> None:
    run(
        """
        def in_fork():
            said = "CUDA was initialized in process"
            for do in (
                lambda: Loader(folder, device="cuda"),
                lambda: Loader(folder, device="cuda:0"),
                lambda: iter(loader),
                lambda: next(iter(loader)),
                lambda: held[0].images.to_cpu(),
                lambda: held[0].images.__dlpack__(),
                lambda: held[0].images.__dlpack__(stream=1),
                lambda: held[0].images.__cuda_array_interface__,
                lambda: imagepipe_rs._native.cuda_devices(),
            ):
                error = message_of(DeviceError, do)
                assert said in error and "start processes by spawn" in error, error
            message_of(imagepipe_rs.ImagePipeError, lambda: next(batches))
            assert next(iter(Loader(folder))).images.any()
            # What was inherited may be let go of.
            held.clear()
            taken.release()
            gc.collect()

        child = os.fork()
        if not child:
            status = 1
            try:
                in_fork()
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        for batch in islice(batches, 20):
            assert host(batch.images).any()
        """,
        photos,
        setup=WORKS,
    )


@pytest.mark.parametrize(
    "leave", ["sys.exit(0)", "os._exit(0)", "del loader, batches, held, taken"]
)
def test_forks_end_while_their_parent_calls_the_driver(photos: Path, leave: str) -> None:
    """Some are made in the middle of a call of another thread."""
    run(
        f"""
        children = []
        for _ in range(30):
            next(batches)
            if not (child := os.fork()):
                {leave}
                sys.exit(0)
            children.append(child)
            time.sleep(0.001)
        end = time.monotonic() + 60
        for child in children:
            while os.waitpid(child, os.WNOHANG) == (0, 0):
                if time.monotonic() > end:
                    os.kill(child, 9)
                    os.waitpid(child, 0)
                    raise SystemExit("a fork hangs")
                time.sleep(0.001)
        for batch in islice(batches, 20):
            assert host(batch.images).any()
        """,
        photos,
        setup=WORKS,
    )


def test_a_fork_made_in_time_has_a_gpu_of_its_own(photos: Path) -> None:
    run(
        """
        loader = Loader(folder)  # nothing of it is on a GPU
        for _ in range(2):
            if not (child := os.fork()):
                assert host(next(iter(Loader(folder, device="cuda"))).images).any()
                sys.exit(0)
            assert os.waitpid(child, 0)[1] == 0
        assert host(next(iter(Loader(folder, device="cuda"))).images).any()
        """,
        photos,
    )


# -------------------------------------------------------------------------------- ends of all kinds


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit(3)", 3),
        ("os._exit(4)", 4),
        ("raise SystemExit(5)", 5),
        ("del batches, loader", 0),
        ("sys.modules['kept'] = (batches, loader, held, taken)", 0),
        ("loop = [held, taken, batches]; loop.append(loop); del held, taken, batches", 0),
        ("import builtins; builtins.kept = (held, taken, batches)", 0),
        ("threading.Thread(target=lambda: time.sleep(0.1) or held.clear()).start()", 0),
        ("threading.Thread(target=lambda: list(batches), daemon=True).start()", 0),
        (
            "threading.Thread(target=lambda: list(loader), daemon=True).start(); next(batches)",
            0,
        ),
        ("import atexit; atexit.register(lambda: taken.release())", 0),
        ("import atexit; atexit.register(held.clear)", 0),
    ],
)
@pytest.mark.parametrize("schedule", ["lazy", "random"])
def test_a_program_ends(photos: Path, end: str, status: int, schedule: str) -> None:
    program = start(end, photos, setup=WORKS, FAKE_CUDA_SCHEDULE=schedule)
    assert ended(program) == (status, "", "")


def test_an_error_ends_a_program(photos: Path) -> None:
    status, _, errors = ended(start("1 / 0", photos, setup=WORKS))
    assert status == 1
    assert errors.rstrip().endswith("ZeroDivisionError: division by zero")


def test_hooks_at_exit_are_told_that_it_is_too_late(photos: Path) -> None:
    """Those that were registered before the Loader's are run after it."""
    run(
        """
        import atexit

        def late():
            for do in (
                lambda: Loader(folder, device="cuda"),
                lambda: held[0].images.to_cpu(),
                lambda: held[0].images.__dlpack__(stream=1),
                lambda: next(iter(held[1])),
            ):
                error = message_of(DeviceError, do)
                assert error == "the process is ending: CUDA can no longer be used", error
            held.clear()

        held = []
        atexit.register(late)
        loader = Loader(folder, batch_size=4, device="cuda", repeat=True)
        held += [next(iter(loader)), loader]
        """,
        photos,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize(
    "goes_on",
    [
        "for batch in batches: pass",
        "for batch in batches: time.sleep(0.01)",
        "time.sleep(1000)",
        "kept = [next(batches) for _ in range(10)]; threading.Event().wait()",
    ],
)
def test_a_signal_ends_a_program(photos: Path, number: signal.Signals, goes_on: str) -> None:
    process = start(f"print('works', flush=True)\n{goes_on}", photos, setup=WORKS)
    assert process.stdout is not None
    assert process.stdout.readline() == "works\n"
    time.sleep(0.05)
    process.send_signal(number)
    status, _, errors = ended(process)
    assert status in (-number, 130 if number == signal.SIGINT else -number)
    assert "fake_cuda" not in errors
    if number == signal.SIGINT:
        assert errors.rstrip().endswith("KeyboardInterrupt")
    else:
        assert errors == ""


def test_a_handler_may_stop_the_loop(photos: Path) -> None:
    process = start(
        """
        import signal
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        print("works", flush=True)
        for batch in batches:
            pass
        """,
        photos,
        setup=WORKS,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "works\n"
    process.terminate()
    status, _, errors = ended(process)
    assert (status, errors) == (7, "")
