"""Which device batches are delivered on, and what must be done before the process ends."""

from __future__ import annotations

import atexit
import re
import sys
import weakref
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imagepipe_rs import _native
from imagepipe_rs._adapters import adapter
from imagepipe_rs._environment import local_rank
from imagepipe_rs._errors import DeviceError
from imagepipe_rs._names import shown

if TYPE_CHECKING:
    from imagepipe_rs._adapters import Adapter

_ALLOWED = "'cpu', 'cuda', or 'cuda:N' with the number of a visible device"


class _Running(Protocol):
    def abandon(self) -> None: ...


class Delivery(NamedTuple):
    """Where batches are delivered, and as which arrays.

    Attributes:
        cuda: the number of the CUDA device; None for the CPU.
        device: the same in words: ``"cpu"``, or ``"cuda:N"`` with a number.
        adapter: what makes the framework's arrays.
    """

    cuda: int | None
    device: str
    adapter: Adapter


_running: weakref.WeakSet[_Running] = weakref.WeakSet()


def delivery(device: Any, output: str | None, dtype: str) -> Delivery:
    """Return where and how to deliver batches, and make ready for it.

    Args:
        device: the argument ``device``.
        output: the argument ``output``; None for the device's usual arrays.
        dtype: type of the images' elements.

    Raises:
        DeviceError: as :func:`cuda_device`; or the framework cannot use the device.
        ImportError: the framework is not installed.
        TypeError, ValueError: not a device, not a known output, or one that does not go with the
            device or the type.
    """
    cuda = cuda_device(device)
    name = "cpu" if cuda is None else f"cuda:{cuda}"
    made = Delivery(cuda, name, adapter(_output_on(cuda, output), dtype, name))
    if cuda is not None:
        _forbid_calls_at_exit()
    return made


def cuda_device(device: Any) -> int | None:
    """Return the number of the CUDA device, or None for the CPU.

    ``"cuda"`` is PyTorch's current device if it has initialised CUDA; else, the process's place on
    its machine as launchers give it (``LOCAL_RANK``); else, the first device. PyTorch's devices are
    taken, too; its ``"cpu:0"`` is the CPU.

    Raises:
        DeviceError: ``LOCAL_RANK`` is beyond the visible devices; no driver, or no device.
        TypeError, ValueError: not a device.
    """
    text = str(device)  # PyTorch has objects for devices
    if not isinstance(device, str) and type(device).__name__ != "device":
        message = f"device={shown(device)} is not valid: {_ALLOWED}"
        raise TypeError(message)
    if text in {"cpu", "cpu:0"}:
        return None
    if text == "cuda":
        return _current()
    match = re.fullmatch(r"cuda:([0-9]{1,4})", text)
    if match is None:
        message = f"device={shown(text)} is not valid: {_ALLOWED}"
        raise ValueError(message)
    return int(match[1])


def _output_on(cuda: int | None, output: str | None) -> str:
    """Return the type of arrays that was asked for, or the device's usual one.

    Raises:
        ValueError: NumPy's arrays on a GPU.
    """
    if output is None:
        return "numpy" if cuda is None else "dlpack"
    if isinstance(output, str) and output == "numpy" and cuda is not None:
        allowed = "only with device='cpu': use 'torch', 'jax', 'cupy', 'tensorflow' or 'dlpack'"
        message = f"output='numpy' is not valid: {allowed}"
        raise ValueError(message)
    return output


def _current() -> int:
    cuda: Any = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        return int(cuda.current_device())
    rank, count = local_rank(), len(_native.cuda_devices()["devices"])
    if count == 1:  # the launcher shows each process a device of its own
        return 0
    if rank >= count:
        message = (
            f"device='cuda': LOCAL_RANK={rank}, but {count} devices are visible: start as many "
            "processes as there are devices, or use 'cuda:N'"
        )
        raise DeviceError(message)
    return rank


def stop_at_exit(iterator: _Running) -> None:
    """Have an iterator over batches stopped, with its workers, before the interpreter ends."""
    _register_stop()
    _running.add(iterator)


@cache
def _register_stop() -> None:
    atexit.register(_stop)


def _stop() -> None:
    for iterator in list(_running):
        iterator.abandon()


@cache
def _forbid_calls_at_exit() -> None:
    """Have no call made to the driver when the process ends: the driver goes away with it."""
    atexit.register(_close)


def _close() -> None:
    _stop()
    _native.close_cuda()
