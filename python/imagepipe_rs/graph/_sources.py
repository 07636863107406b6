"""Where lists of resources come from."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from imagepipe_rs._names import counted, shown
from imagepipe_rs._notes import warn
from imagepipe_rs.graph._foreign import FileList
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Constant, Node, Operation
from imagepipe_rs.graph._resource_lists import SourceList
from imagepipe_rs.graph._resource_type import ResourceField

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

Loaded = Mapping[str, Any]
"""What ``load`` returns: for each field a list, an array, a FileList or a ResourceField."""


class ResourceListSource(Macro):
    """A list of resources of the user's own: subclass it and write ``load``.

    Example::

        class Digits(ResourceListSource):
            def load(self):
                return {"image": images, "label": labels}


        digit = RandomResource(Digits())
        outputs(digit["image"], digit["label"])

    Raises:
        GraphError: the fields are not lists of one length, or there is nothing in them.
    """

    def load(self) -> Loaded:
        """Return the fields by name, each a list, an array, a FileList or a ResourceField.

        Lists and arrays have an element for each resource.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load()")

    def loaded(self) -> Loaded:
        """Return what was loaded."""
        return self.load()

    def expand(self) -> Operand:
        """Return the list of what was loaded."""
        return self._listed(self._by_name(self.loaded()), None)

    def _by_name(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise self.fault(f"load() returns {shown(data)}, not a dict of fields")
        return dict(data)

    def _listed(self, data: dict[str, Any], segments: list[int] | None) -> Node:
        virtual = {key: one for key, one in data.items() if isinstance(one, ResourceField)}
        columns = {key: one for key, one in data.items() if key not in virtual}
        lengths = {key: self._length(key, one) for key, one in columns.items()}
        if not lengths:
            raise self.fault("it has no fields that are lists")
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            raise self.fault(f"its fields are not of one length: {found}")
        size = next(iter(lengths.values()))
        if size == 0:
            raise self.fault("there are no resources in it")
        if segments is not None and sum(segments) != size:
            raise self.fault(f"its segments have {sum(segments)} resources, and it has {size}")
        made = {key: self._column(key, one) for key, one in columns.items()}
        return SourceList(made, virtual, size, segments)

    def _length(self, key: str, column: Any) -> int:
        if isinstance(column, np.ndarray) and column.ndim == 0:
            raise self.fault(f"field {key!r} is one number, not a list")
        if isinstance(column, FileList | np.ndarray | Sequence) and not isinstance(column, str):
            return len(column)
        kind = type(column).__name__
        raise self.fault(f"field {key!r} is {kind}, not a list, array, FileList or ResourceField")

    def _column(self, key: str, column: Any) -> Callable[[], Node]:
        if isinstance(column, FileList):
            return lambda: column
        return lambda: self._constant(key, column)

    def _constant(self, key: str, column: Any) -> Node:
        try:
            return Constant(column)
        except TypeError as error:
            raise self.fault(f"field {key!r}: {error}") from error


class SegmentedResourceListSource(ResourceListSource):
    """The same in segments: ``load`` also returns ``_segments``, the length of each.

    Raises:
        GraphError: there are no segments, or their lengths do not add up to the list's.
    """

    def expand(self) -> Operand:
        """Return the list of what was loaded."""
        data = dict(self.loaded())
        segments = [int(length) for length in data.pop("_segments", ())]
        if not segments or min(segments) < 1:
            raise self.fault("load() must return _segments, the length of each, at least 1")
        return self._listed(data, segments)


EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp")
"""What names of images end with, in small or capital letters."""

UNREADABLE = (".tif", ".tiff")
"""What names of images end with that cannot be decoded."""


class DecodedImage(ResourceField):
    """The image in a file.

    Args:
        field: the field with the path of the file.
        depth: type of the elements.
        channels: RGB, RGBA or GRAY.
    """

    def __init__(self, field: str = "file", depth: str = "Char", channels: str = "RGB") -> None:
        """Take what the image becomes."""
        super().__init__()
        self._field, self._depth, self._channels = field, depth, channels

    def access(self, parent: Node) -> Operand:
        """Return the image."""
        data = Operation("ReadFile", parent[self._field])
        return Operation("DecodeImage", data, self._depth, self._channels, True)


class ImageDirectory(ResourceListSource):
    """The images of a folder, with the fields ``file`` and ``image``.

    The files are listed when the node is made: JPEG, PNG, BMP, GIF and WebP, by the ends of their
    names. TIFF files, which cannot be decoded, are left out.

    Args:
        path: the folder.
        recursive: whether images in folders below it are among them.
        sorted: whether they are in the natural order of their names, ``2.png`` before ``10.png``;
            else they are in the order that the file system lists them in.
        filter: a function of the absolute path of a file, which says whether to take it.
        depth: type of the elements: Char, Short, UnsignedShort or Float.
        channels: RGB, RGBA or GRAY.

    Raises:
        GraphError: there is no such folder, it cannot be read, or there are no images in it.

    Warns:
        DatasetWarning: TIFF files are left out.

    Example::

        image = RandomResource(ImageDirectory("photos/"))["image"]
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        recursive: bool = False,
        sorted: bool = True,
        filter: Callable[[str], object] | None = None,
        depth: str = "Char",
        channels: str = "RGB",
        *,
        name: str | None = None,
    ) -> None:
        """List the files."""
        self._path = os.path.abspath(os.fspath(path))  # noqa: PTH100  links are not followed
        self._recursive, self._sorted, self._filter = recursive, sorted, filter
        self._image = self.decoded(depth, channels)
        super().__init__(name=name)

    def decoded(self, depth: str, channels: str) -> ResourceField:
        """Return the field of the images."""
        return DecodedImage("file", depth, channels)

    def load(self) -> Loaded:
        """Return the files and their images."""
        try:
            files = self._found()
        except OSError as error:
            raise self.fault(f"{self._path}: {error.strerror or error}") from error
        if self._sorted:
            files.sort(key=natural)
        if self._filter:
            files = [one for one in files if self._filter(one)]
        unreadable = [one for one in files if one.lower().endswith(UNREADABLE)]
        left_out = f"{self._path}: {counted(len(unreadable), 'TIFF file')}, which cannot be decoded"
        files = [one for one in files if not one.lower().endswith(UNREADABLE)]
        if not files and unreadable:
            raise self.fault(left_out)
        if not files:
            raise self.fault(f"{self._path}: there are no images in this folder")
        if unreadable:
            warn([f"{left_out}, left out"])
        return {"file": FileList(files, must_exist=False), "image": self._image}

    def _found(self) -> list[str]:
        if not self._recursive:
            names = os.listdir(self._path)  # noqa: PTH208  text, not paths
            return [os.path.join(self._path, one) for one in names if _is_image(one)]  # noqa: PTH118
        os.listdir(self._path)  # noqa: PTH208  os.walk says nothing of a missing folder
        return [
            os.path.join(folder, one)  # noqa: PTH118
            for folder, _, names in os.walk(self._path)
            for one in names
            if _is_image(one)
        ]


def _is_image(name: str) -> bool:
    return name.lower().endswith(EXTENSIONS + UNREADABLE)


def natural(path: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts paths by their parts, and numbers in them by their values."""
    return [_rank(part) for part in re.split(r"([0-9]+|/)", path) if part]


def _rank(part: str) -> tuple[int, int, str]:
    if part == "/":
        return 0, 0, ""
    if part.isdecimal():
        return 1, int(part), part
    return 2, 0, part
