"""Asynchronous invocations are retried, sent on, and survive a restart."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.services.lambda_ import event_queue
from mlfn_localstack.services.sqs import Sqs
from mlfn_localstack.services.sqs.urls import url_of
from mlfn_localstack.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.lambda_lab import Lab, Run

FAST = {"lambda_async_retry_s": "0.01"}
FAILING = "def handler(event, context):\n    print('tried')\n    raise ValueError('no')"
PRINTING = "def handler(event, context):\n    print('got', event)"


async def _until(holds: Any) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _queued(lab: Lab) -> int:
    count: int = lab.environment.store.execute("SELECT count(*) FROM lambda_events").fetchone()[0]
    return count


def test_an_event_is_accepted_at_once_and_run(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        _, answer = await lab.invoke(7, InvocationType="Event")
        await lab.log_has("got 7")
        await _until(lambda: _queued(lab) == 0)
        return answer

    assert run(scenario)["StatusCode"] == 202


def test_a_failing_event_is_tried_three_times_with_one_request_id(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(FAILING)
        await lab.invoke(InvocationType="Event")
        await _until(lambda: _queued(lab) == 0)
        await asyncio.sleep(0.1)
        return await lab.whole_log()

    log = run(scenario, **FAST)

    assert log.count("tried") == 3
    assert len({line.split()[2] for line in log.splitlines() if line.startswith("START")}) == 1


def test_an_exhausted_event_goes_to_its_destination(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(FAILING)
        await lab.create(PRINTING, "failures")
        arn = "arn:aws:lambda:us-east-1:000000000000:function:failures"
        await lab.do(
            "PutFunctionEventInvokeConfig",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn}},
        )
        await lab.invoke({"k": 1}, InvocationType="Event")
        return await lab.log_has("RetriesExhausted", "failures"), lab.log().count("tried")

    record, tries = run(scenario, **FAST)

    assert "'requestPayload': {'k': 1}" in record
    assert "'functionError': 'Unhandled'" in record
    assert tries == 1


def test_a_queued_event_survives_a_restart(run: Run, tmp_path: Path) -> None:
    async def before(lab: Lab) -> Any:
        await lab.create("import time\ndef handler(event, context):\n    time.sleep(1)", Timeout=5)
        await lab.invoke(InvocationType="Event")
        await asyncio.sleep(0.2)

    async def after(lab: Lab) -> Any:
        queued = _queued(lab)
        await lab.log_has("REPORT")
        return queued

    run(before)

    assert run(after) == 1


def test_a_throttled_event_waits_for_its_turn(run: Run) -> None:
    slow = "import time\ndef handler(event, context):\n    print('got', event)\n    time.sleep(.3 * (event == 'slow'))"

    async def scenario(lab: Lab) -> Any:
        await lab.create(slow)
        await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=1)
        busy = asyncio.create_task(lab.invoke("slow"))
        await asyncio.sleep(0.1)
        await lab.invoke(1, InvocationType="Event")
        await busy
        return await lab.log_has("got 1")

    assert run(scenario).count("got 1") == 1


def test_an_event_of_a_function_that_may_not_run_goes_to_its_destination_at_once(run: Run) -> None:
    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        await lab.create(PRINTING, name="failures")
        await lab.do("PutFunctionConcurrency", ReservedConcurrentExecutions=0)
        arn = "arn:aws:lambda:us-east-1:000000000000:function:failures"
        await lab.do("PutFunctionEventInvokeConfig", DestinationConfig={"OnFailure": {"Destination": arn}})
        await lab.invoke({"k": 1}, InvocationType="Event")
        return await lab.log_has("ZeroReservedConcurrency", "failures")

    record = run(scenario)

    assert "'approximateInvokeCount': 0}, 'requestPayload': {'k': 1}}" in record
    assert "responseContext" not in record


def test_a_commit_that_fails_takes_no_place_for_ever(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "PARALLEL", 1)

    async def scenario(lab: Lab) -> Any:
        await lab.create(PRINTING)
        failures, usual = [sqlite3.OperationalError("disk I/O error")], Store.durable

        async def durable(store: Store) -> None:
            if failures and _queued(lab) == 0:
                raise failures.pop()
            await usual(store)

        await lab.invoke(1, InvocationType="Event")
        monkeypatch.setattr(Store, "durable", durable)
        await _until(lambda: not failures)
        await lab.invoke(2, InvocationType="Event")
        return await lab.log_has("got 2")

    assert "got 1" in run(scenario)


@pytest.mark.parametrize(
    "payload",
    [b'{"half": "\\ud800"}', b'{"half": "\xed\xa0\x80"}', '{"wide": 1}'.encode("utf-16")],
    ids=["escaped", "raw", "UTF-16"],
)
def test_an_event_in_odd_characters_reaches_its_destination_and_dead_letter_queue(run: Run, payload: bytes) -> None:
    async def scenario(lab: Lab) -> Any:
        letters = "arn:aws:sqs:us-east-1:000000000000:letters"
        lab.services["sqs"] = Sqs(lab.environment)
        await lab.run("sqs", "CreateQueue", {"QueueName": "letters"})
        await lab.create(FAILING, DeadLetterConfig={"TargetArn": letters})
        await lab.create(PRINTING, "failures")
        arn = "arn:aws:lambda:us-east-1:000000000000:function:failures"
        destination = {"OnFailure": {"Destination": arn}}
        await lab.do("PutFunctionEventInvokeConfig", MaximumRetryAttempts=0, DestinationConfig=destination)
        await lab.do("Invoke", InvocationType="Event", Payload=payload)
        await lab.log_has("RetriesExhausted", "failures")
        answer = await lab.run("sqs", "ReceiveMessage", {"QueueUrl": url_of(letters), "WaitTimeSeconds": 20})
        await _until(lambda: _queued(lab) == 0)
        return answer["Messages"][0]["Body"]

    assert run(scenario, **FAST).startswith("{")


def test_a_slow_function_does_not_hold_up_the_events_of_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_queue, "PARALLEL", 2)
    monkeypatch.setattr(event_queue, "MOST_OF_ONE", 1, raising=False)
    slow = "import time\ndef handler(event, context):\n    print('slow', event)\n    time.sleep(60)"

    async def scenario(lab: Lab) -> Any:
        await lab.create(slow, "slow", Timeout=90)
        await lab.create(PRINTING)
        for number in range(3):
            await lab.invoke(number, "slow", InvocationType="Event")
        await lab.invoke(7, InvocationType="Event")
        await lab.log_has("got 7")
        waiting = "SELECT count(*) FROM lambda_events WHERE function='slow'"
        return lab.environment.store.execute(waiting).fetchone()[0]

    assert run(scenario) == 3
