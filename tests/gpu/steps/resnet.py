"""Train ResNet-50 on real and on synthetic data in turn: what does loading cost?

torchvision's model, eager, bfloat16 autocast, channels_last, SGD, cudnn.benchmark; batches of 256
from random crops, bfloat16 NHWC permuted, default workers, warm page cache. Synthetic data is one
real batch, cloned with its strides: zeros would train faster. Blocks run in the order S R R S,
three times; each is 10 untimed steps, in which batches that were ready run out, and 30 timed ones.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from figures import ROUNDS, share, spread, why_not_claimed
from loaders import TRAINING, open_loader
from step import Skip, Step, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs import Loader

ORDER = "SRRS"
HEADROOM_S = 4


@dataclass(frozen=True)
class Size:
    """How much is run; less in a rehearsal."""

    batch: int = 256
    side: int = 224
    warm_up: int = 20
    untimed: int = 10
    timed: int = 30


REHEARSAL = Size(batch=4, side=64, warm_up=1, untimed=1, timed=2)


@dataclass
class Training:
    """The model, its data, and the seconds of each block."""

    step: Step
    torch: Any
    size: Size
    model: Any
    optimizer: Any
    batches: Iterator[Any]
    synthetic: tuple[Any, Any] = (None, None)
    blocks: list[tuple[str, float]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def train(self, images: Any, labels: Any) -> None:
        """Queue one step."""
        torch = self.torch
        self.optimizer.zero_grad(set_to_none=True)
        kind = "cpu" if self.step.rehearsal else "cuda"
        with torch.autocast(kind, dtype=torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(self.model(images), labels)
        loss.backward()
        self.optimizer.step()

    def real(self) -> tuple[Any, Any]:
        """Return the next batch, with its channels last."""
        batch = next(self.batches)
        return batch.images.permute(0, 3, 1, 2), batch.labels

    def steps(self, kind: str, count: int) -> list[float]:
        """Run some steps; return the seconds that each waited for its batch."""
        waits = []
        for _ in range(count):
            started = time.perf_counter()
            images, labels = self.synthetic if kind == "S" else self.real()
            waits.append(time.perf_counter() - started)
            self.train(images, labels)
        return waits

    def block(self, kind: str) -> None:
        """Run untimed steps, then time the others between two synchronizations."""
        self.steps(kind, self.size.untimed)
        self.synchronize()
        started = time.perf_counter()
        waits = self.steps(kind, self.size.timed)
        self.synchronize()
        self.blocks.append((kind, time.perf_counter() - started))
        if kind == "R":
            self.waits += waits

    def synchronize(self) -> None:
        """Wait for the GPU."""
        if not self.step.rehearsal:
            self.torch.cuda.synchronize()


def model_of(step: Step) -> Any:
    """Return torchvision's ResNet-50, or without torchvision the same network."""
    try:
        from torchvision.models import resnet50  # noqa: PLC0415  only if it is there
    except (ImportError, RuntimeError) as error:  # the latter if it is for another PyTorch
        from resnet50 import resnet50  # noqa: PLC0415  needs PyTorch

        step.fact("model", f"the same network as torchvision's, which cannot be imported: {error}")
    else:
        step.fact("model", "torchvision's")
    return resnet50()


def prepare(step: Step, torch: Any, size: Size, loader: Loader) -> Training:
    """Make the model and the synthetic batch, and warm up."""
    place = "cpu" if step.rehearsal else step.device
    torch.backends.cudnn.benchmark = True
    model = model_of(step).to(place, memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    training = Training(step, torch, size, model, optimizer, iter(loader))
    images, labels = training.real()
    training.synthetic = images.clone(), labels.clone()
    if training.synthetic[0].stride() != images.stride():
        raise AssertionError("the synthetic batch has other strides")
    del images, labels
    training.steps("S", size.warm_up)
    training.synchronize()
    return training


def resnet(step: Step) -> None:
    """Run the blocks, and record what they say."""
    step.needs_device()
    try:
        import torch  # noqa: PLC0415  only if it is there
    except ImportError as error:
        raise Skip(f"needs PyTorch: {error}") from error
    if not step.rehearsal and not torch.cuda.is_available():
        raise Skip("this PyTorch cannot use the GPU")
    size = REHEARSAL if step.rehearsal else Size()
    options = {**TRAINING, "batch_size": size.batch, "size": size.side, "repeat": True}
    with open_loader(step.images(), step.device, "torch", options) as loader:
        training = prepare(step, torch, size, loader)
        rounds = run_rounds(step, training)
        if rounds:
            report(step, training, rounds)
            headroom(step, training)


def run_rounds(step: Step, training: Training) -> int:
    """Run rounds of blocks; return how many there was time for."""
    longest = 0.0
    for number in range(ROUNDS):
        if step.left() < longest * 1.05 + HEADROOM_S / 2:
            step.skip(f"{ROUNDS - number} of {ROUNDS} rounds of blocks", "no time left")
            return number
        started = time.perf_counter()
        for kind in ORDER:
            training.block(kind)
        longest = max(longest, time.perf_counter() - started)
    return ROUNDS


def report(step: Step, training: Training, rounds: int) -> None:
    """Record the share and how far it can be trusted."""
    blocks, images = training.blocks, training.size.timed * training.size.batch
    step.fact("seconds of the blocks", " ".join(f"{kind} {took:.3f}" for kind, took in blocks))
    for kind, name in (("S", "synthetic"), ("R", "real")):
        rate = images / median(took for which, took in blocks if which == kind)
        step.figure(f"{name} data", rate, "images/s")
    synthetic = [took for kind, took in blocks if kind == "S"]
    step.figure("spread of the synthetic blocks", 100 * spread(synthetic), "%")
    step.figure("wait for a batch, mean", 1000 * sum(training.waits) / len(training.waits), "ms")
    step.figure("wait for a batch, longest", 1000 * max(training.waits), "ms")
    found = share(blocks)
    unmet = why_not_claimed(found, spread(synthetic), rounds)
    step.figure("share", found, goal="share", unmet=unmet)


def headroom(step: Step, training: Training) -> None:
    """Measure the Loader alone, relative to the speed of training on synthetic data."""
    seconds = min(HEADROOM_S, step.left())
    if seconds < 1:
        step.skip("the Loader's headroom", "no time left")
        return
    # The batches that are ready are not its speed.
    for _ in range(3):
        training.real()
    training.synchronize()
    started, count = time.perf_counter(), 0
    while time.perf_counter() < started + seconds:
        training.real()
        count += 1
    training.synchronize()
    rate = count * training.size.batch / (time.perf_counter() - started)
    synthetic = median(took for kind, took in training.blocks if kind == "S")
    needed = training.size.timed * training.size.batch / synthetic
    step.figure("the Loader alone", rate, "images/s")
    step.figure("headroom: the Loader alone by synthetic training", rate / needed)


if __name__ == "__main__":
    run(resnet)
