"""What moves an image, and with it masks, boxes and points that belong to it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, get_args

import numpy as np

from imagepipe_rs._errors import GraphError
from imagepipe_rs._names import shown
from imagepipe_rs.graph._graph import Place, current
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import MakeResource, ResourceNode, one_resource
from imagepipe_rs.graph._token import Token, Wildcard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._node import Operand

Kind = Literal["image", "mask", "boxes", "points", "value"]
"""What a field is: how it moves with the others."""

_KINDS: dict[str, Kind] = {
    "image": "image",
    "mask": "mask",
    "boxes": "boxes",
    "box": "boxes",
    "bboxes": "boxes",
    "bbox": "boxes",
    "points": "points",
    "point": "points",
    "keypoints": "points",
}
_PICTURES = {"image", "mask"}
_ANOTHER_SEED = 0x9E37_79B9_7F4A_7C15
_WORD = 2**64


def kind_of(field: str) -> Kind | None:
    """Return what a field is by its name, of which the last word counts; None if that says nothing.

    Args:
        field: the name, such as ``image`` or ``left_image``.
    """
    return _KINDS.get(field.rpartition("_")[2])


def is_row(value: object) -> bool:
    """Return whether a value is several ones."""
    return isinstance(value, list | tuple | np.ndarray)


class Size(NamedTuple):
    """The size of an image.

    Attributes:
        width: its columns.
        height: its rows.
    """

    width: Node
    height: Node

    @classmethod
    def of(cls, image: Node) -> Size:
        """Return the size of an image."""
        return cls(Operation("ImageWidth", image), Operation("ImageHeight", image))


class Motion:
    """Where everything goes.

    Args:
        view: where points of the image are afterwards.
        size: the size that the image has afterwards.

    Attributes:
        before: the image, and the size that others must have that belong to it; None if they have.
        keeps_sizes: whether each picture keeps its own size, whatever that is.
    """

    keeps_sizes: ClassVar[bool] = False

    def __init__(self, view: Node, size: Size) -> None:
        """Take view and size."""
        self.view = view
        self.size = size
        self.before: tuple[Node, Size] | None = None

    @abstractmethod
    def picture(self, source: Node, kind: Kind) -> Node:
        """Return an image or a mask afterwards."""

    def agreed(self, value: Node, source: Node) -> Node:
        """Return a value for an image or a mask, which must be as large as the image was before.

        Samples in which it is not are errors.
        """
        if self.before is None or self.before[0] is source:
            return value
        return Operation("SameSize", value, *self.before[1], *Size.of(source))

    def moved(self, source: Node, kind: Kind) -> Node:
        """Return a field afterwards."""
        if kind == "points":
            return Operation("ViewPoints", source, self.view)
        if kind == "boxes":
            return clipped(Operation("ViewBoxes", source, self.view), self.size)
        return self.picture(source, kind)


def clipped(boxes: Node, size: Size) -> Node:
    """Return boxes without what is outside of an image of a size."""
    ends = Operation("Stack", *size, *size)
    return Operation("Maximum", Operation("Minimum", boxes, ends), 0.0)


class Spatial(Macro):
    """A macro that moves an image and what belongs to it.

    Args:
        source: an image, or a resource of one with others.
        targets: what fields are whose names do not say it.
        name: what it is called.
        inputs: other inputs, for :meth:`motion`.
    """

    def __init__(
        self,
        source: Operand,
        targets: Mapping[str, Kind] | None,
        *,
        name: str | None = None,
        **inputs: Operand | None,
    ) -> None:
        """Take the source and the inputs."""
        self._targets = dict(targets or {})
        super().__init__(source=source, name=name, **inputs)

    def expand(self, source: Node, **inputs: Node) -> Operand:
        """Return the image, or a resource of the same fields."""
        is_alone = not source.is_resource()
        fields = MakeResource(image=source) if is_alone else one_resource(self, source)
        self._check(fields)
        motion = self._motion(fields, **inputs)
        moved = _Moved(self, fields, motion, self.applies(**inputs))
        return moved["image"] if is_alone else moved

    @abstractmethod
    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""

    def applies(self, **inputs: Any) -> Node | None:
        """Return whether anything is moved at all; None if that is always so."""
        del inputs
        return None

    def kind(self, field: str, node: Node) -> Kind:
        """Return what a field is.

        Raises:
            GraphError: its name does not say it, and it might be an image.
        """
        found = self._targets.get(field) or kind_of(field)
        if found is not None or node.is_resource():
            return found or "value"
        known = node.type
        axes = known.axes if isinstance(known, Token) and not isinstance(known, Wildcard) else None
        if axes is not None and len(axes) in {2, 3}:
            hint = f'targets={{"{field}": "image"}}, or "mask", "boxes", "points" or "value"'
            raise self.fault(
                f"field {field!r} is {known}, and its name does not say how it moves: {hint}"
            )
        return "value"

    def numbers(self, called: str, value: Any, count: int) -> tuple[Operand, ...]:
        """Return the numbers that an argument must consist of, before the node is made.

        Args:
            called: what the argument is called.
            value: a list, a tuple or an array of them.
            count: how many there must be.

        Raises:
            GraphError: something else.
        """
        if is_row(value) and len(value) == count:
            return tuple(one.item() if isinstance(one, np.generic) else one for one in value)
        raise self.refused(called, value, f"{count} numbers")

    def refused(self, called: str, value: Any, wanted: str) -> GraphError:
        """Return the error for an argument, before the node is made."""
        kind, place = self.node_kind, Place.of_caller(self, current())
        message = f"{kind} ({place.origin}): {called} is {shown(value)}, not {wanted}"
        return GraphError(message, node=kind, origin=place.origin)

    def another(self, seed: Node, number: int) -> Node:
        """Return a seed that draws other numbers.

        Args:
            seed: the seed.
            number: which one, from 1.
        """
        by = number * _ANOTHER_SEED % _WORD
        scope = f"{self.name}/seed{number}", f"{self.identity}/seed{number}"
        with self.graph.within(*scope, saturates=False):
            return seed + (by if by < _WORD // 2 else by - _WORD)

    def _check(self, fields: ResourceNode) -> None:
        for field, kind in self._targets.items():
            if field not in fields.fields():
                known = ", ".join(fields.fields())
                raise self.fault(f"targets has {field!r}, and there is only {known}")
            if kind not in get_args(Kind):
                raise self.fault(
                    f"targets[{field!r}] is {shown(kind)}: one of {', '.join(get_args(Kind))}"
                )

    def _motion(self, fields: ResourceNode, **inputs: Node) -> Motion:
        image = self._image(fields)
        last = fields.motion if isinstance(fields, _Moved) else None
        size = last.size if last else Size.of(image)
        motion = self.motion(size, **inputs)
        if last is None or last.keeps_sizes:
            motion.before = image, size
        return motion

    def _image(self, fields: ResourceNode) -> Node:
        """Return the image or the mask that tells the size."""
        kinds = {field: self._targets.get(field) or kind_of(field) for field in fields.fields()}
        pictures = [field for field, kind in kinds.items() if kind in _PICTURES]
        if not pictures:
            known = ", ".join(fields.fields())
            raise self.fault(f"there is no image or mask, which tell the size, only {known}")
        return fields.field(pictures[0])


class _Moved(ResourceNode):
    """A resource whose fields have moved together."""

    def __init__(
        self, owner: Spatial, source: ResourceNode, motion: Motion, condition: Node | None
    ) -> None:
        super().__init__()
        self.motion = motion
        self._owner, self._source, self._condition = owner, source, condition

    def fields(self) -> tuple[str, ...]:
        return self._source.fields()

    def make(self, field: str) -> Operand:
        node = self._source.field(field)
        kind = self._owner.kind(field, node)
        if kind == "value":
            return node
        moved = self.motion.moved(node, kind)
        if self._condition is None:
            return moved
        still = node if kind in _PICTURES else Operation("Convert", node, "Float")
        return Operation("Conditional", moved, still, self._condition)


class How(NamedTuple):
    """How pixels are found where there are none.

    Attributes:
        interpolation: between pixels, in images.
        border: what is taken to lie around images.
        mask_border: the same of masks.
    """

    interpolation: Operand
    border: Operand
    mask_border: Operand

    @classmethod
    def of(cls, interpolation: Operand, border: Operand, mask_border: Operand | None) -> How:
        """Take all three; masks have the border of images unless it is said."""
        return cls(interpolation, border, border if mask_border is None else mask_border)


class Seen(Motion):
    """What is seen through a view.

    Args:
        view: where points of the image are afterwards.
        size: the size of the result.
        how: interpolation and borders.
    """

    def __init__(self, view: Node, size: Size, how: How) -> None:
        """Take view and size."""
        super().__init__(view, size)
        self._how = how

    def picture(self, source: Node, kind: Kind) -> Node:
        """Return an image or a mask afterwards."""
        is_mask = kind == "mask"
        interpolation = "Nearest" if is_mask else self._how.interpolation
        border = self._how.mask_border if is_mask else self._how.border
        view = self.agreed(self.view, source)
        return Operation("ViewImage", source, view, *self.size, interpolation, border)
