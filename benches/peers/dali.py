"""NVIDIA DALI on the CPU alone, as in its image classification examples."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from nvidia.dali import fn, pipeline_def, types
from protocol import Job, measure, parse
from tasks import AREA, BATCH, MEAN, RATIO, SHORT_SIDE, SIDE, STD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nvidia.dali.data_node import DataNode
    from nvidia.dali.pipeline import Pipeline


def make_pipeline(job: Job) -> Pipeline:
    """Build the pipeline for one task."""
    definition = pipeline_def(functools.partial(nodes, job))
    return definition(
        batch_size=BATCH, num_threads=job.threads, device_id=None, seed=1, prefetch_queue_depth=2
    )


def nodes(job: Job) -> DataNode:
    """Describe the processing of a file."""
    data, _ = fn.readers.file(file_root=str(job.photos), random_shuffle=True, name="files")
    resize = functools.partial(
        fn.resize, interp_type=types.INTERP_LINEAR, antialias=job.options.antialias
    )
    if job.task == "T1":
        return resize(fn.decoders.image(data), resize_x=SIDE, resize_y=SIDE)
    if job.task == "T2":
        image = resize(fn.decoders.image(data), resize_shorter=SHORT_SIDE)
        return fn.crop_mirror_normalize(
            image,
            crop=(SIDE, SIDE),
            dtype=types.FLOAT,
            output_layout="CHW",
            mean=[255 * mean for mean in MEAN],
            std=[255 * std for std in STD],
        )
    image = fn.decoders.image_random_crop(
        data, random_area=list(AREA), random_aspect_ratio=list(RATIO), num_attempts=10
    )
    image = resize(image, resize_x=SIDE, resize_y=SIDE)
    return fn.flip(image, horizontal=fn.random.coin_flip())


def batches(job: Job) -> Iterator[Any]:
    """Yield the batches as NumPy arrays that share DALI's memory."""
    pipeline = make_pipeline(job)
    pipeline.build()
    while True:
        (images,) = pipeline.run()
        yield np.asarray(images.as_tensor())


if __name__ == "__main__":
    asked = parse("--antialias")
    measure(asked, batches(asked), "nvidia-dali-cuda120", "numpy")
