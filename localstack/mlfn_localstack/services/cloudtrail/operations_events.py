"""Looking up management events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.cloudtrail.model import TrailState

_MAX_RESULTS = 50
_MAX_DIGITS = 9


class EventOperations:
    """LookupEvents."""

    def __init__(self, state: TrailState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"LookupEvents": self.lookup}

    async def lookup(self, context: RequestContext, params: Params) -> Result:
        """Management events that were recorded, the newest first."""
        attributes = params.get("LookupAttributes", ())
        if len(attributes) > 1:
            raise ServiceError("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
        start = params["StartTime"].timestamp() if "StartTime" in params else 0.0
        end = params["EndTime"].timestamp() if "EndTime" in params else time.time()
        if start > end:
            raise ServiceError("InvalidTimeRangeException", "The start time is after the end time.")
        token, size = params.get("NextToken", "0"), params.get("MaxResults", _MAX_RESULTS)
        if len(token) > _MAX_DIGITS or not (token.isascii() and token.isdigit()):
            raise ServiceError("InvalidNextTokenException", "The token is not valid.")
        found = [
            {**event, "CloudTrailEvent": record}
            for event, record in self._state.events(start, end)
            if all(_has(event, one["AttributeKey"], one["AttributeValue"]) for one in attributes)
        ]
        first, last = int(token), int(token) + size
        result: Result = {"Events": found[first:last]}
        return result | {"NextToken": str(last)} if last < len(found) else result


def _has(event: dict[str, Any], key: str, value: str) -> bool:
    if key in ("ResourceName", "ResourceType"):
        named = [one.get(key, "") for one in event["Resources"]]
        return any(one == value or one.rpartition("/")[2] == value or one.rpartition(":")[2] == value for one in named)
    return bool(event.get(key) == value)
