"""CloudWatch Logs in process, and functions that remember the batches they got."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.service import Params, Result
from mlfn_localstack.services.logs import Logs


class Bench(Neighbours):
    """The service, and what reached Lambda."""

    name = "logs"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.batches: list[dict[str, Any]] = []
        self.sources: list[tuple[str, str]] = []
        self.service = self.logs = Logs(self.environment)

    async def call(self, service: str, operation: str, params: Params, **how: Any) -> Result:
        """Lambda's answer."""
        await super().call(service, operation, params, **how)
        if operation == "Invoke" and params["InvocationType"] == "Event":
            data = json.loads(params["Payload"])["awslogs"]["data"]
            self.batches.append(json.loads(gzip.decompress(base64.b64decode(data))))
            self.sources.append((how["principal"], how.get("source_arn", "")))
        return {"LoggingConfig": {"LogGroup": "/custom/f"}, "Service": service}

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
            async with Bench(tmp_path).running() as bench:
                return await scenario(bench)

        return asyncio.run(with_bench())

    return run_scenario
