"""JSON as AWS reads it: no NaN, no lone surrogates, nothing nested beyond what can be written again."""

from __future__ import annotations

import json
from typing import Any


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
    return value


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no JSON value")
