"""Cases of what mixes images with their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from imagepipe_rs.graph import MakeList, MakeResource
from node_cases import Values, case

if TYPE_CHECKING:
    from pathlib import Path

ZEROS = np.zeros((20, 30, 3), np.uint8)
ONES = np.full((20, 30, 3), 200, np.uint8)


def pair() -> tuple[MakeResource, MakeResource]:
    return MakeResource(image=ONES, label=2), MakeResource(image=ZEROS, label=0)


def together(mixed: Any) -> MakeList:
    return MakeList([mixed["image"], mixed["label"], mixed["lam"]])


@case("MixUp")
def _(kind: Any, _folder: Path) -> Values:
    """Of Beta(1, 1), which is uniform."""
    first, second = pair()

    def checked(column: list[Any]) -> None:
        for image, label, share in column:
            assert np.all(image == np.floor(200 * float(share) + 0.5))
            assert label.dtype == np.float32
            np.testing.assert_allclose(label, [1 - share, 0, share], atol=1e-7)
        shares = [float(share) for *_, share in column]
        assert abs(np.mean(shares) - 0.5) < 5 / np.sqrt(12 * len(shares))
        assert abs(np.var(shares) - 1 / 12) < 0.01

    return (together(kind(first, second, num_classes=3)),), (checked,)


@case("CutMix")
def _(kind: Any, _folder: Path) -> Values:
    first, second = pair()

    def checked(column: list[Any]) -> None:
        seen = np.zeros((20, 30))
        for image, label, share in column:
            cut = image[..., 0] == 0
            rows, columns = cut.any(1), cut.any(0)
            assert np.array_equal(cut, np.outer(rows, columns))  # a rectangle
            assert abs(share - (1 - cut.mean())) < 1e-6
            np.testing.assert_allclose(label, [1 - share, 0, share], atol=1e-7)
            seen += cut
        assert seen.min() > 0.05 * len(column)

    return (together(kind(first, second, num_classes=3)),), (checked,)
