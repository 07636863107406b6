"""Draws are the same from run to run however code is run, and no two nodes share them."""

from __future__ import annotations

import compileall
import importlib
import linecache
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from imagepipe_rs.graph import (
    Graph,
    Macro,
    MakeList,
    RandomSeed,
    SampleIndex,
    SampleUniform,
    Stream,
    graph,
    outputs,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imagepipe_rs.graph import Node

GENEROUS = 100

PROGRAM = """
from imagepipe_rs.graph import *

def jitter(most):
    return SampleUniform(-most, most)

@graph
def made():
    first, second = SampleUniform(0, 1), SampleUniform(0, 1)
    several = [SampleUniform(0, 1) for _ in range(3)]
    by = {name: (lambda: SampleUniform(0, 1))() for name in "ab"}
    for _ in range(2):
        several.append(jitter(1))
    several += [jitter(2), jitter(3)]
    several += map(jitter, [4, 5])
    return first, second, *several, *by.values(), *(SampleUniform(0, 1) for _ in range(2))
"""
PRINTING = "\nprint([float(one) for one in Stream(made()).run(3)])\n"


def draws(stream: Stream) -> list[float]:
    return [float(one) for one in stream.run(3)]


def printed(*arguments: object, **options: Any) -> list[float]:
    command = [sys.executable, *map(str, arguments)]
    found = subprocess.run(
        command, check=True, timeout=GENEROUS, capture_output=True, text=True, **options
    )
    return [float(one) for one in found.stdout.strip("[]\n").split(", ")]


def expected() -> list[float]:
    """Return what the program draws where its source is known."""
    return draws(Stream(_run(PROGRAM, "<expected>")["made"]()))


def _run(source: str, name: str, *, has_source: bool = True) -> dict[str, Any]:
    """Run source as notebooks do, which register it under a name that is no file's."""
    if has_source:
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), space)  # noqa: S102
    return space


def distinct(found: list[float]) -> bool:
    return len(set(found)) == len(found)


# ------------------------------------------------------------------------------ how code is run


def test_a_program_draws_the_same_wherever_its_file_is(tmp_path: Path) -> None:
    paths = [tmp_path / "train.py", tmp_path / "renamed.py", tmp_path / "other" / "x.py"]
    paths[2].parent.mkdir()
    for path in paths:
        path.write_text(PROGRAM + PRINTING)
    found = [printed(path) for path in paths]
    found.append(printed("train.py", cwd=tmp_path))
    found.append(printed("-m", "train", cwd=tmp_path))
    found.append(printed("-c", "import renamed", cwd=tmp_path))
    assert all(one == expected() for one in found)
    assert distinct(found[0])


def test_a_cell_that_is_run_again_draws_the_same() -> None:
    names = ("<ipython-input-3-0123456789ab>", "/tmp/ipykernel_77/123.py", "Cell [7]")  # noqa: S108
    for name in (*names, names[0]):
        assert draws(Stream(_run(PROGRAM, name)["made"]())) == expected()


def test_a_cell_that_was_changed_draws_anew_what_was_changed() -> None:
    line = "first, second = SampleUniform(0, 1), "
    changed = PROGRAM.replace(line, "first, second = 1 * jitter(9), ")
    found = draws(Stream(_run(changed, "<expected>")["made"]()))
    assert found[0] != expected()[0]
    assert found[2:] == expected()[2:]


def test_code_without_source_draws_the_same_every_time(tmp_path: Path) -> None:
    first = printed("-c", PROGRAM + PRINTING)
    assert first == printed("-c", PROGRAM + PRINTING)
    assert distinct(first)
    # Under this name there may be other source, such as that of a program after -c.
    linecache.cache["<string>"] = (1, None, ["nothing\n"] * 30, "<string>")
    try:
        assert draws(Stream(_run(PROGRAM, "<string>", has_source=False)["made"]())) == first
    finally:
        del linecache.cache["<string>"]
    found = draws(Stream(_run(PROGRAM, "<nowhere>", has_source=False)["made"]()))
    assert found == draws(Stream(_run(PROGRAM, "<elsewhere>", has_source=False)["made"]()))
    assert found == first
    path = tmp_path / "frozen.py"
    path.write_text(PROGRAM + PRINTING)
    compileall.compile_file(path, quiet=1, legacy=True)
    path.unlink()
    assert printed("-c", "import frozen", cwd=tmp_path) == first
    assert printed(tmp_path / "frozen.pyc") == first


def test_modules_in_an_archive_have_their_source(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("packed.py", PROGRAM + PRINTING)
    path = os.pathsep.join([str(tmp_path / "code.zip"), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    assert printed("-c", "import packed", env=environment) == expected()


def test_code_stays_what_it_is_when_its_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "imagepipe_changing.py"
    path.write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.import_module("imagepipe_changing")
    assert draws(Stream(module.made())) == expected()
    changed = PROGRAM.replace("[jitter(2), jitter(3)]", "[jitter(2), jitter(33)]")
    path.write_text("# a remark\n" + changed)
    linecache.checkcache()
    assert draws(Stream(module.made())) == expected()
    # Loaded again, it is what a new process would run.
    importlib.reload(module)
    found = draws(Stream(module.made()))
    assert found == draws(Stream(_run(changed, "<changed>")["made"]())) != expected()


# ---------------------------------------------------------------------------- how nodes are made


def test_functions_that_are_wrapped_draw_the_same_wherever_they_are_called() -> None:
    def logged(function: Callable[[], Any]) -> Callable[[], Any]:
        def call() -> Any:
            return function()

        return call

    @graph
    @logged
    def wrapped() -> tuple[Node, ...]:
        return SampleUniform(0, 1), SampleUniform(0, 1)

    def elsewhere() -> Graph:
        return next(wrapped() for _ in range(1))

    found = draws(Stream(wrapped()))
    assert found == draws(Stream(elsewhere()))
    assert distinct(found)


def test_two_graphs_at_a_time_draw_what_each_draws_alone() -> None:
    @graph
    def inner() -> tuple[Node, ...]:
        return SampleUniform(0, 1), SampleUniform(0, 1)

    def both() -> tuple[Graph, Graph]:
        with Graph() as outer:
            first = SampleUniform(0, 1)
            within = inner()
            outputs(first, SampleUniform(0, 1))
        return outer, within

    outer, within = both()
    assert draws(Stream(within)) == draws(Stream(inner()))
    assert distinct(draws(Stream(outer)) + draws(Stream(within)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: [SampleUniform(0, 1) for _ in range(4)],
        lambda: [
            *(SampleUniform(0, 1) for _ in range(2)),
            SampleUniform(0, 1),
            SampleUniform(0, 1),
        ],
        lambda: [(lambda: SampleUniform(0, 1))() for _ in range(4)],  # noqa: PLC3002
        lambda: [*map(lambda _: SampleUniform(0, 1), range(4))],  # noqa: C417
        lambda: [RandomSeed() % 1000003 for _ in range(4)],
        lambda: [eval("SampleUniform(0, 1)") for _ in range(4)],  # noqa: S307
    ],
)
def test_nodes_of_one_line_never_share_a_draw(make: Callable[[], list[Node]]) -> None:
    with Graph() as made:
        outputs(*make())
    assert distinct(draws(Stream(made)))


class Twice(Macro):
    """Two inputs, each with a seed of its own if none is given."""

    def __init__(self, one: Any = None, other: Any = None) -> None:
        super().__init__(one=one, other=other)

    def expand(self, one: Node, other: Node) -> Node:
        return MakeList([SampleUniform(0, 1, one), SampleUniform(0, 1, other)])


def test_inputs_that_are_not_given_have_different_seeds() -> None:
    with Graph() as made:
        shared = RandomSeed()
        outputs(Twice(), Twice(shared), Twice(shared, shared))
    (a, b), (c, d), (e, f) = Stream(made).run(0)
    assert distinct([a, b, c, d])
    assert c == e == f


def test_a_lambda_in_a_comprehension_is_called_the_same_by_every_python() -> None:
    with Graph():
        made = [(lambda: SampleIndex())() for _ in range(2)]  # noqa: PLC3002, PLW0108
    assert "comp>" not in made[0].name
    assert made[1].name == f"{made[0].name} (2)"
