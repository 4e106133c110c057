"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result

_MAX_DIGITS = 9


def page(params: Params, name: str, items: list[Any], size: int) -> Result:
    """`size` items after `NextToken`.

    Raises:
        ServiceError: the token is none of ours.
    """
    token = params.get("NextToken", "0")
    if len(token) > _MAX_DIGITS or not (token.isascii() and token.isdigit()):
        raise ServiceError("InvalidNextToken", "The next token specified is invalid.")
    start, end = int(token), int(token) + size
    result: Result = {name: items[start:end]}
    return result | {"NextToken": str(end)} if end < len(items) else result
