"""Pages of a hundred, named by where they start."""

from __future__ import annotations

from typing import TypeVar

from mlfn_localstack.services.cloudformation.errors import validation_error

_SIZE = 100
_T = TypeVar("_T")


def page(items: list[_T], token: str | None) -> tuple[list[_T], str | None]:
    """The page that a token names, and the token of the one after it."""
    if token is not None and not token.isdecimal():
        raise validation_error("NextToken is invalid")
    start = int(token or 0)
    end = start + _SIZE
    return items[start:end], str(end) if end < len(items) else None
