"""A (fake) GPU that does not finish: signals, `close` and the end of a program are not held up.

``FAKE_CUDA_HANG`` names what does not end: what the Loader copies and converts, or what the program
itself does on the GPU. Whoever waits for that in the driver waits forever, and to free memory is to
wait, too.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
from fake_cuda import LIBRARY, driver_without, ended, needs_fake_cuda, start

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = needs_fake_cuda

HANGS = {
    "a copy": "cuMemcpyHtoDAsync_v2:5",
    "a kernel": "cuLaunchKernel:4",
    "the program": "cuMemcpyDtoDAsync_v2:2",
}

# Takes batches on a stream, and works on another one, until no batch has come for a while.
WORKS = """
from ctypes import c_size_t, c_uint64, c_void_p

loader = Loader(
    folder, batch_size=4, size=16, dtype="float32", device="cuda", repeat=True, workers=3
)
batches = iter(loader)

with context():
    mine, other, own = stream(), stream(), memory(64)

def work():
    with context():
        enqueue_copy(own, own + 32, 32, other)

def go_on(use, most=25):
    '''Take batches until there are none for a while, or there have been enough.'''
    done = threading.Event()
    def consume():
        held = []
        try:
            for batch in islice(loader, most):
                held.append((use(batch), batch))
                work()
                if len(held) == 12:
                    held.clear()  # more than the Loader keeps
        except imagepipe_rs.ImagePipeError:
            pass  # the Loader was closed
        finally:
            done.set()
    thread = threading.Thread(target=consume, daemon=True)
    thread.start()
    done.wait(0.5)
"""

USES = {
    "its stream is known": "lambda batch: take(batch.images.on_lasting_streams(), stream=mine)",
    "its stream is unknown": "lambda batch: take(batch.images, stream=mine)",
    "it waits": "lambda batch: take(batch.images)",
}


@pytest.fixture(params=["new", "old"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a driver, or one for a CUDA version before 12.5."""
    return LIBRARY if request.param == "new" else driver_without("cuCtxRecordEvent", tmp_path)


def begin(program: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start a program, and wait until it says that it works."""
    process = start(program, *arguments, setup=WORKS, **options)  # type: ignore[arg-type]
    assert process.stdout is not None
    assert process.stdout.readline() == "works\n", process.communicate()
    time.sleep(0.1)  # it likely waits by now; if not, it still has to end
    return process


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
@pytest.mark.parametrize(
    "waits",
    [
        "take(batch.images, stream=1)",
        "take(batch.images)",
        "batch.images.to_cpu()",
        "batch.images.__cuda_array_interface__",
        "np.from_dlpack(batch.images, device='cpu')",
        "take(batch.images, stream=other, dl_device=(1, 0))",
    ],
)
def test_ctrl_c_ends_a_program_that_waits(photos: Path, hang: str, waits: str) -> None:
    program = f"""
    print("works", flush=True)
    for batch in batches:
        work()
        {waits}
    """
    process = begin(program, photos, FAKE_CUDA_HANG=hang)
    process.send_signal(signal.SIGINT)
    status, _, errors = ended(process)
    assert status in (-signal.SIGINT, 130), errors
    assert errors.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
def test_sigterm_kills_a_program_that_waits(photos: Path, library: Path, hang: str) -> None:
    program = """
    print("works", flush=True)
    for batch in batches:
        work()
        take(batch.images)
    """
    process = begin(program, photos, library=library, FAKE_CUDA_HANG=hang)
    process.terminate()
    assert ended(process) == (-signal.SIGTERM, "", "")


@pytest.mark.parametrize("hang", HANGS.values(), ids=HANGS)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("end", ["pass", "batches.close(); loader.close()"])
def test_a_program_ends(photos: Path, library: Path, hang: str, use: str, end: str) -> None:
    program = f"""
    go_on({use})
    {end}
    print("ended", flush=True)
    """
    process = start(program, photos, setup=WORKS, library=library, FAKE_CUDA_HANG=hang)
    assert ended(process) == (0, "ended\n", "")
