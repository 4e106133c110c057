"""The order in which a java.util.HashMap gives its keys, which shows in what Step Functions writes.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/HashMap.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CAPACITY = 16
_LOAD = 0.75


def hash_map_order(keys: Sequence[str]) -> list[str]:
    """Keys as a map gives them that was filled in the order given."""
    capacity = _CAPACITY
    while len(keys) > capacity * _LOAD:
        capacity *= 2
    return sorted(keys, key=lambda key: _spread(_hash(key)) & (capacity - 1))


def _hash(text: str) -> int:
    code = 0
    encoded = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(encoded[::2], encoded[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFF_FFFF
    return code


def _spread(code: int) -> int:
    return code ^ (code >> 16)
