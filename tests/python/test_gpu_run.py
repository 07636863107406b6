"""``tests/gpu/run.py`` on a machine without a GPU: what it can do, and what it says it skipped."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imagepipe_rs
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

# Time limits ten times as long: no test depends on how fast this machine is.
PATIENT = "2800"
HEADER = "import sys, time\nfrom step import Step, run\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the installed package as a wheel."""
    package = Path(imagepipe_rs.__file__).parent
    path = tmp_path_factory.mktemp("wheel") / "imagepipe_rs-0-cp311-abi3-linux_x86_64.whl"
    with zipfile.ZipFile(path, "w") as file:
        for found in package.rglob("*"):
            if found.is_file() and "__pycache__" not in found.parts:
                file.write(found, found.relative_to(package.parent))
    return path


@pytest.fixture(scope="module")
def program(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the program that has nothing of the project around it."""
    folder = tmp_path_factory.mktemp("alone") / "gpu"
    shutil.copytree(root / "tests" / "gpu", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "run.py"


class Ran:
    """A run: its exit status, and its results by step."""

    def __init__(self, done: subprocess.CompletedProcess[str], out: Path) -> None:
        self.code, self.printed = done.returncode, done.stdout + done.stderr
        self.markdown = (out / "results.md").read_text()
        self.steps = {
            step["name"]: step for step in json.loads((out / "results.json").read_text())["steps"]
        }

    def values(self, step: str) -> dict[str, Any]:
        return {one["name"]: one.get("value", one) for one in self.steps[step]["records"]}


@pytest.fixture
def run(program: Path, wheel: Path, tmp_path: Path) -> Callable[..., Ran]:
    """Return a function that runs the program on a machine without a GPU."""

    def go(*words: str | Path) -> Ran:
        out = tmp_path / "out"
        command = [sys.executable, program, "--wheel", wheel, "--out", out, *words]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        )
        assert (out / "results.json").is_file(), done.stderr
        return Ran(done, out)

    return go


@pytest.fixture
def module(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Return a function that imports a module of the program, and forget them all later."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(root / "tests" / "gpu" / "steps")
    monkeypatch.syspath_prepend(root / "tests" / "gpu")
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(root / "tests" / "gpu") in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_the_program_needs_the_standard_library_only(program: Path) -> None:
    command = [sys.executable, "-E", "-S", program, "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    steps = re.findall(r"^(\w+) +(\d+) s  \S", listed, re.MULTILINE)
    assert [name for name, _ in steps][:3] == ["unpack", "machine", "images"]
    assert sum(int(seconds) for _, seconds in steps) == 280
    for name, _ in steps:
        assert (program.parent / "steps" / f"{name}.py").is_file()


def test_it_goes_as_far_as_it_can_without_a_gpu(run: Callable[..., Ran]) -> None:
    only = "unpack,machine,images,equality,ceilings,traffic,resnet,sanitizer"
    ran = run("--only", only, "--images", "40", "--seconds", PATIENT)
    assert ran.code == 0, ran.printed
    outcomes = {name: step["outcome"] for name, step in ran.steps.items()}
    assert {outcomes.pop(name) for name in ("unpack", "machine", "images")} == {"passed"}
    assert set(outcomes.values()) == {"skipped"}
    assert ran.values("unpack")["version"] == imagepipe_rs.__version__
    assert ran.values("machine")["cores"].startswith(f"{len(os.sched_getaffinity(0))} usable")
    assert ran.values("images")["images"].startswith("40 of 500x375")
    assert 0.2 < ran.values("images")["bytes per pixel"] < 0.5


def test_the_report_says_what_was_skipped_and_why(run: Callable[..., Ran]) -> None:
    ran = run("--only", "machine,ceilings", "--seconds", PATIENT)
    assert "## Skipped" in ran.markdown
    skipped = ran.markdown.partition("## Skipped")[2]
    assert re.search(r"- machine, the card: no GPU: \S", skipped)
    assert re.search(r"- ceilings: no GPU: \S", skipped)
    goals = ran.markdown.partition("## Goals")[2].partition("##")[0]
    assert goals.count("not measured") == 5


def test_results_hold_no_paths_of_this_machine(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("--only", "machine", "--seconds", PATIENT)
    assert str(tmp_path) not in ran.markdown + json.dumps(ran.steps)
    assert str(Path(sys.prefix)) not in ran.markdown + json.dumps(ran.steps)


BAD = {
    "crashes": ("import os\nos.abort()", "killed by SIGABRT"),
    "raises": ("raise ValueError('so it goes')", "exit status 1: ValueError: so it goes"),
    "hangs": ("time.sleep(1000)", "stopped at its limit of 2 s"),
    "fails": ("run(lambda step: step.check('it holds', False, 'not'))", "it holds: not"),
    "says_nothing": ("", "it left no results"),
}


def test_a_step_that_goes_wrong_costs_only_itself(run: Callable[..., Ran], tmp_path: Path) -> None:
    words: list[str] = []
    for name, (code, _) in BAD.items():
        (tmp_path / f"{name}.py").write_text(HEADER + code)
        words += ["--add", f"{tmp_path / name}.py{'=2' if name == 'hangs' else ''}"]
    (tmp_path / "good.py").write_text(HEADER + "run(lambda step: step.fact('color', 'green'))")
    ran = run("--only", "good", *words, "--add", str(tmp_path / "good.py"), "--seconds", PATIENT)
    assert ran.code == 1
    for name, (_, detail) in BAD.items():
        assert (ran.steps[name]["outcome"], ran.steps[name]["detail"]) == ("failed", detail)
        assert f"- {name}: {detail}" in ran.markdown.partition("## Failures")[2]
    assert ran.steps["good"]["outcome"] == "passed"
    assert ran.values("good") == {"color": "green"}


def test_a_step_that_is_killed_leaves_what_it_had(run: Callable[..., Ran], tmp_path: Path) -> None:
    code = (
        "import subprocess\n"
        "def hang(step: Step) -> None:\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "    step.fact('child', child.pid)\n"
        "    time.sleep(1000)\n"
        "run(hang)\n"
    )
    path = tmp_path / "hangs.py"
    path.write_text(HEADER + code)
    ran = run("--only", "hangs", "--add", f"{path}=5")
    assert ran.steps["hangs"]["outcome"] == "failed"
    # Where it hung, and that its own processes are gone.
    assert "time.sleep" in ran.steps["hangs"]["stderr"] or "in hang" in ran.steps["hangs"]["stderr"]
    child = Path(f"/proc/{ran.values('hangs')['child']}/status")
    deadline = time.monotonic() + 60
    while child.exists() and "State:\tZ" not in child.read_text():
        assert time.monotonic() < deadline, "it still runs"


def test_results_are_written_after_each_step(run: Callable[..., Ran], tmp_path: Path) -> None:
    look = (
        "import json\n"
        "from pathlib import Path\n"
        f"found = json.loads(Path({str(tmp_path / 'out' / 'results.json')!r}).read_text())\n"
        "run(lambda step: step.fact('seen', [one['name'] for one in found['steps']]))\n"
    )
    (tmp_path / "look.py").write_text(HEADER + look)
    ran = run("--only", "machine", "--add", str(tmp_path / "look.py"), "--seconds", PATIENT)
    assert ran.values("look") == {"seen": ["machine"]}


def test_an_unknown_step_is_a_usage_error(program: Path, wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, program, "--wheel", wheel, "--out", tmp_path, "--only", "resnot"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no step resnot: there are unpack, machine" in done.stderr


def test_the_share_is_the_median_over_neighbours(module: Callable[[str], Any]) -> None:
    figures = module("figures")
    # The machine slows down by a tenth in each round; each pair is one of equal conditions.
    blocks = [("S", 10.0), ("R", 10.5), ("R", 10.5), ("S", 10.0)]
    slower = [(kind, 1.1 * seconds) for kind, seconds in blocks]
    assert figures.share(blocks + slower) == pytest.approx(10 / 10.5)
    # One disturbed block changes one pair, and not the median.
    assert figures.share([*blocks, ("S", 99.0), *slower[1:]]) == pytest.approx(10 / 10.5)
    with pytest.raises(ValueError, match="no block of synthetic"):
        figures.share([("S", 1.0), ("S", 1.0)])


def test_the_spread_is_relative_to_the_median(module: Callable[[str], Any]) -> None:
    spread = module("figures").spread
    assert spread([10.0, 10.0]) == 0
    assert spread([9.9, 10.0, 10.1]) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("share", "spread", "rounds", "reason"),
    [
        (0.991, 0.004, 3, None),
        (0.991, 0.006, 3, "synthetic blocks differ by 0.60%, more than 0.5%"),
        (0.991, 0.004, 2, "only 2 of 3 rounds were run"),
        (0.985, 0.004, 3, "0.9850 is less than 0.99"),
    ],
)
def test_a_share_is_claimed_only_if_the_measurement_can_tell(
    module: Callable[[str], Any], share: float, spread: float, rounds: int, reason: str | None
) -> None:
    assert module("figures").why_not_claimed(share, spread, rounds) == reason


def test_growth_ignores_the_start(module: Callable[[str], Any]) -> None:
    growth = module("figures").growth
    assert growth([100.0, 150.0, 180.0, 200.0, 200.0] + 15 * [200.0]) == 0
    assert growth([200.0 + number for number in range(20)]) == 10


def test_the_report_judges_each_figure_by_its_goal(module: Callable[[str], Any]) -> None:
    figures = [
        ("T3", "upload", 0.95, True, None),
        ("kernel", "conversion", 0.7, False, None),
        ("share", "share", 0.995, False, "the spread is 1 %"),
        ("T3 on 4 threads", "delivered", 3000.0, None, None),
    ]
    records = [
        {"kind": "figure", "name": name, "value": value, "goal": goal, "met": met, "unmet": unmet}
        for name, goal, value, met, unmet in figures
    ]
    step = {"name": "some", "title": "step", "limit": 1, "seconds": 1, "outcome": "passed"}
    step |= {"detail": "", "stderr": "", "records": records}
    about = {"date": "2026-01-02T03:04:05", "wheel": "w.whl", "device": "cuda", "seconds": 280}
    text = module("report").markdown({"about": about, "steps": [step]})
    assert re.search(r"\| copies of .*: T3 \| at least 0.9 \| 0.95 \| yes \|", text)
    assert re.search(r"\| conversion, .*: kernel \| at least 0.8 \| 0.7 \| no \|", text)
    assert "| at least 0.99 | 0.995 | no: the spread is 1 % |" in text
    assert "| reported | 3,000 |  |" in text
    assert "| registering 1 GiB | at most 100 ms | not measured |  |" in text


class OnTheHost:
    """A framework whose arrays are NumPy's; some are wrong in ways that must be noticed."""

    output = "numpy"
    dtypes = ("uint8", "float32", "float16", "bfloat16")

    def __init__(self, _: object) -> None:
        self.lent: npt.NDArray[np.uint8] | None = None

    def host(self, array: Any) -> npt.NDArray[np.uint8]:
        return np.ascontiguousarray(array).reshape(-1).view(np.uint8)

    def delay(self) -> None:
        """Do nothing."""

    def clone(self, array: Any) -> Any:
        return array.copy()


class WrittenTooEarly(OnTheHost):
    """Writes each batch into the memory of the one before it, which is still in use."""

    def clone(self, array: Any) -> Any:
        if self.lent is None:
            self.lent = array.copy()
        self.lent[...] = array
        return self.lent


class OneByteOff(OnTheHost):
    def host(self, array: Any) -> npt.NDArray[np.uint8]:
        found = super().host(array).copy()
        found[-1] ^= 1
        return found


@pytest.fixture
def step(module: Callable[[str], Any], photos: Path, tmp_path: Path) -> Any:
    """Return a step on the CPU, whose images are the photographs."""
    for name in ("images", "odd"):
        (tmp_path / name).symlink_to(photos)
    given = {"records": tmp_path / "records", "work": tmp_path, "deadline": time.monotonic() + 1e6}
    return module("step").Step(Namespace(**given, device="cpu", wheel=None, ptx=None, images=0))


@pytest.mark.parametrize("way", ["dropped before a queued copy", "dropped by another thread"])
def test_a_buffer_that_is_written_too_early_is_noticed(
    module: Callable[[str], Any], step: Any, way: str
) -> None:
    torture = module("torture")
    for kind, wrong in ((OnTheHost, False), (WrittenTooEarly, True)):
        player = torture.Player(step, kind(step), {"batch_size": 5, "size": 32, "limit": 60})
        player.play(way, 0.01)
        assert player.batches >= 12
        assert bool(player.failures) is wrong
        if wrong:
            assert re.search(r"batch 0 shows the bytes of batch 8", player.failures[0])


def test_a_byte_that_differs_is_noticed(module: Callable[[str], Any], step: Any) -> None:
    equality, loaders = module("equality"), module("loaders")
    options = {**next(loaders.cases()), "size": (17, 31), "dtype": "float32"}
    wanted = loaders.reference(step.images("odd"), options)
    for kind, failures in ((OnTheHost, 0), (OneByteOff, 1)):
        comparison = equality.Comparison(step, kind(step))
        comparison.compare(options, wanted)
        assert len(comparison.failures) == failures
    assert re.search(r"batch 0: 1 bytes differ, the first at \d+", comparison.failures[0])


def test_every_type_layout_and_kind_of_label_is_compared(module: Callable[[str], Any]) -> None:
    found = list(module("loaders").cases())
    for name, count in {"dtype": 4, "layout": 2, "channels": 2, "labels": 2, "size": 5}.items():
        assert len({one[name] for one in found[:40]}) == count
    assert len(found) == 160
