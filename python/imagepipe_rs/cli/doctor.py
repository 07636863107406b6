"""``doctor``: what this machine has and lacks."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import imagepipe_rs
from imagepipe_rs import _native
from imagepipe_rs._environment import jpeg_decoder
from imagepipe_rs._errors import DeviceError
from imagepipe_rs._frameworks import has_jax_plugin, install
from imagepipe_rs._names import table
from imagepipe_rs.cli import _reading
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._program import command

# What each is for, and the distributions that contain it.
_COMPANIONS = {
    "tensorflow": ("output='tensorflow', as_tf_dataset()", ("tensorflow", "tensorflow-cpu")),
    "torch": ("output='torch', as_torch()", ("torch",)),
    "jax": ("output='jax'", ("jax",)),
    "cupy": ("output='cupy'", ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x")),
    "ml_dtypes": ("dtype='bfloat16' with NumPy", ("ml-dtypes",)),
    "pandas": ("ImageDataSet.labels_df", ("pandas",)),
}

# The end of a Loader's error message, which makes no sense in the doctor's report.
_FOR_LOADERS = ', or use device="cpu"'

_PCI_DEVICES = Path("/sys/bus/pci/devices")

# PCIe generations by the GT/s of a lane.
_GENERATIONS = {2.5: 1, 5.0: 2, 8.0: 3, 16.0: 4, 32.0: 5, 64.0: 6}


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
    """Ask the CUDA driver for its version and devices, and the kernel how each is connected."""
    try:
        found = _native.cuda_devices()
    except DeviceError as error:
        return {"driver": None, "devices": [], "frameworks_without": [], "error": str(error)}
    for device in found["devices"]:
        device["pcie"] = _pcie(_PCI_DEVICES / device["bus_id"])
    return {**found, "frameworks_without": _without_cuda(), "error": None}


def _without_cuda() -> list[str]:
    """Return the frameworks that are installed without CUDA, as far as their packages tell."""
    lacking = {
        "tensorflow": _version(("tensorflow",)) is None and _version(("tensorflow-cpu",)),
        "torch": "+cpu" in (_version(("torch",)) or ""),
        "jax": _version(("jax",)) and not has_jax_plugin(),
    }
    return [name for name, lacks in lacking.items() if lacks]


def _pcie(device: Path) -> dict[str, int | None]:
    """Return generation and width of a device's link, now and at most; None for what is not told.

    An idle GPU may run its link at a lower generation than it can.
    """
    speed = _first_number(device / "current_link_speed")
    width = _first_number(device / "current_link_width")
    return {
        "generation": _GENERATIONS.get(speed),
        "width": int(width) or None,
        "max_generation": _GENERATIONS.get(_least(device, "max_link_speed")),
        "max_width": int(_least(device, "max_link_width")) or None,
    }


def _least(device: Path, file: str) -> float:
    """Return the smaller number of a device and of the port that it is connected to."""
    ends = (device, device.resolve().parent)
    return min(filter(None, (_first_number(end / file) for end in ends)), default=0)


def _first_number(file: Path) -> float:
    """Return the number that a file begins with; 0 if there is none."""
    try:
        return float(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _report(found: dict[str, Any]) -> str:
    processor = found["processor"]
    rows = [
        ("imagepipe-rs", f"{found['version']}, Python {found['python']}, NumPy {found['numpy']}"),
        ("system", found["system"]),
        ("cores", f"{processor['cores']} usable"),
        ("instructions", " ".join(processor["instructions"]) or "none that help"),
        ("JPEG decoder", _decoder(found["jpeg"], own=processor["own_decoder"])),
        ("libjpeg-turbo", _turbo(processor)),
        *_cuda_rows(found["cuda"]),
    ]
    companions = [
        (name, version or "not installed", use)
        for (name, version), (use, _) in zip(
            found["packages"].items(), _COMPANIONS.values(), strict=True
        )
    ]
    return "\n\n".join(
        [
            table(rows),
            table([("package", "version", "for"), *companions]),
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


def _cuda_rows(cuda: dict[str, Any]) -> list[tuple[str, str]]:
    if cuda["error"]:
        return [("GPU", f"none: {cuda['error'].removesuffix(_FOR_LOADERS)}")]
    rows = [("CUDA", f"driver for CUDA {cuda['driver']}")]
    for number, device in enumerate(cuda["devices"]):
        major, minor = device["capability"]
        memory = f"{device['memory'] / 2**30:.1f} GiB"
        about = (device["name"], memory, f"compute {major}.{minor}", _link(device["pcie"]))
        rows.append((f"cuda:{number}", ", ".join(about)))
    return rows


def _link(pcie: dict[str, int | None]) -> str:
    generation, width = pcie["generation"] or "unknown", pcie["width"]
    most, widest = pcie["max_generation"], pcie["max_width"]
    return (
        f"PCIe generation {generation}{f' (at most {most})' if most else ''}, "
        f"width {f'x{width}' if width else 'unknown'}{f' (at most x{widest})' if widest else ''}"
    )


def _missing(found: dict[str, Any]) -> str:
    driver = found["cuda"]["driver"]
    # CuPy is of no use without a driver.
    useless = {"cupy"} if driver is None else set()
    missing = [name for name, version in found["packages"].items() if version is None]
    missing = [name for name in missing if name not in useless]
    without = found["cuda"]["frameworks_without"]
    parts = [
        ("Missing packages, each needed only for the use given above:", missing),
        ("Installed without CUDA, which they need for device='cuda':", without),
    ]
    lines = [
        "\n".join([heading, *(f"  {install(name, driver)}" for name in names)])
        for heading, names in parts
        if names
    ]
    return "\n\n".join(lines) or "Nothing is missing."
