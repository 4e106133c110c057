"""Schedules in process, over a clock that is set by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.neighbours import Neighbours

from mlfn_localstack.service import Params, Result, ServiceError
from mlfn_localstack.services.scheduler import Scheduler
from mlfn_localstack.services.sqs.urls import url_of

ROLE = "arn:aws:iam::000000000000:role/scheduler"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
OFF = {"Mode": "OFF"}


class Bench(Neighbours):
    """The service and a clock that is set by hand."""

    name = "scheduler"

    def __init__(self, state_dir: Path, now: float) -> None:
        super().__init__(state_dir)
        self.now = now
        self.taken: list[str] = []
        """On whose behalf roles were taken."""
        self.service = self.scheduler = Scheduler(self.environment, lambda: self.now)

    async def call(self, service: str, operation: str, params: Params, **how: Any) -> Result:
        """A neighbour's answer; every role can be taken."""
        if service == "sts":
            self.taken.append(how["source_arn"])
            return {}
        return await super().call(service, operation, params, **how)

    async def create(self, expression: str, **params: Any) -> Result:
        """A schedule that sends to a queue."""
        target = {"Arn": QUEUE, "RoleArn": ROLE, "Input": "hello", **params.pop("Target", {})}
        given = {"Name": "s", "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target}
        return await self.do("CreateSchedule", **(given | params))

    async def at(self, now: float) -> None:
        """Let it be that time, and have the ticker see it."""
        self.now = now
        self.scheduler._ticker.changed()
        await asyncio.sleep(0.05)


Scenario = Callable[[Bench], Coroutine[Any, Any, Any]]
NOON = 1_795_608_000.0
MINUTE = 60.0


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """Run a scenario against the service; its state stays for the next one of the test."""

    def run_scenario(scenario: Scenario, *, now: float = NOON) -> Any:
        async def with_bench() -> Any:
            async with Bench(tmp_path, now).running() as bench:
                return await scenario(bench)

        return asyncio.run(with_bench())

    return run_scenario


Run = Callable[..., Any]


def test_a_rate_begins_at_once_and_goes_on(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.create("rate(5 minutes)")
        await bench.called(1)
        await bench.at(NOON + 4 * MINUTE)
        early = len(bench.calls)
        await bench.at(NOON + 5 * MINUTE)
        return early, await bench.called(2)

    early, calls = run(scenario)

    assert early == 1
    assert calls[0][:3] == ("sqs:SendMessage", {"QueueUrl": url_of(QUEUE), "MessageBody": "hello"}, ROLE)


def test_a_one_time_schedule_goes_when_it_is_done(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.create("at(2026-11-25T13:00:00)", ActionAfterCompletion="DELETE")
        await bench.at(NOON + 3600)
        await bench.called(1)
        return await bench.do("ListSchedules")

    assert run(scenario)["Schedules"] == []


def test_nothing_is_fired_before_its_start_or_after_its_end(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await bench.create("rate(1 minute)", StartDate=NOON + MINUTE, EndDate=NOON + 2.5 * MINUTE)
        for minutes in (0.5, 1, 2, 3, 4):
            await bench.at(NOON + minutes * MINUTE)
        return len(await bench.called(2))

    assert run(scenario) == 2


def test_a_flexible_window_delays(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}
        await bench.create("at(2026-11-25T12:01:00)", FlexibleTimeWindow=window)
        stored = bench.environment.store.documents("scheduler-schedule").get("default/s") or {}
        await bench.at(NOON + 11 * MINUTE)
        return stored, len(await bench.called(1))

    stored, count = run(scenario)

    assert stored["Tick"] == NOON + MINUTE
    assert NOON + MINUTE <= stored["Due"] <= NOON + 11 * MINUTE
    assert count == 1


def test_a_schedule_missed_while_it_was_down_fires_once(run: Run) -> None:
    async def before(bench: Bench) -> Any:
        await bench.create("rate(1 hour)", StartDate=NOON + 3600)

    async def after(bench: Bench) -> Any:
        await bench.called(1)
        await bench.at(NOON + 5 * 3600 + 1)
        return len(bench.calls)

    run(before)

    assert run(after, now=NOON + 5 * 3600) == 1


def test_the_input_says_what_is_asked(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        text = json.dumps(
            {name: f"<aws.scheduler.{name}>" for name in ("schedule-arn", "scheduled-time", "attempt-number")}
        )
        await bench.create("rate(1 hour)", Target={"Input": text})
        ((_, params, *_),) = await bench.called(1)
        return json.loads(params["MessageBody"])

    assert run(scenario) == {
        "schedule-arn": "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s",
        "scheduled-time": "2026-11-25T12:00:00Z",
        "attempt-number": "1",
    }


def test_what_nobody_takes_goes_to_the_dead_letter_queue(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        bench.refusals = [ServiceError("QueueDoesNotExist", "gone", status=404)]
        await bench.create("rate(1 hour)", Target={"DeadLetterConfig": {"Arn": f"{QUEUE}-dead"}})
        ((_, params, principal, _),) = await bench.called(1)
        return params, principal

    params, principal = run(scenario)

    assert (params["QueueUrl"], params["MessageBody"], principal) == (url_of(f"{QUEUE}-dead"), "hello", ROLE)
    assert params["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "QueueDoesNotExist"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"expression": "rate(0 hours)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Base"}, "no time zone"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"GroupName": "none"}, "Schedule group none does not exist."),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"}}, "does not support the target"),
        ({"Target": {"Arn": f"{QUEUE}.fifo"}}, "MessageGroupId"),
    ],
    ids=["expression", "zone", "window", "group", "target", "fifo"],
)
def test_a_schedule_that_does_not_fit_is_refused(run: Run, params: dict[str, Any], message: str) -> None:
    async def scenario(bench: Bench) -> None:
        given = dict(params)
        with pytest.raises(ServiceError, match=message):
            await bench.create(given.pop("expression", "rate(1 hour)"), **given)

    run(scenario)


def test_a_role_is_taken_on_behalf_of_the_group(run: Run) -> None:
    async def scenario(bench: Bench) -> list[str]:
        await bench.create("rate(5 minutes)")
        await bench.called(1)
        return bench.taken

    group = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default"

    assert run(scenario) == [group, group]
