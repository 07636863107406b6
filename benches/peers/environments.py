"""One virtual environment per peer, made again when its contents should change."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STAMP = "installed.json"


class InstallError(Exception):
    """An environment could not be made; the message is one line that says why."""


@dataclass(frozen=True)
class Environment:
    """What to install where."""

    folder: Path
    requirements: list[str]
    # A wheel or source tree of the project itself.
    extra: Path | None = None
    # Environment variables for compiling packages that come as source.
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    def prepare(self) -> None:
        """Make the environment, unless it exists and is up to date."""
        wanted = json.dumps([sys.version, self.requirements, digest(self.extra), self.variables])
        stamp = self.folder / STAMP
        # The stamp has the digest of a wheel, but does not show changes in a source tree.
        telling = self.extra is None or self.extra.is_file()
        if telling and stamp.is_file() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        venv.create(self.folder, with_pip=True)
        self.install()
        stamp.write_text(wanted)

    def install(self) -> None:
        """Run pip."""
        packages = [*self.requirements, *([str(self.extra)] if self.extra else [])]
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if self.variables:
            # Otherwise pip may use a wheel that it built earlier with other flags.
            pip.append("--no-cache-dir")
        done = subprocess.run(
            [*pip, *packages],
            env=os.environ | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise InstallError(reason(done.stderr))


def reason(stderr: str) -> str:
    """Return the line of pip's output that sums up what went wrong: its last error."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error:")]
    return (errors or lines or ["pip failed without a message"])[-1]


def digest(wheel: Path | None) -> str:
    """Return a digest, to tell builds of a wheel apart that have the same name."""
    if wheel is None or not wheel.is_file():
        return ""
    return hashlib.sha256(wheel.read_bytes()).hexdigest()
