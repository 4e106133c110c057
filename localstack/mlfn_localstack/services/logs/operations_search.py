"""Searching a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.services.logs.errors import invalid, no_stream
from mlfn_localstack.services.logs.filter_patterns import PatternSyntaxError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.model import Event, LogsState

_LATEST = 1 << 61
_DEFAULT_LIMIT = 10_000
_SCAN = 5_000


class SearchOperations:
    """FilterLogEvents."""

    def __init__(self, state: LogsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {"FilterLogEvents": self.filter_log_events}

    async def filter_log_events(self, context: RequestContext, params: Params) -> Result:
        """Events of a group's streams that fit a pattern, in order of time."""
        streams = self._streams(params)
        try:
            fits = compile_pattern(params.get("filterPattern", ""))
        except PatternSyntaxError as error:
            raise invalid(f"Invalid filter pattern: {error}") from error
        limit = params.get("limit", _DEFAULT_LIMIT)
        position = _read_token(params.get("nextToken"))
        found: list[Event] = []
        while streams:
            page = self._state.events(
                list(streams),
                start=params.get("startTime", 0),
                end=min(params.get("endTime", _LATEST), _LATEST) + 1,
                after=position,
                limit=_SCAN,
            )
            for event in page:
                position = (event.timestamp, event.id)
                if fits(event.message):
                    found.append(event)
                    if len(found) == limit:
                        token = f"{position[0]}-{position[1]}"
                        return {
                            "events": [_shown(e, streams) for e in found],
                            "searchedLogStreams": [],
                            "nextToken": token,
                        }
            if len(page) < _SCAN:
                break
        return {"events": [_shown(event, streams) for event in found], "searchedLogStreams": []}

    def _streams(self, params: Params) -> dict[int, str]:
        group = self._state.group(params)["logGroupName"]
        every = {stream.name: stream.id for stream in self._state.streams(group)}
        if "logStreamNames" in params:
            if not set(params["logStreamNames"]) <= every.keys():
                raise no_stream()
            return {every[name]: name for name in params["logStreamNames"]}
        prefix = params.get("logStreamNamePrefix", "")
        return {number: name for name, number in every.items() if name.startswith(prefix)}


def _shown(event: Event, streams: dict[int, str]) -> Result:
    return {
        "logStreamName": streams[event.stream],
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": f"{event.timestamp:020d}{event.id:036d}",
    }


def _read_token(token: str | None) -> tuple[int, int] | None:
    if token is None:
        return None
    timestamp, _, number = token.partition("-")
    if not (timestamp + number).isdigit():
        raise invalid("The specified nextToken is invalid.")
    return int(timestamp), int(number or 0)
