"""One function's log group, read through CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mlfn_audit.collecting.derived import is_genuine
from mlfn_audit.collecting.log_lines import Announcement, LogEvent, announced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_audit.collecting.log_lines import Told

PREFIX = "/aws/lambda/"
_PATTERN = '?"mlfn_" ?"platform." ?"START RequestId" ?"REPORT RequestId"'
"""What is read of a window: what a model prints beside it stays where it is."""
_HEAD = 200
_MOST_PAGES = 200


class LogsClient(Protocol):
    """What reading logs needs of boto3's CloudWatch Logs client."""

    def filter_log_events(self, **request: Any) -> Mapping[str, Any]:
        """`FilterLogEvents`."""

    def get_log_events(self, **request: Any) -> Mapping[str, Any]:
        """`GetLogEvents`."""

    def describe_log_groups(self, **request: Any) -> Mapping[str, Any]:
        """`DescribeLogGroups`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLog:
    """The log group of one function."""

    client: LogsClient
    group: str
    _heads: dict[str, dict[str, Announcement]] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    @property
    def function(self) -> str:
        """The function that writes here."""
        return self.group.removeprefix(PREFIX)

    def began_ms(self) -> int | None:
        """When the group was made; None if there is none."""
        groups = self.client.describe_log_groups(logGroupNamePrefix=self.group, limit=50)["logGroups"]
        return next((int(each["creationTime"]) for each in groups if each["logGroupName"] == self.group), None)

    def events(
        self, since_ms: int, until_ms: int, *, stream: str | None = None, pattern: str = _PATTERN
    ) -> Iterator[LogEvent]:
        """The lines from `since_ms` up to and including `until_ms`, of all streams or of one, in the order of time."""
        request: dict[str, Any] = {
            "logGroupName": self.group,
            "startTime": since_ms,
            "endTime": until_ms,
            "filterPattern": pattern,
        }
        if stream is not None:
            request["logStreamNames"] = [stream]
        while True:
            answer = self.client.filter_log_events(**request)
            for event in answer["events"]:
                yield LogEvent(stream=event["logStreamName"], time_ms=event["timestamp"], message=event["message"])
            if not answer.get("nextToken"):
                return
            request["nextToken"] = answer["nextToken"]

    def believes(self, told: Told) -> bool:
        """Whether a record's line is one of a writer that announced itself in the same stream."""
        writer, stream = told.wire["w"], told.event.stream
        said = self._writers(stream, whole=False).get(writer)
        if said is None and stream not in self._read:
            said = self._writers(stream, whole=True).get(writer)
            self._read.add(stream)
        return is_genuine(told.wire, said, self.function)

    def _writers(self, stream: str, *, whole: bool) -> dict[str, Announcement]:
        """Nearly always the first page has it; a process that took over from one that died announces itself later."""
        if whole or stream not in self._heads:
            self._heads[stream] = announced(self._from_head(stream, pages=_MOST_PAGES if whole else 1))
        return self._heads[stream]

    def _from_head(self, stream: str, *, pages: int) -> Iterator[LogEvent]:
        request: dict[str, Any] = {"logGroupName": self.group, "logStreamName": stream, "startFromHead": True}
        request |= {"limit": _HEAD} if pages == 1 else {}
        token = None
        for _ in range(pages):
            answer = self.client.get_log_events(**request)
            for event in answer["events"]:
                yield LogEvent(stream=stream, time_ms=event["timestamp"], message=event["message"])
            if answer["nextForwardToken"] == token:
                return
            request["nextToken"] = token = answer["nextForwardToken"]
