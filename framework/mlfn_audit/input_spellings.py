"""The bodies that an input may have travelled as, when all that is left of it is a file or a text."""

from __future__ import annotations

import json

_SPACES = ((",", ":"), (", ", ": "))
"""Between the members of what JSON writers write: JavaScript's and pydantic's, Python's."""


def spellings(data: bytes) -> tuple[bytes, ...]:
    """An input as it is, without the space around it (an editor's last newline), and as JSON writers would write it.

    A record has the digest of the very bytes that came in.
    """
    found = [data, data.strip()]
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return tuple(dict.fromkeys(found))
    for separators in _SPACES:
        for ascii_only in (False, True):
            found.append(_written(value, separators, ascii_only=ascii_only))
    return tuple(dict.fromkeys(found))


def _written(value: object, separators: tuple[str, str], *, ascii_only: bool) -> bytes:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators)
    return text.encode(errors="surrogatepass")
