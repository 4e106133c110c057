"""Lists in pages, with an opaque marker."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Params, Result

DEFAULT_ITEMS = 50


def page(items: Sequence[Any], params: Params, member: str) -> Result:
    """The page of `items` that `Marker` and `MaxItems` ask for, under `member`.

    Raises:
        ServiceError: the marker is none of ours.
    """
    start = _position(params.get("Marker"))
    end = start + int(params.get("MaxItems") or DEFAULT_ITEMS)
    result: Result = {member: list(items[start:end])}
    if end < len(items):
        result["NextMarker"] = base64.b64encode(str(end).encode()).decode()
    return result


def _position(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        return max(int(base64.b64decode(marker, validate=True)), 0)
    except (binascii.Error, ValueError):
        raise errors.invalid_parameter("The marker is not valid.") from None
