"""Writing events, and reading one stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.embedded_metrics import has_metrics, publish, put_metrics
from mlfn_localstack.services.logs.errors import invalid
from mlfn_localstack.services.logs.model import LogsState, now_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Gateway, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.metric_filters import MetricFilters
    from mlfn_localstack.services.logs.subscriptions import Subscriptions

MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
_DAY_MS = 86_400_000
_MAX_AGE_MS = 14 * _DAY_MS
_MAX_AHEAD_MS = 2 * 3_600_000
_DEFAULT_LIMIT = 10_000


class EventOperations:
    """PutLogEvents and GetLogEvents."""

    def __init__(
        self, state: LogsState, subscriptions: Subscriptions, metric_filters: MetricFilters, gateway: Gateway
    ) -> None:
        self._state = state
        self._gateway = gateway
        self._subscriptions = subscriptions
        self._metric_filters = metric_filters

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"GetLogEvents": self.get_log_events, "PutLogEvents": self.put_log_events}

    async def put_log_events(self, context: RequestContext, params: Params) -> Result:
        """Add events to a stream; those too old or too new are named and left out."""
        stream = self._state.stream_id(params["logGroupName"], params["logStreamName"])
        events = [(event["timestamp"], event["message"]) for event in params["logEvents"]]
        _check_batch(events)
        now = now_ms()
        taken = [event for event in events if now - _MAX_AGE_MS <= event[0] <= now + _MAX_AHEAD_MS]
        if taken:
            first = self._state.append(stream, taken)
            self._subscriptions.offer(params["logGroupName"], params["logStreamName"], first, taken, now)
            messages = [message for _, message in taken]
            if has_metrics(messages):
                await publish(self._gateway, messages)
            if self._metric_filters.has(params["logGroupName"]):
                metrics = self._metric_filters.metrics(params["logGroupName"], taken)
                await put_metrics(self._gateway, metrics)
        result: Result = {"nextSequenceToken": str(stream)}
        if len(taken) == len(events):
            return result
        old = sum(1 for timestamp, _ in events if timestamp < now - _MAX_AGE_MS)
        rejected: dict[str, int] = {"tooOldLogEventEndIndex": old} if old else {}
        if old + len(taken) < len(events):
            rejected["tooNewLogEventStartIndex"] = old + len(taken)
        return result | {"rejectedLogEventsInfo": rejected}

    async def get_log_events(self, context: RequestContext, params: Params) -> Result:
        """A page of a stream, with tokens for the pages around it; at the end the token stays, for who follows."""
        group = self._state.group(params)["logGroupName"]
        stream = self._state.stream_id(group, params["logStreamName"])
        direction, position = _read_token(params.get("nextToken"))
        if direction is None:
            direction = "f" if params.get("startFromHead") else "b"
        backwards = direction == "b"
        events = self._state.events(
            [stream],
            start=params.get("startTime", 0),
            end=params.get("endTime", 1 << 62),
            after=None if backwards else position,
            before=(position or (1 << 62, 0)) if backwards else None,
            limit=params.get("limit", _DEFAULT_LIMIT),
        )
        first = (events[0].timestamp, events[0].id) if events else position or (0, 0)
        last = (events[-1].timestamp, events[-1].id) if events else position or (0, 0)
        return {
            "events": [
                {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingested}
                for event in events
            ],
            "nextForwardToken": f"f/{last[0]:020d}/{last[1]:020d}",
            "nextBackwardToken": f"b/{first[0]:020d}/{first[1]:020d}",
        }


def _check_batch(events: list[tuple[int, str]]) -> None:
    times = [timestamp for timestamp, _ in events]
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > _DAY_MS:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    size = sum(len(message.encode()) + EVENT_OVERHEAD_BYTES for _, message in events)
    if size > MAX_BATCH_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {MAX_BATCH_BYTES}")


def _read_token(token: str | None) -> tuple[str | None, tuple[int, int] | None]:
    if token is None:
        return None, None
    direction, _, rest = token.partition("/")
    timestamp, _, number = rest.partition("/")
    if direction not in ("f", "b") or not (timestamp + number).isdigit() or len(token) != 43:
        raise invalid("The specified nextToken is invalid.")
    return direction, (int(timestamp), int(number))
