"""Graph streams: a sample described in Python as a graph, run in Rust."""

from __future__ import annotations

from imagepipe_rs.graph import _nodes, types
from imagepipe_rs.graph._affine import (
    Affine,
    RandomAffine,
    RandomRotation,
    Rotate,
)
from imagepipe_rs.graph._bounding_boxes import SanitizeBoundingBoxes
from imagepipe_rs.graph._color_macros import ColorJitter, RandomErasing
from imagepipe_rs.graph._decorators import graph, pipeline
from imagepipe_rs.graph._expression import Expression
from imagepipe_rs.graph._filters import RandomGaussianBlur
from imagepipe_rs.graph._flow import (
    Boolean,
    Float,
    GetRandom,
    Integer,
    RandomBoolean,
    Switch,
    Table,
    Toggle,
)
from imagepipe_rs.graph._foreign import Debug, FileList, PyNode
from imagepipe_rs.graph._geometry import (
    AffineView,
    GetImageProperties,
    RandomPatchView,
    RectangleArea,
    ResizeRectangle,
)
from imagepipe_rs.graph._graph import Graph, Saturate
from imagepipe_rs.graph._image_macros import EnsureSize
from imagepipe_rs.graph._inputs import EnumerationInput, Input, SeedInput
from imagepipe_rs.graph._looking import Profile, ProfileRow, collage
from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._mixing import CutMix, MixUp
from imagepipe_rs.graph._node import Constant, Node, Operand, Operation, RandomSeed
from imagepipe_rs.graph._nodes import *  # noqa: F403
from imagepipe_rs.graph._output import Output, outputs
from imagepipe_rs.graph._patch import ResourceCenter, ResourceView
from imagepipe_rs.graph._perspective import Perspective, RandomPerspective
from imagepipe_rs.graph._placeholders import Reference, Variable
from imagepipe_rs.graph._recipes import (
    HorizontalFlip,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
    ResourceResize,
    VerticalFlip,
)
from imagepipe_rs.graph._resource import (
    AppendField,
    ConditionalResource,
    GetField,
    MakeResource,
)
from imagepipe_rs.graph._resource_nodes import (
    GetLastResource,
    GetResourceListLength,
    ListInterval,
    PermuteResources,
    PermuteResourceSegments,
    RandomResource,
    RandomResourceSegment,
    RepeatResource,
    ResourceSegment,
    SegmentCount,
)
from imagepipe_rs.graph._resource_type import ResourceField
from imagepipe_rs.graph._resources import GetResource
from imagepipe_rs.graph._sources import (
    ImageDirectory,
    ResourceListSource,
    SegmentedResourceListSource,
)
from imagepipe_rs.graph._stream import Stream, load

__all__ = [
    "Affine",
    "AffineView",
    "AppendField",
    "Boolean",
    "ColorJitter",
    "ConditionalResource",
    "Constant",
    "CutMix",
    "Debug",
    "EnsureSize",
    "EnumerationInput",
    "Expression",
    "FileList",
    "Float",
    "GetField",
    "GetImageProperties",
    "GetLastResource",
    "GetRandom",
    "GetResource",
    "GetResourceListLength",
    "Graph",
    "HorizontalFlip",
    "ImageDirectory",
    "Input",
    "Integer",
    "ListInterval",
    "Macro",
    "MakeResource",
    "MixUp",
    "Node",
    "Operand",
    "Operation",
    "Output",
    "PermuteResourceSegments",
    "PermuteResources",
    "Perspective",
    "Profile",
    "ProfileRow",
    "PyNode",
    "RandomAffine",
    "RandomBoolean",
    "RandomErasing",
    "RandomGaussianBlur",
    "RandomHorizontalFlip",
    "RandomPatchView",
    "RandomPerspective",
    "RandomResizedCrop",
    "RandomResource",
    "RandomResourceSegment",
    "RandomRotation",
    "RandomSeed",
    "RandomVerticalFlip",
    "RectangleArea",
    "Reference",
    "RepeatResource",
    "ResizeRectangle",
    "ResourceCenter",
    "ResourceField",
    "ResourceListSource",
    "ResourceResize",
    "ResourceSegment",
    "ResourceView",
    "Rotate",
    "SanitizeBoundingBoxes",
    "Saturate",
    "SeedInput",
    "SegmentCount",
    "SegmentedResourceListSource",
    "Stream",
    "Switch",
    "Table",
    "Toggle",
    "Variable",
    "VerticalFlip",
    "collage",
    "graph",
    "load",
    "outputs",
    "pipeline",
    "types",
]
__all__ += _nodes.__all__
