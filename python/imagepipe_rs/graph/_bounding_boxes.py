"""Boxes that are worth keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._motion import kind_of
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import ResourceNode, one_resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagepipe_rs.graph._node import Operand

_KEPT = "kept"
_LABELS = "labels"


class SanitizeBoundingBoxes(Macro):
    """A resource without the boxes that are too small, such as those that have left the image.

    What moves an image clips its boxes to it, so that nothing is left of a box that is outside:
    this drops it, and its label with it, as torchvision's transform of this name does. How many
    boxes there are then differs from sample to sample, which takes ``ragged=True`` in batches.

    The result also has a field `kept`: a truth value for each box of the source, for
    :class:`Filter`.

    Args:
        source: a resource with a field `boxes` of shape (N, 4), or another name that ends so: left,
            top, right, bottom, in pixels.
        min_size: the least width and height of a box, in pixels.
        min_area: the least area, in square pixels.
        labels: fields that have an element for each box, which are filtered in step; the field
            `labels`, if there is one, if not given.

    Raises:
        GraphError: a resource without boxes or with several fields of them, or without a field of
            `labels`.
    """

    def __init__(
        self,
        source: Node,
        min_size: Operand = 1.0,
        min_area: Operand = 1.0,
        labels: str | Sequence[str] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the resource and the limits."""
        self._labels = [labels] if isinstance(labels, str) else labels
        super().__init__(source=source, min_size=min_size, min_area=min_area, name=name)

    def expand(self, source: Node, min_size: Node, min_area: Node) -> Operand:
        """Return a resource of the same fields and `kept`."""
        resource = one_resource(self, source)
        known = resource.fields()
        boxes = [field for field in known if kind_of(field) == "boxes"]
        if len(boxes) != 1:
            found = ", ".join(known)
            raise self.fault(f"{len(boxes)} fields are boxes, not one: there is {found}")
        labels = [one for one in known if one == _LABELS] if self._labels is None else self._labels
        for field in labels:
            if field not in known:
                raise self.fault(f"there is no field {field!r} of labels, only {', '.join(known)}")
        left, top, right, bottom = _sides(resource.field(boxes[0]))
        width, height = right - left, bottom - top
        kept = (width >= min_size) & (height >= min_size) & (width * height >= min_area)
        return _Kept(resource, kept, {*boxes, *labels})


def _sides(boxes: Node) -> tuple[Node, ...]:
    """Return the left, top, right and bottom of boxes, each of shape (N,)."""
    sides = Operation("Transpose", boxes, [1, 0])
    return tuple(sides[side] for side in range(4))


class _Kept(ResourceNode):
    """A resource with those elements of some fields that are kept."""

    def __init__(self, source: ResourceNode, kept: Node, filtered: set[str]) -> None:
        super().__init__()
        self._source, self._kept, self._filtered = source, kept, filtered

    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._source.fields(), _KEPT)))

    def make(self, field: str) -> Operand:
        if field == _KEPT:
            return self._kept
        node = self._source.field(field)
        return Operation("Filter", node, self._kept) if field in self._filtered else node
