"""Flips and crops of images, with masks, boxes and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from imagepipe_rs.graph._motion import Motion, Size, Spatial
from imagepipe_rs.graph._node import Node, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._motion import Kind
    from imagepipe_rs.graph._node import Operand


class _Flipped(Motion):
    """A mirrored image.

    Args:
        size: its size.
        is_horizontal: whether left and right are exchanged, not top and bottom.
    """

    keeps_sizes = True

    def __init__(self, size: Size, *, is_horizontal: bool) -> None:
        last = (size.width if is_horizontal else size.height) - 1.0
        move = Operation("TranslateView", *((last, 0.0) if is_horizontal else (0.0, last)))
        scale = Operation("ScaleView", *((-1.0, 1.0) if is_horizontal else (1.0, -1.0)))
        self._is_horizontal = is_horizontal
        super().__init__(Operation("Chain", move, scale), size)

    def picture(self, source: Node, kind: Kind) -> Node:
        del kind
        return Operation("Flip", source, self._is_horizontal, not self._is_horizontal)


class _Cropped(Motion):
    """A part of an image, as large as another size.

    Args:
        region: the part, of whole pixels: left, top, right, bottom.
        size: the size.
        interpolation: how images are resized.
        is_whole: whether the part is all of the image.
    """

    def __init__(
        self, region: Node, size: Size, interpolation: Operand, *, is_whole: bool = False
    ) -> None:
        self._is_whole = is_whole
        left, top, right, bottom = (region[side] for side in range(4))
        self._place = left, top
        self._extent = right - left, bottom - top
        self._interpolation = interpolation
        scale = (new / (old * 1.0) for new, old in zip(size, self._extent, strict=True))
        to_edge = Operation("TranslateView", 0.5 - left, 0.5 - top)
        to_middle = Operation("TranslateView", -0.5, -0.5)
        view = Operation("Chain", to_middle, Operation("ScaleView", *scale), to_edge)
        super().__init__(view, size)

    def picture(self, source: Node, kind: Kind) -> Node:
        part = source
        if not self._is_whole:
            left, top = self._place
            part = Operation("ImageCrop", source, self.agreed(left, source), top, *self._extent)
        interpolation = "Nearest" if kind == "mask" else self._interpolation
        return Operation("Resize", part, *self.size, interpolation)


class _Flip(Spatial):
    """An image that is mirrored, with its mask, boxes and points.

    Attributes:
        is_horizontal: whether left and right are exchanged, not top and bottom.
    """

    is_horizontal: ClassVar[bool]

    def __init__(
        self,
        source: Operand,
        *,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source."""
        super().__init__(source, targets, name=name)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        del inputs
        return _Flipped(size, is_horizontal=self.is_horizontal)


class HorizontalFlip(_Flip):
    """An image mirrored left to right, with its mask, boxes and points.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
    """

    is_horizontal = True


class VerticalFlip(_Flip):
    """An image mirrored top to bottom, with its mask, boxes and points.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
    """

    is_horizontal = False


class _RandomFlip(Spatial):
    """An image that is mirrored with a probability, with its mask, boxes and points.

    Attributes:
        is_horizontal: whether left and right are exchanged, not top and bottom.
    """

    is_horizontal: ClassVar[bool]

    def __init__(
        self,
        source: Operand,
        p: Operand = 0.5,
        seed: Operand | None = None,
        *,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the probability."""
        super().__init__(source, targets, p=p, seed=seed, name=name)

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        del inputs
        return _Flipped(size, is_horizontal=self.is_horizontal)

    def applies(self, **inputs: Any) -> Node:
        """Return whether it is mirrored."""
        return Operation("SampleBernoulli", inputs["p"], inputs["seed"])


class RandomHorizontalFlip(_RandomFlip):
    """An image that is mirrored left to right with a probability, with its mask, boxes and points.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        p: the probability, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: `p` is no probability, a resource without an image, or with a field of which it
            is not known what it is.
    """

    is_horizontal = True


class RandomVerticalFlip(_RandomFlip):
    """An image that is mirrored top to bottom with a probability, with its mask, boxes and points.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        p: the probability, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: `p` is no probability, a resource without an image, or with a field of which it
            is not known what it is.
    """

    is_horizontal = False


class RandomResizedCrop(Spatial):
    """A random part of an image, resized, with its mask, boxes and points.

    Area and aspect ratio of the part are drawn as in torchvision's transform of this name, and by
    the rule of a Loader with ``fit="random_crop"``: the area uniformly, the ratio uniformly in its
    logarithm, up to ten times until the part fits; then it is the largest part in the middle whose
    ratio is allowed. Of files that the graph decodes, only the part is decoded.

    Boxes are clipped to the part; those outside of it have no area any more, see
    :class:`SanitizeBoundingBoxes`. Points outside stay.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        width: the columns of the result.
        height: its rows.
        scale: least and greatest share of the image's area.
        ratio: least and greatest ratio of width to height.
        interpolation: how images are resized; ``"Area"`` is smoothest where they become much
            smaller. Masks take the nearest pixels.
        seed: a seed to share with other nodes; one of its own if not given.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a scale or ratio that cannot be, a resource without an image, or with a field of
            which it is not known what it is.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        scale: tuple[float, float] | Node = (0.08, 1.0),
        ratio: tuple[float, float] | Node = (3 / 4, 4 / 3),
        interpolation: Operand = "Linear",
        seed: Operand | None = None,
        *,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the size."""
        super().__init__(
            source,
            targets,
            name=name,
            width=width,
            height=height,
            scale=scale if isinstance(scale, Node) else list(scale),
            ratio=ratio if isinstance(ratio, Node) else list(ratio),
            interpolation=interpolation,
            seed=seed,
        )

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        drawn = (inputs[key] for key in ("scale", "ratio", "seed"))
        region = Operation("RandomCropRegion", *size, *drawn)
        result = Size(inputs["width"], inputs["height"])
        return _Cropped(region, result, inputs["interpolation"])


class ResourceResize(Spatial):
    """An image of another size, with its mask, boxes and points.

    Args:
        source: an image, or a resource with fields such as `image`, `mask`, `boxes` and `points`;
            the result is of the same kind.
        width: the columns of the result.
        height: its rows.
        interpolation: how images are resized; masks take the nearest pixels.
        targets: what fields are whose names do not say it, such as ``{"depth": "image"}``.

    Raises:
        GraphError: a resource without an image, or with a field of which it is not known what it
            is.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        interpolation: Operand = "Linear",
        *,
        targets: Mapping[str, Kind] | None = None,
        name: str | None = None,
    ) -> None:
        """Take the source and the size."""
        super().__init__(
            source, targets, name=name, width=width, height=height, interpolation=interpolation
        )

    def motion(self, size: Size, **inputs: Any) -> Motion:
        """Return where everything goes in an image of a size."""
        region = Operation("MakeRectangle", 0, 0, *size)
        result = Size(inputs["width"], inputs["height"])
        return _Cropped(region, result, inputs["interpolation"], is_whole=True)
