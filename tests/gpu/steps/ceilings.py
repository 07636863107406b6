"""Measure what the device and its bus can do, through the driver alone.

Copies are timed on the host, around as many of them as take long enough that a call does not count.
"""

from __future__ import annotations

import os
import time

# Before the driver is loaded: PTX is then compiled, not taken from an earlier run's cache.
os.environ["CUDA_CACHE_DISABLE"] = "1"

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import driver
import numpy as np
from driver import BLOCK, Context, DriverError, Pages
from step import Step, run

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = 1 << 30
SAMPLES, SIDE, CHANNELS = 256, 224, 3
PIXELS = SIDE * SIDE
BATCH = SAMPLES * PIXELS * CHANNELS
# Batches in turn, together larger than the L2 cache of any device.
IN_TURN = 8
REPEATS = 7
LONGEST_S = 1.0
# So many that waiting for the last does not count.
LAUNCHES = 64
# Resident blocks of a multiprocessor: 2,048 threads.
BLOCKS_EACH = 8


class Table32(ctypes.Structure):
    """The element of each byte of each channel, in 32 bits."""

    _fields_ = (("values", ctypes.c_uint32 * 256 * 3),)


class Table16(ctypes.Structure):
    """The element of each byte of each channel, in 16 bits."""

    _fields_ = (("values", ctypes.c_uint16 * 256 * 3),)


@dataclass(frozen=True)
class Kernel:
    """A kernel of ``convert.ptx``: the bytes of its elements, its layout, and its table."""

    name: str
    size: int
    planar: bool
    table: type[Any] | None


KERNELS = (
    Kernel("convert_32_nhwc", 4, planar=False, table=Table32),
    Kernel("convert_32_nchw", 4, planar=True, table=Table32),
    Kernel("convert_16_nhwc", 2, planar=False, table=Table16),
    Kernel("convert_16_nchw", 2, planar=True, table=Table16),
    Kernel("transpose_8_nchw", 1, planar=True, table=None),
)


def seconds_of(work: Callable[[], None]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Bench:
    """The device, a stream, and how work on it is timed."""

    def __init__(self, step: Step, context: Context) -> None:
        self.step = step
        self.context = context
        self.stream = context.stream()
        # Enough to exceed L2, and little enough for a small card.
        self.size = min(GIB, context.memory()[0] // 4 // BATCH * BATCH)

    def seconds(self, work: Callable[[int], None], count: int = 1) -> float:
        """Return the median of the seconds for one of ``count`` pieces of work on the stream."""

        def all_of_it() -> None:
            for number in range(count):
                work(number)
            self.context.synchronize(self.stream)

        warm_up = seconds_of(all_of_it)
        repeats = max(1, min(REPEATS, int(LONGEST_S / warm_up)))
        return median(seconds_of(all_of_it) for _ in range(repeats)) / count


def start(step: Step) -> Context:
    """Time the start of the driver."""
    began = time.perf_counter()
    context = step.context()
    step.figure("cuInit and primary context", 1000 * (time.perf_counter() - began), "ms")
    return context


def pinning(step: Step, context: Context) -> None:
    """Time touching and registering 1 GiB, with and without huge pages, and allocating it."""
    threads = min(8, len(os.sched_getaffinity(0)))
    for huge in (True, False):
        kind = "on huge pages" if huge else "on small pages"
        pages = Pages(GIB, huge=huge)
        touched = seconds_of(lambda pages=pages: touch(pages, threads))  # type: ignore[misc]
        step.figure(f"touching 1 GiB {kind}, {threads} threads", 1000 * touched, "ms")
        try:
            registered = seconds_of(lambda: context.register(pages.address, GIB))  # noqa: B023
            step.figure(
                f"registering 1 GiB {kind}",
                1000 * registered,
                "ms",
                goal="register" if huge else None,
            )
            freed = seconds_of(lambda: context.unregister(pages.address))  # noqa: B023
            step.figure(f"unregistering 1 GiB {kind}", 1000 * freed, "ms")
        except DriverError as error:
            step.skip(f"registering 1 GiB {kind}", str(error))
    allocated = []
    step.figure(
        "cuMemHostAlloc of 1 GiB",
        1000 * seconds_of(lambda: allocated.append(context.pinned(GIB))),
        "ms",
    )
    context.free_pinned(allocated[0])


def touch(pages: Pages, threads: int) -> None:
    """Write to all pages, a part on each thread."""
    part = pages.size // threads

    def fill(number: int) -> None:
        ctypes.memset(pages.address + number * part, 1, part)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(threads)))


def copies(bench: Bench) -> tuple[float, float]:
    """Measure copies; return bytes per second to the device, and moved within it."""
    step, context, stream = bench.step, bench.context, bench.stream
    target = context.allocate(bench.size)
    pinned = context.pinned(IN_TURN * BATCH)
    ctypes.memset(pinned, 1, IN_TURN * BATCH)

    def upload(number: int) -> None:
        place = number % IN_TURN * BATCH
        context.to_device(target, pinned + place, BATCH, stream)

    rate = BATCH / bench.seconds(upload, IN_TURN)
    step.figure(f"H2D of {BATCH / 1e6:.1f} MB from cuMemHostAlloc", rate / 1e9, "GB/s")
    pages = Pages(IN_TURN * BATCH, huge=True)
    touch(pages, 4)
    context.register(pages.address, pages.size)
    registered = bench.seconds(
        lambda number: context.to_device(
            target, pages.address + number % IN_TURN * BATCH, BATCH, stream
        ),
        IN_TURN,
    )
    step.figure("the same from registered huge pages", BATCH / registered / 1e9, "GB/s")
    context.unregister(pages.address)
    pageable = bench.seconds(lambda _: context.to_device(target, pages.address, BATCH, stream))
    step.figure("the same from pageable memory", BATCH / pageable / 1e9, "GB/s")
    other = context.allocate(bench.size)
    seconds = bench.seconds(lambda _: context.within(other, target, bench.size, stream), 4)
    moved = 2 * bench.size / seconds
    step.figure(f"D2D of {bench.size / 2**20:.0f} MiB, read and written", moved / 1e9, "GB/s")
    for address in (target, other):
        context.free(address)
    context.free_pinned(pinned)
    return rate, moved


class Conversion:
    """A kernel with its buffers: batches in turn, in host memory and on the device."""

    def __init__(self, bench: Bench, kernel: Kernel, function: ctypes.c_void_p) -> None:
        self.bench, self.kernel, self.function = bench, kernel, function
        context = bench.context
        self.pinned = context.pinned(IN_TURN * BATCH)
        self.source = context.allocate(IN_TURN * BATCH)
        self.target = context.allocate(IN_TURN * BATCH * kernel.size)
        self.host = np.ctypeslib.as_array(
            (ctypes.c_uint8 * (IN_TURN * BATCH)).from_address(self.pinned)
        )
        self.host[:] = np.random.default_rng(1).integers(0, 256, self.host.size, np.uint8)
        context.to_device(self.source, self.pinned, IN_TURN * BATCH, bench.stream)
        self.values = self._values()
        blocks = BLOCKS_EACH * context.attribute(driver.MULTIPROCESSORS)
        self.grid = min(blocks, -(-BATCH // BLOCK))

    def _values(self) -> Any:
        """Return different elements for all bytes of all channels."""
        dtype = {4: np.uint32, 2: np.uint16, 1: np.uint8}[self.kernel.size]
        if self.kernel.table is None:
            return np.tile(np.arange(256, dtype=dtype), (3, 1))
        return (np.arange(768, dtype=np.uint64) * 2_654_435_761 >> 7).astype(dtype).reshape(3, 256)

    def launchers(self, source: int) -> list[Callable[[], None]]:
        """Return functions that convert each of the batches at an address."""
        return [self._launcher(source + n * BATCH, n * BATCH) for n in range(IN_TURN)]

    def _launcher(self, source: int, place: int) -> Callable[[], None]:
        parameters: list[Any] = [
            ctypes.c_uint64(source),
            ctypes.c_uint64(self.target + place * self.kernel.size),
            ctypes.c_ulonglong(SAMPLES),
            ctypes.c_ulonglong(PIXELS),
            ctypes.c_uint(CHANNELS),
        ]
        if self.kernel.table is not None:
            parameters.append(self.kernel.table.from_buffer_copy(self.values.tobytes()))
        context, stream = self.bench.context, self.bench.stream
        return context.launcher(self.function, self.grid, parameters, stream)

    def is_right(self) -> bool:
        """Say whether the last batch in turn was converted as the table says."""
        context, number = self.bench.context, IN_TURN - 1
        self.launchers(self.source)[number]()
        found = np.empty(BATCH, self.values.dtype)
        place = self.target + number * found.nbytes
        context.to_host(found.ctypes.data, place, found.nbytes, self.bench.stream)
        context.synchronize(self.bench.stream)
        pixels = self.host[number * BATCH :].reshape(SAMPLES, PIXELS, CHANNELS)
        wanted = np.stack([self.values[c][pixels[..., c]] for c in range(CHANNELS)], -1)
        if self.kernel.planar:
            wanted = wanted.transpose(0, 2, 1)
        return bool(np.array_equal(found.reshape(wanted.shape), wanted))

    def close(self) -> None:
        """Free the buffers."""
        context = self.bench.context
        context.synchronize(self.bench.stream)
        del self.host
        context.free(self.source)
        context.free(self.target)
        context.free_pinned(self.pinned)


def kernels(bench: Bench, upload: float, moved: float) -> None:
    """Load the PTX, then check and measure each kernel, and compare ways to read host memory."""
    step, context = bench.step, bench.context
    if step.ptx is None:
        step.skip("kernels", "there is no convert.ptx: give --ptx")
        return
    ptx = step.ptx.read_bytes()
    began = time.perf_counter()
    module = context.load(ptx)
    step.figure("cold load of the PTX", 1000 * (time.perf_counter() - began), "ms")
    for kernel in KERNELS:
        conversion = Conversion(bench, kernel, context.function(module, kernel.name))
        step.check(f"{kernel.name} follows its table", conversion.is_right())
        launchers = conversion.launchers(conversion.source)
        seconds = bench.seconds(lambda n: launchers[n % IN_TURN](), LAUNCHES)  # noqa: B023
        rate = BATCH * (1 + kernel.size) / seconds
        step.figure(f"{kernel.name}, read and written", rate / 1e9, "GB/s")
        step.figure(f"{kernel.name} alone", rate / moved, goal="conversion")
        if kernel.name == "convert_16_nhwc":
            mapped(bench, conversion, upload)
        conversion.close()


def mapped(bench: Bench, conversion: Conversion, upload: float) -> None:
    """Compare a copy and a kernel with a kernel that reads host memory itself."""
    context, step = bench.context, bench.step
    reading = conversion.launchers(context.mapped(conversion.pinned))
    seconds = bench.seconds(lambda number: reading[number](), IN_TURN)
    step.figure("a kernel that reads mapped memory", BATCH / seconds / 1e9, "GB/s")
    step.figure("the same, relative to a copy", BATCH / seconds / upload)

    launchers = conversion.launchers(conversion.source)

    def both(number: int) -> None:
        place = number % IN_TURN * BATCH
        context.to_device(conversion.source + place, conversion.pinned + place, BATCH, bench.stream)
        launchers[number]()

    seconds = bench.seconds(both, IN_TURN)
    step.figure("a copy, then a kernel, on one stream", BATCH / seconds / 1e9, "GB/s")


def ceilings(step: Step) -> None:
    """Measure everything."""
    context = start(step)
    bench = Bench(step, context)
    upload, moved = copies(bench)
    pinning(step, context)
    kernels(bench, upload, moved)


if __name__ == "__main__":
    run(ceilings)
