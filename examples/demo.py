"""Iterate over a directory of photographs twice, and check that both runs give the same bytes.

Usage: python demo.py DIRECTORY
"""

import hashlib
import sys
import time

from imagepipe_rs import Loader

EPOCHS = 2


def run(folder: str, *, workers: int) -> tuple[str, int, float]:
    """Iterate over all epochs; return a checksum of all bytes, the image count and the seconds."""
    digest = hashlib.sha256()
    images_seen = 0
    seconds = 0.0
    loader = Loader(folder, batch_size=64, fit="random_crop", flip=True, seed=1, workers=workers)
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for images, labels in loader:
            seconds += time.perf_counter() - start
            images_seen += len(images)
            digest.update(images)
            digest.update(labels)
            start = time.perf_counter()
    return digest.hexdigest(), images_seen, seconds


def main() -> None:
    """Print a summary of the Loader, a batch, the speed, and whether both runs agree."""
    folder = sys.argv[1]
    loader = Loader(folder, batch_size=64, seed=1)
    print(loader)
    print("classes:", ", ".join(loader.classes))
    batch = next(iter(loader))
    print(
        "images:",
        batch.images.shape,
        batch.images.dtype,
        " labels:",
        batch.labels.shape,
        batch.labels.dtype,
    )
    print("first labels:", [loader.classes[label] for label in batch.labels[:4]])
    print("first file:", batch.paths[0])

    checksums = []
    for workers in (1, 2):
        checksum, images, seconds = run(folder, workers=workers)
        checksums.append(checksum)
        print(
            f"{EPOCHS} epochs, {workers} worker(s): {images / seconds:,.0f} images/s, "
            f"checksum {checksum[:16]}"
        )
    if len(set(checksums)) != 1:
        sys.exit("the two runs differ")
    print("both runs gave the same bytes")


if __name__ == "__main__":
    main()
