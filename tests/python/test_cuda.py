"""Batches on a GPU, as far as a machine without one can tell: on a driver that is a fake.

They equal the CPU's to the bit, whatever is asked for. Every program ends with an error if it
breaks a rule of CUDA's; see ``fake_cuda.py``.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from fake_cuda import ended, needs_fake_cuda, run, start

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

pytestmark = needs_fake_cuda


@pytest.fixture
def damaged(tree: MakeTree, jpeg: EncodeJpeg) -> Path:
    """Return a folder of two classes of 12 files, of which three in a row are damaged."""
    files = {f"{name}/{i:02}.jpg": jpeg(seed=i) for name in "ab" for i in range(12)}
    return tree({**files, **{f"a/{i:02}.jpg": b"\xff\xd8\xff\xe0 damaged" for i in (3, 4, 5)}})


# ---------------------------------------------------------------------------------- the same bytes


@pytest.mark.parametrize("schedule", ["lazy", "eager", "random"])
def test_every_kind_of_image_equals_the_cpus(photos: Path, schedule: str) -> None:
    run(
        """
        def compared(**given):
            return lambda: assert_same_batches(
                folder, batch_size=7, limit=17, seed=3, fit="random_crop", flip=True, **given
            )

        each({
            f"{dtype}, {layout}, {channels}, {size}, {mean}": compared(
                dtype=dtype, layout=layout, channels=channels, size=size, mean=mean, std=mean
            )
            for dtype in ("uint8", "float32", "float16", "bfloat16")
            for layout in ("NHWC", "NCHW")
            for channels, mean in (("RGB", "imagenet"), ("BGR", None), ("GRAY", None))
            for size in (16, (17, 5), (1, 1))
            if not (dtype == "uint8" and mean)
        })
        """,
        photos,
        FAKE_CUDA_SCHEDULE=schedule,
        FAKE_CUDA_SEED=7,
    )


def test_every_kind_of_batch_equals_the_cpus(photos: Path) -> None:
    run(
        """
        def compared(batches, **given):
            given = {"batch_size": 8, "size": 16, "limit": 27, **given}

            def compare():
                found = assert_same_batches(folder, **given)
                assert found == batches, found

            return compare

        each({
            "one_hot": compared(4, labels="one_hot"),
            "no labels": compared(4, labels=None),
            "one sample": compared(27, batch_size=1),
            "all samples": compared(1, batch_size=100),
            "drop": compared(3, last_batch="drop"),
            "pad": compared(4, last_batch="pad"),
            "in order": compared(4, shuffle=False),
            "one worker": compared(4, workers=1),
            "many workers": compared(4, workers=8),
            "nothing ahead": compared(4, prefetch=1),
            "all ahead": compared(4, prefetch=50),
            "train": compared(4, limit=None, batch_size=16, split=("train", 0.2)),
            "validation": compared(2, limit=None, split=("validation", 0.2)),
            "rank": compared(2, shard=(1, 2)),
            "padded": compared(4, fit="pad", fill=(1, 2, 3), dtype="float32"),
            "augmented": compared(4, augment="randaugment", dtype="float32", layout="NCHW"),
            "augmented, BGR": compared(4, augment="augmix", channels="BGR"),
            "mixup": compared(4, mix="mixup"),
            "cutmix": compared(4, mix="cutmix", dtype="float16", layout="NCHW"),
        })
        """,
        photos,
    )


def test_a_mapped_upload_equals_the_cpus(photos: Path) -> None:
    run(
        """
        for given in ({"dtype": "float32"}, {"dtype": "float16", "layout": "NCHW"}, {}):
            assert_same_batches(folder, batch_size=7, size=(9, 13), **given)
        assert count("cuMemHostGetDevicePointer_v2") > 0
        """,
        photos,
        IMAGEPIPE_CUDA_UPLOAD="mapped",
    )


def test_damaged_images_are_left_out_or_replaced_as_on_the_cpu(damaged: Path) -> None:
    run(
        """
        import logging
        logging.disable()

        def compared(**given):
            return lambda: assert_same_batches(folder, size=16, dtype="float32", **given)

        each({
            "skip": compared(on_error="skip", batch_size=8),
            "replace": compared(on_error="replace", batch_size=8),
            "pad": compared(on_error="replace", batch_size=7, last_batch="pad"),
            # In order, one batch loses every sample, and is filled with others.
            "a batch is lost": compared(on_error="skip", batch_size=3, shuffle=False),
            "single samples are lost": compared(on_error="skip", batch_size=1, shuffle=False),
        })
        lost = list(
            Loader(folder, batch_size=3, size=16, shuffle=False, on_error="skip", device="cuda")
        )[1]
        assert not lost.valid.any() and len(lost.valid) == 3

        error = message_of(
            imagepipe_rs.DecodeError,
            lambda: list(Loader(folder, size=16, batch_size=4, device="cuda")),
        )
        assert "damaged" in error or ".jpg" in error, error
        """,
        damaged,
    )


# --------------------------------------------------------------------------------- iterators, state


def test_a_run_resumes_on_the_gpu_where_it_stood(photos: Path) -> None:
    run(
        """
        given = {"batch_size": 7, "size": 16, "seed": 5, "dtype": "float32"}
        loader = Loader(folder, device="cuda", **given)
        next(iter(loader))
        batches = iter(loader)
        for _ in range(2):
            next(batches)
        state = pickle.loads(pickle.dumps(batches.state_dict()))
        rest = list(batches)
        assert (len(rest), rest[0].epoch) == (len(loader) - 2, 1)
        for device in ("cpu", "cuda"):
            resumed = Loader(folder, device=device, **given)
            resumed.load_state_dict(state)
            for one, other in zip(resumed, rest, strict=True):
                assert host(one.images).tobytes() == host(other.images).tobytes()

        other = pickle.loads(pickle.dumps(loader))
        assert (host(next(iter(other)).images) == host(next(iter(loader)).images)).all()
        """,
        photos,
    )


def test_iterators_go_on_side_by_side(photos: Path) -> None:
    run(
        """
        given = {"batch_size": 7, "size": 16, "seed": 5, "repeat": True}
        loader = Loader(folder, device="cuda", dtype="float16", **given)
        expected = Loader(folder, dtype="float16", **given)
        ours, theirs = [iter(loader) for _ in range(3)], [iter(expected) for _ in range(3)]
        for _ in range(12):
            for one, other in zip(theirs, ours, strict=True):
                assert_same(next(one), next(other))
        ours[0].close()
        for one, other in list(zip(theirs, ours, strict=True))[1:]:
            assert_same(next(one), next(other))
        """,
        photos,
        FAKE_CUDA_SCHEDULE="random",
    )


def test_a_process_has_loaders_on_two_devices(photos: Path) -> None:
    run(
        """
        given = {"batch_size": 7, "size": 16, "dtype": "float32", "seed": 2}
        loaders = [Loader(folder, device=f"cuda:{n}", shard=(n, 2), **given) for n in range(2)]
        cpu = [Loader(folder, shard=(n, 2), **given) for n in range(2)]
        held = []
        for row in zip(*cpu, *loaders, strict=True):
            for number in range(2):
                assert row[2 + number].images.__dlpack_device__() == (CUDA, number)
                assert_same(row[number], row[2 + number])
                held.append(row[2 + number])
        addresses = {take(batch.images, stream=-1).address for batch in held}
        assert len(addresses) == len(held)
        error = message_of(DeviceError, lambda: Loader(folder, device="cuda:2"))
        assert error == 'device="cuda:2" does not exist: cuda:0 to cuda:1 are visible', error
        """,
        photos,
        FAKE_CUDA_DEVICES=2,
    )


def test_loops_end_early_and_loaders_are_closed(photos: Path) -> None:
    run(
        """
        given = {"batch_size": 3, "size": 16, "device": "cuda", "dtype": "float32", "workers": 3}

        def breaks():
            for batch in Loader(folder, **given):
                break
            assert host(batch.images).shape == (3, 16, 16, 3)

        def closes():
            loader = Loader(folder, **given)
            batches = iter(loader)
            batch = next(batches)
            batches.close()
            message_of(imagepipe_rs.ImagePipeError, lambda: next(batches))
            loader.close()
            assert host(batch.images).any()

        def is_never_asked():
            batches = iter(Loader(folder, **given))
            del batches

        def outlives_its_loader():
            batch = next(iter(Loader(folder, **given)))
            gc.collect()
            whole = Loader(folder, **{**given, "device": "cpu"})
            assert_same(next(iter(whole)), batch)

        def drops_all_at_the_end():
            batches = list(Loader(folder, **given))
            assert len({take(batch.images, stream=-1).address for batch in batches}) == 20

        each({f.__name__: f for f in (
            breaks, closes, is_never_asked, outlives_its_loader, drops_all_at_the_end
        )})
        """,
        photos,
        FAKE_CUDA_SCHEDULE="random",
    )


def test_batches_are_held_and_dropped_by_other_threads(photos: Path) -> None:
    run(
        """
        import queue
        given = {"batch_size": 4, "size": 16, "dtype": "float32", "seed": 1}
        expected = list(Loader(folder, **given))
        passed = queue.SimpleQueue()
        failed = []

        def consume():
            with context():
                own = stream()
                while (item := passed.get()) is not None:
                    number, tensor = item
                    taken = take(tensor, stream=own)
                    target = memory(taken.size)
                    enqueue_copy(target, taken.address, taken.size, own)
                    # The memory may be used again only after the copy.
                    del tensor, item, taken
                    call("cuStreamSynchronize", ctypes.c_void_p(own))
                    want = expected[number % len(expected)].images
                    if read(target, want.nbytes) != want.tobytes():
                        failed.append(number)

        threads = [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads:
            thread.start()
        number = 0
        for _ in range(3):
            loader = Loader(folder, device="cuda", **given)
            for batch in loader:
                passed.put((number, batch.images))
                number += 1
        for _ in threads:
            passed.put(None)
        for thread in threads:
            thread.join()
        assert not failed, failed
        """,
        photos,
        FAKE_CUDA_SCHEDULE="random",
    )


def test_memory_is_as_the_documentation_says_and_stays(photos: Path) -> None:
    run(
        """
        for prefetch in (1, 2, 5):
            # Another worker that is not given a core may hold a finished batch for a while.
            given = {"batch_size": 7, "size": 16, "dtype": "float32", "workers": 1}
            loader = Loader(folder, device="cuda", repeat=True, prefetch=prefetch, **given)
            before = report()["counts"]
            for batch in islice(loader, 300):
                pass
            after = report()["counts"]
            allocated, pinned = (
                after[name] - before.get(name, 0)
                for name in ("cuMemAlloc_v2", "cuMemHostRegister_v2")
            )
            assert 2 <= allocated <= prefetch + 2, allocated  # the lanes have theirs before
            assert pinned <= prefetch + 2 + 4, pinned
        """,
        photos,
    )


# ------------------------------------------------------------------------------------------ batches


def test_a_batch_unpacks_and_has_the_rest_on_the_cpu(photos: Path) -> None:
    run(
        """
        names = ("images", "labels", "valid", "indices", "crops", "flips", "position")
        batch = next(iter(Loader(folder, batch_size=5, size=8, device="cuda", fields=names)))
        by_name = batch._asdict()
        assert list(by_name) == list(names)
        for name in ("images", "labels"):
            assert by_name[name].__dlpack_device__() == (CUDA, 0), name
        for name in names[2:]:
            assert by_name[name].__dlpack_device__() == (CPU, 0), name
            assert np.from_dlpack(by_name[name]).shape[0] in (2, 5), name

        images, labels = batch = next(iter(Loader(folder, batch_size=5, size=8, device="cuda")))
        assert (images.shape, images.dtype) == ((5, 8, 8, 3), "uint8")
        assert (labels.shape, labels.dtype) == ((5,), "int64")
        assert repr(images) == "<DeviceTensor of uint8 [5, 8, 8, 3] on cuda:0>", repr(images)
        for name in ("indices", "crops", "flips", "valid", "position"):
            assert type(getattr(batch, name)) is np.ndarray, name
        assert len(batch.paths) == 5 and batch.epoch == 0

        images, labels = next(iter(Loader(folder, labels=None, device="cuda")))
        assert labels is None
        """,
        photos,
    )


def test_a_batch_on_a_gpu_is_copied_by_reference_and_not_pickled(photos: Path) -> None:
    run(
        """
        import copy
        batch = next(iter(Loader(folder, batch_size=5, size=8, device="cuda")))
        assert copy.copy(batch) is batch
        for do in (lambda: pickle.dumps(batch), lambda: copy.deepcopy(batch)):
            error = message_of(TypeError, do)
            assert "to_cpu()" in error, error
        moved = batch._replace(images=host(batch.images), labels=host(batch.labels))
        again = pickle.loads(pickle.dumps(moved))
        assert np.array_equal(again.indices, batch.indices)
        assert again.images.tobytes() == host(batch.images).tobytes()
        """,
        photos,
    )


# ---------------------------------------------------------------------------- devices and arguments


def test_devices_are_found_by_name(photos: Path) -> None:
    run(
        """
        import types
        def at(device):
            loader = Loader(folder, device=device, batch_size=2, size=8)
            return next(iter(loader)).images.__dlpack_device__()

        device = type("device", (), {"__str__": lambda self: self.text})  # as PyTorch's
        torch_device = device()
        for given, number in (("cuda", 0), ("cuda:0", 0), ("cuda:1", 1), ("cuda:2", 2)):
            torch_device.text = given
            assert at(given) == at(torch_device) == (CUDA, number), given
        torch_device.text = "cpu:0"
        for given in ("cpu", "cpu:0", torch_device):
            assert type(next(iter(Loader(folder, device=given))).images) is np.ndarray

        os.environ["LOCAL_RANK"] = "2"
        assert at("cuda") == (CUDA, 2)
        assert at("cuda:1") == (CUDA, 1)
        os.environ["LOCAL_RANK"] = "3"
        error = message_of(DeviceError, lambda: at("cuda"))
        assert "LOCAL_RANK=3, but 3 devices are visible" in error, error
        os.environ["LOCAL_RANK"] = "first"
        error = message_of(ValueError, lambda: at("cuda"))
        assert "LOCAL_RANK='first'" in error, error

        # PyTorch's current device, once it has initialised CUDA.
        os.environ["LOCAL_RANK"] = "2"
        cuda = types.SimpleNamespace(is_initialized=lambda: False, current_device=lambda: 1)
        sys.modules["torch"] = types.SimpleNamespace(cuda=cuda)
        assert at("cuda") == (CUDA, 2)
        cuda.is_initialized = lambda: True
        assert at("cuda") == (CUDA, 1)
        del sys.modules["torch"]
        """,
        photos,
        FAKE_CUDA_DEVICES=3,
    )


def test_a_launcher_may_show_each_process_one_device(photos: Path) -> None:
    run(
        """
        images = next(iter(Loader(folder, device="cuda"))).images
        assert images.__dlpack_device__() == (CUDA, 0)
        """,
        photos,
        FAKE_CUDA_DEVICES=4,
        CUDA_VISIBLE_DEVICES=2,
        LOCAL_RANK=2,
    )


def test_what_is_no_device_is_refused() -> None:
    run(
        """
        said = "'cpu', 'cuda', or 'cuda:N' with the number of a visible device"
        for device in ("gpu", "cuda:", "cuda:-1", "cuda:x", "CUDA", "cuda:99999", "", "cpu:1",
                       "cuda:1 ", "cuda:\\u0661"):
            error = message_of(ValueError, lambda: Loader("nowhere", device=device))
            assert said in error and error.startswith("device="), (device, error)
        for device in (None, 0, 1.5, b"cuda", ["cuda"], True):
            error = message_of(TypeError, lambda: Loader("nowhere", device=device))
            assert said in error, (device, error)
        """
    )


def test_what_cannot_be_had_on_a_gpu_is_refused(photos: Path) -> None:
    run(
        """
        def refused(said, **given):
            def check():
                error = message_of(ValueError, lambda: Loader(folder, device="cuda", **given))
                assert said in error, error
            return check

        each({
            "ragged": refused("only with device=\\"cpu\\"", ragged=True, size=None),
            "ragged of one size": refused("ragged", ragged=True),
            "own sizes": refused("only with device=\\"cpu\\"", size=None, batch_size=1),
            "numpy": refused("use 'torch', 'jax', 'cupy'", output="numpy"),
            "no output": refused("one of 'numpy'", output="mxnet"),
        })
        """,
        photos,
    )


def test_a_tf_dataset_of_a_loader_on_a_gpu_is_refused(photos: Path) -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("no TensorFlow")
    program = """
        error = message_of(ValueError, lambda: Loader(folder, device="cuda").as_tf_dataset())
        assert "as_tf_dataset() needs batches on the CPU, not device='cuda:0'" in error, error
    """
    status, _, errors = ended(start(program, photos))  # TensorFlow logs to stderr
    assert status == 0, errors
