"""torchvision's v2 transforms on uint8 tensors, on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import operations as of
import torch
from torchvision.io import decode_jpeg, encode_jpeg
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional
from turns import plain, serve

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

LINEAR = v2.InterpolationMode.BILINEAR


def tensor(array: Array) -> torch.Tensor:
    """Return an image as a tensor: (channels, height, width)."""
    planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes))


def array(image: torch.Tensor) -> Array:
    """Return a tensor as an image."""
    return image.numpy().transpose(1, 2, 0)


def normalize(image: torch.Tensor) -> torch.Tensor:
    """Convert to floats and normalise."""
    floats = functional.to_dtype(image, torch.float32, scale=True)
    return functional.normalize(floats, of.MEAN, of.STD, inplace=True)


def affine(image: torch.Tensor) -> torch.Tensor:
    """Turn, enlarge, slant and move, about the centre."""
    return functional.affine(
        image, of.ANGLE, [of.SHIFT, of.SHIFT], of.SCALE, list(of.SHEAR), interpolation=LINEAR
    )


OPERATIONS = {
    "Identity": torch.clone,
    "RandomResizedCrop": v2.RandomResizedCrop(of.SIDE, of.AREA, of.RATIO),
    "Resize": v2.Resize((of.LARGER, of.LARGER)),
    "Affine": affine,
    "Rotate": lambda image: functional.rotate(image, of.ANGLE, interpolation=LINEAR),
    "RotateNearest": lambda image: functional.rotate(image, of.ANGLE),
    "Perspective": v2.RandomPerspective(of.DISTORTION, p=1.0),
    "HorizontalFlip": functional.horizontal_flip,
    "VerticalFlip": functional.vertical_flip,
    "Elastic": v2.ElasticTransform(of.ALPHA, of.ELASTIC_SIGMA),
    "GaussianBlur": lambda image: functional.gaussian_blur(image, [of.BLUR] * 2, [of.SIGMA] * 2),
    "Sharpness": lambda image: functional.adjust_sharpness(image, of.SHARPNESS),
    "ColorJitter": v2.ColorJitter(of.JITTER, of.JITTER, of.JITTER, of.JITTER),
    "Brightness": lambda image: functional.adjust_brightness(image, of.FACTOR),
    "Contrast": lambda image: functional.adjust_contrast(image, of.FACTOR),
    "Saturation": lambda image: functional.adjust_saturation(image, of.FACTOR),
    "Hue": lambda image: functional.adjust_hue(image, of.HUE_DEGREES / 360),
    "Grayscale": lambda image: functional.rgb_to_grayscale(image, 3),
    "Equalize": functional.equalize,
    "AutoContrast": functional.autocontrast,
    "Posterize": lambda image: functional.posterize(image, of.BITS),
    "Solarize": lambda image: functional.solarize(image, of.THRESHOLD),
    "Invert": functional.invert,
    "Normalize": normalize,
    "Erasing": v2.RandomErasing(1.0, of.ERASED, of.ERASED_RATIO),
    "GaussianNoise": v2.GaussianNoise(sigma=of.NOISE),
    "JPEG": lambda image: decode_jpeg(encode_jpeg(image, of.QUALITY)),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with torch.inference_mode():
        serve(plain(OPERATIONS), "torchvision", "torch", "numpy", convert=tensor, about=array)
