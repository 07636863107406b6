"""The package as it is installed: version, types, what it needs and what it brings along."""

from __future__ import annotations

import ast
import graphlib
import importlib.metadata
import importlib.util
import re
import stat
import subprocess
import sys
import tomllib
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import imagepipe_rs
import pytest
from imagepipe_rs import (
    Loader,
    _native,
    create_images,
    create_recordio,
    create_tensor_records,
    create_tfrecords,
    decode,
    decode_many,
)
from imagepipe_rs._adapters import OUTPUTS
from imagepipe_rs._writing import Check, OnError
from imagepipe_rs.imagine import ENDINGS

FRAMEWORKS = ("tensorflow", "torch", "jax", "cupy", "PIL", "skimage", "pandas", "ray", "tqdm")


def test_version_is_the_crates(root: Path) -> None:
    crate = tomllib.loads((root / "Cargo.toml").read_text())["package"]["version"]
    assert imagepipe_rs.__version__ == crate
    assert importlib.metadata.version("imagepipe-rs") == crate


def test_what_is_tested_is_the_installed_wheel(root: Path) -> None:
    assert root / "python" not in Path(imagepipe_rs.__file__).parents


def test_carries_types() -> None:
    installed = Path(imagepipe_rs.__file__).parent
    assert (installed / "py.typed").is_file()
    assert (installed / "_native.pyi").is_file()


def test_all_names_exist() -> None:
    assert len(set(imagepipe_rs.__all__)) == len(imagepipe_rs.__all__)
    for name in imagepipe_rs.__all__:
        assert getattr(imagepipe_rs, name) is not None


def test_needs_little() -> None:
    required = importlib.metadata.requires("imagepipe-rs") or []
    always = sorted(line.split(">")[0] for line in required if "extra ==" not in line)
    assert always == ["click", "numpy", "tqdm"]


def test_import_brings_no_framework() -> None:
    program = f"import sys, imagepipe_rs; print([n for n in {FRAMEWORKS} if n in sys.modules])"
    command = [sys.executable, "-W", "error", "-c", program]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
    assert printed.stderr == ""


class Imports(ast.NodeVisitor):
    """The modules of the package that one of them imports, inside of functions too."""

    def __init__(self, path: Path, package: Path) -> None:
        self.package, self.found = package, set()
        self.visit(ast.parse(path.read_text()))

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found |= {alias.name for alias in node.names if self.is_ours(alias.name)}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        assert node.module is not None, "no relative imports"
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        found = {name if self.is_module(name) else node.module for name in names}
        self.found |= {name for name in found if self.is_ours(name)}

    def is_ours(self, name: str) -> bool:
        return name.split(".", maxsplit=1)[0] == self.package.name

    def is_module(self, name: str) -> bool:
        file = self.package.parent / name.replace(".", "/")
        return file.is_dir() or file.with_suffix(".py").exists() or file.name == "_native"


def test_no_module_imports_itself_by_way_of_others(root: Path) -> None:
    package = root / "python" / "imagepipe_rs"
    graph = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"):
        Imports(path, package).found
        for path in package.rglob("*.py")
    }  # fmt: skip
    # The compiled module imports by name.
    rust = "".join(path.read_text() for path in (root / "src" / "python").glob("*.rs"))
    graph["imagepipe_rs._native"] = set(re.findall(r'import\("(imagepipe_rs[\w.]*)"\)', rust))
    assert graph["imagepipe_rs._native"], "it makes exceptions of this package"
    graphlib.TopologicalSorter(graph).prepare()  # of a cycle, its error names the modules


def literals(function: Any, argument: str) -> list[str]:
    """Return the words in the annotation of an argument."""
    annotation = signature(function).parameters[argument].annotation
    aliases = {"Check": Check, "OnError": OnError}
    if annotation in aliases:
        return list(aliases[annotation].__args__)
    subscripts = [
        node.slice
        for node in ast.walk(ast.parse(annotation))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"
    ]
    constants = (ast.walk(node) for node in subscripts)
    return [node.value for node in chain(*constants) if isinstance(node, ast.Constant)]


@pytest.mark.parametrize("argument", sorted({*_native.words()} & {*signature(Loader).parameters}))
def test_the_words_of_a_loaders_arguments_are_the_crates(argument: str) -> None:
    assert literals(Loader, argument) == _native.words()[argument]


def test_the_words_of_other_arguments_are_the_crates() -> None:
    words = _native.words()
    for function in (decode, decode_many):
        assert literals(function, "fit") == words["fit"][:3]
        assert literals(function, "channels") == words["channels"]
    for function in (create_tfrecords, create_recordio, create_tensor_records):
        assert literals(function, "check") == words["check"]
        assert literals(function, "on_error") == words["on_error of a writer"]
    assert literals(create_tensor_records, "order") == words["order"]
    assert literals(create_images, "content") == words["content"]
    assert list(ENDINGS) == words["image_format"]


def test_an_output_has_an_adapter() -> None:
    assert literals(Loader, "output") == list(OUTPUTS)
    for output in OUTPUTS:
        assert importlib.util.find_spec(f"imagepipe_rs._adapters.{output}")


def test_libjpeg_turbo_has_its_simd_code() -> None:
    assert _native.jpeg_simd()


class TestBuildBackend:
    """A missing build tool is named at once, with the way to get it."""

    @pytest.fixture
    def backend(self, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
        for variable in ("CC", "ASM_NASM", "CMAKE_GENERATOR"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("platform.machine", lambda: "x86_64")
        for tool in ("cargo", "cc", "cmake", "make", "nasm"):
            install(tmp_path / tool, "NASM version 2.16.01")
        file = root / "build_backend" / "imagepipe_build.py"
        spec = importlib.util.spec_from_file_location("imagepipe_build", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_complete(self, backend: Any) -> None:
        assert backend.missing_tools() == []
        assert backend.get_requires_for_build_wheel() == []

    @pytest.mark.parametrize(
        ("tool", "expected"),
        [
            ("cargo", "cargo not found: install Rust"),
            ("cc", "C compiler not found: install one with"),
            ("cmake", "cmake not found: install it with"),
            ("make", "neither make nor ninja found: install one"),
            ("nasm", 'nasm not found: install it with "apt-get install nasm"'),
        ],
    )
    def test_missing(self, backend: Any, tmp_path: Path, tool: str, expected: str) -> None:
        (tmp_path / tool).unlink()
        (message,) = backend.missing_tools()
        assert message.startswith(expected)
        with pytest.raises(SystemExit, match=expected):
            backend.build_wheel("unused")

    def test_asks_pypi_for_what_it_has(self, backend: Any, tmp_path: Path) -> None:
        for tool in ("cmake", "make", "nasm"):
            (tmp_path / tool).unlink()
        names = [line.split(">")[0] for line in backend.get_requires_for_build_wheel()]
        assert names == ["cmake", "ninja"]

    def test_another_program_called_nasm(self, backend: Any, tmp_path: Path) -> None:
        install(tmp_path / "nasm", "usage: nasm [-h] file")
        (message,) = backend.missing_tools()
        assert "PyPI's nasm is another program" in message


def install(path: Path, printed: str) -> None:
    """Make a program that prints a line."""
    path.write_text(f"#!/bin/sh\necho '{printed}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
