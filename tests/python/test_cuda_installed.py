"""What users see, as soon as a Loader is made, if a framework cannot take batches on a GPU."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
from typing import TYPE_CHECKING

import pytest
from fake_cuda import HERE, ended, needs_fake_cuda, run, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

# The Loader looks at no file before.
REFUSED = """
    error = message_of({error}, lambda: Loader("nowhere", device="cuda", output={output!r}))
    print(error)
"""

DRIVERS = {"11.8": 11080, "12.8": 12080, "13.2": 13020}

INSTALL = {
    ("tensorflow", "11.8"): "pip install 'tensorflow[and-cuda]'",
    ("tensorflow", "13.2"): "pip install 'tensorflow[and-cuda]'",
    ("torch", "12.8"): "install PyTorch for CUDA 12 as pytorch.org/get-started/locally says",
    ("torch", "13.2"): "pip install torch",
    ("jax", "11.8"): "pip install 'jax[cuda12]'",
    ("jax", "12.8"): "pip install 'jax[cuda12]'",
    ("jax", "13.2"): "pip install 'jax[cuda13]'",
    ("cupy", "11.8"): "pip install cupy-cuda11x",
    ("cupy", "12.8"): "pip install cupy-cuda12x",
    ("cupy", "13.2"): "pip install cupy-cuda13x",
}


def refusal(output: str, error: str = "DeviceError", **options: object) -> str:
    """Return why a Loader with this output on a GPU cannot be made."""
    status, said, errors = ended(start(REFUSED.format(output=output, error=error), **options))
    assert status == 0, errors  # TensorFlow logs there
    return said.strip()


@pytest.mark.parametrize(("output", "driver"), INSTALL)
def test_a_framework_that_is_not_installed(output: str, driver: str) -> None:
    said = refusal(
        output,
        "ImportError",
        setup=f"sys.modules[{output!r}] = None\n",
        FAKE_CUDA_VERSION=DRIVERS[driver],
    )
    assert said.startswith(f"output={output!r} needs a package that cannot be imported: import of ")
    assert said.endswith(f": {INSTALL[output, driver]}")


def test_on_the_cpu_the_driver_is_not_asked() -> None:
    run(
        """
        for output, end in (("jax", ": pip install jax"), ("cupy", "None in sys.modules")):
            sys.modules[output] = None
            error = message_of(ImportError, lambda: Loader("nowhere", output=output))
            assert error.endswith(end), error
        """,
        library=None,
    )


def test_a_framework_that_is_damaged_is_not_to_be_installed() -> None:
    said = refusal("jax", "ImportError", setup="sys.modules['jax.numpy'] = None\n")
    assert "pip install" not in said


@pytest.mark.parametrize("driver", ["12.8", "13.2"])
def test_jax_without_cuda(driver: str) -> None:
    pytest.importorskip("jax")
    version = importlib.metadata.version("jax")
    if importlib.metadata.entry_points(group="jax_plugins"):
        pytest.skip("JAX has plugins")
    assert refusal("jax", FAKE_CUDA_VERSION=DRIVERS[driver]) == (
        f"output='jax' with device='cuda:0': JAX {version} is installed without CUDA: "
        f"{INSTALL['jax', driver]}"
    )


def test_jax_that_is_told_not_to_use_cuda() -> None:
    pytest.importorskip("jax")
    assert refusal("jax", JAX_PLATFORMS="cpu") == (
        "output='jax' with device='cuda:0': JAX_PLATFORMS='cpu' excludes CUDA: unset it, or add "
        "'cuda'"
    )


def test_jax_is_not_started_if_its_plugin_is_there(tmp_path: Path, photos: Path) -> None:
    """It would take most of the device's memory before the Loader has any."""
    plugin = tmp_path / "jax_cuda12_plugin-0.8.1.dist-info"
    plugin.mkdir()
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: jax-cuda12-plugin\n")
    entry = "[jax_plugins]\nxla_cuda12 = jax_plugins.xla_cuda12\n"
    (plugin / "entry_points.txt").write_text(entry)
    run(
        """
        import types
        jax, numpy = types.ModuleType("jax"), types.ModuleType("jax.numpy")
        jax.config, jax.jit = types.SimpleNamespace(jax_platforms="cuda,cpu"), lambda made: made
        jax.numpy = numpy
        sys.modules.update({"jax": jax, "jax.numpy": numpy})
        Loader(folder, device="cuda", output="jax")  # jax.devices would be an AttributeError
        """,
        photos,
        PYTHONPATH=f"{HERE}:{tmp_path}",
    )


def test_tensorflow_without_cuda() -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("no TensorFlow")
    said = refusal("tensorflow")
    start, _, end = said.partition(" is installed without CUDA: ")
    assert start.startswith("output='tensorflow' with device='cuda:0': TensorFlow 2.")
    assert end == (
        "pip uninstall tensorflow tensorflow-cpu, then pip install 'tensorflow[and-cuda]'"
    )


STAND_IN = """
import types
torch, tensorflow = types.ModuleType("torch"), types.ModuleType("tensorflow")
torch.__version__, torch.version = "2.9.0+cpu", types.SimpleNamespace(cuda=None)
tensorflow.__version__ = "2.20.0"
tensorflow.test = types.SimpleNamespace(is_built_with_cuda=lambda: True)
tensorflow.config = types.SimpleNamespace(list_physical_devices=lambda kind: [])
sys.modules.update(torch=torch, tensorflow=tensorflow)
"""


@pytest.mark.parametrize("driver", ["12.8", "13.2"])
def test_pytorch_without_cuda(driver: str) -> None:
    assert refusal("torch", setup=STAND_IN, FAKE_CUDA_VERSION=DRIVERS[driver]) == (
        "output='torch' with device='cuda:0': PyTorch 2.9.0+cpu is installed without CUDA: "
        f"pip uninstall torch, then {INSTALL['torch', driver]}"
    )


def test_tensorflow_without_the_libraries_of_cuda() -> None:
    assert refusal("tensorflow", setup=STAND_IN) == (
        "output='tensorflow' with device='cuda:0': TensorFlow 2.20.0 finds no GPU, and its log "
        "says why; if it lacks libraries of CUDA: pip install 'tensorflow[and-cuda]'"
    )


@pytest.mark.parametrize("output", ["torch", "tensorflow", "cupy"])
def test_a_driver_that_is_missing_is_named_before_a_framework(output: str) -> None:
    if ctypes.util.find_library("cuda"):
        pytest.skip("this machine has a CUDA driver")
    run(
        f"""
        sys.modules["cupy"] = None
        for device in ("cuda", "cuda:0"):
            make = lambda: Loader("nowhere", device=device, output={output!r})
            assert message_of(DeviceError, make).startswith("no CUDA driver: "), device
        """,
        setup=STAND_IN,
        library=None,
    )
