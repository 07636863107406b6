"""Python's operators on nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagepipe_rs.graph._node import Node, Operand


class Operators:
    """The operators of :class:`Node`, each of which makes an operation."""

    # So that NumPy leaves `array + node` to the node.
    __array_ufunc__ = None

    __hash__ = object.__hash__

    def __array_function__(self, function: Callable[..., Any], *_: object) -> NoReturn:
        """Raise an error: NumPy's functions compute while the graph is built."""
        message = (
            f"numpy.{function.__name__} takes arrays, and {self!r} has a value in each sample, and "
            "none while the graph is built: use nodes, or PyNode(function, [node])"
        )
        raise TypeError(message)

    def _make(self, operation: str, *inputs: Operand | Operators) -> Node:
        """Make an operation of it and others."""
        raise NotImplementedError

    def __add__(self, other: Operand) -> Node:
        """Return the sum."""
        return self._make("Add", self, other)

    def __radd__(self, other: Operand) -> Node:
        """Return the sum."""
        return self._make("Add", other, self)

    def __sub__(self, other: Operand) -> Node:
        """Return the difference."""
        return self._make("Subtract", self, other)

    def __rsub__(self, other: Operand) -> Node:
        """Return the difference."""
        return self._make("Subtract", other, self)

    def __mul__(self, other: Operand) -> Node:
        """Return the product."""
        return self._make("Multiply", self, other)

    def __rmul__(self, other: Operand) -> Node:
        """Return the product."""
        return self._make("Multiply", other, self)

    def __truediv__(self, other: Operand) -> Node:
        """Return the quotient, of integers towards zero."""
        return self._make("Divide", self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        """Return the quotient, of integers towards zero."""
        return self._make("Divide", other, self)

    def __pow__(self, other: Operand) -> Node:
        """Return the power."""
        return self._make("Power", self, other)

    def __rpow__(self, other: Operand) -> Node:
        """Return the power."""
        return self._make("Power", other, self)

    def __mod__(self, other: Operand) -> Node:
        """Return the remainder, with the sign of the dividend."""
        return self._make("Modulo", self, other)

    def __rmod__(self, other: Operand) -> Node:
        """Return the remainder, with the sign of the dividend."""
        return self._make("Modulo", other, self)

    def __lt__(self, other: Operand) -> Node:  # type: ignore[misc]  # the node's is used
        """Return whether it is lower."""
        return self._make("Lower", self, other)

    def __le__(self, other: Operand) -> Node:  # type: ignore[misc]  # the node's is used
        """Return whether it is not greater."""
        return self._make("LowerEqual", self, other)

    def __gt__(self, other: Operand) -> Node:  # type: ignore[misc]  # the node's is used
        """Return whether it is greater."""
        return self._make("Greater", self, other)

    def __ge__(self, other: Operand) -> Node:  # type: ignore[misc]  # the node's is used
        """Return whether it is not lower."""
        return self._make("GreaterEqual", self, other)

    def __eq__(self, other: object) -> Node:  # type: ignore[override]
        """Return whether they are equal, in each sample."""
        return self._make("Equal", self, other)  # type: ignore[arg-type]  # checked there

    def __ne__(self, other: object) -> Node:  # type: ignore[override]
        """Return whether they differ, in each sample."""
        return self._make("NotEqual", self, other)  # type: ignore[arg-type]  # checked there

    def __and__(self, other: Operand) -> Node:
        """Return whether both hold."""
        return self._make("LogicalAnd", self, other)

    def __rand__(self, other: Operand) -> Node:
        """Return whether both hold."""
        return self._make("LogicalAnd", other, self)

    def __or__(self, other: Operand) -> Node:
        """Return whether one of them holds."""
        return self._make("LogicalOr", self, other)

    def __ror__(self, other: Operand) -> Node:
        """Return whether one of them holds."""
        return self._make("LogicalOr", other, self)

    def __neg__(self) -> Node:
        """Return the number with the other sign."""
        return self._make("Subtract", 0, self)

    def __invert__(self) -> Node:
        """Return whether it does not hold."""
        return self._make("LogicalNot", self)
