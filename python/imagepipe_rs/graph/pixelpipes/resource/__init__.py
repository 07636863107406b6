"""Resources: values that belong together, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs import graph as native
from imagepipe_rs.graph._resource_type import Resource, ResourceField
from imagepipe_rs.graph.pixelpipes._exceptions import refused
from imagepipe_rs.graph.pixelpipes._port import converted, ported
from imagepipe_rs.graph.pixelpipes.graph import Copy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagepipe_rs.graph._node import Node, Operand

__all__ = [
    "AppendField",
    "ConditionalResource",
    "CopyResource",
    "GetField",
    "MakeResource",
    "Resource",
    "ResourceField",
    "ResourceProxy",
]

IMAGE_FIELD = "image"
MASK_FIELD = "mask"
POINTS_FIELD = "points"

CopyResource = Copy
ConditionalResource = ported(native.ConditionalResource)
GetField = ported(native.GetField)


class MakeResource(native.MakeResource):
    """A resource of given fields."""

    def __init__(self, _name: str | None = None, **inputs: Any) -> None:
        """Take the fields by name."""
        del _name
        with refused():
            super().__init__({key: converted("", one) for key, one in inputs.items()})


class AppendField(native.AppendField):
    """A resource with another field.

    Args:
        source: the resource.
        name: the name of the other field.
        value: its value.
    """

    def __init__(
        self, source: Node, name: str, value: Operand, *, _name: str | None = None
    ) -> None:
        """Take the resource and the field."""
        del _name
        with refused():
            super().__init__(source, name, converted("", value))


class ResourceProxy(native.MakeResource):
    """A resource that a macro returns.

    Args:
        inputs: fields by name.
        _fields: fields that are computed from others.
    """

    def __init__(
        self,
        _fields: Mapping[str, ResourceField] | None = None,
        _name: str | None = None,
        **inputs: Any,
    ) -> None:
        """Take the fields."""
        del _name
        with refused():
            super().__init__(inputs)
        self._virtual = dict(_fields or {})

    def fields(self) -> tuple[str, ...]:
        """Return the names of its fields."""
        return tuple(dict.fromkeys((*super().fields(), *self._virtual)))

    def make(self, field: str) -> Operand:
        """Return the node of a field."""
        if field in self._virtual:
            return self._virtual[field].access(self)
        return super().make(field)
