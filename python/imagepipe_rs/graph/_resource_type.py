"""Types of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._token import Anything, Data

if TYPE_CHECKING:
    from imagepipe_rs.graph._node import Node, Operand


class ResourceField:
    """A field that is computed from others when it is used: subclass it and write ``access``.

    Args:
        typ: the type of its values, for readers.
        purpose: what it is for, for readers.

    Example::

        class Doubled(ResourceField):
            def access(self, parent):
                return parent["label"] * 2
    """

    def __init__(self, typ: Data | None = None, purpose: str | None = None) -> None:
        """Keep type and purpose."""
        self.type = typ
        self.purpose = purpose

    def access(self, parent: Node) -> Operand:
        """Return the field's value.

        Args:
            parent: the resource, whose other fields are ``parent["name"]``.
        """
        raise NotImplementedError(f"{type(self).__name__} has no access()")


class NamedField(ResourceField):
    """A field of a resource, by its name.

    Args:
        field: the name.
    """

    def __init__(self, field: str) -> None:
        """Keep the name."""
        super().__init__()
        self._field = field

    def access(self, parent: Node) -> Operand:
        """Return the field's value."""
        return parent[self._field]


class Resource(Data):
    """The type of resources, or of lists of them.

    Args:
        fields: names of fields that there must be; others may be there, too.
        named: the same, as keywords; what they are set to makes no difference.
    """

    def __init__(self, *fields: str, **named: object) -> None:
        """Take the names of the fields."""
        self._fields = (*fields, *named)

    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields."""
        return self._fields

    def __contains__(self, field: object) -> bool:
        """Return whether there must be a field of this name."""
        return field in self._fields

    def __getitem__(self, field: str) -> ResourceField:
        """Return a field, whose ``access`` takes a resource of this type.

        Raises:
            KeyError: there is none of this name.
        """
        if field not in self._fields:
            raise KeyError(field)
        return NamedField(field)

    def castable(self, typ: Data) -> bool:
        """Return whether all fields are there in resources of a type."""
        return isinstance(typ, Resource) and set(self._fields) <= set(typ.fields())

    def common(self, typ: Data) -> Data:
        """Return the type of resources that have the fields of both."""
        if not isinstance(typ, Resource):
            return Anything()
        return Resource(*(field for field in self._fields if field in typ))

    def check(self, macro: Node, name: str, node: Node) -> None:
        """Check that a node is of this type.

        Raises:
            GraphError: it is not.
        """
        found = node.resource_type()
        if found is None or not self.castable(found):
            raise macro.fault(
                f"{name} is {node!r}, {found or 'which is not a resource'}, not {self}"
            )

    def __str__(self) -> str:
        """Return the names of the fields."""
        return f"a resource of {', '.join(self._fields)}" if self._fields else "a resource"


class ResourceList(Resource):
    """The type of lists of resources."""

    def castable(self, typ: Data) -> bool:
        """Return whether it is a list, and all fields are there."""
        return isinstance(typ, ResourceList) and super().castable(typ)

    def __str__(self) -> str:
        """Return the names of the fields."""
        return f"a list of resources of {', '.join(self.fields())}" if self.fields() else "a list"
