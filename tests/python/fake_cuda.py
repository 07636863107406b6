"""Runs programs on the fake CUDA driver, which stands in for a GPU and checks what is asked of it.

`make fake-cuda` builds it. A rule of CUDA that is broken ends the program with a message, whatever
the schedule; see ``tests/fake_cuda/``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "target" / "fake-cuda" / "libcuda.so.1"

needs_fake_cuda = pytest.mark.skipif(
    not LIBRARY.exists(), reason=f"no {LIBRARY.name} in target/fake-cuda: run `make fake-cuda`"
)

# Plenty on a busy machine: a program that waits for this long hangs.
PATIENCE = 60

BEGIN = """
import ctypes, gc, os, pickle, sys, threading, time, warnings
from itertools import islice
import numpy as np
import imagepipe_rs
from imagepipe_rs import DatasetWarning, DeviceError, Loader
from cuda_program import *
folder = sys.argv[1] if len(sys.argv) > 1 else None
"""


def environment(library: Path | None = LIBRARY, **variables: object) -> dict[str, str]:
    """Return the environment of a program that finds this driver, if any."""
    unset = ("LOCAL_RANK", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in unset and not name.startswith(("FAKE_CUDA_", "IMAGEPIPE_"))
    }
    found = {} if library is None else {"LD_LIBRARY_PATH": str(library.parent)}
    given = {name: str(value) for name, value in variables.items()}
    return {**inherited, **found, "PYTHONPATH": str(HERE), **given}


def start(
    program: str,
    *arguments: object,
    setup: str = "",
    library: Path | None = LIBRARY,
    **variables: object,
) -> subprocess.Popen[str]:
    code = BEGIN + setup + textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-c", code, *map(str, arguments)],
        env=environment(library, **variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a program; return its exit status, output and errors."""
    with process:
        try:
            printed, errors = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with its forks
            printed, errors = process.communicate()
            pytest.fail(f"the program hangs\n{printed}\n{errors}")
    return process.returncode, printed, errors


def run(program: str, *arguments: object, **options: object) -> str:
    """Run a program to its end, without errors or warnings; return what it printed."""
    status, printed, errors = ended(start(program, *arguments, **options))  # type: ignore[arg-type]
    assert (status, errors) == (0, ""), f"{status}\n{printed}\n{errors}"
    return printed


def driver_without(symbol: str, folder: Path) -> Path:
    """Return a copy of the fake driver that lacks a function, as older drivers do."""
    library = folder / LIBRARY.name
    shutil.copy(LIBRARY, library)
    data = library.read_bytes()
    name = b"\0" + symbol.encode() + b"\0"
    assert data.count(name) >= 1, symbol
    library.write_bytes(data.replace(name, b"\0_" + name[2:]))
    return library
