"""Functions of the caller's own, and files, as nodes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imagepipe_rs._names import shown
from imagepipe_rs.graph._constant import Described, described
from imagepipe_rs.graph._node import Node
from imagepipe_rs.graph._token import Data
from imagepipe_rs.graph._values import value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imagepipe_rs.graph._build import Build
    from imagepipe_rs.graph._node import Operand


def _called(function: Callable[..., Any]) -> Callable[..., Described]:
    """Return a function as the compiled module calls it."""

    def call(*inputs: Any) -> Described:
        return described(function(*map(value_of, inputs)))

    return call


class PyNode(Node):
    """A function of the caller's own.

    It is called with the interpreter's lock, so other samples wait for it, and a graph that has one
    cannot be saved or pickled.

    Args:
        function: a function that depends on its arguments alone, so that a sample stays the same
            whenever it is made. It gets NumPy's arrays and scalars, text, bytes, and lists of
            these, and returns one of them.
        inputs: its arguments.
        output_type: what it returns, such as ``types.Image()``; it is checked.

    Raises:
        TypeError: `function` cannot be called.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Operand] = (),
        output_type: Data | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the function and its arguments."""
        if not callable(function):
            raise TypeError(f"function is {function!r}, which cannot be called")
        if not isinstance(inputs, Sequence) or isinstance(inputs, str):
            raise TypeError(f"inputs is {shown(inputs)}, not a list of nodes")
        if output_type is not None and not isinstance(output_type, Data):
            raise TypeError(f"output_type is {shown(output_type)}, not a type as types.Float()")
        super().__init__(name=name)
        self.function = function
        self.output_type = output_type
        self.operands = [self.as_value(one) for one in inputs]

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return the function and the type of what it returns."""
        del build
        gives = self.output_type.native() if self.output_type else None
        return "PyNode", (_called(self.function), gives)


class Debug(Node):
    """Prints a value, in streams that are built with ``debug=True``; in others it does nothing.

    Args:
        source: the value, which is also the node's.
        prefix: what is printed before it.
    """

    def __init__(self, source: Operand, prefix: str = "", *, name: str | None = None) -> None:
        """Take the value."""
        super().__init__(name=name)
        self.prefix = prefix
        self.operands = [self.as_input(source)]

    def stands_for(self) -> Node:
        """Return the source."""
        return self.operands[0]

    def final(self, build: Build) -> Node:
        """Return the node itself where it prints."""
        prints = build.debug and not self.is_resource()
        return self if prints else self.operands[0]

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return a function that prints."""
        del build
        return "PyNode", (_called(self._print), None)

    def _print(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            shown = f"{value.dtype} {value.shape}"
        elif isinstance(value, list):
            shown = f"a list of {len(value)}"
        else:
            shown = str(value) if isinstance(value, np.generic) else f"{value!r:.200}"
        sys.stdout.write(f"{self.prefix}{shown}\n")
        return value


class FileList(Node):
    """Paths of files, as a list of text.

    Unlike in a constant, the paths in a saved graph may be relative to the file it is saved in.

    Args:
        files: the paths, which become absolute.
        must_exist: whether a missing file is an error.

    Raises:
        GraphError: there is no file, a file does not exist, or its name is not UTF-8.
    """

    def __init__(
        self,
        files: Iterable[str | os.PathLike[str]],
        *,
        must_exist: bool = True,
        name: str | None = None,
    ) -> None:
        """Take the paths."""
        if isinstance(files, str | bytes | os.PathLike):
            raise TypeError(f"files is {shown(files)}, not a list of paths")
        super().__init__(name=name)
        self.files = [os.path.abspath(os.fspath(one)) for one in files]  # noqa: PTH100  not resolved
        for one in self.files:
            self._check(one, must_exist=must_exist)

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.files)

    def _check(self, path: str, *, must_exist: bool) -> None:
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise self.fault(f"{path!r}: the name is not UTF-8") from error
        if must_exist and not Path(path).exists():
            raise self.fault(f"{path}: no such file")

    def native(self, build: Build) -> tuple[str | None, Any]:
        """Return the paths."""
        del build
        return "FileList", self.files
