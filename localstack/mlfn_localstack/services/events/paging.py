"""Lists in pages, with an opaque token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.events.errors import validation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

_PAGE = 100


def page(items: Sequence[Any], params: Params, member: str) -> Result:
    """The page of `items` that `NextToken` and `Limit` ask for, under `member`.

    Raises:
        ServiceError: the token is none of ours.
    """
    start = place_of(params.get("NextToken"))
    if start is None:
        raise validation("Parameter NextToken is not valid.")
    end = start + int(params.get("Limit") or _PAGE)
    result: Result = {member: list(items[start:end])}
    return result | {"NextToken": str(end)} if end < len(items) else result
