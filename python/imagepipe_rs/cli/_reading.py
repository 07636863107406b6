"""What the commands that read a dataset share: its paths and the Loader's options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from imagepipe_rs._arguments import WORDS
from imagepipe_rs.augment import POLICIES
from imagepipe_rs.cli._program import place

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

CSV = "a CSV of file names (relative to its folder) and classes"

paths = place(
    "--path",
    "paths",
    multiple=True,
    help=f"An image directory, record files, or {CSV}; or a glob.",
)
allow_outside = click.option(
    "--allow-outside", is_flag=True, help="A CSV may name files outside of its directory."
)
workers = click.option("--workers", type=int, help="Threads; by default one for each usable core.")


def _key(text: str) -> tuple[str, str | None]:
    """Read ``image=jpg``; ``label=`` is None."""
    name, equals, feature = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not NAME=FEATURE")
    return name, feature or None


keys = click.option(
    "--key",
    "keys",
    multiple=True,
    type=_key,
    metavar="NAME=FEATURE",
    callback=lambda _ctx, _param, given: dict(given),
    help="TFRecord feature of the image or the label: image=jpg, label=class; label= if none.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")


def image_size(text: str) -> int | tuple[int, int]:
    """Read a size: ``224``, or ``HEIGHTxWIDTH``."""
    found = re.fullmatch(r"(\d+)(?:x(\d+))?", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a number of pixels, or HEIGHTxWIDTH")
    height, width = found.groups()
    return (int(height), int(width)) if width else int(height)


_IMAGES = (
    click.option(
        "--size", type=image_size, default="224", metavar="N|HxW", help="Output size in pixels."
    ),
    click.option(
        "--fit",
        type=click.Choice(WORDS["fit"]),
        default="stretch",
        help="How images are fitted to that size.",
    ),
    click.option(
        "--resize-short", type=int, help="With --fit crop: the short side before cropping."
    ),
    click.option(
        "--interpolation",
        type=click.Choice(WORDS["interpolation"]),
        default="bilinear",
        help="Filter for resizing.",
    ),
    click.option("--flip", is_flag=True, help="Mirror images at random, half of them."),
    click.option(
        "--augment", type=click.Choice([*POLICIES]), help="Change pixels at random, by a policy."
    ),
    click.option("--exact", is_flag=True, help="Decode every pixel before resizing."),
    click.option("--shuffle/--no-shuffle", default=True, help="Take samples in random order."),
    click.option("--seed", default=0, help="Seed of everything random."),
)


def images(function: _Decorated) -> _Decorated:
    """Declare the Loader's options about pixels and order."""
    for option in reversed(_IMAGES):
        function = option(function)
    return function


def one_or_many(given: tuple[str, ...]) -> str | list[str]:
    """Return what the Loader takes: one path, which may be a glob, or several."""
    return given[0] if len(given) == 1 else list(given)
