"""Every Python example in README.md and docs/ runs as it stands there, and its types are right.

Each block is a program of its own, in a folder that holds ``train/``, ``validation/`` and
``photos/``. One that goes on where the block before it ends says ``<!-- continued -->`` on the
line above; one that cannot run here says ``<!-- not run: reason -->``. Blocks that need PyTorch
run in its environment, with ``make test-torch``, and blocks with ``device="cuda"`` on the fake CUDA
driver.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fake_cuda import LIBRARY, needs_fake_cuda
from pages import ROOT, Example, check_types, examples

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


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
    programs = {
        f"{page.stem}_{example.line}": example.code
        for page in PAGES
        for example in examples(page.read_text())
    }
    check_types(programs, tmp_path)


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
