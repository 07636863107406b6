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
torch.__version__, torch.version = "2.9.0", types.SimpleNamespace(cuda="12.8")
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


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_cupy_is_not_given_bfloat16(device: str) -> None:
    run(
        f"""
        make = lambda: Loader("nowhere", device={device!r}, output="cupy", dtype="bfloat16")
        error = message_of(ValueError, make)
        expected = "dtype='bfloat16' is not valid with output='cupy': use 'float16' or 'float32'"
        assert error == expected, error
        """,
        setup=STAND_INS + CUPY,
    )


JAX = """
LATE = 12
pending, sources = [], []

class Result(Array):
    "What JAX returns before it is there: a thread of its own enqueues the work, some time later."
    def __init__(self, shape, size, work):
        super().__init__(size=size)
        self.ndim, self.deleted, self.event = len(shape), False, None
        pending.append((self, work))
        dispatch(LATE)

    def is_ready(self):
        assert not self.deleted, "JAX 0.10 crashes"
        with context():
            return self.event is not None and driver()["cuEventQuery"](self.event) == 0

    def is_deleted(self):
        return self.deleted

    def delete(self):
        self.deleted = True

def dispatch(rest):
    "Enqueue all work but the last."
    while len(pending) > rest:
        result, work = pending.pop(0)
        work(result, streams[0])
        call("cuEventCreate", ctypes.byref(event := ctypes.c_void_p()), 2)
        call("cuEventRecord", event, ctypes.c_void_p(streams[0]))
        result.event = event

def jnp_from_dlpack(array, device=None, copy=None):
    "As jax.dlpack.from_dlpack of 0.4.31 to 0.10."
    kind, ordinal = array.__dlpack_device__()
    assert (kind, copy) == (CUDA, True)
    taken = take(array, stream=streams[ordinal])
    assert not taken.versioned
    address, size = taken.address, taken.size
    sources.append(address)
    # XLA does not wait for its stream, and may do this at any time.
    taken.release()
    copied = lambda copy, on: enqueue_copy(copy.address, address, size, on)
    return Result(taken.shape, size, copied)

def lax_slice(array, start, limit):
    assert not array.deleted and len(start) == len(limit) == array.ndim
    assert not any(start) and {*limit} == {1}
    return Result(start, 4, lambda part, on: enqueue_copy(part.address, array.address, 4, on))

def donated_to_a_function(array):
    "As jax.jit(lambda array: array + 0, donate_argnums=0), which writes over its argument."
    assert not array.deleted
    array.delete()
    def work(result, on):
        enqueue_copy(result.address, array.address, array.size, on)
        call("cuMemsetD8Async", ctypes.c_uint64(array.address), ctypes.c_ubyte(7),
             ctypes.c_size_t(array.size), ctypes.c_void_p(on))
    return Result(range(array.ndim), array.size, work)

def all_is_done():
    dispatch(0)
    call("cuStreamSynchronize", ctypes.c_void_p(streams[0]))

def nothing_is_held():
    "Wait until the thread that asks JAX has seen it; a test's patience ends this."
    while jax_reads._reads:
        time.sleep(0.001)

streams = {}
jax, numpy = types.ModuleType("jax"), types.ModuleType("jax.numpy")
jax.__version__, jax.config = "0.8.1", types.SimpleNamespace(jax_platforms=None)
jax.devices = lambda platform: ["cuda:0"]
jax.jit, jax.lax = lambda function: function, types.SimpleNamespace(slice=lax_slice)
jax.numpy, numpy.from_dlpack = numpy, jnp_from_dlpack
sys.modules.update({"jax": jax, "jax.numpy": numpy})
from imagepipe_rs._adapters import jax_reads
given["output"] = "jax"
"""


@pytest.mark.parametrize("schedule", ["lazy", "random"])
@pytest.mark.parametrize("then", ["kept", "donated", "deleted"])
def test_jax_has_copies_whatever_becomes_of_them(photos: Path, schedule: str, then: str) -> None:
    """The program may give a copy away, or delete it, before JAX has even begun to make it."""
    run(
        f"""
        with context():
            streams[0] = stream()
            expected = list(Loader(folder, shuffle=False, **{{**given, "output": "numpy"}}))
            results = []
            for images, labels in islice(
                Loader(folder, device="cuda", repeat=True, shuffle=False, **given), 30
            ):
                if {then!r} == "donated":
                    # Both: labels are in the same memory.
                    images, labels = map(donated_to_a_function, (images, labels))
                elif {then!r} == "deleted":
                    images.delete(), labels.delete()
                results.append(images)
                del images, labels
            all_is_done()
            for number, images in enumerate(results):
                want = expected[number % len(expected)].images
                assert read(images.address, want.nbytes) == want.tobytes(), number
            nothing_is_held()
        """,
        photos,
        setup=STAND_INS + JAX,
        FAKE_CUDA_SCHEDULE=schedule,
    )


@pytest.mark.parametrize("end", ["exhausted", "closed", "dropped"])
def test_what_jax_has_read_is_let_go_of_when_no_batch_is_asked_for_any_more(
    photos: Path, end: str
) -> None:
    run(
        f"""
        with context():
            streams[0] = stream()
            loader = Loader(folder, device="cuda", **given)
            batches = iter(loader)
            for _ in batches if {end!r} == "exhausted" else islice(batches, 3):
                pass
            # The device has done nothing yet.
            assert len(jax_reads._reads) >= 6
            if {end!r} == "closed":
                batches.close()
            del batches, loader
            assert len(jax_reads._reads) >= 6
            all_is_done()
            nothing_is_held()
        """,
        photos,
        setup=STAND_INS + JAX,
    )


def test_jax_gets_batches_on_a_device_with_room_for_one(photos: Path) -> None:
    """Nothing but the thread that asks JAX can give its memory to the next batch."""
    run(
        """
        with context():
            streams[0] = stream()
            LATE = 0
            # JAX takes its memory at the start, and leaves little.
            arena = iter(range(memory(12_000_000), 2**63, 500_000))
            memory = lambda size: next(arena)
            given.update(size=64, batch_size=10)
            loader = Loader(folder, device="cuda", **given)
            taken = count("cuMemAlloc_v2")
            assert all(images.is_ready() for images, _ in loader)
            assert count("cuMemAlloc_v2") - taken > 1  # there were no more
            assert len({*sources}) == 2  # images and labels of the same buffer
        """,
        photos,
        setup=STAND_INS + JAX,
        FAKE_CUDA_MEMORY=13_000_000,
        FAKE_CUDA_SCHEDULE="eager",
    )


def test_all_of_jaxs_arrays_may_be_deleted(photos: Path) -> None:
    """What was to tell when JAX has read is then gone, too."""
    run(
        """
        with context():
            streams[0] = stream()
            for images, labels in islice(Loader(folder, device="cuda", **given), 3):
                pass
            dispatch(0)
            for _, after in list(jax_reads._reads):
                after.delete()
            nothing_is_held()
        """,
        photos,
        setup=STAND_INS + JAX,
    )


TENSORFLOW = """
def tf_from_dlpack(capsule):
    "As tf.experimental.dlpack.from_dlpack: the older capsule, and no stream."
    taken = Taken(capsule)
    assert not taken.versioned
    return Array(taken)

tensorflow = types.ModuleType("tensorflow")
dlpack = types.SimpleNamespace(from_dlpack=tf_from_dlpack)
tensorflow.__version__ = "2.20.0"
tensorflow.test = types.SimpleNamespace(is_built_with_cuda=lambda: True)
tensorflow.config = types.SimpleNamespace(list_physical_devices=lambda kind: [kind])
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
