"""Deliveries to targets: queued durably, retried by the target's policy, given up at its end."""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.due_work import DueRows, DueWork, Row
from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.store import Store

MAX_RETRIES = 185
MAX_AGE_S = 86_400
PARALLEL = 32
BACKOFF_S = (1.0, 300.0)
_MOST_DOUBLINGS = 16
_HELD = 1e12
"""When what waits for others in its lane is due: never, until it is the first."""

_LOG = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
    id TEXT PRIMARY KEY, event_id TEXT NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL, input TEXT NOT NULL,
    queued_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL, lane TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS {table}_due ON {table} (due_at);
"""
_LANES = """
ALTER TABLE {table} ADD COLUMN lane TEXT NOT NULL DEFAULT '';
"""
"""For state of emulators that knew none."""
_LANE_INDEX = "CREATE INDEX IF NOT EXISTS {table}_lane ON {table} (lane) WHERE lane <> '';"
_STATEMENTS = {
    "put": "INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
    "is_taken": "SELECT EXISTS (SELECT 1 FROM {table} WHERE lane = ? AND lane <> '')",
    "due": "SELECT * FROM {table} WHERE due_at <= ? ORDER BY due_at LIMIT ?",
    "later": "SELECT min(due_at) FROM {table} WHERE due_at > ?",
    "again": "UPDATE {table} SET due_at=?, attempts=? WHERE id=?",
    "remove": "DELETE FROM {table} WHERE id=?",
    "release": "UPDATE {table} SET due_at=? WHERE rowid = "
    "(SELECT min(rowid) FROM {table} WHERE lane = ? AND lane <> '')",
    "hold": "UPDATE {table} SET due_at=? WHERE lane <> '' AND due_at < ? AND EXISTS ("
    "SELECT 1 FROM {table} AS e WHERE e.lane = {table}.lane AND e.lane <> '' AND e.rowid < {table}.rowid)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What a target is to get."""

    id: str
    event_id: str
    rule: str
    """The ARN of what sends it: a rule, a topic, a schedule."""
    target: Mapping[str, Any]
    input: str
    queued_at: float
    attempts: int
    lane: str = ""


GiveUp = Callable[[Delivery, ServiceError], Awaitable[None]]


class DeliveryQueue:
    """Works off deliveries; what is queued survives the emulator's end."""

    def __init__(
        self,
        store: Store,
        deliver: Callable[[Delivery], Awaitable[None]],
        give_up: GiveUp,
        *,
        owner: str = "events",
    ) -> None:
        """`owner` is the service whose deliveries these are; `give_up` hears of those that nobody took."""
        self._store = store
        self._deliver = deliver
        self._give_up = give_up
        table = f"{owner}_deliveries"
        self._statements = {name: text.format(table=table) for name, text in _STATEMENTS.items()}
        self._store.script(_SCHEMA.format(table=table))
        columns = self._store.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        self._store.script((_LANE_INDEX if ("lane",) in columns else _LANES + _LANE_INDEX).format(table=table))
        self._work = DueWork(DueRows(due=self._due, next_at=self._next_at), self._attempt, parallel=PARALLEL)

    def put(self, rule: str, target: Mapping[str, Any], text: str, event_id: str, *, lane: str = "") -> None:
        """Queue a delivery (durable with the next commit); of those in one lane, each waits for the ones before it."""
        now = time.time()
        is_held = bool(lane) and self._store.execute(self._statements["is_taken"], (lane,)).fetchone()[0]
        due_at = _HELD if is_held else now
        self._store.execute(
            self._statements["put"],
            (str(uuid.uuid4()), event_id, rule, json.dumps(target), text, now, due_at, lane),
        )
        self._work.wake()

    def start(self) -> None:
        """Go on with what was queued."""
        self._store.execute(self._statements["hold"], (_HELD, _HELD))  # emulators of before held nothing
        self._work.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._work.stop()

    def _due(self, now: float, most: int) -> list[Row]:
        return self._store.execute(self._statements["due"], (now, most)).fetchall()

    def _next_at(self, now: float) -> float | None:
        later: float | None = self._store.execute(self._statements["later"], (now,)).fetchone()[0]
        return None if later is None or later >= _HELD else later

    async def _attempt(self, row: Row) -> None:
        await self._store.durable()  # nothing is sent that a crash could forget
        await self._deliver_once(_delivery(row))
        await self._store.durable()

    async def _deliver_once(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
            self._remove(delivery)
        except ServiceError as error:
            await self._failed(delivery, error)
        except Exception as error:  # a mistake of ours is tried again as one of theirs is, and no more often
            _LOG.exception("%s: a delivery failed", delivery.rule)
            await self._failed(delivery, ServiceError("InternalFailure", str(error), status=500))

    async def _failed(self, delivery: Delivery, error: ServiceError) -> None:
        """Retry what may pass; a missing target or permission is final at once (AWS: "Event retry policy")."""
        retriable = error.status >= 500 or error.status == 429 or "Throttl" in error.code
        policy = delivery.target.get("RetryPolicy") or {}
        too_old = time.time() - delivery.queued_at > policy.get("MaximumEventAgeInSeconds", MAX_AGE_S)
        if not retriable or too_old or delivery.attempts >= policy.get("MaximumRetryAttempts", MAX_RETRIES):
            _LOG.warning("%s: nothing could be delivered to %s: %s", delivery.rule, delivery.target["Arn"], error)
            try:
                await self._give_up(delivery, error)
            except ServiceError as refusal:
                _LOG.warning("%s: nor did its dead-letter queue take it: %s", delivery.rule, refusal)
            except Exception:  # else it would be due for ever, and at once
                _LOG.exception("%s: it could not be given up", delivery.rule)
            self._remove(delivery)
        else:
            self._again(delivery)

    def _again(self, delivery: Delivery) -> None:
        least, most = BACKOFF_S
        delay_s = min(least * 2 ** min(delivery.attempts, _MOST_DOUBLINGS), most) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        later = replace(delivery, attempts=delivery.attempts + 1)
        self._store.execute(
            self._statements["again"],
            (time.time() + delay_s, later.attempts, later.id),
        )

    def _remove(self, delivery: Delivery) -> None:
        self._store.execute(self._statements["remove"], (delivery.id,))
        if delivery.lane:
            self._store.execute(self._statements["release"], (time.time(), delivery.lane))


def _delivery(row: Row) -> Delivery:
    identifier, event_id, rule, target, text, queued_at, _, attempts, lane = row
    return Delivery(
        id=identifier,
        event_id=event_id,
        rule=rule,
        target=json.loads(target),
        input=text,
        queued_at=queued_at,
        attempts=attempts,
        lane=lane,
    )
