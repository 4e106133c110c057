"""Lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.paging import page as page_by_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result


def page(items: Sequence[Any], params: Params, member: str) -> Result:
    """The page of `items` that `NextToken` and `MaxResults` ask for, under `member`.

    Raises:
        ServiceError: the token is none of ours.
    """
    return page_by_limit(items, {**params, "Limit": params.get("MaxResults")}, member)
