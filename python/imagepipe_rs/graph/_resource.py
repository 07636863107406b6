"""Resources: values that belong together, by name.

They exist only while a graph is built: unused fields produce no nodes.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from imagepipe_rs.graph._macro import Macro
from imagepipe_rs.graph._node import Node, Operation
from imagepipe_rs.graph._resource_type import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._node import Operand
    from imagepipe_rs.graph._resources import ResourceListNode


class ResourceNode(Node):
    """A resource: a subclass says how its fields are made."""

    def __init__(self, *, name: str | None = None) -> None:
        """Begin without fields."""
        super().__init__(name=name)
        self._saturates = self.graph.saturates
        self._made: dict[str, Node | None] = {}

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Return the names of its fields."""

    @abstractmethod
    def make(self, field: str) -> Operand:
        """Return the node of a field."""

    def field(self, field: str) -> Node:
        """Return the node of a field, which is the same one every time.

        Raises:
            GraphError: there is no such field, or it needs itself.
        """
        if field not in self.fields():
            raise self.fault(f"it has no field {field!r}, only {', '.join(self.fields())}")
        if field not in self._made:
            self._made[field] = None
            scope = f"{self.name}.{field}", f"{self.identity}.{field}"
            with self.graph.within(*scope, saturates=self._saturates):
                self._made[field] = self.as_input(self.make(field))
        found = self._made[field]
        if found is None:
            raise self.fault(f"field {field!r} is computed from itself")
        return found

    def resource_type(self) -> Resource | None:
        """Return its fields as a type."""
        return Resource(*self.fields())

    def item_at(self, index: Operand, seen: Node) -> Node:
        """Return a field."""
        if not isinstance(index, str):
            reason = f"it is one resource, not a list: choose a field by name, not {index!r}"
            raise seen.fault_here(reason)
        return GetField(seen, index)


class MakeResource(ResourceNode):
    """A resource of given fields.

    Args:
        fields: the fields by name, as a mapping.
        named: the same, as keywords.

    Example::

        sample = MakeResource(image=image, label=3)
        outputs(sample["image"], sample["label"])
    """

    def __init__(self, fields: Mapping[str, Operand] | None = None, /, **named: Operand) -> None:
        """Take the fields."""
        super().__init__()
        self._fields = {key: self.as_input(one) for key, one in {**(fields or {}), **named}.items()}

    def fields(self) -> tuple[str, ...]:
        """Return the names of its fields."""
        return tuple(self._fields)

    def make(self, field: str) -> Operand:
        """Return the node of a field."""
        return self._fields[field]


class AppendField(ResourceNode):
    """A resource with another field.

    Args:
        source: the resource.
        field: the name of the other field; a field of this name is replaced.
        value: its value.

    Raises:
        GraphError: `source` is not a resource.
    """

    def __init__(self, source: Node, field: str, value: Operand) -> None:
        """Take the resource and the field."""
        super().__init__()
        self._source = one_resource(self, source)
        self._field = field
        self._value = self.as_input(value)

    def fields(self) -> tuple[str, ...]:
        """Return the names of its fields."""
        others = (one for one in self._source.fields() if one != self._field)
        return (*others, self._field)

    def make(self, field: str) -> Operand:
        """Return the node of a field."""
        return self._value if field == self._field else self._source.field(field)


class GetField(Macro):
    """A field of a resource, as in ``source[element]``.

    Args:
        source: the resource.
        element: the name of the field.

    Raises:
        GraphError: `source` is not a resource, or has no such field.
    """

    def __init__(self, source: Node, element: str, *, name: str | None = None) -> None:
        """Take the resource and the name."""
        self._element = element
        super().__init__(source=source, name=name)

    def expand(self, source: Node) -> Operand:
        """Return the field."""
        found = one_resource(self, source)
        if self._element not in found.fields():
            known = ", ".join(found.fields()) or "none"
            raise self.fault(f"the resource has no field {self._element!r}, only {known}")
        return found.field(self._element)


class ConditionalResource(Macro):
    """One of two resources, or of two lists of them, with the fields that both have.

    Args:
        true: what it is if the condition holds.
        false: what it is if not.
        condition: true or false, or a number, which is true unless it is 0.

    Raises:
        GraphError: not two resources or two lists, or they have no field in common.
    """

    def __init__(
        self, true: Node, false: Node, condition: Operand, *, name: str | None = None
    ) -> None:
        """Take both and the condition."""
        super().__init__(true=true, false=false, condition=condition, name=name)

    def expand(self, true: Node, false: Node, condition: Node) -> Operand:
        """Return a resource, or a list, whose fields are chosen."""
        return choice(self, true, false, condition)


class _Choice(ResourceNode):
    """One of two resources."""

    def __init__(self, true: ResourceNode, false: ResourceNode, condition: Node) -> None:
        super().__init__()
        self._true, self._false, self._condition = true, false, condition

    def fields(self) -> tuple[str, ...]:
        return tuple(one for one in self._true.fields() if one in self._false.fields())

    def make(self, field: str) -> Operand:
        return choice(self, self._true.field(field), self._false.field(field), self._condition)


def choice(macro: Node, true: Node, false: Node, condition: Node) -> Node:
    """Return one of two values, resources or lists of resources.

    Args:
        macro: the node to blame.
        true: what it is if the condition holds.
        false: what it is if not.
        condition: the condition.

    Raises:
        GraphError: they are not of one kind, or they are resources without a common field.
    """
    a, b = true.resolved, false.resolved
    if isinstance(a, ResourceNode) and isinstance(b, ResourceNode):
        made: ResourceNode | ResourceListNode = _Choice(a, b, condition)
    elif all(one.is_resource() and not isinstance(one, ResourceNode) for one in (a, b)):
        made = a.chosen(b, condition)  # type: ignore[attr-defined]  # a list
    elif a.is_resource() or b.is_resource():
        kinds = " and ".join(str(one.resource_type() or "a value") for one in (a, b))
        raise macro.fault(f"it chooses from {kinds}, which are not of one kind")
    else:
        return Operation("Conditional", true, false, condition)
    if not made.fields():
        raise macro.fault("the two resources have no field in common")
    return made


def one_resource(macro: Node, node: Any) -> ResourceNode:
    """Return the resource that a node is.

    Raises:
        GraphError: it is something else.
    """
    found = macro.as_input(node).resolved
    if isinstance(found, ResourceNode):
        return found
    if found.is_resource():
        raise macro.fault(f"{node!r} is a list of resources: choose one first, as in resources[0]")
    raise macro.fault(f"{node!r} is not a resource")
