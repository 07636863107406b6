"""Every block in docs/tutorials/ runs, prints what the page shows, and makes its pictures.

The blocks of a page are one program, in order, in a folder that is empty: ``python`` and ``sh``
blocks are run, and a ``text`` block is what the block above it prints. The numbers of lines in
messages are set aside, and the folder is called ``/home/me``. Blocks of a framework that is not
installed are left out, and skipped here; those of PyTorch run with ``make test-torch``.

As a program, which `make tutorial-pictures` runs, it writes the pictures anew.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from imagepipe_rs import decode

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # for the program; pytest has it there

from pages import ROOT, Block, blocks, check_types  # noqa: E402  after its folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = ROOT / "docs" / "tutorials"
PAGES = sorted(FOLDER.glob("*.md"))
FRAMEWORK = re.compile(r"\b(torch|tensorflow|keras|jax)\b")
PICTURE = re.compile(r"!\[[^]]+\]\(([^)]+)\)")
LARGEST = 40_000
BEGIN = "--- block at line "


@dataclass(frozen=True)
class Ran:
    """A page that was run."""

    folder: Path
    printed: dict[int, str]
    """What each block printed, by its line; none of those after one that failed."""
    errors: str


def framework(block: Block) -> str | None:
    """Return what a block needs besides this package."""
    found = FRAMEWORK.search(block.code)
    return found[1] if found else None


def is_installed(name: str | None) -> bool:
    return name is None or importlib.util.find_spec(name) is not None


def program(text: str) -> str:
    """Return a page as Python: its blocks at their own lines, each below one that names it."""
    lines = [""] * text.count("\n")
    for block in blocks(text):
        if block.language == "text" or not is_installed(framework(block)):
            continue
        code = block.code
        if block.language == "sh":
            code = f"__import__('subprocess').run({code!r}, shell=True, check=True)"
        written = [f"print('{BEGIN}{block.line}', flush=True)", *code.splitlines()]
        lines[block.line - 1 : block.line - 1 + len(written)] = written
    return "\n".join(lines)


def outputs(text: str) -> Iterator[tuple[Block, str]]:
    """Return the blocks that are run, and what each prints."""
    found = blocks(text)
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.language != "text":
            yield block, after.code if after and after.language == "text" else ""


def run(page: Path, folder: Path) -> Ran:
    """Run the blocks of a page in a folder."""
    path = folder / f"{page.stem}.py"  # beside the folder, which is empty
    path.write_text(program(page.read_text()))
    work = folder / "work"
    work.mkdir()
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        [sys.executable, path],
        cwd=work,
        env={**os.environ, "PATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = ran.stdout.replace(str(work), "/home/me").replace(str(folder), "/home/me")
    parts = printed.split(BEGIN)[1:]
    by_line = {int(part.partition("\n")[0]): part.partition("\n")[2] for part in parts}
    if ran.returncode != 0:
        del by_line[max(by_line)]
    return Ran(work, by_line, ran.stderr)


def without_lines(text: str) -> str:
    """Set aside the numbers of the lines that messages name."""
    return re.sub(r"\.py:\d+", ".py:N", text)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Ran]:
    """Return a function that runs a page once."""
    return cache(lambda page: run(page, tmp_path_factory.mktemp(page.stem)))


def parameters() -> list[object]:
    made = []
    for page in PAGES:
        for block, shown in outputs(page.read_text()):
            needed = framework(block)
            marks = [pytest.mark.torch] if needed == "torch" else []
            if not is_installed(needed):
                marks.append(pytest.mark.skip(reason=f"{needed} is not installed"))
            name = f"{page.name}-{block.line}"
            made.append(pytest.param(page, block, shown, marks=marks, id=name))
    return made


@pytest.mark.parametrize(("page", "block", "shown"), parameters())
def test_a_block_prints_what_the_page_shows(
    ran: Callable[[Path], Ran], page: Path, block: Block, shown: str
) -> None:
    done = ran(page)
    assert block.line in done.printed, f"it, or a block above it, failed:\n{done.errors}"
    assert without_lines(done.printed[block.line]) == without_lines(shown)


def pictures() -> list[tuple[Path, str]]:
    return [(page, name) for page in PAGES for name in PICTURE.findall(page.read_text())]


@pytest.mark.parametrize(("page", "name"), pictures(), ids=lambda value: Path(value).name)
def test_a_picture_is_the_one_that_the_page_makes(
    ran: Callable[[Path], Ran], page: Path, name: str
) -> None:
    made, kept = (decode((folder / name).read_bytes()) for folder in (ran(page).folder, FOLDER))
    np.testing.assert_array_equal(made, kept, err_msg="write it with `make tutorial-pictures`")


def test_pictures_are_small_and_on_a_page() -> None:
    kept = {path.name: path.stat().st_size for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert kept.keys() == {name for _, name in pictures()}
    assert max(kept.values()) < LARGEST


def test_the_types_of_the_pages_are_right(tmp_path: Path) -> None:
    codes = {
        page.stem: "\n".join(
            block.code for block in blocks(page.read_text()) if block.language == "python"
        )
        for page in PAGES
    }
    check_types(codes, tmp_path)


def test_pages_are_put_together() -> None:
    page = "a\n```python\nprint(1)\n```\n```text\n1\n```\n\n```sh\nls\n```\n"
    lines = program(page).splitlines()
    assert lines[1:3] == [f"print('{BEGIN}2', flush=True)", "print(1)"]
    assert lines[9] == "__import__('subprocess').run('ls\\n', shell=True, check=True)"
    assert [shown for _, shown in outputs(page)] == ["1\n", ""]


def write_pictures() -> None:
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            done = run(page, Path(folder))
            sys.stderr.write(done.errors)
            for name in PICTURE.findall(page.read_text()):
                (FOLDER / name).write_bytes((done.folder / name).read_bytes())


if __name__ == "__main__":
    write_pictures()
