"""Run 20 epochs: the memory of the process and of the device must not grow."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import growth
from loaders import TRAINING, open_loader
from step import Step, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driver import Context
    from imagepipe_rs import Loader

EPOCHS = 20
LIMITS = (2048, 1024, 512, 256)
MIB = 1 << 20
# What allocators may keep; a batch has 77 MB.
HOST_MIB, DEVICE_MIB = 16, 2


def epochs(step: Step) -> None:
    """Run the epochs, and look at both memories after each."""
    context = None if step.rehearsal else step.context()
    output = choose_output(step)
    limit = choose_limit(step, output)
    step.fact("images of an epoch", limit)
    host, device = [], []
    with loader_of(step, output, limit) as loader:
        for number in range(EPOCHS):
            if step.left() < 0.5:
                step.skip(f"{EPOCHS - number} of {EPOCHS} epochs", "no time left")
                break
            consume(loader, abandon=number % 4 == 3)
            host.append(resident() / MIB)
            device.append(used(context) / MIB)
    step.fact("resident MiB after each epoch", numbers(host))
    step.fact("MiB of the device in use after each epoch", numbers(device))
    judge(step, "resident memory is flat", host, HOST_MIB)
    if context is not None:
        judge(step, "memory of the device is flat", device, DEVICE_MIB)


def choose_output(step: Step) -> str:
    """Return PyTorch if it is there: then its tensors are made and dropped, too."""
    try:
        import torch  # noqa: PLC0415  only if it is there
    except ImportError:
        return "numpy" if step.rehearsal else "dlpack"
    return "torch" if step.rehearsal or torch.cuda.is_available() else "dlpack"


def choose_limit(step: Step, output: str) -> int:
    """Return how many images an epoch may have to leave time for all of them."""
    with loader_of(step, output, LIMITS[-1]) as loader:
        consume(loader, abandon=False)
        started = time.perf_counter()
        consume(loader, abandon=False)
        each = (time.perf_counter() - started) / LIMITS[-1]
    within = [limit for limit in LIMITS if EPOCHS * each * limit < 0.7 * step.left()]
    return within[0] if within else LIMITS[-1]


def loader_of(step: Step, output: str, limit: int) -> Loader:
    """Return the Loader that is watched; its last batch is short."""
    options: dict[str, Any] = {**TRAINING, "batch_size": 100, "last_batch": "keep"}
    if output == "numpy":
        options["dtype"] = "float32"
    return open_loader(step.images(), step.device, output, {**options, "limit": limit})


def consume(loader: Loader, *, abandon: bool) -> None:
    """Take all batches of an epoch; or leave in the middle, as a loop with ``break`` does."""
    batches: Iterator[Any] = iter(loader)
    count = len(loader) // 2 if abandon else len(loader)
    for _ in range(count):
        next(batches)


def resident() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def used(context: Context | None) -> int:
    """Return the bytes of the device in use, by whomever."""
    if context is None:
        return 0
    free, total = context.memory()
    return total - free


def judge(step: Step, name: str, values: list[float], most: float) -> None:
    """Check that a series does not grow by more than some MiB."""
    if len(values) < EPOCHS // 2:
        step.skip(name, f"only {len(values)} epochs were run")
        return
    grew = growth(values)
    step.check(name, grew <= most, f"it grew by {grew:.1f} MiB, {most} are allowed")


def numbers(values: list[float]) -> str:
    """Return a series as text."""
    return " ".join(f"{value:.0f}" for value in values)


if __name__ == "__main__":
    run(epochs)
