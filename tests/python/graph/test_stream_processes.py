"""Streams, threads, forks and signals. What is counted is the process's, so each is a program."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from imagepipe_rs import TFRecordReader

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = '''
import gc, os, signal, sys, threading, time
from itertools import islice
from pathlib import Path
import numpy as np
from imagepipe_rs import ImagePipeError
from imagepipe_rs.graph import *

def workers():
    found = []
    for task in Path("/proc/self/task").iterdir():
        try:
            name = (task / "comm").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if name.startswith("imagepipe"):
            found.append(name)
    return len(found)

@pipeline(seed=2)
def drawn():
    return SampleIndex(), SampleUniform(0, 1)

@pipeline()
def slow():
    """A batch of many samples takes minutes."""
    return Permutation(2_000_000)[0]

def ended(code):
    return os.waitstatus_to_exitcode(os.waitpid(code, 0)[1])
'''
GENEROUS = 100


def start(program: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BEGIN + textwrap.dedent(program)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(program: str) -> str:
    with start(program) as process:
        try:
            printed, errors = process.communicate(timeout=GENEROUS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, errors
    assert errors == ""
    return printed


def test_no_worker_is_left_of_batches_that_are_closed_or_gone() -> None:
    run(
        """
        for _ in range(20):
            with drawn().batches(4, workers=3) as batches:
                iterator = iter(batches)
                next(iterator)
        assert workers() == 0, workers()
        for _ in range(20):
            next(iter(drawn().batches(4, workers=3)))
        gc.collect()
        assert workers() == 0, workers()
        try:
            next(iterator)
        except ImagePipeError as error:
            assert "closed" in str(error)
        else:
            raise AssertionError
        """
    )


def test_two_iterators_are_independent() -> None:
    run(
        """
        batches = drawn().batches(4, workers=2)
        one, other = iter(batches), iter(batches)
        expected = [number.tolist() for number, _ in islice(drawn().batches(4), 5)]
        for wanted in expected:
            assert next(one)[0].tolist() == next(other)[0].tolist() == wanted
        """
    )


def test_a_fork_runs_and_batches_but_not_with_the_parents_iterator() -> None:
    run(
        """
        stream = drawn()
        expected = stream.run(3)
        batches = stream.batches(4, workers=2)
        iterator = iter(batches)
        first = next(iterator)
        child = os.fork()
        if child == 0:
            assert stream.run(3) == expected
            assert next(iter(stream.batches(4, workers=2)))[0].tolist() == [0, 1, 2, 3]
            assert next(iter(batches))[0].tolist() == [4, 5, 6, 7]
            assert first[0].tolist() == [0, 1, 2, 3]
            try:
                next(iterator)
            except ImagePipeError:
                os._exit(7)
            os._exit(1)
        assert ended(child) == 7
        assert next(iterator)[0].tolist() == [4, 5, 6, 7]
        """
    )


def test_forks_in_the_middle_of_the_work_do_not_hang() -> None:
    run(
        """
        stream = drawn()
        iterator = iter(stream.batches(64, workers=3))
        for _ in range(20):
            next(iterator)
            child = os.fork()
            if child == 0:
                del iterator
                gc.collect()
                stream.run(5)
                stream.profile(3)
                os._exit(0)
            assert ended(child) == 0
        """
    )


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_make_the_same_samples(method: str, tmp_path: Path) -> None:
    # What `spawn` starts must be in a file.
    program = f"""
import multiprocessing, sys
from imagepipe_rs.graph import SampleUniform, load, pipeline

@pipeline(seed=2)
def drawn():
    return SampleUniform(0, 1)

def make(index):
    return float(drawn().run(index)[0]), float(load({str(tmp_path)!r} + "/x.pipe").run(index)[0])

if __name__ == "__main__":
    drawn().save({str(tmp_path)!r} + "/x.pipe")
    here = [make(index) for index in range(8)]
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        assert pool.map(make, range(8)) == here
"""
    path = tmp_path / "program.py"
    path.write_text(program)
    subprocess.run([sys.executable, path], check=True, timeout=GENEROUS)


def test_threads_may_share_a_stream() -> None:
    run(
        """
        from concurrent.futures import ThreadPoolExecutor
        stream = drawn()
        expected = [stream.run(index) for index in range(200)]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(stream.run, range(200))) == expected
        """
    )


def test_ctrl_c_ends_a_wait_and_the_workers() -> None:
    program = """
    batches = slow().batches(2000, workers=2)
    try:
        print("waiting", flush=True)
        for batch in batches:
            print("got the batch", flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    del batches
    gc.collect()
    print(workers())
    """
    with start(program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=GENEROUS)
    assert errors == ""
    assert process.returncode == 0
    assert printed == "interrupted\n0\n"


def test_ctrl_c_in_a_function_of_the_users_own_ends_the_program() -> None:
    program = """
    def wait(index):
        print("waiting", flush=True)
        time.sleep(1000)

    @pipeline()
    def waiting():
        return PyNode(wait, [SampleIndex()])

    waiting().run(0)
    """
    with start(program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=GENEROUS)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors


def test_a_function_of_the_users_own_is_run_by_workers() -> None:
    run(
        """
        seen = set()

        def double(index):
            seen.add(threading.get_ident())
            return index * 2

        @pipeline()
        def doubled():
            return PyNode(double, [SampleIndex()], types.Token("int64"))

        batches = doubled().batches(8, workers=3)
        found = [batch[0].tolist() for batch in islice(batches, 4)]
        assert np.array_equal(np.ravel(found), 2 * np.arange(32))
        batches.close()
        assert workers() == 0
        """
    )


def test_writing_records_can_be_interrupted(tmp_path: Path) -> None:
    program = f"""
    print("writing", flush=True)
    slow().write_tfrecords({str(tmp_path)!r} + "/x.tfrecord", 100_000, workers=2)
    """
    with start(program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=GENEROUS)
    assert errors.endswith("KeyboardInterrupt\n")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    program = f"""
    def tell(done, total):
        print(done, flush=True)

    big = {str(tmp_path)!r} + "/x.tfrecord"
    drawn().write_tfrecords(big, 200_000, shards=4, progress=tell)
    """
    with start(program) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.kill()
        process.communicate(timeout=GENEROUS)
    assert {len(TFRecordReader(path)) for path in tmp_path.iterdir()} <= {50_000}
