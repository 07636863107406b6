"""Cases of macros, and of nodes that stand for values and functions of the user's own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from imagepipe_rs.graph import (
    Constant,
    Convert,
    Operation,
    RandomSeed,
    SampleIndex,
    SampleUniform,
    types,
)
from node_cases import Values, case, evenly, shared

if TYPE_CHECKING:
    from pathlib import Path

FLOATS = np.float32
PICTURE = np.random.default_rng(1).integers(0, 256, (10, 12, 3), np.uint8)


# ------------------------------------------------------------------------------- values and files


@case("Constant")
def _(kind: Any, _folder: Path) -> Values:
    values = (np.int32(-1), np.float32(0.1), np.bool_(True), "ä", b"\0", PICTURE, ["a", ["b"]])  # noqa: FBT003
    return tuple(map(kind, values)), values


@case("Variable")
def _(kind: Any, _folder: Path) -> Values:
    return (kind("size", 5) + 1, kind("word", "x")), (np.int32(6), "x")


@case("Reference")
def _(kind: Any, _folder: Path) -> Values:
    before = kind("later") * 2
    Constant(4, name="later")
    return (before, kind("later")), (np.int32(8), np.int32(4))


@case("Debug")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(Constant(3) + 1, "sum: "), kind("text")), (np.int32(4), "text")


@case("FileList")
def _(kind: Any, folder: Path) -> Values:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(name)
    files = kind([f"{folder}/a.txt", str(folder / "x" / ".." / "b.txt")])
    data = Operation("ReadFile", files[1])
    return (files[0], files[-1], data), (f"{folder}/a.txt", f"{folder}/b.txt", b"b.txt")


@case("Output")
def _(kind: Any, _folder: Path) -> Values:
    kind(Constant(3) * 2, "six")
    return (), (np.int32(6),)


@case("PyNode")
def _(kind: Any, _folder: Path) -> Values:
    pixels = kind(np.transpose, [PICTURE], types.Image())
    return (kind(math.hypot, [3, 4]), pixels), (np.float32(5), PICTURE.transpose())


@case("Operation")
def _(kind: Any, _folder: Path) -> Values:
    return (kind("Power", 2, 5), kind("Length", [1, 2, 3])), (np.float32(32), np.int32(3))


@case("Macro")
def _(kind: Any, _folder: Path) -> Values:
    class Double(kind):
        def __init__(self, source: Any) -> None:
            super().__init__(source=source)

        def expand(self, source: Any) -> Any:
            return source + source

    return (Double(Double(3)),), (np.int32(12),)


# ---------------------------------------------------------------------------------------- numbers


@case("Boolean")
def _(kind: Any, _folder: Path) -> Values:
    values = [0.0, 0.5, -1.0, math.inf]
    return (kind(values), kind(3)), (np.array(values, bool), np.bool_(True))  # noqa: FBT003


@case("Float")
def _(kind: Any, _folder: Path) -> Values:
    return (kind([1, 2**24 + 1]), kind(Constant(True))), (np.array([1, 2**24], FLOATS), FLOATS(1))  # noqa: FBT003


@case("Integer")
def _(kind: Any, _folder: Path) -> Values:
    expected = np.array([3, -3, 2**31 - 1, -(2**31)], np.int32)
    return (kind([3.6, -3.6, 1e12, -1e12]),), (expected,)


@case("Table")
def _(kind: Any, _folder: Path) -> Values:
    table = kind([[1, 2, 3], [4, 5.5, 6]])
    return (table, table[1]), (np.array([[1, 2, 3], [4, 5.5, 6]], FLOATS), [4, 5.5, 6])


@case("Expression")
def _(kind: Any, _folder: Path) -> Values:
    x, y = 5.0, np.array([1.5, -2.0], FLOATS)
    text = "-x^2 + 100 - y*(x % 3)/4/2"
    expected = (-(x**2) + 100 - y * math.fmod(x, 3) / 4 / 2).astype(FLOATS)
    return (kind(text, {"x": x, "y": y}), kind("15", {})), (expected, 15)


@case("Saturate")
def _(kind: Any, _folder: Path) -> Values:
    a, b = Convert(250, "Char"), Convert(10, "Char")
    with kind():
        clipped = a + b, b - a, a * b, a / b
    return (*clipped, a + b), tuple(map(np.uint8, (255, 0, 255, 25, 4)))


# ---------------------------------------------------------------------------------------- draws


@case("RandomSeed")
def _(kind: Any, _folder: Path) -> Values:
    def differ(column: list[Any]) -> None:
        assert len(set(column)) == len(column)

    def equal(column: list[Any]) -> None:
        assert all(column)

    seed, other = kind(), kind()
    draws = [SampleUniform(0, 1, one) for one in (seed, seed, other)]
    return (seed, draws[0] == draws[1], draws[0] != draws[2]), (differ, equal, equal)


@case("RandomBoolean")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(),), (evenly(False, True),)  # noqa: FBT003


@case("GetRandom")
def _(kind: Any, _folder: Path) -> Values:
    seed = RandomSeed()
    in_step = kind([0, 1, 2], seed) * 10 + kind([0, 1, 2], seed)
    rows = np.arange(6, dtype=np.uint8).reshape(3, 2)
    expected = (evenly("a", "b", "c"), evenly((0, 1), (2, 3), (4, 5)), evenly(0, 11, 22))
    return (kind(["a", "b", "c"]), kind(rows), in_step), expected


@case("Toggle")
def _(kind: Any, _folder: Path) -> Values:
    index = SampleIndex() * 0
    always, never = kind(1, index, 1), kind(1, index, 0.0)
    return (kind("a", "b", 0.3), always, never), (shared({"a": 0.3, "b": 0.7}), np.int64(1), 0)


@case("Switch")
def _(kind: Any, _folder: Path) -> Values:
    weights = [1, 0, 2.5, 4, 2.5]
    shares = {number: weight / 10 for number, weight in enumerate(weights) if weight}
    only = kind(["x", "y"], [0, 3])
    return (kind(list(range(5)), weights), only), (shared(shares), "y")


# ---------------------------------------------------------------------------------------- geometry


@case("AffineView")
def _(kind: Any, _folder: Path) -> Values:
    sine, cosine = math.sin(0.3), math.cos(0.3)
    move = np.array([[1, 0, 10], [0, 1, 20], [0, 0, 1]])
    rotate = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    expected = (move @ rotate @ np.diag([2, 3, 1])).astype(FLOATS)
    return (kind(10, 20, 0.3, 2, 3), kind(), kind(x=4)), (
        expected,
        np.eye(3, dtype=FLOATS),
        np.array([[1, 0, 4], [0, 1, 0], [0, 0, 1]], FLOATS),
    )


@case("ResizeRectangle")
def _(kind: Any, _folder: Path) -> Values:
    rectangles = [np.array(one, FLOATS) for one in ([0, 10, 10, 20], [2, 3, 4, 11])]
    expected = [np.array(one, FLOATS) for one in ([-5, 5, 15, 25], [2.5, 5, 3.5, 9])]
    return (kind(rectangles[0], 2), kind(rectangles[1], 0.5)), tuple(expected)


@case("RectangleArea")
def _(kind: Any, _folder: Path) -> Values:
    return (kind(np.array([1, 2, 4, 10], FLOATS)),), (FLOATS(24),)


# ---------------------------------------------------------------------------------------- images


@case("GetImageProperties")
def _(kind: Any, _folder: Path) -> Values:
    fields = ("width", "height", "channels", "depth")
    pictures = (PICTURE, PICTURE[..., 0], np.zeros((2, 3, 4), np.float32))
    nodes = [kind(one)[field] for one in pictures for field in fields]
    return tuple(nodes), (12, 10, 3, 8, 12, 10, 1, 8, 3, 2, 4, 32)


@case("RandomPatchView")
def _(kind: Any, _folder: Path) -> Values:
    def moves(x: range, y: range) -> Any:
        return evenly(*((1, 0, -one, 0, 1, -other, 0, 0, 1) for one in x for other in y))

    inside = kind(PICTURE, 10, 8)
    around = kind(PICTURE, 12, 9, 1)
    return (inside, around), (moves(range(3), range(3)), moves(range(-1, 2), range(-1, 3)))


@case("EnsureSize")
def _(kind: Any, _folder: Path) -> Values:
    """A smaller image is enlarged as by linear interpolation between the middles of pixels."""
    picture = PICTURE[..., 0].astype(FLOATS)
    across = (np.arange(24) + 0.5) / 2 - 0.5
    down = (np.arange(20) + 0.5) / 2 - 0.5
    wide = np.array([np.interp(across, range(12), row) for row in picture])
    high = np.array([np.interp(down, range(10), column) for column in wide.T]).T
    return (kind(picture, 16, 20), kind(PICTURE, 12, 5)), (high.astype(FLOATS), PICTURE)
