"""Attributes of macros and sources that are plain values, not nodes.

They are what programs for PixelPipes import from the package attributee, whose last release cannot
be imported by Python 3.11 and later. Attributes of that package are accepted, too.

Example::

    class Squares(ResourceListSource):
        length = Integer(val_min=1, default=10)

        def load(self):
            return {"square": [number**2 for number in range(self.length)]}
"""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from imagepipe_rs.graph._inputs import MISSING, Context

if TYPE_CHECKING:
    import enum

    from imagepipe_rs.graph._inputs import Attribute as AnyAttribute

__all__ = [
    "Attribute",
    "Boolean",
    "Callable",
    "Enumeration",
    "Float",
    "Integer",
    "List",
    "Map",
    "Number",
    "Primitive",
    "String",
]


class Attribute:
    """A value of any kind.

    Args:
        default: what it is where nothing is given; without a default it must be given.
        description: what it is, for readers.
    """

    def __init__(self, default: Any = MISSING, description: str = "") -> None:
        """Declare the attribute."""
        self._default = default
        self.description = description

    @property
    def default(self) -> Any:
        """What it is where nothing is given."""
        if self._default is MISSING or self._default is None:
            return self._default
        return self.coerce(self._default, None)

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return a value as it should be.

        Args:
            value: what is given.
            context: what it is given to.

        Raises:
            ValueError: it cannot be what it should be.
        """
        del context
        return value


class Primitive(Attribute):
    """A number, text, true or false."""

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the value."""
        del context
        if value is not None and not isinstance(value, str | int | float):
            raise ValueError("not a number, text, true or false")
        return value


class Number(Attribute):
    """A number within bounds.

    Args:
        conversion: what makes a number of a value.
        val_min: the least number.
        val_max: the greatest number.
        options: those of any attribute.
    """

    def __init__(
        self,
        conversion: Function[[Any], Any] | None = None,
        val_min: float | None = None,
        val_max: float | None = None,
        **options: Any,
    ) -> None:
        """Declare the attribute."""
        super().__init__(**options)
        self._conversion = conversion or _number
        self._min, self._max = val_min, val_max

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the number."""
        del context
        number = self._conversion(value)
        if self._min is not None and number < self._min:
            raise ValueError(f"less than {self._min}")
        if self._max is not None and number > self._max:
            raise ValueError(f"more than {self._max}")
        return number


class Integer(Number):
    """A whole number within bounds."""

    def __init__(self, **options: Any) -> None:
        """Declare the attribute."""
        super().__init__(int, **options)


class Float(Number):
    """A number within bounds."""

    def __init__(self, **options: Any) -> None:
        """Declare the attribute."""
        super().__init__(float, **options)


class Boolean(Attribute):
    """True or false, or a word such as ``yes``."""

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the truth value."""
        del context
        return (
            value.lower() in {"true", "1", "t", "y", "yes"}
            if isinstance(value, str)
            else bool(value)
        )


class String(Attribute):
    """Text."""

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the text."""
        del context
        return None if value is None else str(value)


class Callable(Attribute):
    """A function."""

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the function."""
        del context
        if not callable(value):
            raise ValueError("cannot be called")  # noqa: TRY004  as the others
        return value


class Enumeration(Attribute):
    """One of several words, or the value of one.

    Args:
        options: an enumeration, or a mapping from words to values.
        given: those of any attribute.
    """

    def __init__(self, options: type[enum.Enum] | Mapping[str, Any], **given: Any) -> None:
        """Declare the attribute."""
        super().__init__(**given)
        self._options = options

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the value of the word."""
        del context
        if isinstance(self._options, type):
            return self._options[value] if isinstance(value, str) else self._options(value)
        if value in self._options:
            return self._options[value]
        if value in self._options.values():
            return value
        raise ValueError(f"not one of {', '.join(self._options)}")


class List(Attribute):
    """A list of values, or text with separators.

    Args:
        contains: what each of them is.
        separator: what separates them in text.
        options: those of any attribute.
    """

    def __init__(self, contains: AnyAttribute, separator: str = ",", **options: Any) -> None:
        """Declare the attribute."""
        super().__init__(**options)
        self._contains, self._separator = contains, separator

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the list."""
        if isinstance(value, str):
            value = [part.strip() for part in value.split(self._separator)]
        if not isinstance(value, Iterable):
            raise ValueError("not a list")  # noqa: TRY004  as the others
        return [self._contains.coerce(one, context) for one in value]


class Map(Attribute):
    """A mapping from text to values.

    Args:
        contains: what each of them is.
        options: those of any attribute.
    """

    def __init__(self, contains: AnyAttribute, **options: Any) -> None:
        """Declare the attribute."""
        super().__init__(**options)
        self._contains = contains

    def coerce(self, value: Any, context: Context | None) -> Any:
        """Return the mapping."""
        if not isinstance(value, Mapping):
            raise ValueError("not a mapping")  # noqa: TRY004  as the others
        return {key: self._contains.coerce(one, context) for key, one in value.items()}


def _number(value: Any) -> Any:
    if isinstance(value, int | float):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)
