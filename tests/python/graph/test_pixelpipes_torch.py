"""TorchDataLoader, for programs of PixelPipes that train with PyTorch."""

from __future__ import annotations

import importlib.util
import threading
from itertools import islice
from typing import Any

import numpy as np
import pytest
from imagepipe_rs import graph as native
from imagepipe_rs.graph.pixelpipes.compiler import Compiler
from imagepipe_rs.graph.pixelpipes.graph import Constant, Graph, NodeException, SampleIndex, outputs
from imagepipe_rs.graph.pixelpipes.numbers import SampleUniform
from imagepipe_rs.graph.pixelpipes.sink import PipelineDataLoader, TorchDataLoader, WorkerPool

PICTURE = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(3, 2, 4)
TYPES = ["bool", "uint8", "int16", "int32", "int64", "float32", "float64"]


@pytest.fixture
def torch() -> Any:
    return pytest.importorskip("torch")


def made() -> Any:
    with Graph() as graph:
        outputs(SampleIndex(), SampleUniform(0, 1), Constant(PICTURE))
        outputs(*(Constant(np.ones(2, dtype)) for dtype in TYPES))
    return Compiler().build(graph)


@pytest.mark.torch
@pytest.mark.parametrize("workers", [None, 1, 4])
def test_batches_are_tensors_with_what_arrays_have(torch: Any, workers: int | None) -> None:
    tensors, arrays = TorchDataLoader(made(), 6, workers), PipelineDataLoader(made(), 6)
    for batch, wanted in islice(zip(tensors, arrays, strict=True), 20):
        assert isinstance(batch, list)
        for one, array in zip(batch, wanted, strict=True):
            assert one.dtype == getattr(torch, array.dtype.name)
            assert torch.equal(one, torch.from_numpy(array))


@pytest.mark.torch
@pytest.mark.parametrize("offset", [1, 0, 1000])
def test_batches_are_in_order_and_have_no_end(torch: Any, offset: int) -> None:
    loader = TorchDataLoader(made(), 10, 3, offset)
    for _ in range(2):  # each iterator begins with the first sample
        numbers = torch.cat([batch[0] for batch in islice(loader, 50)])
        assert torch.equal(numbers, torch.arange(offset, offset + 500))
    (_, _, pictures, *_) = next(iter(loader))
    assert pictures.shape == (10, 3, 2, 4)


@pytest.mark.torch
def test_several_loaders_may_share_threads(torch: Any) -> None:
    seen = set()

    def noted(index: Any) -> Any:
        seen.add(threading.current_thread().name)
        return index

    with Graph() as graph:
        outputs(native.PyNode(noted, [SampleIndex()]))
    built = Compiler().build(graph)
    with WorkerPool(2) as workers:
        one, other = (iter(TorchDataLoader(built, 4, workers, start)) for start in (1, 101))
        for place in range(5):
            begin = 1 + 4 * place
            assert torch.equal(next(one)[0], torch.arange(begin, begin + 4))
            assert torch.equal(next(other)[0], torch.arange(begin + 100, begin + 104))
    assert seen
    assert all(name.startswith("pixelpipes_worker") for name in seen)


@pytest.mark.torch
def test_a_tensor_may_be_written_to(torch: Any) -> None:
    batches = iter(TorchDataLoader(made(), 2))
    first = next(batches)[2]
    wanted = first.clone()
    first.zero_()
    assert torch.equal(next(batches)[2], wanted)


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
def test_a_sample_that_fails_is_not_passed_over() -> None:
    with Graph() as graph:
        outputs(Constant([5, 6, 7, 8])[SampleIndex() % 6])
    batches = iter(TorchDataLoader(Compiler().build(graph), 2))
    assert next(batches)[0].tolist() == [6, 7]
    with pytest.raises(NodeException, match="sample 4"):
        next(batches)
    with pytest.raises(NodeException, match="sample 5"):
        list(islice(batches, 1))


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("count", [1, 7])
def test_loaders_measure(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert TorchDataLoader(made(), 5).benchmark(count) > 0
    assert f"{count} batches of 5 samples" in capsys.readouterr().out


def test_without_pytorch_there_is_no_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ImportError, match="TorchDataLoader needs PyTorch: pip install torch"):
        TorchDataLoader(made(), 2)
