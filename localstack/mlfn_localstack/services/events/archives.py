"""Archives: events that a bus got, kept until they are replayed or too old.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.events.errors import no_archive
from mlfn_localstack.services.events.model import Rule, bus_name_of
from mlfn_localstack.services.events.schedules import seconds_of

if TYPE_CHECKING:
    from mlfn_localstack.services.events.model import EventsState

Archive = dict[str, Any]
"""Members of DescribeArchive but for what is counted, times as numbers."""
MANAGER = "prod.vhs.events.aws.internal"
BATCH = 100
_DAY_S = 86_400
_TIME_BYTES = 20
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events_archived (
    archive TEXT NOT NULL, at REAL NOT NULL, size INTEGER NOT NULL, event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_archived_at ON events_archived (archive, at);
"""
_RULE_TEMPLATE = (
    '{{"archive-arn":"{arn}:{token}","event":<aws.events.event.json>,'
    '"ingestion-time":<aws.events.event.ingestion-time>}}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """An event in an archive, and where it is there."""

    at: float
    row: int
    event: dict[str, Any]


class Archives:
    """Archives, each with a rule of its bus that brings its events."""

    def __init__(self, state: EventsState) -> None:
        self._state = state
        self._store = state.environment.store
        self._store.script(_SCHEMA)
        self._documents = self._store.documents("events-archive")

    def arn(self, name: str) -> str:
        """The ARN of an archive."""
        environment = self._state.environment
        return f"arn:aws:events:{environment.region}:{environment.account_id}:archive/{name}"

    def find(self, name: str) -> Archive | None:
        """An archive, or None."""
        found: Archive | None = self._documents.get(name)
        return found

    def archive(self, name: str) -> Archive:
        """An archive.

        Raises:
            ServiceError: ResourceNotFoundException.
        """
        found = self.find(name)
        if found is None:
            raise no_archive(name)
        return found

    def all(self) -> list[Archive]:
        """All archives, by name."""
        return [archive for _, archive in sorted(self._documents.items())]

    def put(self, archive: Archive) -> None:
        """Write an archive, and its bus' rule for it."""
        self._documents.put(archive["ArchiveName"], archive)
        self._state.put_rule(self._rule(archive))

    def delete(self, archive: Archive) -> None:
        """Remove an archive with its events and its rule."""
        name = archive["ArchiveName"]
        self._documents.delete(name)
        self._store.execute("DELETE FROM events_archived WHERE archive=?", (name,))
        self._state.delete_rule(self._rule(archive))

    def keep(self, name: str, event: dict[str, Any]) -> None:
        """Keep an event."""
        sized = (event["source"], event["detail-type"], json.dumps(event["detail"]), *event["resources"])
        size = sum(len(text.encode()) for text in sized) + _TIME_BYTES
        row = (name, seconds_of(event["time"]), size, json.dumps(event))
        self._store.execute("INSERT INTO events_archived VALUES (?, ?, ?, ?)", row)

    def counted(self, archive: Archive) -> dict[str, int]:
        """How many events an archive has, and of what size together."""
        self._forget(archive)
        counted = "SELECT count(*), coalesce(sum(size), 0) FROM events_archived WHERE archive=?"
        count, size = self._store.execute(counted, (archive["ArchiveName"],)).fetchone()
        return {"EventCount": count, "SizeBytes": size}

    def events(self, archive: Archive, after: tuple[float, int], end: float) -> list[Archived]:
        """The first events behind a place and up to a time, in the order of their times."""
        self._forget(archive)
        wanted = (
            "SELECT at, rowid, event FROM events_archived WHERE archive=? AND (at, rowid) > (?, ?) AND at <= ? "
            "ORDER BY at, rowid LIMIT ?"
        )
        rows = self._store.execute(wanted, (archive["ArchiveName"], *after, end, BATCH)).fetchall()
        return [Archived(at=at, row=row, event=json.loads(text)) for at, row, text in rows]

    def _forget(self, archive: Archive) -> None:
        if archive["RetentionDays"]:
            oldest = self._state.clock() - archive["RetentionDays"] * _DAY_S
            row = (archive["ArchiveName"], oldest)
            self._store.execute("DELETE FROM events_archived WHERE archive=? AND at < ?", row)

    def _rule(self, archive: Archive) -> Rule:
        """The rule through which the bus fills the archive; what is replayed does not come back."""
        bus = bus_name_of(archive["EventSourceArn"])
        name = f"Events-Archive-{archive['ArchiveName']}"
        pattern = json.loads(archive.get("EventPattern") or "{}") | {"replay-name": [{"exists": False}]}
        token = uuid.uuid5(uuid.NAMESPACE_URL, f"{archive['ArchiveArn']}@{archive['CreationTime']}")
        template = _RULE_TEMPLATE.format(arn=archive["ArchiveArn"], token=token)
        target = {
            "Id": name,
            "Arn": f"arn:aws:events:{self._state.environment.region}:::",
            "InputTransformer": {"InputPathsMap": {}, "InputTemplate": template},
        }
        return {
            "Name": name,
            "EventBusName": bus,
            "Arn": self._state.rule_arn(bus, name),
            "State": "ENABLED",
            "EventPattern": json.dumps(pattern, separators=(",", ":")),
            "ManagedBy": MANAGER,
            "Archive": archive["ArchiveName"],
            "Targets": [target],
            "Tags": {},
            "Due": None,
        }
