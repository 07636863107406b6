"""Views of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes._port import ported
from imagepipe_rs.graph.pixelpipes.image.geometry import MaskBoundingBox, ViewImage

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node

__all__ = ["ResourceCenter", "ResourceView"]


class _Center(native.ResourceCenter):
    def mask_bounds(self, image: Node) -> Node:
        made: Any = MaskBoundingBox
        return self.as_input(made(image))


class _View(native.ResourceView):
    def seen(self, image: Node, *given: Any) -> Node:
        made: Any = ViewImage
        return self.as_input(made(image, *given))


ResourceCenter = ported(_Center, "ResourceCenter")
ResourceView = ported(_View, "ResourceView")
