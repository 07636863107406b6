"""Who calls: some frameworks ask the same thing of a Loader in different situations, and nothing else tells which."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


def caller(*modules: str) -> Any:
    """Return the object of one of the modules whose method led here, if one did."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001
    while frame is not None:
        if frame.f_globals.get("__name__") in modules and "self" in frame.f_locals:
            return frame.f_locals["self"]
        frame = frame.f_back
    return None
