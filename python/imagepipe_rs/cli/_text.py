"""Numbers as people read them."""

from __future__ import annotations

from typing import Any

from imagepipe_rs._names import printable

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_TEN = 10
_MINUTE = 60
_HOUR = 3600


def count(number: int, noun: str) -> str:
    """Give a number of things: ``1 file``, ``1,234 files``, ``2 classes``."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def size(number: float) -> str:
    """Give a number of bytes: ``84.2 MB``; units are powers of 1,000."""
    unit = 0
    # Not 1000, so that 999,999 is not shown as "1000 kB".
    while number >= _STEP - 0.5 and unit + 1 < len(_UNITS):
        number /= _STEP
        unit += 1
    digits = 0 if unit == 0 or number >= 100 - 0.05 else 1
    return f"{number:.{digits}f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """Give a time: ``1.3 s``, ``26 s``, ``2 min 05 s``, ``1 h 02 min``."""
    if seconds < _TEN - 0.05:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"


def damage(found: dict[str, Any]) -> str:
    """Say what is damaged, where, and how."""
    where = [] if found["record"] is None else [f"record {found['record']}"]
    where += [] if found["offset"] is None else [f"at byte {found['offset']}"]
    parts = [found["path"], *([" ".join(where)] if where else []), found["reason"]]
    return printable(": ".join(parts))


def rate(number: float) -> str:
    """Give a number a second: ``1,234``, ``3.1``."""
    return f"{number:,.0f}" if number >= _TEN else f"{number:.1f}"
