"""Maturin's build backend, after a check of the build tools.

The crate compiles libjpeg-turbo, which needs more than Rust. Without the right tools, a build would
fail late and with many lines of output; this backend fails at once, and says what to install. cmake
and ninja are on PyPI, so they become build requirements.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Settings: TypeAlias = Mapping[str, Any] | None

RUST = 'cargo not found: install Rust with rustup, or with "brew install rust"'
COMPILER = (
    'C compiler not found: install one with "apt-get install gcc libc6-dev", "dnf install gcc" or '
    '"xcode-select --install", or name it in CC'
)
CMAKE = (
    'cmake not found: install it with "pip install cmake", "apt-get install cmake" or '
    '"brew install cmake"'
)
MAKE = (
    'neither make nor ninja found: install one with "pip install ninja", "apt-get install make" '
    'or "brew install ninja"'
)
NASM = (
    'nasm not found: install it with "apt-get install nasm", "dnf install nasm" or '
    '"brew install nasm" (PyPI\'s nasm is another program)'
)


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Return the missing tools that PyPI has."""
    del config_settings
    required = []
    if not shutil.which("cmake"):
        required.append("cmake>=3.18")
    if not _has_make():
        required.append("ninja>=1.11")
    return required


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Return what an editable install needs: the same as a wheel."""
    return get_requires_for_build_wheel(config_settings)


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Return no requirements: nothing is compiled for a source distribution."""
    del config_settings
    return []


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the metadata; pip asks for it first, so check for missing tools here."""
    _check(missing_tools())
    return _maturin().prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def prepare_metadata_for_build_editable(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the metadata of an editable install."""
    return prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel."""
    _check(missing_tools())
    _use_ninja_without_make()
    return _maturin().build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel of an editable install."""
    _check(missing_tools())
    _use_ninja_without_make()
    return _maturin().build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build the source distribution, which needs no tool but cargo."""
    _check([] if shutil.which("cargo") else [RUST])
    return _maturin().build_sdist(sdist_directory, config_settings)


def missing_tools() -> list[str]:
    """Return a line for each missing tool, which says how to install it."""
    found = {
        RUST: bool(shutil.which("cargo")),
        COMPILER: _has_compiler(),
        CMAKE: bool(shutil.which("cmake")),
        MAKE: _has_make(),
        NASM: _has_assembler(),
    }
    return [message for message, is_there in found.items() if not is_there]


def _has_compiler() -> bool:
    if sys.platform == "win32":  # build tools find it in the registry
        return True
    command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    return bool(shutil.which(command[0]))


def _has_make() -> bool:
    if sys.platform == "win32" or "CMAKE_GENERATOR" in os.environ:
        return True
    return any(shutil.which(tool) for tool in ("make", "gmake", "ninja"))


def _has_assembler() -> bool:
    """Look for NASM as CMake does: nasm, else yasm. Only x86 has SIMD code in assembly."""
    if platform.machine().lower() not in {"x86_64", "amd64", "x86", "i386", "i686"}:
        return True
    nasm = os.environ.get("ASM_NASM") or shutil.which("nasm") or shutil.which("yasm")
    if not nasm:
        return False
    version = subprocess.run([nasm, "--version"], capture_output=True, text=True, check=False)
    return version.stdout.lower().startswith(("nasm version", "yasm "))


def _use_ninja_without_make() -> None:
    if sys.platform != "win32" and not (shutil.which("make") or shutil.which("gmake")):
        os.environ.setdefault("CMAKE_GENERATOR", "Ninja")


def _check(missing: list[str]) -> None:
    if missing:
        sys.exit("imagepipe-rs cannot be built here.\n" + "\n".join(missing))


def _maturin() -> Any:  # noqa: ANN401  (it has no types)
    import maturin  # noqa: PLC0415  (only a build environment has it)

    return maturin
