"""Every Python example in README.md and docs/ runs as it stands there, and its types are right.

Each block is a program of its own, in a folder that holds ``train/``, ``validation/`` and
``photos/``. One that goes on where the block before it ends says ``<!-- continued -->`` on the
line above; one that cannot run here says ``<!-- not run: reason -->``. Blocks that need PyTorch
run in its environment, with ``make test-torch``, and blocks with ``device="cuda"`` on the fake CUDA
driver.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fake_cuda import LIBRARY, needs_fake_cuda

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]+) -->\n+)?^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass
class Example:
    line: int
    code: str
    not_run: str | None = None

    @property
    def on_gpu(self) -> bool:
        return 'device="cuda"' in self.code


def examples(text: str) -> list[Example]:
    """Return the Python blocks, each with the code it goes on from and at its own line."""
    found: list[Example] = []
    for match in BLOCK.finditer(text):
        note = match["note"] or ""
        line = text.count("\n", 0, match.start("code"))
        code = "\n" * line + match["code"]
        if note == "continued":
            before = found[-1].code
            code = before + "\n" * (line - before.count("\n")) + match["code"]
        reason = note.removeprefix("not run: ") if note.startswith("not run: ") else None
        found.append(Example(line, code, reason))
    return found


def parameters() -> list[object]:
    marked = []
    for page, example in ((path, found) for path in PAGES for found in examples(path.read_text())):
        marks = [pytest.mark.torch] if "torch" in example.code else []
        if example.on_gpu:
            marks.append(needs_fake_cuda)
        if example.not_run:
            marks.append(pytest.mark.skip(reason=example.not_run))
        marked.append(pytest.param(page, example, marks=marks, id=f"{page.name}-{example.line}"))
    return marked


@pytest.mark.parametrize(("page", "example"), parameters())
def test_example(page: Path, example: Example, photos: Path, tmp_path: Path) -> None:
    for name in ("train", "validation", "photos"):
        shutil.copytree(photos, tmp_path / name)
    program = tmp_path / page.name  # a traceback then names the right file and line
    program.write_text(example.code)
    command = [sys.executable, program.name]
    driver = {"LD_LIBRARY_PATH": str(LIBRARY.parent)} if example.on_gpu else {}
    env = os.environ | driver
    ran = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_the_types_of_the_examples_are_right(tmp_path: Path) -> None:
    """Those of frameworks, which are not installed or not typed, are set aside."""
    pytest.importorskip("mypy")
    for page in PAGES:
        for example in examples(page.read_text()):
            (tmp_path / f"{page.stem}_{example.line}.py").write_text(example.code)
    aside = ["--ignore-missing-imports", "--allow-subclassing-any"]
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *aside]
    files = [path.name for path in sorted(tmp_path.glob("*.py"))]
    ran = subprocess.run(
        [*command, *files], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_finds_the_blocks() -> None:
    block = "```python\nx = 1\n```\n"
    text = f"a\n{block}```sh\nls\n```\n<!-- continued -->\n{block}<!-- not run: slow -->\n{block}"
    first, second, third = examples(text)
    assert first.code == "\n\nx = 1\n"
    assert second.code == "\n\nx = 1\n" + "\n" * 6 + "x = 1\n"
    assert second.line == 9
    assert third.not_run == "slow"


def test_readme_has_examples() -> None:
    assert examples(PAGES[0].read_text())
