"""Identifiers that need to be unique, not secret: those of requests."""

from __future__ import annotations

import random
from functools import partial

_bits = partial(random.Random().getrandbits, 128)  # noqa: S311 - seeded by the system, as unique as any; nobody is let in by it
_RANDOM = (1 << 128) - 1 - (0xF << 76) - (0x3 << 62)
_VERSION_4 = (0x4 << 76) | (0x2 << 62)


def hex_digits(count: int) -> str:
    """So many random hexadecimal digits, at most 32."""
    return f"{_bits() >> (128 - 4 * count):0{count}x}"


def request_id() -> str:
    """A version 4 UUID (RFC 9562 5.4), at a third of what `uuid.uuid4` takes."""
    text = f"{_bits() & _RANDOM | _VERSION_4:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
