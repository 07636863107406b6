"""How arrays on a GPU are handed over, on the fake CUDA driver: DLPack and what came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_cuda import driver_without, ended, needs_fake_cuda, run, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

FIRST = """
given = {"batch_size": 5, "size": (6, 7), "seed": 4, "dtype": "float32", "prefetch": 1}
expected = list(Loader(folder, **given))

running = []

def first(**more):
    # An iterator that ends waits for its copies, and everything would be in order.
    running.append(iter(Loader(folder, device="cuda", **{**given, **more})))
    return next(running[-1])

want = expected[0].images.tobytes()
"""


@pytest.mark.parametrize("schedule", ["lazy", "eager", "random"])
def test_a_stream_is_brought_in_order(photos: Path, schedule: str) -> None:
    run(
        """
        def host_waits():
            with context():
                assert take(first().images).bytes() == want
                assert take(first().images, stream=None).bytes() == want

        def nobody_waits():
            with context():
                before = count("cuStreamWaitEvent") + count("cuEventSynchronize")
                batch = first()
                taken = take(batch.images, stream=-1)
                assert count("cuStreamWaitEvent") + count("cuEventSynchronize") <= before + 2
                call("cuCtxSynchronize")
                assert taken.bytes() == want

        def waits(number):
            def check():
                with context():
                    on = number or stream()
                    taken = take(first().images, stream=on)
                    target = memory(taken.size)
                    enqueue_copy(target, taken.address, taken.size, on)
                    taken.release()
                    call("cuStreamSynchronize", ctypes.c_void_p(on))
                    assert read(target, len(want)) == want
            return check

        each({
            "None": host_waits, "-1": nobody_waits,
            "legacy": waits(1), "per thread": waits(2), "created": waits(None),
        })
        """,
        photos,
        setup=FIRST,
        FAKE_CUDA_SCHEDULE=schedule,
    )


def test_the_fake_notices_a_consumer_that_does_not_wait(photos: Path) -> None:
    """Otherwise the other tests would prove nothing."""
    program = """
    with context():
        taken = take(first().images, stream=-1)
        print(len(taken.bytes()))
    """
    status, _, errors = ended(start(program, photos, setup=FIRST))
    assert status != 0
    assert "fake_cuda: " in errors


def test_streams_that_are_none_are_refused(photos: Path) -> None:
    run(
        """
        images = first().images
        allowed = "None, -1, 1 (the legacy default stream), 2"
        for number in (0, -2, -100):
            error = message_of(ValueError, lambda: images.__dlpack__(stream=number))
            assert f"stream={number}" in error and allowed in error, error
        for other in ("1", 1.5, b"", object(), 2**64):
            error = message_of(TypeError, lambda: images.__dlpack__(stream=other))
            assert allowed in error, error
        try:
            images.__dlpack__(1)
        except TypeError:
            pass
        else:
            raise AssertionError("only by name")
        """,
        photos,
        setup=FIRST,
    )


def test_a_capsule_is_as_new_as_its_consumer(photos: Path) -> None:
    run(
        """
        images = first().images
        for version in (None, (0, 8)):
            taken = take(images, max_version=version)
            assert not taken.versioned, version
        for version in ((1, 0), (1, 3), (2, 0)):
            taken = take(images, max_version=version)
            assert (taken.versioned, taken.version, taken.flags) == (True, (1, 0), 0), version
        assert taken.device == (CUDA, 0)
        assert taken.shape == (5, 6, 7, 3)
        assert taken.strides == (126, 21, 3, 1)
        assert taken.type == (2, 32, 1)
        assert taken.address % 256 == 0

        types = {"uint8": (1, 8, 1), "float16": (2, 16, 1), "bfloat16": (4, 16, 1)}
        for dtype, type in types.items():
            assert take(first(dtype=dtype).images).type == type
        labels = take(first().labels)
        assert (labels.type, labels.shape, labels.strides) == ((0, 64, 1), (5,), (1,))
        assert take(first(labels="one_hot").labels).type == (2, 32, 1)
        """,
        photos,
        setup=FIRST,
    )


def test_copies_are_made_to_the_cpu_and_nowhere_else(photos: Path) -> None:
    run(
        """
        def on_cpu():
            images = first().images
            for more in ({}, {"copy": True}, {"copy": None}, {"max_version": (1, 0)}):
                taken = take(images, dl_device=(CPU, 0), **more)
                assert taken.device == (CPU, 0)
                assert taken.bytes() == want
                taken = take(images, dl_device=(CPU, 0), stream=-1, **more)
                assert taken.bytes() == want

        def after_a_stream():
            # PyTorch names its stream: what that does with the array belongs to the copy.
            with context():
                for on in (1, 2, stream()):
                    taken = take(first().images, stream=on)
                    again = first().images
                    held = take(again, stream=on)
                    word = ctypes.c_uint8(7)
                    call(
                        "cuMemsetD8Async", ctypes.c_uint64(held.address), word,
                        ctypes.c_size_t(held.size), ctypes.c_void_p(on),
                    )
                    copy = take(again, stream=on, dl_device=(CPU, 0))
                    assert copy.bytes() == bytes([7]) * held.size

        def the_copy_outlives_all():
            taken = take(first().images, dl_device=(CPU, 0))
            gc.collect()
            assert taken.bytes() == want

        def refused():
            images = first().images
            for more in (
                {"copy": True}, {"dl_device": (CUDA, 0), "copy": True}, {"dl_device": (CUDA, 1)},
                {"dl_device": (CPU, 0), "copy": False}, {"dl_device": (CPU, 1)},
            ):
                error = message_of(BufferError, lambda: images.__dlpack__(**more))
                assert "copied to the CPU" in error, (more, error)

        def as_it_is():
            images = first().images
            for more in ({"copy": False}, {"dl_device": (CUDA, 0)}):
                assert take(images, **more).device == (CUDA, 0)

        each({f.__name__: f for f in (
            on_cpu, after_a_stream, the_copy_outlives_all, refused, as_it_is
        )})
        """,
        photos,
        setup=FIRST,
    )


def test_numpy_takes_copies_when_told_to(photos: Path) -> None:
    run(
        """
        batch = first()
        for array in (
            np.asarray(batch.images.to_cpu()),
            np.from_dlpack(batch.images.to_cpu()),
            np.from_dlpack(batch.images, device="cpu"),
            np.from_dlpack(batch.images, device="cpu", copy=True),
        ):
            assert array.dtype == np.float32
            assert array.tobytes() == want
        assert (np.from_dlpack(batch.labels, device="cpu") == expected[0].labels).all()

        for array in (np.asarray, np.array):
            error = message_of(TypeError, lambda: array(batch.images))
            assert "np.asarray(array.to_cpu())" in error, error
        half = first(dtype="bfloat16").images.to_cpu()
        assert np.asarray(half).dtype == np.uint16
        """,
        photos,
        setup=FIRST,
    )


def test_cuda_array_interface(photos: Path) -> None:
    run(
        """
        with context():
            batch = first()
            found = batch.images.__cuda_array_interface__
            address, is_read_only = found.pop("data")
            assert not is_read_only
            assert found == {
                "version": 3, "shape": (5, 6, 7, 3), "typestr": "<f4", "strides": None,
                "stream": None,
            }, found
            assert read(address, len(want)) == want
            assert batch.images.__cuda_array_interface__["data"][0] == address
            assert batch.labels.__cuda_array_interface__["typestr"] == "<i8"
            assert first(dtype="float16").images.__cuda_array_interface__["typestr"] == "<f2"
            assert first(dtype="uint8").images.__cuda_array_interface__["typestr"] == "|u1"

            # Whoever read the address reads the memory as long as the array lives.
            images = batch.images
            del batch
            loader = Loader(folder, device="cuda", repeat=True, **given)
            for _ in islice(loader, 30):
                pass
            assert read(address, len(want)) == want

            half = first(dtype="bfloat16").images
            assert not hasattr(half, "__cuda_array_interface__")
            assert take(half).bytes()
        """,
        photos,
        setup=FIRST,
        FAKE_CUDA_SCHEDULE="random",
    )


def test_a_stream_that_is_captured_gets_no_batch_and_its_graph_stays_whole(photos: Path) -> None:
    run(
        """
        def begin(on):
            call("fakeCudaBeginCapture", ctypes.c_void_p(on))

        def end(on):
            call("fakeCudaEndCapture", ctypes.c_void_p(on))

        def refused(**arguments):
            error = message_of(BufferError, lambda: batch.images.__dlpack__(**arguments))
            assert "graph" in error, error

        with context():
            on = stream()
            batch = first()
            begin(on)
            refused(stream=on)
            refused(stream=on, dl_device=(CPU, 0))
            # Meanwhile batches are made, handed to others, and come back.
            loader = Loader(folder, device="cuda", repeat=True, **given)
            other = stream()
            for held in islice(loader, 20):
                take(held.images.on_lasting_streams(), stream=other)
            end(on)
            call("fakeCudaSettle")

            # No event can mark a stream while it is captured.
            taken = take(batch.images.on_lasting_streams(), stream=on)
            begin(on)
            taken.release()
            del batch
            for held in islice(loader, 20):
                take(held.images.on_lasting_streams(), stream=other)
            end(on)
            for _ in islice(loader, 20):
                pass

            blocking = ctypes.c_void_p()
            call("cuStreamCreate", ctypes.byref(blocking), 0)
            batch = first()
            begin(blocking.value)
            refused(stream=blocking.value)
            refused(stream=1)  # it waits for the streams that are captured
            end(blocking.value)
            take(batch.images, stream=1)
        """,
        photos,
        setup=FIRST,
    )


def test_memory_is_written_again_only_after_its_consumers(photos: Path) -> None:
    """Each consumer works long after it let go of its array, and on a stream of its own."""
    for schedule, seed in (("lazy", 0), ("eager", 0), ("random", 1), ("random", 2)):
        run(
            """
            def consume(rounds, lasting, hand):
                with context():
                    streams = [stream() for _ in range(3)]
                    kept = []
                    loader = Loader(folder, device="cuda", repeat=True, shuffle=False, **given)
                    for number, batch in zip(range(rounds), loader):
                        on = streams[number % 3]
                        images = batch.images.on_lasting_streams() if lasting else batch.images
                        taken = take(images, stream=hand(on))
                        target = memory(taken.size)
                        if hand(on) != on:
                            call("cuCtxSynchronize")
                        enqueue_copy(target, taken.address, taken.size, on)
                        del taken, images, batch
                        kept.append(target)
                    call("cuCtxSynchronize")
                    again = list(Loader(folder, shuffle=False, **given))
                    for number, target in enumerate(kept):
                        want = again[number % len(again)].images
                        assert read(target, want.nbytes) == want.tobytes(), number

            each({
                "marked": lambda: consume(40, True, lambda on: on),
                "unmarked": lambda: consume(40, False, lambda on: on),
                "unordered": lambda: consume(20, False, lambda on: -1),
            })
            """,
            photos,
            setup=FIRST,
            FAKE_CUDA_SCHEDULE=schedule,
            FAKE_CUDA_SEED=seed,
        )


def test_a_driver_that_cannot_mark_a_context_waits_for_it(photos: Path, tmp_path: Path) -> None:
    run(
        """
        with context():
            on = stream()
            for _, batch in zip(range(30), Loader(folder, device="cuda", repeat=True, **given)):
                taken = take(batch.images, stream=on)
                enqueue_copy(memory(taken.size), taken.address, taken.size, on)
        assert count("cuCtxSynchronize") > 5
        assert count("cuCtxRecordEvent") == 0
        """,
        photos,
        setup=FIRST,
        library=driver_without("cuCtxRecordEvent", tmp_path),
    )
