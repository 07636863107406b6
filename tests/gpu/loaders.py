"""The Loaders that the steps use, and what they must deliver."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import random
from typing import TYPE_CHECKING, Any

import numpy as np
from arrays import flat
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

Options = dict[str, Any]

# The same as in benches/peers/tasks.py.
TASKS: dict[str, Options] = {
    "T1": {},
    "T2": {
        "fit": "crop",
        "resize_short": 256,
        "layout": "NCHW",
        "dtype": "float32",
        "mean": "imagenet",
        "std": "imagenet",
    },
    "T3": {"fit": "random_crop", "flip": True},
}
# What ResNet-50 is trained on.
TRAINING: Options = {
    **TASKS["T3"],
    "batch_size": 256,
    "size": 224,
    "dtype": "bfloat16",
    "mean": "imagenet",
    "std": "imagenet",
    "seed": 1,
    "last_batch": "drop",
}

SIZES = ((224, 224), (17, 31), (33, 7), (1, 1), (128, 48))


def cases() -> Iterator[Options]:
    """Yield options whose batches must be the same on every device, in a mixed order."""
    words = list(
        itertools.product(
            SIZES,
            ("NHWC", "NCHW"),
            ("uint8", "float32", "float16", "bfloat16"),
            ("RGB", "GRAY"),
            ("int", "one_hot"),
        )
    )
    # If there is no time for all, some of every kind are among the first.
    random.Random(1).shuffle(words)  # noqa: S311  not for secrets
    for size, layout, dtype, channels, labels in words:
        options: Options = {
            "size": size,
            "layout": layout,
            "dtype": dtype,
            "channels": channels,
            "labels": labels,
            "fit": "random_crop",
            "flip": True,
            "seed": 3,
            "batch_size": 32,
        }
        if dtype != "uint8":
            options["mean"] = (0.485, 0.456, 0.406) if channels == "RGB" else 0.45
            options["std"] = (0.229, 0.224, 0.225) if channels == "RGB" else 0.22
        yield options


def open_loader(folder: Path, device: str, output: str, options: Options) -> Loader:
    """Return a Loader; the words are checked by the Loader alone."""
    return Loader(folder, **{**options, "device": device, "output": output})


def host_output(dtype: str) -> str | None:
    """Return the output for batches on the CPU; None if nothing installed has the type."""
    if dtype != "bfloat16" or importlib.util.find_spec("ml_dtypes"):
        return "numpy"
    return "torch" if importlib.util.find_spec("torch") else None


def host_bytes(array: Any) -> npt.NDArray[np.uint8]:
    """Return the bytes of a NumPy array or of a PyTorch tensor on the CPU."""
    if isinstance(array, np.ndarray):
        return flat(array)
    import torch  # noqa: PLC0415  its tensor

    found: npt.NDArray[np.uint8] = array.contiguous().reshape(-1).view(torch.uint8).numpy()
    return found


def reference(folder: Path, options: Options) -> list[tuple[npt.NDArray[np.uint8], Any]]:
    """Return the bytes of the images, and the labels, of every batch of the first epoch."""
    output = host_output(options.get("dtype", "uint8")) or "numpy"
    with open_loader(folder, "cpu", output, options) as loader:
        return [(host_bytes(images).copy(), np.asarray(labels)) for images, labels in loader]


def digest(data: npt.NDArray[np.uint8]) -> str:
    """Return a short digest of the bytes of a batch."""
    return hashlib.blake2b(data.tobytes(), digest_size=8).hexdigest()
