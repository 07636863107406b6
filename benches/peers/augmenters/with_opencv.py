"""OpenCV with NumPy, on one thread: the calls that a careful user writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import operations as of
from boxes import corners, erased_box, random_box
from turns import plain, serve

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

RNG = np.random.default_rng(1)
LEVELS = np.arange(256, dtype=np.float32)


def look_up(image: Array, levels: Array) -> Array:
    """Replace each level."""
    return cv2.LUT(image, levels.clip(0, 255).astype(np.uint8))


def random_resized_crop(image: Array) -> Array:
    """Scale a random part."""
    left, top, width, height = random_box(RNG, image.shape[1], image.shape[0])
    part = image[top : top + height, left : left + width]
    return cv2.resize(part, (of.SIDE, of.SIDE), interpolation=cv2.INTER_LINEAR)


def affine(image: Array) -> Array:
    """Turn, enlarge, slant and move, about the centre."""
    height, width = image.shape[:2]
    across, down = np.tan(np.radians(of.SHEAR))
    slant = np.array([[1, across, 0], [down, 1, 0], [0, 0, 1]])
    centre = (width - 1) / 2, (height - 1) / 2
    matrix = cv2.getRotationMatrix2D(centre, -of.ANGLE, of.SCALE) @ slant
    matrix[:, 2] += of.SHIFT
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR)


def rotate(image: Array, flags: int = cv2.INTER_LINEAR) -> Array:
    """Turn about the centre."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), of.ANGLE, 1.0)
    return cv2.warpAffine(image, matrix, (width, height), flags=flags)


def perspective(image: Array) -> Array:
    """Move the corners at random."""
    height, width = image.shape[:2]
    start, end = corners(RNG, width, height)
    matrix = cv2.getPerspectiveTransform(start, end)
    return cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR)


def elastic(image: Array) -> Array:
    """Move pixels by smooth random distances."""
    height, width = image.shape[:2]
    places = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = []
    for place in places:
        field = np.empty((height, width), np.float32)
        cv2.randu(field, -1, 1)
        field = cv2.GaussianBlur(field, (0, 0), of.ELASTIC_SIGMA)
        moved.append(cv2.scaleAdd(field, of.ALPHA, place))
    return cv2.remap(image, *moved, cv2.INTER_LINEAR)


def sharpen(image: Array) -> Array:
    """Move away from a smooth image."""
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
    smooth = cv2.filter2D(image, -1, kernel)
    return cv2.addWeighted(image, of.SHARPNESS, smooth, 1 - of.SHARPNESS, 0)


def contrast(image: Array) -> Array:
    """Move levels away from their mean."""
    mean = cv2.mean(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[0]
    return cv2.addWeighted(image, of.FACTOR, image, 0, (1 - of.FACTOR) * mean)


def saturation(image: Array) -> Array:
    """Move colours away from gray."""
    gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(image, of.FACTOR, gray, 1 - of.FACTOR, 0)


def hue(image: Array) -> Array:
    """Turn the hues."""
    # In 256 steps, so that a sum goes around by itself.
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV_FULL)
    hsv[..., 0] += np.uint8(round(256 / 360 * of.HUE_DEGREES))
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL)


def gray(image: Array) -> Array:
    """Take the colours away."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def equalize(image: Array) -> Array:
    """Equalize each channel."""
    return cv2.merge([cv2.equalizeHist(channel) for channel in cv2.split(image)])


def auto_contrast(image: Array) -> Array:
    """Stretch each channel."""
    tables = np.empty((1, 256, 3), np.uint8)
    for number, channel in enumerate(cv2.split(image)):
        low, high, _, _ = cv2.minMaxLoc(channel)
        stretched = (LEVELS - low) * (255 / max(high - low, 1))
        tables[0, :, number] = stretched.clip(0, 255)
    return cv2.LUT(image, tables)


def clahe(image: Array) -> Array:
    """Equalize the luma in tiles."""
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    luma, red, blue = cv2.split(colours)
    luma = cv2.createCLAHE(of.CLIP, (of.TILES, of.TILES)).apply(luma)
    return cv2.cvtColor(cv2.merge([luma, red, blue]), cv2.COLOR_YCrCb2RGB)


def normalize(image: Array) -> Array:
    """Subtract and multiply whole rows, which NumPy is faster at than OpenCV."""
    height, width, channels = image.shape
    rows = image.reshape(height, -1).astype(np.float32)
    rows -= np.tile(255 * np.float32(of.MEAN), width)
    rows *= np.tile(1 / (255 * np.float32(of.STD)), width)
    return rows.reshape(height, width, channels)


def erase(image: Array) -> Array:
    """Make a random rectangle black."""
    left, top, width, height = erased_box(RNG, image.shape[1], image.shape[0])
    out = image.copy()
    out[top : top + height, left : left + width] = 0
    return out


def noise(image: Array) -> Array:
    """Add normal noise."""
    rows = image.reshape(len(image), -1)
    drawn = np.empty(rows.shape, np.int16)
    cv2.randn(drawn, 0, 255 * of.NOISE)
    return cv2.add(rows, drawn, dtype=cv2.CV_8U).reshape(image.shape)


def jpeg(image: Array) -> Array:
    """Encode and decode."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, of.QUALITY))
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


OPERATIONS = {
    "Identity": lambda image: image.copy(),
    "RandomResizedCrop": random_resized_crop,
    "Resize": lambda image: cv2.resize(image, (of.LARGER, of.LARGER)),
    "Affine": affine,
    "Rotate": rotate,
    "RotateNearest": lambda image: rotate(image, cv2.INTER_NEAREST),
    "Perspective": perspective,
    "HorizontalFlip": lambda image: cv2.flip(image, 1),
    "VerticalFlip": lambda image: cv2.flip(image, 0),
    "Transpose": cv2.transpose,
    "Elastic": elastic,
    "GaussianBlur": lambda image: cv2.GaussianBlur(image, (of.BLUR, of.BLUR), of.SIGMA),
    "MedianBlur": lambda image: cv2.medianBlur(image, of.MEDIAN),
    "AverageFilter": lambda image: cv2.blur(image, (of.BOX, of.BOX)),
    "BilateralFilter": lambda image: cv2.bilateralFilter(
        image, of.DIAMETER, of.COLOR_SIGMA, of.SPACE_SIGMA
    ),
    "Sharpness": sharpen,
    "Brightness": lambda image: cv2.convertScaleAbs(image, alpha=of.FACTOR),
    "Contrast": contrast,
    "Saturation": saturation,
    "Hue": hue,
    "Grayscale": gray,
    "ConvertHSV": lambda image: cv2.cvtColor(image, cv2.COLOR_RGB2HSV),
    "Equalize": equalize,
    "AutoContrast": auto_contrast,
    "Posterize": lambda image: cv2.bitwise_and(image, (256 - 2 ** (8 - of.BITS),) * 4),
    "Solarize": lambda image: look_up(image, np.where(LEVELS < of.THRESHOLD, LEVELS, 255 - LEVELS)),
    "Invert": cv2.bitwise_not,
    "CLAHE": clahe,
    "Normalize": normalize,
    "Erasing": erase,
    "GaussianNoise": noise,
    "JPEG": jpeg,
    "Sobel": lambda image: cv2.Sobel(image, cv2.CV_32F, 1, 0),
    "Laplacian": lambda image: cv2.Laplacian(image, cv2.CV_32F),
    "Canny": lambda image: cv2.Canny(image, *of.CANNY),
    "DistanceTransform": lambda mask: cv2.distanceTransform(
        mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    ),
    "ConnectedComponents": lambda mask: cv2.connectedComponents(mask, ltype=cv2.CV_16U)[1],
}

if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(plain(OPERATIONS), "opencv-python-headless", "numpy")
