"""Arithmetic written as text."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import ported

__all__ = [
    "Expression",
]

Expression = ported(native.Expression)
