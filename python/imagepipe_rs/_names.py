"""Names and values in text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# Characters of a value that a message shows.
_LONGEST_SHOWN = 100


def printable(text: str) -> str:
    r"""Escape line ends and what a terminal would take for commands, as ``\n`` and ``\x1b``."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def shown(value: Any, longest: int = _LONGEST_SHOWN) -> str:
    """Return what a value looks like, cut if it is long."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."


def counted(count: int, noun: str) -> str:
    """Return a number of things: ``1 rank``, ``2 ranks``, ``3 classes``."""
    plural = f"{noun}es" if noun.endswith(("s", "ch")) else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def short(value: Any) -> str:
    """Return what a value looks like on less than half a line."""
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Set rows in columns, two spaces apart; the columns in ``right`` are set flush right."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
