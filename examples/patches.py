"""Random patches of photographs, as a graph stream: looked at, timed, saved and put into records.

Usage: python patches.py [DIRECTORY [OUTPUT]]

Without a directory, it makes photographs up; without an output folder, it writes into a new one.
docs/tutorials/patches.md introduces what it uses, step by step.
"""

import sys
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
from imagepipe_rs import Loader, create_images, encode
from imagepipe_rs.graph import (
    Conditional,
    GetImageProperties,
    ImageDirectory,
    Node,
    RandomPatchView,
    RandomResource,
    Resize,
    ViewImage,
    collage,
    load,
    pipeline,
)

SIZE = 128


@pipeline(seed=1)
def patches(folder: str) -> dict[str, Node]:
    """Cut a square out of a random photograph, which is enlarged first if it is too small."""
    photo = RandomResource(ImageDirectory(folder, recursive=True))
    image, properties = photo["image"], GetImageProperties(photo["image"])
    fits = (properties["width"] >= SIZE) & (properties["height"] >= SIZE)
    large = Conditional(image, Resize(image, 2 * SIZE, 2 * SIZE), fits)
    patch = ViewImage(large, RandomPatchView(large, SIZE, SIZE), SIZE, SIZE)
    return {"image": patch, "image/filename": photo["file"]}


def main() -> None:
    """Print what there is, and write a drawing, a sheet of patches, the stream and records."""
    out = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="patches-"))
    out.mkdir(exist_ok=True)
    folder = sys.argv[1] if len(sys.argv) > 1 else str(out / "photos")
    if len(sys.argv) == 1:
        create_images(folder, "photo_", 320, 240, 12, "jpg", content="natural")

    stream = patches(folder)
    print("sample 7 is from", stream.run(7)["image/filename"])
    for batch in islice(stream.batches(16), 3):
        print("batch:", batch["image"].shape, batch["image"].dtype)
    print(stream.profile(20))

    (out / "patches.svg").write_text(stream.visualize("svg"))
    (out / "patches.png").write_bytes(encode(collage(stream, 0, rows=3, columns=5)))
    stream.save(out / "patches.pipe")  # imagepipe run patches.pipe -o samples/
    again = load(out / "patches.pipe").run(7)["image"]
    print("saved and loaded, equal:", np.array_equal(again, stream.run(7)["image"]))
    stream.write_tfrecords(out / "patches.tfrecord", 40, overwrite=True)
    print(Loader(out / "patches.tfrecord", size=SIZE, labels=None))
    print("written to", out)


if __name__ == "__main__":
    main()
