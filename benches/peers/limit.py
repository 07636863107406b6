"""The limit: libjpeg-turbo (in simplejpeg) decoding whole images to RGB, and nothing else.

The files are in memory, each thread reuses one buffer of its own, and the GIL is released while
decoding. A loader that decodes every pixel with libjpeg-turbo and also resizes cannot be faster;
one that decodes less, or with another decoder, can be.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import simplejpeg
from protocol import Job, measure, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

# Files per task: enough to make the pool's overhead small.
CHUNK = 8


class Decoder:
    """Decodes files on any thread."""

    def __init__(self, job: Job) -> None:
        """Read all files into memory."""
        self.files = [path.read_bytes() for path in job.files]
        headers = [simplejpeg.decode_jpeg_header(data) for data in self.files]
        self.largest = max(height * width * 3 for height, width, *_ in headers)
        self.own = threading.local()

    def decode(self, indices: range) -> range:
        """Decode some files into this thread's buffer."""
        if not hasattr(self.own, "buffer"):
            self.own.buffer = np.empty(self.largest, np.uint8)
        for index in indices:
            simplejpeg.decode_jpeg(self.files[index], "RGB", buffer=self.own.buffer)
        return indices


def counted(job: Job) -> Iterator[range]:
    """Yield the numbers of decoded files endlessly, a few at a time."""
    decoder = Decoder(job)
    count = len(decoder.files)
    chunks = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    with ThreadPoolExecutor(job.threads) as threads:
        pending: deque[Future[range]] = deque()
        for chunk in itertools.cycle(chunks):
            pending.append(threads.submit(decoder.decode, chunk))
            if len(pending) > 2 * job.threads:
                yield pending.popleft().result()


if __name__ == "__main__":
    asked = parse()
    measure(asked, counted(asked), "simplejpeg", check=False)
