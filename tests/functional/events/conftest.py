"""EventBridge in process, between neighbours that remember what they were asked."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.service import Caller, Environment, Params, RequestContext, Result, ServiceError
from mlfn_localstack.services.events import Events
from mlfn_localstack.store import Store

CLIENT = Caller(arn="arn:aws:iam::000000000000:user/jane", account_id="000000000000", user_id="A", access_key="AK")


class Bench:
    """The service, a clock that is set by hand, and the calls that reached the neighbours."""

    def __init__(self, state_dir: Path) -> None:
        self.now = 1_800_000_000.0
        self.calls: list[tuple[str, Params, str, str]] = []
        self.refusals: list[ServiceError] = []
        self.environment = Environment(
            store=Store(state_dir / "state.sqlite"), gateway=self, authenticator=self, state_dir=state_dir
        )
        self.events = Events(self.environment, lambda: self.now)

    def authenticate(self, request: HttpRequest, service: str) -> Caller:
        """Nobody."""
        raise ServiceError("MissingAuthenticationToken", f"{request.method} {service}", status=403)

    async def call(
        self,
        service: str,
        operation: str,
        params: Params,
        *,
        principal: str,
        source_arn: str = "",
        durable: bool = True,
    ) -> Result:
        """A neighbour's answer."""
        if self.refusals:
            raise self.refusals.pop(0)
        self.calls.append((f"{service}:{operation}", params, principal, source_arn))
        return {}

    async def do(self, operation: str, caller: Caller = CLIENT, **params: Any) -> Result:
        """An operation as the front would call it."""
        context = RequestContext(
            service="events",
            operation=operation,
            region="us-east-1",
            account_id="000000000000",
            caller=caller,
            request_id=str(uuid.uuid4()),
            endpoint=self.environment.endpoint,
        )
        result = await self.events.operations()[operation](context, params)
        await self.environment.store.durable()
        return result

    async def rule(self, target: dict[str, Any], name: str = "r", **params: Any) -> str:
        """The ARN of a rule with a target."""
        arn: str = (await self.do("PutRule", Name=name, **params))["RuleArn"]
        await self.do("PutTargets", Rule=name, Targets=[{"Id": "t", **target}])
        return arn

    async def called(self, count: int) -> list[tuple[str, Params, str, str]]:
        """The calls, once there are that many."""
        deadline = time.monotonic() + 15
        while len(self.calls) < count:
            assert time.monotonic() < deadline, self.calls
            await asyncio.sleep(0.005)
        return self.calls


Scenario = Callable[[Bench], Coroutine[Any, Any, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Run a scenario against the service; its state stays for the next one of the test."""

    def run_scenario(scenario: Scenario, *, now: float | None = None) -> Any:
        async def with_bench() -> Any:
            bench = Bench(tmp_path)
            bench.now = now or bench.now
            await bench.events.start()
            try:
                return await scenario(bench)
            finally:
                await bench.events.stop()
                bench.environment.store.close()

        return asyncio.run(with_bench())

    return run_scenario
