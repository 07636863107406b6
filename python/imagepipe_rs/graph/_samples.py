"""Samples as records: the features of an Example, or an image record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from imagepipe_rs._contents import Example, pack_image
from imagepipe_rs._names import shown
from imagepipe_rs.encoding import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

FORMATS = ("png", "jpeg", "tensor")

_ENCODED = "/encoded"
_LAST_LABEL = 2**24  # from there on float32 leaves out whole numbers


class Form(NamedTuple):
    """What pictures become.

    Attributes:
        name: png, jpeg or tensor.
        quality: of JPEG files.
    """

    name: str
    quality: int

    @classmethod
    def of(cls, name: str, quality: int, allowed: Sequence[str] = FORMATS) -> Form:
        """Check both.

        Raises:
            ValueError: another format, or a quality that is none.
        """
        if name not in allowed:
            words = ", ".join(map(repr, allowed))
            raise ValueError(f"format={shown(name)} is not valid: one of {words}")
        if not 1 <= quality <= 100:  # noqa: PLR2004  libjpeg's scale
            raise ValueError(f"quality={shown(quality)} is not valid: 1 to 100")
        return cls(name, quality)


class Picture(NamedTuple):
    """An array that is stored as an image: uint8 of (height, width), or with 1 or 3 channels."""

    pixels: npt.NDArray[np.uint8]
    """(height, width, channels)."""

    @classmethod
    def of(cls, value: Any) -> Picture | None:
        """Return a value as a picture, if it is one."""
        if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or 0 in value.shape:
            return None
        if value.ndim == 2:  # noqa: PLR2004  gray
            return cls(value[:, :, None])
        return cls(value) if value.ndim == 3 and value.shape[2] in {1, 3} else None  # noqa: PLR2004

    def encoded(self, form: Form) -> tuple[str, bytes]:
        """Return format and bytes of it as a file, which is RGB, or as a tensor."""
        if form.name == "tensor":
            return "tensor", self.pixels.tobytes()
        if form.name == "jpeg" and self.pixels.shape[2] > 1:
            return "jpeg", encode(self.pixels, "jpeg", quality=form.quality)
        return "png", encode(self.pixels)


class AsExample:
    """Makes Examples of samples.

    Args:
        names: what the features of each output are called.
        form: what becomes of pictures.
    """

    def __init__(self, names: Sequence[str], form: Form) -> None:
        """Take names and format."""
        self._names = names
        self._form = form

    def __call__(self, values: Sequence[Any], index: int) -> bytes:
        """Return the Example of a sample.

        Raises:
            TypeError: a value that is no feature.
        """
        features: dict[str, Any] = {}
        for name, value in zip(self._names, values, strict=True):
            for feature, found in self._features(name, value, index).items():
                if feature in features:
                    raise ValueError(f"two outputs of the stream give the feature {feature!r}")
                features[feature] = found
        return Example.encode(features)

    def _features(self, name: str, value: Any, index: int) -> dict[str, Any]:
        if picture := Picture.of(value):
            return self._picture(name.removesuffix(_ENCODED), picture)
        if isinstance(value, np.ndarray) and value.ndim > 1:
            little = value.astype(value.dtype.newbyteorder("<"), copy=False)
            dtype, shape = value.dtype.name.encode(), list(value.shape)
            return {name: little.tobytes(), f"{name}/dtype": dtype, f"{name}/shape": shape}
        if isinstance(value, np.ndarray | np.generic):
            return {name: value.astype(np.int64) if value.dtype.kind in "biu" else value}
        if isinstance(value, list):
            return {name: _listed(name, value, index)}
        return {name: _bytes(value)}

    def _picture(self, name: str, picture: Picture) -> dict[str, Any]:
        height, width, channels = picture.pixels.shape
        features = {f"{name}/height": height, f"{name}/width": width, f"{name}/channels": channels}
        form, data = picture.encoded(self._form)
        order = {f"{name}/order": b"HWC"} if form == "tensor" else {}
        return features | order | {name + _ENCODED: data, f"{name}/format": form.encode()}


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _listed(name: str, values: list[Any], index: int) -> list[Any]:
    """Return the values of a feature that a list becomes."""
    if all(isinstance(one, str | bytes) for one in values):
        return [_bytes(one) for one in values]
    if all(isinstance(one, np.generic) for one in values):
        return [one.item() + 0 for one in values]  # truth values become integers
    kinds = ", ".join(sorted({type(one).__name__ for one in values}))
    message = f"sample {index}, output {name!r}: a list of {kinds} cannot be a feature"
    raise TypeError(f"{message}; only text, bytes and numbers can")


class AsImageRecord:
    """Makes image records of samples.

    Args:
        names: what each output is called.
        form: what becomes of pictures.
    """

    def __init__(self, names: Sequence[str], form: Form) -> None:
        """Take names and format."""
        self._names = names
        self._form = form

    def __call__(self, values: Sequence[Any], index: int) -> bytes:
        """Return the image record of a sample.

        Raises:
            TypeError: not one picture and numbers.
        """
        images, labels = [], list[float]()
        for name, value in zip(self._names, values, strict=True):
            if picture := Picture.of(value):
                images.append(picture.encoded(self._form)[1])
            elif isinstance(value, bytes):
                images.append(value)
            else:
                labels += _labels(name, value, index)
        if len(images) != 1:
            found = f"sample {index} has {len(images)} outputs that are pictures or bytes"
            raise TypeError(f"{found}; an image record has one, and numbers")
        label = labels[0] if len(labels) == 1 else labels or 0.0
        return pack_image(images[0], label, id=index)


def _labels(name: str, value: Any, index: int) -> list[float]:
    if not isinstance(value, np.ndarray | np.generic) or value.ndim > 1:
        what = f"an array of {value.shape}" if isinstance(value, np.ndarray) else shown(value)
        message = f"sample {index}, output {name!r} is {what}"
        raise TypeError(f"{message}; an image record has one picture, and numbers")
    numbers = np.atleast_1d(value)
    if numbers.dtype.kind in "iu" and np.any(np.abs(numbers.astype(object)) > _LAST_LABEL):
        message = f"sample {index}, output {name!r}: a whole number above 2**24"
        raise TypeError(f"{message}; labels of image records are float32")
    return [float(one) for one in numbers]
