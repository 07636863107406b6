"""``run``: samples of a saved stream."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import click
import numpy as np

from imagepipe_rs import _native
from imagepipe_rs._arguments import SAMPLES
from imagepipe_rs._names import printable
from imagepipe_rs.cli import _text
from imagepipe_rs.cli._program import command, place

# Characters of text that are printed: enough for the path of a file.
_LONGEST = 200


@command(
    "run",
    short_help="Make samples of a saved graph stream.",
    epilog="""\b
    Examples:
      imagepipe run patches.pipe
      imagepipe run patches.pipe --index 7
      imagepipe run patches.pipe --count 100 -o samples/
    """,
)
@place("--path", help="What Stream.save has written.")
@click.option("--index", default=0, type=click.IntRange(0, SAMPLES - 1), help="The first sample.")
@click.option("--count", default=1, type=click.IntRange(1), help="How many samples.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Another seed than the stream's.")
@click.option("-o", "--output", help="A folder for the samples, which is made if need be.")
def run(
    *, path: str, index: int, count: int, seed: int | None, output: str | None, quiet: bool
) -> None:
    """Make samples, and print what they are or write them to files.

    Pictures are written as .png files, other numbers as .npy files, text as .txt files, and bytes
    as .bin files; each is named by sample and output.
    """
    from imagepipe_rs.graph import Stream  # noqa: PLC0415  other commands do without it

    if index + count > SAMPLES:
        left = _text.count(SAMPLES - index, "sample")
        message = f"--count {count} is more than the {left} from --index {index} on"
        raise click.UsageError(message)
    stream = Stream.load(path)
    stream = stream if seed is None else stream.seeded(seed)
    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
    written = 0
    for number in range(index, index + count):
        for name, value in zip(stream.names, stream.values(number), strict=True):
            if output is None:
                print(f"{number}  {printable(name)}  {_shown(value)}")
            else:
                written += _write(Path(output, f"{number:06}-{_as_file(name)}"), value)
    if output is not None and not quiet:
        print(f"{_text.count(written, 'file')}: {output}")


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, bytes):
        return _text.size(len(value))
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        text = printable(value)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    return str(value)


def _as_file(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)


def _write(path: Path, value: Any) -> int:
    """Write a value; a list as its elements. Return the number of files."""
    if isinstance(value, list):
        return sum(_write(Path(f"{path}-{at}"), one) for at, one in enumerate(value))
    ending, data = _file_of(value)
    _native.write_whole(f"{path}{ending}", data)
    return 1


def _file_of(value: Any) -> tuple[str, bytes]:
    if isinstance(value, str):
        return ".txt", value.encode()
    if isinstance(value, bytes):
        return ".bin", value
    from imagepipe_rs.graph._samples import Form, Picture  # noqa: PLC0415  as above

    array = np.asarray(value)
    if picture := Picture.of(array):
        return ".png", picture.encoded(Form("png", 100))[1]
    return ".npy", _npy(array)


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
