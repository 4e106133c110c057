"""Tokens of lists in pages: where the next page begins, as text that clients hand back."""

from __future__ import annotations

_MAX_DIGITS = 9
"""More would not be ours; thousands would not even be a number to Python."""


def place_of(token: str | None) -> int | None:
    """The place that a token stands for (none: the beginning), or None if it is no token of ours."""
    if not token:
        return 0
    return int(token) if len(token) <= _MAX_DIGITS and token.isascii() and token.isdigit() else None
