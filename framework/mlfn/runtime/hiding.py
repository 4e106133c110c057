"""Values that must not be seen: `***` stands for them in logs, errors and records."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from mlfn.jsontext import encode

SHORTEST = 6
"""Shorter values would make everything unreadable, and are no secrets."""
MASK = "***"
_forms: list[str] = []


def hide(value: str) -> None:
    """Let a value be seen no more, as it is or as JSON, Python or a line of it would show it."""
    shown = {value, encode(value)[1:-1], repr(value)[1:-1], *value.splitlines()}
    new = {form for form in shown if len(form.strip()) >= SHORTEST} - set(_forms)
    _forms[:] = sorted({*_forms, *new}, key=len, reverse=True)


def hidden(text: str) -> str:
    """The text without values that are hidden."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


class _Discreet(TextIOWrapper):
    """A stream that hides values."""

    def write(self, text: str, /) -> int:
        """Write a text; what is hidden in it is not."""
        super().write(hidden(text))
        return len(text)


def guard_output() -> None:
    """From now on, what Python code writes to its output hides values."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        stream.flush()
        guarded = _Discreet(stream.detach(), encoding="utf-8", errors="backslashreplace", line_buffering=True)
        setattr(sys, name, guarded)
        setattr(sys, f"__{name}__", guarded)
