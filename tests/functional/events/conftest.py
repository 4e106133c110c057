"""EventBridge in process, between neighbours that remember what they were asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.services.events import Events


class Bench(Neighbours):
    """The service and a clock that is set by hand."""

    name = "events"

    def __init__(self, state_dir: Path) -> None:
        super().__init__(state_dir)
        self.now = 1_800_000_000.0
        self.service = self.events = Events(self.environment, lambda: self.now)

    async def rule(self, target: dict[str, Any], name: str = "r", **params: Any) -> str:
        """The ARN of a rule with a target."""
        arn: str = (await self.do("PutRule", Name=name, **params))["RuleArn"]
        await self.do("PutTargets", Rule=name, Targets=[{"Id": "t", **target}])
        return arn


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
