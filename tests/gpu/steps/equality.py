"""Compare batches on the GPU with the same Loader's on the CPU: every type, layout and odd size.

First one framework after the other, case by case, then all of them at once in threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from arrays import Raw, frameworks, place
from loaders import Options, cases, host_output, open_loader, reference
from step import Skip, Step, run

if TYPE_CHECKING:
    from arrays import Framework

# Of the time, for all frameworks at once.
TOGETHER = 0.25
MOST_FAILURES = 5


class Comparison:
    """The comparison of one framework with the CPU."""

    def __init__(self, step: Step, framework: Framework) -> None:
        self.step = step
        self.framework = framework
        self.batches = self.cases = 0
        self.failures: list[str] = []

    def compare(self, options: Options, wanted: list[tuple[Any, Any]]) -> None:
        """Compare every batch of one case."""
        if options["dtype"] not in self.framework.dtypes or len(self.failures) >= MOST_FAILURES:
            return
        self.cases += 1
        try:
            self._compare(options, wanted)
        except Exception as error:  # noqa: BLE001  the other cases are run as well
            self.failures.append(f"{short(options)}: {type(error).__name__}: {error}")

    def _compare(self, options: Options, wanted: list[tuple[Any, Any]]) -> None:
        folder, device = self.step.images("odd"), self.step.device
        with open_loader(folder, device, self.framework.output, options) as loader:
            for number, (batch, (pixels, numbers)) in enumerate(zip(loader, wanted, strict=True)):
                wrong = different(self.framework.host(batch.images), pixels)
                wrong = wrong or self._labels(batch.labels, numbers)
                if wrong is not None:
                    self.failures.append(f"{short(options)}: batch {number}: {wrong}")
                    return
                self.batches += 1

    def _labels(self, labels: Any, wanted: Any) -> str | None:
        found = self.framework.host(labels)
        # JAX has int32 for int64.
        dtype = np.int32 if found.nbytes < wanted.nbytes else wanted.dtype
        if np.array_equal(found.view(dtype), wanted.reshape(-1)):
            return None
        return "other labels"

    def report(self, when: str) -> None:
        """Record what was compared."""
        detail = f"{self.batches} batches of {self.cases} cases"
        if self.failures:
            detail += ": " + "; ".join(self.failures)
        passed = not self.failures and self.batches > 0
        self.step.check(f"{self.framework.output}, {when}", passed, detail)


def short(options: Options) -> str:
    """Return what distinguishes a case."""
    words = ("size", "layout", "dtype", "channels", "labels")
    return " ".join(str(options[word]) for word in words)


def different(found: Any, wanted: Any) -> str | None:
    """Return where two runs of bytes differ first; None if they do not."""
    if found.size != wanted.size:
        return f"{found.size} bytes instead of {wanted.size}"
    wrong = np.flatnonzero(found != wanted)
    return None if not wrong.size else f"{wrong.size} bytes differ, the first at {wrong[0]}"


def one_by_one(step: Step, comparisons: list[Comparison], seconds: float) -> None:
    """Compare case by case, until only so many seconds are left."""
    every = list(cases())
    for number, options in enumerate(every):
        if step.left() < seconds:
            step.skip(f"{len(every) - number} of {len(every)} cases", "no time left")
            break
        if host_output(options["dtype"]) is None:
            continue
        wanted = reference(step.images("odd"), options)
        for comparison in comparisons:
            comparison.compare(options, wanted)
    for comparison in comparisons:
        comparison.report("one by one")


def together(step: Step, comparisons: list[Comparison]) -> None:
    """Compare in all frameworks at once, each in a thread, with different cases at a time."""

    def go(comparison: Comparison, first: int) -> None:
        every = list(cases())
        for options in every[first::3] + every[:first]:
            if step.left() < 1:
                return
            if host_output(options["dtype"]) is not None:
                comparison.compare(options, reference(step.images("odd"), options))

    threads = [
        threading.Thread(target=go, args=(comparison, 7 * number), daemon=True)
        for number, comparison in enumerate(comparisons)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.1, step.left()))
    for comparison, thread in zip(comparisons, threads, strict=True):
        comparison.report("all at once")
        if thread.is_alive():
            step.check(f"{comparison.framework.output} ends", passed=False, detail="it hangs")


def handshakes(step: Step, raw: Raw) -> None:
    """Check what ``__dlpack__`` does for each stream that a consumer may name."""
    options: Options = {"size": 32, "batch_size": 8}
    with open_loader(step.images("odd"), step.device, "dlpack", options) as loader:
        tensor = next(iter(loader)).images
    for stream in (None, -1, 1, 2, raw.streams[0].value):
        try:
            tensor.__dlpack__(stream=stream)
        except Exception as error:  # noqa: BLE001  whatever it raises is wrong
            step.check(f"__dlpack__(stream={stream})", passed=False, detail=str(error))
    try:
        tensor.__dlpack__(stream=0)
    except ValueError:
        step.check("__dlpack__(stream=0) is a ValueError", passed=True)
    else:
        step.check("__dlpack__(stream=0) is a ValueError", passed=False, detail="it was accepted")
    versioned = tensor.__dlpack__(max_version=(1, 0))
    step.check("max_version=(1, 0) is honoured", "dltensor_versioned" in repr(versioned))
    copied = np.from_dlpack(Copied(tensor))
    wanted = raw.host(tensor)
    step.check("dl_device=(1, 0) copies to the host", np.array_equal(copied.reshape(-1), wanted))
    step.check("the address is on 256 bytes", place(tensor)[0] % 256 == 0)


class Copied:
    """A tensor that asks for a copy on the host, for versions of NumPy that cannot."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __dlpack__(self, **_: object) -> Any:
        """Return a capsule in host memory."""
        return self.tensor.__dlpack__(dl_device=(1, 0), copy=True)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Return the device after the copy."""
        return 1, 0


def equality(step: Step) -> None:
    """Run all comparisons."""
    step.needs_device()
    found = frameworks(step)
    if not found:
        raise Skip("no framework can be used")
    if host_output("bfloat16") is None:
        step.skip("bfloat16", "NumPy needs ml_dtypes for it, or PyTorch on the CPU")
    for framework in found:
        if isinstance(framework, Raw):
            handshakes(step, framework)
    one_by_one(step, [Comparison(step, one) for one in found], TOGETHER * step.left())
    if len(found) > 1:
        together(step, [Comparison(step, one) for one in found])
    else:
        step.skip("all at once", "there is only one framework")


if __name__ == "__main__":
    run(equality)
