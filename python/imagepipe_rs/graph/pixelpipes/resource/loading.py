"""Images in folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource_type import ResourceField
from imagepipe_rs.graph.pixelpipes._port import ported
from imagepipe_rs.graph.pixelpipes.image.loading import DecodeImage

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ImageDirectory", "LoadImage"]


class LoadImage(ResourceField):
    """The image in the file of another field.

    Args:
        field: the field with the path of the file.
        decoder: what makes an image of the file's bytes.
    """

    def __init__(self, field: str, decoder: Callable[[Node], Node] | None = None) -> None:
        """Take the name of the field."""
        super().__init__()
        self._field = field
        self._decoder: Callable[[Node], Any] = decoder or DecodeImage

    def access(self, parent: Node) -> Node:
        """Return the image."""
        made: Node = self._decoder(Operation("ReadFile", parent[self._field]))
        return made


class _Directory(native.ImageDirectory):
    def decoded(self, depth: str, channels: str) -> ResourceField:
        return LoadImage("file", lambda data: DecodeImage(data, depth, channels))  # type: ignore[call-arg, arg-type]


ImageDirectory = ported(_Directory, "ImageDirectory")
