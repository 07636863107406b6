"""AlbumentationsX: each transform with probability 1."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations
import cv2
import numpy as np
import operations as of
from turns import serve

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH = (1 - of.JITTER, 1 + of.JITTER)
ONCE = {"p": 1.0}
# The name of each transform, and its arguments.
TRANSFORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "Identity": ("NoOp", {}),
    "RandomResizedCrop": (
        "RandomResizedCrop",
        {"size": (of.SIDE, of.SIDE), "scale": of.AREA, "ratio": of.RATIO},
    ),
    "Resize": ("Resize", {"height": of.LARGER, "width": of.LARGER}),
    "Affine": (
        "Affine",
        {
            "rotate": (of.ANGLE, of.ANGLE),
            "translate_px": (of.SHIFT, of.SHIFT),
            "scale": (of.SCALE, of.SCALE),
            "shear": {"x": (of.SHEAR[0],) * 2, "y": (of.SHEAR[1],) * 2},
        },
    ),
    "Rotate": ("Rotate", {"angle_range": (of.ANGLE, of.ANGLE)}),
    "RotateNearest": (
        "Rotate",
        {"angle_range": (of.ANGLE, of.ANGLE), "interpolation": cv2.INTER_NEAREST},
    ),
    "Perspective": ("Perspective", {"scale": (of.DISTORTION / 4, of.DISTORTION / 2)}),
    "HorizontalFlip": ("HorizontalFlip", {}),
    "VerticalFlip": ("VerticalFlip", {}),
    "Transpose": ("Transpose", {}),
    "Elastic": ("ElasticTransform", {"alpha": of.ALPHA, "sigma": of.ELASTIC_SIGMA}),
    "GaussianBlur": (
        "GaussianBlur",
        {"blur_range": (of.BLUR, of.BLUR), "sigma_range": (of.SIGMA, of.SIGMA)},
    ),
    "MedianBlur": ("MedianBlur", {"blur_range": (of.MEDIAN, of.MEDIAN)}),
    "AverageFilter": ("Blur", {"blur_range": (of.BOX, of.BOX)}),
    "Sharpness": ("Sharpen", {"alpha_range": (0.5, 0.5), "kernel_size": 3}),
    "ColorJitter": (
        "ColorJitter",
        {
            "brightness_range": BOTH,
            "contrast_range": BOTH,
            "saturation_range": BOTH,
            "hue_range": (-of.JITTER, of.JITTER),
        },
    ),
    "Brightness": (
        "RandomBrightnessContrast",
        {"brightness_range": (of.FACTOR - 1,) * 2, "contrast_range": (0.0, 0.0)},
    ),
    "Contrast": (
        "RandomBrightnessContrast",
        {"brightness_range": (0.0, 0.0), "contrast_range": (of.FACTOR - 1,) * 2},
    ),
    "Saturation": (
        "ColorJitter",
        {
            "brightness_range": (1.0, 1.0),
            "contrast_range": (1.0, 1.0),
            "saturation_range": (of.FACTOR, of.FACTOR),
            "hue_range": (0.0, 0.0),
        },
    ),
    "Hue": (
        "HueSaturationValue",
        {
            "hue_shift_range": (of.HUE_DEGREES // 2,) * 2,
            "sat_shift_range": (0, 0),
            "val_shift_range": (0, 0),
        },
    ),
    "Grayscale": ("ToGray", {"num_output_channels": 3}),
    "Equalize": ("Equalize", {}),
    "AutoContrast": ("AutoContrast", {"method": "pil"}),
    "Posterize": ("Posterize", {"num_bits": (of.BITS, of.BITS)}),
    "Solarize": ("Solarize", {"threshold_range": (of.THRESHOLD / 255,) * 2}),
    "Invert": ("InvertImg", {}),
    "CLAHE": (
        "CLAHE",
        {"clip_range": (of.CLIP, of.CLIP), "tile_grid_size": (of.TILES, of.TILES)},
    ),
    "Normalize": ("Normalize", {"mean": of.MEAN, "std": of.STD}),
    "Erasing": ("Erasing", {"scale": of.ERASED, "ratio": of.ERASED_RATIO}),
    "GaussianNoise": (
        "GaussNoise",
        {"std_range": (of.NOISE, of.NOISE), "per_channel": True},
    ),
    "JPEG": ("ImageCompression", {"quality_range": (of.QUALITY, of.QUALITY)}),
}


def maker(name: str) -> Callable[[np.ndarray[Any, Any]], Any]:
    """Return what changes an image."""
    kind, arguments = TRANSFORMS[name]
    transform = getattr(albumentations, kind)(**arguments, **ONCE)
    # Some results are views, whose work is done when they are read. Its own benchmark copies, too.
    return lambda image: np.ascontiguousarray(transform(image=image)["image"])


if __name__ == "__main__":
    cv2.setNumThreads(1)
    serve(
        {name: functools.partial(maker, name) for name in TRANSFORMS},
        "albumentationsx",
        "opencv-python-headless",
        "numpy",
    )
