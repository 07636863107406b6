"""The operations as nodes.

Made by ``_make_nodes.py`` from the table in the compiled module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._node import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagepipe_rs.graph._node import Operand

__all__ = [
    "CLAHE",
    "JPEG",
    "Add",
    "AdjustBrightness",
    "AdjustColors",
    "AdjustContrast",
    "AdjustHue",
    "AdjustSaturation",
    "AdjustSharpness",
    "ArcCos",
    "ArcSin",
    "ArcTan",
    "ArcTan2",
    "AugMix",
    "AutoAugment",
    "AutoContrast",
    "AverageFilter",
    "BilateralFilter",
    "BinaryNoise",
    "Ceil",
    "CenterView",
    "Chain",
    "ColorConvert",
    "Concatenate",
    "Conditional",
    "ConnectedComponents",
    "Convert",
    "ConvertDepth",
    "Cos",
    "CropRegion",
    "CutMixImages",
    "CutMixRegion",
    "DecodeImage",
    "DecodePNGPaletteIndices",
    "DerivativeX",
    "DerivativeY",
    "DistanceTransform",
    "Divide",
    "Edges",
    "ElasticTransform",
    "Equal",
    "Equalize",
    "Equals",
    "Erase",
    "ErasingRegion",
    "Filter",
    "Flip",
    "FlipView",
    "Floor",
    "FocusView",
    "GaussianBlur",
    "GaussianFilter",
    "GaussianKernel",
    "GaussianNoise",
    "GetElement",
    "Grayscale",
    "Greater",
    "GreaterEqual",
    "IdentityView",
    "ImageBlend",
    "ImageBrightness",
    "ImageChannels",
    "ImageCoarseDropout",
    "ImageCrop",
    "ImageCropSafe",
    "ImageCut",
    "ImageDepth",
    "ImageDropout",
    "ImageHeight",
    "ImageNoise",
    "ImageNormalize",
    "ImagePiecewiseAffine",
    "ImageRemap",
    "ImageSolarize",
    "ImageWidth",
    "Invert",
    "Laplacian",
    "Length",
    "LinearFilter",
    "LinearImage",
    "ListAsTable",
    "LoaderImage",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "Lower",
    "LowerEqual",
    "MakeList",
    "MakePoint",
    "MakePoints",
    "MakeRectangle",
    "MaskBoundingBox",
    "Max",
    "Maximum",
    "MedianBlur",
    "Min",
    "Minimum",
    "MixUpImages",
    "MixUpShare",
    "Modulo",
    "Moments",
    "Multiply",
    "Normalize",
    "NotEqual",
    "OneHot",
    "Permutation",
    "Permute",
    "PerspectiveView",
    "PointsBounds",
    "PointsCenter",
    "PointsFromRectangle",
    "PointsMask",
    "PolygonMask",
    "Posterize",
    "Power",
    "RandAugment",
    "RandomCropRegion",
    "RandomIndex",
    "RandomPoints",
    "Range",
    "ReadFile",
    "RegionView",
    "Remap",
    "Repeat",
    "Reshape",
    "Resize",
    "RotateView",
    "Round",
    "SameSize",
    "SampleBernoulli",
    "SampleBinomial",
    "SampleIndex",
    "SampleNormal",
    "SampleUniform",
    "Scale",
    "ScaleView",
    "Sin",
    "Solarize",
    "SquareRoot",
    "Squeeze",
    "Stack",
    "Sublist",
    "Subtract",
    "Tan",
    "Threshold",
    "TranslateView",
    "Transpose",
    "TrivialAugmentWide",
    "UniformKernel",
    "UniformNoise",
    "Unsqueeze",
    "ViewBoxes",
    "ViewImage",
    "ViewPoints",
]


class SampleIndex(Operation):
    """The number of the sample: int64, so that it is negative from 2**63 on."""

    def __init__(self, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("SampleIndex", name=name)


class LoaderImage(Operation):
    """The image of a Loader's sample, in a graph that is its `augment`.

    Cropped, resized and mirrored, uint8 of (height, width, 3), red, green and blue, or
    (height, width) with `channels="GRAY"`.
    """

    def __init__(self, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("LoaderImage", name=name)


class SampleUniform(Operation):
    """A number drawn uniformly from [min, max).

    Args:
        min: the least number.
        max: the bound, which is not reached.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, min: Operand, max: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("SampleUniform", min, max, seed, name=name)


class SampleNormal(Operation):
    """A number drawn from a normal distribution.

    Args:
        mean: its mean.
        sigma: its standard deviation.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        mean: Operand = 0.0,
        sigma: Operand = 1.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("SampleNormal", mean, sigma, seed, name=name)


class SampleBernoulli(Operation):
    """True with a probability.

    Args:
        p: the probability, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(self, p: Operand, seed: Operand | None = None, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("SampleBernoulli", p, seed, name=name)


class SampleBinomial(Operation):
    """How many of some trials succeed.

    Args:
        p: the probability of each, from 0 to 1.
        n: how many trials, from 0 to 1,000,000.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, p: Operand, n: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("SampleBinomial", p, n, seed, name=name)


class RandomIndex(Operation):
    """A whole number from 0 to below a length, each as likely as the others.

    Args:
        length: how many numbers there are, at least 1.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, length: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("RandomIndex", length, seed, name=name)


class Add(Operation):
    """The sum, as in `a + b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
        saturate: whether integers are clipped to the range of their type, not wrapped around.
    """

    def __init__(
        self, a: Operand, b: Operand, saturate: Operand = False, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Add", a, b, saturate, name=name)


class Subtract(Operation):
    """The difference, as in `a - b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
        saturate: whether integers are clipped to the range of their type, not wrapped around.
    """

    def __init__(
        self, a: Operand, b: Operand, saturate: Operand = False, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Subtract", a, b, saturate, name=name)


class Multiply(Operation):
    """The product, as in `a * b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
        saturate: whether integers are clipped to the range of their type, not wrapped around.
    """

    def __init__(
        self, a: Operand, b: Operand, saturate: Operand = False, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Multiply", a, b, saturate, name=name)


class Divide(Operation):
    """The quotient, of integers towards zero, as in `a / b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
        saturate: whether integers are clipped to the range of their type, not wrapped around.
    """

    def __init__(
        self, a: Operand, b: Operand, saturate: Operand = False, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Divide", a, b, saturate, name=name)


class Modulo(Operation):
    """The remainder, with the sign of `a`, as in `a % b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Modulo", a, b, name=name)


class SquareRoot(Operation):
    """The square root.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("SquareRoot", a, name=name)


class Sin(Operation):
    """The sine of an angle in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Sin", a, name=name)


class Cos(Operation):
    """The cosine of an angle in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Cos", a, name=name)


class Tan(Operation):
    """The tangent of an angle in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Tan", a, name=name)


class ArcSin(Operation):
    """The angle with this sine, in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ArcSin", a, name=name)


class ArcCos(Operation):
    """The angle with this cosine, in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ArcCos", a, name=name)


class ArcTan(Operation):
    """The angle with this tangent, in radians.

    Args:
        a: an array of numbers; the result is of floats.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ArcTan", a, name=name)


class ArcTan2(Operation):
    """The angle of the point (b, a), in radians.

    Args:
        a: an array of numbers; the result is of floats.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ArcTan2", a, b, name=name)


class Power(Operation):
    """`a` raised to the power `b`, as in `a ** b`.

    Args:
        a: an array of numbers; the result is of floats.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Power", a, b, name=name)


class Greater(Operation):
    """Whether `a > b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Greater", a, b, name=name)


class GreaterEqual(Operation):
    """Whether `a >= b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("GreaterEqual", a, b, name=name)


class Lower(Operation):
    """Whether `a < b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Lower", a, b, name=name)


class LowerEqual(Operation):
    """Whether `a <= b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("LowerEqual", a, b, name=name)


class Equal(Operation):
    """Whether `a == b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Equal", a, b, name=name)


class NotEqual(Operation):
    """Whether `a != b`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("NotEqual", a, b, name=name)


class Maximum(Operation):
    """The greater of two numbers.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Maximum", a, b, name=name)


class Max(Operation):
    """The greater of two numbers; the same as `Maximum`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Max", a, b, name=name)


class Minimum(Operation):
    """The lower of two numbers.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Minimum", a, b, name=name)


class Min(Operation):
    """The lower of two numbers; the same as `Minimum`.

    Args:
        a: an array of numbers.
        b: another one; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Min", a, b, name=name)


class Round(Operation):
    """The nearest whole number; halves away from 0.

    Args:
        source: an array of numbers, whose type the result has.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Round", source, name=name)


class Floor(Operation):
    """The greatest whole number that is not greater.

    Args:
        source: an array of numbers, whose type the result has.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Floor", source, name=name)


class Ceil(Operation):
    """The least whole number that is not lower.

    Args:
        source: an array of numbers, whose type the result has.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Ceil", source, name=name)


class LogicalAnd(Operation):
    """Whether both hold, as in `a & b`.

    Args:
        a: truth values.
        b: others; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("LogicalAnd", a, b, name=name)


class LogicalOr(Operation):
    """Whether one of two holds, as in `a | b`.

    Args:
        a: truth values.
        b: others; the two are broadcast as NumPy does.
    """

    def __init__(self, a: Operand, b: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("LogicalOr", a, b, name=name)


class LogicalNot(Operation):
    """Whether it does not hold, as in `~a`.

    Args:
        a: truth values.
    """

    def __init__(self, a: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("LogicalNot", a, name=name)


class Conditional(Operation):
    """One of two values; the other one is not computed. Numbers get the wider type of both.

    Args:
        true: what it is if the condition holds.
        false: what it is if not.
        condition: true or false, or a number, which is true unless it is 0.
    """

    def __init__(
        self, true: Operand, false: Operand, condition: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Conditional", true, false, condition, name=name)


class MakeList(Operation):
    """A list of values of any types; of numbers, an array.

    Args:
        inputs: the values.
    """

    def __init__(self, inputs: Sequence[Operand], *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MakeList", *inputs, name=name)


class Length(Operation):
    """How many elements a list has, or an array along its first axis.

    Args:
        parent: a list, or an array along its first axis.
    """

    def __init__(self, parent: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Length", parent, name=name)


class GetElement(Operation):
    """An element of a list, or of an array along its first axis.

    Args:
        parent: a list, or an array along its first axis.
        index: its number, from 0; from the end if negative.
    """

    def __init__(self, parent: Operand, index: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("GetElement", parent, index, name=name)


class Sublist(Operation):
    """The elements from one to another, both included.

    Args:
        parent: a list, or an array along its first axis.
        begin: the number of the first one.
        end: the number of the last one.
    """

    def __init__(
        self, parent: Operand, begin: Operand, end: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Sublist", parent, begin, end, name=name)


class Remap(Operation):
    """The elements with these numbers, in their order.

    Args:
        source: a list, or an array along its first axis.
        indices: numbers of elements, from 0; from the end if negative.
    """

    def __init__(self, source: Operand, indices: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Remap", source, indices, name=name)


class Filter(Operation):
    """The elements for which a truth value holds.

    Args:
        parent: a list, or an array along its first axis.
        filter: a truth value for each element.
    """

    def __init__(self, parent: Operand, filter: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Filter", parent, filter, name=name)


class ListAsTable(Operation):
    """A list as a list of rows of one length.

    Args:
        parent: a list, or an array along its first axis.
        row: how many elements a row has, of which the list has a multiple.
    """

    def __init__(self, parent: Operand, row: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ListAsTable", parent, row, name=name)


class Repeat(Operation):
    """An array or list of one value many times.

    Args:
        source: the value.
        length: how many times, at least once.
    """

    def __init__(self, source: Operand, length: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Repeat", source, length, name=name)


class Concatenate(Operation):
    """Lists, or arrays along their first axis, one after the other.

    Args:
        inputs: the lists, two at least, of the same type.
    """

    def __init__(self, inputs: Sequence[Operand], *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Concatenate", *inputs, name=name)


class Range(Operation):
    """Numbers at equal distances, without the end.

    Args:
        start: the first one.
        end: where they end, which they do not reach.
        length: how many there are.
        round: whether they are truncated to whole numbers.
    """

    def __init__(
        self,
        start: Operand,
        end: Operand,
        length: Operand,
        round: Operand = False,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("Range", start, end, length, round, name=name)


class Permutation(Operation):
    """The numbers below a length, in random order.

    Args:
        length: how many there are.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, length: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Permutation", length, seed, name=name)


class Permute(Operation):
    """The elements in random order.

    Args:
        source: a list, or an array along its first axis.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, source: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Permute", source, seed, name=name)


class Convert(Operation):
    """The same numbers as elements of another type: clipped to its range, then truncated.

    Args:
        source: an array.
        dtype: Boolean, Char (uint8), Short (int16), UnsignedShort (uint16), Integer (int32) or
            Float (float32), their numbers from 0 to 5, or a word as NumPy has it.
    """

    def __init__(
        self, source: Operand, dtype: Operand = "Integer", *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Convert", source, dtype, name=name)


class OneHot(Operation):
    """A vector that is 1 in one place and 0 elsewhere: float32 (num_classes,).

    Args:
        label: the place: a whole number from 0 to num_classes - 1.
        num_classes: how many elements there are.
    """

    def __init__(self, label: Operand, num_classes: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("OneHot", label, num_classes, name=name)


class Stack(Operation):
    """Arrays of one type and shape along a new first axis.

    Args:
        inputs: the arrays, one at least.
    """

    def __init__(self, inputs: Sequence[Operand], *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Stack", *inputs, name=name)


class Reshape(Operation):
    """The same elements in another shape.

    Args:
        source: an array.
        shape: elements along each axis; one of them -1 is what is left.
    """

    def __init__(self, source: Operand, shape: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Reshape", source, shape, name=name)


class Transpose(Operation):
    """The axes in another order.

    Args:
        source: an array.
        axes: the number of each, in the new order.
    """

    def __init__(self, source: Operand, axes: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Transpose", source, axes, name=name)


class Squeeze(Operation):
    """Without the axes that have one element.

    Args:
        source: an array.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Squeeze", source, name=name)


class Unsqueeze(Operation):
    """With another axis, of one element.

    Args:
        source: an array.
        axis: its number among the new axes; from the end if negative.
    """

    def __init__(self, source: Operand, axis: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Unsqueeze", source, axis, name=name)


class PointsBounds(Operation):
    """The least rectangle around points: left, top, right, bottom.

    Args:
        points: points: an array of shape (N, 2), or one point.
    """

    def __init__(self, points: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("PointsBounds", points, name=name)


class PointsCenter(Operation):
    """The mean of points: a point.

    Args:
        source: points: an array of shape (N, 2), or one point.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("PointsCenter", source, name=name)


class MakePoint(Operation):
    """A point of two numbers: float32 (2,).

    Args:
        x: its column.
        y: its row.
    """

    def __init__(self, x: Operand, y: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MakePoint", x, y, name=name)


class MakePoints(Operation):
    """Points of numbers, x and y of each in turn: float32 (N, 2).

    Args:
        inputs: the numbers, or one array of them.
    """

    def __init__(self, inputs: Sequence[Operand], *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MakePoints", *inputs, name=name)


class PointsFromRectangle(Operation):
    """The corners of a rectangle, clockwise from the left of the top: float32 (4, 2).

    Args:
        source: a rectangle: left, top, right, bottom.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("PointsFromRectangle", source, name=name)


class RandomPoints(Operation):
    """Points drawn uniformly from [-1, 1) x [-1, 1): float32 (count, 2).

    Args:
        count: how many.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, count: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("RandomPoints", count, seed, name=name)


class MakeRectangle(Operation):
    """A rectangle of four numbers: float32 (4,).

    Args:
        x1: its left.
        y1: its top.
        x2: its right.
        y2: its bottom.
    """

    def __init__(
        self, x1: Operand, y1: Operand, x2: Operand, y2: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("MakeRectangle", x1, y1, x2, y2, name=name)


class ViewBoxes(Operation):
    """Boxes as they are in a view.

    The bounds of what each covers, which may reach beyond the image.

    Args:
        source: boxes: an array of shape (N, 4), or one box: left, top, right, bottom, between
            pixels, so that (0, 0, 1, 1) is around the upper left one.
        view: the view.
    """

    def __init__(self, source: Operand, view: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ViewBoxes", source, view, name=name)


class RandomCropRegion(Operation):
    """A random part of an image, of whole pixels.

    Its area is uniform, and its aspect ratio in its logarithm. Of ten tries, it is the first
    that fits; else the largest part in the middle whose ratio is allowed.

    Args:
        width: columns of the image.
        height: rows of the image.
        scale: least and greatest share of the area, from 0 to 1.
        ratio: least and greatest ratio of width to height, above 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        scale: Operand,
        ratio: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("RandomCropRegion", width, height, scale, ratio, seed, name=name)


class TranslateView(Operation):
    """A view that is moved.

    Args:
        x: how far to the right.
        y: how far down.
    """

    def __init__(self, x: Operand = 0.0, y: Operand = 0.0, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("TranslateView", x, y, name=name)


class RotateView(Operation):
    """A view that is turned about (0, 0).

    Args:
        angle: by how much, in radians, from x to y.
    """

    def __init__(self, angle: Operand = 0.0, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("RotateView", angle, name=name)


class ScaleView(Operation):
    """A view that is enlarged about (0, 0).

    Args:
        x: by which factor across.
        y: by which factor down.
    """

    def __init__(self, x: Operand = 1.0, y: Operand = 1.0, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ScaleView", x, y, name=name)


class IdentityView(Operation):
    """A view of everything as it is."""

    def __init__(self, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("IdentityView", name=name)


class Chain(Operation):
    """The product of views, from left to right: what the last one does comes first.

    Args:
        inputs: the views.
    """

    def __init__(self, inputs: Sequence[Operand], *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Chain", *inputs, name=name)


class SameSize(Operation):
    """A value, where an image and what belongs to it have the same size. Other samples are errors.

    Args:
        source: the value.
        width: columns of the image.
        height: its rows.
        other_width: columns of the mask, or of whatever belongs to it.
        other_height: its rows.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        other_width: Operand,
        other_height: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("SameSize", source, width, height, other_width, other_height, name=name)


class CenterView(Operation):
    """A view with the center of a rectangle at (0, 0).

    Args:
        source: a rectangle: left, top, right, bottom.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("CenterView", source, name=name)


class FocusView(Operation):
    """A view that is enlarged about (0, 0) so that a rectangle has an area.

    Args:
        source: a rectangle: left, top, right, bottom.
        scale: the area.
    """

    def __init__(self, source: Operand, scale: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("FocusView", source, scale, name=name)


class RegionView(Operation):
    """The view in which a rectangle of whole pixels fills an image.

    Its edges become those of the image, as where ImageCrop and Resize put it.

    Args:
        source: a rectangle: left, top, right, bottom.
        width: columns of the image.
        height: its rows.
    """

    def __init__(
        self, source: Operand, width: Operand, height: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("RegionView", source, width, height, name=name)


class FlipView(Operation):
    """The view in which Flip puts points of an image of a size.

    Args:
        width: columns of the image.
        height: its rows.
        horizontal: whether left and right change places.
        vertical: whether top and bottom change places.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        horizontal: Operand,
        vertical: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("FlipView", width, height, horizontal, vertical, name=name)


class PerspectiveView(Operation):
    """The view that takes each of four points to another.

    Args:
        startpoints: the four points: an array of shape (4, 2).
        endpoints: where each is in the view.
    """

    def __init__(
        self, startpoints: Operand, endpoints: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("PerspectiveView", startpoints, endpoints, name=name)


class ViewPoints(Operation):
    """Where points of the source are in a view.

    Args:
        source: points: an array of shape (N, 2), or one point.
        view: the view.
    """

    def __init__(self, source: Operand, view: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ViewPoints", source, view, name=name)


class ReadFile(Operation):
    """The bytes of a file.

    Args:
        filename: its path.
    """

    def __init__(self, filename: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ReadFile", filename, name=name)


class DecodeImage(Operation):
    """The image in a file's bytes, upright: (height, width, channels), or (height, width) in gray.

    Args:
        buffer: the bytes of a JPEG, PNG, BMP, GIF or WebP file.
        depth: the type of the elements: Char (uint8), Short (int16), UnsignedShort (uint16),
            Integer (int32) or Float (float32), their numbers, or a word as NumPy has it.
        channels: GRAY, RGB or RGBA, or 1, 3 or 4; only PNG has alpha, which is full in other
            images.
        normalize: whether white in the file becomes white: the greatest integer, or 1; otherwise
            numbers are kept, as far as the type has them.
    """

    def __init__(
        self,
        buffer: Operand,
        depth: Operand = "Char",
        channels: Operand = "RGB",
        normalize: Operand = True,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("DecodeImage", buffer, depth, channels, normalize, name=name)


class DecodePNGPaletteIndices(Operation):
    """The indices of the colours of a PNG with a palette, upright: uint8 (height, width).

    Args:
        buffer: the bytes of a PNG file whose pixels are indices of 1, 2, 4 or 8 bits.
    """

    def __init__(self, buffer: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("DecodePNGPaletteIndices", buffer, name=name)


class JPEG(Operation):
    """An image after it was compressed as JPEG and decoded again.

    Baseline, with colours at half the size (4:2:0), as libjpeg-turbo writes and reads it.

    Args:
        source: an image of uint8 with one or three channels: (height, width, channels), or
            (height, width).
        quality: from 1 to 100, on libjpeg's scale.
    """

    def __init__(self, source: Operand, quality: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("JPEG", source, quality, name=name)


class ImageWidth(Operation):
    """The number of columns of an image.

    Args:
        source: an image: (height, width, channels), or (height, width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageWidth", source, name=name)


class ImageHeight(Operation):
    """The number of rows of an image.

    Args:
        source: an image: (height, width, channels), or (height, width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageHeight", source, name=name)


class ImageChannels(Operation):
    """The number of channels of an image.

    Args:
        source: an image: (height, width, channels), or (height, width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageChannels", source, name=name)


class ImageDepth(Operation):
    """The bits of each element of an image.

    Args:
        source: an image: (height, width, channels), or (height, width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageDepth", source, name=name)


class Resize(Operation):
    """An image of another size, as OpenCV resizes it.

    Args:
        source: an image: (height, width, channels), or (height, width).
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        interpolation: Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        interpolation: Operand = "Linear",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("Resize", source, width, height, interpolation, name=name)


class ImageCrop(Operation):
    """The part of an image that a rectangle covers, which may reach beyond it.

    Args:
        source: an image: (height, width, channels), or (height, width).
        x: its left, in pixels; below 0 if it begins left of the image.
        y: its top, in pixels; below 0 if it begins above the image.
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
    """

    def __init__(
        self,
        source: Operand,
        x: Operand,
        y: Operand,
        width: Operand,
        height: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageCrop", source, x, y, width, height, name=name)


class CropRegion(Operation):
    """The rectangle that ImageCrop takes of an image of a size.

    Float32 (4,), left, top, right, bottom.

    Args:
        width: columns of the image.
        height: its rows.
        x: its left, in pixels; below 0 if it begins left of the image.
        y: its top, in pixels; below 0 if it begins above the image.
        crop_width: columns of the rectangle.
        crop_height: its rows.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        x: Operand,
        y: Operand,
        crop_width: Operand,
        crop_height: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("CropRegion", width, height, x, y, crop_width, crop_height, name=name)


class ImageCropSafe(Operation):
    """What a rectangle covers of an image and of what is taken to lie around it.

    Args:
        source: an image: (height, width, channels), or (height, width).
        x: its left, in pixels; below 0 if it begins left of the image.
        y: its top, in pixels; below 0 if it begins above the image.
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        x: Operand,
        y: Operand,
        width: Operand,
        height: Operand,
        border: Operand = "ConstantLow",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageCropSafe", source, x, y, width, height, border, name=name)


class ViewImage(Operation):
    """An image as it is seen in a view.

    Each pixel is what the source has where the view maps it from.

    Args:
        source: an image: (height, width, channels), or (height, width).
        view: a view, which maps points of the source to points of the result.
        width: columns of the result, from 1 to 1,048,576.
        height: rows of the result, from 1 to 1,048,576.
        interpolation: Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        view: Operand,
        width: Operand,
        height: Operand,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ViewImage", source, view, width, height, interpolation, border, name=name)


class GaussianKernel(Operation):
    """A column of Gaussian weights with a sum of 1, as OpenCV makes them if no sigma is given.

    Float32 (size, 1).

    Args:
        size: how many weights, an odd number up to 1023.
    """

    def __init__(self, size: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("GaussianKernel", size, name=name)


class UniformKernel(Operation):
    """A row of equal weights with a sum of 1: float32 (1, size).

    Args:
        size: how many weights, an odd number up to 1023.
    """

    def __init__(self, size: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("UniformKernel", size, name=name)


class LinearFilter(Operation):
    """An image whose pixels are sums of those around each, with weights.

    The correlation with a kernel, which is not mirrored; rounded for integers.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        kernel: the weights: (height, width); that of the pixel itself is in the middle, right and
            below of it if a side is even.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        kernel: Operand,
        border: Operand = "Reflect",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("LinearFilter", source, kernel, border, name=name)


class GaussianFilter(Operation):
    """A smooth image.

    Each pixel is the mean of those around it with the weights of GaussianKernel; rounded for
    integers.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        size_x: how many pixels across count, an odd number up to 1023.
        size_y: how many pixels down count, an odd number up to 1023.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        size_x: Operand,
        size_y: Operand,
        border: Operand = "Reflect",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("GaussianFilter", source, size_x, size_y, border, name=name)


class AverageFilter(Operation):
    """A smooth image: each pixel is the mean of those around it; rounded for integers.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        size_x: how many pixels across count, an odd number up to 1023.
        size_y: how many pixels down count, an odd number up to 1023.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        size_x: Operand,
        size_y: Operand,
        border: Operand = "Reflect",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("AverageFilter", source, size_x, size_y, border, name=name)


class GaussianBlur(Operation):
    """A smooth image, as torchvision's gaussian_blur makes it.

    Means with weights of exp(-0.5 (x / sigma)^2), rounded for integers; around the image is
    its mirror image, in which its edge does not come twice.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        kernel_size: how many pixels across and down count, an odd number up to 1023; or two,
            across and down.
        sigma: the standard deviation in pixels; or two, across and down; 0 for 0.15 * kernel_size
            + 0.35.
    """

    def __init__(
        self,
        source: Operand,
        kernel_size: Operand,
        sigma: Operand = 0.0,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("GaussianBlur", source, kernel_size, sigma, name=name)


class AdjustSharpness(Operation):
    """A sharper or smoother image, as torchvision's adjust_sharpness makes it.

    A blend with a mean over 3x3 pixels in which the middle one counts five times, truncated
    for integers. Pixels at the edge stay as they are.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        factor: 0 for the smooth image, 1 for the image, 2 for twice as sharp.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AdjustSharpness", source, factor, name=name)


class MedianBlur(Operation):
    """The medians of the pixels around each, channel by channel. Edge pixels surround the image.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        size: how many pixels across and down count, an odd number up to 1023.
    """

    def __init__(self, source: Operand, size: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MedianBlur", source, size, name=name)


class BilateralFilter(Operation):
    """An image that is smooth but for its edges.

    Means of the pixels around each, those that are near and alike counting most; rounded for
    integers. Around the image is its mirror image, in which its edge does not come twice.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        diameter: how many pixels across and down count; 0 or less for three times sigma_space.
        sigma_color: the standard deviation of the Gaussian of differences, which are added over
            the channels, in units of the elements.
        sigma_space: the standard deviation of the Gaussian of distances, in pixels.
    """

    def __init__(
        self,
        source: Operand,
        diameter: Operand,
        sigma_color: Operand,
        sigma_space: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("BilateralFilter", source, diameter, sigma_color, sigma_space, name=name)


class DerivativeX(Operation):
    """The derivative of an image along its rows.

    Sobel's, [-1 0 1; -2 0 2; -1 0 1], float32; around the image is its mirror image, in which
    its edge does not come twice.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("DerivativeX", source, name=name)


class DerivativeY(Operation):
    """The derivative of an image along its columns.

    Sobel's, [-1 -2 -1; 0 0 0; 1 2 1], float32; around the image is its mirror image, in which
    its edge does not come twice.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("DerivativeY", source, name=name)


class Laplacian(Operation):
    """The sum of the second derivatives of an image along both axes.

    [0 1 0; 1 -4 1; 0 1 0], float32; around the image is its mirror image, in which its edge
    does not come twice.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Laplacian", source, name=name)


class Edges(Operation):
    """A mask of an image's edges, as OpenCV's Canny finds them.

    Uint8, 255 or 0, of one channel. Gradients are Sobel's; of several channels, the one with
    the greatest counts.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        threshold1: one of two sizes of gradients, which are sums of those along both axes: edges
            are above the lower one.
        threshold2: the other: above the greater one is some part of each edge.
    """

    def __init__(
        self,
        source: Operand,
        threshold1: Operand = 0.0,
        threshold2: Operand = 100.0,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("Edges", source, threshold1, threshold2, name=name)


class CLAHE(Operation):
    """An image with more local contrast.

    Contrast limited adaptive histogram equalisation, as OpenCV's createCLAHE does it to images
    of one channel. In others, the luma of the first three channels (YCrCb's) is equalised, and
    its change is added to each of the three. Elements of float32 are from 0 to 1.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        clip_limit: how much more often than on average a level may come before what is beyond is
            spread over all; 0 for no limit.
        tiles: into how many parts, each with a histogram, rows and columns are divided, 1 to 32;
            or two numbers, across and down.
    """

    def __init__(
        self,
        source: Operand,
        clip_limit: Operand = 2.0,
        tiles: Operand = 8,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("CLAHE", source, clip_limit, tiles, name=name)


class ConvertDepth(Operation):
    """An image with elements of another type.

    Black stays 0, and white is the greatest integer or 1. Levels are rounded, and clipped to
    the range of the type.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        depth: Char (uint8), Short (int16), UnsignedShort (uint16) or Float (float32).
    """

    def __init__(self, source: Operand, depth: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ConvertDepth", source, depth, name=name)


class ColorConvert(Operation):
    """An image in another colour model.

    As OpenCV converts it. Hues are in steps of two degrees in uint8, in degrees in float32,
    and from 0 to white in 16 bits. Gray images are (height, width).

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        convert: RGB_GRAY, GRAY_RGB, RGB_HSV, HSV_RGB, RGB_YCRCB or YCRCB_RGB, or their numbers
            from 0.
    """

    def __init__(self, source: Operand, convert: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ColorConvert", source, convert, name=name)


class Threshold(Operation):
    """White where levels are above a threshold, and black elsewhere.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        threshold: the threshold, in units of the elements.
    """

    def __init__(self, source: Operand, threshold: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Threshold", source, threshold, name=name)


class Invert(Operation):
    """The negative of an image: white less each level; integers below black become white.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Invert", source, name=name)


class Equals(Operation):
    """A mask of uint8: 255 where elements are equal to a value, and 0 elsewhere.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        value: the value, in units of the elements.
    """

    def __init__(self, source: Operand, value: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Equals", source, value, name=name)


class ImageBlend(Operation):
    """A weighted sum of two images.

    A * alpha + b * (1 - alpha), rounded and clipped if it is of integers.

    Args:
        a: an image of uint8, int16, uint16 or float32.
        b: an image of the same type and shape.
        alpha: the share of the first, usually from 0 to 1.
    """

    def __init__(self, a: Operand, b: Operand, alpha: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageBlend", a, b, alpha, name=name)


class ImageNormalize(Operation):
    """An image of one channel from black to white.

    Its least level becomes black and its greatest white. One of a single level becomes black.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageNormalize", source, name=name)


class ImageSolarize(Operation):
    """An image whose levels above a threshold are inverted: white less each of them.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        threshold: the threshold, in units of the elements.
    """

    def __init__(self, source: Operand, threshold: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageSolarize", source, threshold, name=name)


class ImageBrightness(Operation):
    """A brighter or darker image.

    Args:
        source: an image of any type.
        amount: what is added to its elements, in their units; rounded for integers, which are
            clipped.
    """

    def __init__(self, source: Operand, amount: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageBrightness", source, amount, name=name)


class ImageDropout(Operation):
    """An image whose pixels are each made black with a probability.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        probability: the probability, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        probability: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageDropout", source, probability, seed, name=name)


class ImageCoarseDropout(Operation):
    """An image that is divided into patches, each of which is made black with a probability.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        probability: the probability, from 0 to 1.
        size: width and height of a patch as shares of the image's, from 0 to 1: whole pixels, one
            at least.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        probability: Operand,
        size: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageCoarseDropout", source, probability, size, seed, name=name)


class ImageCut(Operation):
    """An image with black in a region.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        region: a rectangle: left, top, right and bottom, which are cut to whole numbers; the last
            two are beyond it.
    """

    def __init__(self, source: Operand, region: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ImageCut", source, region, name=name)


class Erase(Operation):
    """An image with a value in a region.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        region: a rectangle: left, top, right and bottom, which are cut to whole numbers; the last
            two are beyond it.
        value: a number, one for each channel, or "random": numbers of the standard normal
            distribution in float32, and any levels in integers.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        region: Operand,
        value: Operand = 0.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("Erase", source, region, value, seed, name=name)


class ErasingRegion(Operation):
    """A random rectangle in an image.

    Float32 (4,), left, top, right, bottom, as torchvision's `RandomErasing` draws it. It is
    empty if none of ten rectangles lies within the image.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        scale: the least and the greatest area, as shares of the image's, from 0 to 1.
        ratio: the least and the greatest ratio of height to width, above 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        scale: Operand,
        ratio: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ErasingRegion", source, scale, ratio, seed, name=name)


class AdjustBrightness(Operation):
    """An image whose levels are multiplied, as torchvision's `adjust_brightness` does it.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        factor: the factor, from 0, which gives black; 1 changes nothing.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AdjustBrightness", source, factor, name=name)


class AdjustContrast(Operation):
    """An image of more or less contrast.

    As torchvision's `adjust_contrast`, which blends it with the mean of the gray image.

    Args:
        source: an image of one channel or of red, green and blue: uint8, int16, uint16 or float32.
        factor: by what differences from the mean are multiplied, from 0.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AdjustContrast", source, factor, name=name)


class AdjustSaturation(Operation):
    """An image of more or less colour.

    As torchvision's `adjust_saturation`, which blends it with the gray image.

    Args:
        source: an image of one channel or of red, green and blue: uint8, int16, uint16 or float32.
        factor: by what differences from gray are multiplied, from 0.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AdjustSaturation", source, factor, name=name)


class AdjustHue(Operation):
    """An image whose hues are shifted, as torchvision's `adjust_hue` does it.

    Args:
        source: an image of one channel or of red, green and blue: uint8, int16, uint16 or float32.
        factor: how far, as a share of the circle: -0.5 to 0.5.
    """

    def __init__(self, source: Operand, factor: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AdjustHue", source, factor, name=name)


class AdjustColors(Operation):
    """An image with other brightness, contrast, saturation and hue.

    Adjusted one after the other, in an order. A factor of 1, and a hue of 0, are left out.

    Args:
        source: an image of one channel or of red, green and blue: uint8, int16, uint16 or float32.
        brightness: the factor of AdjustBrightness, from 0.
        contrast: the factor of AdjustContrast, from 0.
        saturation: the factor of AdjustSaturation, from 0.
        hue: the factor of AdjustHue, from -0.5 to 0.5.
        order: the numbers 0 to 3, which stand for the four factors, in any order.
    """

    def __init__(
        self,
        source: Operand,
        brightness: Operand,
        contrast: Operand,
        saturation: Operand,
        hue: Operand,
        order: Operand,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__(
            "AdjustColors", source, brightness, contrast, saturation, hue, order, name=name
        )


class Grayscale(Operation):
    """A gray image.

    As torchvision's `rgb_to_grayscale` has it, 0.2989 of red, 0.587 of green and 0.114 of
    blue, without the fraction if it is of integers.

    Args:
        source: an image of one channel or of red, green and blue: uint8, int16, uint16 or float32.
        channels: how many channels it gets, all equal: 1 or 3.
    """

    def __init__(self, source: Operand, channels: Operand = 1, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Grayscale", source, channels, name=name)


class Equalize(Operation):
    """An image with about as many pixels of each level.

    As torchvision and Pillow equalize each channel by itself.

    Args:
        source: an image of uint8.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Equalize", source, name=name)


class AutoContrast(Operation):
    """An image with every channel from black to white.

    As torchvision's `autocontrast`. A channel of one level stays what it is.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("AutoContrast", source, name=name)


class Posterize(Operation):
    """An image of fewer levels.

    The highest bits alone, as torchvision's `posterize`. float32 has as many levels as there
    are of so many bits.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        bits: how many bits, from 0 to 8.
    """

    def __init__(self, source: Operand, bits: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Posterize", source, bits, name=name)


class Solarize(Operation):
    """An image whose levels from a threshold on are inverted: as torchvision's `solarize`.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        threshold: the least level that is inverted, in units of the elements.
    """

    def __init__(self, source: Operand, threshold: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Solarize", source, threshold, name=name)


class Normalize(Operation):
    """An image as float32: levels from 0 to 1, less a mean, and divided by a deviation.

    Args:
        source: an image of uint8, int16, uint16 or float32: (height, width, channels), or (height,
            width).
        mean: the mean, of levels from 0 to 1, or one for each channel.
        std: the standard deviation of the same, or one for each channel; not 0.
    """

    def __init__(
        self, source: Operand, mean: Operand, std: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Normalize", source, mean, std, name=name)


class Scale(Operation):
    """An image that is enlarged by a factor, as Resize does it.

    Args:
        source: an image: (height, width, channels), or (height, width).
        scale: the factor of both sides, above 0; they are rounded to whole pixels, of ties to the
            even number, and are 1 at least.
        interpolation: Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        scale: Operand,
        interpolation: Operand = "Linear",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("Scale", source, scale, interpolation, name=name)


class Flip(Operation):
    """The mirror image: left and right change places, or top and bottom, or both.

    Args:
        source: an image: (height, width, channels), or (height, width).
        horizontal: whether left and right change places.
        vertical: whether top and bottom change places.
    """

    def __init__(
        self, source: Operand, horizontal: Operand, vertical: Operand, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("Flip", source, horizontal, vertical, name=name)


class MaskBoundingBox(Operation):
    """The least rectangle that holds all pixels of an image that are not zero.

    Left and top are those of its first pixel, right and bottom are one beyond its last. It is
    the whole image if all are zero.

    Args:
        source: an image: (height, width, channels), or (height, width).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MaskBoundingBox", source, name=name)


class ImageRemap(Operation):
    """An image each pixel of which is what the source has at a place of its own.

    Args:
        source: an image: (height, width, channels), or (height, width).
        x: the column of each pixel in the source: an array of (height, width) of the result.
        y: the row of each, an array of the same shape.
        interpolation: Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
    """

    def __init__(
        self,
        source: Operand,
        x: Operand,
        y: Operand,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageRemap", source, x, y, interpolation, border, name=name)


class ImagePiecewiseAffine(Operation):
    """An image bent at random.

    The pixels of a lattice over all of it are moved, and those between them by bilinear
    interpolation; what lies around the image is black.

    Args:
        source: an image: (height, width, channels), or (height, width).
        amount: the most that a point of the lattice moves across and down, in pixels: uniformly
            from -amount to amount.
        subdivision: points of the lattice along each side, from 2 to 256.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        amount: Operand,
        subdivision: Operand = 4,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImagePiecewiseAffine", source, amount, subdivision, seed, name=name)


class ElasticTransform(Operation):
    """An image bent at random, as torchvision's ElasticTransform does it.

    Each pixel moves by a random number from -1 to 1, smoothed, times alpha: by alpha / 2 *
    width / height pixels across, and alpha / 2 * height / width down.

    Args:
        source: an image: (height, width, channels), or (height, width).
        alpha: how far pixels move: from -1,000,000 to 1,000,000.
        sigma: standard deviation of the Gaussian that smooths, in pixels, from 0 to 256.
        interpolation: Nearest, Linear, Area, Cubic or Lanczos, or their numbers from 0.
        border: what is taken to lie around the image: ConstantHigh, ConstantLow, Replicate,
            Reflect or Wrap, or their numbers from 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        alpha: Operand = 50.0,
        sigma: Operand = 5.0,
        interpolation: Operand = "Linear",
        border: Operand = "ConstantLow",
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__(
            "ElasticTransform", source, alpha, sigma, interpolation, border, seed, name=name
        )


class GaussianNoise(Operation):
    """An image of numbers drawn from a normal distribution: float32 (height, width).

    Args:
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        mean: their mean.
        std: their standard deviation, from 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        mean: Operand = 0.0,
        std: Operand = 1.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("GaussianNoise", width, height, mean, std, seed, name=name)


class UniformNoise(Operation):
    """An image of numbers drawn uniformly from [min, max): float32 (height, width).

    Args:
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        min: the least number.
        max: the bound, which is not reached.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        min: Operand = 0.0,
        max: Operand = 1.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("UniformNoise", width, height, min, max, seed, name=name)


class BinaryNoise(Operation):
    """A black image with exactly a share of white pixels, at random places.

    Their number is rounded, and each choice of them is as likely as another; uint8 (height,
    width).

    Args:
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        positive: the share that is white, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        positive: Operand = 0.5,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("BinaryNoise", width, height, positive, seed, name=name)


class ImageNoise(Operation):
    """An image with normally distributed noise added.

    Numbers with mean 0, those of GaussianNoise for the same seed; for integers they are
    rounded, and the sums are clipped.

    Args:
        source: an image: (height, width, channels), or (height, width).
        amount: the standard deviation, from 0, as a share of white: of 255 for uint8, of 1 for
            float32.
        per_channel: whether each channel of a pixel gets a number of its own; otherwise all get
            the same, so that colours only become brighter or darker.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        amount: Operand,
        per_channel: Operand = False,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("ImageNoise", source, amount, per_channel, seed, name=name)


class RandAugment(Operation):
    """An image changed by operations drawn from 14 with equal probability, all of one strength.

    As torchvision's RandAugment does it.

    Args:
        source: an image of uint8: of one channel, or of red, green and blue.
        num_ops: how many operations, 1 to 16.
        magnitude: how strong they are, from 0 to num_magnitude_bins - 1.
        num_magnitude_bins: how many strengths there are, 2 to 1000.
        interpolation: what pixels are made of where the image is sheared, shifted or rotated:
            Nearest or Linear.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or red, green and
            blue, of which gray images take the first.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        num_ops: Operand = 2,
        magnitude: Operand = 9,
        num_magnitude_bins: Operand = 31,
        interpolation: Operand = "Nearest",
        fill: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__(
            "RandAugment",
            source,
            num_ops,
            magnitude,
            num_magnitude_bins,
            interpolation,
            fill,
            seed,
            name=name,
        )


class TrivialAugmentWide(Operation):
    """An image changed by one operation drawn from 14 with equal probability, of any strength.

    As torchvision's TrivialAugmentWide does it.

    Args:
        source: an image of uint8: of one channel, or of red, green and blue.
        num_magnitude_bins: how many strengths there are, 2 to 1000.
        interpolation: what pixels are made of where the image is sheared, shifted or rotated:
            Nearest or Linear.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or red, green and
            blue, of which gray images take the first.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        num_magnitude_bins: Operand = 31,
        interpolation: Operand = "Nearest",
        fill: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__(
            "TrivialAugmentWide", source, num_magnitude_bins, interpolation, fill, seed, name=name
        )


class AutoAugment(Operation):
    """An image changed by one of 25 pairs of operations, each with its strength and probability.

    As torchvision's AutoAugment does it.

    Args:
        source: an image of uint8: of one channel, or of red, green and blue.
        policy: the dataset that the pairs were found on: imagenet, cifar10 or svhn.
        interpolation: what pixels are made of where the image is sheared, shifted or rotated:
            Nearest or Linear.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or red, green and
            blue, of which gray images take the first.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        policy: Operand = "imagenet",
        interpolation: Operand = "Nearest",
        fill: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("AutoAugment", source, policy, interpolation, fill, seed, name=name)


class AugMix(Operation):
    """An image mixed with the results of short chains of operations on it.

    As torchvision's AugMix does it.

    Args:
        source: an image of uint8: of one channel, or of red, green and blue.
        severity: how strong operations are, 1 to 10: strengths are drawn from that many of ten
            levels, the weakest first.
        mixture_width: how many chains there are, 1 to 16.
        chain_depth: how many operations a chain has, 1 to 16; -1 for 1, 2 or 3, drawn anew for
            each chain.
        alpha: the parameter of the Beta and Dirichlet distributions that weights are drawn from,
            above 0.
        all_ops: whether there are also operations that change brightness, contrast, colour and
            sharpness.
        interpolation: what pixels are made of where the image is sheared, shifted or rotated:
            Nearest or Linear.
        fill: the colour that surrounds the moved image, 0 to 255: a number, or red, green and
            blue, of which gray images take the first.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        severity: Operand = 3,
        mixture_width: Operand = 3,
        chain_depth: Operand = -1,
        alpha: Operand = 1.0,
        all_ops: Operand = True,
        interpolation: Operand = "Linear",
        fill: Operand = 0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__(
            "AugMix",
            source,
            severity,
            mixture_width,
            chain_depth,
            alpha,
            all_ops,
            interpolation,
            fill,
            seed,
            name=name,
        )


class MixUpShare(Operation):
    """The share of the first of two images in their sum, drawn from Beta(alpha, alpha).

    As torchvision's `MixUp` draws it, to the nearest multiple of 2^-16.

    Args:
        alpha: the parameter of the distribution Beta(alpha, alpha), above 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, alpha: Operand = 1.0, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Make the node."""
        super().__init__("MixUpShare", alpha, seed, name=name)


class MixUpImages(Operation):
    """The weighted sum of two images.

    A * share + b * (1 - share), of bytes to the nearest, half a level up.

    Args:
        a: an image of uint8 or float32.
        b: an image of the same type and shape.
        share: the share of the first, from 0 to 1.
    """

    def __init__(self, a: Operand, b: Operand, share: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("MixUpImages", a, b, share, name=name)


class CutMixRegion(Operation):
    """A random rectangle in an image.

    Float32 (4,), left, top, right, bottom. Its middle is anywhere, and its share of the area
    is 1 less a number of Beta(alpha, alpha), where it is not cut off by an edge, as
    torchvision's `CutMix` draws it.

    Args:
        source: the image, of any type.
        alpha: the parameter of the distribution Beta(alpha, alpha), above 0.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self,
        source: Operand,
        alpha: Operand = 1.0,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("CutMixRegion", source, alpha, seed, name=name)


class CutMixImages(Operation):
    """The first of two images, with what the second one has in a region.

    Args:
        a: an image of uint8 or float32.
        b: an image of the same type and shape.
        region: a rectangle: left, top, right and bottom, which are cut to whole numbers; the last
            two are beyond it.
    """

    def __init__(self, a: Operand, b: Operand, region: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("CutMixImages", a, b, region, name=name)


class LinearImage(Operation):
    """An image whose elements grow evenly from the left to the right: float32 (height, width).

    Args:
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        min: the elements of the first column.
        max: the elements of the last column, if there is more than one.
        flip: whether they grow from the top to the bottom.
    """

    def __init__(
        self,
        width: Operand,
        height: Operand,
        min: Operand,
        max: Operand,
        flip: Operand = False,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("LinearImage", width, height, min, max, flip, name=name)


class PolygonMask(Operation):
    """An image that is white where a polygon is, and black elsewhere: uint8 (height, width).

    Args:
        source: its corners, rounded to whole pixels: points, an array of shape (N, 2).
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        thickness: 0 for the polygon with what is inside, or 1 for lines of single pixels, or up to
            1024 for sides that reach half of it, rounded up, to either side.
    """

    def __init__(
        self,
        source: Operand,
        width: Operand,
        height: Operand,
        thickness: Operand = 0,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("PolygonMask", source, width, height, thickness, name=name)


class PointsMask(Operation):
    """An image that is white in discs about points, and black elsewhere: uint8 (height, width).

    Args:
        points: their middles, rounded to whole pixels: points, an array of shape (N, 2).
        width: its columns, from 1 to 1,048,576.
        height: its rows, from 1 to 1,048,576.
        size: their radius, from 0, for single pixels, to 1048576.
    """

    def __init__(
        self,
        points: Operand,
        width: Operand,
        height: Operand,
        size: Operand = 1,
        *,
        name: str | None = None,
    ) -> None:
        """Make the node."""
        super().__init__("PointsMask", points, width, height, size, name=name)


class Moments(Operation):
    """The raw moments of the pixels of each value that an image has, the least value first.

    Float64 (values, 10), of each m00, m10, m01, m20, m11, m02, m30, m21, m12 and m03, where
    mij is the sum of x**i * y**j.

    Args:
        source: an image of whole numbers, or of truth values: (height, width), or (height, width,
            1).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("Moments", source, name=name)


class ConnectedComponents(Operation):
    """Which of the connected parts of a mask each pixel is in.

    A number from 1 in the order of their first pixels, and 0 for pixels that are 0; uint16, as
    large as the mask. Pixels that touch with a side or a corner are connected.

    Args:
        source: a mask of any type, of which it matters which elements are 0: (height, width), or
            (height, width, 1).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("ConnectedComponents", source, name=name)


class DistanceTransform(Operation):
    """How far each pixel is from the nearest one that is 0.

    In pixels between their middles, exactly, and infinite if there is none; float32, as large
    as the mask.

    Args:
        source: a mask of any type, of which it matters which elements are 0: (height, width), or
            (height, width, 1).
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Make the node."""
        super().__init__("DistanceTransform", source, name=name)
