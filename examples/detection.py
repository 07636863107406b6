"""Images with boxes and points that move with them: one view for all of them.

Usage: python detection.py [FILE.csv]

Each line of the file is the path of an image and a box in it: file,left,top,right,bottom, with
paths relative to the file. Without one, pictures of a bright box are made up.
docs/tutorials/detection.md introduces what it uses, step by step.
"""

import csv
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from imagepipe_rs.graph import (
    AffineView,
    Chain,
    DecodeImage,
    FileList,
    GetImageProperties,
    Node,
    Operand,
    PointsBounds,
    PointsCenter,
    PointsFromRectangle,
    RandomResource,
    ReadFile,
    ResourceField,
    ResourceListSource,
    SampleUniform,
    ScaleView,
    Toggle,
    TranslateView,
    ViewImage,
    ViewPoints,
    pipeline,
)

SIZE = 128


class Decoded(ResourceField):
    """The image in the field `file`, decoded when it is used."""

    def access(self, parent: Node) -> Operand:
        """Return the image of a resource."""
        return DecodeImage(ReadFile(parent["file"]))


class Boxes(ResourceListSource):
    """Images, each with a box: left, top, right, bottom."""

    def __init__(self, path: str | None) -> None:
        """Take the path."""
        self.path = path
        super().__init__()

    def load(self) -> dict[str, Any]:
        """Return the fields: images, or files of them, and boxes."""
        if self.path is None:
            return made_up(20)
        with Path(self.path).open(newline="") as file:
            rows = [row for row in csv.reader(file) if row]
        files = [Path(self.path).parent / row[0] for row in rows]
        boxes = np.array([[float(number) for number in row[1:5]] for row in rows], np.float32)
        return {"file": FileList(files), "image": Decoded(), "box": boxes}


def made_up(count: int) -> dict[str, Any]:
    """Return dark pictures with a bright box each."""
    random = np.random.default_rng(1)
    images = random.integers(0, 60, (count, 96, 120, 3), dtype=np.uint8)
    corner, size = random.integers(20, 40, (count, 2)), random.integers(20, 40, (count, 2))
    boxes = np.concatenate([corner, corner + size], axis=1)
    for image, (left, top, right, bottom) in zip(images, boxes, strict=True):
        image[top:bottom, left:right] = 250
    return {"image": images, "box": boxes.astype(np.float32)}


@pipeline(seed=1)
def detection(path: str | None) -> dict[str, Node]:
    """Turn, scale and mirror an image with its box about the middle."""
    sample = RandomResource(Boxes(path))
    image, size = sample["image"], GetImageProperties(sample["image"])
    scale = SampleUniform(0.7, 1.1)
    view = Chain(
        [
            # From right to left, as matrices are: the middle of the image to the origin, which is
            # the middle of the first pixel ...
            TranslateView(SIZE / 2 - 0.5, SIZE / 2 - 0.5),
            AffineView(angle=SampleUniform(-0.4, 0.4), sx=scale, sy=scale),
            Toggle(ScaleView(-1, 1), ScaleView(1, 1), 0.5),
            TranslateView(0.5 - size["width"] / 2.0, 0.5 - size["height"] / 2.0),
        ]
    )
    # Boxes go around pixels, half a pixel from the middles of those at the edge.
    corners = ViewPoints(PointsFromRectangle(sample["box"] - 0.5), view)
    return {
        "image": ViewImage(image, view, SIZE, SIZE),
        "box": PointsBounds(corners) + 0.5,
        "middle": PointsCenter(corners),
    }


def seen(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the bounds of what is bright."""
    rows, columns = np.nonzero(image[:, :, 0] > 150)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def main() -> None:
    """Print batches; of pictures that are made up, also how well boxes and pixels agree."""
    path = sys.argv[1] if len(sys.argv) > 1 else None
    errors = []
    for batch in islice(detection(path).batches(16), 4):
        print("images:", batch["image"].shape, " boxes:", batch["box"].shape)
        if path is None:
            found = np.stack([seen(image) for image in batch["image"]])
            errors.append(np.abs(found - batch["box"]).max())
    if errors:
        print(f"boxes and pixels differ by at most {max(errors):.2f} pixels")


if __name__ == "__main__":
    main()
