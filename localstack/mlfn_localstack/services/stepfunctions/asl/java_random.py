"""java.util.Random, whose seeded values Step Functions gives.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Random.html
"""

from __future__ import annotations

import secrets

_MASK = (1 << 48) - 1
_MULTIPLIER = 0x5DEECE66D


class JavaRandom:
    """A linear congruential generator of 48 bits; without a seed, a random one."""

    def __init__(self, seed: int | None) -> None:
        start = secrets.randbits(48) if seed is None else seed
        self._seed = (start ^ _MULTIPLIER) & _MASK

    def _next(self, bits: int) -> int:
        self._seed = (self._seed * _MULTIPLIER + 0xB) & _MASK
        return self._seed >> (48 - bits)

    def next_double(self) -> float:
        """A number in [0, 1)."""
        return float(((self._next(26) << 27) + self._next(27)) * 2.0**-53)

    def next_int(self, bound: int) -> int:
        """A number in [0, bound)."""
        if bound & -bound == bound:
            return (bound * self._next(31)) >> 31
        while True:
            bits = self._next(31)
            value = bits % bound
            if bits - value + (bound - 1) < 1 << 31:
                return value
