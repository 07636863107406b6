"""Graph streams: a sample described in Python as a graph, run in Rust."""

from __future__ import annotations

from imagepipe_rs.graph._node import Constant, Graph, Node, Operand, Operation, Output, Saturate
from imagepipe_rs.graph._node import outputs
from imagepipe_rs.graph._nodes import *  # noqa: F403
from imagepipe_rs.graph._nodes import __all__ as _operations
from imagepipe_rs.graph._stream import Stream, pipeline

__all__ = [
    "Constant",
    "Graph",
    "Node",
    "Operand",
    "Operation",
    "Output",
    "Saturate",
    "Stream",
    "outputs",
    "pipeline",
]
__all__ += _operations
