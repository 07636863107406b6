"""What programs look up in PixelPipes' native module."""

from __future__ import annotations

from imagepipe_rs.graph.pixelpipes import list_operations as operations

__all__ = ["operations"]
