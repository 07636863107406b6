"""The operations of augmentation, computed with NumPy: what tests compare pixels with.

Formulas are those of torchvision's v2 functions for uint8 tensors, written down anew for arrays of
(height, width, channels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Places = tuple[Any, Any]
    Sample = Callable[[Pixels, Any, Any], Pixels]

GRAY = np.array([0.2989, 0.587, 0.114])


def cut(values: Any) -> Pixels:
    """Clip numbers to the range of bytes, and drop fractions."""
    return np.clip(values, 0, 255).astype(np.uint8)


def gray_of(pixels: Pixels) -> Any:
    if pixels.shape[2] == 1:
        return pixels.astype(np.float64)
    return np.floor(pixels @ GRAY)[..., None]


def blend(pixels: Pixels, other: Any, factor: float) -> Pixels:
    """Return a weighted sum in single precision, of which the second product is not rounded."""
    own = (pixels.astype(np.float32) * np.float32(factor)).astype(np.float64)
    share = np.float64(np.float32(1 - factor))
    return cut((own + share * np.float64(np.float32(other))).astype(np.float32))


def brightness(pixels: Pixels, magnitude: float) -> Pixels:
    return cut(pixels.astype(np.float32) * np.float32(1 + magnitude))


def color(pixels: Pixels, magnitude: float) -> Pixels:
    return blend(pixels, gray_of(pixels), 1 + magnitude) if pixels.shape[2] > 1 else pixels


def contrast(pixels: Pixels, magnitude: float) -> Pixels:
    return blend(pixels, gray_of(pixels).mean(), 1 + magnitude)


def sharpness(pixels: Pixels, magnitude: float) -> Pixels:
    height, width, _ = pixels.shape
    if min(height, width) < 3:
        return pixels
    wide = pixels.astype(np.int64)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    sums = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] + 4 * wide[1:-1, 1:-1]
    difference = np.rint(sums / 13) - pixels[1:-1, 1:-1]
    share = np.float64(np.float32(1 - (1 + magnitude)))
    result = pixels.copy()
    result[1:-1, 1:-1] = cut((pixels[1:-1, 1:-1] + share * difference).astype(np.float32))
    return result


def posterize(pixels: Pixels, bits: float) -> Pixels:
    return pixels & np.uint8(256 - (1 << (8 - int(bits))))


def solarize(pixels: Pixels, threshold: float) -> Pixels:
    return np.where(pixels >= threshold, 255 - pixels, pixels)


def autocontrast(pixels: Pixels, _: float) -> Pixels:
    result = pixels.copy()
    for channel in range(pixels.shape[2]):
        least, most = (int(f(pixels[..., channel])) for f in (np.min, np.max))
        if least < most:
            step = np.float32(most - least) * np.float32(1 / 255)
            result[..., channel] = cut((pixels[..., channel].astype(np.float32) - least) / step)
    return result


def equalize(pixels: Pixels, _: float) -> Pixels:
    result = pixels.copy()
    for channel in range(pixels.shape[2]):
        counts = np.bincount(pixels[..., channel].ravel(), minlength=256)
        step = (counts.sum() - counts[counts > 0][-1]) // 255
        if step:
            below = np.concatenate([[0], np.cumsum(counts)[:-1]])
            table = np.minimum((below + step // 2) // step, 255).astype(np.uint8)
            result[..., channel] = table[pixels[..., channel]]
    return result


def invert(pixels: Pixels, _: float) -> Pixels:
    return 255 - pixels


def picked(fill: Any = 0) -> Sample:
    """Return a function for the nearest pixels to places, `fill` outside; a pixel's centre is 0."""

    def pick(pixels: Pixels, across: Any, down: Any) -> Pixels:
        height, width, _ = pixels.shape
        x, y = np.rint(across).astype(int), np.rint(down).astype(int)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        found = pixels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
        return np.where(inside[..., None], found, np.uint8(fill))

    return pick


def blended(fill: Any = 0) -> Sample:
    """Return a function for means of the four pixels around places, black outside.

    With another colour outside, sums are as far from it as the share of them that is inside.
    """

    def blend(pixels: Pixels, across: Any, down: Any) -> Pixels:
        height, width, channels = pixels.shape
        # Each with a border of black, and a channel that says what is inside.
        whole = np.zeros((height + 2, width + 2, channels + 1))
        whole[1:-1, 1:-1, :-1] = pixels
        whole[1:-1, 1:-1, -1] = 1
        sums = np.zeros((height, width, channels + 1))
        for below, right in [(0, 0), (0, 1), (1, 0), (1, 1)]:
            x, y = np.floor(across) + right, np.floor(down) + below
            weight = (1 - np.abs(across - x)) * (1 - np.abs(down - y))
            rows = np.clip(y + 1, 0, height + 1).astype(int)
            columns = np.clip(x + 1, 0, width + 1).astype(int)
            sums += weight[..., None] * whole[rows, columns]
        found, share = sums[..., :-1], sums[..., -1:]
        if np.any(fill):
            found = (found - fill) * share + fill
        return np.rint(found).astype(np.uint8)

    return blend


def at(pixels: Pixels) -> Places:
    down, across = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(float)
    return across, down


def shear_x(pixels: Pixels, magnitude: float) -> Places:
    across, down = at(pixels)
    return across + magnitude * (down + 0.5), down


def shear_y(pixels: Pixels, magnitude: float) -> Places:
    across, down = at(pixels)
    return across, down + magnitude * (across + 0.5)


def translate_x(pixels: Pixels, magnitude: float) -> Places:
    across, down = at(pixels)
    return across - magnitude, down


def translate_y(pixels: Pixels, magnitude: float) -> Places:
    across, down = at(pixels)
    return across, down - magnitude


def rotate(pixels: Pixels, degrees: float) -> Places:
    height, width, _ = pixels.shape
    across, down = at(pixels)
    x, y = across - (width - 1) / 2, down - (height - 1) / 2
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return cos * x - sin * y + (width - 1) / 2, sin * x + cos * y + (height - 1) / 2


MOVING: dict[str, Callable[[Pixels, float], Places]] = {
    "ShearX": shear_x,
    "ShearY": shear_y,
    "TranslateX": translate_x,
    "TranslateY": translate_y,
    "Rotate": rotate,
}

OPERATIONS: dict[str, Callable[[Pixels, float], Pixels]] = {
    "Identity": lambda pixels, _: pixels,
    "Brightness": brightness,
    "Color": color,
    "Contrast": contrast,
    "Sharpness": sharpness,
    "Posterize": posterize,
    "Solarize": solarize,
    "AutoContrast": autocontrast,
    "Equalize": equalize,
    "Invert": invert,
}


def taken(pixels: Pixels, name: str, magnitude: float, sample: Sample) -> Pixels:
    """Return what an operation makes of an image."""
    if name in MOVING:
        return sample(pixels, *MOVING[name](pixels, magnitude))
    return OPERATIONS[name](pixels, magnitude)


def replayed(pixels: Pixels, ops: Iterable[tuple[str, float]], sample: Sample) -> Pixels:
    """Return what the operations of ``batch.ops`` make of an image."""
    ops = list(ops)
    if not ops or ops[0][0] != "Chain":
        for name, magnitude in ops:
            pixels = taken(pixels, name, magnitude, sample)
        return pixels
    weights = [np.float32(weight) for name, weight in ops if name == "Chain"]
    total = np.float32(1 - sum(map(float, weights))) * pixels.astype(np.float32)
    starts = [place for place, (name, _) in enumerate(ops) if name == "Chain"]
    for weight, start, end in zip(weights, starts, [*starts[1:], len(ops)], strict=True):
        total += weight * replayed(pixels, ops[start + 1 : end], sample).astype(np.float32)
    return cut(total)
