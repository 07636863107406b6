"""Augmentation: policies that change the pixels of each sample, and ways to mix a batch.

They are arguments of a :class:`imagepipe_rs.Loader`::

    Loader("train/", augment=RandAugment(num_ops=2, magnitude=9), mix=(MixUp(0.2), CutMix(1.0)))

Operations, magnitudes and choices are those of the classes of the same names in
``torchvision.transforms.v2``; what is random depends on the Loader's seed, the epoch and the
sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from imagepipe_rs import _native
from imagepipe_rs._names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class RandAugment:
    """Operations drawn from 14 with equal probability, all of one strength.

    Cubuk, Zoph, Shlens, Le: *RandAugment: Practical automated data augmentation with a reduced
    search space* (2020).

    Args:
        num_ops: how many operations each sample gets, 1 to 16.
        magnitude: how strong they are, from 0 to ``num_magnitude_bins - 1``.
        num_magnitude_bins: how many strengths there are, 2 to 1000.
        interpolation: what pixels are made of where images are sheared, shifted or rotated:
            ``"nearest"`` or ``"bilinear"``.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or one each for red,
            green and blue, of which gray images take the first.
    """

    num_ops: int = 2
    magnitude: int = 9
    num_magnitude_bins: int = 31
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    fill: int | Sequence[int] = 0
    _kind: ClassVar[str] = "randaugment"


@dataclass(frozen=True)
class TrivialAugmentWide:
    """One operation drawn from 14 with equal probability, of any strength.

    Müller, Hutter: *TrivialAugment: Tuning-free yet state-of-the-art data augmentation* (2021),
    with the wider range of strengths.

    Args:
        num_magnitude_bins: how many strengths there are, 2 to 1000.
        interpolation: what pixels are made of where images are sheared, shifted or rotated:
            ``"nearest"`` or ``"bilinear"``.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or one each for red,
            green and blue, of which gray images take the first.
    """

    num_magnitude_bins: int = 31
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    fill: int | Sequence[int] = 0
    _kind: ClassVar[str] = "trivial_wide"


@dataclass(frozen=True)
class AutoAugment:
    """One of 25 pairs of operations, each with its strength and probability.

    Cubuk, Zoph, Mané, Vasudevan, Le: *AutoAugment: Learning augmentation strategies from data*
    (2019).

    Args:
        policy: the dataset that the pairs were found on: ``"imagenet"``, ``"cifar10"`` or
            ``"svhn"``.
        interpolation: what pixels are made of where images are sheared, shifted or rotated:
            ``"nearest"`` or ``"bilinear"``.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or one each for red,
            green and blue, of which gray images take the first.
    """

    policy: Literal["imagenet", "cifar10", "svhn"] = "imagenet"
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    fill: int | Sequence[int] = 0
    _kind: ClassVar[str] = "autoaugment"


@dataclass(frozen=True)
class AugMix:
    """The image, mixed with the results of short chains of operations on it.

    Hendrycks, Mu, Cubuk, Zoph, Gilmer, Lakshminarayanan: *AugMix: A simple data processing method
    to improve robustness and uncertainty* (2020).

    Args:
        severity: how strong operations are, 1 to 10: strengths are drawn from that many of ten
            levels, the weakest first.
        mixture_width: how many chains there are, 1 to 16.
        chain_depth: how many operations a chain has, 1 to 16; -1 for 1, 2 or 3, drawn anew for each
            chain.
        alpha: the parameter of the Beta and Dirichlet distributions that weights are drawn from,
            above 0.
        all_ops: also use the operations that change brightness, contrast, colour and sharpness.
        interpolation: what pixels are made of where images are sheared, shifted or rotated:
            ``"nearest"`` or ``"bilinear"``.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or one each for red,
            green and blue, of which gray images take the first.
    """

    severity: int = 3
    mixture_width: int = 3
    chain_depth: int = -1
    alpha: float = 1.0
    all_ops: bool = True
    interpolation: Literal["nearest", "bilinear"] = "bilinear"
    fill: int | Sequence[int] = 0
    _kind: ClassVar[str] = "augmix"


@dataclass(frozen=True)
class MixUp:
    """Weighted sums of images, and of their labels.

    Zhang, Cisse, Dauphin, Lopez-Paz: *mixup: Beyond empirical risk minimization* (2018).

    Args:
        alpha: the weight of a batch is drawn from Beta(alpha, alpha); above 0.
    """

    alpha: float = 1.0
    _kind: ClassVar[str] = "mixup"


@dataclass(frozen=True)
class CutMix:
    """A rectangle of one image in another; labels are mixed by area.

    Yun, Han, Oh, Chun, Choe, Yoo: *CutMix: Regularization strategy to train strong classifiers with
    localizable features* (2019).

    Args:
        alpha: the share of the area that stays is drawn from Beta(alpha, alpha); above 0.
    """

    alpha: float = 1.0
    _kind: ClassVar[str] = "cutmix"


class Mixed(NamedTuple):
    """How the samples of a batch were mixed: each with the one before it, the first with the last.

    ``lam`` is the share that each sample has in its own label, and with ``"mixup"`` in its own
    pixels; ``1 - lam`` is of the sample before.
    """

    kind: str
    """``"mixup"`` or ``"cutmix"``."""
    lam: float
    """The share of the sample itself."""
    box: tuple[int, int, int, int] | None
    """With ``"cutmix"``, what is of the sample before: left, top, right and bottom in pixels."""


Policy = RandAugment | TrivialAugmentWide | AutoAugment | AugMix
"""What changes the pixels of each sample."""

Way = MixUp | CutMix
"""What mixes a batch."""

POLICIES: dict[str, type[Policy]] = {
    "randaugment": RandAugment,
    "trivial_wide": TrivialAugmentWide,
    "autoaugment": AutoAugment,
    "augmix": AugMix,
}
"""The policies that a word stands for, with their defaults."""

WAYS: dict[str, type[Way]] = {"mixup": MixUp, "cutmix": CutMix}
"""The ways of mixing that a word stands for, with their defaults."""


def augmenter_of(augment: Any) -> Policy | _native.Graph | None:
    """Return the policy, or the graph, that an argument stands for.

    Raises:
        TypeError: no word, no policy and no stream.
        ValueError: another word.
    """
    if augment is None:
        return None
    native = getattr(augment, "native", None)
    if isinstance(native, _native.Graph):
        return native
    policy: Policy = _object("augment", augment, augment, POLICIES)
    return policy


def ways_of(mix: Any) -> tuple[Way, ...] | None:
    """Return the ways of mixing that an argument stands for.

    Raises:
        TypeError: no word, no way, and no sequence of these.
        ValueError: another word.
    """
    if mix is None:
        return None
    each: Sequence[Any] = mix if isinstance(mix, tuple | list) else [mix]
    return tuple(_object("mix", mix, one, WAYS) for one in each)


def _object(name: str, given: Any, one: Any, known: dict[str, type[Any]]) -> Any:
    if isinstance(one, str) and one in known:
        return known[one]()
    if type(one) in known.values():
        return one
    words = ", ".join(f'"{word}"' for word in known)
    classes = ", ".join(kind.__name__ for kind in known.values())
    several = ", several of these" if name == "mix" else ", a graph"
    allowed = f"one of {words}, an object of {classes} (of imagepipe_rs){several}, or None"
    other, others = ("augment", POLICIES) if name == "mix" else ("mix", WAYS)
    is_of_other = one in others if isinstance(one, str) else type(one) in others.values()
    hint = f"; {other}= takes it" if is_of_other else ""
    message = f"{name}={shown(given)} is not valid: {allowed}{hint}"
    raise ValueError(message) if isinstance(one, str) else TypeError(message)
