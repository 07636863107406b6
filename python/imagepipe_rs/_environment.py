"""What the environment decides: rank and world size, JPEG decoder, GPU, cache directory.

Only this module and the command line read environment variables.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any

_VARIABLES = (
    ("RANK", "WORLD_SIZE"),  # torchrun
    ("HOROVOD_RANK", "HOROVOD_SIZE"),  # horovodrun
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # mpirun of Open MPI
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # mpirun_rsh of MVAPICH2
    ("PMI_RANK", "PMI_SIZE"),  # mpiexec of MPICH and Intel MPI
    ("JSM_NAMESPACE_RANK", "JSM_NAMESPACE_SIZE"),  # jsrun
    # srun. Not SLURM_NTASKS: a batch script has it too, and is one process.
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
)

MAKE_IT_LATER = (
    "make it after torch.distributed is initialised; with Lightning, in train_dataloader()"
)


def auto_shard() -> tuple[int, int]:
    """Return (rank, world): the first that is found, else (0, 1).

    Looked at, in order: an initialised ``torch.distributed`` or Horovod that is already imported,
    ``RANK`` and ``WORLD_SIZE``, ``HOROVOD_RANK`` and ``_SIZE``, ``OMPI_COMM_WORLD_RANK`` and
    ``_SIZE``, ``MV2_COMM_WORLD_RANK`` and ``_SIZE``, ``PMI_RANK`` and ``_SIZE``,
    ``JSM_NAMESPACE_RANK`` and ``_SIZE``, ``SLURM_PROCID`` and ``SLURM_STEP_NUM_TASKS``,
    ``TF_CONFIG``.

    Raises:
        ValueError: a variable has an invalid value, or only one of two is set and nothing else
            tells the rank.
    """
    found = _from_framework() or _from_variables() or _from_tf_config()
    if found is None:
        _refuse_halves()
    return found or (0, 1)


def rank_or_none() -> tuple[int, int] | None:
    """Return what :func:`auto_shard` does, or None instead of its errors."""
    try:
        return auto_shard()
    except ValueError:
        return None


def jpeg_decoder(decoder: str) -> str:
    """Return the decoder to use for JPEGs; ``IMAGEPIPE_JPEG`` decides for ``"auto"``.

    Raises:
        ValueError: ``IMAGEPIPE_JPEG`` is set to anything but ``auto`` and ``turbo``.
    """
    wanted = _word("IMAGEPIPE_JPEG", "auto", "turbo")
    return wanted if isinstance(decoder, str) and decoder == "auto" else decoder


def local_rank() -> int:
    """Return this process's place on its machine, which torchrun and others set; 0 without one.

    Raises:
        ValueError: ``LOCAL_RANK`` is not a whole number.
    """
    given = os.environ.get("LOCAL_RANK") or "0"
    if not (given.isascii() and given.isdecimal()):
        message = f"device='cuda': LOCAL_RANK={given!r} is not a whole number: use 'cuda:N'"
        raise ValueError(message)
    return int(given)


def cuda_upload() -> str:
    """Return how images reach a GPU, which ``IMAGEPIPE_CUDA_UPLOAD`` decides.

    Raises:
        ValueError: it is set to anything but ``copied`` and ``mapped``.
    """
    return _word("IMAGEPIPE_CUDA_UPLOAD", "copied", "mapped")


def _word(variable: str, usual: str, other: str) -> str:
    """Return which of two words a variable is set to, the usual one if it is not set."""
    wanted = os.environ.get(variable) or usual
    if wanted not in {usual, other}:
        message = f"{variable}={wanted!r} is not valid: {usual!r} or {other!r}"
        raise ValueError(message)
    return wanted


def places_directory() -> str | None:
    """Return the directory that keeps records' places between runs, by the XDG rules."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():
        # Unchanged if the user has no home.
        cache = pathlib.Path(os.path.expanduser("~"), ".cache")  # noqa: PTH111  pathlib raises there
    return str(cache / "imagepipe" / "places") if cache.is_absolute() else None


def _from_framework() -> tuple[int, int] | None:
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return int(distributed.get_rank()), int(distributed.get_world_size())
    for name in (
        "horovod.torch",
        "horovod.tensorflow",
        "horovod.tensorflow.keras",
        "horovod.keras",
    ):
        horovod: Any = sys.modules.get(name)
        if horovod is not None and horovod.is_initialized():
            return int(horovod.rank()), int(horovod.size())
    return None


def _from_variables() -> tuple[int, int] | None:
    for rank_name, world_name in _VARIABLES:
        rank, world = os.environ.get(rank_name), os.environ.get(world_name)
        if rank is None or world is None:
            continue
        given = f"shard='auto': {rank_name}={rank!r} and {world_name}={world!r}"
        try:
            place, ranks = int(rank), int(world)
        except ValueError:
            message = f"{given} are not whole numbers"
            raise ValueError(message) from None
        if not 0 <= place < ranks:
            message = f"{given} are not valid: {rank_name} is between 0 and {world_name} - 1"
            raise ValueError(message)
        return place, ranks
    return None


def _refuse_halves() -> None:
    """Refuse one variable without the other: every rank would think it is the only one."""
    for names in _VARIABLES:
        missing = [name for name in names if name not in os.environ]
        if len(missing) != 1 or _is_batch_script(missing[0]):
            continue
        (found,) = {*names} - {*missing}
        message = f"shard='auto': {found}={os.environ[found]!r} is set and {missing[0]} is not"
        if missing[0] == "RANK" and "LOCAL_RANK" in os.environ:
            # Lightning's launcher: RANK comes with torch.distributed.
            message += f": {MAKE_IT_LATER}"
        raise ValueError(message)


def _is_batch_script(missing: str) -> bool:
    """Say whether Slurm runs this process without srun: as number 0, outside of any step."""
    return (
        missing == "SLURM_STEP_NUM_TASKS"
        and os.environ["SLURM_PROCID"] == "0"
        and "SLURM_STEP_ID" not in os.environ
    )


def _from_tf_config() -> tuple[int, int] | None:
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        if config == {}:  # one process, as TensorFlow takes it
            return None
        cluster, task = config["cluster"], config["task"]
        kinds = [kind for kind in ("chief", "master", "worker") if kind in cluster]
        hosts = [(kind, index) for kind in kinds for index in range(_hosts(cluster[kind]))]
        return hosts.index((task["type"], int(task["index"]))), len(hosts)
    except (ValueError, KeyError, TypeError) as error:
        message = (
            f"shard='auto': TF_CONFIG={text!r} does not name this task among its chief and "
            "workers, which are lists of hosts; for another task, such as an evaluator, use "
            "shard=None or (0, 1): all samples"
        )
        raise ValueError(message) from error


def _hosts(named: Any) -> int:
    """Return the number of hosts of one kind: a list, or a dictionary by index."""
    if not isinstance(named, list | dict):
        raise TypeError
    return len(named)
