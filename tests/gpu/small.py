"""A small program for compute-sanitizer: every kernel, odd sizes, compared with the CPU.

python small.py FOLDER [DEVICE]
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
from arrays import Raw
from loaders import host_output, open_loader, reference
from step import Step

SIZES = ((17, 31), (64, 48))


def main() -> int:
    """Return 1 if a batch differs."""
    folder, device = Path(sys.argv[1]), (sys.argv[2:] or ["cuda"])[0]
    given = {
        "records": None,
        "work": folder,
        "deadline": 0.0,
        "wheel": None,
        "ptx": None,
        "images": 0,
    }
    raw = Raw(Step(Namespace(device=device, **given)))
    wrong = 0
    for size in SIZES:
        for layout in ("NHWC", "NCHW"):
            for dtype in ("uint8", "float32", "float16", "bfloat16"):
                if host_output(dtype) != "numpy":
                    continue
                options: dict[str, Any] = {"size": size, "layout": layout, "dtype": dtype}
                options |= {"batch_size": 7, "limit": 20, "workers": 2}
                wanted = reference(folder, options)
                with open_loader(folder, device, "dlpack", options) as loader:
                    for (images, _), (pixels, _) in zip(loader, wanted, strict=True):
                        wrong += not np.array_equal(raw.host(images), pixels)
    if wrong:
        sys.stderr.write(f"{wrong} batches differ from the CPU's\n")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
