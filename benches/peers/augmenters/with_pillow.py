"""Pillow, on its own images: what its methods and `ImageOps` do."""

from __future__ import annotations

import io

import numpy as np
import operations as of
from boxes import corners, erased_box, random_box
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from turns import plain, serve

RNG = np.random.default_rng(1)
LINEAR = Image.Resampling.BILINEAR


def random_resized_crop(image: Image.Image) -> Image.Image:
    """Scale a random part."""
    left, top, width, height = random_box(RNG, *image.size)
    box = (left, top, left + width, top + height)
    return image.resize((of.SIDE, of.SIDE), LINEAR, box)


def affine(image: Image.Image) -> Image.Image:
    """Turn, enlarge, slant and move, about the centre."""
    middle = np.array([image.width / 2, image.height / 2])
    angle = np.radians(of.ANGLE)
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    across, down = np.tan(np.radians(of.SHEAR))
    back = np.linalg.inv(of.SCALE * turned @ [[1, across], [down, 1]])
    offset = middle - back @ (middle + of.SHIFT)
    data = (*back[0], offset[0], *back[1], offset[1])
    return image.transform(image.size, Image.Transform.AFFINE, data, LINEAR)


def perspective(image: Image.Image) -> Image.Image:
    """Move the corners at random."""
    start, end = corners(RNG, *image.size)
    rows = []
    for (x, y), (u, v) in zip(end, start, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    data = np.linalg.solve(np.array(rows), start.ravel())
    return image.transform(image.size, Image.Transform.PERSPECTIVE, list(data), LINEAR)


def jitter(image: Image.Image) -> Image.Image:
    """Adjust all four at random."""
    for number in RNG.permutation(4):
        if number == 3:
            image = hue(image, RNG.uniform(-of.JITTER, of.JITTER))
        else:
            kinds = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)
            factor = RNG.uniform(1 - of.JITTER, 1 + of.JITTER)
            image = kinds[number](image).enhance(factor)
    return image


def hue(image: Image.Image, turn: float = of.HUE_DEGREES / 360) -> Image.Image:
    """Turn the hues."""
    hues, saturations, values = image.convert("HSV").split()
    hues = hues.point([(level + round(255 * turn)) % 256 for level in range(256)])
    return Image.merge("HSV", (hues, saturations, values)).convert("RGB")


def erase(image: Image.Image) -> Image.Image:
    """Make a random rectangle black."""
    left, top, width, height = erased_box(RNG, *image.size)
    out = image.copy()
    out.paste(0, (left, top, left + width, top + height))
    return out


def jpeg(image: Image.Image) -> Image.Image:
    """Encode and decode."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=of.QUALITY)
    with Image.open(file) as decoded:
        decoded.load()
        return decoded


OPERATIONS = {
    "Identity": lambda image: image.copy(),
    "RandomResizedCrop": random_resized_crop,
    "Resize": lambda image: image.resize((of.LARGER, of.LARGER), LINEAR),
    "Affine": affine,
    "Rotate": lambda image: image.rotate(of.ANGLE, LINEAR),
    "RotateNearest": lambda image: image.rotate(of.ANGLE),
    "Perspective": perspective,
    "HorizontalFlip": ImageOps.mirror,
    "VerticalFlip": ImageOps.flip,
    "Transpose": lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    # Its blur is of three box blurs, whatever sigma is.
    "GaussianBlur": lambda image: image.filter(ImageFilter.GaussianBlur(of.SIGMA)),
    "MedianBlur": lambda image: image.filter(ImageFilter.MedianFilter(of.MEDIAN)),
    "AverageFilter": lambda image: image.filter(ImageFilter.BoxBlur(of.BOX // 2)),
    "Sharpness": lambda image: ImageEnhance.Sharpness(image).enhance(of.SHARPNESS),
    "ColorJitter": jitter,
    "Brightness": lambda image: ImageEnhance.Brightness(image).enhance(of.FACTOR),
    "Contrast": lambda image: ImageEnhance.Contrast(image).enhance(of.FACTOR),
    "Saturation": lambda image: ImageEnhance.Color(image).enhance(of.FACTOR),
    "Hue": hue,
    "Grayscale": lambda image: image.convert("L").convert("RGB"),
    "ConvertHSV": lambda image: image.convert("HSV"),
    "Equalize": ImageOps.equalize,
    "AutoContrast": ImageOps.autocontrast,
    "Posterize": lambda image: ImageOps.posterize(image, of.BITS),
    "Solarize": lambda image: ImageOps.solarize(image, of.THRESHOLD),
    "Invert": ImageOps.invert,
    "Erasing": erase,
    "JPEG": jpeg,
}

if __name__ == "__main__":
    serve(plain(OPERATIONS), "pillow", "numpy", convert=Image.fromarray)
