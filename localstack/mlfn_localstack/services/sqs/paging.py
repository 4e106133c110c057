"""Lists of queues in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.sqs import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

MAX_RESULTS = 1_000


def page(names: Sequence[str], urls: Sequence[str], params: Params, member: str) -> Result:
    """The URLs of a page, under `member`: what follows `NextToken` in the order of names."""
    limit = params.get("MaxResults")
    if limit is not None and not 1 <= limit <= MAX_RESULTS:
        raise errors.invalid_value(limit, "MaxResults", f"Must be between 1 and {MAX_RESULTS}.")
    token = params.get("NextToken") or ""
    following = [(name, url) for name, url in zip(names, urls, strict=True) if name > token]
    shown = following[: limit or MAX_RESULTS]
    result: Result = {member: [url for _, url in shown]} if shown or member != "QueueUrls" else {}
    more = limit is not None and len(following) > len(shown)
    return result | ({"NextToken": shown[-1][0]} if more else {})
