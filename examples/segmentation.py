"""Images with masks that say what each pixel is: both are cropped, turned and mirrored in step.

Usage: python segmentation.py [FOLDER]

FOLDER has two folders, images/ and masks/, with files of the same names but for what follows the
dot: pictures, and gray PNG files whose shades are the numbers of classes. Without one, pictures of
a bright disc are made up, whose class is 1.
"""

import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from imagepipe_rs.graph import (
    DecodeImage,
    FileList,
    Node,
    Operand,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomResource,
    RandomRotation,
    ReadFile,
    ResourceField,
    ResourceListSource,
    pipeline,
)

SIZE = 96
IGNORED = 255  # what pixels are that turning the image has brought in


class Decoded(ResourceField):
    """The picture in the file of another field, decoded when it is used."""

    def __init__(self, field: str, channels: str) -> None:
        """Take the name of the field, and the channels: RGB or GRAY."""
        self.field, self.channels = field, channels
        super().__init__()

    def access(self, parent: Node) -> Operand:
        """Return the picture of a resource."""
        return DecodeImage(ReadFile(parent[self.field]), channels=self.channels)


class Scenes(ResourceListSource):
    """Images, each with a mask."""

    def __init__(self, path: str | None) -> None:
        """Take the path of the folder."""
        self.path = path
        super().__init__()

    def load(self) -> dict[str, Any]:
        """Return the fields: images and masks, or files of them."""
        if self.path is None:
            return made_up(20)
        masks = sorted(Path(self.path, "masks").glob("*.png"))
        images = [next(Path(self.path, "images").glob(f"{mask.stem}.*")) for mask in masks]
        return {
            "image_file": FileList(images),
            "mask_file": FileList(masks),
            "image": Decoded("image_file", "RGB"),
            "mask": Decoded("mask_file", "GRAY"),
        }


def made_up(count: int) -> dict[str, Any]:
    """Return dark pictures with a bright disc each."""
    random = np.random.default_rng(1)
    images = random.integers(20, 60, (count, 120, 160, 3), dtype=np.uint8)
    masks = np.zeros((count, 120, 160), np.uint8)
    y, x = np.mgrid[:120, :160]
    for image, mask in zip(images, masks, strict=True):
        left, top, radius = random.integers([50, 40, 20], [110, 80, 40])
        is_inside = np.hypot(x - left, y - top) < radius
        mask[is_inside], image[is_inside] = 1, 250
    return {"image": images, "mask": masks}


@pipeline(seed=1)
def segmentation(path: str | None) -> dict[str, Node]:
    """Crop, turn and mirror an image with its mask."""
    sample: Node = RandomResource(Scenes(path))
    # Each draws once for the image and the mask. Masks take the nearest pixels, so that there are
    # no classes between classes.
    sample = RandomResizedCrop(sample, SIZE, SIZE, scale=(0.3, 1.0))
    sample = RandomRotation(sample, 20, mask_border="ConstantHigh")
    sample = RandomHorizontalFlip(sample)
    return {"image": sample["image"], "mask": sample["mask"]}


def main() -> None:
    """Print batches; of pictures that are made up, also how well images and masks agree."""
    path = sys.argv[1] if len(sys.argv) > 1 else None
    shares = []
    for batch in islice(segmentation(path).batches(16), 4):
        image, mask = batch["image"], batch["mask"]
        print("images:", image.shape, " masks:", mask.shape, " classes:", *np.unique(mask))
        counts = mask != IGNORED
        shares.append(np.mean((image[..., 0] > 150)[counts] == (mask == 1)[counts]))
    if path is None:
        print(f"images and masks agree on {100 * min(shares):.1f}% of the pixels or more")


if __name__ == "__main__":
    main()
