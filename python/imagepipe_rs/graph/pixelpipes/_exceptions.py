"""What PixelPipes raises."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from imagepipe_rs._errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagepipe_rs.graph._node import Node


class NodeException(GraphError):  # noqa: N818  PixelPipes' name
    """A node that cannot work.

    Args:
        args: what is wrong.
        node: the node.
    """

    def __init__(
        self,
        *args: object,
        node: Node | str | None = None,
        origin: str = "",
        index: int | None = None,
    ) -> None:
        """Keep what is wrong, and with what."""
        name = node or "" if isinstance(node, str) or node is None else node.name
        if node is not None and not isinstance(node, str):
            origin = origin or node.origin
        super().__init__(" ".join(map(str, args)), node=name, origin=origin, index=index)

    def nodestack(self) -> list[str]:
        """Return where the node was made, as file and line."""
        return [self.origin] if self.origin else []

    def print_nodestack(self) -> None:
        """Print where the node was made."""
        for place, line in enumerate(self.nodestack()):
            print(f"{place} - {line}")  # noqa: T201  it is meant to


class ValidationException(NodeException):
    """A node whose inputs do not fit."""


class CompilerException(NodeException):
    """A graph that cannot be compiled."""


class Refused(ValidationException, CompilerException):
    """A graph, or a node of it, that cannot work: one of the above in each place."""


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """Raise errors of graphs as what PixelPipes raises."""
    try:
        yield
    except NodeException:
        raise
    except GraphError as error:
        made = Refused(str(error), node=error.node, origin=error.origin, index=error.index)
        raise made from error.__cause__ or error
