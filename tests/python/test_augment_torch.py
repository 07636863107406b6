"""Augmentation against torchvision, the same choices forced. `make test-torch` runs these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imagepipe_rs import AugMix, AutoAugment, CutMix, Loader, MixUp, RandAugment, TrivialAugmentWide

torch = pytest.importorskip("torch")
v2 = pytest.importorskip("torchvision.transforms.v2")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.torch

OPTIONS: dict[str, Any] = {
    "batch_size": 10,
    "size": (90, 112),
    "fit": "random_crop",
    "layout": "NCHW",
    "seed": 5,
}
OURS = {
    "randaugment": RandAugment(num_ops=1),
    "trivial_wide": TrivialAugmentWide(),
    "svhn": AutoAugment("svhn"),
    "bilinear": RandAugment(num_ops=1, interpolation="bilinear"),
    "filled": TrivialAugmentWide(fill=(9, 120, 250)),
    "bilinear filled": TrivialAugmentWide(interpolation="bilinear", fill=(9, 120, 250)),
}


def samples(photos: Path, augment: Any, epochs: int, **options: Any) -> Iterator[Any]:
    plain = Loader(photos, **OPTIONS, **options)
    augmented = Loader(photos, augment=augment, **OPTIONS, **options)
    for _ in range(epochs):
        for before, after in zip(plain, augmented, strict=True):
            yield from zip(before.images, after.images, after.ops, strict=True)


def applied(image: Any, name: str, magnitude: float, policy: Any) -> Any:
    """Return what torchvision's policies make of an image, given what they drew."""
    fill = list(policy.fill)[: len(image)] if policy.fill else None
    base = v2.RandAugment(interpolation=v2.InterpolationMode(policy.interpolation), fill=fill)
    if name == "Solarize":  # a share of white there
        magnitude /= 255
    return base._apply_image_or_video_transform(  # noqa: SLF001
        image,
        name,
        magnitude,
        interpolation=base.interpolation,
        fill=base._fill,  # noqa: SLF001
    )


def nearby(name: str, magnitude: float) -> list[float]:
    """Return magnitudes that round places halfway between two pixels to the one or the other."""
    if name not in {"ShearX", "ShearY", "Rotate"}:
        return [magnitude]
    return [magnitude, magnitude * (1 + 1e-5), magnitude * (1 - 1e-5)]


@pytest.mark.parametrize("channels", ["RGB", "GRAY"])
@pytest.mark.parametrize("policy", OURS.values(), ids=OURS)
def test_operations_give_torchvisions_pixels(photos: Path, policy: Any, channels: str) -> None:
    for before, after, ops in samples(photos, policy, 4, channels=channels):
        allowed = [torch.from_numpy(before.copy())]
        for name, magnitude in ops:
            allowed = [
                applied(one, name, near, policy)
                for one in allowed
                for near in nearby(name, magnitude)
            ]
        different = np.min([np.abs(one.numpy().astype(int) - after) for one in allowed], axis=0)
        assert (different > 0).mean() < 0.002, ops


@pytest.mark.parametrize("all_ops", [True, False])
def test_tables_of_magnitudes_are_torchvisions(photos: Path, *, all_ops: bool) -> None:
    """Every magnitude that is drawn is one of its."""
    space = v2.AugMix._AUGMENTATION_SPACE  # noqa: SLF001
    policies = {
        RandAugment(3, 17): (v2.RandAugment._AUGMENTATION_SPACE, 31, [17]),  # noqa: SLF001
        TrivialAugmentWide(): (v2.TrivialAugmentWide._AUGMENTATION_SPACE, 31, range(31)),  # noqa: SLF001
        AutoAugment(): (v2.AutoAugment._AUGMENTATION_SPACE, 10, range(10)),  # noqa: SLF001
        AugMix(10, all_ops=all_ops): (space, 10, range(10)),
    }
    for policy, (table, bins, allowed) in policies.items():
        for _, _, ops in samples(photos, policy, 2):
            for name, magnitude in ops:
                if name == "Chain":
                    continue
                magnitudes = table[name][0](bins, *OPTIONS["size"])
                known = [0.0] if magnitudes is None else magnitudes[list(allowed)].double().numpy()
                scale = 255 if name == "Solarize" else 1
                values = np.trunc(known) if "Translate" in name else np.multiply(known, scale)
                assert np.abs(values - abs(magnitude)).min() < 1e-4, (name, magnitude)
                is_left_out = not all_ops and isinstance(policy, AugMix)
                assert not is_left_out or name not in {"Brightness", "Color", "Contrast"}


@pytest.mark.parametrize("way", [MixUp(), CutMix()], ids=str)
def test_batches_are_mixed_as_torchvision_mixes_them(photos: Path, way: Any) -> None:
    options = {**OPTIONS, "dtype": "float32"}
    theirs = getattr(v2, type(way).__name__)(num_classes=10)
    for before, after in zip(
        Loader(photos, **options), Loader(photos, mix=way, **options), strict=True
    ):
        labels = torch.from_numpy(before.labels.copy())
        images = torch.from_numpy(before.images.copy())
        params = {"labels": labels, "batch_size": len(labels), "lam": after.mixed.lam}
        params |= {"box": after.mixed.box, "lam_adjusted": after.mixed.lam}
        expected = theirs.transform(images, params).numpy()
        assert np.abs(expected - after.images).max() < 1e-6
        assert np.abs(theirs.transform(labels, params).numpy() - after.labels).max() < 1e-6
