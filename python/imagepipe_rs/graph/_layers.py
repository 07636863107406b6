"""Boxes that are connected, in layers.

The method is Sugiyama's: boxes get layers, edges that pass a layer get a point in it, the order
within layers is improved until fewer edges cross, and then everything moves to where its edges are
straight.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Pixels between boxes of a layer, between edges that pass it, and between layers.
BESIDE = 28.0
_BESIDE_EDGE = 14.0
_BELOW = 46.0

_ORDERINGS = 24
_PLACINGS = 16
# By how much more an edge is kept straight between points, and at one of its ends, than elsewhere.
_STRAIGHT = 8.0
_STRAIGHT_END = 2.0


class Edge(NamedTuple):
    """A line from a box to one below.

    Attributes:
        source: the upper box, which it leaves in the middle of the lower side.
        target: the lower box.
        shift: where it arrives on the upper side, in pixels to the right of the middle.
    """

    source: int
    target: int
    shift: float


class Layout(NamedTuple):
    """Where everything is, in pixels from the upper left corner of the drawing.

    Attributes:
        boxes: the upper left corner of each box.
        lines: the points of each edge, two for each layer that it passes.
        width: of the drawing.
        height: of the drawing.
    """

    boxes: list[tuple[float, float]]
    lines: list[list[tuple[float, float]]]
    width: float
    height: float


@dataclass
class _Point:
    """A box, or where an edge passes a layer."""

    width: float
    height: float
    layer: int
    is_box: bool = True
    x: float = 0.0  # of the middle
    rank: float = 0.0  # in its layer
    above: list[_Link] = field(default_factory=list)
    below: list[_Link] = field(default_factory=list)


class _Link(NamedTuple):
    """A part of an edge, between neighbouring layers."""

    upper: _Point
    lower: _Point
    shift: float

    @property
    def weight(self) -> float:
        """How much it counts that it is straight."""
        ends = self.upper.is_box + self.lower.is_box
        return (_STRAIGHT, _STRAIGHT_END, 1.0)[ends]


class Plan:
    """The layers of a drawing.

    Args:
        sizes: width and height of each box.
        edges: each from a box to one with a higher number.
    """

    def __init__(self, sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> None:
        """Choose the layers."""
        layers = _layers(len(sizes), edges)
        self.boxes = [
            _Point(width, height, layer)
            for (width, height), layer in zip(sizes, layers, strict=True)
        ]
        self.chains = [self._chain(edge) for edge in edges]
        self.layers: list[list[_Point]] = [[] for _ in range(max(layers, default=-1) + 1)]
        self._collect()

    def _chain(self, edge: Edge) -> list[_Link]:
        """Cut an edge into links."""
        upper, last = self.boxes[edge.source], self.boxes[edge.target]
        links = []
        for layer in range(upper.layer + 1, last.layer + 1):
            is_last = layer == last.layer
            lower = last if is_last else _Point(0.0, 0.0, layer, is_box=False)
            link = _Link(upper, lower, edge.shift if is_last else 0.0)
            upper.below.append(link)
            lower.above.append(link)
            links.append(link)
            upper = lower
        return links

    def _collect(self) -> None:
        """Put all points into their layers: from the lowest boxes up, inputs from left to right."""
        seen: set[int] = set()
        waiting = [box for box in reversed(self.boxes) if not box.below]
        while waiting:
            point = waiting.pop()
            if id(point) in seen:
                continue
            seen.add(id(point))
            self.layers[point.layer].append(point)
            waiting.extend(link.upper for link in reversed(point.above))
        self._number()

    def _number(self) -> None:
        for layer in self.layers:
            for rank, point in enumerate(layer):
                point.rank = rank

    def order(self) -> None:
        """Order the points of each layer so that few edges cross."""
        best, fewest = self._copy(), self._crossings()
        # From one order some crossings stay that do not from the order the other way round.
        for layers in (self._copy(), [layer[::-1] for layer in self.layers]):
            self.layers = layers
            self._number()
            for turn in range(_ORDERINGS):
                if fewest == 0:
                    break
                upward = turn % 2 == 1
                for layer in reversed(self.layers) if upward else self.layers:
                    self._sort(layer, upward=upward)
                if (crossings := self._crossings()) < fewest:
                    best, fewest = self._copy(), crossings
        self.layers = best
        self._number()

    def _copy(self) -> list[list[_Point]]:
        return [list(layer) for layer in self.layers]

    def _sort(self, layer: list[_Point], *, upward: bool) -> None:
        """Sort a layer by the middle of what its points are linked to."""

        def middle(point: _Point) -> float:
            links = point.below if upward else point.above
            if not links:
                return point.rank
            return sum(_end(link) if upward else link.upper.rank for link in links) / len(links)

        layer.sort(key=middle)
        for rank, point in enumerate(layer):
            point.rank = rank

    def _crossings(self) -> int:
        return sum(_inversions(layer) for layer in self.layers)

    def place(self) -> None:
        """Move the points of each layer to where their edges are straight, without overlaps."""
        for layer in self.layers:
            _spread(layer, [0.0] * len(layer), [1.0] * len(layer))
        for turn in range(_PLACINGS):
            is_last = turn == _PLACINGS - 1
            for layer in reversed(self.layers) if turn % 2 == 0 else self.layers:
                links = [_seen(point, turn, both=is_last) for point in layer]
                wanted = [_mean(seen, point.x) for seen, point in zip(links, layer, strict=True)]
                weights = [sum(weight for _, weight in seen) or 0.1 for seen in links]
                _spread(layer, wanted, weights)

    def straighten(self) -> None:
        """Make edges that pass several layers straight there, where nothing is in the way."""
        for chain in sorted(self.chains, key=len, reverse=True):
            points = [link.lower for link in chain[:-1]]
            if not points:
                continue
            bounds = [self._bounds(point) for point in points]
            least = max(left for left, _ in bounds)
            most = min(right for _, right in bounds)
            if least <= most:
                mean = sum(point.x for point in points) / len(points)
                for point in points:
                    point.x = min(max(mean, least), most)

    def _bounds(self, point: _Point) -> tuple[float, float]:
        """Return between where a point may be moved."""
        layer, place = self.layers[point.layer], int(point.rank)
        left, right = -inf, inf
        if place > 0:
            left = layer[place - 1].x + _apart(layer[place - 1], point)
        if place + 1 < len(layer):
            right = layer[place + 1].x - _apart(point, layer[place + 1])
        return left, right

    def layout(self) -> Layout:
        """Return the places of boxes and lines."""
        left = min((box.x - box.width / 2 for layer in self.layers for box in layer), default=0.0)
        right = max((box.x + box.width / 2 for layer in self.layers for box in layer), default=0.0)
        heights = [max(point.height for point in layer) for layer in self.layers]
        tops, bottom = [], 0.0
        for height in heights:
            tops.append(bottom)
            bottom += height + _BELOW

        def top(point: _Point) -> float:
            return tops[point.layer] + (heights[point.layer] - point.height) / 2

        lines = []
        for chain in self.chains:
            first, last = chain[0].upper, chain[-1]
            line = [(first.x - left, top(first) + first.height)]
            for link in chain[:-1]:
                x, begin = link.lower.x - left, tops[link.lower.layer]
                line += [(x, begin), (x, begin + heights[link.lower.layer])]
            line.append((last.lower.x - left + last.shift, top(last.lower)))
            lines.append(line)
        boxes = [(box.x - box.width / 2 - left, top(box)) for box in self.boxes]
        return Layout(boxes, lines, right - left, max(bottom - _BELOW, 0.0))


def _layers(count: int, edges: Iterable[Edge]) -> list[int]:
    """Return the layer of each box: right above the highest box that takes it."""
    up = [0] * count
    for edge in sorted(edges, key=lambda edge: -edge.source):
        up[edge.source] = max(up[edge.source], up[edge.target] + 1)
    highest = max(up, default=0)
    return [highest - one for one in up]


def _end(link: _Link) -> float:
    """Return where a link arrives, as a rank: on its box it counts on which side."""
    return link.lower.rank + link.shift / (link.lower.width + 1) / 2


def _inversions(layer: list[_Point]) -> int:
    """Count the crossings of the links from a layer to the one above."""
    links = sorted((link.upper.rank, _end(link)) for point in layer for link in point.above)
    crossings, passed = 0, list[float]()
    for _, end in links:
        crossings += len(passed) - bisect_right(passed, end)
        insort(passed, end)
    return crossings


def _seen(point: _Point, turn: int, *, both: bool) -> list[tuple[float, float]]:
    """Return where the links of a point want it to be, and how much."""
    down = [(link.lower.x + link.shift, link.weight) for link in point.below]
    up = [(link.upper.x - link.shift, link.weight) for link in point.above]
    if both:
        return down + up
    return (down or up) if turn % 2 == 0 else (up or down)


def _mean(seen: list[tuple[float, float]], otherwise: float) -> float:
    total = sum(weight for _, weight in seen)
    return sum(x * weight for x, weight in seen) / total if total else otherwise


def _apart(left: _Point, right: _Point) -> float:
    """Return how far the middles of neighbours are apart, at least."""
    between = BESIDE if left.is_box and right.is_box else _BESIDE_EDGE
    return (left.width + right.width) / 2 + between


def _spread(layer: list[_Point], wanted: list[float], weights: list[float]) -> None:
    """Move points as near as possible to where they want to be, in their order, without overlap.

    This is isotonic regression: neighbours that are too near become a block, at its mean.
    """
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + _apart(left, right))
    blocks: list[tuple[float, float, int]] = []  # mean, weight, points
    for x, weight, offset in zip(wanted, weights, offsets, strict=False):
        block = (x - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            mean, heavy, points = blocks.pop()
            total = heavy + block[1]
            block = ((mean * heavy + block[0] * block[1]) / total, total, points + block[2])
        blocks.append(block)
    places = [mean for mean, _, points in blocks for _ in range(points)]
    for point, place, offset in zip(layer, places, offsets, strict=False):
        point.x = place + offset
