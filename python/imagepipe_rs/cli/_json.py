"""JSON on stdout, for programs."""

from __future__ import annotations

import base64
import json
from typing import Any


def print_json(value: Any) -> None:
    """Write JSON to stdout; text that is not UTF-8 has its bytes in base64 beside it."""
    print(json.dumps(_portable(value), indent=2))


def _portable(value: Any) -> Any:
    if isinstance(value, list):
        return [_portable(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, one in value.items():
        found[key] = _portable(one)
        data = one.encode(errors="surrogateescape") if isinstance(one, str) else b""
        text = data.decode(errors="replace")
        if data and text != one:
            found |= {key: text, f"{key}_base64": base64.b64encode(data).decode()}
    return found
