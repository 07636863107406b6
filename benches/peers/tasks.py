"""The tasks of the peers."""

from __future__ import annotations

BATCH = 64
SIDE = 224
SHORT_SIDE = 256
# Of the random crop: its share of the image's area, and its aspect ratio.
AREA = (0.08, 1.0)
RATIO = (3 / 4, 4 / 3)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

TASKS = {
    "T1": "stretch to 224x224, uint8 NHWC",
    "T2": "short side 256, centre crop 224, float32 NCHW, ImageNet mean and std",
    "T3": "random crop (area 0.08 to 1, ratio 3/4 to 4/3) and flip to 224x224, uint8 NHWC",
}
