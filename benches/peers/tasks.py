"""The tasks of the peers, of run.py and of augment.py."""

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

# With augmentation, of augment.py.
RECIPES = {
    "R1": "random crop and flip to 224x224, RandAugment, float32 NCHW, ImageNet mean and std",
    "R2": "images of 224x224 in memory: turned, moved and scaled, brightness, noise, blur, uint8",
}
# Images that have been cropped at random to begin with, and those that end as floats.
CROPPED = {"T3", "R1"}
PLANAR = {"T2", "R1"}
# Of R1: how many operations, and how strong.
OPERATIONS, MAGNITUDE = 2, 9
# Of R2, which are drawn within these: degrees, shares of a side, factors, and pixels.
DEGREES, MOVED, SCALED = 30, 0.1, (0.9, 1.1)
BRIGHTNESS = (0.8, 1.2)
NOISE = 0.05
BLUR, SIGMA = 5, (0.5, 2.0)
# Images in memory.
HELD = 512
