"""Decode photographs to RGB, and make a mask of each.

python arrays.py OUT.npz FILE...
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageFilter


def mask_of(image: Image.Image) -> Image.Image:
    """Return what is brighter than the mean, in parts with smooth edges."""
    smooth = image.convert("L").filter(ImageFilter.GaussianBlur(3))
    mean = np.asarray(smooth).mean()
    return smooth.point([255 * (level > mean) for level in range(256)])


def main() -> None:
    """Write all into one file."""
    out, *files = sys.argv[1:]
    arrays = {}
    for number, file in enumerate(files):
        with Image.open(file) as opened:
            image = opened.convert("RGB")
        arrays[f"image{number:05d}"] = np.asarray(image)
        arrays[f"mask{number:05d}"] = np.asarray(mask_of(image))
    np.savez(out, **arrays)


if __name__ == "__main__":
    main()
