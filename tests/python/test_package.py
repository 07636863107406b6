"""The package as it is installed: version, types, what it needs and what it brings along."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import imagepipe_rs
import pytest
from imagepipe_rs import _native

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
