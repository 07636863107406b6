"""The CUDA driver through ctypes: enough to measure a device without any framework."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MULTIPROCESSORS = 16
L2_BYTES = 38
CAPABILITY = (75, 76)
NON_BLOCKING = 1
PORTABLE, MAPPED = 1, 2
NO_TIMING = 2
HUGE_PAGE = 2 << 20
BLOCK = 256


class DriverError(Exception):
    """There is no driver or device, or a call failed; the message is one line."""


class Driver:
    """The library, with calls that raise ``DriverError`` unless they succeed."""

    def __init__(self) -> None:
        try:
            self.library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise DriverError(f"the CUDA driver cannot be loaded ({error})") from error
        self.call("cuInit", c_uint(0))

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function of the driver."""
        try:
            function = getattr(self.library, name)
        except AttributeError as error:
            raise DriverError(f"this driver has no {name}") from error
        if result := function(*arguments):
            raise DriverError(f"{name}: {self.error(result)}")

    def error(self, result: int) -> str:
        """Return the name of an error, and its number."""
        name = c_char_p()
        self.library.cuGetErrorName(result, byref(name))
        return f"{(name.value or b'unknown error').decode()} ({result})"

    def count(self) -> int:
        """Return the number of devices."""
        count = c_int()
        self.call("cuDeviceGetCount", byref(count))
        return count.value

    def version(self) -> str:
        """Return the newest version of CUDA that the driver supports."""
        version = c_int()
        self.call("cuDriverGetVersion", byref(version))
        return f"{version.value // 1000}.{version.value % 1000 // 10}"


class Context:
    """The primary context of a device, current on the thread that made it."""

    def __init__(self, driver: Driver, ordinal: int = 0) -> None:
        self.driver = driver
        self.call = driver.call
        if not 0 <= ordinal < driver.count():
            raise DriverError(f"there is no device {ordinal}: {driver.count()} are visible")
        self.device = c_int()
        self.call("cuDeviceGet", byref(self.device), c_int(ordinal))
        self.handle = c_void_p()
        self.call("cuDevicePrimaryCtxRetain", byref(self.handle), self.device)
        self.call("cuCtxPushCurrent_v2", self.handle)

    def close(self) -> None:
        """Take the context off this thread; other users of the primary context keep it alive."""
        self.call("cuCtxPopCurrent_v2", byref(c_void_p()))

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """Make the context current on another thread."""
        self.call("cuCtxPushCurrent_v2", self.handle)
        try:
            yield
        finally:
            self.call("cuCtxPopCurrent_v2", byref(c_void_p()))

    def name(self) -> str:
        """Return the name of the device."""
        name = ctypes.create_string_buffer(256)
        self.call("cuDeviceGetName", name, c_int(len(name)), self.device)
        return name.value.decode(errors="replace")

    def bus_id(self) -> str:
        """Return the PCI address, as in sysfs."""
        text = ctypes.create_string_buffer(64)
        self.call("cuDeviceGetPCIBusId", text, c_int(len(text)), self.device)
        return text.value.decode().lower()

    def attribute(self, number: int) -> int:
        """Return an attribute of the device."""
        value = c_int()
        self.call("cuDeviceGetAttribute", byref(value), c_int(number), self.device)
        return value.value

    def memory(self) -> tuple[int, int]:
        """Return the free and the total bytes of the device."""
        free, total = c_size_t(), c_size_t()
        self.call("cuMemGetInfo_v2", byref(free), byref(total))
        return free.value, total.value

    def allocate(self, size: int) -> int:
        """Return the address of new device memory."""
        address = c_uint64()
        self.call("cuMemAlloc_v2", byref(address), c_size_t(size))
        return address.value

    def free(self, address: int) -> None:
        """Free device memory."""
        self.call("cuMemFree_v2", c_uint64(address))

    def pinned(self, size: int) -> int:
        """Return the address of new pinned host memory."""
        address = c_void_p()
        self.call("cuMemHostAlloc", byref(address), c_size_t(size), c_uint(PORTABLE | MAPPED))
        return address.value or 0

    def free_pinned(self, address: int) -> None:
        """Free pinned host memory."""
        self.call("cuMemFreeHost", c_void_p(address))

    def register(self, address: int, size: int) -> None:
        """Pin host memory."""
        flags = c_uint(PORTABLE | MAPPED)
        self.call("cuMemHostRegister_v2", c_void_p(address), c_size_t(size), flags)

    def unregister(self, address: int) -> None:
        """Unpin host memory."""
        self.call("cuMemHostUnregister", c_void_p(address))

    def mapped(self, address: int) -> int:
        """Return the address by which kernels read pinned host memory."""
        pointer = c_uint64()
        self.call("cuMemHostGetDevicePointer_v2", byref(pointer), c_void_p(address), c_uint(0))
        return pointer.value

    def stream(self) -> c_void_p:
        """Return a new non-blocking stream."""
        stream = c_void_p()
        self.call("cuStreamCreateWithPriority", byref(stream), c_uint(NON_BLOCKING), c_int(0))
        return stream

    def synchronize(self, stream: c_void_p) -> None:
        """Wait for a stream."""
        self.call("cuStreamSynchronize", stream)

    def to_device(self, target: int, source: int, size: int, stream: c_void_p) -> None:
        """Copy from host memory, asynchronously."""
        copied = c_uint64(target), c_void_p(source), c_size_t(size)
        self.call("cuMemcpyHtoDAsync_v2", *copied, stream)

    def to_host(self, target: int, source: int, size: int, stream: c_void_p) -> None:
        """Copy to host memory, asynchronously."""
        copied = c_void_p(target), c_uint64(source), c_size_t(size)
        self.call("cuMemcpyDtoHAsync_v2", *copied, stream)

    def within(self, target: int, source: int, size: int, stream: c_void_p) -> None:
        """Copy within device memory, asynchronously."""
        copied = c_uint64(target), c_uint64(source), c_size_t(size)
        self.call("cuMemcpyDtoDAsync_v2", *copied, stream)

    def load(self, ptx: bytes) -> c_void_p:
        """Compile PTX for the device."""
        module = c_void_p()
        image = ctypes.create_string_buffer(ptx)
        self.call("cuModuleLoadDataEx", byref(module), image, c_uint(0), None, None)
        return module

    def function(self, module: c_void_p, name: str) -> c_void_p:
        """Return a kernel of a module."""
        function = c_void_p()
        self.call("cuModuleGetFunction", byref(function), module, name.encode())
        return function

    def launcher(
        self, function: c_void_p, grid: int, parameters: Sequence[Any], stream: c_void_p
    ) -> Callable[[], None]:
        """Return a function that launches a kernel with ctypes values as its parameters.

        All is prepared, since a launch must take less time than the kernel.
        """
        kept = tuple(parameters)
        pointers = (c_void_p * len(kept))(*map(ctypes.addressof, kept))
        shape = [c_uint(number) for number in (grid, 1, 1, BLOCK, 1, 1)]
        arguments = (function, *shape, c_uint(0), stream, pointers, None)

        def launch(_: tuple[Any, ...] = kept) -> None:
            self.call("cuLaunchKernel", *arguments)

        return launch


class Pages:
    """Anonymous host memory that starts on a huge page, with or without huge pages."""

    def __init__(self, size: int, *, huge: bool) -> None:
        self.memory = mmap.mmap(-1, size + HUGE_PAGE)
        with contextlib.suppress(OSError):  # a kernel without huge pages
            self.memory.madvise(mmap.MADV_HUGEPAGE if huge else mmap.MADV_NOHUGEPAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.address = -(-start // HUGE_PAGE) * HUGE_PAGE
        self.size = size
