"""Writes ``_nodes.py``: a class for each operation of the compiled module."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from imagepipe_rs import _native

_HEAD = '''"""The operations as nodes.

Made by ``_make_nodes.py`` from the table in the compiled module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagepipe_rs.graph._node import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagepipe_rs.graph._node import Operand

'''

_LONGEST = 93  # characters of the first line of a docstring


def source() -> str:
    """Return the text of ``_nodes.py``."""
    operations = [row for row in _native.graph_operations() if row["name"] != "RandomSeed"]
    # Constants come first where names are sorted, and that is what CLAHE looks like.
    # In the order that linters want: acronyms first.
    names = sorted((row["name"] for row in operations), key=lambda name: (not name.isupper(), name))
    listed = "\n".join(f'    "{name}",' for name in names)
    classes = "\n\n".join(map(_class, operations))
    return f"{_HEAD}__all__ = [\n{listed}\n]\n\n\n{classes}"


def _class(row: dict[str, Any]) -> str:
    parameters = [_Parameter(*one) for one in row["parameters"]]
    if row["variadic"]:
        parameters = [_merged(parameters)]
    signature = ["self", *(one.declared() for one in parameters), "*", "name: str | None = None"]
    given = [f'"{row["name"]}"', *(one.passed() for one in parameters), "name=name"]
    lines = [
        f"class {row['name']}(Operation):",
        _docstring(row["summary"], parameters),
        "",
        f"    def __init__({', '.join(signature)}) -> None:",
        '        """Make the node."""',
        f"        super().__init__({', '.join(given)})",
        "",
    ]
    return "\n".join(lines)


class _Parameter:
    def __init__(self, name: str, summary: str, default: str | None) -> None:
        self.name = name
        self.summary = summary
        self.default = default
        self.is_list = False

    def declared(self) -> str:
        if self.is_list:
            return f"{self.name}: Sequence[Operand]"
        if self.default is None:
            return f"{self.name}: Operand"
        optional = " | None" if self.default == "None" else ""
        return f"{self.name}: Operand{optional} = {self.default}"

    def passed(self) -> str:
        return f"*{self.name}" if self.is_list else self.name


def _merged(parameters: list[_Parameter]) -> _Parameter:
    """Return the list that takes the place of all parameters: all of them are its elements."""
    made = parameters[-1]
    made.is_list = True
    if len(parameters) > 1:
        made.summary = "; ".join(f"{one.summary}" for one in parameters)
    return made


def _docstring(summary: str, parameters: list[_Parameter]) -> str:
    first, more = _in_two(summary)
    if not parameters and not more:
        return f'    """{first}"""'
    lines = [f'    """{first}']
    if more:
        lines += ["", *textwrap.wrap(more, 95, initial_indent="    ", subsequent_indent="    ")]
    if parameters:
        lines += ["", "    Args:"]
    for one in parameters:
        text = f"{one.name}: {one.summary}."
        wrapped = textwrap.wrap(text, 91, subsequent_indent="    ")
        lines += [f"        {line}" for line in wrapped]
    return "\n".join([*lines, '    """'])


def _in_two(summary: str) -> tuple[str, str]:
    """Return the first line of a docstring, and the rest of a summary that is longer than that."""
    if len(summary) <= _LONGEST:
        return summary, ""
    first, _, more = summary.partition(": ")
    return f"{first}.", more[:1].upper() + more[1:]


if __name__ == "__main__":
    (Path(__file__).parent / "_nodes.py").write_text(source(), encoding="utf-8")
