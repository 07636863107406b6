"""What Keras does with other frameworks' datasets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_BUILDS = {"_symbolic_build", "_maybe_symbolic_build"}


def builds() -> bool:
    """Say whether Keras is about to look at one batch, build a model, and start over.

    Its trainers for ``tf.distribute``, JAX and PyTorch do. All threads are searched, because
    ``tf.data`` asks for batches on a thread of its own.
    """
    # Nothing else tells what a pass is for. A variable would keep the frames, and itself, alive.
    return any(map(_is_building, sys._current_frames().values()))  # noqa: SLF001


def _is_building(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name in _BUILDS and _module(frame).startswith("keras."):
            return True
        frame = frame.f_back
    return False


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))
