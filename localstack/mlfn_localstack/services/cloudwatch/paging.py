"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.cloudwatch.errors import invalid_token

if TYPE_CHECKING:
    from mlfn_localstack.service import Params, Result


def page(params: Params, name: str, items: list[Any], size: int) -> Result:
    """`size` items after `NextToken`.

    Raises:
        ServiceError: the token is none of ours.
    """
    start = place_of(params.get("NextToken"))
    if start is None:
        raise invalid_token()
    end = start + size
    result: Result = {name: items[start:end]}
    return result | {"NextToken": str(end)} if end < len(items) else result
