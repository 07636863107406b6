"""Lists of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph._resource_type import ResourceList
from imagepipe_rs.graph.pixelpipes._port import ported
from imagepipe_rs.graph.pixelpipes.graph import Ports

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FileList",
    "GetLastResource",
    "GetResource",
    "GetResourceListLength",
    "ListInterval",
    "PermuteResourceSegments",
    "PermuteResources",
    "RandomResource",
    "RandomResourceSegment",
    "RepeatResource",
    "ResourceList",
    "ResourceListSource",
    "ResourceSegment",
    "SegmentCount",
    "SegmentedResourceListSource",
]

GetLastResource = ported(native.GetLastResource)
GetResource = ported(native.GetResource)
GetResourceListLength = ported(native.GetResourceListLength)
ListInterval = ported(native.ListInterval)
PermuteResources = ported(native.PermuteResources)
PermuteResourceSegments = ported(native.PermuteResourceSegments)
RandomResource = ported(native.RandomResource)
RandomResourceSegment = ported(native.RandomResourceSegment)
RepeatResource = ported(native.RepeatResource)
ResourceSegment = ported(native.ResourceSegment)
SegmentCount = ported(native.SegmentCount)


class FileList(list[str]):
    """Paths of files, as ``load`` returns them."""


def _with_files(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was loaded with lists of files as nodes."""
    return {
        key: native.FileList(one, must_exist=False) if isinstance(one, FileList) else one
        for key, one in data.items()
    }


class ResourceListSource(Ports, native.ResourceListSource):
    """A list of resources of the user's own: subclass it and write ``load``."""

    def loaded(self) -> Mapping[str, Any]:
        """Return the fields by name."""
        return _with_files(self.load())


class SegmentedResourceListSource(Ports, native.SegmentedResourceListSource):
    """The same in segments: ``load`` also returns ``_segments``, the length of each."""

    def loaded(self) -> Mapping[str, Any]:
        """Return the fields by name."""
        return _with_files(self.load())
