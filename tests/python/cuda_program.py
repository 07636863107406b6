"""What programs on the fake CUDA driver share: the driver, consumers of batches, comparisons.

Such a program is a process of its own, since a driver is loaded once. It finds the fake through
``LD_LIBRARY_PATH``; see ``fake_cuda.py``.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import traceback
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from typing import TYPE_CHECKING, Any

import numpy as np
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUDA, CPU = 2, 1


# --------------------------------------------------------------------------------------- the driver


def driver() -> ctypes.CDLL:
    """Return the driver, which loads it; that starts nothing."""
    return ctypes.CDLL("libcuda.so.1")


def call(name: str, *arguments: Any) -> None:
    status = driver()[name](*arguments)
    assert status == 0, f"{name} returned {status}"


def report() -> dict[str, Any]:
    """Return the fake driver's counts, and the rules that were broken."""
    ask = driver()["fakeCudaReport"]
    ask.restype = c_size_t
    length = ask(None, c_size_t(0))
    text = ctypes.create_string_buffer(length + 1000)
    ask(text, c_size_t(len(text)))
    found: dict[str, Any] = json.loads(text.value)
    return found


def count(function: str) -> int:
    """Return how often a function of the driver has been called."""
    return int(report()["counts"].get(function, 0))


@contextlib.contextmanager
def context(ordinal: int = 0) -> Iterator[None]:
    """Make a device's primary context current on this thread, as frameworks do."""
    handle = c_void_p()
    call("cuInit", 0)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(handle), c_int(ordinal))
    call("cuCtxPushCurrent_v2", handle)
    try:
        yield
    finally:
        call("cuCtxPopCurrent_v2", ctypes.byref(handle))


def stream() -> int:
    """Return a new stream, as PyTorch's: it does not wait for the legacy default stream."""
    handle = c_void_p()
    call("cuStreamCreate", ctypes.byref(handle), c_uint(1))
    return handle.value or 0


def memory(size: int) -> int:
    """Return the address of new memory on the device."""
    address = c_uint64()
    call("cuMemAlloc_v2", ctypes.byref(address), c_size_t(size))
    return address.value


def read(address: int, size: int) -> bytes:
    """Return bytes of the device, after everything that is ordered before this call."""
    data = np.empty(size, np.uint8)
    call("cuMemcpyDtoH_v2", c_void_p(data.ctypes.data), c_uint64(address), c_size_t(size))
    return data.tobytes()


def enqueue_copy(target: int, source: int, size: int, on: int) -> None:
    """Have a stream copy from one place of the device to another, some time."""
    call("cuMemcpyDtoDAsync_v2", c_uint64(target), c_uint64(source), c_size_t(size), c_void_p(on))


# ------------------------------------------------------------------------------------------- DLPack


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", c_void_p),
        ("device_type", c_int),
        ("device_id", c_int),
        ("ndim", c_int),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", c_uint64),
    )


class _Plain(ctypes.Structure):
    _fields_ = (("tensor", _Tensor), ("context", c_void_p), ("deleter", c_void_p))


class _Versioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", c_void_p),
        ("deleter", c_void_p),
        ("flags", c_uint64),
        ("tensor", _Tensor),
    )


_IS_COPIED = 2
_python = ctypes.pythonapi
_python.PyCapsule_GetPointer.restype = c_void_p
_python.PyCapsule_GetPointer.argtypes = (ctypes.py_object, c_char_p)
_python.PyCapsule_SetName.argtypes = (ctypes.py_object, c_char_p)
_python.PyCapsule_IsValid.argtypes = (ctypes.py_object, c_char_p)


class Taken:
    """A tensor that was taken out of a capsule, which is freed as a framework frees it."""

    def __init__(self, capsule: Any) -> None:
        self.versioned = bool(_python.PyCapsule_IsValid(capsule, b"dltensor_versioned"))
        name = b"dltensor_versioned" if self.versioned else b"dltensor"
        kind = _Versioned if self.versioned else _Plain
        self._address = _python.PyCapsule_GetPointer(capsule, name)
        managed = kind.from_address(self._address)
        self._deleter = managed.deleter
        _python.PyCapsule_SetName(capsule, b"used_" + name)
        tensor = managed.tensor
        self.version = (managed.major, managed.minor) if self.versioned else None
        self.flags = managed.flags if self.versioned else None
        self.address = tensor.data + tensor.byte_offset
        self.device = (tensor.device_type, tensor.device_id)
        self.type = (tensor.code, tensor.bits, tensor.lanes)
        self.shape = tuple(tensor.shape[axis] for axis in range(tensor.ndim))
        self.strides = tuple(tensor.strides[axis] for axis in range(tensor.ndim))
        self.size = math.prod(self.shape) * tensor.bits // 8

    def __del__(self) -> None:
        self.release()

    def release(self) -> None:
        """Call the deleter, without Python's lock, as frameworks do on threads of their own."""
        if self._deleter:
            deleter = ctypes.CFUNCTYPE(None, c_void_p)(self._deleter)
            self._deleter = None
            deleter(self._address)

    def bytes(self) -> bytes:
        """Return what is there, with the device's context current."""
        if self.device[0] == CPU:
            return ctypes.string_at(self.address, self.size)
        return read(self.address, self.size)


def take(tensor: Any, **arguments: Any) -> Taken:
    return Taken(tensor.__dlpack__(**arguments))


# ------------------------------------------------------------------------------------------ batches


def host(tensor: Any) -> np.ndarray:
    """Return a copy of an array on a GPU, or the array on the CPU as it is; bfloat16 as uint16."""
    array = np.asarray(tensor.to_cpu() if hasattr(tensor, "to_cpu") else tensor)
    return array.view(np.uint16) if array.dtype.name == "bfloat16" else array


def assert_same(one: Any, other: Any) -> None:
    """Compare two batches bit by bit, wherever they are."""
    for name in ("images", "labels"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None), name
        if a is not None:
            a, b = host(a), host(b)
            assert (a.shape, a.dtype) == (b.shape, b.dtype), name
            assert a.tobytes() == b.tobytes(), name
    for name in ("indices", "crops", "flips", "valid"):
        a, b = getattr(one, name), getattr(other, name)
        assert type(b) is np.ndarray, name
        assert np.array_equal(a, b), name
    assert one.paths == other.paths
    assert one.epoch == other.epoch


def assert_same_batches(path: Any, **arguments: Any) -> int:
    """Compare an epoch on the GPU with the same on the CPU; return the number of batches."""
    given = {"workers": 2, **arguments}
    on_cpu = Loader(path, **given, **({"output": "dlpack"} if "dtype" in given else {}))
    on_gpu = Loader(path, **given, device="cuda")
    batches = 0
    for one, other in zip(on_cpu, on_gpu, strict=True):
        assert other.images.__dlpack_device__() == (CUDA, 0)
        assert_same(one, other)
        batches += 1
    assert batches == len(on_gpu)
    return batches


def message_of(error: type[BaseException], do: Callable[[], object]) -> str:
    """Return what an expected error says, in one line."""
    try:
        do()
    except error as raised:
        text = str(raised)
        assert "\n" not in text, text
        return text
    expected = f"no {error.__name__}"
    raise AssertionError(expected)


def each(cases: dict[str, Callable[[], object]]) -> None:
    """Run every case, and name those that fail at the end."""
    failed = []
    for name, case in cases.items():
        try:
            case()
        except Exception:  # noqa: BLE001  it is reported
            failed.append(f"{name}:\n{traceback.format_exc()}")
    assert not failed, "\n\n" + "\n".join(failed)
