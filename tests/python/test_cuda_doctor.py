"""What ``imagepipe doctor`` says of GPUs."""

from __future__ import annotations

import json
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


def linked(buses: Path, device: str, speed: str, width: str) -> None:
    (buses / device).mkdir()
    (buses / device / "current_link_speed").write_text(speed)
    (buses / device / "current_link_width").write_text(width)


def test_each_device_with_its_link(tmp_path: Path) -> None:
    linked(tmp_path, "0000:07:00.0", "16.0 GT/s PCIe\n", "16\n")
    linked(tmp_path, "0000:08:00.0", "2.5 GT/s PCIe\n", "8\n")
    linked(tmp_path, "0000:09:00.0", "Unknown\n", "255 or so\n")
    said = run(DOCTOR, tmp_path, FAKE_CUDA_DEVICES=4, FAKE_CUDA_VERSION=13020)
    lines = dict(line.split(maxsplit=1) for line in said.splitlines() if "uda" in line.lower())
    assert lines["CUDA"] == "driver for CUDA 13.2"
    links = {number: lines[f"cuda:{number}"].partition(", PCIe ")[2] for number in range(4)}
    assert links == {
        0: "generation 4, width x16",
        1: "generation 1, width x8",
        2: "generation unknown, width x255",
        3: "generation unknown, width unknown",
    }
    assert lines["cuda:0"].startswith("Fake GPU, 1.0 GiB, compute 9.0, PCIe ")
    assert "pip install cupy" in said or "cupy" not in said.partition("Missing")[2]


def test_for_programs(tmp_path: Path) -> None:
    linked(tmp_path, "0000:07:00.0", "32.0 GT/s PCIe\n", "4\n")
    found = json.loads(run(DOCTOR, tmp_path, "--json"))["cuda"]
    assert found["error"] is None
    assert found["driver"] == "12.8"
    (device,) = found["devices"]
    assert device.pop("capability")[0] >= 7
    assert device == {
        "name": "Fake GPU",
        "memory": 2**30,
        "bus_id": "0000:07:00.0",
        "pcie": {"generation": 5, "width": 4},
    }


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"FAKE_CUDA_VERSION": 11060}, "the CUDA driver supports CUDA 11.6 at most"),
        ({"CUDA_VISIBLE_DEVICES": ""}, "no CUDA device is visible: check that nvidia-smi"),
        ({"FAKE_CUDA_FAIL": "cuInit:1=803"}, "initializing CUDA failed: "),
    ],
)
def test_what_is_wrong(tmp_path: Path, variables: dict[str, object], said: str) -> None:
    assert f"none: {said}" in run(DOCTOR, tmp_path, **variables)
    found = json.loads(run(DOCTOR, tmp_path, "--json", **variables))["cuda"]
    assert (found["driver"], found["devices"]) == (None, [])
    assert found["error"].startswith(said)
