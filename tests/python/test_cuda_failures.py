"""What users see when a GPU cannot be used, or fails: one line that says what and why."""

from __future__ import annotations

import ctypes.util
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from fake_cuda import LIBRARY, driver_without, ended, needs_fake_cuda, run, start

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_fake_cuda

USE_CPU = 'or use device="cpu"'


def refusal(*arguments: object, device: str = "cuda", **options: object) -> str:
    """Return why a Loader on this device cannot be made."""
    program = f"""
        error = message_of(
            DeviceError, lambda: Loader(folder or ".", device={device!r})
        )
        assert issubclass(DeviceError, RuntimeError)
        print(error)
        # Nothing is worse for it, and it is the same the next time.
        assert error == message_of(DeviceError, lambda: Loader(folder or ".", device={device!r}))
        if folder:
            assert next(iter(Loader(folder))).images.any()
    """
    return run(program, *arguments, **options).strip()


# ------------------------------------------------------------------------------ no device to be had


def test_no_driver(photos: Path) -> None:
    if ctypes.util.find_library("cuda"):
        pytest.skip("this machine has a CUDA driver")
    said = refusal(photos, library=None)
    assert said.startswith("no CUDA driver: libcuda.so.1: cannot open shared object file")
    assert said.endswith(USE_CPU)
    assert "in a container, start it with the NVIDIA runtime" in said


def test_a_driver_that_is_damaged(tmp_path: Path) -> None:
    (tmp_path / LIBRARY.name).write_bytes(b"")
    said = refusal(library=tmp_path / LIBRARY.name)
    assert re.fullmatch(r"no CUDA driver: .*libcuda.so.1: file too short; install .*", said), said


def test_a_driver_that_is_too_old() -> None:
    said = refusal(FAKE_CUDA_VERSION=11070)
    assert said == (
        "the CUDA driver supports CUDA 11.7 at most, and 11.8 is needed: update NVIDIA's driver to "
        "520 or newer"
    )
    assert refusal(FAKE_CUDA_VERSION=11080, FAKE_CUDA_DEVICES=0) != said


@pytest.mark.parametrize("symbol", ["cuThreadExchangeStreamCaptureMode", "cuInit"])
def test_a_driver_that_lacks_a_function(tmp_path: Path, symbol: str) -> None:
    said = refusal(library=driver_without(symbol, tmp_path))
    assert said == f"the CUDA driver lacks {symbol}: update NVIDIA's driver to 520 or newer"


@pytest.mark.parametrize(
    "variables", [{"CUDA_VISIBLE_DEVICES": ""}, {"FAKE_CUDA_DEVICES": 0}], ids=["hidden", "none"]
)
@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3"])
def test_no_device_is_visible(variables: dict[str, object], device: str) -> None:
    assert refusal(device=device, **variables) == (
        "no CUDA device is visible: check that nvidia-smi lists one and that CUDA_VISIBLE_DEVICES "
        'does not hide it, or use device="cpu"'
    )


def test_a_device_that_is_not_there(photos: Path) -> None:
    said = refusal(photos, device="cuda:1")
    assert said == 'device="cuda:1" does not exist: only cuda:0 is visible'
    said = refusal(photos, device="cuda:7", FAKE_CUDA_DEVICES=3)
    assert said == 'device="cuda:7" does not exist: cuda:0 to cuda:2 are visible'


def test_a_driver_that_does_not_start() -> None:
    said = refusal(FAKE_CUDA_FAIL="cuInit:1=999")
    expected = "initializing CUDA failed: CUDA_ERROR_UNKNOWN (999): unknown error; "
    assert said.startswith(expected)
    said = refusal(FAKE_CUDA_FAIL="cuInit:1=12345")
    assert said == "initializing CUDA failed: CUDA error 12345"


def test_kernels_that_the_driver_cannot_compile(photos: Path) -> None:
    program = """
        make = lambda: next(iter(Loader(folder, device="cuda", dtype="float32")))
        error = message_of(DeviceError, make)
        assert error.startswith("compiling kernels for this device failed: CUDA_ERROR_"), error
        # Bytes as they are need none.
        assert host(next(iter(Loader(folder, device="cuda"))).images).any()
    """
    for code in (221, 222):
        run(program, photos, FAKE_CUDA_FAIL=f"cuModuleLoadDataEx:*={code}")


# ------------------------------------------------------------------------------------------- memory


def test_with_little_memory_there_are_fewer_buffers(photos: Path) -> None:
    """A batch takes 10 * 64 * 64 * 3 * 4 bytes and labels: room for 3 of them and the lanes."""
    run(
        """
        given = {"batch_size": 10, "size": 64, "dtype": "float32"}
        batches = assert_same_batches(folder, **given, prefetch=20)
        assert batches == 6
        """,
        photos,
        FAKE_CUDA_MEMORY=2_000_000,
    )


def test_a_device_without_room_for_a_batch_is_an_error_with_the_numbers(photos: Path) -> None:
    run(
        """
        given = {"dtype": "float32", "device": "cuda"}

        def make():
            return next(iter(Loader(folder, batch_size=60, size=100, **given)))

        error = message_of(DeviceError, make)
        advice = (
            "(allocating memory on the device failed: CUDA_ERROR_OUT_OF_MEMORY (2): "
            "out of memory): let go of batches, or use a smaller batch_size or size"
        )
        assert error == (
            "no memory on cuda:0 for another batch of 7200480 bytes: 0 batches are held by the "
            f"program, 1400000 of 5000000 bytes are free {advice}"
        ), error

        def make():
            return next(iter(Loader(folder, batch_size=60, size=200, **given)))

        error = message_of(DeviceError, make)
        # What the Loader before had is freed when the device is past it.
        start = "no memory on cuda:0 for the bytes of a batch, 7200000 bytes: "
        end = f" of 5000000 bytes are free {advice}"
        assert error.startswith(start) and error.endswith(end), error
        """,
        photos,
        FAKE_CUDA_MEMORY=5_000_000,
    )


def test_a_program_that_holds_all_batches_is_told(photos: Path) -> None:
    run(
        """
        held = []
        def hold():
            for batch in Loader(folder, batch_size=10, size=64, dtype="float32", device="cuda"):
                held.append(batch)

        error = message_of(DeviceError, hold)
        assert 1 <= len(held) <= 5, held
        word = "1 batch is" if len(held) == 1 else f"{len(held)} batches are"
        assert f"{word} held by the program" in error, error
        held.clear()
        batches = Loader(folder, batch_size=10, size=64, dtype="float32", device="cuda")
        assert sum(1 for _ in batches) == 6
        """,
        photos,
        FAKE_CUDA_MEMORY=2_000_000,
    )


PIN = "cuMemHostRegister_v2:*={0},cuMemHostAlloc:*={1}"


def test_memory_that_cannot_be_registered_is_allocated_pinned(photos: Path) -> None:
    run(
        """
        warnings.simplefilter("error")
        assert_same_batches(folder, batch_size=7, size=16, dtype="float32")
        assert count("cuMemHostAlloc") > 0
        """,
        photos,
        FAKE_CUDA_FAIL="cuMemHostRegister_v2:*=801",
    )


def test_memory_that_cannot_be_pinned_at_all_is_a_warning(photos: Path) -> None:
    run(
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Loader(folder, batch_size=7, size=16, device="cuda")
        assert [warning.category for warning in caught] == [DatasetWarning], caught
        (said,) = [str(warning.message) for warning in caught]
        assert caught[0].filename == "<string>"
        assert "\\n" not in said
        assert said.startswith("pinning memory failed: CUDA_ERROR_OUT_OF_MEMORY (2): "), said
        assert "copies to the GPU are slower: free memory, or raise the limit" in said, said
        assert "`ulimit -l unlimited`; in a container, `--ulimit memlock=-1`" in said, said
        warnings.simplefilter("ignore")
        assert_same_batches(folder, batch_size=7, size=16, dtype="float32")
        """,
        photos,
        FAKE_CUDA_FAIL=PIN.format(2, 2),
    )


def test_a_mapped_upload_is_a_copied_one_where_memory_cannot_be_pinned(photos: Path) -> None:
    run(
        """
        warnings.simplefilter("ignore")
        options = {"dtype": "float32", "shuffle": False}
        wanted = next(iter(Loader(folder, **options)))
        found = next(iter(Loader(folder, device="cuda", **options)))
        assert np.array_equal(np.asarray(found.images.to_cpu()), wanted.images)
        """,
        photos,
        FAKE_CUDA_FAIL=PIN.format(2, 2),
        IMAGEPIPE_CUDA_UPLOAD="mapped",
    )


def test_an_upload_that_is_not_known_is_refused(photos: Path) -> None:
    said = """
        error = message_of(ValueError, lambda: Loader(folder, device="cuda"))
        print(error)
    """
    said = run(said, photos, IMAGEPIPE_CUDA_UPLOAD="pigeon")
    assert "IMAGEPIPE_CUDA_UPLOAD" in said
    assert "pigeon" in said
    assert "copied" in said


# ------------------------------------------------------------------------------------ failing calls

# Forks a process for each case, since a driver is started once a process.
CASES = """
import signal, traceback

def epoch():
    loader = Loader(
        folder, batch_size=10, size=(7, 9), dtype="float32", layout="NCHW", device="cuda",
        prefetch=2, workers=2,
    )
    for number, batch in enumerate(loader):
        images, labels = batch
        lasting = take(images.on_lasting_streams(), stream=1)
        for taken in (take(labels), take(labels, stream=-1), lasting):
            taken.release()
        if number % 2:
            images.__cuda_array_interface__
        got = np.asarray(images.to_cpu())
        assert got.tobytes() == expected[batch.epoch][number], number
    return loader

def tried():
    "What an epoch says, if anything."
    try:
        epoch()
        return ""
    except DeviceError as error:
        return str(error)

given = {"batch_size": 10, "size": (7, 9), "dtype": "float32", "layout": "NCHW"}
expected = [[batch.images.tobytes() for batch in Loader(folder, **given)]]

def in_a_fork(case):
    "Run it, and return what it says, or how it ended."
    read, write = os.pipe()
    if not (child := os.fork()):
        status = 1
        try:
            signal.alarm(60)
            with open(write, "w") as file:
                file.write(case())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            # As a program ends: hooks at exit are run by the last case only.
            os._exit(status)
    os.close(write)
    with open(read) as file:
        said = file.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, (os.waitstatus_to_exitcode(status), said)
    return said
"""


# What a good run does not call. Names of errors are asked for after one only, and the fake counts
# whatever was called. Memory is freed by a later call, which a short run may not make.
NEVER = {
    "cuGetErrorName",
    "cuGetErrorString",
    "cuMemGetInfo_v2",
    "cuCtxSynchronize",
    "cuMemFreeHost",
    "cuMemFree_v2",
    "cuMemHostUnregister",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuEventSynchronize",
}
OTHERWISE = {
    "cuMemHostAlloc": {"FAKE_CUDA_FAIL": "cuMemHostRegister_v2:*=801"},
    "cuMemHostGetDevicePointer_v2": {"IMAGEPIPE_CUDA_UPLOAD": "mapped"},
}


def test_every_function_of_the_driver_may_fail_at_any_call(photos: Path, root: Path) -> None:
    """It is an error in one line, or makes no difference; a new epoch works again."""
    table = (root / "src" / "cuda" / "api.rs").read_text()
    names = set(re.findall(r'= "(cu[A-Za-z_0-9]+)"', table)) - NEVER
    assert len(names) > 25
    printed = run(
        """
        import json
        warnings.simplefilter("ignore")
        names, otherwise = json.loads(sys.argv[2])

        def counted(settings):
            def case():
                os.environ.update(settings)
                epoch()
                return json.dumps(report()["counts"])
            return json.loads(in_a_fork(case))

        def failing(name, call, settings):
            def case():
                os.environ.update(settings)
                fails = settings.get("FAKE_CUDA_FAIL", "")
                os.environ["FAKE_CUDA_FAIL"] = f"{fails},{name}:{call}=999"
                said = tried()
                assert "\\n" not in said, said
                if call != "*" and name not in {"cuInit", "cuDriverGetVersion"}:
                    again = tried()  # the failure is past, unless it comes only now
                    assert not (said and again), again
                return said
            return lambda: print(f"{name}:{call} {in_a_fork(case)}")

        cases = {}
        for name in names:
            settings = otherwise.get(name, {})
            n = counted(settings).get(name, 0)
            assert n, name
            for call in ("*", *sorted({1, 2, n // 2, n - 1} & set(range(1, n + 1)))):
                cases[f"{name}:{call}"] = failing(name, call, settings)
        each(cases)
        """,
        photos,
        json.dumps([sorted(names), OTHERWISE]),
        setup=CASES,
    )
    said = dict(line.split(" ", 1) for line in printed.splitlines())
    for place, error in said.items():
        assert not error or "failed: CUDA_ERROR_UNKNOWN (999): unknown error" in error, place
    # What every batch needs cannot fail unnoticed.
    for name in ("cuMemAlloc_v2", "cuLaunchKernel", "cuMemcpyHtoDAsync_v2", "cuCtxPushCurrent_v2"):
        assert said[f"{name}:*"], name


def test_an_error_of_the_device_is_told_from_one_of_the_call(photos: Path) -> None:
    """What a kernel did wrong is reported by any later call, and by all from then on."""
    run(
        """
        def sticky(name, call, code):
            def case():
                os.environ["FAKE_CUDA_FAIL"] = f"{name}:{call}={code}!"
                return tried() + "\\n" + tried()

            def check():
                for said in in_a_fork(case).split("\\n"):
                    assert "failed after an earlier CUDA error in this process" in said, said
                    assert f", CUDA_ERROR_" in said and f"({code})" in said, said
            return check

        each({
            f"{name}:{call}={code}": sticky(name, call, code)
            for name, call in (
                ("cuLaunchKernel", 1), ("cuLaunchKernel", 3), ("cuMemcpyHtoDAsync_v2", 4),
                ("cuStreamWaitEvent", 2), ("cuCtxPushCurrent_v2", 30),
            )
            for code in (700, 719)
        })
        """,
        photos,
        setup=CASES,
    )


# ----------------------------------------------------------------------- what never needs a driver


def test_what_stays_on_the_cpu_never_loads_the_driver(photos: Path, tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    source = tmp_path / "trap.c"
    source.write_text("#include <stdlib.h>\n__attribute__((constructor)) void f(void){abort();}\n")
    trap = tmp_path / LIBRARY.name
    subprocess.run([compiler, "-shared", "-fPIC", "-o", trap, source], check=True)
    run(
        """
        from imagepipe_rs.inspection import describe
        for more in ({}, {"device": "cpu"}, {"output": "dlpack"}, {"ragged": True, "size": None}):
            batch = next(iter(Loader(folder, **more)))
            assert len(batch.paths) == 32
        assert describe(folder)
        for device in ("gpu", "cuda:x"):
            message_of(ValueError, lambda: Loader(folder, device=device))
        message_of(ValueError, lambda: Loader(folder, device="cuda:0", ragged=True))
        message_of(ValueError, lambda: Loader(folder, device="cuda:0", output="numpy"))
        message_of(imagepipe_rs.DatasetError, lambda: Loader("nowhere", device="cuda:0"))
        """,
        photos,
        library=trap,
    )
    # The trap is a trap.
    status, _, _ = ended(start("Loader('.', device='cuda')", library=trap))
    assert status == -6
