"""A contact sheet: a batch as a model will see it, as an image or a page."""

from __future__ import annotations

import base64
import html
import os
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

from imagepipe_rs import _native
from imagepipe_rs._errors import DatasetError, DatasetValueError
from imagepipe_rs._names import printable
from imagepipe_rs.encoding import encode
from imagepipe_rs.loader import Loader

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from imagepipe_rs._paths import Path


@dataclass(frozen=True)
class Tile:
    """An image on a sheet."""

    pixels: npt.NDArray[np.uint8]
    """(height, width, 3), RGB."""
    label: int
    """The number of its class."""
    name: str
    """The name of its class; empty where classes have none."""
    path: str
    """Its file."""

    def png(self) -> bytes:
        """Encode it."""
        return encode(self.pixels)


@dataclass(frozen=True)
class Sheet:
    """The images of a batch, and what to say about them."""

    heading: str
    below: str
    tiles: Sequence[Tile]

    @classmethod
    def of(
        cls, path: Path | Sequence[Path], *, epoch: int = 0, batch: int = 0, **options: Any
    ) -> Sheet:
        """Take a batch of a dataset.

        Args:
            path: as for :class:`imagepipe_rs.Loader`.
            epoch: whose batch.
            batch: which batch of the epoch, from 0.
            options: of the Loader; those for layout, dtype, channels and labels are the sheet's.

        Raises:
            DatasetError: there is no dataset at ``path``, or no image in the batch that can be
                decoded.
            DecodeError: an image is damaged, with ``on_error="raise"``.
            ValueError: an option is not valid, or there is no such batch.
        """
        form: Any = {"layout": "NHWC", "dtype": "uint8", "channels": "RGB", "labels": "int"}
        loader = Loader(path, prefetch=1, **form, **options)
        if not 0 <= batch < len(loader):
            message = f"batch={batch} is not valid: an epoch has batches 0 to {len(loader) - 1}"
            raise ValueError(message)
        size = options.get("batch_size", 32)
        loader.load_state_dict(loader.state_dict(position=(epoch, batch * size)))
        try:
            taken = next(iter(loader), None)
        except DatasetError:
            if not loader.errors:
                raise
            taken = None
        if taken is None or not taken.valid.any():
            first, _, why = loader.errors[0]
            reason = f"no image of the batch can be decoded; the first: {why}"
            raise DatasetValueError(f"{first}: {reason}", path=first, reason=reason)
        images, labels = taken
        names = loader.classes
        tiles = [
            Tile(image, int(label), names[label] if len(names) > label else "", path)
            for image, label, path in zip(images, labels, taken.paths, strict=True)
        ]
        heading = path if isinstance(path, str | os.PathLike) else path[0]
        return cls(os.fspath(heading), _about(loader, tiles, epoch, options), tiles)

    def png(self) -> bytes:
        """Draw it: the images in rows, class and file name under each."""
        drawn = [
            (
                tile.pixels.tobytes(),
                tile.pixels.shape[1],
                tile.pixels.shape[0],
                tile.label,
                _shown(tile.name),
                _shown(os.path.basename(tile.path)),  # noqa: PTH119  as it was given
            )
            for tile in self.tiles
        ]
        return _native.sheet(_shown(self.heading), self.below, drawn)

    def html(self) -> str:
        """Write it as one page that needs no other file, light or dark as the reader has it."""
        figures = "\n".join(_figure(tile) for tile in self.tiles)
        width = self.tiles[0].pixels.shape[1]
        return _PAGE.substitute(
            heading=html.escape(_shown(self.heading)),
            below=html.escape(self.below),
            figures=figures,
            width=max(width, _NARROWEST),
            rendering="auto" if width >= _NARROWEST else "pixelated",
        )


# As on the drawn sheet: room for a caption.
_NARROWEST = 112


def _about(loader: Loader, tiles: Sequence[Tile], epoch: int, options: dict[str, Any]) -> str:
    height, width, _ = tiles[0].pixels.shape
    augment = options.get("augment")
    ways = [
        options.get("fit", "stretch"),
        "flip" if options.get("flip") else "",
        augment if isinstance(augment, str | None) else repr(augment),
    ]
    parts = [
        f"{len(tiles)} of {loader.num_samples:,} samples",
        f"{width} wide, {height} high",
        ", ".join(filter(None, ways)),
        f"seed {loader.seed}, epoch {epoch}",
    ]
    return " · ".join(parts)


def _shown(name: str) -> str:
    """Return a name as text that shows as such; those of files need not be."""
    # Not by the file system's encoding, which need not be UTF-8, where names that are UTF-8 are
    # text in any case.
    return printable(name.encode(errors="surrogateescape").decode(errors="replace"))


def _figure(tile: Tile) -> str:
    data = base64.b64encode(tile.png()).decode("ascii")
    height, width, _ = tile.pixels.shape
    hue = round(tile.label * 137.508) % 360
    name = html.escape(_shown(os.path.basename(tile.path)))  # noqa: PTH119  as it was given
    return (
        f'<figure title="{html.escape(_shown(tile.path))}">'
        f'<img src="data:image/png;base64,{data}" width="{width}" height="{height}" alt="{name}">'
        f'<figcaption><b style="--hue: {hue}">{html.escape(_shown(tile.name))}</b>'
        f"<small>{name}</small></figcaption></figure>"
    )


_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$heading</title>
<style>
:root {
  color-scheme: light dark;
  --paper: light-dark(#fafaf8, #17181a);
  --ink: light-dark(#202124, #e8e8e6);
  --faint: light-dark(#6b6e74, #9a9da3);
  --edge: light-dark(#dededa, #34363a);
}
body {
  margin: 0 auto;
  padding: 2rem clamp(1rem, 4vw, 3rem);
  background: var(--paper);
  color: var(--ink);
  font: 15px/1.4 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.35rem; overflow-wrap: anywhere; }
p { margin: .2rem 0 1.6rem; color: var(--faint); }
main {
  display: grid;
  grid-template-columns: repeat(auto-fill, ${width}px);
  justify-content: space-between;
  gap: 1.4rem 1.1rem;
}
figure { margin: 0; min-width: 0; }
img {
  display: block;
  width: 100%;
  height: auto;
  border-radius: 6px;
  outline: 1px solid var(--edge);
  image-rendering: $rendering;
}
figcaption { margin-top: .45rem; }
b, small { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
b { font-weight: 600; }
b:not(:empty)::before {
  content: "";
  display: inline-block;
  width: .6em;
  height: .6em;
  margin-right: .45em;
  border-radius: 2px;
  background: hsl(var(--hue) 60% 52%);
}
small { color: var(--faint); font-size: .82rem; }
</style>
<h1>$heading</h1>
<p>$below</p>
<main>
$figures
</main>
</html>
""")

__all__ = ["Sheet", "Tile"]
