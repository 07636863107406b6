"""The programs in examples/ run as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"

# Of guessing one of the ten classes of small pictures.
CHANCE = 0.1


def run(name: str, *arguments: str | Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    # On a busy machine, PyTorch's threads wait for each other ten times as long as they work.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_shows_that_runs_can_be_repeated(photos: Path) -> None:
    assert "both runs gave the same bytes" in run("demo.py", photos)


def test_a_keras_model_is_trained_and_evaluated(photos: Path) -> None:
    assert "validation accuracy" in run("keras_classifier.py", photos)


@pytest.mark.torch
def test_a_pytorch_model_is_trained_and_goes_on(photos: Path) -> None:
    output = run("pytorch_classifier.py", photos)
    assert "stopped at {'epoch': 1" in output
    assert "epoch 1, the other half: loss" in output


@pytest.mark.torch
def test_a_pytorch_model_is_trained_where_its_batches_arrive(photos: Path) -> None:
    assert "epoch 1 on cpu: loss" in run("pytorch_gpu.py", photos, "cpu")


def test_a_keras_model_learns_from_augmented_and_mixed_pictures(tmp_path: Path) -> None:
    run("cifar_like.py", tmp_path / "pictures")
    output = run("cifar_keras.py", tmp_path / "pictures")
    assert float(output.splitlines()[-1].removeprefix("validation accuracy: ")) > 4 * CHANCE


@pytest.mark.torch
def test_a_pytorch_model_learns_from_augmented_and_mixed_pictures() -> None:
    output = run("cifar_pytorch.py")
    assert float(output.splitlines()[-1].rpartition("accuracy ")[2]) > 4 * CHANCE


def test_patches_are_cut_out_saved_and_put_into_records(photos: Path, tmp_path: Path) -> None:
    output = run("patches.py", photos, tmp_path)
    assert "batch: (16, 128, 128, 3) uint8" in output
    assert "saved and loaded, equal: True" in output
    assert "<Loader of 40 samples" in output
    assert {path.suffix for path in tmp_path.iterdir()} == {".pipe", ".png", ".svg", ".tfrecord"}


def test_patches_of_made_up_photographs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert f"written to {tmp_path}" in run("patches.py")


def test_digits_are_learned(tmp_path: Path) -> None:
    share = float(run("digits.py").removeprefix("recognized: ").rstrip("%\n"))
    assert share > 90
    images = np.stack([np.full((28, 28), 25 * digit, np.uint8) for digit in range(10)])
    np.savez(tmp_path / "digits.npz", x_train=images, y_train=np.arange(10))
    assert "recognized" in run("digits.py", tmp_path / "digits.npz")


def test_boxes_move_with_the_image(photos: Path, tmp_path: Path) -> None:
    errors = run("detection.py").splitlines()[-1]
    assert float(errors.removeprefix("boxes and pixels differ by at most ").split()[0]) < 1
    files = sorted(photos.rglob("*.jpg"))[:5]
    table = tmp_path / "boxes.csv"
    table.write_text("".join(f"{path},10,20,110,120\n" for path in files))
    assert "boxes: (16, 4)" in run("detection.py", table)


def test_masks_move_with_the_image(photos: Path, tmp_path: Path) -> None:
    share = run("segmentation.py").splitlines()[-1]
    assert float(share.removeprefix("images and masks agree on ").split("%")[0]) > 98
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    for number, path in enumerate(sorted(photos.rglob("*.jpg"))[:3]):
        shutil.copy(path, tmp_path / "images" / f"{number}.jpg")
        with Image.open(path) as photo:
            classes = np.full((photo.height, photo.width), 3 + number, np.uint8)
        Image.fromarray(classes).save(tmp_path / "masks" / f"{number}.png")
    assert "masks: (16, 96, 96)  classes: 3 4 5 255" in run("segmentation.py", tmp_path)


def test_every_example_is_run_here() -> None:
    source = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in source] == []
