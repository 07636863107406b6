"""Recipe R1 with PyTorch's DataLoader and torchvision's v2 transforms of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tasks
import torch
from protocol import Job, measure, parse
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.io import ImageReadMode, decode_image, read_file
from torchvision.transforms import v2

if TYPE_CHECKING:
    from collections.abc import Iterator


def opened(path: str) -> torch.Tensor:
    """Decode a file to a tensor."""
    return decode_image(read_file(path), ImageReadMode.RGB)


def batches(job: Job) -> Iterator[Any]:
    """Run epoch after epoch, with the same worker processes."""
    steps = v2.Compose(
        [
            v2.RandomResizedCrop(tasks.SIDE, tasks.AREA, tasks.RATIO),
            v2.RandomHorizontalFlip(),
            v2.RandAugment(tasks.OPERATIONS, tasks.MAGNITUDE),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(tasks.MEAN, tasks.STD, inplace=True),
        ]
    )
    loader = DataLoader(
        ImageFolder(str(job.photos), steps, loader=opened),
        batch_size=tasks.BATCH,
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
    measure(asked, batches(asked), "torch", "torchvision", "numpy")
