"""Drawings of a graph as text: DOT, which Graphviz draws, and SVG, which browsers show."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

from imagepipe_rs.graph._boxes import CONSTANT, FUNCTION, OUTPUT
from imagepipe_rs.graph._layout import Edge, laid_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imagepipe_rs.graph._boxes import Box
    from imagepipe_rs.graph._layout import Layout


class _Look(NamedTuple):
    """Colours: for a light background area and border, for a dark one area and border."""

    legend: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


_LOOKS = {
    "graph": _Look("files and samples", "#eceff1", "#78909c", "#37474f", "#90a4ae"),
    "random": _Look("random", "#fff3e0", "#ef8f00", "#5a3d0c", "#ffb74d"),
    "numbers": _Look("numbers", "#e3f2fd", "#4a90d9", "#173a5e", "#64a8e8"),
    "flow": _Look("choices", "#f3e5f5", "#a056b5", "#4a2457", "#c58ad6"),
    "list": _Look("lists", "#e8eaf6", "#6573c3", "#2b3268", "#8f9be0"),
    "tensor": _Look("arrays", "#e0f7fa", "#2fa5b5", "#0d4650", "#4dc4d4"),
    "geometry": _Look("geometry", "#f1f8e9", "#7ca93f", "#35501a", "#a2cf63"),
    "image": _Look("images", "#e8f5e9", "#3f9d52", "#174d25", "#66c27a"),
    FUNCTION: _Look("Python functions", "#fffde7", "#c9a800", "#524705", "#e6cc3e"),
    CONSTANT: _Look("constants", "#fafafa", "#9e9e9e", "#303030", "#8a8a8a"),
    OUTPUT: _Look("outputs", "#455a64", "#263238", "#cfd8dc", "#eceff1"),
}

_FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_TITLE, _TEXT, _SMALL = 13.0, 11.0, 9.5
_BOLD, _PLAIN = 0.7, 0.62  # mean width of a letter, for a font size of 1
_LINE = 15.0
_PADDING = 9.0
_MARGIN = 16.0
_LEAST_WIDTH = 64.0
_BETWEEN_PORTS = 10.0
_LEGEND = 34.0


def _look(family: str) -> str:
    """Return which colours a family has."""
    if family == "numbers.random":
        return "random"
    first = family.partition(".")[0]
    return first if first in _LOOKS else "graph"


def dot(boxes: Sequence[Box]) -> str:
    """Return boxes as DOT."""
    lines = [
        "digraph stream {",
        '  graph [bgcolor="transparent", ordering="in", nodesep=0.3, ranksep=0.5];',
        '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11];',
        '  edge [color="#808080", fontcolor="#808080", fontname="Helvetica", fontsize=9];',
    ]
    for number, box in enumerate(boxes):
        look = _LOOKS[_look(box.family)]
        text = "\n".join([box.title, *box.notes, box.below]).rstrip("\n")
        colours = f'fillcolor="{look.fill}", color="{look.line}"'
        if box.family == OUTPUT:
            colours += ', fontcolor="#ffffff"'
        about = f", tooltip={_quoted(box.about)}" if box.about else ""
        lines.append(f"  n{number} [label={_quoted(text)}, {colours}{about}];")
    for number, box in enumerate(boxes):
        for arrow in box.arrows:
            name = f" [label={_quoted(arrow.parameter)}]" if _names_arrows(box) else ""
            lines.append(f"  n{arrow.box} -> n{number}{name};")
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _names_arrows(box: Box) -> bool:
    """Say whether it must be said which input is which."""
    return len(box.arrows) > 1


class _Measures:
    """How large the parts of a box are."""

    def __init__(self, box: Box) -> None:
        self.ports = [arrow.parameter for arrow in box.arrows] if _names_arrows(box) else []
        widths = [len(name) * _SMALL * _PLAIN + _BETWEEN_PORTS for name in self.ports]
        parts = [
            sum(widths),
            len(box.title) * _TITLE * _BOLD,
            *(len(note) * _TEXT * _PLAIN for note in box.notes),
            len(box.below) * _SMALL * _PLAIN,
        ]
        self.width = round(max(_LEAST_WIDTH, max(parts) + 2 * _PADDING))
        lines = 1 + len(box.notes) + bool(self.ports) + bool(box.below)
        self.height = round(lines * _LINE + _PADDING)
        # The names of the inputs are spread over the whole width.
        spare = (self.width - 2 * _PADDING - sum(widths)) / max(len(widths), 1)
        self.middles, at = [], -self.width / 2 + _PADDING
        for width in widths:
            self.middles.append(at + (width + spare) / 2)
            at += width + spare

    def shift(self, port: int) -> float:
        """Return where an input arrives, to the right of the middle."""
        return self.middles[port] if self.middles else 0.0


def svg(boxes: Sequence[Box]) -> str:
    """Return boxes as SVG, which looks right on light and on dark pages."""
    measures = [_Measures(box) for box in boxes]
    edges = [
        Edge(arrow.box, target, measures[target].shift(port))
        for target, box in enumerate(boxes)
        for port, arrow in enumerate(box.arrows)
    ]
    layout = laid_out([(one.width, one.height) for one in measures], edges)
    looks = [name for name in _LOOKS if any(_look(box.family) == name for box in boxes)]
    legend, least = _legend(looks, layout.height + _LEGEND)
    width = max(layout.width, least) + 2 * _MARGIN
    height = layout.height + _LEGEND + 2 * _MARGIN
    left = _MARGIN + (width - 2 * _MARGIN - layout.width) / 2
    drawn = [
        *_lines(layout),
        *(_box(*one) for one in zip(boxes, measures, layout.boxes, strict=True)),
    ]
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="imagepipe" {size}>',
            _style(looks),
            '<rect class="page" width="100%" height="100%"/>',
            f'<g transform="translate({left:.1f} {_MARGIN})">',
            *drawn,
            "</g>",
            f'<g transform="translate({_MARGIN} {_MARGIN})">',
            *legend,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _style(looks: Iterable[str]) -> str:
    light, dark = [], []
    for name in looks:
        look = _LOOKS[name]
        light.append(f".imagepipe .{name} rect {{fill: {look.fill}; stroke: {look.line}}}")
        dark.append(f".imagepipe .{name} rect {{fill: {look.dark_fill}; stroke: {look.dark_line}}}")
    return "\n".join(
        [
            "<style>",
            f".imagepipe text {{font-family: {_FONT}; text-anchor: middle; fill: #212121}}",
            ".imagepipe .title {font-weight: bold}",
            ".imagepipe .small {fill: #616161}",
            ".imagepipe .legend text {text-anchor: start; fill: #616161}",
            f".imagepipe .{OUTPUT} .title {{fill: #ffffff}}",
            ".imagepipe path {fill: none; stroke: #90a4ae; stroke-width: 1.4}",
            ".imagepipe circle {fill: #90a4ae; stroke: none}",
            ".imagepipe .page {fill: #ffffff}",
            *light,
            "@media (prefers-color-scheme: dark) {",
            ".imagepipe text {fill: #eeeeee}",
            ".imagepipe .small, .imagepipe .legend text {fill: #b0b0b0}",
            f".imagepipe .{OUTPUT} .title {{fill: #102027}}",
            ".imagepipe .page {fill: #1b1b1d}",
            *dark,
            "}",
            "</style>",
        ]
    )


def _lines(layout: Layout) -> Iterable[str]:
    for line in layout.lines:
        (x, y), *rest = line
        parts = [f"M{x:.1f} {y:.1f}"]
        for number, (to_x, to_y) in enumerate(rest):
            if number % 2 == 0:
                half = (y + to_y) / 2
                parts.append(f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}")
            else:
                parts.append(f"V{to_y:.1f}")
            x, y = to_x, to_y
        yield f'<path d="{" ".join(parts)}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>'


def _box(box: Box, measures: _Measures, place: tuple[float, float]) -> str:
    (x, y), middle = place, measures.width / 2
    round_by = measures.height / 2 if box.family == OUTPUT else 7
    parts = [
        f'<g class="{_look(box.family)}" transform="translate({x:.1f} {y:.1f})">',
        f"<title>{escape(box.about)}</title>" if box.about else "",
        f'<rect width="{measures.width}" height="{measures.height}" rx="{round_by:g}"/>',
    ]
    at = _PADDING / 2 - 4
    if measures.ports:
        at += _LINE
        parts += [
            _text(name, middle + shift, at, _SMALL, "small")
            for name, shift in zip(measures.ports, measures.middles, strict=True)
        ]
    written = [(box.title, _TITLE, "title"), *((note, _TEXT, "") for note in box.notes)]
    if box.below:
        written.append((box.below, _SMALL, "small"))
    for text, size, kind in written:
        at += _LINE
        parts.append(_text(text, middle, at, size, kind))
    return "".join([*parts, "</g>"])


def _text(text: str, x: float, y: float, size: float, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" font-size="{size:g}">{escape(text)}</text>'


def _legend(looks: Sequence[str], top: float) -> tuple[list[str], float]:
    """Return the legend and its width."""
    parts, x = [], 0.0
    for name in looks:
        legend = _LOOKS[name].legend
        parts.append(
            f'<g class="{name} legend" transform="translate({x:.1f} {top - 11:.1f})">'
            f'<rect width="12" height="12" rx="3"/>{_text(legend, 17, 10, _TEXT, "")}</g>'
        )
        x += 17 + len(legend) * _TEXT * _PLAIN + 14
    return parts, max(x - 14, 0.0)
