"""Expressions of a few plain forms, which need no library: a tenth of the time.

A path (`$a.b`), a path with a default (`$exists($a.b) ? $a.b : 0`), a path in a list (`[$a.b]`), a path as text
(`$string($a.b)`).
"""

from __future__ import annotations

import json
import re
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

_PATH = r"\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_KEYWORDS = frozenset({"and", "or", "in", "true", "false", "null", "function"})


class Form(Enum):
    """What is done with what a path leads to."""

    PATH = auto()
    DEFAULTED = auto()
    LISTED = auto()
    TEXT = auto()


class Plain(NamedTuple):
    """A plain expression: its form, the names of its path, and what it gives where there is nothing."""

    form: Form
    steps: tuple[str, ...]
    default: Any = None
    function: str = ""
    """The function that it calls, if it calls one: a variable of that name would come first."""


_FORMS = (
    (Form.PATH, "", re.compile(f"({_PATH})", re.ASCII)),
    (Form.DEFAULTED, "exists", re.compile(rf"\$exists\(({_PATH})\) \? \1 : (null|-?[1-9]\d{{0,14}}|0)", re.ASCII)),
    (Form.LISTED, "", re.compile(rf"\[({_PATH})\]", re.ASCII)),
    (Form.TEXT, "string", re.compile(rf"\$string\(({_PATH})\)", re.ASCII)),
)


@lru_cache(maxsize=2048)
def plain_form(expression: str) -> Plain | None:
    """What an expression is, if it is of a plain form."""
    for form, function, pattern in _FORMS:
        match = pattern.fullmatch(expression)
        if match is not None:
            steps = tuple(match[1][1:].split("."))
            default = json.loads(match[2]) if form is Form.DEFAULTED else None
            return None if _KEYWORDS.intersection(steps) else Plain(form, steps, default, function)
    return None
