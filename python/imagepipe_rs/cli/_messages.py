"""What the command line says besides its results: messages on stderr, a line each."""

from __future__ import annotations

import contextlib
import re
import sys
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import click

import imagepipe_rs
from imagepipe_rs._names import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(message: str, prefix: str = "") -> None:
    """Print a message on stderr, with the name of the running command."""
    context = click.get_current_context(silent=True)
    prefix = prefix or (context.command_path if context else "imagepipe")
    _tell(f"{prefix}: {message}")


def _tell(line: str) -> None:
    """Write a line to stderr; if that is closed or full, there is nobody to tell."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def notes_as_lines(*, quiet: bool) -> Iterator[None]:
    """Show warnings about data as lines, without a position in the source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if quiet else "always", imagepipe_rs.DatasetWarning)
        show = warnings.showwarning

        def say_it(
            message: Warning | str, category: type[Warning], *where: Any, **more: Any
        ) -> None:
            if issubclass(category, imagepipe_rs.DatasetWarning):
                say(in_options(one_line(str(message))))
            else:
                show(message, category, *where, **more)

        warnings.showwarning = say_it
        yield


def say_error(ctx: click.Context, error: BaseException) -> None:
    """Print what went wrong, and with --debug where."""
    if ctx.meta.get("debug"):
        traceback.print_exception(error)
    damaged = getattr(error, "damaged", ())
    if len(damaged) > 1:
        # Its message has only the first ones, each on its own line.
        say(in_options(message_of(error).split("\n", 1)[0]))
        for one in damaged:
            _tell(f"  {printable(str(one.path))}: {one_line(one.reason)}")
    else:
        say(in_options(one_line(message_of(error))))


def message_of(error: BaseException) -> str:
    """Return what an error says, and its notes."""
    if isinstance(error, OSError) and not isinstance(error, imagepipe_rs.ImagePipeError):
        # Python's own message begins with a number in brackets.
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return "; ".join([str(error) or type(error).__name__, *getattr(error, "__notes__", ())])


def one_line(text: str) -> str:
    """Return a text as one line that a terminal can show."""
    return printable(" ".join(text.split("\n")))


def in_options(message: str) -> str:
    """Replace arguments of the library by the command's options in a message.

    A dictionary becomes an option for each of its names: ``--key image=...`` for ``keys={"image":
    ...}``.
    """
    params = click.get_current_context().command.params
    options = {p.name: p.opts[0] for p in params if isinstance(p, click.Option)}

    def renamed(found: re.Match[str]) -> str:
        name, value = found.groups()
        if name not in options:
            return found.group()
        if value in {"True", " "}:
            return options[name] + value.removeprefix("True")
        return options[name] + " " + value.strip('"')

    def named(found: re.Match[str]) -> str:
        name, key, value = found.groups()
        return f"{options[name]} {key}={value}" if name in options else found.group()

    message = re.sub(r"""(?<!\S)([a-z][a-z0-9_]*)=\{["'](\w+)["']: (\S+?)\}""", named, message)
    return re.sub(r"""(?<!\S)([a-z][a-z0-9_]*)=(True\b|"\w+"| |)""", renamed, message)
