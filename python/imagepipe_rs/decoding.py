"""Decodes images in memory to arrays: the Loader's codec, for your own loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._environment import jpeg_decoder

if TYPE_CHECKING:
    import numpy.typing as npt
    from typing_extensions import Buffer

_codec = _native.Codec()


def decode(
    data: Buffer,
    *,
    size: int | tuple[int, int] | None = None,
    fit: Literal["stretch", "crop", "pad"] = "stretch",
    exact: bool = False,
    channels: Literal["RGB", "BGR", "GRAY"] = "RGB",
) -> npt.NDArray[np.uint8]:
    """Decode an image file that is in memory, on the calling thread, without the GIL.

    Transparency is dropped, as in Pillow's ``convert("RGB")``.

    Args:
        data: the bytes of a JPEG, PNG, BMP, GIF or WebP file: ``bytes``, or anything else with a
            buffer of uint8, which is copied.
        size: output size in pixels: one number, ``(height, width)``, or None for the image's own,
            with every pixel as libjpeg-turbo decodes it.
        fit: ``"stretch"`` resizes both sides, ``"crop"`` resizes the short side and cuts out the
            centre, ``"pad"`` resizes the long side and surrounds with black. Bilinear, antialiased
            when shrinking.
        exact: with a size, decode every pixel before resizing, as Pillow does. Otherwise the image
            is decoded at the lowest resolution that preserves quality.
        channels: ``"RGB"``, ``"BGR"`` or ``"GRAY"``.

    Returns:
        (height, width, 3) uint8, or (height, width, 1) for gray; writable, in its own memory.

    Raises:
        DecodeError: not an image, a damaged one, or one with more than 178,956,970 pixels.
        MemoryError: there is not enough memory for its pixels.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    return np.asarray(_codec.decode(data, {**locals(), "decoder": jpeg_decoder("auto")}))


@overload
def decode_many(
    data: Sequence[Buffer],
    *,
    size: int | tuple[int, int],
    fit: Literal["stretch", "crop", "pad"] = ...,
    exact: bool = ...,
    channels: Literal["RGB", "BGR", "GRAY"] = ...,
) -> npt.NDArray[np.uint8]: ...
@overload
def decode_many(
    data: Sequence[Buffer],
    *,
    size: None = ...,
    fit: Literal["stretch", "crop", "pad"] = ...,
    exact: bool = ...,
    channels: Literal["RGB", "BGR", "GRAY"] = ...,
) -> list[npt.NDArray[np.uint8]]: ...
@overload
def decode_many(
    data: Sequence[Buffer],
    *,
    size: int | tuple[int, int] | None = ...,
    fit: Literal["stretch", "crop", "pad"] = ...,
    exact: bool = ...,
    channels: Literal["RGB", "BGR", "GRAY"] = ...,
) -> npt.NDArray[np.uint8] | list[npt.NDArray[np.uint8]]: ...
def decode_many(
    data: Sequence[Buffer],
    *,
    size: int | tuple[int, int] | None = None,
    fit: Literal["stretch", "crop", "pad"] = "stretch",
    exact: bool = False,
    channels: Literal["RGB", "BGR", "GRAY"] = "RGB",
) -> npt.NDArray[np.uint8] | list[npt.NDArray[np.uint8]]:
    """Decode image files that are in memory, on all usable cores; see :func:`decode`.

    Returns:
        One array (N, height, width, channels) if there is a size, otherwise a list of arrays
        (height, width, channels).

    Raises:
        DecodeError: the first of them, in order, that cannot be decoded; its ``path`` is
            ``data[i]``.
        MemoryError: there is not enough memory for their pixels.
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
    """
    if isinstance(data, bytes | bytearray | memoryview | str) or not isinstance(data, Sequence):
        message = (
            f"data of type {type(data).__name__} is not valid: a list of the bytes of image files"
        )
        raise TypeError(message)
    arguments = {**locals(), "decoder": jpeg_decoder("auto")}
    _native.Codec.check(arguments)
    if not data:
        depth = 1 if channels == "GRAY" else 3
        return (
            [] if size is None else np.empty((0, *np.broadcast_to(size, 2), depth), dtype=np.uint8)
        )
    batch = _native.Codec.loader(list(data), arguments).batches(0, 0).next()
    images = [] if batch is None else batch.field("images")
    if isinstance(images, list):
        return [np.asarray(image) for image in images]
    return np.asarray(images)


__all__ = ["decode", "decode_many"]
