"""Lists in pages, with an opaque token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.apigatewayv2 import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

DEFAULT_ITEMS = 100


def page(items: Sequence[Any], params: Params) -> Result:
    """The page of `items` that `NextToken` and `MaxResults` (a number as text) ask for.

    Raises:
        ServiceError: either is none of ours.
    """
    token = params.get("NextToken")
    try:
        start, count = (int(token, 16) if token else 0), int(params.get("MaxResults") or DEFAULT_ITEMS)
    except ValueError:
        raise errors.bad_request("Invalid NextToken or MaxResults specified") from None
    if start < 0 or count < 1:
        raise errors.bad_request("Invalid NextToken or MaxResults specified")
    result: Result = {"Items": list(items[start : start + count])}
    if start + count < len(items):
        result["NextToken"] = f"{start + count:x}"
    return result
