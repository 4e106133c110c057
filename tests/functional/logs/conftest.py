"""CloudWatch Logs in process, and functions that remember the batches they got."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from mlfn_localstack.http import HttpRequest
from mlfn_localstack.service import Caller, Environment, Params, RequestContext, Result, ServiceError
from mlfn_localstack.services.logs import Logs
from mlfn_localstack.store import Store

CLIENT = Caller(arn="arn:aws:iam::000000000000:user/jane", account_id="000000000000", user_id="A", access_key="AK")


class Bench:
    """The service, and what reached Lambda."""

    def __init__(self, state_dir: Path) -> None:
        self.batches: list[dict[str, Any]] = []
        self.sources: list[tuple[str, str]] = []
        self.refusals: list[ServiceError] = []
        self.environment = Environment(
            store=Store(state_dir / "state.sqlite"), gateway=self, authenticator=self, state_dir=state_dir
        )
        self.logs = Logs(self.environment)

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
        """Lambda's answer."""
        if self.refusals:
            raise self.refusals.pop(0)
        if operation == "Invoke" and params["InvocationType"] == "Event":
            data = json.loads(params["Payload"])["awslogs"]["data"]
            self.batches.append(json.loads(gzip.decompress(base64.b64decode(data))))
            self.sources.append((principal, source_arn))
        return {"LoggingConfig": {"LogGroup": "/custom/f"}, "Service": service}

    async def do(self, operation: str, **params: Any) -> Result:
        """An operation as the front would call it."""
        context = RequestContext(
            service="logs",
            operation=operation,
            region="us-east-1",
            account_id="000000000000",
            caller=CLIENT,
            request_id=str(uuid.uuid4()),
            endpoint=self.environment.endpoint,
        )
        result = await self.logs.operations()[operation](context, params)
        await self.environment.store.durable()
        return result

    async def write(self, *messages: str, stream: str = "s", group: str = "g") -> None:
        """Put events."""
        events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
        await self.do("PutLogEvents", logGroupName=group, logStreamName=stream, logEvents=events)

    async def got(self, count: int) -> list[str]:
        """The messages that arrived, once there are that many."""
        deadline = time.monotonic() + 15
        while len(self.messages) < count:
            assert time.monotonic() < deadline, self.batches
            await asyncio.sleep(0.005)
        return self.messages

    @property
    def messages(self) -> list[str]:
        """All messages that arrived, in order."""
        return [event["message"] for batch in self.batches for event in batch["logEvents"]]


Scenario = Callable[[Bench], Coroutine[Any, Any, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Scenario], Any]:
    """Run a scenario against the service; its state stays for the next one of the test."""

    def run_scenario(scenario: Scenario) -> Any:
        async def with_bench() -> Any:
            bench = Bench(tmp_path)
            await bench.logs.start()
            try:
                return await scenario(bench)
            finally:
                await bench.logs.stop()
                bench.environment.store.close()

        return asyncio.run(with_bench())

    return run_scenario
