"""Measure images/s of the tasks of ``benches/peers``, decoded only and delivered to the GPU.

The rate is that of a running iterator, without its start. Delivered batches are waited for on the
host, as a consumer without a framework does, and dropped.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from loaders import TASKS, open_loader
from step import Skip, Step, run

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 256
THREADS = (1, 2, 4, 8, 16)
WARM_UP_S = 0.3


def throughput(step: Step) -> None:
    """Measure T3 for some numbers of threads, and T1 and T2 with all of them."""
    usable = len(os.sched_getaffinity(0))
    threads = [number for number in THREADS if number <= usable]
    for number in sorted(set(THREADS) - set(threads)):
        step.skip(f"T3 on {number} threads", f"{usable} cores are usable")
    jobs = [("T3", number) for number in threads]
    jobs += [("T1", threads[-1]), ("T2", threads[-1])]
    step.images()
    try:
        step.needs_device()
        devices = {"decoded": "cpu", "delivered": step.device}
    except Skip as reason:
        step.skip("delivery to the GPU", str(reason))
        devices = {"decoded": "cpu"}
    each = step.left() / (len(jobs) * len(devices))
    for task, number in jobs:
        rates = {}
        for kind, device in devices.items():
            name = f"{task} on {number} threads, {kind}"
            if step.left() < WARM_UP_S:
                step.skip(name, "no time left")
                continue
            rates[kind] = rate(step, task, number, device, 0.9 * each)
            step.figure(name, rates[kind], "images/s")
        if {"decoded", "delivered"} <= rates.keys():
            per_core = rates["delivered"] / number
            step.figure(f"{task} on {number} threads", per_core, "images/s", goal="delivered")
            step.figure(f"{task}, delivered by decoded", rates["delivered"] / rates["decoded"])


def rate(step: Step, task: str, threads: int, device: str, seconds: float) -> float:
    """Return images/s."""
    options: dict[str, Any] = {**TASKS[task], "batch_size": BATCH, "workers": threads, "seed": 1}
    # Short batches would make it look slow.
    options |= {"repeat": True, "last_batch": "drop"}
    output = "numpy" if device == "cpu" else "dlpack"
    began = time.perf_counter()
    with open_loader(step.images(), device, output, options) as loader:
        batches = iter(loader)
        on_device = device != "cpu"
        take(batches, began + min(WARM_UP_S, seconds / 3), wait=on_device)
        started = time.perf_counter()
        count = take(batches, began + seconds, wait=on_device)
        return count * BATCH / (time.perf_counter() - started)


def take(batches: Iterator[Any], until: float, *, wait: bool) -> int:
    """Take batches until a time, at least one; wait for the bytes of each if they may be late."""
    count = 0
    while True:
        batch = next(batches)
        if wait:
            batch.images.__dlpack__()
        del batch
        count += 1
        if time.perf_counter() >= until:
            return count


if __name__ == "__main__":
    run(throughput)
