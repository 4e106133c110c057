"""One door for every call of a function, whether from Invoke, the asynchronous queue or another service."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn_localstack.identifiers import hex_digits
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.execution.invocation import InitFailedError, Invocation, Outcome, told_to
from mlfn_localstack.services.lambda_.metrics import called_by
from mlfn_localstack.services.lambda_.resolve import Target, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.lambda_.concurrency import Concurrency
    from mlfn_localstack.services.lambda_.execution.fleet import Fleet
    from mlfn_localstack.services.lambda_.metrics import Called, LambdaMetrics
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a caller wants run."""

    reference: FunctionReference
    payload: bytes
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_context: str | None = None
    with_tail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it, and which version gave it."""

    outcome: Outcome
    version: str


class Invoker:
    """Resolves, admits and runs calls."""

    def __init__(
        self,
        repository: Repository,
        concurrency: Concurrency,
        fleet: Fleet,
        metrics: LambdaMetrics,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._repository = repository
        self._concurrency = concurrency
        self._fleet = fleet
        self._metrics = metrics
        self._draw = draw

    def resolve(self, reference: FunctionReference) -> Target:
        """The version that a call would run now.

        Raises:
            ServiceError: there is no such function, version or alias.
        """
        return resolve(self._repository, reference, self._draw)

    async def call(self, call: Call) -> Answer:
        """Run a call to its end.

        Raises:
            ServiceError: it was refused before any code of the function ran.
        """
        target = self.resolve(call.reference)
        called = called_by(call.reference, target.version.version)
        try:
            with self._concurrency.slot(target.version.name, target.version.version) as running:
                self._metrics.began(called, running)
                outcome = await self._run(call, target, called)
        except ServiceError as error:
            if error.status == 429:
                self._metrics.throttled(called)
            raise
        return Answer(outcome=outcome, version=target.version.version)

    async def _run(self, call: Call, target: Target, called: Called) -> Outcome:
        try:
            environment = await self._fleet.lease(target.version)
        except InitFailedError as error:
            error.report(call.request_id)
            self._metrics.ended(called, failed=True, duration_ms=0.0)
            return told_to(call.request_id, error.outcome)
        except ServiceError as error:
            message = f"Lambda could not start an environment: {error.message}"
            raise ServiceError("ServiceException", message, status=500) from error
        started = time.perf_counter()
        outcome = await environment.invoke(
            Invocation(
                request_id=call.request_id,
                payload=call.payload,
                invoked_arn=target.invoked_arn,
                client_context=call.client_context,
                trace_id=_trace_id(),
                wait_for_report=call.with_tail,
            )
        )
        duration_ms = (time.perf_counter() - started) * 1000
        self._metrics.ended(called, failed=outcome.error is not None, duration_ms=duration_ms)
        return outcome


def _trace_id() -> str:
    """An X-Ray trace header that is not sampled (AWS X-Ray: "Tracing header")."""
    return f"Root=1-{int(time.time()):08x}-{hex_digits(24)};Parent={hex_digits(16)};Sampled=0"
