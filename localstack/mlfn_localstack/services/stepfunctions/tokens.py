"""Task tokens: tasks that a callback or an activity's worker completes, valid across a restart."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError, ToldError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, parse
from mlfn_localstack.services.stepfunctions.errors import invalid_token, task_timed_out
from mlfn_localstack.services.stepfunctions.interpreter.deadline import before

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from mlfn_localstack.services.stepfunctions.interpreter.world import Clock
    from mlfn_localstack.store import Store

_WAITING, _OPEN, _DONE, _CLOSED = "waiting", "open", "done", "closed"


class TaskTokens:
    """All task tokens; an answer is kept in the database first, then whoever waits is woken."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._changed: dict[str, asyncio.Event] = {}
        row = store.execute("SELECT max(created) FROM sfn_tokens").fetchone()
        self._created: int = row[0] or 0

    def create(self, token: str, execution: str, *, activity: str | None = None, text: str = "") -> None:
        """Make a token valid."""
        self._created += 1
        state = _OPEN if activity is None else _WAITING
        row = (token, execution, activity, text, state, None, self._clock.now(), self._created, None)
        self._store.execute("INSERT INTO sfn_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        if activity is not None:
            self._notify(activity)

    def close(self, token: str) -> None:
        """Make a token invalid."""
        self._store.execute("UPDATE sfn_tokens SET state=?, input='', body=NULL WHERE token=?", (_CLOSED, token))
        self._changed.pop(token, None)

    def close_execution(self, execution: str) -> None:
        """Make the tokens of an execution invalid."""
        query = "SELECT token FROM sfn_tokens WHERE execution=? AND state<>?"
        for (token,) in self._store.execute(query, (execution, _CLOSED)).fetchall():
            self.close(token)

    async def outcome(self, token: str, clock: Clock, heartbeat_s: float | None) -> Payload:
        """What was sent for a token."""
        while True:
            state, beat, body = self._row(token)
            if state == _DONE:
                return _result(json.loads(body))
            deadline = None if heartbeat_s is None else beat + heartbeat_s
            if deadline is not None and deadline <= clock.now():
                raise StateError(ErrorName.TIMEOUT, alias=ErrorName.HEARTBEAT)
            try:
                await before(clock, deadline, self._change(token))
            except TimeoutError:
                continue

    async def taken(self, token: str) -> str | None:
        """The worker that took an activity's task."""
        while True:
            state, worker = self._store.execute(
                "SELECT state, worker FROM sfn_tokens WHERE token=?", (token,)
            ).fetchone()
            if state != _WAITING:
                name: str | None = worker
                return name
            await self._change(token)

    async def take(
        self, activity: str, worker: str | None, patience_s: float, is_gone: Callable[[], bool] = lambda: False
    ) -> tuple[str, str] | None:
        """The next task of an activity (token, input), or None if none came in time, or the worker has hung up."""
        deadline = self._clock.now() + patience_s
        while not is_gone():
            row = self._store.execute(
                "SELECT token, input FROM sfn_tokens WHERE activity=? AND state=? ORDER BY created LIMIT 1",
                (activity, _WAITING),
            ).fetchone()
            if row is not None:
                self._store.execute(
                    "UPDATE sfn_tokens SET state=?, worker=?, beat=? WHERE token=?",
                    (_OPEN, worker, self._clock.now(), row[0]),
                )
                self._notify(row[0])
                return row[0], row[1]
            try:
                await before(self._clock, deadline, self._change(activity))
            except TimeoutError:
                return None
        return None

    def require_known(self, token: str) -> None:
        """Refuse a token that was never given out.

        Raises:
            ServiceError: InvalidToken.
        """
        if self._store.execute("SELECT 1 FROM sfn_tokens WHERE token=?", (token,)).fetchone() is None:
            raise invalid_token()

    def send(self, token: str, body: dict[str, Any]) -> None:
        """Keep an answer and wake who waits for it.

        Raises:
            ServiceError: InvalidToken, or TaskTimedOut if it was answered or given up before.
        """
        self._require_open(token)
        self._store.execute("UPDATE sfn_tokens SET state=?, body=? WHERE token=?", (_DONE, json.dumps(body), token))
        self._notify(token)

    def beat(self, token: str) -> None:
        """Note that a task is still being worked on.

        Raises:
            ServiceError: InvalidToken or TaskTimedOut.
        """
        self._require_open(token)
        self._store.execute("UPDATE sfn_tokens SET beat=? WHERE token=?", (self._clock.now(), token))

    def _require_open(self, token: str) -> None:
        row = self._store.execute("SELECT state FROM sfn_tokens WHERE token=?", (token,)).fetchone()
        if row is None:
            raise invalid_token()
        if row[0] not in {_OPEN, _WAITING}:
            raise task_timed_out()

    def _row(self, token: str) -> tuple[str, float, str]:
        row: tuple[str, float, str] = self._store.execute(
            "SELECT state, beat, body FROM sfn_tokens WHERE token=?", (token,)
        ).fetchone()
        return row

    def _change(self, key: str) -> Coroutine[Any, Any, object]:
        """Waits for the next change from now on, not only from when it is awaited."""
        return self._changed.setdefault(key, asyncio.Event()).wait()

    def _notify(self, key: str) -> None:
        event = self._changed.pop(key, None)
        if event is not None:
            event.set()


def _result(body: dict[str, Any]) -> Payload:
    if "output" in body:
        return Payload(parse(body["output"]), body["output"])
    raise ToldError(body.get("error"), body.get("cause"))
