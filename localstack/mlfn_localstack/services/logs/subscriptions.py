"""Subscription filters, and the events that wait to be sent to their destinations.

An event that fits a filter is put into an outbox in the transaction that takes the event, and leaves it once its
destination has it: nothing is lost by a crash, by expiry, or by the end of the stream it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.logs.filter_patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlfn_localstack.store import Store

MAX_PER_GROUP = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS logs_outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, filter TEXT NOT NULL, stream TEXT NOT NULL, event_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, message TEXT NOT NULL, offered_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS logs_outbox_filter ON logs_outbox (filter, id);
"""

Filter = dict[str, Any]
"""A SubscriptionFilter in boto3's shape, and `Loop`: whether its function logs into the very group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event in the outbox."""

    id: int
    stream: str
    event_id: int
    timestamp: int
    message: str
    offered_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Active:
    key: str
    fits: Callable[[str], bool]


class Subscriptions:
    """All filters, and their outbox."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._documents = store.documents("logs-subscription")
        self._active: dict[str, list[_Active]] = {}
        self.offered: Callable[[str], None] = lambda key: None
        """Called with a filter's key after events were put into its outbox."""
        store.script(_SCHEMA)
        for _, document in self._documents.items():
            self._activate(document["logGroupName"])

    def filters(self, group: str, prefix: str = "") -> list[Filter]:
        """A group's filters, by name."""
        return [document for _, document in self._documents.items(f"{group}:{prefix}")]

    def find(self, key: str) -> Filter | None:
        """A filter by its key, or None."""
        return self._documents.get(key)

    def put(self, document: Filter) -> None:
        """Write a filter; it is for events that come from now on."""
        self._documents.put(key_of(document), document)
        self._activate(document["logGroupName"])

    def delete(self, document: Filter) -> None:
        """Remove a filter with what was not sent yet."""
        self._documents.delete(key_of(document))
        self._store.execute("DELETE FROM logs_outbox WHERE filter=?", (key_of(document),))
        self._activate(document["logGroupName"])

    def offer(self, group: str, stream: str, first_id: int, events: Sequence[tuple[int, str]], now: int) -> None:
        """Put the events (time, message) that fit a filter into its outbox."""
        for active in self._active.get(group, ()):
            rows = [
                (active.key, stream, first_id + position, timestamp, message, now)
                for position, (timestamp, message) in enumerate(events)
                if active.fits(message)
            ]
            for row in rows:
                self._store.execute(
                    "INSERT INTO logs_outbox (filter, stream, event_id, timestamp, message, offered_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                )
            if rows:
                self.offered(active.key)

    def waiting(self, key: str, limit: int) -> list[Waiting]:
        """The first events that wait for a filter's destination."""
        rows = self._store.execute(
            "SELECT id, stream, event_id, timestamp, message, offered_at FROM logs_outbox"
            " WHERE filter=? ORDER BY id LIMIT ?",
            (key, limit),
        ).fetchall()
        return [
            Waiting(id=row[0], stream=row[1], event_id=row[2], timestamp=row[3], message=row[4], offered_at=row[5])
            for row in rows
        ]

    def keys_with_waiting(self) -> list[str]:
        """The filters that something waits for."""
        return [row[0] for row in self._store.execute("SELECT DISTINCT filter FROM logs_outbox").fetchall()]

    async def remove(self, events: Sequence[Waiting]) -> None:
        """Take events out of the outbox, durably."""
        for event in events:
            self._store.execute("DELETE FROM logs_outbox WHERE id=?", (event.id,))
        await self._store.durable()

    def _activate(self, group: str) -> None:
        self._active[group] = [
            _Active(key=key_of(document), fits=compile_pattern(document["filterPattern"]))
            for document in self.filters(group)
        ]


def key_of(document: Filter) -> str:
    """A filter's key: neither part may have a colon."""
    return f"{document['logGroupName']}:{document['filterName']}"
