"""The pages of the documentation: what their blocks of code are, and whether types are right."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]+) -->\n+)?^```(?P<language>\w+)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of a page: python, sh, or text."""

    language: str
    line: int
    """How many lines are above its code."""
    code: str
    note: str
    """The comment above it."""


def blocks(text: str) -> list[Block]:
    return [
        Block(
            match["language"],
            text.count("\n", 0, match.start("code")),
            match["code"],
            match["note"] or "",
        )
        for match in BLOCK.finditer(text)
    ]


@dataclass
class Example:
    """A block of Python that is a program of its own."""

    line: int
    code: str
    not_run: str | None = None

    @property
    def on_gpu(self) -> bool:
        return 'device="cuda"' in self.code


def examples(text: str) -> list[Example]:
    """Return the Python blocks, each with the code it goes on from and at its own line."""
    found: list[Example] = []
    for block in blocks(text):
        if block.language != "python":
            continue
        code = "\n" * block.line + block.code
        if block.note == "continued":
            before = found[-1].code
            code = before + "\n" * (block.line - before.count("\n")) + block.code
        is_run = not block.note.startswith("not run: ")
        reason = None if is_run else block.note.removeprefix("not run: ")
        found.append(Example(block.line, code, reason))
    return found


def check_types(programs: Mapping[str, str], folder: Path) -> None:
    """Check programs by their names; those of frameworks, which are not typed, are set aside."""
    pytest.importorskip("mypy")
    for name, code in programs.items():
        (folder / f"{name}.py").write_text(code)
    aside = ["--ignore-missing-imports", "--allow-subclassing-any"]
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *aside]
    files = [f"{name}.py" for name in sorted(programs)]
    ran = subprocess.run(
        [*command, *files], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
