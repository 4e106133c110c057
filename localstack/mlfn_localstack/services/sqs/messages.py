"""The messages of all queues: one table, in the order in which they came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs.duplicates import Duplicates
from mlfn_localstack.services.sqs.message_attributes import plain, restored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_localstack.services.sqs.message_attributes import Attributes
    from mlfn_localstack.store import Store

_FIRST_SEQUENCE = 18_850_000_000_000_000_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sqs_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    attributes TEXT NOT NULL, system TEXT NOT NULL, grp TEXT, sent_at REAL NOT NULL, visible_at REAL NOT NULL,
    receives INTEGER NOT NULL, first_received REAL, last_received REAL, receipt TEXT
);
CREATE INDEX IF NOT EXISTS sqs_messages_due ON sqs_messages (queue, visible_at);
CREATE INDEX IF NOT EXISTS sqs_messages_group ON sqs_messages (queue, grp, seq);
CREATE INDEX IF NOT EXISTS sqs_messages_id ON sqs_messages (queue, id);
CREATE INDEX IF NOT EXISTS sqs_messages_turn ON sqs_messages (queue, last_received, seq) WHERE grp IS NOT NULL;
CREATE INDEX IF NOT EXISTS sqs_messages_age ON sqs_messages (queue, sent_at);
"""
_BY_SEQ = "SELECT * FROM sqs_messages WHERE seq=?"
_BY_ID = "SELECT * FROM sqs_messages WHERE queue=? AND id=?"
_FREE = "SELECT * FROM sqs_messages WHERE queue=? AND visible_at<=? ORDER BY visible_at LIMIT ?"
_HEADS = """
SELECT grp FROM sqs_messages AS m INDEXED BY sqs_messages_turn
WHERE queue=?1 AND grp IS NOT NULL AND visible_at<=?2 AND NOT EXISTS (
    SELECT 1 FROM sqs_messages e WHERE e.queue=m.queue AND e.grp=m.grp AND e.seq<m.seq
) ORDER BY last_received, seq LIMIT ?3 OFFSET ?4
"""
"""The groups that have something to give: what nobody has received yet comes before what comes back. By that index
they are found one by one; without it, all messages were sorted first."""
_OF_GROUP = "SELECT * FROM sqs_messages WHERE queue=? AND grp=? ORDER BY seq LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is in its queue."""

    seq: int
    queue: str
    id: str
    body: str
    attributes: Attributes
    system: dict[str, str]
    """What was known when it came: SenderId, MessageGroupId, MessageDeduplicationId, AWSTraceHeader, …"""
    group: str | None
    """In a queue that keeps order: what it is in order with."""
    sent_at: float
    visible_at: float
    receives: int = 0
    first_received: float | None = None
    last_received: float | None = None
    receipt: str | None = None
    """Of its last receipt; None if nobody has received it yet."""

    def is_in_flight(self, now: float) -> bool:
        """Whether somebody is working on it."""
        return self.receipt is not None and self.visible_at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many messages a queue has of each kind."""

    visible: int
    in_flight: int
    delayed: int


class Messages:
    """Reads and writes; every change is durable with the next commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._store.script(_SCHEMA)
        self.duplicates = Duplicates(store, "sqs_duplicates")

    def add(self, message: Message) -> int:
        """Put a message at the end of its queue; its place."""
        values = (
            message.queue,
            message.id,
            message.body,
            json.dumps(plain(message.attributes)),
            json.dumps(message.system),
            message.group,
            message.sent_at,
            message.visible_at,
        )
        statement = (
            "INSERT INTO sqs_messages (queue, id, body, attributes, system, grp, sent_at, visible_at, receives)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"
        )
        return int(self._store.execute(statement, values).lastrowid or 0)

    def free(self, queue: str, now: float, limit: int, *, in_order: bool) -> list[Message]:
        """Messages that may be received now."""
        if in_order:
            return self._free_by_group(queue, now, limit)
        return [_message(row) for row in self._store.execute(_FREE, (queue, now, limit)).fetchall()]

    def _free_by_group(self, queue: str, now: float, limit: int) -> list[Message]:
        """As much as there is of one group, up to what is being worked on or delayed, then of the next."""
        found: list[Message] = []
        for group in self._groups(queue, now, limit):
            rows = self._store.execute(_OF_GROUP, (queue, group, limit - len(found))).fetchall()
            found += takewhile(lambda message: message.visible_at <= now, map(_message, rows))
            if len(found) >= limit:
                break
        return found

    def _groups(self, queue: str, now: float, limit: int) -> Iterator[str]:
        """The first group by itself, since it is often enough, and a cursor looks for one more than it is asked for."""
        first = self._store.execute(_HEADS, (queue, now, 1, 0)).fetchone()
        if first is not None:
            yield first[0]
            for (group,) in self._store.execute(_HEADS, (queue, now, limit - 1, 1)):
                yield group

    def by_seq(self, seqs: Iterable[int]) -> list[Message]:
        """Messages by their places; those that are gone are left out."""
        found = []
        for seq in seqs:
            row = self._store.execute(_BY_SEQ, (seq,)).fetchone()
            found += [_message(row)] if row else []
        return found

    def find(self, queue: str, identifier: str) -> Message | None:
        """A message of a queue by its id, or None."""
        row = self._store.execute(_BY_ID, (queue, identifier)).fetchone()
        return _message(row) if row else None

    def receive(self, message: Message, receipt: str, now: float, visible_at: float) -> None:
        """Note that somebody works on a message until then."""
        self._store.execute(
            "UPDATE sqs_messages SET receipt=?, visible_at=?, receives=receives+1, last_received=?,"
            " first_received=ifnull(first_received, ?) WHERE seq=?",
            (receipt, visible_at, now, now, message.seq),
        )

    def show_at(self, message: Message, moment: float) -> None:
        """Have a message visible from a moment on."""
        self._store.execute("UPDATE sqs_messages SET visible_at=? WHERE seq=?", (moment, message.seq))

    def remove(self, message: Message) -> None:
        """Forget a message."""
        self._store.execute("DELETE FROM sqs_messages WHERE seq=?", (message.seq,))

    def clear(self, queue: str) -> None:
        """Forget all messages of a queue, and which were sent to it."""
        self._store.execute("DELETE FROM sqs_messages WHERE queue=?", (queue,))
        self.duplicates.clear(queue)

    def expire(self, queue: str, before: float) -> None:
        """Forget what was sent to a queue before a moment."""
        oldest = self.oldest(queue)
        if oldest is not None and oldest < before:
            self._store.execute("DELETE FROM sqs_messages WHERE queue=? AND sent_at<?", (queue, before))

    def oldest(self, queue: str) -> float | None:
        """When the oldest message of a queue was sent."""
        found = self._store.execute("SELECT min(sent_at) FROM sqs_messages WHERE queue=?", (queue,)).fetchone()[0]
        return None if found is None else float(found)

    def next_visible(self, queue: str, now: float) -> float | None:
        """When the next message becomes visible by itself."""
        statement = "SELECT min(visible_at) FROM sqs_messages WHERE queue=? AND visible_at>?"
        found = self._store.execute(statement, (queue, now)).fetchone()[0]
        return None if found is None else float(found)

    def queues(self) -> set[str]:
        """The queues that have messages."""
        return {str(name) for (name,) in self._store.execute("SELECT DISTINCT queue FROM sqs_messages").fetchall()}

    def counts(self, queue: str, now: float) -> Counts:
        """How many messages a queue has."""
        statement = (
            "SELECT count(*), ifnull(sum(visible_at>?1 AND receipt IS NOT NULL), 0),"
            " ifnull(sum(visible_at>?1 AND receipt IS NULL), 0) FROM sqs_messages WHERE queue=?2"
        )
        total, in_flight, delayed = self._store.execute(statement, (now, queue)).fetchone()
        return Counts(visible=total - in_flight - delayed, in_flight=in_flight, delayed=delayed)

    def has_in_flight(self, queue: str, now: float, count: int) -> bool:
        """Whether so many messages of a queue are being worked on."""
        hidden = "SELECT 1 FROM sqs_messages WHERE queue=? AND visible_at>? LIMIT 1 OFFSET ?"
        if self._store.execute(hidden, (queue, now, count - 1)).fetchone() is None:
            return False
        return self.counts(queue, now).in_flight >= count


def sequence_number(seq: int) -> str:
    """A place as clients see it: twenty digits, growing."""
    return str(_FIRST_SEQUENCE + seq)


def _message(row: tuple[Any, ...]) -> Message:
    seq, queue, identifier, body, attributes, system, group, sent_at, visible_at, receives, first, last, receipt = row
    return Message(
        seq=seq,
        queue=queue,
        id=identifier,
        body=body,
        attributes=restored(json.loads(attributes)),
        system=json.loads(system),
        group=group,
        sent_at=sent_at,
        visible_at=visible_at,
        receives=receives,
        first_received=first,
        last_received=last,
        receipt=receipt,
    )
