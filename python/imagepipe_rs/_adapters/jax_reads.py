"""Batches that JAX may still read to make its copies.

JAX lets go of an array without waiting for the stream that reads it. So the memory is held here
until the copy is there, which JAX reports only when polled: a thread polls, because the program
may never come back for another batch, or may wait for one that needs this memory.
"""

from __future__ import annotations

import atexit
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagepipe_rs._native import DeviceTensor

# Seconds between polls.
_INTERVAL = 0.005

# What is read, and a result that is there only after it was.
_reads: list[tuple[DeviceTensor, Any]] = []
_changed = threading.Condition()
_state = {"watched": False, "ended": False}


def hold(tensor: DeviceTensor, after: Any) -> None:
    """Hold a batch's memory until ``after``, a JAX array, is ready."""
    with _changed:
        _let_go()
        _reads.append((tensor, after))
        _changed.notify()
        if not _state["watched"]:
            threading.Thread(target=_watch, name="imagepipe-jax", daemon=True).start()
            _state["watched"] = True


def _watch() -> None:
    while True:
        with _changed:
            _changed.wait_for(lambda: _reads)
            if _state["ended"]:
                return
            _let_go()
        time.sleep(_INTERVAL)


def _let_go() -> None:
    _reads[:] = [(tensor, after) for tensor, after in _reads if not _is_there(after)]


def _is_there(after: Any) -> bool:
    # A program may delete all of JAX's arrays, and JAX crashes if one of these is asked. It has
    # enqueued the copy by then, and the memory's next writer waits for all that is enqueued.
    return bool(after.is_deleted() or after.is_ready())


@atexit.register
def _end() -> None:
    """Ask nothing more: JAX's own end comes after this."""
    with _changed:
        _state["ended"] = True
