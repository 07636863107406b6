"""What the tests share: small sets of photographs, and pictures made to measure."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]

# PyTorch and MXNet have environments of their own: `make test-torch`, `make test-mxnet`.
collect_ignore = [
    f"test_{name}.py"
    for name in ("accelerate", "lightning", "mxnet", "torch")
    if not importlib.util.find_spec(name)
]


class EncodeJpeg(Protocol):
    """What the fixture ``jpeg`` gives."""

    def __call__(
        self,
        width: int = 64,
        height: int = 48,
        *,
        seed: int = 0,
        mode: str = "RGB",
        **options: object,
    ) -> bytes:
        """Encode a made-up picture; the options are those of Pillow's JPEG encoder."""


class MakeTree(Protocol):
    """What the fixture ``tree`` gives."""

    def __call__(self, files: Mapping[str, bytes]) -> Path:
        """Write files, by their names below a new folder, and return the folder."""


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def photos() -> Path:
    """Return a Keras-layout folder of 60 photographs in 10 classes; not to be written to."""
    return photo_set("test-photos", "--small", "60", "--large", "0") / "small"


@pytest.fixture(scope="session")
def large() -> Path:
    """Return a folder of four photographs of about 2000x1500; not to be written to."""
    options = ["--small", "0", "--large", "4", "--classes", "4", "--progressive", "0.5"]
    return photo_set("test-photos-large", *options) / "large"


def photo_set(name: str, *options: str) -> Path:
    """Return a folder of photographs, which one process at a time makes: tests may run in several.

    The program keeps the set as long as neither it nor its arguments change.
    """
    program = ROOT / "benches" / "photos.py"
    folder = ROOT / "target" / name
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, program, folder, *options]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder


def picture(width: int, height: int, *, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Return a smooth picture with some detail: neither flat nor noise."""
    random = np.random.default_rng([seed, width, height])
    coarse = random.integers(0, 256, (height // 16 + 2, width // 16 + 2, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = random.integers(-8, 9, (height, width, 3))
    pixels = np.clip(np.asarray(smooth, dtype=np.int64) + grain, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8)).convert(mode)


@pytest.fixture(scope="session")
def jpeg() -> EncodeJpeg:
    """Return a function that encodes a made-up picture as JPEG."""

    def encode(
        width: int = 64,
        height: int = 48,
        *,
        seed: int = 0,
        mode: str = "RGB",
        **options: object,
    ) -> bytes:
        data = io.BytesIO()
        picture(width, height, seed=seed, mode=mode).save(data, "JPEG", **options)
        return data.getvalue()

    return encode


@pytest.fixture
def tree(tmp_path: Path) -> MakeTree:
    """Return a function that writes a folder of files."""

    def make(files: Mapping[str, bytes]) -> Path:
        folder = tmp_path / "tree"
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    return make


def mount(*arguments: object) -> int:
    """Mount something; return the exit status."""
    command = ["mount", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True).returncode


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Return the root of a file system of 1 MiB, or as many bytes as a parameter says."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = getattr(request, "param", "1m")
    if os.geteuid() != 0 or mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder):
        pytest.skip("mounting a file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607  wherever the system has it
