"""Lists in pages of a hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sns import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

PAGE = 100


def page(items: Sequence[Any], params: Params, member: str) -> Result:
    """The page of `items` that `NextToken` asks for, under `member`.

    Raises:
        ServiceError: the token is none of ours.
    """
    token = params.get("NextToken") or "0"
    if not (token.isascii() and token.isdigit()):
        raise errors.invalid("NextToken")
    end = int(token) + PAGE
    result: Result = {member: list(items[int(token) : end])}
    return result | ({"NextToken": str(end)} if end < len(items) else {})
