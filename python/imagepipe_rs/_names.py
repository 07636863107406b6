"""Names of files and classes in text."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Show names as they are, but for line ends and what a terminal would take for commands: ``\x1b``, ``\n``."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
