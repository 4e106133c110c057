"""What CloudTrail keeps: trails, records that wait for delivery, and management events to look up."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.cloudtrail import errors
from mlfn_localstack.services.cloudtrail.record import make_record, source_of
from mlfn_localstack.services.cloudtrail.selection import kind_of, takes

if TYPE_CHECKING:
    from mlfn_localstack.service import Environment, Params, RequestContext, Result, ServiceError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cloudtrail_pending (id INTEGER PRIMARY KEY AUTOINCREMENT, trail TEXT, record TEXT);
CREATE TABLE IF NOT EXISTS cloudtrail_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL, event TEXT, record TEXT);
CREATE INDEX IF NOT EXISTS cloudtrail_events_time ON cloudtrail_events (time);
"""
_NAME = re.compile(r"[a-zA-Z0-9](?:[._-]?[a-zA-Z0-9]){2,127}")
HISTORY_S = 90 * 86_400
"""The event history goes back 90 days."""

Trail = dict[str, Any]
"""A trail as DescribeTrails shows it; `Selectors`, `Advanced`, `Tags` and `Status` beside."""


class TrailState:
    """Trails and records."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.trails = environment.store.documents("cloudtrail-trail")
        self._store = environment.store
        self._store.script(_SCHEMA)
        self._logging: list[Trail] = []
        self.watch()

    def arn(self, name: str) -> str:
        """A trail's ARN."""
        return f"arn:aws:cloudtrail:{self.environment.region}:{self.environment.account_id}:trail/{name}"

    def trail(self, given: str) -> Trail:
        """The trail of a name or ARN.

        Raises:
            ServiceError: TrailNotFoundException, or InvalidTrailNameException.
        """
        name = given.removeprefix(self.arn(""))
        if not _NAME.fullmatch(name):
            raise errors.bad_name("Trail name or ARN is not valid.")
        trail: Trail | None = self.trails.get(name)
        if trail is None:
            raise errors.not_found(self.arn(name), self.environment.account_id)
        return trail

    def save(self, trail: Trail) -> None:
        """Write a trail; what is recorded follows at once."""
        self.trails.put(trail["Name"], trail)
        self.watch()

    def delete(self, trail: Trail) -> None:
        """Forget a trail and what it has not delivered."""
        self.trails.delete(trail["Name"])
        self._store.execute("DELETE FROM cloudtrail_pending WHERE trail=?", (trail["Name"],))
        self.watch()

    def watch(self) -> None:
        """Be told of calls while a trail is on, and of none else."""
        self._logging = [trail for _, trail in self.trails.items() if trail["Status"]["IsLogging"]]
        watchers = self.environment.watchers
        if self._logging and self.record not in watchers:
            watchers.append(self.record)
        elif not self._logging and self.record in watchers:
            watchers.remove(self.record)

    def record(
        self, context: RequestContext, params: Params, result: Result | None, error: ServiceError | None
    ) -> None:
        """Keep a call for the trails that take it, durable with the call's own commit."""
        kind = kind_of(context, params)
        if kind is None:
            return
        source = source_of(context.service)
        takers = [trail for trail in self._logging if takes(trail["Selectors"], kind, source)]
        if not takers and kind.data_type is not None:
            return
        record = make_record(context, params, kind, result, error)
        text = json.dumps(record, separators=(",", ":"), default=str)
        for trail in takers:
            self._store.execute("INSERT INTO cloudtrail_pending (trail, record) VALUES (?, ?)", (trail["Name"], text))
        if kind.data_type is None:
            self._store.execute(
                "INSERT INTO cloudtrail_events (time, event, record) VALUES (?, ?, ?)",
                (time.time(), json.dumps(_summary(record)), text),
            )

    def pending(self, trail: str, limit: int) -> list[tuple[int, str]]:
        """Records that a trail has yet to deliver, the oldest first."""
        rows = self._store.execute(
            "SELECT id, record FROM cloudtrail_pending WHERE trail=? ORDER BY id LIMIT ?", (trail, limit)
        )
        return [(row[0], row[1]) for row in rows.fetchall()]

    def delivered(self, trail: str, last: int) -> None:
        """Forget pending records up to one."""
        self._store.execute("DELETE FROM cloudtrail_pending WHERE trail=? AND id<=?", (trail, last))

    def events(self, start: float, end: float) -> list[tuple[dict[str, Any], str]]:
        """Summary and record of management events between two times, the newest first."""
        rows = self._store.execute(
            "SELECT event, record FROM cloudtrail_events WHERE time>=? AND time<=? ORDER BY id DESC", (start, end)
        )
        return [(json.loads(row[0]), row[1]) for row in rows.fetchall()]

    def expire(self) -> None:
        """Forget events past the history's end."""
        self._store.execute("DELETE FROM cloudtrail_events WHERE time<?", (time.time() - HISTORY_S,))


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    identity = record["userIdentity"]
    name = identity.get("userName") or (
        "root" if identity["type"] == "Root" else identity.get("arn", "").rpartition("/")[2]
    )
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "true" if record["readOnly"] else "false",
        "EventTime": time.time(),
        "EventSource": record["eventSource"],
        **({"Username": name} if name else {}),
        **({"AccessKeyId": identity["accessKeyId"]} if "accessKeyId" in identity else {}),
        "Resources": [
            {"ResourceName": one["ARN"], **({"ResourceType": one["type"]} if "type" in one else {})}
            for one in record.get("resources", ())
        ],
    }
