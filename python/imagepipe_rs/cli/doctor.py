"""``doctor``: what this machine has and lacks."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import imagepipe_rs
from imagepipe_rs import _native
from imagepipe_rs._environment import jpeg_decoder
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._program import command

# What each is for, and the distributions that contain it.
_COMPANIONS = {
    "tensorflow": ("output='tensorflow', as_tf_dataset()", ("tensorflow", "tensorflow-cpu")),
    "torch": ("output='torch', as_torch()", ("torch",)),
    "jax": ("output='jax'", ("jax",)),
    "cupy": ("output='cupy'", ("cupy", "cupy-cuda12x", "cupy-cuda13x")),
    "ml_dtypes": ("dtype='bfloat16' with NumPy", ("ml-dtypes",)),
    "pandas": ("ImageDataSet.labels_df", ("pandas",)),
}


@command(
    "doctor",
    short_help="Show what this machine has, what is missing, and how to get it.",
    epilog="""\b
    Examples:
      imagepipe doctor
      imagepipe doctor --json
    """,
)
@_reading.as_json
def doctor(*, as_json: bool, quiet: bool) -> None:
    """Show what this machine has that matters here, what is missing, and how to get it."""
    found = examine()
    if as_json:
        print_json(found)
    elif not quiet:
        print(_report(found))


def examine() -> dict[str, Any]:
    """Look at this machine; nothing heavy is imported."""
    return {
        "version": imagepipe_rs.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "processor": (processor := _native.machine()),
        "jpeg": _jpeg(own=processor["own_decoder"]),
        "cuda": _cuda(),
        "packages": {name: _version(names) for name, (_, names) in _COMPANIONS.items()},
        "numpy": _version(("numpy",)),
    }


def _jpeg(*, own: bool) -> dict[str, Any]:
    """Say which decoder decodes JPEGs, and what is wrong with ``IMAGEPIPE_JPEG``."""
    try:
        wanted = jpeg_decoder("auto")
    except ValueError as error:
        return {"decoder": None, "error": str(error)}
    return {"decoder": "own" if own and wanted == "auto" else "libjpeg-turbo", "error": None}


def _version(distributions: tuple[str, ...]) -> str | None:
    for name in distributions:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _cuda() -> dict[str, Any]:
    """Ask the CUDA driver for its version and devices; without it, list the kernel's devices."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        nodes = sorted(str(node) for node in Path("/dev").glob("nvidia[0-9]*"))
        return {"driver": None, "devices": nodes}
    version, count = ctypes.c_int(), ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    devices = []
    if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0:
        devices = [_device_name(driver, number) for number in range(count.value)]
    # 13020 is CUDA 13.2.
    major, minor = version.value // 1000, version.value % 1000 // 10
    return {"driver": f"{major}.{minor}", "devices": devices}


def _device_name(driver: ctypes.CDLL, number: int) -> str:
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, len(name), number)
    return name.value.decode(errors="replace")


def _report(found: dict[str, Any]) -> str:
    processor = found["processor"]
    rows = [
        ("imagepipe-rs", f"{found['version']}, Python {found['python']}, NumPy {found['numpy']}"),
        ("system", found["system"]),
        ("cores", f"{processor['cores']} usable"),
        ("instructions", " ".join(processor["instructions"]) or "none that help"),
        ("JPEG decoder", _decoder(found["jpeg"], own=processor["own_decoder"])),
        ("libjpeg-turbo", _turbo(processor)),
        ("CUDA", _cuda_line(found["cuda"])),
    ]
    companions = [
        (name, version or "not installed", use)
        for (name, version), (use, _) in zip(
            found["packages"].items(), _COMPANIONS.values(), strict=True
        )
    ]
    return "\n\n".join(
        [
            _text.table(rows),
            _text.table([("package", "version", "for"), *companions]),
            _missing(found),
        ]
    )


def _decoder(jpeg: dict[str, Any], *, own: bool) -> str:
    if jpeg["error"]:
        return f"none: {jpeg['error']}"
    if jpeg["decoder"] == "own":
        return "our own: twice as fast as libjpeg-turbo for most files"
    if own:
        wanted = os.environ.get("IMAGEPIPE_JPEG")
        return f"libjpeg-turbo's: IMAGEPIPE_JPEG={wanted} switches our own off"
    needs = "AVX2 (x86-64 of 2013 and later; in a virtual machine, CPU type 'host')"
    return f"libjpeg-turbo's: our own needs {needs}"


def _turbo(processor: dict[str, Any]) -> str:
    return "with SIMD" if processor["turbo_simd"] else "without SIMD: several times slower"


def _cuda_line(cuda: dict[str, Any]) -> str:
    devices = ", ".join(cuda["devices"])
    here = "device='cuda' is not in this version"
    if cuda["driver"] is None:
        return f"no driver (libcuda.so.1){', but ' + devices if devices else ''}; {here}"
    return f"driver for CUDA {cuda['driver']}, {devices or 'no device'}; {here}"


def _missing(found: dict[str, Any]) -> str:
    # CuPy is of no use without a driver.
    useless = {"cupy"} if found["cuda"]["driver"] is None else set()
    missing = [name for name, version in found["packages"].items() if version is None]
    missing = [name for name in missing if name not in useless]
    lines = [f"pip install {_COMPANIONS[name][1][-1]}" for name in missing]
    if not lines:
        return "Nothing is missing."
    return "\n".join(
        ["Missing packages, each needed only for the use given above:", *(f"  {x}" for x in lines)]
    )
