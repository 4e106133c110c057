"""Pages of lists: sizes and opaque tokens."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.errors import constraint


def page_size(params: dict[str, Any]) -> int:
    """How many items a page may hold.

    Raises:
        ServiceError: more than 1,000 are asked for.
    """
    size = int(params.get("maxResults") or 100)
    if size > 1000:
        raise constraint(size, "maxResults", "Member must have value less than or equal to 1000")
    return size


def position(params: dict[str, Any], *, limit: int, default: int) -> int:
    """Where the page begins.

    Raises:
        ServiceError: the token is not one of ours.
    """
    token = params.get("nextToken")
    if token is None:
        return default
    if len(token) > limit:
        raise constraint(token, "nextToken", f"Member must have length less than or equal to {limit}")
    try:
        return int(
            base64.urlsafe_b64decode(
                token.encode(),
            ).decode()
        )
    except (ValueError, binascii.Error) as error:
        raise ServiceError("InvalidToken", "Invalid Token: 'Invalid token'") from error


def token(place: int) -> str:
    """The token of the page that begins at a place."""
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def slice_page(items: list[Any], params: dict[str, Any], member: str, *, limit: int = 1024) -> dict[str, Any]:
    """One page of a list that is at hand."""
    size, start = page_size(params), position(params, limit=limit, default=0)
    answer: dict[str, Any] = {member: items[start : start + size]}
    if len(items) > start + size:
        answer["nextToken"] = token(start + size)
    return answer
