"""Unpack the wheel into a folder on ``PYTHONPATH``, and import it."""

from __future__ import annotations

import importlib
import zipfile
from pathlib import Path

from step import Skip, Step, run


def unpack(step: Step) -> None:
    """Unpack the wheel and import the package."""
    if step.wheel is None:
        raise Skip("no wheel was given")
    folder = step.work / "package"
    with zipfile.ZipFile(step.wheel) as wheel:
        wheel.extractall(folder)
    # The folder was on the path before it existed.
    importlib.invalidate_caches()
    step.fact("wheel", step.wheel.name)
    try:
        import imagepipe_rs  # noqa: PLC0415  from the wheel
    except ImportError as error:
        step.check("the wheel can be imported", passed=False, detail=str(error))
        return
    from_wheel = folder in Path(imagepipe_rs.__file__).parents
    detail = "" if from_wheel else f"another one was imported: {imagepipe_rs.__file__}"
    step.check("the wheel can be imported", from_wheel, detail)
    step.fact("version", imagepipe_rs.__version__)


if __name__ == "__main__":
    run(unpack)
