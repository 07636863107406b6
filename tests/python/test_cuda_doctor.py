"""What ``imagepipe doctor`` says of GPUs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from fake_cuda import needs_fake_cuda, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

DOCTOR = """
    from pathlib import Path
    from imagepipe_rs.cli import doctor, main
    doctor._PCI_DEVICES = Path(folder)
    sys.exit(main(["doctor", *sys.argv[2:]]))
"""


def linked(folder: Path, now: tuple[str, str], most: tuple[str, str] = ("", "")) -> None:
    """Write what the kernel tells of a link: its speed and width, now and at most."""
    folder.mkdir(exist_ok=True)
    for which, values in (("current", now), ("max", most)):
        for what, value in zip(("speed", "width"), values, strict=True):
            (folder / f"{which}_link_{what}").write_text(value)


def test_each_device_with_its_link(tmp_path: Path) -> None:
    linked(tmp_path / "0000:07:00.0", ("16.0 GT/s PCIe\n", "16\n"))
    linked(tmp_path / "0000:08:00.0", ("2.5 GT/s PCIe\n", "8\n"), ("32.0 GT/s PCIe\n", "16\n"))
    linked(tmp_path / "0000:09:00.0", ("Unknown\n", "255 or so\n"), ("Unknown\n", "0\n"))
    said = run(DOCTOR, tmp_path, FAKE_CUDA_DEVICES=4, FAKE_CUDA_VERSION=13020)
    lines = dict(line.split(maxsplit=1) for line in said.splitlines() if "uda" in line.lower())
    assert lines["CUDA"] == "driver for CUDA 13.2"
    links = {number: lines[f"cuda:{number}"].partition(", PCIe ")[2] for number in range(4)}
    assert links == {
        0: "generation 4, width x16",
        1: "generation 1 (at most 5), width x8 (at most x16)",
        2: "generation unknown, width x255",
        3: "generation unknown, width unknown",
    }
    assert lines["cuda:0"].startswith("Fake GPU, 1.0 GiB, compute 9.0, PCIe ")


def test_a_card_can_do_more_than_the_port_it_is_in(tmp_path: Path) -> None:
    port, buses = tmp_path / "pci0000:00/0000:00:01.0", tmp_path / "devices"
    port.mkdir(parents=True)
    buses.mkdir()
    linked(port, ("2.5 GT/s PCIe\n", "8\n"), ("16.0 GT/s PCIe\n", "8\n"))
    linked(port / "card", ("2.5 GT/s PCIe\n", "8\n"), ("32.0 GT/s PCIe\n", "16\n"))
    (buses / "0000:07:00.0").symlink_to(port / "card")
    assert "PCIe generation 1 (at most 4), width x8 (at most x8)" in run(DOCTOR, buses)


def test_for_programs(tmp_path: Path) -> None:
    linked(tmp_path / "0000:07:00.0", ("32.0 GT/s PCIe\n", "4\n"), ("64.0 GT/s PCIe\n", "16\n"))
    found = json.loads(run(DOCTOR, tmp_path, "--json"))["cuda"]
    assert found["error"] is None
    assert found["driver"] == "12.8"
    (device,) = found["devices"]
    assert device.pop("capability")[0] >= 7
    assert device == {
        "name": "Fake GPU",
        "memory": 2**30,
        "bus_id": "0000:07:00.0",
        "pcie": {"generation": 5, "width": 4, "max_generation": 6, "max_width": 16},
    }


# What is installed, by its version; nothing else is.
INSTALLED = """
import importlib.metadata
def version(name):
    try:
        return installed[name]
    except KeyError:
        raise importlib.metadata.PackageNotFoundError(name) from None
importlib.metadata.version = version
importlib.metadata.entry_points = lambda group: []
"""


@pytest.mark.parametrize(
    ("version", "packages"),
    [
        (11080, ("'jax[cuda12]'", "cupy-cuda11x")),
        (12000, ("'jax[cuda12]'", "cupy-cuda12x")),
        (12080, ("'jax[cuda12]'", "cupy-cuda12x")),
        (13000, ("'jax[cuda13]'", "cupy-cuda13x")),
        (14010, ("'jax[cuda13]'", "cupy-cuda13x")),
    ],
)
def test_what_to_install_fits_the_driver(
    tmp_path: Path, version: int, packages: tuple[str, ...]
) -> None:
    setup = f"installed = {{'numpy': '2'}}\n{INSTALLED}"
    said = run(DOCTOR, tmp_path, setup=setup, FAKE_CUDA_VERSION=version)
    commands = said.partition("Missing packages")[2].splitlines()[1:]
    pytorch = f"install PyTorch for CUDA {version // 1000} as pytorch.org/get-started/locally says"
    expected = [
        "pip install 'tensorflow[and-cuda]'",
        "pip install torch" if version >= 13000 else pytorch,
        *(f"pip install {package}" for package in packages),
        "pip install ml_dtypes",
        "pip install pandas",
    ]
    assert commands == [f"  {command}" for command in expected]


def test_without_a_driver_there_is_nothing_to_install_for_it(tmp_path: Path) -> None:
    setup = f"installed = {{'numpy': '2', 'jax': '0.8.1'}}\n{INSTALLED}"
    said = run(DOCTOR, tmp_path, setup=setup, CUDA_VISIBLE_DEVICES="")
    assert "pip install tensorflow-cpu\n" in said
    assert "cuda1" not in said
    assert "without CUDA" not in said


def test_frameworks_that_are_installed_without_cuda(tmp_path: Path) -> None:
    setup = "installed = {'numpy': '2', 'jax': '0.8.1', 'tensorflow-cpu': '2.20.0', 'pandas': '2',"
    setup += f"'ml-dtypes': '0.5', 'cupy-cuda11x': '13.6', 'torch': '2.9.0+cpu'}}\n{INSTALLED}"
    said = run(DOCTOR, tmp_path, setup=setup, FAKE_CUDA_VERSION=13010)
    assert said.endswith(
        "\n\nInstalled without CUDA, which they need for device='cuda':\n"
        "  pip install 'tensorflow[and-cuda]'\n  pip install torch\n  pip install 'jax[cuda13]'\n"
    )
    assert "Missing" not in said
    setup = setup.replace("-cpu", "").replace("+cpu", "").replace("'jax'", "'ray'")
    assert "without CUDA" not in run(DOCTOR, tmp_path, setup=setup, FAKE_CUDA_VERSION=13010)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FAKE_CUDA_VERSION": 11060}, "the CUDA driver supports CUDA 11.6 at most"),
        ({"CUDA_VISIBLE_DEVICES": ""}, "no CUDA device is visible: check that nvidia-smi"),
        ({"FAKE_CUDA_FAIL": "cuInit:1=803"}, "initializing CUDA failed: "),
    ],
)
def test_what_is_wrong(tmp_path: Path, variables: dict[str, object], said: str) -> None:
    report = run(DOCTOR, tmp_path, **variables)
    assert re.search(rf"^GPU +none: {said}", report, re.MULTILINE)
    assert "device=" not in report.partition("\n\n")[0]
    found = json.loads(run(DOCTOR, tmp_path, "--json", **variables))["cuda"]
    assert (found["driver"], found["devices"], found["frameworks_without"]) == (None, [], [])
    assert found["error"].startswith(said)
