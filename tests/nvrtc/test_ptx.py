"""The committed PTX is that of the sources, and the kernels compile for every kind of GPU."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

FOLDER = Path(__file__).parents[2] / "cuda"
KERNELS = [
    "convert_16_nchw",
    "convert_16_nhwc",
    "convert_32_nchw",
    "convert_32_nhwc",
    "transpose_8_nchw",
]
ELF_MACHINE_CUDA = 190


def _compile() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compile", FOLDER / "compile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compile_ = _compile()


@pytest.fixture(scope="module")
def source() -> str:
    return compile_.SOURCE.read_text("utf-8")


@pytest.fixture(scope="module")
def committed() -> str:
    return compile_.PTX.read_text("ascii")


def test_the_committed_ptx_is_that_of_the_sources(source: str, committed: str) -> None:
    compiler = compile_.Compiler()
    assert compiler.version() == (11, 8)
    assert compiler.ptx(source) == committed, "run 'make ptx'"


def test_drivers_since_520_and_gpus_since_turing_take_it(committed: str) -> None:
    lines = committed.splitlines()
    assert {".version 7.8", ".target sm_75", ".address_size 64"} <= set(lines)
    assert sorted(re.findall(r"\.visible \.entry (\w+)\(", committed)) == KERNELS


def test_tables_and_pixels_stay_in_registers_and_shared_memory(committed: str) -> None:
    assert ".local" not in committed
    assert "call" not in committed


def test_accesses_are_as_wide_as_the_elements_allow(committed: str) -> None:
    loads = {"32": "ld.global.nc.u32", "16": "ld.global.nc.v2.u32", "8": "ld.global.nc.v4.u32"}
    bodies = dict(re.findall(r"(?ms)^\.visible \.entry (\w+)\((.*?)^}", committed))
    assert sorted(bodies) == KERNELS
    for name, body in bodies.items():
        assert "st.global.v4.u32" in body, name
        assert loads[name.split("_")[1]] in body, name


@pytest.mark.parametrize(
    ("release", "architecture"),
    [(11, "sm_75"), (11, "sm_80"), (11, "sm_90"), (12, "sm_90"), (12, "sm_100"), (12, "sm_120")],
)
def test_kernels_compile_to_machine_code(source: str, release: int, architecture: str) -> None:
    cubin = compile_.Compiler(release).cubin(source, architecture)
    assert cubin[:4] == b"\x7fELF"
    assert int.from_bytes(cubin[18:20], "little") == ELF_MACHINE_CUDA
    for kernel in KERNELS:
        assert f".text.{kernel}\0".encode() in cubin


def test_a_warning_is_an_error_with_the_compilers_message() -> None:
    with pytest.raises(RuntimeError, match=r"convert\.cu\(1\): .*unused"):
        compile_.Compiler().ptx('extern "C" __global__ void kernel() { int unused; }')
