"""Where the events and frames of an execution go: the database (Standard) or memory (Express)."""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import runtime_failure
from mlfn_localstack.services.stepfunctions.asl.json_text import dump
from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.stepfunctions.interpreter.world import Clock
    from mlfn_localstack.store import Store

_log = logging.getLogger(__name__)
_MAX_EVENTS = 25_000
_STEPS_A_TURN = 32
"""Of an execution in memory: about a millisecond."""
_LAST = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}


@lru_cache(maxsize=128)
def details_member(kind: str) -> str:
    """The member of an event that holds the details of its type."""
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def report(failure: Exception | None) -> None:
    """Log that a commit which nobody waits for failed."""
    if failure is not None:
        _log.error("The progress of an execution was not committed", exc_info=failure)


class _Numbered(ABC):
    """Numbers events and gives them their form; subclasses keep them."""

    is_limited = True
    """Whether there may be no more than 25,000 events (AWS: "Step Functions service quotas")."""

    def __init__(self, clock: Clock, last: int) -> None:
        self._clock = clock
        self._last = last

    def event(self, kind: str, previous: int, details: dict[str, Any] | None = None) -> int:
        """Write a history event; its id."""
        if self.is_limited and self._last >= _MAX_EVENTS - 1 and kind not in _LAST:
            failure = runtime_failure("The execution reached the maximum number of history events (25000).")
            failure.internal = False
            raise failure
        self._last += 1
        event = {"timestamp": self._clock.now(), "type": kind, "id": self._last, "previousEventId": previous}
        if details is not None:
            event[details_member(kind)] = details
        self.keep(event)
        return self._last

    @abstractmethod
    def keep(self, event: dict[str, Any]) -> None:
        """Put an event where it belongs."""


class DurableJournal(_Numbered):
    """Events and frames in the database."""

    def __init__(self, store: Store, execution: str, clock: Clock) -> None:
        row = store.execute("SELECT max(id) FROM sfn_events WHERE execution=?", (execution,)).fetchone()
        super().__init__(clock, row[0] or 0)
        self._store = store
        self._execution = execution

    def keep(self, event: dict[str, Any]) -> None:
        """Write an event in the open transaction."""
        self._store.execute("INSERT INTO sfn_events VALUES (?, ?, ?)", (self._execution, event["id"], dump(event)))

    def save(self, frame: Frame) -> None:
        """Write a frame in the open transaction."""
        row = (self._execution, frame.path, dump(frame.to_json()))
        self._store.execute("INSERT OR REPLACE INTO sfn_frames VALUES (?, ?, ?)", row)

    def load(self, path: str) -> Frame | None:
        """A saved frame."""
        row = self._store.execute(
            "SELECT body FROM sfn_frames WHERE execution=? AND path=?", (self._execution, path)
        ).fetchone()
        return None if row is None else Frame.from_json(json.loads(row[0]))

    def frames(self, path: str = "") -> list[Frame]:
        """The saved frames at and below a path."""
        rows = self._store.execute(
            "SELECT body FROM sfn_frames WHERE execution=? AND (path=? OR path>? AND path<?)",
            (self._execution, path, f"{path}/", f"{path}0"),
        ).fetchall()
        return [Frame.from_json(json.loads(row[0])) for row in rows]

    def drop_below(self, path: str) -> None:
        """Delete the frames below a path."""
        self._store.execute(
            "DELETE FROM sfn_frames WHERE execution=? AND path>? AND path<?", (self._execution, f"{path}/", f"{path}0")
        )

    def drop_all(self) -> None:
        """Delete all frames."""
        self._store.execute("DELETE FROM sfn_frames WHERE execution=?", (self._execution,))

    async def durable(self) -> None:
        """Return once the transaction is committed."""
        await self._store.durable()

    def commit_soon(self) -> None:
        """Have the transaction committed in a few turns of the loop, without waiting for it."""
        self._store.when_durable(report)


class MemoryJournal(_Numbered):
    """Events in a list; frames are not needed, since nothing resumes an Express execution."""

    is_limited = False

    def __init__(self, clock: Clock, wanted: Callable[[str], bool] = lambda _: True) -> None:
        super().__init__(clock, 0)
        self._wanted = wanted
        self._steps = 0
        self.events: list[dict[str, Any]] = []
        """Those whose types are wanted."""

    def keep(self, event: dict[str, Any]) -> None:
        """Append an event."""
        if self._wanted(event["type"]):
            self.events.append(event)

    def save(self, frame: Frame) -> None:
        """Nothing: an Express execution ends with the process."""

    def load(self, path: str) -> Frame | None:
        """Nothing was saved."""
        return None

    def drop_below(self, path: str) -> None:
        """Nothing to drop."""

    async def durable(self) -> None:
        """Wait for nothing, but let others have their turn: states may go round and round."""
        self._steps += 1
        if not self._steps % _STEPS_A_TURN:
            await asyncio.sleep(0)

    def commit_soon(self) -> None:
        """Nothing to commit."""
