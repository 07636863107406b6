"""Compile the kernels to the PTX that is built into the crate: `make ptx`.

PTX of NVRTC 11.8 for compute capability 7.5 is in version 7.8 of the language, which drivers from
520 on compile for Turing and everything newer. A newer NVRTC writes a newer version, which older
drivers reject.
"""

from __future__ import annotations

import ctypes
import importlib.util
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SOURCE = FOLDER / "convert.cu"
PTX = FOLDER / "convert.ptx"
ARCHITECTURE = "compute_75"
RELEASE = 11


class Compiler:
    """An NVRTC library."""

    def __init__(self, release: int = RELEASE) -> None:
        """Load NVRTC from its package `nvidia-cuda-nvrtc-cu11` or `-cu12`.

        Args:
            release: major version of CUDA, 11 or 12.

        Raises:
            ModuleNotFoundError: neither package is installed.
            OSError: the one of this release is not.
        """
        names = {11: "libnvrtc.so.11.2", 12: "libnvrtc.so.12"}
        self._library = ctypes.CDLL(str(_package_folder() / "lib" / names[release]))
        self._library.nvrtcGetErrorString.restype = ctypes.c_char_p

    def version(self) -> tuple[int, int]:
        """Return the major and minor version of NVRTC."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        return major.value, minor.value

    def ptx(self, source: str, architecture: str = ARCHITECTURE) -> str:
        """Return the PTX of `source` for a virtual architecture such as `compute_75`."""
        return self._compile("PTX", source, architecture).rstrip(b"\0").decode("ascii")

    def cubin(self, source: str, architecture: str) -> bytes:
        """Return the machine code of `source` for a real architecture such as `sm_90`."""
        return self._compile("CUBIN", source, architecture)

    def _compile(self, kind: str, source: str, architecture: str) -> bytes:
        program = ctypes.c_void_p()
        # The name is given, not taken from the path: PTX is the same wherever it is made.
        arguments = source.encode(), SOURCE.name.encode(), 0, None, None
        self._call("nvrtcCreateProgram", ctypes.byref(program), *arguments)
        try:
            given = f"--gpu-architecture={architecture}", "--std=c++17"
            options = (ctypes.c_char_p * len(given))(*(option.encode() for option in given))
            code = self._library.nvrtcCompileProgram(program, len(given), options)
            # A warning is an error here: nobody would see it.
            if log := self._output("ProgramLog", program).rstrip(b"\0\n"):
                raise RuntimeError(log.decode())
            self._check("nvrtcCompileProgram", code)
            return self._output(kind, program)
        finally:
            self._call("nvrtcDestroyProgram", ctypes.byref(program))

    def _output(self, kind: str, program: ctypes.c_void_p) -> bytes:
        size = ctypes.c_size_t()
        self._call(f"nvrtcGet{kind}Size", program, ctypes.byref(size))
        output = ctypes.create_string_buffer(size.value)
        self._call(f"nvrtcGet{kind}", program, output)
        return output.raw

    def _call(self, function: str, *arguments: object) -> None:
        self._check(function, self._library[function](*arguments))

    def _check(self, function: str, code: int) -> None:
        if code:
            message = self._library.nvrtcGetErrorString(code).decode()
            raise RuntimeError(f"{function}: {message}")


def _package_folder() -> Path:
    spec = importlib.util.find_spec("nvidia.cuda_nvrtc")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nvidia-cuda-nvrtc is not installed: run this with 'make ptx'")
    return Path(spec.submodule_search_locations[0])


def main() -> None:
    """Write `convert.ptx` beside `convert.cu`."""
    PTX.write_text(Compiler().ptx(SOURCE.read_text("utf-8")), "ascii")


if __name__ == "__main__":
    main()
