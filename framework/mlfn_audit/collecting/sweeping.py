"""A function's log read once from end to end, part by part, however often the reader dies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_audit.collecting.log_lines import LogEvent
    from mlfn_audit.collecting.settling import Settler
    from mlfn_audit.directory import Item, TableClient

PART_MS = 600_000
LARGEST_PART = 20_000
"""Lines of one part, about: what a function of 512 MB takes easily."""
OVERLAP_MS = 120_000
"""Read again by the next run: lines may become visible in another order than that of their times."""
_KEPT_S = 2 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a log has been read, kept in the table: entries are added, never changed."""

    client: TableClient
    table: str
    name: str

    def latest(self) -> int | None:
        """The time up to which all is settled; None at the beginning."""
        entry = self.entry()
        return None if entry is None else int(entry["sk"]["S"])

    def entry(self) -> Item | None:
        """The newest entry, with what else it says."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": self._key}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )
        return next(iter(answer["Items"]), None)

    def reached(self, time_ms: int, *, now_ms: int, **more: int) -> None:
        """Everything up to this time is settled."""
        numbers = {"x": now_ms // 1000 + _KEPT_S, **more}
        item = {"pk": {"S": self._key}, "sk": {"S": f"{time_ms:015d}"}}
        item |= {name: {"N": str(value)} for name, value in numbers.items()}
        try:
            self.client.put_item(TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    @property
    def _key(self) -> str:
        return f"R#{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Reads what a log holds since the last time."""

    settler: Settler
    progress: Progress
    clock_ms: Callable[[], int]
    may_go_on: Callable[[], bool]
    """Whether there is time for another part."""

    def run(self) -> bool:
        """Settle part by part up to now; False if there was no time for all of it."""
        now_ms = self.clock_ms()
        since_ms = self.progress.latest()
        if since_ms is None:
            began_ms = self.settler.log.began_ms()
            if began_ms is None:
                return True  # the function was never called
            since_ms = began_ms
        running_ms = now_ms - OVERLAP_MS
        while self.may_go_on():
            events, until_ms = self._part(since_ms, min(since_ms + PART_MS, now_ms))
            oldest = self.settler.settle(events, now_ms=now_ms)
            running_ms = min(running_ms, now_ms if oldest is None else oldest)
            if min(until_ms, running_ms) > since_ms:
                self.progress.reached(min(until_ms, running_ms), now_ms=now_ms)
            if until_ms >= now_ms:
                return True
            since_ms = until_ms
        return False

    def _part(self, since_ms: int, until_ms: int) -> tuple[list[LogEvent], int]:
        """Some of the lines of this time, in order, and up to when they are all there."""
        events: list[LogEvent] = []
        for event in self.settler.log.events(since_ms, until_ms):
            if len(events) >= LARGEST_PART and event.time_ms > events[-1].time_ms > since_ms:
                return events, events[-1].time_ms
            events.append(event)
        return events, until_ms
