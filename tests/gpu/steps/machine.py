"""Describe the machine: card, driver, frameworks, cores, memory. Needs no package."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import shutil
import subprocess
from pathlib import Path

import driver
from step import Skip, Step, run

PACKAGES = ("numpy", "torch", "torchvision", "jax", "jaxlib", "ml_dtypes", "click", "tqdm")
QUERY = (
    "name",
    "driver_version",
    "memory.total",
    "memory.used",
    "power.limit",
    "clocks.max.sm",
    "persistence_mode",
    "mig.mode.current",
    "pcie.link.gen.max",
    "pcie.link.width.max",
    "utilization.gpu",
)


def machine(step: Step) -> None:
    """Record all facts; each source that is missing costs only its own."""
    processor(step)
    memory(step)
    packages(step)
    smi(step)
    card(step)


def processor(step: Step) -> None:
    """Record the cores, and what limits their use."""
    lines = read("/proc/cpuinfo").splitlines()
    models = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    step.fact("processor", ", ".join(sorted(models)) or platform.machine())
    usable = len(os.sched_getaffinity(0))
    step.fact("cores", f"{usable} usable of {os.cpu_count()}")
    step.fact("quota of the cgroup", read("/sys/fs/cgroup/cpu.max") or "unknown")
    smt = {"1": "on", "0": "off"}.get(read("/sys/devices/system/cpu/smt/active"), "unknown")
    step.fact("SMT", smt)
    nodes = len(list(Path("/sys/devices/system/node").glob("node[0-9]*")))
    step.fact("NUMA nodes", nodes or "unknown")
    step.fact("load average", f"{os.getloadavg()[0]:.2f}")
    step.fact(
        "system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def memory(step: Step) -> None:
    """Record the host memory, huge pages and limits of pinning."""
    sizes = dict(line.split(":", 1) for line in read("/proc/meminfo").splitlines() if ":" in line)
    for name in ("MemTotal", "MemAvailable", "HugePages_Total"):
        step.fact(name, sizes.get(name, "unknown").strip())
    setting = read("/sys/kernel/mm/transparent_hugepage/enabled")
    step.fact("transparent huge pages", setting or "unknown")
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    step.fact("limit of locked memory", "none" if limit == resource.RLIM_INFINITY else f"{limit} B")


def packages(step: Step) -> None:
    """Record versions, without importing anything."""
    installed = {
        name: distribution.version
        for distribution in importlib.metadata.distributions()
        if (name := str(distribution.metadata["Name"] or "").lower().replace("-", "_"))
    }
    cupy = [name for name in installed if name.startswith("cupy")]
    for name in (*PACKAGES, *sorted(cupy)):
        step.fact(name, installed.get(name, "not installed"))


def smi(step: Step) -> None:
    """Record what ``nvidia-smi`` says."""
    program = shutil.which("nvidia-smi")
    if program is None:
        step.skip("nvidia-smi", "not on PATH; what the driver says is used instead")
        return
    # One query for each, since an older program refuses all if it does not know one.
    for name in QUERY:
        if step.left() <= 1:
            step.skip(f"nvidia-smi {name}", "no time left")
            continue
        command = [program, f"--query-gpu={name}", "--format=csv,noheader"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=step.left()
            )
        except (OSError, subprocess.SubprocessError) as error:
            step.skip(f"nvidia-smi {name}", str(error))
        else:
            step.fact(f"nvidia-smi {name}", "; ".join(done.stdout.split("\n")).strip("; "))


def card(step: Step) -> None:
    """Record what the driver says."""
    try:
        context = step.context()
    except Skip as reason:
        step.skip("the card", str(reason))
        return
    step.fact("card", context.name())
    step.fact("devices visible", context.driver.count())
    step.fact("CUDA of the driver", context.driver.version())
    major, minor = map(context.attribute, driver.CAPABILITY)
    step.fact("compute capability", f"{major}.{minor}")
    step.fact("multiprocessors", context.attribute(driver.MULTIPROCESSORS))
    step.fact("L2 cache", f"{context.attribute(driver.L2_BYTES) / 2**20:.0f} MiB")
    free, total = context.memory()
    step.fact("device memory", f"{free / 2**30:.1f} GiB free of {total / 2**30:.1f}")
    bus = Path("/sys/bus/pci/devices") / context.bus_id()
    for name in ("current_link_speed", "current_link_width", "max_link_speed", "max_link_width"):
        step.fact(f"PCIe {name}", read(bus / name) or "unknown")


def read(path: str | Path) -> str:
    """Return what one of the kernel's files says; nothing if it does not exist."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


if __name__ == "__main__":
    run(machine)
