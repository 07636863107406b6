"""The command line: ``python -m imagepipe_rs.graph.pixelpipes``."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagepipe_rs._errors import ImagePipeError
from imagepipe_rs.graph import Graph, Stream
from imagepipe_rs.graph.pixelpipes import Pipeline, read_pipeline, write_pipeline
from imagepipe_rs.graph.pixelpipes.compiler import Compiler
from imagepipe_rs.graph.pixelpipes.sink import PipelineDataLoader

if TYPE_CHECKING:
    from collections.abc import Sequence


def _compile(given: argparse.Namespace) -> None:
    module, _, name = given.graph.rpartition(".")
    sys.path.insert(0, str(Path.cwd()))
    made = getattr(importlib.import_module(module), name)()
    if isinstance(made, Graph):
        made = Compiler(given.fixedout, given.debug).build(made, output=given.output)
    elif isinstance(made, Stream):
        made = Pipeline(made)
    _say(f"Compiled a pipeline of {len(made)} operations; writing it to {given.save}")
    write_pipeline(given.save, made, relocatable=given.relocatable)


def _benchmark(given: argparse.Namespace) -> None:
    loader = PipelineDataLoader(read_pipeline(given.file), given.batch, given.workers)
    loader.benchmark(given.count)


def _info(given: argparse.Namespace) -> None:
    pipeline = read_pipeline(given.file)
    _say(f"{given.file}: {len(pipeline)} operations")
    for label, found in pipeline.outputs:
        _say(f"output {label}: {found}")


def _run(given: argparse.Namespace) -> None:
    pipeline = read_pipeline(given.file)
    for index in range(given.index, given.index + given.count):
        for label, value in zip(pipeline.labels, pipeline.run(index), strict=True):
            _say(f"{index} {label}: {_shown(value)}")


def _shown(value: Any) -> str:
    shape = getattr(value, "shape", ())
    return f"{value.dtype} {shape}" if shape else str(value)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m imagepipe_rs.graph.pixelpipes")
    commands = parser.add_subparsers(required=True)
    compiling = commands.add_parser("compile", help="save the pipeline that a function makes")
    compiling.add_argument("--graph", required=True, help="the function, as module.function")
    compiling.add_argument("--save", default="pipeline.pxpt", help="the file to write")
    compiling.add_argument("--output", help="the label of the outputs to keep")
    for name in ("debug", "fixedout"):
        compiling.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=False)
    for name in ("relocatable", "compress"):
        compiling.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=True)
    compiling.set_defaults(run=_compile)
    measuring = commands.add_parser("benchmark", help="measure how fast a saved pipeline is")
    measuring.add_argument("--batch", type=int, default=10, help="samples in a batch")
    measuring.add_argument("--workers", type=int, default=1, help="threads")
    measuring.add_argument("--count", type=int, default=100, help="batches")
    measuring.set_defaults(run=_benchmark)
    telling = commands.add_parser("info", help="say what a saved pipeline gives")
    telling.set_defaults(run=_info)
    running = commands.add_parser("run", help="print samples of a saved pipeline")
    running.add_argument("--index", type=int, default=1, help="the number of the first sample")
    running.add_argument("--count", type=int, default=1, help="how many")
    running.set_defaults(run=_run)
    for command in (measuring, telling, running):
        command.add_argument("file", help="the saved pipeline")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except (ImagePipeError, ImportError, AttributeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
