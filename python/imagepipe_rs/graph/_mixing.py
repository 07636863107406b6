"""Two images that become one, with their labels."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._motion import kind_of
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource import ResourceNode, one_resource
from imagepipe_rs.graph._token import Token, Wildcard

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Operand

_SHARE = "lam"


class _Mixture(NamedTuple):
    """A mixed image.

    Attributes:
        image: the image.
        share: the share of the first one in it.
    """

    image: Node
    share: Node


class _Mixing(Macro):
    """A resource whose image and label are mixed with those of another one."""

    def __init__(
        self,
        source: Node,
        other: Node,
        alpha: Operand = 1.0,
        num_classes: Operand | None = None,
        seed: Operand | None = None,
        *,
        label: str = "label",
        name: str | None = None,
    ) -> None:
        """Take both resources."""
        self._label = label
        classes = {} if num_classes is None else {"num_classes": num_classes}
        super().__init__(source=source, other=other, alpha=alpha, seed=seed, name=name, **classes)

    def expand(
        self, source: Node, other: Node, alpha: Node, seed: Node, num_classes: Node | None = None
    ) -> Operand:
        """Return a resource with the fields of the first one, and `lam`."""
        both = one_resource(self, source), one_resource(self, other)
        image = self._image(both[0])
        for field, resource in ((image, both[1]), *((self._label, one) for one in both)):
            if field not in resource.fields():
                known = ", ".join(resource.fields())
                raise self.fault(f"a resource has no field {field!r}, only {known}")
        first, second = (resource.field(image) for resource in both)
        mixture = self.mixture(first, second, alpha, seed)
        labels = [self._soft(resource.field(self._label), num_classes) for resource in both]
        # Both in single precision, as a Loader weights labels.
        shares = (Operation("Convert", one, "Float") for one in (mixture.share, 1 - mixture.share))
        parts = [one * share for one, share in zip(labels, shares, strict=True)]
        share = Operation("Convert", mixture.share, "Float")
        mixed = {image: mixture.image, self._label: parts[0] + parts[1], _SHARE: share}
        return _Mixed(both[0], mixed)

    @abstractmethod
    def mixture(self, first: Node, second: Node, alpha: Node, seed: Node) -> _Mixture:
        """Return two images mixed."""

    def _image(self, source: ResourceNode) -> str:
        """Return the field that is the image.

        Raises:
            GraphError: there is none or more than one, or something that cannot be mixed.
        """
        kinds = {field: kind_of(field) for field in source.fields()}
        for field, kind in kinds.items():
            if kind not in {None, "image"}:
                raise self.fault(
                    f"field {field!r} cannot be mixed: leave it out, as in "
                    "MakeResource(image=sample['image'], label=sample['label'])"
                )
        images = [field for field, kind in kinds.items() if kind == "image"]
        if len(images) != 1:
            known = ", ".join(source.fields())
            raise self.fault(f"{len(images)} fields are images, not one: there is {known}")
        return images[0]

    def _soft(self, label: Node, num_classes: Node | None) -> Node:
        """Return a label as a share for each class.

        Raises:
            GraphError: a class without a number of classes, or a vector with one.
        """
        known = label.type
        axes = known.axes if isinstance(known, Token) and not isinstance(known, Wildcard) else None
        if num_classes is None:
            if axes == ():
                reason = "the label is a number, not a share for each class: num_classes says how "
                raise self.fault(f"{reason}many classes there are")
            return Operation("Convert", label, "Float")
        if axes is not None and len(axes) == 1:
            raise self.fault(f"the label is {known}, a share for each class: leave out num_classes")
        return Operation("OneHot", label, num_classes)


class MixUp(_Mixing):
    """The weighted sum of two images, and of their labels, as torchvision's MixUp mixes them.

    Zhang, Cisse, Dauphin, Lopez-Paz: *mixup: Beyond empirical risk minimization* (2018).

    The result has the fields of the first resource, with its image and label mixed, and a field
    `lam`: the share of the first image, float32. Labels become float32 (num_classes,).

    Args:
        source: a resource with an image, of uint8 or float32, and a label: a class as a whole
            number, or a vector with a share for each class.
        other: another one, with fields of the same names, whose image has the same size.
        alpha: the share of the first image is drawn from Beta(alpha, alpha); above 0.
        num_classes: how many classes there are, where labels are whole numbers.
        seed: a seed to share with other nodes; one of its own if not given.
        label: the field that is the label.

    Raises:
        GraphError: images of two sizes or types, resources without one image and a label, or with
            a mask, boxes or points, which cannot be mixed.
    """

    def mixture(self, first: Node, second: Node, alpha: Node, seed: Node) -> _Mixture:
        """Return the sum of two images."""
        share = Operation("MixUpShare", alpha, seed)
        return _Mixture(Operation("MixUpImages", first, second, share), share)


class CutMix(_Mixing):
    """An image with a rectangle of another one, and labels mixed by area, as torchvision's CutMix.

    Yun, Han, Oh, Chun, Choe, Yoo: *CutMix: Regularization strategy to train strong classifiers with
    localizable features* (2019).

    The result has the fields of the first resource, with its image and label mixed, and a field
    `lam`: the share of the first image, float32. Labels become float32 (num_classes,).

    Args:
        source: a resource with an image, of uint8 or float32, and a label: a class as a whole
            number, or a vector with a share for each class.
        other: another one, with fields of the same names, whose image has the same size.
        alpha: the share of the area that stays, where the rectangle is not cut off by an edge, is
            drawn from Beta(alpha, alpha); above 0.
        num_classes: how many classes there are, where labels are whole numbers.
        seed: a seed to share with other nodes; one of its own if not given.
        label: the field that is the label.

    Raises:
        GraphError: images of two sizes or types, resources without one image and a label, or with
            a mask, boxes or points, which cannot be mixed.
    """

    def mixture(self, first: Node, second: Node, alpha: Node, seed: Node) -> _Mixture:
        """Return an image with a rectangle of another one."""
        region = Operation("CutMixRegion", first, alpha, seed)
        left, top, right, bottom = (
            Operation("Convert", region[edge], "float64") for edge in range(4)
        )
        width = Operation("Convert", Operation("ImageWidth", first), "float64")
        area = width * Operation("ImageHeight", first)
        share = 1 - (right - left) * (bottom - top) / area
        return _Mixture(Operation("CutMixImages", first, second, region), share)


class _Mixed(ResourceNode):
    """A resource with other fields in place of some, and more."""

    def __init__(self, source: ResourceNode, mixed: dict[str, Node]) -> None:
        super().__init__()
        self._source, self._mixed = source, mixed

    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._source.fields(), *self._mixed)))

    def make(self, field: str) -> Operand:
        return self._mixed[field] if field in self._mixed else self._source.field(field)
