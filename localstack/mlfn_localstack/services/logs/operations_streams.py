"""Log streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import invalid, stream_exists
from mlfn_localstack.services.logs.names import check_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.model import LogsState, Stream

_DEFAULT_PAGE = 50


class StreamOperations:
    """Create, describe and delete streams."""

    def __init__(self, state: LogsState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "CreateLogStream": self.create_log_stream,
            "DeleteLogStream": self.delete_log_stream,
            "DescribeLogStreams": self.describe_log_streams,
        }

    async def create_log_stream(self, context: RequestContext, params: Params) -> Result:
        """A new, empty stream."""
        check_name(params["logStreamName"], "logStreamName")
        group, name = self._state.group(params)["logGroupName"], params["logStreamName"]
        if self._state.has_stream(group, name):
            raise stream_exists()
        self._state.add_stream(group, name)
        return {}

    async def delete_log_stream(self, context: RequestContext, params: Params) -> Result:
        """A stream goes, with its events."""
        self._state.remove_stream(self._state.group(params)["logGroupName"], params["logStreamName"])
        return {}

    async def describe_log_streams(self, context: RequestContext, params: Params) -> Result:
        """A group's streams by name or by their last event."""
        if params.get("logGroupName") and params.get("logGroupIdentifier"):
            message = "LogGroup name and LogGroup ARN are mutually exclusive parameters."
            raise ServiceError("ValidationException", message)
        group, prefix = self._state.group(params)["logGroupName"], params.get("logStreamNamePrefix", "")
        by_time = params.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = [stream for stream in self._state.streams(group) if stream.name.startswith(prefix)]
        if by_time:
            streams.sort(key=lambda stream: stream.last_event or stream.created)
        if params.get("descending"):
            streams.reverse()
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        page: Result = {"logStreams": [self._shown(group, stream) for stream in streams[start:end]]}
        return page | {"nextToken": str(end)} if end < len(streams) else page

    def _shown(self, group: str, stream: Stream) -> Result:
        times = {
            "firstEventTimestamp": stream.first_event,
            "lastEventTimestamp": stream.last_event,
            "lastIngestionTime": stream.last_ingestion,
        }
        arn = f"arn:aws:logs:{self._state.region}:{self._state.account_id}:log-group:{group}:log-stream:{stream.name}"
        shown = {
            "logStreamName": stream.name,
            "creationTime": stream.created,
            "arn": arn,
            "storedBytes": 0,
            "uploadSequenceToken": None if stream.last_event is None else str(stream.id),
            **times,
        }
        return {key: value for key, value in shown.items() if value is not None}
