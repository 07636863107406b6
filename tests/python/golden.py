"""Golden files: digests of what users get, which no change of the code may change by accident."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = Path(__file__).resolve().parents[1] / "golden"


def expected(name: str) -> dict[str, str]:
    """Return the digests of a golden file, by case."""
    digests: dict[str, str] = json.loads((FOLDER / name).read_text())
    return digests


def write(name: str, digests: Mapping[str, str]) -> None:
    """Write a golden file anew; only ever called by hand."""
    (FOLDER / name).write_text(json.dumps(digests, indent=1) + "\n")


def digest(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of some bytes, one after the other."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.hexdigest()
