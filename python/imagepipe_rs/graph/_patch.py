"""Views of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._motion import Size, clipped, kind_of
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import ResourceNode, one_resource
from imagepipe_rs.graph._token import Token, Wildcard

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

_AXES_OF_IMAGES = (2, 3)


class ResourceView(Macro):
    """A resource whose images, boxes and points are seen through a view.

    Images are resampled, those of a field named ``mask`` or ``..._mask`` without mixing their
    values; points are moved; boxes, which are fields named ``boxes`` or ``box`` and those whose
    names end so, become the bounds of what is seen of them; other fields stay what they are.

    Args:
        resource: the resource.
        view: the view, whose origin becomes the middle of the images.
        width: the width that images get, in pixels.
        height: the height that they get.

    Raises:
        GraphError: it is not known of a field that is used whether it is an image.
    """

    def __init__(
        self,
        resource: Node,
        view: Operand,
        width: Operand,
        height: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Take the resource and the view."""
        super().__init__(resource=resource, view=view, width=width, height=height, name=name)

    def expand(self, resource: Node, view: Node, width: Node, height: Node) -> Operand:
        """Return a resource whose fields are made of those of another one."""
        middle = Operation("TranslateView", width / 2.0, height / 2.0)
        moved = Operation("Chain", middle, view)
        return _Viewed(self, one_resource(self, resource), moved, width, height)

    def seen(self, image: Node, *given: Operand) -> Node:
        """Return an image seen through a view: the view, size, interpolation and border."""
        return Operation("ViewImage", image, *given)


class _Viewed(ResourceNode):
    """A resource seen through a view."""

    def __init__(
        self, owner: ResourceView, source: ResourceNode, view: Node, width: Node, height: Node
    ) -> None:
        super().__init__()
        self._owner, self._source = owner, source
        self._view, self._width, self._height = view, width, height

    def fields(self) -> tuple[str, ...]:
        return self._source.fields()

    def make(self, field: str) -> Operand:
        node = self._source.field(field)
        if kind_of(field) == "boxes":
            size = Size(self._width, self._height)
            return clipped(Operation("ViewBoxes", node, self._view), size)
        if is_points(node):
            return Operation("ViewPoints", node, self._view)
        if not is_image(node):
            return node
        is_mask = field == "mask" or field.endswith("_mask")
        how = ("Nearest", "ConstantLow") if is_mask else ("Linear", "Replicate")
        return self._owner.seen(node, self._view, self._width, self._height, *how)


class ResourceCenter(Macro):
    """A view of what a field of a resource shows.

    Args:
        resource: the resource.
        field: the field: an image, of which what is not 0 counts, points, or a rectangle.
        scale: the area that it gets.

    Raises:
        GraphError: there is no such field, or it is something else.
    """

    def __init__(
        self,
        resource: Node,
        field: str = "region",
        scale: Operand = 1.0,
        *,
        name: str | None = None,
    ) -> None:
        """Take the resource and the name of the field."""
        self._field = field
        super().__init__(resource=resource, scale=scale, name=name)

    def expand(self, resource: Node, scale: Node) -> Operand:
        """Return the product of two views."""
        bounds = self._bounds(one_resource(self, resource).field(self._field))
        return Operation(
            "Chain", Operation("FocusView", bounds, scale), Operation("CenterView", bounds)
        )

    def _bounds(self, node: Node) -> Node:
        if is_points(node):
            return Operation("PointsBounds", node)
        if is_image(node):
            return self.mask_bounds(node)
        if axes(node) == (4,):
            return node
        wanted = "not an image, points or a rectangle"
        raise self.fault(f"field {self._field!r} is {node.type}, {wanted}")

    def mask_bounds(self, image: Node) -> Node:
        """Return the rectangle around what is not 0 in an image."""
        return Operation("MaskBoundingBox", image)


def axes(node: Node) -> tuple[int | None, ...] | None:
    """Return how many elements there are along each axis of an array; None of other values.

    Raises:
        GraphError: nothing is known of the value.
    """
    found = node.type
    if not isinstance(found, Token) or isinstance(found, Wildcard):
        raise node.fault(f"its value is {found}: it is not known whether it is an image")
    return found.axes


def is_points(node: Node) -> bool:
    """Return whether a value is an array of points."""
    found = axes(node)
    return found is not None and len(found) == 2 and found[1] == 2  # noqa: PLR2004


def is_image(node: Node) -> bool:
    """Return whether a value is an array that may be an image, and not one of points."""
    found = axes(node)
    return found is not None and len(found) in _AXES_OF_IMAGES and not is_points(node)
