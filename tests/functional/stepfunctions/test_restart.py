"""Executions go on after the process was killed: nothing is lost, nothing acknowledged is done twice."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import start, until

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour

    Begin = Callable[[Emulated], Awaitable[str]]
    TwoLives = Callable[..., Execution]

END = {"Type": "Pass", "End": True}
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "OutputPath": "$.Payload",
}
CALLBACK = {
    **INVOKE,
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
    "OutputPath": "$",
    "End": True,
}


def token_taker() -> tuple[list[str], Neighbour]:
    """The tokens that a function is called with, and that function."""
    tokens: list[str] = []

    def take(params: dict[str, Any]) -> dict[str, Any]:
        tokens.append(json.loads(params["Payload"])["token"])
        return {"StatusCode": 200, "Payload": b"null"}

    return tokens, take


@pytest.fixture
def two_lives(tmp_path: Path, emulated_class: type[Emulated]) -> TwoLives:
    """Begin in one process, kill it when `dies` says so, and end in the next."""

    def run(begin: Begin, neighbours: dict[str, Neighbour], go_on: Callable[..., Any] | None = None) -> Execution:
        async def first() -> str:
            emulated = emulated_class(tmp_path, neighbours)
            await emulated.service.start()
            arn = await asyncio.wait_for(begin(emulated), 60)
            emulated.kill()
            return arn

        async def second(arn: str) -> Execution:
            emulated = emulated_class(tmp_path, neighbours)
            await emulated.service.start()
            if go_on is not None:
                await go_on(emulated)
            execution = await asyncio.wait_for(emulated.end(arn), 60)
            await emulated.close()
            return execution

        return asyncio.run(second(asyncio.run(first())))

    return run


def test_a_task_in_flight_is_called_again_and_finished_ones_are_not(two_lives: TwoLives) -> None:
    calls: list[bytes] = []

    async def hang_once(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if len(calls) == 2:
            await asyncio.sleep(60)
        return {"StatusCode": 200, "Payload": b'"%d"' % len(calls)}

    states = {"A": {**INVOKE, "Next": "B"}, "B": {**INVOKE, "Next": "C"}, "C": {**INVOKE, "End": True}}

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, {"StartAt": "A", "States": states})
        await until(lambda: len(calls) == 2)
        return arn

    execution = two_lives(begin, {"lambda:Invoke": hang_once})

    assert calls == [b"{}", b'"1"', b'"1"', b'"3"']
    assert execution.output == "4"
    assert execution.types.count("TaskScheduled") == 3
    assert execution.types.count("TaskStateEntered") == 3


def test_a_wait_keeps_its_deadline(two_lives: TwoLives) -> None:
    machine = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 20, "Next": "E"}, "E": END}}

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, machine)
        await asyncio.sleep(0.05)
        return arn

    execution = two_lives(begin, {})

    assert execution.types.count("WaitStateEntered") == 1
    assert execution.status == "SUCCEEDED"


def test_a_token_given_out_before_the_kill_is_good_after_it(two_lives: TwoLives) -> None:
    tokens, take = token_taker()

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, {"StartAt": "S", "States": {"S": CALLBACK}})
        await until(lambda: emulated.count("TaskSubmitted") == 1)
        return arn

    async def answer(emulated: Emulated) -> None:
        await emulated("SendTaskSuccess", taskToken=tokens[0], output="7")

    execution = two_lives(begin, {"lambda:Invoke": take}, answer)

    assert len(tokens) == 1
    assert execution.output == 7


def test_an_answer_acknowledged_before_the_kill_counts_after_it(two_lives: TwoLives) -> None:
    tokens, take = token_taker()

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, {"StartAt": "S", "States": {"S": CALLBACK}})
        await until(lambda: emulated.count("TaskSubmitted") == 1)
        await emulated("SendTaskSuccess", taskToken=tokens[0], output="8")
        return arn

    assert two_lives(begin, {"lambda:Invoke": take}).output == 8


def test_retries_keep_their_count(two_lives: TwoLives) -> None:
    calls: list[int] = []

    def refuse(_params: dict[str, Any]) -> Any:
        calls.append(1)
        raise ServiceError("TooManyRequestsException", "slow down", status=429)

    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 10, "MaxAttempts": 2}]
    machine = {"StartAt": "S", "States": {"S": {**INVOKE, "Retry": retry, "End": True}}}

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, machine)
        await until(lambda: emulated.count("TaskFailed") == 1)
        await asyncio.sleep(0.01)
        return arn

    execution = two_lives(begin, {"lambda:Invoke": refuse})

    assert len(calls) == 3
    assert execution.error[0] == "Lambda.TooManyRequestsException"


def test_a_map_goes_on_with_the_iterations_that_are_not_done(two_lives: TwoLives) -> None:
    calls: list[bytes] = []
    lives = 1

    async def hang_in_the_first_life(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if params["Payload"] in {b"3", b"4"} and lives == 1:
            await asyncio.sleep(60)
        return {"StatusCode": 200, "Payload": params["Payload"]}

    processor = {"StartAt": "I", "States": {"I": {**INVOKE, "End": True}}}
    state = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": processor, "End": True}

    async def begin(emulated: Emulated) -> str:
        nonlocal lives
        arn = await start(emulated, {"StartAt": "M", "States": {"M": state}}, {"items": list(range(7))})
        await until(lambda: len(calls) == 5)
        await asyncio.sleep(0.01)
        lives = 2
        return arn

    execution = two_lives(begin, {"lambda:Invoke": hang_in_the_first_life})

    assert execution.output == list(range(7))
    assert sorted(calls) == [b"0", b"1", b"2", b"3", b"3", b"4", b"4", b"5", b"6"]
    assert execution.types.count("MapIterationStarted") == 7
    assert execution.types.count("MapIterationSucceeded") == 7


def test_a_parallel_keeps_the_branch_that_is_done(two_lives: TwoLives) -> None:
    calls: list[bytes] = []

    async def hang_once(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if params["Payload"] == b'"slow"' and calls.count(b'"slow"') == 1:
            await asyncio.sleep(60)
        return {"StatusCode": 200, "Payload": params["Payload"]}

    branches = [
        {
            "StartAt": name,
            "States": {name: {**INVOKE, "Parameters": {"FunctionName": "f", "Payload": name}, "End": True}},
        }
        for name in ("fast", "slow")
    ]

    async def begin(emulated: Emulated) -> str:
        machine = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}
        arn = await start(emulated, machine)
        await until(lambda: emulated.count("TaskStateExited") == 1)
        return arn

    execution = two_lives(begin, {"lambda:Invoke": hang_once})

    assert execution.output == ["fast", "slow"]
    assert calls.count(b'"fast"') == 1


def test_redrive_runs_only_what_failed(two_lives: TwoLives) -> None:
    calls: list[bytes] = []

    def second_time(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if params["Payload"] == b"2" and calls.count(b"2") == 1:
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType":"E"}'}
        return {"StatusCode": 200, "Payload": params["Payload"]}

    processor = {"StartAt": "I", "States": {"I": {**INVOKE, "End": True}}}
    state = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, {"StartAt": "M", "States": {"M": state}}, {"items": [1, 2, 3]})
        assert (await emulated.end(arn)).status == "FAILED"
        return arn

    execution: Execution

    async def redrive(emulated: Emulated) -> None:
        arn = (await emulated("ListExecutions", stateMachineArn=MACHINE))["executions"][0]["executionArn"]
        await emulated("RedriveExecution", executionArn=arn)

    execution = two_lives(begin, {"lambda:Invoke": second_time}, redrive)

    assert execution.output == [1, 2, 3]
    assert calls == [b"1", b"2", b"2", b"3"]
    assert execution.described["redriveCount"] == 1
    assert "ExecutionRedriven" in execution.types


MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"


def test_an_express_execution_that_nobody_waits_for_runs_at_least_once(
    tmp_path: Path, emulated_class: type[Emulated]
) -> None:
    calls: list[bytes] = []

    async def hang_once(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if len(calls) == 1:
            await asyncio.sleep(60)
        return {"StatusCode": 200, "Payload": b"null"}

    async def life(*, begins: bool, calls_by_then: int, is_killed: bool) -> None:
        emulated = emulated_class(tmp_path, {"lambda:Invoke": hang_once})
        await emulated.service.start()
        if begins:
            machine = await emulated.create({"StartAt": "A", "States": {"A": {**INVOKE, "End": True}}}, type="EXPRESS")
            await emulated("StartExecution", stateMachineArn=machine, input='{"n": 1}')
        await until(lambda: len(calls) == calls_by_then)
        await asyncio.sleep(0.05)
        if is_killed:
            emulated.kill()
        else:
            await emulated.close()

    asyncio.run(life(begins=True, calls_by_then=1, is_killed=True))
    asyncio.run(life(begins=False, calls_by_then=2, is_killed=False))
    asyncio.run(life(begins=False, calls_by_then=2, is_killed=False))

    assert calls == [b'{"n":1}'] * 2


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_children_that_have_ended_do_not_run_again(two_lives: TwoLives, kind: str) -> None:
    calls: list[bytes] = []

    async def hang_at_three(params: dict[str, Any]) -> dict[str, Any]:
        calls.append(params["Payload"])
        if params["Payload"] == b"3" and calls.count(b"3") == 1:
            await asyncio.sleep(60)
        if params["Payload"] == b"1":
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType":"E"}'}
        return {"StatusCode": 200, "Payload": params["Payload"]}

    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, "StartAt": "T"}
    state = {"Type": "Map", "MaxConcurrency": 1, "ToleratedFailureCount": 1, "End": True}
    state["ItemProcessor"] = {**processor, "States": {"T": {**INVOKE, "End": True}}}

    async def begin(emulated: Emulated) -> str:
        arn = await start(emulated, {"StartAt": "M", "States": {"M": state}}, [1, 2, 3])
        await until(lambda: len(calls) == 3)
        await asyncio.sleep(0.05)
        return arn

    execution = two_lives(begin, {"lambda:Invoke": hang_at_three})

    assert execution.output == [2, 3]
    assert calls == [b"1", b"2", b"3", b"3"]
