"""Where the boxes of a drawing go: in layers, each box below what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._layers import BESIDE, Edge, Layout, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence


def laid_out(sizes: Sequence[tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Return where boxes and edges go.

    Args:
        sizes: width and height of each box.
        edges: each from a box to one with a higher number.
    """
    parts = [_part(sizes, edges, members) for members in _connected(len(sizes), edges)]
    height = max((part.height for _, _, part in parts), default=0.0)
    boxes, lines = [(0.0, 0.0)] * len(sizes), [list[tuple[float, float]]()] * len(edges)
    left = 0.0
    for members, own, part in parts:
        down = height - part.height
        for member, (x, y) in zip(members, part.boxes, strict=True):
            boxes[member] = (x + left, y + down)
        for edge, line in zip(own, part.lines, strict=True):
            lines[edge] = [(x + left, y + down) for x, y in line]
        left += part.width + BESIDE
    return Layout(boxes, lines, max(left - BESIDE, 0.0), height)


def _connected(count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """Return the boxes that are connected, as lists in order."""
    names = list(range(count))
    for edge in edges:
        one, other = sorted((names[edge.source], names[edge.target]))
        if one != other:
            names = [one if name == other else name for name in names]
    found: dict[int, list[int]] = {}
    for box, name in enumerate(names):
        found.setdefault(name, []).append(box)
    # From left to right as their last boxes come: those are the outputs.
    return sorted(found.values(), key=max)


def _part(
    sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], members: list[int]
) -> tuple[list[int], list[int], Layout]:
    """Return connected boxes, their edges, and where both go."""
    places = {member: place for place, member in enumerate(members)}
    own = [number for number, edge in enumerate(edges) if edge.target in places]
    chosen = [edges[number] for number in own]
    plan = Plan(
        [sizes[member] for member in members],
        [Edge(places[edge.source], places[edge.target], edge.shift) for edge in chosen],
    )
    plan.order()
    plan.place()
    plan.straighten()
    return members, own, plan.layout()


__all__ = ["Edge", "Layout", "laid_out"]
