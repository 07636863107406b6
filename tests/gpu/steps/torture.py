"""Delay the consumer in every way there is; no batch may ever show the bytes of another.

Whatever is read of a batch, at any time, is compared with the same batch of a Loader on the CPU.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from arrays import frameworks
from loaders import Options, digest, open_loader, reference
from step import Skip, Step, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from arrays import Framework

# More than the Loader has ready and the pool has to spare.
HELD = 8
LOADERS: tuple[Options, ...] = (
    {"dtype": "uint8", "layout": "NHWC"},
    {"dtype": "float32", "layout": "NCHW", "mean": "imagenet", "std": "imagenet"},
)
COMMON: Options = {"size": 160, "batch_size": 16, "limit": 240, "seed": 5, "labels": None}
MOST_FAILURES = 5


class Dropper:
    """A thread that drops what it is given, a little later."""

    def __init__(self) -> None:
        self.given: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._drop, daemon=True).start()

    def _drop(self) -> None:
        while True:
            one = self.given.get()
            time.sleep(random.uniform(0, 0.01))  # noqa: S311  not for secrets
            del one


DROPPER = Dropper()


def drop_at_once(framework: Framework, images: Any) -> Any:
    """Queue a copy behind other work; the batch is dropped long before the copy runs."""
    framework.delay()
    return framework.clone(images)


def on_a_side_stream(framework: Framework, images: Any) -> Any:
    """Copy on another stream, which is joined before the batch is dropped."""
    with framework.side():
        framework.delay()
        return framework.clone(images)


def keep(_: Framework, images: Any) -> Any:
    """Keep the batch itself."""
    return images


def drop_elsewhere(framework: Framework, images: Any) -> Any:
    """Queue a copy, and let another thread drop the batch."""
    framework.delay()
    copy = framework.clone(images)
    DROPPER.given.put(images)
    return copy


def slow_host(framework: Framework, images: Any) -> Any:
    """Be slow on the host, so that all buffers of the Loader are full."""
    time.sleep(0.02)
    return framework.clone(images)


WAYS: dict[str, Callable[[Framework, Any], Any]] = {
    "dropped before a queued copy": drop_at_once,
    "read on a side stream": on_a_side_stream,
    "kept for several batches": keep,
    "dropped by another thread": drop_elsewhere,
    "slow on the host": slow_host,
}


class Player:
    """Reads batches in one framework, and compares them."""

    def __init__(self, step: Step, framework: Framework, options: Options) -> None:
        self.step = step
        # One of its own, since it has streams.
        self.framework = type(framework)(step)
        self.options = {**COMMON, **options}
        wanted = reference(step.images(), self.options)
        self.wanted = [digest(images) for images, _ in wanted]
        self.batches = 0
        self.failures: list[str] = []

    def play(self, way: str, seconds: float) -> None:
        """Read batches in one way for some time."""
        try:
            self._play(way, time.monotonic() + min(seconds, self.step.left()))
        except Exception as error:  # noqa: BLE001  the other ways are tried as well
            self.failures.append(f"{way}: {type(error).__name__}: {error}")

    def _play(self, way: str, until: float) -> None:
        held: deque[tuple[int, Any]] = deque()
        output, device = self.framework.output, self.step.device
        with open_loader(self.step.images(), device, output, self.options) as loader:
            while time.monotonic() < until and len(self.failures) < MOST_FAILURES:
                loader.set_epoch(0)
                # `enumerate` would keep the batch alive.
                number = 0
                for batch in loader:
                    held.append((number, WAYS[way](self.framework, batch.images)))
                    del batch
                    number += 1  # noqa: SIM113  see above
                    if len(held) > HELD:
                        self._compare(way, *held.popleft())
        while held:
            self._compare(way, *held.popleft())

    def _compare(self, way: str, number: int, array: Any) -> None:
        found = digest(self.framework.host(array))
        self.batches += 1
        if found == self.wanted[number] or len(self.failures) >= MOST_FAILURES:
            return
        whose = self.wanted.index(found) if found in self.wanted else None
        shows = "bytes of no batch" if whose is None else f"the bytes of batch {whose}"
        self.failures.append(f"{way}: batch {number} shows {shows}")


def alone(players: list[Player], seconds: float) -> None:
    """Let each play in every way, one after the other."""
    each = seconds / (len(players) * len(WAYS))
    for player in players:
        for way in WAYS:
            player.play(way, each)


def together(step: Step, players: list[Player]) -> None:
    """Let all play at once, each in a thread, in all ways in turn."""

    def go(player: Player) -> None:
        while step.left() > 1:
            for way in WAYS:
                player.play(way, min(0.5, step.left() - 1))

    threads = [threading.Thread(target=go, args=(one,), daemon=True) for one in players]
    for thread in threads:
        thread.start()
    for player, thread in zip(players, threads, strict=True):
        thread.join(max(0.1, step.left()))
        if thread.is_alive():
            player.failures.append("it hangs when all play at once")


def torture(step: Step) -> None:
    """Run all players."""
    step.needs_device()
    players = [
        Player(step, framework, options) for framework in frameworks(step) for options in LOADERS
    ]
    if not players:
        raise Skip("no framework can be used")
    alone(players, 0.6 * step.left())
    together(step, players)
    for player in players:
        name = f"{player.framework.output}, {player.options['dtype']} {player.options['layout']}"
        detail = "; ".join([f"{player.batches} batches", *player.failures])
        step.check(name, not player.failures and player.batches > 0, detail)


if __name__ == "__main__":
    run(torture)
