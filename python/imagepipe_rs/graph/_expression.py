"""Arithmetic written as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Constant, Node, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagepipe_rs.graph._node import Operand

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>\S))"
)
_SUMS = {"+": "Add", "-": "Subtract"}
_PRODUCTS = {"*": "Multiply", "/": "Divide", "%": "Modulo"}
_DEEPEST = 100


class Expression(Macro):
    """Arithmetic on numbers, written as text.

    It knows ``+ - * / % ^``, signs and parentheses, as they bind in mathematics: ``-2^2`` is -4,
    ``2^3^2`` is 512, ``8/4/2`` is 1. All numbers are floats, so that ``7/2`` is 3.5; ``%`` has the
    sign of the dividend.

    Args:
        source: the text.
        variables: nodes and numbers by the names that stand for them in the text.

    Raises:
        GraphError: the text is not an expression, or a variable is unknown.

    Example::

        Expression("(x^2 - y) * 2 + 1", {"x": SampleUniform(0, 1), "y": 15})
    """

    def __init__(
        self,
        source: str,
        variables: Mapping[str, Operand] | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the text and the variables."""
        self._source = source
        self._variables = dict(variables or {})
        super().__init__(name=name)

    def expand(self) -> Operand:
        """Return the operations that the text describes."""
        return _Parser(self._source, self._variable, self._refuse).parsed()

    def _variable(self, name: str) -> Node:
        if name not in self._variables:
            known = ", ".join(self._variables) or "none"
            raise self.fault(f"unknown variable {name!r} in {self._source!r}; there are: {known}")
        # Integers become floats, and doubles stay what they are.
        return Operation("Multiply", self.as_value(self._variables[name]), 1.0, False)

    def _refuse(self, place: int, reason: str) -> Exception:
        return self.fault(f"{self._source!r}, character {place + 1}: {reason}")


class _Token(NamedTuple):
    """A part of the text.

    Attributes:
        place: where it begins.
        kind: number, name, sign or end.
        text: what it is.
    """

    place: int
    kind: str
    text: str


class _Parser:
    """Makes operations of a text, by recursive descent."""

    def __init__(
        self,
        source: str,
        variable: Callable[[str], Node],
        refuse: Callable[[int, str], Exception],
    ) -> None:
        self._tokens = [
            _Token(
                found.start(found.lastgroup or 0),
                found.lastgroup or "",
                found[found.lastgroup or 0],
            )
            for found in _TOKEN.finditer(source)
        ]
        self._tokens.append(_Token(len(source), "end", "the end"))
        self._at = 0
        self._depth = 0
        self._variable = variable
        self._refuse = refuse

    def parsed(self) -> Node:
        made = self._sum()
        if self._next.kind != "end":
            raise self._unexpected("an operator")
        return made

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, signs: str | Mapping[str, str]) -> str | None:
        """Pass a sign, if it is the next one."""
        token = self._next
        if token.kind != "sign" or token.text not in signs:
            return None
        self._at += 1
        return token.text

    def _sum(self) -> Node:
        made = self._product()
        while sign := self._take(_SUMS):
            made = Operation(_SUMS[sign], made, self._product(), False)
        return made

    def _product(self) -> Node:
        made = self._signed()
        while sign := self._take(_PRODUCTS):
            clips = [] if sign == "%" else [False]
            made = Operation(_PRODUCTS[sign], made, self._signed(), *clips)
        return made

    def _signed(self) -> Node:
        """Parse a power with any number of signs before it, which bind less than the power."""
        is_negative = False
        while sign := self._take("+-"):
            is_negative ^= sign == "-"
        made = self._power()
        return Operation("Multiply", made, -1.0, False) if is_negative else made

    def _power(self) -> Node:
        made = self._atom()
        if not self._take("^"):
            return made
        with _Deeper(self):
            return Operation("Power", made, self._signed())

    def _atom(self) -> Node:
        token = self._next
        if token.kind == "number":
            self._at += 1
            return Constant(float(token.text))
        if token.kind == "name":
            self._at += 1
            return self._variable(token.text)
        if not self._take("("):
            raise self._unexpected("a number, a variable or '('")
        with _Deeper(self):
            made = self._sum()
        if not self._take(")"):
            raise self._unexpected("')'")
        return made

    def _unexpected(self, wanted: str) -> Exception:
        token = self._next
        found = token.text if token.kind == "end" else repr(token.text)
        return self._refuse(token.place, f"{found}, not {wanted}")

    def deeper(self, by: int) -> None:
        """Count parentheses and powers one in another."""
        self._depth += by
        if self._depth > _DEEPEST:
            raise self._refuse(self._next.place, f"more than {_DEEPEST} levels")


class _Deeper:
    """A level further down in the text."""

    def __init__(self, parser: _Parser) -> None:
        self._parser = parser

    def __enter__(self) -> None:
        self._parser.deeper(1)

    def __exit__(self, *_: object) -> None:
        self._parser.deeper(-1)
