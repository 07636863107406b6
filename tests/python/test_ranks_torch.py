"""Ranks that torchrun starts keep in step, whatever is damaged. `make test-torch` runs these."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

# Two processes import PyTorch; on a busy machine that takes its time.
pytestmark = [pytest.mark.torch, pytest.mark.timeout(300)]

# A training loop: a collective call for each batch. One that a rank does not make is an error after
# a while.
PROGRAM = """
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import torch
from imagepipe_rs import Loader

folder, out, options = sys.argv[1:]
torch.distributed.init_process_group("gloo", timeout=timedelta(seconds=60))
loader = Loader(folder, shard="auto", batch_size=4, size=8, output="torch", **json.loads(options))
ranks, names = [], []
for _ in range(2):
    for batch in loader:
        ones = torch.ones(1)
        torch.distributed.all_reduce(ones)
        ranks.append(int(ones))
        good = zip(batch.paths, batch.valid.tolist(), strict=True)
        names += [Path(path).name for path, valid in good if valid]
torch.distributed.destroy_process_group()
result = {"length": len(loader), "ranks": ranks, "names": names}
Path(out, os.environ["RANK"]).write_text(json.dumps(result))
"""


def torchrun(folder: Path, tmp_path: Path, **options: Any) -> list[dict[str, Any]]:
    """Run the program on two ranks; return what each has written."""
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ran = subprocess.run(
        [*command, tmp_path / "program.py", folder, tmp_path, json.dumps(options)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr
    return [json.loads((tmp_path / str(rank)).read_text()) for rank in range(2)]


def test_a_rank_that_lost_a_whole_batch_takes_as_many_steps(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    """It left the batch out, and the other rank's collective call waited for ever."""
    damaged = range(12, 16)  # the second batch of rank 1
    files = {f"{n:02}.jpg": b"damaged" if n in damaged else jpeg(seed=n) for n in range(24)}
    both = torchrun(tree(files), tmp_path, on_error="skip", shuffle=False)
    for rank in both:
        assert rank["length"] == 3
        assert rank["ranks"] == [2] * 6
    names = sorted(both[0]["names"] + both[1]["names"])
    assert names == sorted(2 * [f"{n:02}.jpg" for n in range(24) if n not in damaged])


def test_ranks_keep_in_step_when_most_files_are_damaged(
    tree: MakeTree, jpeg: EncodeJpeg, tmp_path: Path
) -> None:
    files = {f"{n:02}.jpg": jpeg(seed=n) if n % 11 == 0 else b"damaged" for n in range(45)}
    both = torchrun(tree(files), tmp_path, on_error="skip", seed=3)
    assert [rank["ranks"] for rank in both] == [[2] * 2 * both[0]["length"]] * 2
    names = sorted(both[0]["names"] + both[1]["names"])
    assert names == sorted(2 * [f"{n:02}.jpg" for n in range(0, 45, 11)])
