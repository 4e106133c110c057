"""PutEvents and TestEventPattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.auth.principals import PrincipalKind, principal_of
from mlfn_localstack.services.events.errors import unsupported, validation
from mlfn_localstack.services.events.model import FORWARDED, bus_name_of
from mlfn_localstack.services.events.operations_rules import check_pattern
from mlfn_localstack.services.events.patterns import compile_pattern
from mlfn_localstack.services.events.schedules import seconds_of
from mlfn_localstack.services.events.strict_json import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.events.model import EventsState
    from mlfn_localstack.services.events.publishing import Publisher

MAX_REQUEST_BYTES = 1_048_576
_RULES = "arn:aws:events:"
_TIME_BYTES = 14
_REQUIRED = ("Source", "DetailType", "Detail")
_EVENT_MEMBERS = ("id", "account", "source", "time", "region", "resources", "detail-type")


class EventOperations:
    """Events."""

    def __init__(self, state: EventsState, publisher: Publisher) -> None:
        self._state = state
        self._publisher = publisher

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"PutEvents": self.put, "TestEventPattern": self.test_pattern}

    async def put(self, context: RequestContext, params: Params) -> Result:
        """The id of every event that was taken, and why the others were not."""
        if context.source_arn.startswith(_RULES):
            return self._forward(params["Entries"])
        if params.get("EndpointId"):
            raise unsupported("global endpoints")
        if sum(_size(entry) for entry in params["Entries"]) > MAX_REQUEST_BYTES:
            raise validation("Total size of the entries in the request is over the limit.")
        is_service = principal_of(context.caller.arn).kind is PrincipalKind.SERVICE
        answers = [self._take(entry, is_service=is_service) for entry in params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    async def test_pattern(self, _context: RequestContext, params: Params) -> Result:
        """Whether an event fits a pattern."""
        check_pattern(params["EventPattern"])
        try:
            event = parse(params["Event"])
        except ValueError:
            raise validation("Parameter Event is not valid.") from None
        missing = [name for name in _EVENT_MEMBERS if not isinstance(event, dict) or name not in event]
        if missing:
            raise validation(f"Parameter Event is not valid. Reason: {missing[0]} is a required argument.")
        return {"Result": compile_pattern(params["EventPattern"])(event)}

    def _forward(self, entries: Sequence[Params]) -> Result:
        """Put a rule's events on the bus that is its target; they keep their ids, and go no further than this."""
        for entry in entries:
            self._publisher.publish(entry[FORWARDED], self._state.bus_name(entry), is_forwarded=True)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": entry[FORWARDED]["id"]} for entry in entries]}

    def _take(self, entry: Mapping[str, Any], *, is_service: bool) -> dict[str, Any]:
        for name in _REQUIRED:
            if not entry.get(name):
                reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
                return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
        if entry["Source"].startswith("aws.") and not is_service:
            message = "Not authorized for the source."
            return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message}
        detail = _detail(entry["Detail"])
        if detail is None:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        event = self._publisher.event(
            entry["Source"], entry["DetailType"], detail, entry.get("Resources") or (), self._time(entry)
        )
        self._publisher.publish(event, bus_name_of(entry.get("EventBusName")))
        return {"EventId": event["id"]}

    def _time(self, entry: Mapping[str, Any]) -> float:
        return self._state.clock() if entry.get("Time") is None else seconds_of(entry["Time"])


def _detail(text: str) -> dict[str, Any] | None:
    try:
        detail = parse(text)
    except ValueError:
        return None
    return detail if isinstance(detail, dict) else None


def _size(entry: Mapping[str, Any]) -> int:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size"""
    texts = [*(entry.get(name) or "" for name in _REQUIRED), *(entry.get("Resources") or ())]
    return sum(len(text.encode()) for text in texts) + (_TIME_BYTES if entry.get("Time") else 0)
