"""Train a small PyTorch classifier on a directory of images, stop mid-epoch, and resume.

Usage: python pytorch_classifier.py DIRECTORY
"""

import sys

import torch
from imagepipe_rs import Loader
from torch import nn


def loader(folder: str) -> Loader:
    """Return the training data: normalised tensors that share the batches' memory."""
    return Loader(
        folder,
        batch_size=16,
        size=64,
        fit="random_crop",
        flip=True,
        layout="NCHW",
        dtype="float32",
        mean="imagenet",
        std="imagenet",
        output="torch",
        seed=1,
    )


def main() -> None:
    """Train for an epoch and a half, save a state, and train the rest from it."""
    folder = sys.argv[1]
    train = loader(folder)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, train.num_classes),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step(images: torch.Tensor, labels: torch.Tensor) -> float:
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    losses = [step(images, labels) for images, labels in train]
    print(f"epoch 0: loss {sum(losses) / len(losses):.3f}")
    for number, (images, labels) in enumerate(train):
        step(images, labels)
        if number == len(train) // 2:
            break
    checkpoint = train.state_dict()
    print("stopped at", checkpoint)

    resumed = loader(folder)
    resumed.load_state_dict(checkpoint)
    losses = [step(images, labels) for images, labels in resumed]
    print(f"epoch 1, the other half: loss {sum(losses) / len(losses):.3f}")


if __name__ == "__main__":
    main()
