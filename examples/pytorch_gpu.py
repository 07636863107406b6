"""Train a PyTorch model on batches that arrive on its device: a GPU, or the CPU for comparison.

Usage: python pytorch_gpu.py DIRECTORY [cuda | cuda:N | cpu]
"""

import sys

import torch
from imagepipe_rs import Loader
from torch import nn


def main() -> None:
    """Train for two epochs in bfloat16 and channels_last, which suit a GPU's tensor cores."""
    folder, device = sys.argv[1], (*sys.argv[2:], "cuda")[0]
    train = Loader(
        folder,
        batch_size=16,
        size=64,
        fit="random_crop",
        flip=True,
        dtype="bfloat16",
        mean="imagenet",
        std="imagenet",
        seed=1,
        device=device,
        output="torch",
    )
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    model.append(nn.Linear(16, train.num_classes))
    images, _ = next(iter(train))
    model.to(images.device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in range(2):
        for images, labels in train:
            channels_last = images.permute(0, 3, 1, 2)  # from NHWC, without a copy
            with torch.autocast(images.device.type, torch.bfloat16):
                loss = nn.functional.cross_entropy(model(channels_last), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} on {images.device}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
