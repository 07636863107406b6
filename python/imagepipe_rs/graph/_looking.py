"""Looking at a stream: a drawing of its graph, the time that nodes take, and its pictures."""

from __future__ import annotations

import linecache
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from imagepipe_rs._arguments import SAMPLES, whole
from imagepipe_rs._names import counted, shown, table
from imagepipe_rs.graph._boxes import boxes_of, cut, short_origin
from imagepipe_rs.graph._drawing import dot, svg

if TYPE_CHECKING:
    import numpy.typing as npt

    from imagepipe_rs import _native
    from imagepipe_rs.graph._stream import Stream

# More pictures than anybody looks at take all memory.
_MOST_PICTURES = 10_000

_FORMATS = {"dot": dot, "svg": svg}

# Characters of a line of source.
_LONGEST_LINE = 60
# Columns of a profile, of which the first three are numbers.
_TITLES = ("share", "µs", "count", "operation", "made at", "")
# Nodes with so little of the time together have no lines.
_NEGLIGIBLE = 0.005
# Times below have two decimals.
_PRECISE = 10


def drawn(native: _native.Graph, form: str) -> str:
    """Return a drawing of a graph.

    Args:
        native: the graph.
        form: dot or svg.

    Raises:
        ValueError: another format.
    """
    if form not in _FORMATS:
        message = f"format={shown(form)} is not valid: {' or '.join(map(repr, _FORMATS))}"
        raise ValueError(message)
    return _FORMATS[form](boxes_of(native))


@dataclass(frozen=True)
class ProfileRow:
    """The time that a node took.

    Attributes:
        node: its name.
        origin: the file and line that made it, such as ``train.py:12``.
        operation: what it is.
        count: how often it was computed.
        microseconds: how long that took each time.
        share: how much of the time of all nodes that is, from 0 to 1.
    """

    node: str
    origin: str
    operation: str
    count: int
    microseconds: float
    share: float


@dataclass(frozen=True)
class Profile(Sequence[ProfileRow]):
    """The time that nodes took: rows, the longest time first; ``str()`` is a table of them.

    Attributes:
        rows: a row for each node that was computed.
        samples: how many samples were made.
    """

    rows: tuple[ProfileRow, ...]
    samples: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> ProfileRow: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ProfileRow, ...]: ...

    def __getitem__(self, place: int | slice) -> ProfileRow | tuple[ProfileRow, ...]:
        """Return a row, or several."""
        return self.rows[place]

    def __str__(self) -> str:
        """Return a table with a line for each node."""
        total = sum(row.count * row.microseconds for row in self)
        each = f"{_short(total / self.samples)} µs each"
        lines = [f"{counted(self.samples, 'sample')} on one thread, {each}"]
        if not self.rows:
            return lines[0]
        long = self._long()
        cells = [_cells(row) for row in self.rows[:long]]
        lines.append(table([_TITLES, *cells], right=range(3)))
        if self.rows[long:]:
            rest = sum(row.share for row in self.rows[long:])
            lines.append(f"and {counted(len(self) - long, 'node')} with {rest:.1%} together")
        return "\n".join(lines)

    def _long(self) -> int:
        """Return how many rows take so long that they are shown."""
        rest = 0.0
        for number in range(len(self.rows), 0, -1):
            rest += self.rows[number - 1].share
            if rest > _NEGLIGIBLE:
                return number
        return 0


def _cells(row: ProfileRow) -> tuple[str, ...]:
    path, _, line = row.origin.rpartition(":")
    source = linecache.getline(path, int(line)).strip() if line.isdecimal() else ""
    return (
        f"{row.share:.1%}",
        _short(row.microseconds),
        f"{row.count:,}",
        row.operation,
        short_origin(row.origin),
        cut(source, _LONGEST_LINE),
    )


def _short(microseconds: float) -> str:
    return f"{microseconds:,.1f}" if microseconds >= _PRECISE else f"{microseconds:.2f}"


def profiled(native: _native.Graph, seed: int, count: int, start: int) -> Profile:
    """Make samples, and return how long their nodes took.

    Args:
        native: the graph.
        seed: of everything random.
        count: how many samples.
        start: the first of them.

    Raises:
        GraphError: a sample cannot be made.
        TypeError, ValueError: not a number of a sample, or fewer samples than one.
    """
    samples = whole("count", count, 1)
    rows = native.profile(seed, whole("start", start), samples)
    total = sum(seconds for *_, seconds in rows) or 1.0
    made = [
        ProfileRow(name, origin, operation or "", times, 1e6 * seconds / times, seconds / total)
        for name, origin, operation, times, seconds in rows
    ]
    # Nodes that took the same time come in the order of the graph.
    made.sort(key=lambda row: -row.share)
    return Profile(tuple(made), samples)


def collage(
    stream: Stream, index: int, rows: int, columns: int, output: int | str = 0
) -> npt.NDArray[np.uint8]:
    """Return pictures of several samples side by side.

    Args:
        stream: the stream.
        index: the first sample, at the upper left; the others follow row by row.
        rows: how many rows of pictures.
        columns: how many pictures in a row.
        output: which output is the picture: its number or its label.

    Returns:
        Array of (height, width, 3), uint8. All tiles are as high and wide as the largest picture,
        and smaller ones are in the middle of black ones. Gray pictures become RGB, and alpha is
        dropped. Other types than uint8 are scaled as ``ConvertDepth`` does it: 1.0 of floats, and
        True, are white.

    Raises:
        GraphError: a sample cannot be made.
        ValueError: the output is no picture, or there is no such output, row or column.
    """
    down, across = operator.index(rows), operator.index(columns)
    if down < 1 or across < 1:
        raise ValueError(f"rows={rows} and columns={columns} are not valid: at least 1 each")
    if down * across > _MOST_PICTURES:
        allowed = f"at most {_MOST_PICTURES} samples"
        raise ValueError(f"rows={rows} and columns={columns} are not valid: {allowed}")
    first = whole("index", index)
    if first + down * across > SAMPLES:
        reason = f"there are no {down * across} samples from it on"
        raise ValueError(f"index={index} is not valid: {reason}")
    pictures = [
        _picture(_chosen(stream.run(first + number), output), first + number)
        for number in range(down * across)
    ]
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    sheet = np.zeros((down * height, across * width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, across)
        top = row * height + (height - picture.shape[0]) // 2
        left = column * width + (width - picture.shape[1]) // 2
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def _chosen(sample: Any, output: int | str) -> Any:
    values = list(sample.values()) if isinstance(sample, dict) else list(sample)
    if isinstance(output, str) and isinstance(sample, dict) and output in sample:
        return sample[output]
    if not isinstance(output, str) and -len(values) <= output < len(values):
        return values[output]
    known = list(sample) if isinstance(sample, dict) else list(range(len(values)))
    raise ValueError(f"output={shown(output)} is not valid: one of {known}")


def _picture(value: Any, index: int) -> npt.NDArray[np.uint8]:
    """Return a picture as RGB."""
    array: npt.NDArray[Any] = value if isinstance(value, np.ndarray) else np.empty(0)
    if array.ndim == 2:  # noqa: PLR2004  gray
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in {1, 3, 4} or 0 in array.shape:  # noqa: PLR2004
        what = f"shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        reason = "it must be (height, width), or (height, width, 1, 3 or 4)"
        raise ValueError(f"sample {index} has no picture, but {what}: {reason}")
    height, width = array.shape[:2]
    return np.broadcast_to(_bytes(array[:, :, :3]), (height, width, 3))


def _bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return an array as uint8: what is white is 255."""
    if array.dtype == np.uint8:
        return array
    white = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 1.0
    scaled = np.nan_to_num(array.astype(np.float64) * (255.0 / white), nan=0.0)
    made: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return made


__all__ = ["Profile", "ProfileRow", "collage", "drawn", "profiled"]
