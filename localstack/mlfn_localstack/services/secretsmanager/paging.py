"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

PAGE = 100


def page(params: Params, member: str, items: Sequence[Any]) -> Result:
    """The page of `items` that `NextToken` asks for, under `member`.

    Raises:
        ServiceError: InvalidNextTokenException.
    """
    start = place_of(params.get("NextToken"))
    if start is None:
        raise ServiceError("InvalidNextTokenException", "The NextToken value is invalid.")
    end = start + (params.get("MaxResults") or PAGE)
    result: Result = {member: list(items[start:end])}
    return result | ({"NextToken": str(end)} if end < len(items) else {})
