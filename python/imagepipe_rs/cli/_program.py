"""What all commands share: how they are parsed, and how they end.

An argument may be given by position or by name, and a name may be written with hyphens or
underscores::

    imagine create-images images/ random_ jpg
    imagine create-images --path images/ --name random_ --image_format jpg

Exit codes: 0 done; 1 data that is damaged, or cannot be read or written; 2 wrong usage; 130 stopped
by Ctrl-C; 143 stopped by SIGTERM. An error is one line on stderr, followed by one for each file if
it is about several.
"""

from __future__ import annotations

import contextlib
import errno
import io
import re
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Never, NoReturn

import click

import imagepipe_rs
from imagepipe_rs.cli._json import print_json
from imagepipe_rs.cli._messages import message_of, notes_as_lines, one_line, say, say_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

DONE, BAD_DATA, USAGE, STOPPED, TERMINATED = 0, 1, 2, 130, 143

_WIDTH = 100

SETTINGS = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": _WIDTH,
    "show_default": True,
    # Imageinary's README has --image_format.
    "token_normalize_func": lambda token: token.replace("_", "-"),
}


class Place(click.Option):
    """An argument with a position and a name: ``PATH``, or ``--path PATH``.

    With ``multiple`` it takes all that is left.
    """

    @property
    def title(self) -> str:
        """The argument's name where it is given by position."""
        return str(self.name).upper() + ("..." if self.multiple else "")

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Describe it under both of its names."""
        record = super().get_help_record(ctx)
        return None if record is None else (f"{self.title}, {self.opts[0]}", record[1])


def place(*names: str, **options: Any) -> Callable[[Any], Any]:
    """Declare the next argument that has a position and a name; it must be given."""
    return click.option(*names, cls=Place, show_default=False, **options)


class Command(click.Command):
    """A command whose arguments have positions and names, and whose errors are one line.

    Every command has ``--quiet`` and ``--debug``.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Add what every command has."""
        super().__init__(*args, **options)
        self.params += [
            click.Option(
                ["-q", "--quiet"],
                is_flag=True,
                help="Print only errors and what was asked for.",
            ),
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=_keep_debug,
                help="Show where an error comes from.",
            ),
        ]

    @property
    def places(self) -> list[Place]:
        """The arguments that have a position, in order."""
        return [param for param in self.params if isinstance(param, Place)]

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the arguments after the options."""
        return super().collect_usage_pieces(ctx) + [place.title for place in self.places]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the arguments that have a position, then the others."""
        for title, wanted in (("Arguments, by position or by name", True), ("Options", False)):
            params = [p for p in self.get_params(ctx) if isinstance(p, Place) is wanted]
            records = [record for p in params if (record := p.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the examples with the name of the program: ``imagepipe``, or ``imagine``."""
        program, epilog = ctx.find_root().info_name, self.epilog
        if epilog is not None:
            self.epilog = re.sub(r"(?m)^(\s*)imagepipe ", rf"\g<1>{program} ", epilog)
        super().format_epilog(ctx, formatter)
        self.epilog = epilog

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the named arguments, then the others by position."""
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        ctx.args = []
        if not ctx.resilient_parsing:
            _settle(ctx, self.places, rest)
        return []

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error is one line."""
        try:
            with notes_as_lines(quiet=bool(ctx.params.get("quiet"))), _terminable():
                code = super().invoke(ctx)
                _flush()
                return code
        except BrokenPipeError:
            raise  # the reader has seen enough
        except KeyboardInterrupt as stop:
            return stopped(stop)
        except (imagepipe_rs.ImagePipeError, OSError, MemoryError) as error:
            with _last_words():
                if ctx.params.get("as_json"):
                    print_json({"error": one_line(message_of(error))})
            say_error(ctx, error)
            return BAD_DATA
        except (TypeError, ValueError) as error:
            say_error(ctx, error)
            return USAGE


class Group(click.Group):
    """Commands, some with more than one name."""

    command_class = Command

    def __init__(self, *args: Any, **options: Any) -> None:
        """Start without commands."""
        super().__init__(*args, context_settings=SETTINGS, **options)
        self._aliases: dict[str, str] = {}

    def add(self, command: click.Command, *aliases: str) -> None:
        """Add a command, and more names for it, which are not listed."""
        self.add_command(command)
        self._aliases |= dict.fromkeys(aliases, str(command.name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by any of its names."""
        return super().get_command(ctx, self._aliases.get(cmd_name, cmd_name))


def command(name: str, **options: Any) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command; the function's docstring is its help."""
    return click.command(name, cls=Command, **options)


class _Closed(io.TextIOBase):
    """Stands in for a closed standard output, where Python would silently print nothing."""

    def write(self, _text: str, /) -> int:
        """Refuse, as the system does."""
        raise OSError(errno.EBADF, "standard output is closed")


def run(program: click.Command, args: Sequence[str] | None = None) -> int:
    """Run a program with these arguments, or the process's; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # File names need not be text.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        sys.stdout = _Closed()
    try:
        code = program.main(args, prog_name=program.name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.UsageError as error:
        known = error.ctx.command_path if error.ctx else str(program.name)
        say(f"{one_line(error.format_message()).rstrip('.')}; see {known} --help", known)
        return USAGE
    except click.Abort:
        say("stopped")
        return STOPPED
    except OSError as error:  # from printing help, before there is a command
        say(message_of(error))
        sys.stdout = None
        return BAD_DATA
    return int(code or DONE)


def stopped(stop: KeyboardInterrupt, left: str = "") -> int:
    """Say that a run was stopped, and what is left of it; return the exit code."""
    say(f"stopped: {left}" if left else "stopped")
    return TERMINATED if isinstance(stop, _Terminated) else STOPPED


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a run like Ctrl-C."""


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM raise an exception; a second one ends the process at once, as usual.

    The first process of a container would otherwise ignore SIGTERM.
    """

    def end(_number: int, _frame: FrameType | None) -> Never:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


@contextlib.contextmanager
def _last_words() -> Iterator[None]:
    """Write to stdout after an error; if that fails, keep Python from trying again when it ends."""
    try:
        yield
        _flush()
    except OSError:
        sys.stdout = None  # as if it were closed


def _keep_debug(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
    ctx.meta["debug"] = value


def _settle(ctx: click.Context, places: Sequence[Place], rest: Sequence[str]) -> None:
    """Give values without a name to the arguments, in order: one to each, or all that are left."""
    left = list(rest)
    for at in places:
        named = ctx.params[str(at.name)]
        # An argument that was not named is None, or an empty tuple; an empty text is a value.
        named = None if named == () else named
        given, left = (left, []) if at.multiple else (left[:1], left[1:])
        if given and named is not None:
            _refuse(ctx, f"{at.title} is given twice: {given[0]!r} by position, and {at.opts[0]}")
        if given:
            value: Any = tuple(given) if at.multiple else given[0]
            ctx.params[str(at.name)] = at.process_value(ctx, value)
        elif named is None:
            _refuse(ctx, f"{at.title} is missing: give it by position, or as {at.opts[0]}")
    if left:
        expected = " ".join(at.title for at in places) or "none"
        _refuse(ctx, f"{left[0]!r} is one argument too many: expected {expected}")


def _refuse(ctx: click.Context, message: str) -> NoReturn:
    raise click.UsageError(message, ctx)
