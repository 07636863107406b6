"""What each sample of a graph has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagepipe_rs.graph._graph import current, not_text
from imagepipe_rs.graph._node import Constant, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imagepipe_rs.graph._node import Operand


class Output:
    """Something that each sample has.

    Args:
        output: its value.
        label: what it is called; several outputs may share a label. Without one, it is "default",
            but samples are tuples then.

    Raises:
        GraphError: a resource, of which a field must be chosen; a list of nodes; or a label that is
            not text, or empty.

    Attributes:
        node: the node.
        label: what it is called.
        is_labelled: whether a label was given.
    """

    def __init__(self, output: Operand, label: str | None = None) -> None:
        """Add the output to the current graph."""
        graph = current()
        self.node: Node
        if isinstance(output, Output):
            raise output.node.fault_here("it is an output already: give the node itself")
        if (node := _node_within(output)) is not None:
            reason = "a list of nodes is not a value: use MakeList, or give each its own output"
            raise node.fault_here(reason)
        self.node = output if isinstance(output, Node) else Constant(output)
        self.is_labelled = label is not None
        self.label = "default" if label is None else label
        if wrong := not_text(self.label):
            raise self.node.fault_here(f"its label is {wrong}")
        if not self.label:
            raise self.node.fault_here("its label is empty")
        if self.node.graph is not graph:
            raise self.node.fault_here("it is an output of another graph than its own")
        if self.node.is_resource():
            reason = "an output is one value, not a resource: choose a field, as in node['image']"
            raise self.node.fault_here(reason)
        graph.outputs.append(self)


def outputs(*nodes: Operand, label: str | None = None) -> None:
    """Add outputs to the current graph, all of one label."""
    for node in nodes:
        Output(node, label)


def add_outputs(made: Operand | Iterable[Operand] | Mapping[str, Operand] | None) -> None:
    """Add what a function returned to the current graph: a node, a tuple, or a mapping.

    Raises:
        GraphError: it is something else that has nodes.
    """
    if made is None:
        return  # the function has added outputs itself
    if (node := _node_within(made, list | set | frozenset)) is not None:
        reason = f"the function returns a {type(made).__name__} of nodes"
        raise node.fault(f"{reason}: return a tuple, or a mapping from labels to nodes")
    if hasattr(made, "items"):
        for label, node in made.items():
            Output(node, label)
    elif isinstance(made, tuple):
        outputs(*made)
    else:
        Output(made)  # type: ignore[arg-type]  # anything else is refused there


def _node_within(value: object, kinds: Any = list | tuple | set | frozenset) -> Node | None:
    """Return the first node of a list, or of lists in it; None of other values."""
    if not isinstance(value, kinds):
        return None
    for one in value:
        node = one if isinstance(one, Node) else _node_within(one)
        if node is not None:
            return node
    return None
