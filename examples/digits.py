"""Learn digits from arrays in memory: a source of one's own, turned and noisy in every sample.

Usage: python digits.py [FILE.npz]

The file has the arrays x_train (N, 28, 28) uint8 and y_train (N,), as Keras' mnist.npz does;
without one, digits are made up of the seven segments of a pocket calculator.
docs/tutorials/digits.md introduces what it uses, step by step.
"""

import sys
from itertools import islice
from typing import Any

import numpy as np
from imagepipe_rs.graph import (
    AffineView,
    Chain,
    Node,
    RandomResource,
    ResourceListSource,
    SampleUniform,
    Stream,
    TranslateView,
    ViewImage,
    pipeline,
)

# Rows and columns of each segment, and which segments each digit has.
SEGMENTS = [
    (slice(4, 7), slice(9, 19)),
    (slice(5, 15), slice(16, 19)),
    (slice(14, 24), slice(16, 19)),
    (slice(21, 24), slice(9, 19)),
    (slice(14, 24), slice(9, 12)),
    (slice(5, 15), slice(9, 12)),
    (slice(13, 16), slice(9, 19)),
]
DIGITS = ["012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356"]


class Digits(ResourceListSource):
    """Images and labels from a file, or made up."""

    def __init__(self, path: str | None) -> None:
        """Take the path."""
        self.path = path
        super().__init__()

    def load(self) -> dict[str, Any]:
        """Return an array for each field: element i of all fields is resource i."""
        if self.path is not None:
            with np.load(self.path) as file:
                return {"image": file["x_train"], "label": file["y_train"]}
        images = np.zeros((10, 28, 28), np.uint8)
        for image, segments in zip(images, DIGITS, strict=True):
            for number in segments:
                image[SEGMENTS[int(number)]] = 255
        return {"image": images, "label": np.arange(10)}


@pipeline(seed=1)
def digits(path: str | None) -> tuple[Node, ...]:
    """Turn and scale a random digit about its middle."""
    digit = RandomResource(Digits(path))
    scale = SampleUniform(0.85, 1.15)
    view = AffineView(angle=SampleUniform(-0.25, 0.25), sx=scale, sy=scale)
    centred = Chain([TranslateView(13.5, 13.5), view, TranslateView(-13.5, -13.5)])
    return ViewImage(digit["image"], centred, 28, 28), digit["label"]


def arrays(images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return images as rows of numbers from 0 to 1."""
    return images.reshape(len(images), -1) / np.float32(255)


def train(stream: Stream, steps: int) -> np.ndarray[Any, Any]:
    """Return the weights of a softmax regression."""
    weights = np.zeros((28 * 28, 10), np.float32)
    for images, labels in islice(stream.batches(64), steps):
        x = arrays(images)
        scores = np.exp(x @ weights - (x @ weights).max(axis=1, keepdims=True))
        error = scores / scores.sum(axis=1, keepdims=True) - np.eye(10)[labels]
        weights -= 0.05 * (x.T @ error / len(x)).astype(np.float32)
    return weights


def main() -> None:
    """Train on the first samples, and count how many of others are recognized."""
    stream = digits(sys.argv[1] if len(sys.argv) > 1 else None)
    weights = train(stream, steps=300)
    images, labels = next(iter(stream.batches(1000, start=2**32)))
    share = np.mean((arrays(images) @ weights).argmax(axis=1) == labels)
    print(f"recognized: {share:.1%}")


if __name__ == "__main__":
    main()
