"""Expressions for each node of images, with names from node_samples.py.

They make the pictures of docs/gallery/ from photographs, and the samples that test_node_samples.py
compares from images that are made up. A node that is added gets a line here.
"""

from __future__ import annotations

PICTURED: dict[str, tuple[str, ...]] = {
    # Decoding.
    "DecodeImage": ("DecodeImage(file)", 'DecodeImage(file, channels="GRAY")'),
    "DecodePNGPaletteIndices": ("DecodePNGPaletteIndices(palette)",),
    # Types and colours.
    "ConvertDepth": ('ConvertDepth(image, "Float")',),
    "ColorConvert": (
        'ColorConvert(image, "RGB_GRAY")',
        'ColorConvert(image, "RGB_HSV")',
        'ColorConvert(image, "RGB_YCRCB")',
    ),
    "Threshold": ("Threshold(gray, 128)",),
    "Invert": ("Invert(image)",),
    "Equals": ("Equals(Posterize(gray, 2), 64)",),
    # Brightness and colour.
    "AdjustBrightness": ("AdjustBrightness(image, 0.5)", "AdjustBrightness(image, 1.5)"),
    "AdjustContrast": ("AdjustContrast(image, 0.4)", "AdjustContrast(image, 1.8)"),
    "AdjustSaturation": ("AdjustSaturation(image, 0.3)", "AdjustSaturation(image, 2)"),
    "AdjustHue": ("AdjustHue(image, 0.1)", "AdjustHue(image, 0.4)", "AdjustHue(image, -0.3)"),
    "AdjustColors": ("AdjustColors(image, 1.3, 0.7, 1.5, 0.1, [0, 1, 2, 3])",),
    "Grayscale": ("Grayscale(image)", "Grayscale(image, 3)"),
    "Equalize": ("Equalize(image)",),
    "AutoContrast": ("AutoContrast(dull)",),
    "Posterize": ("Posterize(image, 2)", "Posterize(image, 1)"),
    "Solarize": ("Solarize(image, 128)", "Solarize(image, 64)"),
    "Normalize": ("Normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])",),
    # Size and place.
    "Resize": ("Resize(image, 60, 90)", 'Resize(small, 144, 96, "Nearest")'),
    "ImageCrop": ("ImageCrop(image, 36, 0, 72, 80)",),
    "ImageCropSafe": (
        "ImageCropSafe(image, -30, -20, 144, 96)",
        'ImageCropSafe(image, -30, -20, 144, 96, "Reflect")',
    ),
    "ViewImage": (
        "ViewImage(image, AffineView(40, -15, 0.3), 144, 96)",
        'ViewImage(image, ScaleView(0.4, 0.4), 144, 96, "Area", "Wrap")',
    ),
    "Scale": ("Scale(image, 0.5)", 'Scale(small, 2.5, "Cubic")'),
    "Flip": ("Flip(image, True, False)", "Flip(image, False, True)"),
    "MaskBoundingBox": ("MaskBoundingBox(mask)",),
    "ImageRemap": ("ImageRemap(image, columns, rows + Sin(columns / 9) * 6)",),
    "EnsureSize": ("EnsureSize(small, 100, 80)",),
    # Filters.
    "GaussianKernel": ("GaussianKernel(11)",),
    "UniformKernel": ("UniformKernel(11)",),
    "LinearFilter": ("LinearFilter(image, [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])",),
    "GaussianFilter": ("GaussianFilter(image, 11, 11)", "GaussianFilter(image, 21, 1)"),
    "AverageFilter": ("AverageFilter(image, 9, 9)", "AverageFilter(image, 1, 21)"),
    "GaussianBlur": ("GaussianBlur(image, 9)", "GaussianBlur(image, [15, 15], 4)"),
    "AdjustSharpness": ("AdjustSharpness(image, 0)", "AdjustSharpness(image, 5)"),
    "MedianBlur": ("MedianBlur(image, 7)",),
    "BilateralFilter": ("BilateralFilter(image, 15, 150, 6)",),
    "RandomGaussianBlur": ("RandomGaussianBlur(image, 15, (0.1, 4.0))",),
    # Processing.
    "DerivativeX": ("DerivativeX(gray)",),
    "DerivativeY": ("DerivativeY(gray)",),
    "Laplacian": ("Laplacian(gray)",),
    "Edges": ("Edges(image, 100, 200)",),
    "CLAHE": ("CLAHE(image)", "CLAHE(image, 8)"),
    "ImageBlend": ("ImageBlend(image, other, 0.6)",),
    "ImageNormalize": ("ImageNormalize(Grayscale(dull))",),
    "ImageSolarize": ("ImageSolarize(gray, 128)",),
    "ImageDropout": ("ImageDropout(image, 0.05)",),
    "ImageCoarseDropout": ("ImageCoarseDropout(image, 0.3, 0.1)",),
    "ImageCut": ("ImageCut(image, MakeRectangle(40, 8, 102, 60))",),
    "Erase": (
        "Erase(image, MakeRectangle(40, 8, 102, 60), [230, 180, 60])",
        'Erase(image, MakeRectangle(40, 8, 102, 60), "random")',
    ),
    "ErasingRegion": ("ErasingRegion(image, [0.05, 0.3], [0.3, 3.3])",),
    # Augmentation.
    "JPEG": ("JPEG(image, 40)", "JPEG(image, 8)"),
    "ImageBrightness": ("ImageBrightness(image, -60)", "ImageBrightness(image, 60)"),
    "ImagePiecewiseAffine": ("ImagePiecewiseAffine(image, 10)",),
    "ElasticTransform": ("ElasticTransform(image, 150)",),
    "ImageNoise": ("ImageNoise(image, 0.08)", "ImageNoise(image, 0.08, True)"),
    "ColorJitter": ("ColorJitter(image, 0.4, 0.4, 0.4, 0.2)",),
    "RandomErasing": ("RandomErasing(image, 1)",),
    "RandAugment": ("RandAugment(image)",),
    "TrivialAugmentWide": ("TrivialAugmentWide(image)",),
    "AutoAugment": ("AutoAugment(image)",),
    "AugMix": ("AugMix(image, 8)",),
    "MixUpImages": ("MixUpImages(image, other, 0.7)",),
    "CutMixRegion": ("CutMixRegion(image)",),
    "CutMixImages": ("CutMixImages(image, other, [40, 8, 102, 60])",),
    "MixUp": (
        (
            "MixUp(MakeResource(image=image, label=0), MakeResource(image=other, label=1), 1, 2)"
            '["image"]'
        ),
    ),
    "CutMix": (
        (
            "CutMix(MakeResource(image=image, label=0), MakeResource(image=other, label=1), 1, 2)"
            '["image"]'
        ),
    ),
    # Shapes.
    "ConnectedComponents": ("ConnectedComponents(discs)",),
    "DistanceTransform": ("DistanceTransform(mask)",),
    # Noise and masks.
    "GaussianNoise": ("GaussianNoise(72, 48)",),
    "UniformNoise": ("UniformNoise(72, 48)",),
    "BinaryNoise": ("BinaryNoise(72, 48, 0.2)",),
    "LinearImage": ("LinearImage(144, 96, 0, 255)", "LinearImage(144, 96, 0, 255, True)"),
    "PolygonMask": ("PolygonMask(corners, 144, 96)", "PolygonMask(corners, 144, 96, 4)"),
    "PointsMask": ("PointsMask(corners, 144, 96, 8)",),
    # With masks, boxes and points.
    "Affine": ("Affine(sample, 15, (10, 5), 0.8, 10)",),
    "HorizontalFlip": ("HorizontalFlip(sample)",),
    "Perspective": ("Perspective(sample, frame, [[20, 5], [125, 20], [143, 95], [5, 80]])",),
    "RandomAffine": ("RandomAffine(sample, 20, (0.1, 0.1), (0.7, 1.2), 15)",),
    "RandomHorizontalFlip": ("RandomHorizontalFlip(sample)",),
    "RandomPerspective": ("RandomPerspective(sample, 0.5, 1)",),
    "RandomResizedCrop": ("RandomResizedCrop(sample, 144, 96, (0.2, 1.0))",),
    "RandomRotation": ("RandomRotation(sample, 45)",),
    "RandomVerticalFlip": ("RandomVerticalFlip(sample)",),
    "ResourceResize": ("ResourceResize(sample, 80, 90)",),
    "Rotate": ("Rotate(sample, 20)", 'Rotate(sample, 20, border="Reflect")'),
    "SanitizeBoundingBoxes": ("SanitizeBoundingBoxes(sample, 32)",),
    "VerticalFlip": ("VerticalFlip(sample)",),
}

# Those that give numbers, of which docs/gallery/ has no pictures.
NOT_PICTURED: dict[str, tuple[str, ...]] = {
    "ImageWidth": ("ImageWidth(ImageCrop(image, 0, 0, SampleIndex() % 3 + 5, 6))",),
    "ImageHeight": ("ImageHeight(ImageCrop(image, 0, 0, 6, SampleIndex() % 3 + 5))",),
    "ImageChannels": ("ImageChannels(image)", "ImageChannels(gray)"),
    "ImageDepth": ("ImageDepth(image)", 'ImageDepth(ConvertDepth(image, "Float"))'),
    "Moments": ("Moments(mask)",),
    "CropRegion": ("CropRegion(144, 96, SampleIndex() % 3 - 1, 8, 40, 30)",),
    "MixUpShare": ("MixUpShare()", "MixUpShare(0.2)"),
}
