"""Asynchronous calls: queued durably, retried, and at their end sent to a destination."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.due_work import DueRows, DueWork, Row
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.destinations import FAILURE, SUCCESS, Notice, deliver, record_text
from mlfn_localstack.services.lambda_.execution.invocation import Outcome, platform_failure
from mlfn_localstack.services.lambda_.invoker import Call
from mlfn_localstack.services.lambda_.metrics import called_by
from mlfn_localstack.services.lambda_.names import LATEST, FunctionReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.services.lambda_.state import LambdaState

MAX_RETRIES = 2
MAX_AGE_S = 21_600
THROTTLE_BACKOFF_S = (1.0, 300.0)
PARALLEL = 128
MOST_OF_ONE = 64
"""Calls of one function that are under way: those of others must not wait until a slow one has worked off its own."""
_MAX_MESSAGE_BYTES = 1_024

_LOG = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS lambda_events (
    id TEXT PRIMARY KEY, function TEXT NOT NULL, qualifier TEXT, payload BLOB NOT NULL, client_context TEXT,
    queued_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL, throttles INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS lambda_events_due ON lambda_events (due_at);
CREATE INDEX IF NOT EXISTS lambda_events_of ON lambda_events (function, due_at);
"""
_FUNCTIONS = """
WITH RECURSIVE found(name) AS (
    SELECT min(function) FROM lambda_events
    UNION ALL SELECT (SELECT min(function) FROM lambda_events WHERE function > name) FROM found WHERE name IS NOT NULL)
SELECT name FROM found WHERE name IS NOT NULL
"""
"""Those that have events, however many."""
_DUE = "SELECT id, due_at FROM lambda_events WHERE function=? AND due_at <= ? ORDER BY due_at LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A queued call."""

    call: Call
    queued_at: float
    attempts: int
    """How often the function has been tried."""
    throttles: int


class EventQueue:
    """Works off asynchronous calls; what is queued survives the emulator's end."""

    def __init__(self, state: LambdaState, *, retry_s: float = 1.0) -> None:
        self._state = state
        self._store = state.emulator.store
        self._retry_s = retry_s
        self._store.script(_SCHEMA)
        self._running: dict[str, str] = {}
        """Of which function the events under way are, by their ids."""
        self._work = DueWork(DueRows(due=self._due, next_at=self._next_at), self._attempt, parallel=PARALLEL)

    def put(self, call: Call) -> None:
        """Queue a call (durable with the operation's commit)."""
        now = time.time()
        reference = call.reference
        self._store.execute(
            "INSERT INTO lambda_events VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (call.request_id, reference.name, reference.qualifier, call.payload, call.client_context, now, now),
        )
        self._work.wake()

    def start(self) -> None:
        """Go on with what was queued."""
        self._work.start()

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        await self._work.stop()

    def _due(self, now: float, most: int) -> list[Row]:
        """The ids of the first ones, of each function no more than it may have under way."""
        busy = Counter(self._running.values())
        found: list[Row] = []
        for (function,) in self._store.execute(_FUNCTIONS).fetchall():
            rows = self._store.execute(_DUE, (function, now, MOST_OF_ONE + busy[function])).fetchall()
            fresh = [row for row in rows if row[0] not in self._running]
            found += [(*row, function) for row in fresh[: MOST_OF_ONE - busy[function]]]
        return sorted(found, key=lambda row: float(row[1]))[:most]

    def _next_at(self, now: float) -> float | None:
        later = self._store.execute("SELECT min(due_at) FROM lambda_events WHERE due_at > ?", (now,))
        found: float | None = later.fetchone()[0]
        return found

    async def _attempt(self, row: Row) -> None:
        identifier, _, function = row
        self._running[identifier] = function
        try:
            await self._work_off(identifier)
        finally:
            del self._running[identifier]

    async def _work_off(self, identifier: str) -> None:
        event = _event(self._store.execute("SELECT * FROM lambda_events WHERE id=?", (identifier,)).fetchone())
        try:
            await self._try(event)
        except Exception:  # whatever went wrong, the event is still queued, and must not be tried in a tight loop
            _LOG.exception("%s: an event could not be worked off", event.call.reference.name)
            if time.time() - event.queued_at > MAX_AGE_S:
                self._remove(event)
            else:
                self._again(event, THROTTLE_BACKOFF_S[1])
        await self._store.durable()

    async def _try(self, event: Event) -> None:
        config = self._config(event.call.reference)
        if time.time() - event.queued_at > config.get("MaximumEventAgeInSeconds", MAX_AGE_S):
            await self._give_up(event, "EventAgeExceeded", platform_failure("EventAgeExceeded", "Event age exceeded"))
            return
        try:
            answer = await self._state.invoker.call(event.call)
        except ServiceError as error:
            await self._refused(event, error)
            return
        tried = Event(
            call=event.call, queued_at=event.queued_at, attempts=event.attempts + 1, throttles=event.throttles
        )
        if answer.outcome.error is None:
            await self._send("OnSuccess", tried, "Success", answer.outcome, answer.version)
            self._remove(event)
        elif event.attempts >= config.get("MaximumRetryAttempts", MAX_RETRIES):
            await self._give_up(tried, "RetriesExhausted", answer.outcome, answer.version)
        else:
            self._again(tried, self._retry_s * 2**event.attempts)

    async def _refused(self, event: Event, error: ServiceError) -> None:
        if error.status == 429 and self._state.concurrency.reserved(event.call.reference.name) == 0:
            await self._give_up(event, "ZeroReservedConcurrency", platform_failure(error.code, error.message))
        elif error.code == "TooManyRequestsException" or error.status >= 500:
            least, most = THROTTLE_BACKOFF_S
            later = Event(
                call=event.call, queued_at=event.queued_at, attempts=event.attempts, throttles=event.throttles + 1
            )
            self._again(later, min(least * 2**event.throttles, most))
        else:
            await self._give_up(event, "FunctionNotFound", platform_failure(error.code, error.message))

    def _again(self, event: Event, delay_s: float) -> None:
        self._store.execute(
            "UPDATE lambda_events SET due_at=?, attempts=?, throttles=? WHERE id=?",
            (time.time() + delay_s, event.attempts, event.throttles, event.call.request_id),
        )

    def _remove(self, event: Event) -> None:
        self._store.execute("DELETE FROM lambda_events WHERE id=?", (event.call.request_id,))

    async def _give_up(self, event: Event, condition: str, outcome: Outcome, version: str = LATEST) -> None:
        """Tell whoever is to know, then forget: a record may be sent twice, but none is lost."""
        await self._send("OnFailure", event, condition, outcome, version)
        await self._bury(event, outcome)
        self._remove(event)

    async def _send(self, kind: str, event: Event, condition: str, outcome: Outcome, version: str) -> None:
        config = self._config(event.call.reference)
        destination = config.get("DestinationConfig", {}).get(kind, {}).get("Destination")
        if destination:
            notice = Notice(
                body=record_text(self._record(event, condition, outcome, version)),
                result=SUCCESS if kind == "OnSuccess" else FAILURE,
                function_arn=self._arn(event),
            )
            await self._deliver(event, destination, notice, "DestinationDeliveryFailures")

    async def _bury(self, event: Event, outcome: Outcome) -> None:
        """Send the event itself to the function's dead-letter queue or topic."""
        configuration = self._configuration(event)
        target = configuration.get("DeadLetterConfig", {}).get("TargetArn")
        if target:
            notice = Notice(body=_text(event.call.payload), attributes=_dead_letter(event, outcome))
            await self._deliver(event, target, notice, "DeadLetterErrors")

    async def _deliver(self, event: Event, destination: str, notice: Notice, failure_metric: str) -> None:
        role = self._configuration(event).get("Role")
        if role is None:  # the function is gone
            return
        try:
            await deliver(self._state.emulator.gateway, destination, notice, role)
        except ServiceError as error:
            reference = event.call.reference
            _LOG.warning("%s: nothing could be sent to %s: %s", reference.name, destination, error)
            self._state.metrics.undelivered(called_by(reference, reference.qualifier or LATEST), failure_metric)

    def _configuration(self, event: Event) -> Mapping[str, Any]:
        try:
            return self._state.version(event.call.reference).configuration
        except ServiceError:
            return {}

    def _arn(self, event: Event) -> str:
        reference = event.call.reference
        return self._state.repository.arns.function(reference.name, reference.qualifier or LATEST)

    def _record(self, event: Event, condition: str, outcome: Outcome, version: str) -> dict[str, Any]:
        """An invocation record (AWS: "Capturing records of Lambda asynchronous invocations")."""
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": version}
        if outcome.error is not None:
            response["functionError"] = outcome.error
        answered = {"responseContext": response, "responsePayload": _json_or_text(outcome.payload)}
        return {
            "version": "1.0",
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "requestContext": {
                "requestId": event.call.request_id,
                "functionArn": self._arn(event),
                "condition": condition,
                "approximateInvokeCount": event.attempts,
            },
            "requestPayload": json.loads(event.call.payload),
            **(answered if event.attempts else {}),
        }

    def _config(self, reference: FunctionReference) -> dict[str, Any]:
        found = self._state.event_configs.get(f"{reference.name}:{reference.qualifier or LATEST}")
        return dict(found or {})


def _event(row: Row) -> Event:
    identifier, function, qualifier, payload, client_context, queued_at, _, attempts, throttles = row
    call = Call(
        reference=FunctionReference(name=function, qualifier=qualifier),
        payload=payload,
        request_id=identifier,
        client_context=client_context,
    )
    return Event(call=call, queued_at=queued_at, attempts=attempts, throttles=throttles)


def _dead_letter(event: Event, outcome: Outcome) -> dict[str, dict[str, str]]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq"""
    answer = _json_or_text(outcome.payload)
    message = answer.get("errorMessage") if isinstance(answer, dict) else None
    values = {
        "RequestID": ("String", event.call.request_id),
        "ErrorCode": ("Number", "200" if event.attempts else "429"),
    }
    if isinstance(message, str) and message:
        values["ErrorMessage"] = ("String", message.encode()[:_MAX_MESSAGE_BYTES].decode("utf-8", "ignore"))
    return {name: {"DataType": kind, "StringValue": value} for name, (kind, value) in values.items()}


def _text(payload: bytes) -> str:
    """A payload as text; it was taken in any encoding that JSON may have."""
    return payload.decode(json.detect_encoding(payload), "replace")


def _json_or_text(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
