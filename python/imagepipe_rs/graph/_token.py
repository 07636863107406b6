"""Types of values, and which may be used as which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {
    "char": "uint8",
    "uchar": "uint8",
    "short": "int16",
    "ushort": "uint16",
    "int": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
}
_WHOLE = {"int16", "uint16", "int32", "int64", "float32", "float64"}
_CASTS = {
    "bool": _WHOLE | {"uint8"},
    "uint8": _WHOLE,
    "int16": _WHOLE,
    "uint16": _WHOLE,
    "int32": {"int64", "float32", "float64"},
    "int64": {"int32", "float32", "float64"},
    "float32": {"float64"},
    "float64": {"float32"},
}
_KNOWN = {*_CASTS, "text", "bytes"}


class TypeException(TypeError):  # noqa: N818  PixelPipes' name
    """Something that is not a type of values."""


class Data:
    """A type of values."""

    @property
    def axes(self) -> tuple[int | None, ...] | None:
        """Elements along each axis of an array, None where that is not known.

        None of values that are not arrays, and where it is not known how many axes there are.
        """
        return None

    def castable(self, typ: Data) -> bool:
        """Return whether every value of a type may be used as one of this type."""
        raise NotImplementedError

    def castable_from(self, typ: Data) -> bool:
        """Return the same, where a type of which nothing is known may be any."""
        return isinstance(typ, Anything) or self.castable(typ)

    def common(self, typ: Data) -> Data:
        """Return what is known of a value that is of one of two types."""
        if self.castable(typ):
            return self
        if typ.castable(self):
            return typ
        return Anything()

    def native(self) -> Any:
        """Return the type as the compiled module takes it."""
        return None


class Anything(Data):
    """Any value at all."""

    def castable(self, typ: Data) -> bool:
        """Return True."""
        del typ
        return True

    def __str__(self) -> str:
        """Return ``anything``."""
        return "anything"


class Union(Data):
    """One of several types."""

    def __init__(self, *types: Data) -> None:
        """Take the types, none of which may be a union."""
        self._types = types

    def castable(self, typ: Data) -> bool:
        """Return whether values may be used as one of the types."""
        return any(one.castable(typ) for one in self._types)

    def common(self, typ: Data) -> Data:
        """Return what is known of a value that is of this type or of another."""
        for one in self._types:
            common = one.common(typ)
            if not isinstance(common, Anything):
                return common
        return Anything()

    def __str__(self) -> str:
        """Return the types."""
        return " or ".join(map(str, self._types))


class Token(Data):
    """An array, a number among them.

    Args:
        element: type of the elements, as a word or as NumPy has it; None if it is not known.
        shape: elements along each axis, None where that is not known. Axes of one element at the
            end make no difference.

    Raises:
        TypeException: an element that cannot be in a graph.
    """

    def __init__(self, element: Any = None, *shape: int | None) -> None:
        """Take elements and axes."""
        self._element = element_word(element)
        self._axes = tuple(shape)
        kept = len(shape)
        while kept and shape[kept - 1] == 1:
            kept -= 1
        self._shape = self._axes[:kept]

    @property
    def element(self) -> str | None:
        """Type of the elements, as NumPy has it."""
        return self._element

    @property
    def axes(self) -> tuple[int | None, ...] | None:
        """Elements along each axis."""
        return self._axes

    @property
    def rank(self) -> int:
        """Number of axes, without those of one element at the end."""
        return len(self._shape)

    def __getitem__(self, axis: int) -> int | None:
        """Return how many elements there are along an axis."""
        return self._shape[axis] if axis < len(self._shape) else 1

    def __iter__(self) -> Iterator[int | None]:
        """Return an iterator over the axes."""
        return iter(self._shape)

    def castable(self, typ: Data) -> bool:
        """Return whether every value of a type may be used as one of this type."""
        if not isinstance(typ, Token) or not _casts(typ.element, self.element):
            return False
        if isinstance(typ, Wildcard):
            return typ.may_have(self.rank)
        if typ.rank > self.rank:
            return False
        pairs = ((self[axis], typ[axis]) for axis in range(self.rank))
        return all(a is None or b is None or a == b for a, b in pairs)

    def common(self, typ: Data) -> Data:
        """Return what is known of a value that is of this type or of another."""
        if not isinstance(typ, Token):
            return Anything()
        element = self.element if _casts(typ.element, self.element) else typ.element
        if not _casts(self.element, element):
            element = None
        rank = max(self.rank, typ.rank)
        axes = ((self[axis], typ[axis]) for axis in range(rank))
        return Token(element, *(a if a == b else None for a, b in axes))

    def pop(self) -> Token:
        """Return the type of its elements along the first axis."""
        return Token(self._element, *self._shape[1:])

    def push(self, length: int | None = None) -> Token:
        """Return the type of a list of such values."""
        return Token(self._element, length, *self._shape)

    def squeeze(self) -> Token:
        """Return the same without axes of one element at the end."""
        return Token(self._element, *self._shape)

    def native(self) -> Any:
        """Return the type as the compiled module takes it."""
        return "array", self._element, list(self._axes)

    def __eq__(self, other: object) -> bool:
        """Return whether elements and axes are the same."""
        if not isinstance(other, Token) or type(self) is not type(other):
            return False
        return (self._element, self._shape) == (other._element, other._shape)

    def __hash__(self) -> int:
        """Return the hash of elements and axes."""
        return hash((self._element, self._shape))

    def __str__(self) -> str:
        """Return elements and axes, as in ``float32 (?, 2)``."""
        element = self._element or "numbers"
        if not self._axes:
            return f"one {element}"
        axes = ", ".join("?" if axis is None else str(axis) for axis in self._axes)
        return f"{element} ({axes})"

    __repr__ = __str__


class Text(Token):
    """Text, or the bytes of a file, of some length."""

    @property
    def axes(self) -> None:
        """None: it is not an array."""
        return

    def native(self) -> Any:
        """Return the type as the compiled module takes it."""
        return self.element

    def __str__(self) -> str:
        """Return ``text`` or ``bytes``."""
        return str(self.element)


class Wildcard(Token):
    """A value of which the number of axes is not known.

    Args:
        element: type of the elements; None if it is not known.
        mindim: the least number of axes.
        maxdim: the greatest.
    """

    def __init__(
        self, element: Any = None, mindim: int | None = None, maxdim: int | None = None
    ) -> None:
        """Take elements and bounds."""
        super().__init__(element)
        self._mindim = mindim or 0
        self._maxdim = maxdim

    @property
    def axes(self) -> None:
        """None: it is not known how many there are."""
        return

    def may_have(self, rank: int) -> bool:
        """Return whether a value of this type may have so many axes, or fewer."""
        return self._mindim <= rank

    def castable(self, typ: Data) -> bool:
        """Return whether every value of a type may be used as one of this type."""
        if not isinstance(typ, Token) or not _casts(typ.element, self.element):
            return False
        if isinstance(typ, Wildcard):
            return True
        return self._mindim <= typ.rank and (self._maxdim is None or typ.rank <= self._maxdim)

    def common(self, typ: Data) -> Data:
        """Return what is known of a value that is of this type or of another."""
        return typ if self.castable(typ) else Anything()

    def native(self) -> Any:
        """Return the type as the compiled module takes it."""
        return None if self.element is None else ("array", self.element, None)

    def __str__(self) -> str:
        """Return the elements."""
        return f"an array of {self.element or 'numbers'}"


def element_word(element: Any) -> str | None:
    """Return a type of elements as NumPy has it.

    Raises:
        TypeException: a type that cannot be in a graph.
    """
    if element is None or element == "":
        return None
    word = _WORDS.get(element, element) if isinstance(element, str) else np.dtype(element).name
    if word not in _KNOWN:
        raise TypeException(f"{element!r} is not a type of elements: one of {', '.join(_CASTS)}")
    return word


def _casts(source: str | None, target: str | None) -> bool:
    if source is None or target is None or source == target:
        return True
    return target in _CASTS.get(source, set())
