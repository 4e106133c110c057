"""JSON as AWS reads it: no NaN, no lone surrogates, nothing nested beyond what can be written again."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 1000
"""What a JSON reader takes at its defaults; a library may have set the interpreter's recursion limit higher."""


def parse(text: str) -> Any:
    """The value.

    Raises:
        ValueError: it is no JSON text that could go on to a target.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if _depth(value) > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    return value


def _depth(value: Any) -> int:
    """How many objects and arrays lie inside each other; found without recursion."""
    depth, level = 0, [value]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]
    return depth


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON value")
