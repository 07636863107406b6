"""How to install the frameworks that take batches, for the CUDA version of a machine's driver."""

from __future__ import annotations

from imagepipe_rs import _native
from imagepipe_rs._errors import DeviceError

# The CUDA versions that there are packages for.
_JAX = (12, 13)
_CUPY = (11, 12, 13)

# The CUDA version of what PyPI has as `torch`.
_TORCH = 13


def install(framework: str, driver: str | None) -> str:
    """Return how to install a framework.

    Args:
        framework: the name it is imported by.
        driver: the newest CUDA version that the driver supports, such as ``"12.8"``; None for a
            machine without one.
    """
    if driver is None:
        return f"pip install {'tensorflow-cpu' if framework == 'tensorflow' else framework}"
    major = int(driver.partition(".")[0])
    if framework == "torch" and major < _TORCH:
        return f"install PyTorch for CUDA {major} as pytorch.org/get-started/locally says"
    packages = {
        "tensorflow": "'tensorflow[and-cuda]'",
        "jax": f"'jax[cuda{_newest(_JAX, major)}]'",
        "cupy": f"cupy-cuda{_newest(_CUPY, major)}x",
    }
    return f"pip install {packages.get(framework, framework)}"


def install_here(framework: str) -> str:
    """Return how to install a framework for this machine's driver.

    Raises:
        DeviceError: there is no driver that can be used.
    """
    return install(framework, _native.cuda_devices()["driver"])


def hint(error: ImportError, framework: str, device: str) -> str:
    """Return how to install what could not be imported, to follow a message; "" if that is unknown.

    Raises:
        DeviceError: it is for a GPU, and there is no driver that can be used.
    """
    if error.name != framework:  # it is there, and something else is wrong
        return ""
    if device != "cpu":
        return f": {install_here(framework)}"
    # The driver is not loaded for the CPU's sake, and CuPy's packages depend on its version.
    return "" if framework == "cupy" else f": pip install {framework}"


def without_cuda(output: str, installed: str, device: str, remedy: str) -> DeviceError:
    """Return the error for a framework that was built without CUDA.

    Args:
        output: the Loader's argument.
        installed: the framework and its version.
        device: the Loader's device.
        remedy: what to do.
    """
    given = f"output={output!r} with device={device!r}"
    return DeviceError(f"{given}: {installed} is installed without CUDA: {remedy}")


def has_jax_plugin() -> bool:
    """Say whether one of JAX's packages for CUDA is installed."""
    import importlib.metadata  # noqa: PLC0415  slow, and rarely needed

    plugins = importlib.metadata.entry_points(group="jax_plugins")
    return any("cuda" in plugin.name for plugin in plugins)


def _newest(versions: tuple[int, ...], major: int) -> int:
    """Return the newest of the versions that a driver for ``major`` supports, or the oldest."""
    return max((version for version in versions if version <= major), default=versions[0])
