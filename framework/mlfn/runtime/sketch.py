"""A call's values as a few bytes: in which bin of the baseline each declared one falls (docs/audit-payloads.md §4)."""

from __future__ import annotations

from _bisect import bisect_right  # `bisect` itself is Python around it

from mlfn.jsontext import decode, encode_sorted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MISSING = 255


class Sketch:
    """The features of one model."""

    __slots__ = ("_features",)

    def __init__(self, plan: list[list[Any]]) -> None:
        self._features = [(tuple(path), kind, _numbered(kind, bins)) for path, kind, bins in plan]

    def of(self, body: bytes, result: bytes) -> bytes:
        """One byte a feature, of a call's input and output as JSON texts."""
        sides = {"input": decode(body.decode()), "output": decode(result.decode())}
        return bytes([_bin(_at(sides, path), kind, bins) for path, kind, bins in self._features])


def _numbered(kind: str, bins: list[Any]) -> Any:
    return {encode_sorted(value): number for number, value in enumerate(bins)} if kind == "value" else bins


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _bin(value: Any, kind: str, bins: Any) -> int:
    if value is None:
        return MISSING
    if kind == "value":
        number: int = bins.get(encode_sorted(value), len(bins))
        return number
    if kind == "length":
        return bisect_right(bins, len(value)) if isinstance(value, str | list) else MISSING
    return bisect_right(bins, value) if type(value) in (int, float) else MISSING
