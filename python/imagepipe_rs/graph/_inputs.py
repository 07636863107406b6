"""What a class of macros declares of its inputs."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from imagepipe_rs.graph._resource_type import Resource
from imagepipe_rs.graph._token import Data, Text, Token

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node, Operand


class Context(NamedTuple):
    """What an attribute is coerced for.

    Attributes:
        parent: the macro.
        key: the name of the attribute.
    """

    parent: Node
    key: str


class _Missing:
    """Stands for a default that there is not."""


MISSING = _Missing()


@runtime_checkable
class Attribute(Protocol):
    """Anything that a class of macros may declare, such as an attribute of the package attributee.

    What is coerced by it is an attribute of the macro, and no input of ``expand``.
    """

    @property
    def default(self) -> Any:
        """What it is where nothing is given."""

    def coerce(self, value: Any, context: Any) -> Any:
        """Return a value of the right type."""


class Input:
    """An input of a macro, declared as an attribute of its class.

    Args:
        reftype: the type that it must have, which is checked when a stream is built.
        default: what it is where nothing is given; it must be given if this is None.
        description: what it is, for readers.

    Example::

        class Darker(Macro):
            source = Input(types.Image(), description="an image")
            amount = Input(types.Float(), default=0.5)

            def expand(self, source, amount):
                return source * amount
    """

    def __init__(
        self, reftype: Data, default: Operand | None = None, description: str = ""
    ) -> None:
        """Declare the input.

        Raises:
            TypeError: `reftype` is not a type of values.
        """
        if not isinstance(reftype, Data):
            raise TypeError(f"reftype is {reftype!r}, not a type such as types.Image()")
        self._type = reftype
        self._default = default
        self.description = description
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Note what it is called."""
        self.name = name

    @property
    def default(self) -> Any:
        """What it is where nothing is given."""
        return MISSING if self._default is None else self._default

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    def reftype(self) -> Data:
        """Return the type that it must have."""
        return self._type

    def coerce(self, value: Any, context: Any) -> Any:
        """Return what is given to a macro as the node that it stands for.

        Args:
            value: what is given.
            context: the macro, as its parent.
        """
        macro: Node = context.parent
        if isinstance(self._type, Resource):
            node = macro.as_input(value)
            self._type.check(macro, self.name, node)
            return node
        return macro.as_input(value)


class SeedInput(Input):
    """A seed to draw from, by default one of the macro's own."""

    def __init__(self, description: str = "") -> None:
        """Declare the input."""
        super().__init__(Token("int32"), description=description)

    @property
    def default(self) -> Any:
        """None, which is a seed of the macro's own."""
        return None

    def coerce(self, value: Any, context: Any) -> Any:
        """Return the seed that is given, or one of the macro's own."""
        return context.parent.as_seed(value)


class EnumerationInput(Input):
    """One of several words.

    Args:
        options: the words; or a mapping or enumeration from them to values, which are what
            ``expand`` gets.
        default: the word where nothing is given; it must be given if this is None.
        description: what it is, for readers.
    """

    def __init__(
        self,
        options: Sequence[str] | Mapping[str, Operand] | type[enum.Enum],
        default: str | None = None,
        description: str = "",
    ) -> None:
        """Declare the input."""
        super().__init__(Text("text", None), default, description)
        if isinstance(options, Mapping):
            self.options = dict(options)
        elif isinstance(options, type):
            self.options = {one.name: one.value for one in options}
        else:
            self.options = {word: word for word in options}

    def coerce(self, value: Any, context: Any) -> Any:
        """Return the value of a word as a node.

        Args:
            value: the word, its value, or a node, which may be any.
            context: the macro, as its parent.
        """
        macro: Node = context.parent
        if isinstance(value, enum.Enum):
            value = value.name
        if isinstance(value, str):
            if value not in self.options:
                words = ", ".join(map(repr, self.options))
                raise macro.fault(f"{self.name} is {value!r}, not one of {words}")
            value = self.options[value]
        return macro.as_input(value)
