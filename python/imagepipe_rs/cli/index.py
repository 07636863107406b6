"""``index``: index files for TFRecord files."""

from __future__ import annotations

import imagepipe_rs
from imagepipe_rs.cli import _reading, _text
from imagepipe_rs.cli._program import DONE, command, place, stopped
from imagepipe_rs.cli._progress import Progress


@command(
    "index",
    short_help="Write the index files that DALI needs beside TFRecord files.",
    epilog="""\b
    Examples:
      imagepipe index records/train-*
      imagepipe index records/x0 records/x1
    """,
)
@place("--shards", multiple=True, help="TFRecord files; or a glob.")
@_reading.workers
def index(*, shards: tuple[str, ...], workers: int | None, quiet: bool) -> int:
    """Write SHARD.idx beside each TFRecord file, a line of offset and size for each record.

    DALI's tfrecord2idx writes the same. Imagepipe itself needs no index.
    """
    path = _reading.one_or_many(shards)
    try:
        with Progress("file", quiet=quiet) as progress:
            written = imagepipe_rs.create_index(path, workers=workers, progress=progress)
    except KeyboardInterrupt as stop:
        return stopped(stop, "each index is whole; run the same command again")
    if not quiet:
        files = _text.count(written.files, "index file")
        print(f"{files} for {_text.count(written.records, 'record')}")
    return DONE
