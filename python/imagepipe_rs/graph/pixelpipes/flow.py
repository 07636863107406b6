"""Which of several values."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import operation, ported

__all__ = [
    "Conditional",
    "Switch",
    "Toggle",
]

Conditional = operation("Conditional")
Toggle = ported(native.Toggle)
Switch = ported(native.Switch)
