"""imagepipe_rs, used as in its README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import Loader
from protocol import Job, measure, parse
from tasks import BATCH, SHORT_SIDE, SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS: dict[str, dict[str, Any]] = {
    "T1": {},
    "T2": {
        "fit": "crop",
        "resize_short": SHORT_SIDE,
        "layout": "NCHW",
        "dtype": "float32",
        "mean": "imagenet",
        "std": "imagenet",
    },
    "T3": {"fit": "random_crop", "flip": True},
}


def batches(job: Job) -> Iterator[Any]:
    """Run epoch after epoch."""
    loader = Loader(
        job.photos,
        batch_size=BATCH,
        size=SIDE,
        seed=1,
        workers=job.threads,
        exact=job.options.exact,
        **TASKS[job.task],
    )
    while True:
        for images, _labels in loader:
            yield images


if __name__ == "__main__":
    asked = parse("--exact")
    measure(asked, batches(asked), "imagepipe-rs", "numpy")
