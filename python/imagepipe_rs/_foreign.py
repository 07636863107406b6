"""Errors for arguments and attributes as other loaders call them: they say what it is here."""

from __future__ import annotations

import difflib
import functools
import inspect
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from imagepipe_rs._habits import ATTRIBUTES, FOREIGN, PATHS, answer
from imagepipe_rs._names import short
from imagepipe_rs._values import Given, habit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_P = ParamSpec("_P")
_Self = TypeVar("_Self")
_Result = TypeVar("_Result")


def explains_keywords(
    init: Callable[Concatenate[_Self, _P], None],
) -> Callable[Concatenate[_Self, _P], None]:
    """Let ``init`` answer unknown arguments with a ``TypeError`` that says what they are here."""
    parameters = list(inspect.signature(init).parameters.values())
    known = [parameter.name for parameter in parameters[1:]]
    positional = sum(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters)

    @functools.wraps(init)
    def checked(self: _Self, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        unknown = [name for name in kwargs if name not in known]
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            raise TypeError(f"unknown argument{plural}: {_answers(unknown, kwargs, known)}")
        if len(args) >= positional:
            raise TypeError(_too_many(args, known[: positional - 1]))
        for name, value in kwargs.items():
            if here := habit(name, value):
                message = f"{name}={short(value)} is not valid: here it is {here}"
                known_type = isinstance(value, str | list | tuple)
                raise ValueError(message) if known_type else TypeError(message)
        init(self, *args, **kwargs)

    return checked


def no_attribute(loader: object, name: str) -> AttributeError:
    """Return the error for an attribute that a Loader does not have."""
    lacks = f"{type(loader).__name__!r} object has no attribute {name!r}"
    if name in ATTRIBUTES:
        return AttributeError(f"{lacks}: {ATTRIBUTES[name]}")
    return AttributeError(lacks, name=name, obj=loader)


def cannot_change(name: str, value: Any, known: Collection[str]) -> AttributeError:
    """Return the error for setting an attribute that is an argument, here or elsewhere."""
    refused = f"{name} of a Loader cannot be changed: make another"
    if name in known:
        return AttributeError(f"{refused} Loader(..., {name}={short(value)})")
    return AttributeError(f"{refused}; {name}={short(value)}: {answer(name, {name: value})}")


def tells_keras_apart(
    init: Callable[..., None],
) -> Callable[[Callable[_P, _Result]], Callable[_P, _Result]]:
    """Let a function that Keras also has answer keywords of Keras': they are for a Loader.

    Args:
        init: the Loader's, with the arguments to answer with.
    """
    loader = list(inspect.signature(init).parameters)

    def decorate(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
        own = inspect.signature(function).parameters

        @functools.wraps(function)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
            unknown = [name for name in kwargs if name not in own]
            if unknown and all(name in {*loader, *FOREIGN, *PATHS} for name in unknown):
                message = (
                    f"this {function.__name__}() is ImagePipe's; what replaces that of Keras' "
                    "ImageDataGenerator is imagepipe_rs.Loader, with other names: "
                )
                raise TypeError(message + _answers(unknown, kwargs, loader))
            return function(*args, **kwargs)

        return checked

    return decorate


def _answers(unknown: list[str], given: Given, known: list[str]) -> str:
    answers: dict[str, list[str]] = {}
    for name in unknown:
        # Arguments that are one here, such as shard_id and num_shards, have one answer.
        answers.setdefault(_answer(name, given, known), []).append(f"{name}={short(given[name])}")
    return "; ".join(f"{', '.join(names)}: {said}" for said, names in answers.items())


def _too_many(args: tuple[Any, ...], positional: list[str]) -> str:
    extra = ", ".join(short(value) for value in args[len(positional) :])
    only = f"only {positional[0]} can be given by position"
    return f"{only}: name the rest ({extra}), as in batch_size=32"


def _answer(name: str, given: Given, known: list[str]) -> str:
    if name in PATHS:
        return "the dataset is the first argument, path"
    if name in known:
        return "the same"
    if name in FOREIGN:
        return answer(name, given)
    # Close enough for a typo; a name that only looks alike may mean something else.
    close = difflib.get_close_matches(name, [*known, *FOREIGN], n=1, cutoff=0.85)
    if not close:
        return "see help(imagepipe_rs.Loader) for all arguments"
    if close[0] in FOREIGN:
        return answer(close[0], {**given, close[0]: given[name]})
    return f"did you mean {close[0]}?"
