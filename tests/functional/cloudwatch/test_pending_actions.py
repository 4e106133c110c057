"""Actions of alarms that the emulator's end interrupted."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.cloudwatch import CloudWatch

if TYPE_CHECKING:
    from pathlib import Path

    from mlfn_localstack.service import Params, Result

TOPICS = [f"arn:aws:sns:us-east-1:000000000000:{name}" for name in ("first", "second")]


class KilledError(Exception):
    """The process is gone."""


class Bench(Neighbours):
    """CloudWatch, which may be killed before its second action."""

    name = "cloudwatch"

    def __init__(self, state_dir: Path, *, lives: bool) -> None:
        super().__init__(state_dir)
        self.lives = lives
        self.service = CloudWatch(self.environment)

    async def call(self, service: str, operation: str, params: Params, **how: Any) -> Result:
        if self.calls and not self.lives:
            raise KilledError
        return await super().call(service, operation, params, **how)

    async def alarm(self) -> None:
        await self.do(
            "PutMetricAlarm",
            AlarmName="a",
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0.0,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=TOPICS,
        )


def test_an_action_that_was_not_run_is_run_after_the_restart(tmp_path: Path) -> None:
    async def before() -> None:
        bench = Bench(tmp_path, lives=False)
        await bench.alarm()
        try:
            await bench.do("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="drill")
        except KilledError:
            bench.environment.store.close()

    async def after() -> tuple[list[Any], list[Any]]:
        bench = Bench(tmp_path, lives=True)
        await bench.service.start()
        calls = list(await bench.called(1))
        await asyncio.sleep(0)
        described = await bench.do("DescribeAlarms")
        await bench.service.stop()
        bench.environment.store.close()
        return calls, described["MetricAlarms"]

    asyncio.run(before())
    calls, alarms = asyncio.run(after())

    assert [(name, params["TopicArn"]) for name, params, *_ in calls] == [("sns:Publish", TOPICS[1])]
    message = json.loads(calls[0][1]["Message"])
    assert (message["OldStateValue"], message["NewStateValue"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert "Pending" not in alarms[0]


def test_an_action_that_fails_is_not_run_again(tmp_path: Path) -> None:
    async def scenario() -> Any:
        bench = Bench(tmp_path, lives=True)
        bench.refusals = [ServiceError("NotFound", "Topic does not exist", status=404)]
        await bench.alarm()
        await bench.do("SetAlarmState", AlarmName="a", StateValue="ALARM", StateReason="drill")
        stored = bench.environment.store.documents("cloudwatch-alarm").get("a") or {}
        bench.environment.store.close()
        return stored["Pending"]["Actions"], len(bench.calls)

    assert asyncio.run(scenario()) == ([], 1)
