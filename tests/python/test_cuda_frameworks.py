"""Batches on a GPU as frameworks take them.

None of them works with the fake driver: each stands here for the calls that the real one makes of
the array it is given, and of the driver. What a real one does with a GPU is checked by `make gpu`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_cuda import needs_fake_cuda, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

STAND_INS = """
import contextlib, types

given = {"batch_size": 5, "size": 8, "seed": 4, "dtype": "float32"}


class Array:
    "A framework's array: over memory that was taken, or of its own."
    def __init__(self, taken=None, size=0):
        self.taken = taken
        self.address = taken.address if taken else memory(size)
        self.size = taken.size if taken else size

@contextlib.contextmanager
def device(ordinal):
    devices.append(ordinal)
    with context(ordinal):
        yield
    devices.pop()

devices = [0]
"""

TORCH = """
streams = {}

class Stream:
    def __init__(self):
        self.cuda_stream = stream()

def current_stream(name):
    return streams[int(name.removeprefix("cuda:"))]

def torch_from_dlpack(array, *, device=None, copy=None):
    "As torch.utils.dlpack.from_dlpack of 2.6 to 2.12."
    kind, ordinal = array.__dlpack_device__()
    assert device is None and copy is None
    more = {"max_version": (1, 0)}
    if kind == CUDA:
        assert devices[-1] == ordinal, "imported under another current device"
        on = current_stream(f"cuda:{ordinal}").cuda_stream
        more["stream"] = 1 if on == 0 else on
    taken = take(array, **more)
    assert taken.versioned
    return Array(taken)

torch = types.ModuleType("torch")
torch.cuda = types.SimpleNamespace(device=device, is_initialized=lambda: True,
                                   current_device=lambda: devices[-1])
torch.from_dlpack = torch_from_dlpack
sys.modules["torch"] = torch
default = types.SimpleNamespace(cuda_stream=0)
"""


@pytest.mark.parametrize("schedule", ["lazy", "random"])
def test_pytorch_works_on_its_current_stream(photos: Path, schedule: str) -> None:
    """It lets go of a batch while the stream still reads it: an event there is waited for."""
    run(
        """
        with context():
            side = Stream()
            expected = list(Loader(folder, shuffle=False, **given))
            for current in (default, side):
                streams[0] = current
                kept = []
                loader = Loader(
                    folder, device="cuda", output="torch", repeat=True, shuffle=False, **given
                )
                for images, labels in islice(loader, 30):
                    target = memory(images.size)
                    enqueue_copy(target, images.address, images.size, current.cuda_stream or 1)
                    kept.append(target)
                    del images, labels
                call("cuStreamSynchronize", ctypes.c_void_p(current.cuda_stream or 1))
                for number, target in enumerate(kept):
                    want = expected[number % len(expected)].images
                    assert read(target, want.nbytes) == want.tobytes(), number
            # Marked on their streams, so the context need not be.
            assert count("cuCtxRecordEvent") == count("cuCtxSynchronize") == 0
        """,
        photos,
        setup=STAND_INS + TORCH,
        FAKE_CUDA_SCHEDULE=schedule,
    )


def test_pytorch_takes_each_array_on_its_own_device(photos: Path) -> None:
    run(
        """
        streams.update({n: default for n in range(2)})
        with context(0):
            found = Loader(folder, device="cuda:1", output="torch", **given)
            images, labels = next(iter(found))
            assert images.taken.device == labels.taken.device == (CUDA, 1)
            assert devices == [0]
        with device(1):
            # "cuda" is the current device.
            images, _ = next(iter(Loader(folder, device="cuda", output="torch", **given)))
            assert images.taken.device == (CUDA, 1)
        """,
        photos,
        setup=STAND_INS + TORCH,
        FAKE_CUDA_DEVICES=2,
    )


def test_the_other_fields_are_the_frameworks_arrays_on_the_cpu(photos: Path) -> None:
    run(
        """
        streams[0] = default
        fields = ("images", "labels", "valid", "indices", "crops", "flips", "position")
        loader = Loader(folder, device="cuda", output="torch", fields=fields, **given)
        batch = next(iter(loader))
        kinds = {name: array.taken.device[0] for name, array in batch._asdict().items()}
        assert kinds == {name: CUDA if name in fields[:2] else CPU for name in fields}, kinds
        assert type(batch.indices) is Array and batch.paths[0].endswith(".jpg")
        """,
        photos,
        setup=STAND_INS + TORCH,
    )


def test_memory_let_go_of_in_a_graph_capture_waits_for_its_end(photos: Path) -> None:
    run(
        """
        with context():
            streams[0] = side = Stream()
            loader = Loader(folder, device="cuda", output="torch", repeat=True, **given)
            batches = iter(loader)
            held = [next(batches) for _ in range(3)]
            call("fakeCudaBeginCapture", ctypes.c_void_p(side.cuda_stream))
            message_of(BufferError, lambda: next(batches))
            held.clear()
            streams[0] = default  # another stream goes on meanwhile
            for _ in islice(batches, 20):
                pass
            call("fakeCudaEndCapture", ctypes.c_void_p(side.cuda_stream))
            streams[0] = side
            for _ in islice(batches, 20):
                pass
        """,
        photos,
        setup=STAND_INS + TORCH,
    )


CUPY = """
class Stream:
    def __init__(self, ptr=None):
        self.ptr = stream() if ptr is None else ptr

    def __del__(self):
        if self.ptr > 2 and not sys.is_finalizing():
            call("cuStreamDestroy_v2", ctypes.c_void_p(self.ptr))

def cupy_from_dlpack(array):
    "As CuPy 13's."
    kind, ordinal = array.__dlpack_device__()
    assert kind == CUDA and devices[-1] == ordinal
    return Array(take(array, stream=current[-1].ptr or 1))

def cupy_asarray(array):
    return Array(size=array.nbytes)

current = [Stream(0)]
cupy = types.ModuleType("cupy")
cupy.cuda = types.SimpleNamespace(Device=device, get_current_stream=lambda: current[-1])
cupy.from_dlpack, cupy.asarray = cupy_from_dlpack, cupy_asarray
sys.modules["cupy"] = cupy
"""


@pytest.mark.parametrize("schedule", ["lazy", "random"])
def test_cupy_works_on_its_current_stream_even_if_that_is_let_go_of(
    photos: Path, schedule: str
) -> None:
    run(
        """
        with context():
            expected = list(Loader(folder, shuffle=False, **given))
            loader = Loader(
                folder, device="cuda", output="cupy", repeat=True, shuffle=False, **given
            )
            kept = []
            for number, (images, labels) in enumerate(islice(loader, 30)):
                target = memory(images.size)
                enqueue_copy(target, images.address, images.size, current[-1].ptr or 1)
                kept.append(target)
                if number % 5 == 3:
                    current[:] = [Stream()]  # the old one is gone
                    gc.collect()
                del images, labels
            call("cuCtxSynchronize")
            for number, target in enumerate(kept):
                want = expected[number % len(expected)].images
                assert read(target, want.nbytes) == want.tobytes(), number
        """,
        photos,
        setup=STAND_INS + CUPY,
        FAKE_CUDA_SCHEDULE=schedule,
    )


def test_cupys_default_stream_of_each_thread_is_not_marked_by_another(photos: Path) -> None:
    run(
        """
        with context():
            current[:] = [Stream(2)]
            loader = Loader(folder, device="cuda", output="cupy", repeat=True, **given)
            for images, labels in islice(loader, 20):
                target = memory(images.size)
                enqueue_copy(target, images.address, images.size, 2)
                boxed = [images, labels]
                del images, labels
                thread = threading.Thread(target=boxed.clear)
                thread.start()
                thread.join()
            call("cuCtxSynchronize")
        """,
        photos,
        setup=STAND_INS + CUPY,
        FAKE_CUDA_SCHEDULE="random",
    )


def test_cupy_has_no_bfloat16(photos: Path) -> None:
    run(
        """
        loader = Loader(folder, device="cuda", output="cupy", dtype="bfloat16")
        error = message_of(ValueError, lambda: next(iter(loader)))
        assert "use 'float16' or 'float32'" in error, error
        """,
        photos,
        setup=STAND_INS + CUPY,
    )


JAX = """
class Copy(Array):
    "What jnp.from_dlpack(copy=True) returns before the copy is there."
    def __init__(self, array, on):
        taken = take(array, stream=on)
        assert not taken.versioned
        super().__init__(size=taken.size)
        enqueue_copy(self.address, taken.address, taken.size, on)
        call("cuEventCreate", ctypes.byref(event := ctypes.c_void_p()), 2)
        call("cuEventRecord", event, ctypes.c_void_p(on))
        self.event, self.deleted = event, False
        # XLA lets go of the memory without waiting for its stream.
        taken.release()

    def is_ready(self):
        if self.deleted:
            raise RuntimeError("Array has been deleted")
        return driver()["cuEventQuery"](self.event) == 0

    def is_deleted(self):
        return self.deleted

def jnp_from_dlpack(array, device=None, copy=None):
    "As jax.dlpack.from_dlpack of 0.4.31 to 0.10."
    kind, ordinal = array.__dlpack_device__()
    assert (kind, copy) == (CUDA, True)
    return Copy(array, streams[ordinal])

streams = {}
jax, numpy = types.ModuleType("jax"), types.ModuleType("jax.numpy")
jax.numpy, numpy.from_dlpack = numpy, jnp_from_dlpack
sys.modules.update({"jax": jax, "jax.numpy": numpy})
"""


@pytest.mark.parametrize("schedule", ["lazy", "random"])
@pytest.mark.parametrize("deleted", [False, True])
def test_jax_has_copies_and_memory_is_held_until_they_are_there(
    photos: Path, schedule: str, *, deleted: bool
) -> None:
    run(
        f"""
        with context():
            streams[0] = stream()
            expected = list(Loader(folder, shuffle=False, **given))
            loader = Loader(
                folder, device="cuda", output="jax", repeat=True, shuffle=False, **given
            )
            kept = []
            for images, labels in islice(loader, 30):
                kept.append(images)
                images.deleted = labels.deleted = {deleted}
                del images, labels
            call("cuStreamSynchronize", ctypes.c_void_p(streams[0]))
            for number, images in enumerate(kept):
                want = expected[number % len(expected)].images
                assert read(images.address, want.nbytes) == want.tobytes(), number
            from imagepipe_rs._adapters import jax as adapter
            assert len(adapter._copies) <= 60
        """,
        photos,
        setup=STAND_INS + JAX,
        FAKE_CUDA_SCHEDULE=schedule,
    )


TENSORFLOW = """
def tf_from_dlpack(capsule):
    "As tf.experimental.dlpack.from_dlpack: the older capsule, and no stream."
    taken = Taken(capsule)
    assert not taken.versioned
    return Array(taken)

tensorflow = types.ModuleType("tensorflow")
dlpack = types.SimpleNamespace(from_dlpack=tf_from_dlpack)
tensorflow.experimental = types.SimpleNamespace(dlpack=dlpack)
sys.modules["tensorflow"] = tensorflow
"""


@pytest.mark.parametrize("schedule", ["lazy", "random"])
def test_tensorflow_finds_the_batch_in_place_and_its_memory_waits_for_all(
    photos: Path, schedule: str
) -> None:
    run(
        """
        with context():
            on = stream()
            expected = list(Loader(folder, shuffle=False, **given))
            loader = Loader(
                folder, device="cuda", output="tensorflow", repeat=True, shuffle=False, **given
            )
            kept = []
            for images, labels in islice(loader, 30):
                target = memory(images.size)
                enqueue_copy(target, images.address, images.size, on)
                kept.append(target)
                del images, labels
            call("cuCtxSynchronize")
            for number, target in enumerate(kept):
                want = expected[number % len(expected)].images
                assert read(target, want.nbytes) == want.tobytes(), number
            assert count("cuCtxRecordEvent") > 0
        """,
        photos,
        setup=STAND_INS + TENSORFLOW,
        FAKE_CUDA_SCHEDULE=schedule,
    )
