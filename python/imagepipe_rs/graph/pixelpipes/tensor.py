"""Shapes and types of arrays."""

from __future__ import annotations

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import operation, ported

__all__ = [
    "Boolean",
    "Convert",
    "Float",
    "Integer",
    "Reshape",
    "Squeeze",
    "Stack",
    "Transpose",
    "Unsqueeze",
]

Stack = operation("Stack")
Reshape = operation("Reshape")
Transpose = operation("Transpose")
Squeeze = operation("Squeeze")
Unsqueeze = operation("Unsqueeze")
Convert = operation("Convert")
Float = ported(native.Float)
Integer = ported(native.Integer)
Boolean = ported(native.Boolean)
