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
    from imagepipe_rs.graph._node import Operand

'''

_WORDS = {"true", "false"}  # as parameters they would be mistaken for truth values


def source() -> str:
    """Return the text of ``_nodes.py``."""
    operations = [row for row in _native.graph_operations() if row["name"] != "RandomSeed"]
    names = sorted(row["name"] for row in operations)
    listed = "\n".join(f'    "{name}",' for name in names)
    classes = "\n\n".join(map(_class, operations))
    return f"{_HEAD}__all__ = [\n{listed}\n]\n\n\n{classes}"


def _class(row: dict[str, Any]) -> str:
    parameters = [_Parameter(*one) for one in row["parameters"]]
    variadic = parameters.pop() if row["variadic"] else None
    signature = ["self", *(one.declared() for one in parameters)]
    given = [f'"{row["name"]}"', *(one.name for one in parameters)]
    if variadic:
        signature.append(f"*{variadic.name}: Operand")
        given.append(f"*{variadic.name}")
        parameters.append(variadic)
    else:
        signature.append("*")
    lines = [
        f"class {row['name']}(Operation):",
        _docstring(row["summary"], parameters),
        "",
        f"    def __init__({', '.join([*signature, 'name: str | None = None'])}) -> None:",
        '        """Make the node."""',
        f"        super().__init__({', '.join([*given, 'name=name'])})",
        "",
    ]
    return "\n".join(lines)


class _Parameter:
    def __init__(self, name: str, summary: str, default: str | None) -> None:
        self.name = f"{name}_" if name in _WORDS else name
        self.summary = summary
        self.default = default

    def declared(self) -> str:
        if self.default is None:
            return f"{self.name}: Operand"
        optional = " | None" if self.default == "None" else ""
        return f"{self.name}: Operand{optional} = {self.default}"


def _docstring(summary: str, parameters: list[_Parameter]) -> str:
    if not parameters:
        return f'    """{summary}"""'
    lines = [f'    """{summary}', "", "    Args:"]
    for one in parameters:
        text = f"{one.name}: {one.summary}."
        wrapped = textwrap.wrap(text, 91, subsequent_indent="    ")
        lines += [f"        {line}" for line in wrapped]
    return "\n".join([*lines, '    """'])


if __name__ == "__main__":
    (Path(__file__).parent / "_nodes.py").write_text(source(), encoding="utf-8")
