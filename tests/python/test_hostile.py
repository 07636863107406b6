"""What a loader meets when somebody means it no good, or a disk is full of surprises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from imagepipe_rs import DatasetError, DatasetWarning, Loader

if TYPE_CHECKING:
    from pathlib import Path


def text_files(folder: Path, count: int) -> Path:
    (folder / "a").mkdir()
    for number in range(count):
        (folder / "a" / f"{number}.jpg").write_text("not a picture")
    return folder


def test_an_endless_loader_of_nothing_but_bad_files_ends_with_an_error(tmp_path: Path) -> None:
    loader = Loader(text_files(tmp_path, 10), on_error="skip", repeat=True, batch_size=4)
    with pytest.raises(DatasetError, match="no sample of the dataset could be read"):
        next(iter(loader))


def test_an_epoch_of_nothing_but_bad_files_ends_with_an_error(tmp_path: Path) -> None:
    loader = Loader(text_files(tmp_path, 10), on_error="skip", batch_size=4)
    with pytest.raises(DatasetError, match="no sample of the dataset could be read"):
        list(loader)
    assert len(loader.errors) == 10


def test_a_pipe_is_no_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.jpg")
    with pytest.raises(DatasetError, match=r"x\.jpg: neither a directory nor a file"):
        Loader([tmp_path / "x.jpg"])


def test_a_file_that_became_a_pipe_is_not_called_empty(tmp_path: Path) -> None:
    folder = text_files(tmp_path, 2)
    loader = Loader(folder, on_error="skip")
    (folder / "a" / "0.jpg").unlink()
    os.mkfifo(folder / "a" / "0.jpg")
    with pytest.raises(DatasetError, match="no sample of the dataset could be read"):
        list(loader)
    assert any(
        "0.jpg" in path and reason == "not a regular file" for path, _, reason in loader.errors
    )


@pytest.mark.parametrize(
    ("target", "why"),
    [("/no/such/disk/dog", "which is not there"), ("dog", "which cannot be followed: Too many")],
)
@pytest.mark.parametrize("link", ["dog", "cat/more"])
def test_a_folder_that_is_a_link_to_nothing_is_not_left_out(
    tmp_path: Path, link: str, target: str, why: str
) -> None:
    """The class was gone, and the labels behind it were others."""
    for name in ("cat", "owl"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").write_text("x")
    target = os.path.basename(link) if target == "dog" else target  # noqa: PTH119
    (tmp_path / link).symlink_to(target)
    said = f"{tmp_path / link}: is a link to {target}, {why}"
    with pytest.raises(DatasetError, match=re.escape(said)) as caught:
        Loader(tmp_path)
    assert caught.value.path == str(tmp_path / link)


def test_a_link_to_nothing_that_is_called_like_a_file_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_text("x")
    for name in ("README", "notes.txt", "list.npy"):
        (tmp_path / name).symlink_to("nowhere")
    with pytest.warns(DatasetWarning, match=r"1 \*\.npy"):
        assert Loader(tmp_path).num_samples == 1


def test_a_file_beyond_reason_took_a_gibibyte_before_it_was_refused(tmp_path: Path) -> None:
    folder = text_files(tmp_path, 1)
    with (folder / "a" / "0.jpg").open("wb") as file:
        file.write(b"\xff\xd8\xff\xe0")
        file.truncate(3 << 30)
    program = """
        import resource, sys
        from imagepipe_rs import DatasetError, Loader

        loader = Loader(sys.argv[1], on_error="skip", workers=1)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            list(loader)
        except DatasetError as error:
            assert "larger than 1 GiB" in str(error), error
        (_, _, reason), *_ = loader.errors
        assert "larger than 1 GiB: 3221225472 bytes" in reason, reason
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100 << 10, "kilobytes"


def test_indices_may_be_written_without_harm(photos: Path) -> None:
    batch = next(iter(Loader(photos, batch_size=4)))
    paths = batch.paths
    batch.indices[:] = 10**12
    assert batch.paths == paths


def test_a_fork_while_another_thread_waits_for_a_batch(photos: Path) -> None:
    program = """
        import os, sys, threading
        from imagepipe_rs import ImagePipeError, Loader

        iterator = iter(Loader(sys.argv[1], repeat=True, workers=1, prefetch=1))
        taking = True

        def take():
            while taking:
                next(iterator)

        thread = threading.Thread(target=take)
        thread.start()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                try:
                    next(iterator)
                except ImagePipeError as error:
                    os._exit(0 if "fork" in str(error) else 2)
                os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
        taking = False
        thread.join()
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
