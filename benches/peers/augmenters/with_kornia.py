"""kornia, on batches of one float32 image, on one thread.

Its images are floats from 0 to 1; that they have to be converted is not counted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import kornia
import numpy as np
import operations as of
import torch
from kornia import augmentation, enhance, filters
from turns import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]
    Maker = Callable[[], Callable[[torch.Tensor], Any]]


def tensor(array: Array) -> torch.Tensor:
    """Return an image as a batch: (1, channels, height, width)."""
    planes = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(planes)).float()[None] / 255


def array(batch: Any) -> Array:
    """Return a result as an image."""
    found = batch[0] if isinstance(batch, tuple) else batch
    return found.detach().numpy()[0].transpose(1, 2, 0)


def augmented(name: str, *given: Any, **named: Any) -> Maker:
    """Return what makes a random augmentation with probability 1."""
    return lambda: getattr(augmentation, name)(*given, **named, p=1.0)


def calling(function: Callable[..., Any], *given: Any, **named: Any) -> Maker:
    """Return what makes a call with these arguments after the image."""
    return lambda: lambda image: function(image, *given, **named)


JITTER = (of.JITTER,) * 4
MAKERS: dict[str, Maker] = {
    "Identity": calling(torch.clone),
    "RandomResizedCrop": augmented(
        "RandomResizedCrop", (of.SIDE, of.SIDE), of.AREA, of.RATIO, cropping_mode="slice"
    ),
    "Resize": calling(kornia.geometry.resize, (of.LARGER, of.LARGER)),
    "Affine": augmented(
        "RandomAffine",
        (of.ANGLE, of.ANGLE),
        scale=(of.SCALE, of.SCALE),
        shear=(of.SHEAR[0],) * 2 + (of.SHEAR[1],) * 2,
    ),
    "Rotate": calling(kornia.geometry.rotate, torch.tensor([of.ANGLE])),
    "RotateNearest": calling(kornia.geometry.rotate, torch.tensor([of.ANGLE]), mode="nearest"),
    "Perspective": augmented("RandomPerspective", of.DISTORTION),
    "HorizontalFlip": calling(kornia.geometry.hflip),
    "VerticalFlip": calling(kornia.geometry.vflip),
    "Elastic": augmented("RandomElasticTransform", (41, 41), (of.ELASTIC_SIGMA,) * 2),
    "GaussianBlur": calling(filters.gaussian_blur2d, (of.BLUR,) * 2, (of.SIGMA,) * 2),
    "MedianBlur": calling(filters.median_blur, of.MEDIAN),
    "AverageFilter": calling(filters.box_blur, of.BOX, separable=True),
    "BilateralFilter": calling(
        filters.bilateral_blur, of.DIAMETER, of.COLOR_SIGMA / 255, (of.SPACE_SIGMA,) * 2
    ),
    "Sharpness": calling(enhance.sharpness, of.SHARPNESS),
    "ColorJitter": augmented("ColorJitter", *JITTER),
    "Brightness": calling(enhance.adjust_brightness_accumulative, of.FACTOR),
    "Contrast": calling(enhance.adjust_contrast_with_mean_subtraction, of.FACTOR),
    "Saturation": calling(enhance.adjust_saturation_with_gray_subtraction, of.FACTOR),
    "Hue": calling(enhance.adjust_hue, math.radians(of.HUE_DEGREES)),
    "Grayscale": augmented("RandomGrayscale"),
    "ConvertHSV": calling(kornia.color.rgb_to_hsv),
    "Equalize": calling(enhance.equalize),
    "AutoContrast": augmented("RandomAutoContrast"),
    "Posterize": calling(enhance.posterize, of.BITS),
    "Solarize": calling(enhance.solarize, of.THRESHOLD / 255),
    "Invert": calling(enhance.invert),
    "CLAHE": calling(enhance.equalize_clahe, of.CLIP, (of.TILES, of.TILES)),
    "Normalize": calling(enhance.normalize, torch.tensor(of.MEAN), torch.tensor(of.STD)),
    "Erasing": augmented("RandomErasing", of.ERASED, of.ERASED_RATIO),
    "GaussianNoise": augmented("RandomGaussianNoise", 0.0, of.NOISE),
    "JPEG": augmented("RandomJPEG", (of.QUALITY, of.QUALITY)),
    "Sobel": lambda: lambda image: filters.spatial_gradient(image)[:, :, 0],
    "Laplacian": calling(filters.laplacian, 3),
    "Canny": calling(filters.canny),
    "DistanceTransform": calling(kornia.contrib.distance_transform),
    "ConnectedComponents": calling(kornia.contrib.connected_components),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with torch.inference_mode():
        serve(MAKERS, "kornia", "torch", "numpy", convert=tensor, about=array)
