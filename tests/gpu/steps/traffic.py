"""Look at the Loader's own copies and kernels on the GPU, with PyTorch's profiler.

It has the device's clock for every copy and kernel of the process, whoever queued it. Copies of the
same size through the driver, and copies within the device, are profiled the same way.
"""

from __future__ import annotations

import ctypes
import json
from statistics import median
from typing import TYPE_CHECKING, Any

from loaders import TRAINING, open_loader
from step import Skip, Step, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from driver import Context

WARM_UP, BATCHES, COPIES = 6, 24, 24
IMAGE_BYTES = TRAINING["batch_size"] * 224 * 224 * 3
# Bytes read and written by the conversion to bfloat16, of each byte of a batch.
CONVERTED = 1 + 2


def profiled(step: Step, torch: Any, work: Callable[[], None]) -> list[dict[str, Any]]:
    """Return the events of the device while something runs."""
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        work()
        torch.cuda.synchronize()
    path = step.work / "trace.json"
    profile.export_chrome_trace(str(path))
    events = json.loads(path.read_text())["traceEvents"]
    # Categories have other names in other versions; these names are those of the device's work.
    wanted = ("Memcpy ", "convert_")
    return [one for one in events if one.get("dur") and str(one.get("name")).startswith(wanted)]


def rates(events: list[dict[str, Any]], kind: str, size: int) -> list[float]:
    """Return the bytes per second of the copies of one kind and size."""
    return [
        size / (event["dur"] / 1e6)
        for event in events
        if kind in event["name"] and int(event.get("args", {}).get("bytes", 0)) == size
    ]


def raw(context: Context) -> Callable[[], None]:
    """Return a function that copies a batch's bytes to the device, and within it, repeatedly."""
    pinned = context.pinned(IMAGE_BYTES)
    ctypes.memset(pinned, 1, IMAGE_BYTES)
    # Eight places, together larger than the L2 cache.
    first, second = (context.allocate(8 * IMAGE_BYTES) for _ in range(2))
    stream = context.stream()

    def copy() -> None:
        for number in range(COPIES):
            place = number % 8 * IMAGE_BYTES
            context.to_device(first + place, pinned, IMAGE_BYTES, stream)
            context.synchronize(stream)
        for number in range(COPIES):
            place = number % 8 * IMAGE_BYTES
            context.within(second + place, first + place, IMAGE_BYTES, stream)
        context.synchronize(stream)

    return copy


def traffic(step: Step) -> None:
    """Compare the Loader's copies and kernels with the driver's copies."""
    context = step.context()
    try:
        import torch  # noqa: PLC0415  only if it is there
    except ImportError as error:
        raise Skip(f"needs PyTorch's profiler: {error}") from error
    if not torch.cuda.is_available():
        raise Skip("this PyTorch cannot use the GPU")
    options = {**TRAINING, "repeat": True}
    with open_loader(step.images(), step.device, "torch", options) as loader:
        batches = iter(loader)

        def take(count: int) -> None:
            for _ in range(count):
                next(batches)

        take(WARM_UP)
        loaded = profiled(step, torch, lambda: take(BATCHES))
    bare = profiled(step, torch, raw(context))
    report(step, loaded, bare)


def report(step: Step, loaded: list[dict[str, Any]], bare: list[dict[str, Any]]) -> None:
    """Record the rates, and what they are relative to the driver's."""
    uploads, ceiling = (rates(events, "HtoD", IMAGE_BYTES) for events in (loaded, bare))
    if uploads and ceiling:
        step.figure("H2D of the Loader's batches", median(uploads) / 1e9, "GB/s")
        step.figure("H2D by the driver", median(ceiling) / 1e9, "GB/s")
        step.figure("batches of T3", median(uploads) / median(ceiling), goal="upload")
    else:
        step.skip("copies to the device", f"the profiler saw {len(uploads)} and {len(ceiling)}")
    within = rates(bare, "DtoD", IMAGE_BYTES)
    kernels = [event for event in loaded if event["name"].startswith("convert_16_nhwc")]
    if within and kernels:
        moved = [CONVERTED * IMAGE_BYTES / (event["dur"] / 1e6) for event in kernels]
        step.figure("D2D by the driver, read and written", 2 * median(within) / 1e9, "GB/s")
        step.figure("the Loader's kernel", median(moved) / 1e9, "GB/s")
        relative = median(moved) / (2 * median(within))
        step.figure("the Loader's kernel", relative, goal="conversion")
    else:
        step.skip("kernels", f"the profiler saw {len(kernels)}, and {len(within)} D2D copies")


if __name__ == "__main__":
    run(traffic)
