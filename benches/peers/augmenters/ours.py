"""imagepipe_rs: a graph stream for each operation, run sample by sample with `Stream.run`.

The images are a list in the graph, and the sample's index says which: a graph of one constant image
would be computed when it is built. So a call also takes the image out of the list and makes an
array of the result, as the row of the identity shows.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import operations as of
from imagepipe_rs import graph as nodes
from turns import Photos, serve

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[Any], Any]


def node(name: str, *given: Any, **named: Any) -> Make:
    """Return what makes a node of an image; looked up when wanted, as a version may lack it."""
    return lambda image: getattr(nodes, name)(image, *given, **named)


NODES: dict[str, Make] = {
    "Identity": lambda image: image,
    "RandomResizedCrop": node("RandomResizedCrop", of.SIDE, of.SIDE, of.AREA, of.RATIO),
    "Resize": node("Resize", of.LARGER, of.LARGER),
    "Affine": node("Affine", of.ANGLE, (of.SHIFT, of.SHIFT), of.SCALE, list(of.SHEAR)),
    "Rotate": node("Rotate", of.ANGLE),
    "RotateNearest": node("Rotate", of.ANGLE, "Nearest"),
    "Perspective": node("RandomPerspective", of.DISTORTION, 1.0),
    "HorizontalFlip": node("HorizontalFlip"),
    "VerticalFlip": node("VerticalFlip"),
    "Transpose": node("Transpose", [1, 0, 2]),
    "Elastic": node("ElasticTransform", alpha=of.ALPHA, sigma=of.ELASTIC_SIGMA),
    "GaussianBlur": node("GaussianBlur", of.BLUR, of.SIGMA),
    "MedianBlur": node("MedianBlur", of.MEDIAN),
    "AverageFilter": node("AverageFilter", of.BOX, of.BOX),
    "BilateralFilter": node("BilateralFilter", of.DIAMETER, of.COLOR_SIGMA, of.SPACE_SIGMA),
    "Sharpness": node("AdjustSharpness", of.SHARPNESS),
    "ColorJitter": node("ColorJitter", of.JITTER, of.JITTER, of.JITTER, of.JITTER),
    "Brightness": node("AdjustBrightness", of.FACTOR),
    "Contrast": node("AdjustContrast", of.FACTOR),
    "Saturation": node("AdjustSaturation", of.FACTOR),
    "Hue": node("AdjustHue", of.HUE_DEGREES / 360),
    "Grayscale": node("Grayscale", 3),
    "ConvertHSV": node("ColorConvert", "RGB_HSV"),
    "Equalize": node("Equalize"),
    "AutoContrast": node("AutoContrast"),
    "Posterize": node("Posterize", of.BITS),
    "Solarize": node("Solarize", of.THRESHOLD),
    "Invert": node("Invert"),
    "CLAHE": node("CLAHE", of.CLIP, of.TILES),
    "Normalize": node("Normalize", list(of.MEAN), list(of.STD)),
    "Erasing": node("RandomErasing", 1.0, of.ERASED, of.ERASED_RATIO),
    "GaussianNoise": node("ImageNoise", of.NOISE, per_channel=True),
    "JPEG": node("JPEG", of.QUALITY),
    "Sobel": node("DerivativeX"),
    "Laplacian": node("Laplacian"),
    "Canny": node("Edges", *of.CANNY),
    "DistanceTransform": node("DistanceTransform"),
    "ConnectedComponents": node("ConnectedComponents"),
}


def runner(photos: Photos, name: str) -> Callable[[int], Any]:
    """Return what makes the result for the image of a number."""
    arrays = photos.arrays[of.BY_NAME[name].takes]

    class Arrays(nodes.ResourceListSource):
        """The images."""

        def load(self) -> dict[str, Any]:
            """Return them."""
            return {"image": arrays}

    with nodes.Graph() as graph:
        image = nodes.GetResource(Arrays(), nodes.SampleIndex())["image"]
        nodes.outputs(NODES[name](image))
    return nodes.Stream(graph, seed=1).run


def makers(photos: Photos) -> dict[str, Callable[[], Callable[[int], Any]]]:
    """Return what builds each stream; its items are the numbers of the images."""
    photos.items = {kind: list(range(len(some))) for kind, some in photos.arrays.items()}
    return {name: functools.partial(runner, photos, name) for name in NODES}


if __name__ == "__main__":
    serve(makers, "imagepipe-rs", "numpy", about=lambda outputs: outputs[0])
