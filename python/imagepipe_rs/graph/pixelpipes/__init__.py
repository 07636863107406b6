"""PixelPipes' own interface, for programs that were written for it.

``import pixelpipes`` becomes ``import imagepipe_rs.graph.pixelpipes as pixelpipes``. Colour images
are (channels, height, width) here.
"""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes._enumerations import ContextFields, DataType

# Not here, because modules of this package hide what is built in: `list` is one of them.
from imagepipe_rs.graph.pixelpipes._pipeline import (
    Pipeline,
    PipelineOperation,
    list_operations,
    load_module,
    read_pipeline,
    write_pipeline,
)

__all__ = [
    "ContextFields",
    "DataType",
    "Pipeline",
    "PipelineOperation",
    "list_operations",
    "load_module",
    "read_pipeline",
    "write_pipeline",
]
