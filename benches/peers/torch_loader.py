"""PyTorch's DataLoader with torchvision's transforms on Pillow: what most people use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from protocol import Job, measure, parse
from tasks import AREA, BATCH, MEAN, RATIO, SHORT_SIDE, SIDE, STD
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image


def transform(task: str) -> Callable[[Image.Image], Any]:
    """Return torchvision's transforms for a task."""
    if task == "T1":
        steps = [transforms.Resize((SIDE, SIDE)), as_bytes]
    elif task == "T2":
        steps = [
            transforms.Resize(SHORT_SIDE),
            transforms.CenterCrop(SIDE),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    else:
        steps = [
            transforms.RandomResizedCrop(SIDE, AREA, RATIO),
            transforms.RandomHorizontalFlip(),
            as_bytes,
        ]
    return transforms.Compose(steps)


def as_bytes(image: Image.Image) -> torch.Tensor:
    """Return the pixels as they are, HWC uint8."""
    return torch.from_numpy(np.array(image))


def batches(job: Job) -> Iterator[Any]:
    """Run epoch after epoch, with the same worker processes."""
    loader = DataLoader(
        ImageFolder(str(job.photos), transform(job.task)),
        batch_size=BATCH,
        shuffle=True,
        num_workers=job.threads,
        persistent_workers=True,
    )
    while True:
        for images, _ in loader:
            yield images


if __name__ == "__main__":
    asked = parse()
    torch.manual_seed(1)
    measure(asked, batches(asked), "torch", "torchvision", "pillow", "numpy")
