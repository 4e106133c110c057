"""What CloudWatch Logs keeps: groups as documents, streams and events in tables ordered for reading."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.logs.errors import no_group, no_stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Environment, Params

_SCHEMA = """
CREATE TABLE IF NOT EXISTS logs_streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, log_group TEXT, name TEXT, created INTEGER, UNIQUE (log_group, name));
CREATE TABLE IF NOT EXISTS logs_events (
    stream INTEGER, timestamp INTEGER, id INTEGER, ingested INTEGER, message TEXT,
    PRIMARY KEY (stream, timestamp, id)) WITHOUT ROWID;
"""
_DAY_MS = 86_400_000

Group = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A log stream; times are milliseconds since 1970."""

    id: int
    name: str
    created: int
    first_event: int | None
    last_event: int | None
    last_ingestion: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A log event; `timestamp` and `id` order the events of all streams."""

    stream: int
    timestamp: int
    id: int
    ingested: int
    message: str


_GROUP_MEMBERS = ("logGroupName", "logGroupIdentifier", "resourceArn", "resourceIdentifier")


class LogsState:
    """The tables, and the ids of streams that are written to."""

    def __init__(self, environment: Environment) -> None:
        self.region = environment.region
        self.account_id = environment.account_id
        self.groups = environment.store.documents("logs-group")
        self._store = environment.store
        self._store.script(_SCHEMA)
        self._ids: dict[tuple[str, str], int] = {}
        row = self._store.execute("SELECT max(id) FROM logs_events").fetchone()
        self._last_event_id: int = row[0] or 0

    def group(self, params: Params) -> Group:
        """The group that parameters name, by name or ARN.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        given = next((params[member] for member in _GROUP_MEMBERS if params.get(member)), "")
        name = given.partition(":log-group:")[2].removesuffix(":*") if given.startswith("arn:") else given
        group: Group | None = self.groups.get(name)
        if group is None:
            raise no_group()
        return group

    def streams(self, group: str) -> list[Stream]:
        """All streams of a group, by name."""
        rows = self._store.execute(
            "SELECT s.id, s.name, s.created, (SELECT min(timestamp) FROM logs_events WHERE stream=s.id),"
            " (SELECT max(timestamp) FROM logs_events WHERE stream=s.id),"
            " (SELECT ingested FROM logs_events WHERE stream=s.id ORDER BY timestamp DESC, id DESC LIMIT 1)"
            " FROM logs_streams s WHERE s.log_group=? ORDER BY s.name",
            (group,),
        )
        return [_stream(row) for row in rows.fetchall()]

    def stream_id(self, group: str, name: str) -> int:
        """A stream's id.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        known = self._ids.get((group, name))
        if known is not None:
            return known
        if self.groups.get(group) is None:
            raise no_group()
        row = self._store.execute("SELECT id FROM logs_streams WHERE log_group=? AND name=?", (group, name)).fetchone()
        if row is None:
            raise no_stream()
        self._ids[group, name] = row[0]
        return int(row[0])

    def has_stream(self, group: str, name: str) -> bool:
        """True if the stream is there."""
        found = self._store.execute("SELECT 1 FROM logs_streams WHERE log_group=? AND name=?", (group, name))
        return found.fetchone() is not None

    def add_stream(self, group: str, name: str) -> None:
        """A new, empty stream."""
        self._store.execute(
            "INSERT INTO logs_streams (log_group, name, created) VALUES (?, ?, ?)", (group, name, now_ms())
        )

    def append(self, stream: int, events: Sequence[tuple[int, str]]) -> int:
        """Add events (time, message) that are in order, and give the first one's id; the others' follow it."""
        ingested, first = now_ms(), self._last_event_id + 1
        rows = [(stream, at, number, ingested, message) for number, (at, message) in enumerate(events, first)]
        self._store.execute_many("INSERT INTO logs_events VALUES (?, ?, ?, ?, ?)", rows)
        self._last_event_id += len(rows)
        return first

    def events(
        self,
        streams: Sequence[int],
        *,
        start: int = 0,
        end: int = 1 << 62,
        after: tuple[int, int] | None = None,
        before: tuple[int, int] | None = None,
        limit: int,
    ) -> list[Event]:
        """Events from `start` to before `end`: the first `limit`, or with `before` the last ones before it."""
        low, high = after or (-1, -1), before or (1 << 62, 0)
        order = "DESC" if before else "ASC"
        marks = ",".join("?" * len(streams))
        rows = self._store.execute(
            f"SELECT stream, timestamp, id, ingested, message FROM logs_events WHERE stream IN ({marks})"  # noqa: S608 - question marks
            " AND timestamp>=? AND timestamp<? AND (timestamp, id)>(?, ?) AND (timestamp, id)<(?, ?)"
            f" ORDER BY timestamp {order}, id {order} LIMIT ?",
            (*streams, start, end, *low, *high, limit),
        ).fetchall()
        found = [Event(stream=row[0], timestamp=row[1], id=row[2], ingested=row[3], message=row[4]) for row in rows]
        return found[::-1] if before else found

    def remove_stream(self, group: str, name: str) -> None:
        """Remove a stream and its events."""
        stream = self.stream_id(group, name)
        del self._ids[group, name]
        self._store.execute("DELETE FROM logs_events WHERE stream=?", (stream,))
        self._store.execute("DELETE FROM logs_streams WHERE id=?", (stream,))

    def stored_bytes(self, group: str) -> int:
        """What a group's events take, as AWS counts: 26 bytes more than each message."""
        row = self._store.execute(
            "SELECT coalesce(sum(length(message) + 26), 0) FROM logs_events"
            " WHERE stream IN (SELECT id FROM logs_streams WHERE log_group=?)",
            (group,),
        ).fetchone()
        return int(row[0])

    def expire(self) -> None:
        """Remove events that are past their group's retention."""
        for name, group in self.groups.items():
            if "retentionInDays" in group:
                cutoff = now_ms() - group["retentionInDays"] * _DAY_MS
                self._store.execute(
                    "DELETE FROM logs_events WHERE timestamp<?"
                    " AND stream IN (SELECT id FROM logs_streams WHERE log_group=?)",
                    (cutoff, name),
                )

    async def durable(self) -> None:
        """Return once everything written is committed."""
        await self._store.durable()


def _stream(row: tuple[int, str, int, int | None, int | None, int | None]) -> Stream:
    return Stream(id=row[0], name=row[1], created=row[2], first_event=row[3], last_event=row[4], last_ingestion=row[5])


def now_ms() -> int:
    """The time in milliseconds."""
    return int(time.time() * 1000)
