"""Which of several values, and other small macros."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Constant, Node, Operation
from imagepipe_rs.graph._resource import choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagepipe_rs.graph._node import Operand


class Toggle(Macro):
    """One of two values, or of two resources, the first one with a probability.

    Args:
        true: what it is with probability `p`.
        false: what it is else.
        p: the probability, from 0 to 1.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: `p` is not a probability, or a value and a resource.
    """

    def __init__(
        self,
        true: Operand,
        false: Operand,
        p: Operand,
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take both and the probability."""
        self._p = p
        super().__init__(true=true, false=false, p=p, seed=seed, name=name)

    def expand(self, true: Node, false: Node, p: Node, seed: Node) -> Operand:
        """Return a choice by a random truth value."""
        if isinstance(self._p, int | float) and not 0 <= self._p <= 1:
            raise self.fault(f"p is {self._p}, not a probability from 0 to 1")
        return choice(self, true, false, Operation("SampleBernoulli", p, seed))


class Switch(Macro):
    """One of several values, or of several resources, chosen at random.

    Only the one that is chosen is computed.

    Args:
        inputs: the values.
        weights: how likely each is, relative to the others.
        seed: a seed to share with other nodes; one of its own if not given.

    Raises:
        GraphError: no values, another number of weights than of values, weights that are not
            numbers from 0, or all 0.
    """

    def __init__(
        self,
        inputs: Sequence[Operand],
        weights: Sequence[float],
        seed: Operand | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Take the values and weights."""
        self._weights = list(weights)
        branches = {f"input{number}": one for number, one in enumerate(inputs)}
        super().__init__(seed=seed, name=name, **branches)

    def expand(self, seed: Node, **branches: Node) -> Operand:
        """Return a tree of choices by one random number."""
        self._check(len(branches))
        pairs = zip(branches.values(), self._weights, strict=True)
        likely = [(branch, float(weight)) for branch, weight in pairs if weight > 0]
        # The number of choices one in another is the logarithm of the number of branches.
        total = math.fsum(weight for _, weight in likely)
        return self._tree(likely, 0.0, Operation("SampleUniform", 0.0, total, seed))

    def _tree(self, branches: list[tuple[Node, float]], begin: float, drawn: Node) -> Node:
        if len(branches) == 1:
            return branches[0][0]
        half = len(branches) // 2
        bound = begin + math.fsum(weight for _, weight in branches[:half])
        lower = self._tree(branches[:half], begin, drawn)
        upper = self._tree(branches[half:], bound, drawn)
        return choice(self, lower, upper, drawn < bound)

    def _check(self, branches: int) -> None:
        if branches == 0:
            raise self.fault("it has no inputs")
        if branches != len(self._weights):
            raise self.fault(f"it has {branches} inputs and {len(self._weights)} weights")
        for weight in self._weights:
            is_number = isinstance(weight, int | float | np.number)
            if not is_number or not 0 <= weight < math.inf:
                raise self.fault(f"a weight is {weight!r}, not a number from 0")
        if not any(self._weights):
            raise self.fault("all weights are 0")


class RandomBoolean(Macro):
    """True or false, with the same probability.

    Args:
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(self, seed: Operand | None = None, *, name: str | None = None) -> None:
        """Take the seed."""
        super().__init__(seed=seed, name=name)

    def expand(self, seed: Node) -> Operand:
        """Return whether a random number is in the upper half."""
        return Operation("SampleUniform", 0.0, 1.0, seed) >= 0.5  # noqa: PLR2004


class GetRandom(Macro):
    """An element of a list, each as likely as the others.

    Args:
        source: a list, or an array along its first axis.
        seed: a seed to share with other nodes; one of its own if not given.
    """

    def __init__(
        self, source: Operand, seed: Operand | None = None, *, name: str | None = None
    ) -> None:
        """Take the list."""
        super().__init__(source=source, seed=seed, name=name)

    def expand(self, source: Node, seed: Node) -> Operand:
        """Return the element of a random number."""
        index = Operation("RandomIndex", Operation("Length", source), seed)
        return Operation("GetElement", source, index)


class Table(Macro):
    """A constant table of numbers, whose elements are its rows.

    Args:
        source: the rows, all of one length.

    Raises:
        GraphError: rows that are not of one length, or not of numbers.
    """

    def __init__(self, source: Sequence[Sequence[float]], *, name: str | None = None) -> None:
        """Take the rows."""
        self._rows = [list(row) for row in source]
        super().__init__(name=name)

    def expand(self) -> Operand:
        """Return an array of two axes."""
        lengths = [len(row) for row in self._rows]
        if not lengths or len(set(lengths)) > 1:
            raise self.fault(
                f"its rows have {lengths} numbers, not all the same"
                if lengths
                else "it has no rows"
            )
        if not all(isinstance(one, int | float | np.number) for row in self._rows for one in row):
            raise self.fault("it has elements that are not numbers")
        return Constant(self._rows)


class Float(Macro):
    """The same numbers as floats.

    Args:
        source: an array.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Take the array."""
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return the converted array."""
        return Operation("Convert", source, "Float")


class Integer(Macro):
    """The same numbers as integers: clipped to their range, then truncated.

    Args:
        source: an array.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Take the array."""
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return the converted array."""
        return Operation("Convert", source, "Integer")


class Boolean(Macro):
    """Truth values, which are false for 0.

    Args:
        source: an array.
    """

    def __init__(self, source: Operand, *, name: str | None = None) -> None:
        """Take the array."""
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return the converted array."""
        return Operation("Convert", source, "Boolean")
