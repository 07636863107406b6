"""Encodes arrays as image files, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._names import shown

if TYPE_CHECKING:
    import numpy.typing as npt


def encode(
    image: npt.ArrayLike,
    format: Literal["png", "jpeg"] = "png",  # noqa: A002  as Pillow's save has it
    *,
    quality: int = 90,
) -> bytes:
    """Encode an image as a file in RGB; the same bytes every time.

    Args:
        image: (height, width), or (height, width, 1 or 3), uint8: an array, or what NumPy makes one
            of.
        format: ``"png"``, which keeps every pixel, or ``"jpeg"``.
        quality: of a JPEG file, 1 to 100.

    Returns:
        The bytes of the file: ``Path("image.png").write_bytes(encode(image))``.

    Raises:
        ValueError: the image has another type or shape, no pixels or more than a file may have, or
            an argument is not valid.
    """
    if format not in {"png", "jpeg"}:
        raise ValueError(f"format={shown(format)} is not valid: 'png' or 'jpeg'")
    if not 1 <= quality <= 100:  # noqa: PLR2004  libjpeg's scale
        raise ValueError(f"quality={shown(quality)} is not valid: 1 to 100")
    pixels = _pixels(np.asarray(image))
    height, width, _ = pixels.shape
    rgb = np.broadcast_to(pixels, (height, width, 3)).tobytes()
    if format == "jpeg":
        return _native.jpeg(rgb, width, height, quality)
    return _native.png(rgb, width, height)


def _pixels(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return an image with an axis for channels."""
    pixels = image[:, :, None] if image.ndim == 2 else image  # noqa: PLR2004  gray
    is_image = pixels.ndim == 3 and pixels.shape[2] in {1, 3} and pixels.size  # noqa: PLR2004
    if not is_image or pixels.dtype != np.uint8:
        allowed = "uint8 of (height, width), or (height, width, 1 or 3)"
        raise ValueError(f"image is {image.dtype} {image.shape}: it must be {allowed}")
    return pixels


__all__ = ["encode"]
