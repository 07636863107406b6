"""The recipes with imagepipe_rs: a Loader with an augmentation, and a graph stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tasks
from imagepipe_rs import Loader
from imagepipe_rs import graph as nodes
from protocol import Job, measure, parse

if TYPE_CHECKING:
    from collections.abc import Iterator


def augmented(job: Job) -> Iterator[Any]:
    """Run epoch after epoch of R1."""
    loader = Loader(
        job.photos,
        batch_size=tasks.BATCH,
        size=tasks.SIDE,
        seed=1,
        workers=job.threads,
        fit="random_crop",
        flip=True,
        augment="randaugment",
        layout="NCHW",
        dtype="float32",
        mean="imagenet",
        std="imagenet",
    )
    while True:
        for images, _labels in loader:
            yield images


def held(job: Job) -> np.ndarray[Any, Any]:
    """Return the first images, as R2 has them in memory."""
    loader = Loader(job.photos, batch_size=tasks.HELD, size=tasks.SIDE, shuffle=False)
    images, _labels = next(iter(loader))
    return np.array(images)


def graph_of(images: np.ndarray[Any, Any]) -> nodes.Stream:
    """Return the stream of R2."""

    class Images(nodes.ResourceListSource):
        """The images."""

        def load(self) -> dict[str, Any]:
            """Return them."""
            return {"image": images}

    with nodes.Graph() as graph:
        image = nodes.GetResource(Images(), nodes.SampleIndex() % len(images))["image"]
        moved = (tasks.MOVED, tasks.MOVED)
        image = nodes.RandomAffine(image, tasks.DEGREES, translate=moved, scale=tasks.SCALED)
        image = nodes.AdjustBrightness(image, nodes.SampleUniform(*tasks.BRIGHTNESS))
        image = nodes.ImageNoise(image, tasks.NOISE, per_channel=True)
        image = nodes.GaussianBlur(image, tasks.BLUR, nodes.SampleUniform(*tasks.SIGMA))
        nodes.outputs(image)
    return nodes.Stream(graph, seed=1)


def streamed(job: Job) -> Iterator[Any]:
    """Run R2."""
    stream = graph_of(held(job))
    for (images,) in stream.batches(tasks.BATCH, workers=job.threads):
        yield images


if __name__ == "__main__":
    asked = parse()
    made = {"R1": augmented, "R2": streamed}[asked.task](asked)
    measure(asked, made, "imagepipe-rs", "numpy")
