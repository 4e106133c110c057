"""Values on their way into and out of jsonata-python, which tells null from undefined by an object of its own."""

from __future__ import annotations

import importlib
import math
from functools import cache
from typing import Any, Final

_LONG = 2**63
MAX_ITEMS = 360_145
"""The longest range that AWS evaluates."""
OUT_OF_MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


_LONG_LIST = 32
_MOST_CONVERTED = 16
_converted: dict[int, tuple[list[Any], list[Any]]] = {}
"""By identity, each list kept beside what became of it so that no other gets its id; states never change a list in
place, nor does the library change one that is not empty."""


class _Undefined:
    def __repr__(self) -> str:
        return "UNDEFINED"


class _Unsupported:
    def __repr__(self) -> str:
        return "UNSUPPORTED"


UNDEFINED: Final = _Undefined()
UNSUPPORTED: Final = _Unsupported()


@cache
def _null() -> Any:
    return importlib.import_module("jsonata.utils").Utils.NULL_VALUE


def to_jsonata(value: Any) -> Any:
    """A JSON value as the library wants it: nulls marked, 1.0 as 1, integers beyond 64 bits as doubles."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, dict):
        return {name: to_jsonata(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_jsonata(item) for item in value] if len(value) < _LONG_LIST else _long(value)
    return _null() if value is None else _number(value)


def _long(value: list[Any]) -> list[Any]:
    """A long list, converted once for all the states that see it: every item of a map has them all in its context."""
    known = _converted.get(id(value))
    if known is None:
        while len(_converted) >= _MOST_CONVERTED:
            del _converted[next(iter(_converted))]
        known = _converted[id(value)] = (value, [to_jsonata(item) for item in value])
    return known[1]


def is_function(value: Any) -> bool:
    """Whether a result is a function or regular expression, which a field cannot have."""
    return value is not None and value is not _null() and not isinstance(value, str | int | float | dict | list)


def from_jsonata(value: Any) -> Any:
    """A result as JSON, or UNDEFINED; what has no JSON form is written as AWS writes it."""
    if value is None:
        return UNDEFINED
    if value is _null():
        return None
    if isinstance(value, str | bool):
        return value
    if isinstance(value, dict):
        members = {name: from_jsonata(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not UNDEFINED}
    if isinstance(value, list):
        # indexed, since the library's lazy range iterates one short
        items = [from_jsonata(value[index]) for index in range(len(value))]
        return [None if item is UNDEFINED else item for item in items]
    return _number(value) if isinstance(value, int | float) else ""


def _number(value: float) -> float | int | str:
    if isinstance(value, int):
        return value if -_LONG <= value < _LONG else float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return int(value) if value.is_integer() and abs(value) < _LONG else value
