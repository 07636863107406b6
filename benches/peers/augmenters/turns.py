"""What all programs that compare operations have in common: images in, rates out.

Such a program runs in its own environment and process, for as long as the comparison takes::

    VENV/bin/python with_NAME.py --arrays FILE

It prints a line of JSON with its versions. Then it gets a line for each of its turns, such as
``{"operation": "Resize", "seconds": 0.2}``, and answers each with one line: images per second, or
why it has none. Only one of the programs is at work at any time.

Rates are of CPU time, that of all threads of the process and of the kernel on its behalf, so that
other programs on the machine change them little, and a second thread would gain nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from operations import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Array = np.ndarray[Any, Any]
    Function = Callable[[Any], Any]
    Maker = Callable[[], Function]


class Photos:
    """Images of a kind, as a library takes them."""

    def __init__(self, path: Path, convert: Callable[[Array], Any]) -> None:
        """Read all arrays, RGB images and black and white masks."""
        with np.load(path) as file:
            names = sorted(file.files)
            self.arrays = {
                kind: [file[name] for name in names if name.startswith(kind)]
                for kind in ("image", "mask")
            }
        self.items = {kind: list(map(convert, some)) for kind, some in self.arrays.items()}


class Turns:
    """Takes turns with an operation, which is made once for as long as it is wanted."""

    def __init__(
        self, photos: Photos, makers: Mapping[str, Maker], about: Callable[[Any], Array]
    ) -> None:
        """Take the images, what makes each operation, and what shows a result as an array."""
        self.photos = photos
        self.makers = makers
        self.about = about
        self.name = ""
        self.function: Function | None = None

    def turn(self, name: str, seconds: float) -> dict[str, Any]:
        """Run an operation for some time, at least once over all images."""
        if name not in self.makers:
            return {"missing": ""}
        items = self.photos.items[BY_NAME[name].takes]
        try:
            if name != self.name:
                self.name, self.function = name, None
                self.function = self.makers[name]()
            if self.function is None:
                return {"missing": "failed before"}
            shape = list(self.about(self.function(items[0])).shape[:2])
            return {"rate": rate(self.function, items, seconds), "shape": shape}
        except Exception as error:  # noqa: BLE001  another version may lack it
            self.function = None
            return {"missing": f"{type(error).__name__}: {error}"}


def rate(function: Function, items: Sequence[Any], seconds: float) -> float:
    """Return images per second of CPU time."""
    passes = 0
    until = time.perf_counter() + seconds
    started = time.process_time()
    while not passes or time.perf_counter() < until:
        for item in items:
            function(item)
        passes += 1
    return passes * len(items) / (time.process_time() - started)


def plain(functions: Mapping[str, Function]) -> dict[str, Maker]:
    """Return makers of functions that need no preparation."""
    return {name: lambda function=function: function for name, function in functions.items()}


def serve(
    makers: Mapping[str, Maker] | Callable[[Photos], Mapping[str, Maker]],
    *packages: str,
    convert: Callable[[Array], Any] = lambda array: array,
    about: Callable[[Any], Array] = np.asarray,
) -> None:
    """Answer until there are no more turns.

    Args:
        makers: what makes the function of each operation, or a function of the images with these.
        packages: whose versions are told.
        convert: makes an array what the library takes.
        about: makes a result an array: (height, width) or (height, width, channels).
    """
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--arrays", type=Path, required=True)
    photos = Photos(parser.parse_args().arrays, convert)
    turns = Turns(photos, makers(photos) if callable(makers) else makers, about)
    print(json.dumps({name: version(name) for name in packages}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        found = turns.turn(asked["operation"], asked["seconds"])
        print(json.dumps(found), file=answers, flush=True)
