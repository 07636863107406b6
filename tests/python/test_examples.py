"""The programs in examples/ run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, photos: Path, *arguments: str) -> str:
    command = [sys.executable, str(EXAMPLES / name), str(photos), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
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


def test_every_example_is_run_here() -> None:
    source = Path(__file__).read_text()
    assert [path.name for path in EXAMPLES.glob("*.py") if path.name not in source] == []
