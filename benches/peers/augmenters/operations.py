"""The operations on images that are compared, and their parameters.

Where AlbumentationsX's own benchmark has an operation, so are its parameters, but for those that
differ in what they mean from one library to the next. Factors are those of torchvision.
"""

from __future__ import annotations

from dataclasses import dataclass

SIDE = 224
LARGER = 512
ANGLE = 45.0
# Of the affine map: pixels to the right and down, factor, and degrees along rows and columns.
SHIFT = 50
SCALE = 1.2
SHEAR = (10.0, 15.0)
# Of the random perspective: corners move by up to half of this share of a side.
DISTORTION = 0.2
BLUR, SIGMA = 5, 2.0
MEDIAN = 5
BOX = 7
# Of the bilateral filter: pixels across, and deviations of colours and of places.
DIAMETER, COLOR_SIGMA, SPACE_SIGMA = 9, 75.0, 75.0
JITTER = 0.5
FACTOR = 1.2
HUE_DEGREES = 20
BITS = 4
THRESHOLD = 128
SHARPNESS = 2.0
ERASED = (0.02, 0.33)
ERASED_RATIO = (0.3, 3.3)
CLIP, TILES = 4.0, 8
ALPHA, ELASTIC_SIGMA = 50.0, 5.0
# As a share of white.
NOISE = 0.1
QUALITY = 50
CANNY = (100, 200)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
# Of the random crop.
AREA = (0.08, 1.0)
RATIO = (3 / 4, 4 / 3)


@dataclass(frozen=True)
class Compared:
    """An operation."""

    name: str
    about: str = ""
    # "image", RGB; or "mask", black and white.
    takes: str = "image"


OPERATIONS = (
    Compared("Identity", "no work: what a call costs"),
    Compared("RandomResizedCrop", "224x224, linear"),
    Compared("Resize", "512x512, linear"),
    Compared("Affine", "45 degrees, 50 pixels, 1.2 times, shear 10 and 15 degrees, linear"),
    Compared("Rotate", "45 degrees, linear"),
    Compared("RotateNearest", "45 degrees, nearest pixels"),
    Compared("Perspective", "random, distortion 0.2, linear"),
    Compared("HorizontalFlip"),
    Compared("VerticalFlip"),
    Compared("Transpose"),
    Compared("Elastic", "alpha 50, sigma 5, linear"),
    Compared("GaussianBlur", "5x5, sigma 2"),
    Compared("MedianBlur", "5x5"),
    Compared("AverageFilter", "7x7"),
    Compared("BilateralFilter", "9 pixels, sigmas 75"),
    Compared("Sharpness", "factor 2"),
    Compared("ColorJitter", "all four 0.5"),
    Compared("Brightness", "factor 1.2"),
    Compared("Contrast", "factor 1.2"),
    Compared("Saturation", "factor 1.2"),
    Compared("Hue", "20 degrees"),
    Compared("Grayscale", "three channels"),
    Compared("ConvertHSV", "RGB to HSV"),
    Compared("Equalize", "each channel"),
    Compared("AutoContrast", "each channel"),
    Compared("Posterize", "4 bits"),
    Compared("Solarize", "from 128 on"),
    Compared("Invert"),
    Compared("CLAHE", "limit 4, 8x8 tiles, of the luma"),
    Compared("Normalize", "to float32, ImageNet's mean and deviation"),
    Compared("Erasing", "area 0.02 to 0.33"),
    Compared("GaussianNoise", "sigma 0.1 of white, each channel"),
    Compared("JPEG", "quality 50"),
    Compared("Sobel", "along rows, 3x3, to float32"),
    Compared("Laplacian", "to float32"),
    Compared("Canny", "thresholds 100 and 200"),
    Compared("DistanceTransform", "of a mask, Euclidean", "mask"),
    Compared("ConnectedComponents", "of a mask, 8 neighbours", "mask"),
)
BY_NAME = {one.name: one for one in OPERATIONS}
