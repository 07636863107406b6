"""Train on CIFAR-like pictures with RandAugment and MixUp, in PyTorch.

Usage: python cifar_pytorch.py [DIRECTORY]

The directory has a folder for each class, with pictures of about 32x32, as CIFAR-10 exported to
files has. Without one, pictures of shapes are made up.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

import torch
from cifar_like import make
from imagepipe_rs import Loader
from torch import nn

EPOCHS = 6


def loaders(folder: str) -> tuple[Loader, Loader]:
    """Return what to train on, augmented and mixed, and a fifth of the pictures to evaluate on."""
    cifar = partial(
        Loader,
        folder,
        batch_size=32,
        size=32,
        layout="NCHW",
        dtype="float32",
        mean="imagenet",
        std="imagenet",
        output="torch",
    )
    train = cifar(
        split=("train", 0.2),
        fit="random_crop",
        scale=(0.6, 1.0),
        flip=True,
        augment="randaugment",
        mix="mixup",
        seed=1,
    )
    # Of the other fifth, every picture as it is.
    validation = cifar(split=("validation", 0.2), shuffle=False)
    return train, validation


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a layer that halves the sides of its images."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def accuracy(model: nn.Module, validation: Loader) -> float:
    """Return the share of pictures whose class the model finds."""
    model.eval()
    with torch.no_grad():
        correct = [model(images).argmax(1) == labels for images, labels in validation]
    share: float = torch.cat(correct).float().mean().item()
    return share


def fit(train: Loader, validation: Loader) -> None:
    """Train a small network."""
    torch.manual_seed(1)
    model = nn.Sequential(
        convolution(3, 16),
        convolution(16, 32),
        convolution(32, 64),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, train.num_classes),
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, EPOCHS * len(train))
    for epoch in range(EPOCHS):
        model.train()
        losses = []
        for images, labels in train:  # labels: a share for each class, (32, num_classes) float32
            loss = nn.functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        mean = sum(losses) / len(losses)
        print(f"epoch {epoch}: loss {mean:.3f}, accuracy {accuracy(model, validation):.3f}")


def main() -> None:
    """Train on a directory, or on pictures that are made up."""
    if len(sys.argv) > 1:
        fit(*loaders(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        fit(*loaders(folder))


if __name__ == "__main__":
    main()
