"""Nodes that are made of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from imagepipe_rs._errors import GraphError
from imagepipe_rs.graph._inputs import MISSING, Attribute, Context, EnumerationInput, Input
from imagepipe_rs.graph._node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.graph._build import Build
    from imagepipe_rs.graph._node import Operand
    from imagepipe_rs.graph._token import Data


_RESERVED = {"graph", "name", "operands", "origin", "place", "resolved", "type"}


class Macro(Node):
    """A node made of others: a subclass says in ``expand`` of which.

    A subclass declares its inputs as attributes of the class; or it has an ``__init__`` of its own,
    which passes nodes and values on by name.

    Args:
        args: values of the declared attributes, in their order.
        name: what the node is called; parts that draw random numbers depend on it.
        inputs: the same by name; of a class that declares none, the arguments of ``expand``.

    Raises:
        GraphError: an input that is missing, unknown or of the wrong kind.

    Example::

        class Double(Macro):
            source = Input(types.Float())

            def expand(self, source):
                return source + source


        class Jitter(Macro):
            def __init__(self, source: Operand, most: float, *, name: str | None = None) -> None:
                self.most = most
                super().__init__(source=source, seed=None, name=name)

            def expand(self, source: Node, seed: Node) -> Node:
                return source + SampleUniform(-self.most, self.most, seed)
    """

    _attributes: ClassVar[dict[str, Attribute]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collect the declared attributes, those of base classes first."""
        super().__init_subclass__(**kwargs)
        found: dict[str, Attribute] = {}
        for base in reversed(cls.__mro__):
            if base in Macro.__mro__:
                continue  # these declare none
            found |= {key: one for key, one in vars(base).items() if _is_declared(key, one)}
        if taken := _RESERVED & found.keys():
            raise TypeError(f"an input cannot be called {min(taken)!r}, as nodes have that already")
        cls._attributes = found

    def __init__(self, *args: Any, name: str | None = None, **inputs: Any) -> None:
        """Make the nodes that it consists of."""
        super().__init__(name=name)
        self._result: Node | None = None
        self._given: dict[str, Node] = {}
        if self._attributes:
            self._bind(args, inputs)
        elif args:
            raise self.fault("its inputs must be given by name")
        else:
            # Macros of the user's own may call theirs as they like.
            is_ours = type(self).__module__.startswith("imagepipe_rs.")
            seeds = {"seed"} if is_ours else inputs.keys()
            self._given = {
                key: self.as_seed(one) if key in seeds else self.as_input(one)
                for key, one in inputs.items()
            }
        with self.graph.within(self.name, self.identity, saturates=self.graph.saturates):
            self.prepare()
            self._result = self._made(self.expand(**self.arguments()))

    def expand(self, *args: Any, **inputs: Any) -> Operand:
        """Return the node that computes the value, made of the inputs.

        Args:
            args: nothing.
            inputs: the inputs by name, as nodes.
        """
        raise NotImplementedError(f"{type(self).__name__} has no expand()")

    def prepare(self) -> None:
        """Do what must be done before ``expand``."""

    def arguments(self) -> dict[str, Any]:
        """Return what ``expand`` gets."""
        return self._given

    def stands_for(self) -> Node:
        """Return what it expanded to, which is not known while it is expanded."""
        return self if self._result is None else self._result

    def final(self, build: Build) -> Node:
        """Return what it expanded to."""
        build.macros[id(self)] = self
        return self.stands_for()

    def declared(self) -> Iterator[tuple[str, Data, Node]]:
        """Return an iterator over inputs whose types are declared: name, type and node."""
        for key, node in self._given.items():
            declared = self._attributes.get(key)
            if not isinstance(declared, Input) or isinstance(declared, EnumerationInput):
                continue
            if not node.is_resource():
                yield key, declared.reftype(), node

    def _bind(self, args: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        names = list(self._attributes)
        if len(args) > len(names):
            raise self.fault(f"{len(args)} inputs, and it takes {len(names)}: {', '.join(names)}")
        given = dict(zip(names, args, strict=False))
        for key, value in inputs.items():
            if key not in self._attributes:
                raise self.fault(f"it has no input {key!r}, only {', '.join(names) or 'none'}")
            if key in given:
                raise self.fault(f"input {key!r} is given twice")
            given[key] = value
        for key, attribute in self._attributes.items():
            bound = self._bound(key, attribute, given)
            setattr(self, key, bound)
            if isinstance(attribute, Input):
                self._given[key] = bound

    def _bound(self, key: str, attribute: Attribute, given: dict[str, Any]) -> Any:
        if key not in given:
            if attribute.default is MISSING or getattr(attribute, "required", False) is True:
                raise self.fault(f"input {key!r} is missing")
            if not isinstance(attribute, Input):
                return attribute.default
        value = given.get(key, attribute.default)
        try:
            return attribute.coerce(value, Context(self, key))
        except GraphError:
            raise
        except Exception as error:
            raise self.fault(f"{key} is {value!r:.100}: {error}") from error

    def _made(self, made: Any) -> Node:
        if made is None:
            raise self.fault(f"{type(self).__name__}.expand() returned nothing")
        return self.as_input(made)


def _is_declared(key: str, value: object) -> bool:
    return not key.startswith("__") and not isinstance(value, type) and isinstance(value, Attribute)
