"""Images as (channels, height, width), which are (height, width, channels) everywhere else."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph.pixelpipes._exceptions import NodeException, refused
from imagepipe_rs.graph.pixelpipes._port import converted, named, without_internals

if TYPE_CHECKING:
    from collections.abc import Iterable

    Axes = tuple[int | None, ...]

_NOT_IMAGES = {
    "DecodePNGPaletteIndices",
    "GaussianKernel",
    "GetImageProperties",
    "MaskBoundingBox",
    "Moments",
    "RandomPatchView",
    "UniformKernel",
}
"""Nodes for images that give something else."""

_PLAIN = (bool, int, float, str)
_GRAY, _COLOUR = 2, 3


class ImageNode(native.Macro):
    """A node that takes images, or gives one.

    Attributes:
        made: the class of nodes that does it.
        channels_last: the image that it gives as the other nodes have it.
    """

    made: Any
    channels_last: Node | None = None

    def __init__(self, *args: Any, _name: str | None = None, **kwargs: Any) -> None:
        """Make the nodes that it consists of."""
        given = without_internals(kwargs)
        with refused():
            bound = inspect.signature(self.made.__init__).bind(self, *args, **given)
            bound.apply_defaults()
            names = [key for key in bound.arguments if key not in {"self", "name"}]
            inputs = {key: converted(key, bound.arguments[key]) for key in names}
            # Words and numbers stay what they are: some macros look at them.
            self._plain = {key: one for key, one in inputs.items() if isinstance(one, _PLAIN)}
            nodes = {key: one for key, one in inputs.items() if key not in self._plain}
            super().__init__(**nodes, **named(_name))

    def expand(self, **inputs: Node) -> Node:
        """Return what the node makes of the images, each in the other form."""
        given: dict[str, Any] = {key: channels_last(one) for key, one in inputs.items()}
        result: Node = self.made(**given, **self._plain)
        if self.made.__name__ in _NOT_IMAGES:
            return result
        self.channels_last = result
        return channels_first(result, result.type.axes or _like(given.values()))


def ported_image(name: str) -> type[Node]:
    """Return a class of nodes that take or give images, by its name."""
    return image_node(name, getattr(native, name))


def image_node(name: str, made: type[Node]) -> type[Node]:
    """Return a class of nodes that does what another one does, with images in the other form."""
    return type(name, (ImageNode,), {"made": made, "__doc__": made.__doc__})


def _like(inputs: Iterable[Node]) -> Axes | None:
    """Return the axes of the first input that may be an image."""
    known = (one.type.axes for one in inputs)
    return next((axes for axes in known if axes is not None and len(axes) > 1), None)


def channels_first(node: Node, axes: Axes | None) -> Node:
    """Return an image as (channels, height, width).

    Args:
        node: the image as (height, width, channels), or as (height, width).
        axes: how many elements it has along each axis; what is known of how many axes is used.

    Raises:
        NodeException: it is not known whether it has channels.
    """
    if axes is None or len(axes) not in {_GRAY, _COLOUR}:
        raise NodeException("it is not known whether this image has one channel", node=node)
    if len(axes) == _GRAY:
        return Operation("Unsqueeze", node, 0)
    return Operation("Transpose", node, [2, 0, 1])


def channels_last(node: Node) -> Node:
    """Return an image as (height, width, channels), or as (height, width); others as they are."""
    made = node
    while True:
        if isinstance(made, ImageNode) and made.channels_last is not None:
            return made.channels_last
        then = made.stands_for()
        if then is made:
            break
        made = then
    axes = node.type.axes
    if axes is None or len(axes) != _COLOUR:
        return node
    if axes[0] == 1:
        return Operation("GetElement", node, 0)
    return Operation("Transpose", node, [1, 2, 0])
