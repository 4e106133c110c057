"""What queries look at: log events, their fields found when somebody asks for them."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

MOST_ROWS = 10_000
"""Of one answer."""

Value = Any
"""A text, a number, a bool, a list or object of JSON, a `Moment`; None where there is nothing."""

_FIRST, _LAST = -62_135_596_800_000, 253_402_300_800_000
"""The years 1 to 9999, in milliseconds; what is not in them is shown as a number."""
_REPORT = {
    "@duration": re.compile(r"\tDuration: ([\d.]+) ms"),
    "@billedDuration": re.compile(r"Billed Duration: ([\d.]+) ms"),
    "@initDuration": re.compile(r"Init Duration: ([\d.]+) ms"),
    "@memorySize": re.compile(r"Memory Size: (\d+) MB"),
    "@maxMemoryUsed": re.compile(r"Max Memory Used: (\d+) MB"),
}
_REQUEST = re.compile(r"^(START|END|REPORT) RequestId: ([0-9a-f-]{36})")
_MEGABYTE = 1_000_000


class Moment(float):
    """Milliseconds since 1970 that are shown as a time."""

    __slots__ = ()


class Row:
    """One log event, or one line of an aggregation."""

    __slots__ = ("_found", "_json", "_known", "key")

    def __init__(self, known: dict[str, Value], key: str = "") -> None:
        self._known = known
        self._json: Any = None
        self._found = False
        self.key = key
        """Where the event is: what `@ptr` shows; empty for aggregations."""

    def get(self, name: str) -> Value:
        """A field's value, or None."""
        if name in self._known:
            return self._known[name]
        message = self._known.get("@message")
        if not isinstance(message, str):
            return None
        if name.startswith("@"):
            return _platform_field(name, message)
        return _inside(self._object(message), name)

    def put(self, name: str, value: Value) -> None:
        """Give the row a field."""
        self._known[name] = value

    def _object(self, message: str) -> Any:
        if not self._found:
            self._found = True
            if message.lstrip().startswith("{"):
                try:
                    self._json = json.loads(message)
                except (ValueError, RecursionError):
                    self._json = None
        return self._json


def _inside(value: Any, name: str) -> Value:
    """A field of JSON: by its whole name, else part by part, numbers being places in lists."""
    if isinstance(value, dict) and name in value:
        return value[name]
    for part in name.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _platform_field(name: str, message: str) -> Value:
    """What Lambda's own lines tell."""
    if name in ("@requestId", "@type"):
        match = _REQUEST.match(message)
        return None if match is None else match[2 if name == "@requestId" else 1]
    pattern = _REPORT.get(name)
    found = pattern.search(message) if pattern is not None and message.startswith("REPORT ") else None
    if found is None:
        return None
    return float(found[1]) * (_MEGABYTE if "emory" in name else 1)


def shown(value: Value) -> str:
    """A value as results have it."""
    match value:
        case Moment() if _FIRST <= value < _LAST:
            return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S}.{int(value) % 1000:03}"
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer():
            return str(int(value))
        case dict() | list():
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        case _:
            return str(value)


def number(value: Value) -> float | None:
    """A value as a number, if it is one, and a finite one."""
    try:
        found = None if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is not None and math.isfinite(found) else None
