"""Two answers to the same call, compared in memory: how many values differ and how far, never what they are."""

from __future__ import annotations

from mlfn.jsontext import decode
from mlfn.shadowing import ALONE, SAME, differing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

DIFFERENT = "another answer"
"""All that is said where values are marked as sensitive, or cannot be gone through."""
_ABSENT = object()


def compared(live: Any, own: bytes, *, discreet: bool) -> str:
    """The shadow's answer `own` beside the live one, a JSON text or nothing, in words that tell no value."""
    if not isinstance(live, str):
        return ALONE
    if live.encode("utf-8", "replace") == own:
        return SAME
    try:
        pairs = list(_leaves(decode(live), decode(own.decode())))
    except (RecursionError, ValueError):
        return DIFFERENT
    differ = [pair for pair in pairs if not _is_same(*pair)]
    if not differ:
        return SAME
    if discreet:
        return DIFFERENT
    distances = [_distance(first, second) for first, second in differ if _is_number(first) and _is_number(second)]
    return differing(len(differ), len(pairs), len(distances), max(distances, default=0.0))


def _leaves(first: Any, second: Any) -> Iterator[tuple[Any, Any]]:
    """Values at the same places, side by side; where only one has any, the other's is absent."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in {**first, **second}:
            yield from _leaves(first.get(name, _ABSENT), second.get(name, _ABSENT))
    elif isinstance(first, list) and isinstance(second, list):
        for at in range(max(len(first), len(second))):
            yield from _leaves(first[at] if at < len(first) else _ABSENT, second[at] if at < len(second) else _ABSENT)
    else:
        yield first, second


def _is_same(first: Any, second: Any) -> bool:
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _distance(first: float, second: float) -> float:
    """The difference as a part of the larger of the two."""
    return float(abs(first - second) / max(abs(first), abs(second)))
