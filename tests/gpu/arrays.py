"""What the steps do with batches, in each framework that can be imported.

``clone`` is asynchronous where the framework is: it is queued behind ``delay``, and may run long
after the batch was dropped on the host.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from step import Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from step import Step

    Bytes = npt.NDArray[np.uint8]

BALLAST = 256 << 20
# What a delay takes on the device.
DELAY_S = 0.01
# The same in cycles of a GPU, about.
SLEEP_CYCLES = 20_000_000


class Framework(ABC):
    """A consumer of batches, on one thread at a time."""

    output: str
    # The types of elements it has.
    dtypes: tuple[str, ...]

    @abstractmethod
    def __init__(self, step: Step) -> None:
        """Set up; raises ``ImportError`` or ``Skip`` where it cannot be used."""

    @abstractmethod
    def host(self, array: Any) -> Bytes:
        """Return the bytes of an array."""

    @abstractmethod
    def delay(self) -> None:
        """Keep the device busy for a while, in what the framework runs next."""

    @abstractmethod
    def clone(self, array: Any) -> Any:
        """Return a copy on the device."""

    @abstractmethod
    def side(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which work runs on another stream, joined at its end."""


ALL = ("uint8", "float32", "float16", "bfloat16")


class Torch(Framework):
    """PyTorch."""

    output = "torch"
    dtypes = ALL

    def __init__(self, step: Step) -> None:
        import torch  # noqa: PLC0415  only if it is there

        if not step.rehearsal and not torch.cuda.is_available():
            raise Skip("this PyTorch cannot use the GPU")
        self.torch = torch
        self.stream = None if step.rehearsal else torch.cuda.Stream()

    def host(self, array: Any) -> Bytes:
        """Return the bytes of an array."""
        flat = array.contiguous().cpu().reshape(-1).view(self.torch.uint8)
        found: Bytes = flat.numpy()
        return found

    def delay(self) -> None:
        """Keep the current stream busy."""
        if self.stream is None:
            time.sleep(0.002)
        else:
            self.torch.cuda._sleep(SLEEP_CYCLES)  # noqa: SLF001  nothing public sleeps on a GPU

    def clone(self, array: Any) -> Any:
        """Return a copy on the device."""
        return array.clone()

    @contextlib.contextmanager
    def side(self) -> Iterator[None]:
        """Work on another stream."""
        if self.stream is None:
            yield
            return
        current = self.torch.cuda.current_stream()
        self.stream.wait_stream(current)
        with self.torch.cuda.stream(self.stream):
            yield
        current.wait_stream(self.stream)


class CuPy(Framework):
    """CuPy, which has no bfloat16."""

    output = "cupy"
    dtypes = ALL[:3]

    def __init__(self, step: Step) -> None:
        if step.rehearsal:
            raise Skip("needs a GPU; this is a rehearsal on the CPU")
        import cupy  # noqa: PLC0415  only if it is there

        self.cupy = cupy
        self.stream = cupy.cuda.Stream(non_blocking=True)
        self.ballast = cupy.ones(BALLAST // 4, cupy.float32)

    def host(self, array: Any) -> Bytes:
        """Return the bytes of an array."""
        return flat(self.cupy.asnumpy(array))

    def delay(self) -> None:
        """Keep the current stream busy."""
        for _ in range(50):
            self.cupy.sin(self.ballast, out=self.ballast)

    def clone(self, array: Any) -> Any:
        """Return a copy on the device."""
        return array.copy()

    @contextlib.contextmanager
    def side(self) -> Iterator[None]:
        """Work on another stream."""
        current = self.cupy.cuda.get_current_stream()
        self.stream.wait_event(current.record())
        with self.stream:
            yield
        current.wait_event(self.stream.record())


class Jax(Framework):
    """JAX, whose streams cannot be chosen."""

    output = "jax"
    dtypes = ALL

    def __init__(self, step: Step) -> None:
        import jax  # noqa: PLC0415  only if it is there

        if not step.rehearsal and jax.default_backend() != "gpu":
            raise Skip(f"this JAX cannot use the GPU: its backend is {jax.default_backend()!r}")
        self.rounds = 0
        self.weights = jax.numpy.full((64, 64) if step.rehearsal else (2048, 2048), 1e-4)
        self.slow_clone = jax.jit(self._slow_clone)

    def _slow_clone(self, array: Any, weights: Any, rounds: int) -> Any:
        """Copy behind a chain of products, on whose result the copy seems to depend."""
        import jax  # noqa: PLC0415  only if it is there

        last = jax.lax.fori_loop(0, rounds, lambda _, value: value @ weights, weights)
        return jax.numpy.where(last[0, 0] > 1, jax.numpy.zeros_like(array), array)

    def host(self, array: Any) -> Bytes:
        """Return the bytes of an array."""
        return flat(np.asarray(array))

    def delay(self) -> None:
        """Make the next copy a slow one."""
        self.rounds = 50

    def clone(self, array: Any) -> Any:
        """Return a copy on the device."""
        return self.slow_clone(array, self.weights, self.rounds)

    def side(self) -> contextlib.AbstractContextManager[None]:
        """Return a context that changes nothing."""
        return contextlib.nullcontext()


class Raw(Framework):
    """No framework: addresses from the CUDA array interface and from DLPack, and the driver."""

    output = "dlpack"
    dtypes = ALL

    def __init__(self, step: Step) -> None:
        self.context = step.context()
        self.streams = [self.context.stream() for _ in range(2)]
        self.ballast = self.context.allocate(BALLAST)
        self.stream = self.streams[0]
        self.delay_bytes, self.delay_copies = self._delay()

    def _delay(self) -> tuple[int, int]:
        """Return how many bytes to copy, and how often, for a delay."""
        half = BALLAST // 2
        taken = 0.0
        with self.context.current():
            for _ in range(2):  # the first copy may take longer
                begun = time.perf_counter()
                self.context.within(self.ballast, self.ballast + half, half, self.stream)
                self.context.synchronize(self.stream)
                taken = time.perf_counter() - begun
        if taken > DELAY_S:
            return int(half * DELAY_S / taken), 1
        return half, round(DELAY_S / taken)

    def host(self, array: Any) -> Bytes:
        """Return the bytes of a tensor of a batch, or of a copy."""
        address, size = array if isinstance(array, tuple) else place(array)
        found = np.empty(size, np.uint8)
        with self.context.current():
            # A copy may be under way on either stream.
            for stream in self.streams:
                self.context.synchronize(stream)
            self.context.to_host(found.ctypes.data, address, size, self.stream)
            self.context.synchronize(self.stream)
            if isinstance(array, tuple):
                self.context.free(address)
        return found

    def delay(self) -> None:
        """Keep the current stream busy."""
        half = BALLAST // 2
        with self.context.current():
            for _ in range(self.delay_copies):
                source = self.ballast + half
                self.context.within(self.ballast, source, self.delay_bytes, self.stream)

    def clone(self, array: Any) -> tuple[int, int]:
        """Return the address and size of a copy on the device, which ``host`` frees."""
        address, size = place(array)
        with self.context.current():
            copy = self.context.allocate(size)
            self.context.within(copy, address, size, self.stream)
        return copy, size

    @contextlib.contextmanager
    def side(self) -> Iterator[None]:
        """Work on another stream, without joining it: the Loader must wait for all of them."""
        self.stream = self.streams[1]
        try:
            yield
        finally:
            self.stream = self.streams[0]


class Managed(ctypes.Structure):
    """The beginning of DLPack's ``DLManagedTensor``."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


def place(tensor: Any) -> tuple[int, int]:
    """Return the device address and the size in bytes of a tensor, once its bytes are there."""
    capsule = tensor.__dlpack__()
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    managed = Managed.from_address(pointer(capsule, b"dltensor"))
    size = managed.bits // 8
    for number in range(managed.ndim):
        size *= managed.shape[number]
    address = managed.data + managed.byte_offset
    interface = getattr(tensor, "__cuda_array_interface__", None)
    if interface is not None and interface["data"][0] != address:
        raise AssertionError("DLPack and the CUDA array interface give different addresses")
    return address, size


def flat(array: npt.NDArray[Any]) -> Bytes:
    """Return the bytes of a NumPy array."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def frameworks(step: Step) -> list[Framework]:
    """Return what can be used here, and record what cannot, and why."""
    kinds: tuple[type[Framework], ...] = (Torch, CuPy, Jax, Raw)
    found: list[Framework] = []
    for kind in kinds:
        try:
            found.append(kind(step))
        except (ImportError, Skip) as error:
            step.skip(kind.output, str(error))
        except Exception as error:  # noqa: BLE001  a broken framework costs only itself
            step.check(kind.output, passed=False, detail=f"{type(error).__name__}: {error}")
        else:
            step.fact(kind.output, version(kind.output))
    return found


def version(output: str) -> str:
    """Return the version of a framework."""
    if output == "dlpack":
        return "read through the driver"
    return str(importlib.import_module(output).__version__)
