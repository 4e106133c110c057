"""Tasks that somebody else completes: callbacks and activities."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.functional.stepfunctions.conftest import context, one_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour, Play

    Execute = Callable[..., Execution]
    MakeFunction = Callable[..., Neighbour]

END = {"Type": "Pass", "End": True}


def token_machine(**fields: Any) -> dict[str, Any]:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
        **fields,
    }
    return one_task(state)


async def with_token(emulated: Emulated, definition: dict[str, Any]) -> tuple[str, str]:
    """Start a machine whose function is handed a token; the execution and the token."""
    machine = await emulated.create(definition)
    started = await emulated("StartExecution", stateMachineArn=machine)
    while not emulated.calls:
        await asyncio.sleep(0.002)
    return started["executionArn"], json.loads(emulated.calls[0][1]["Payload"])["token"]


def test_a_callback_completes_a_task(play: Play, function: MakeFunction) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        arn, token = await with_token(emulated, token_machine())
        await emulated("SendTaskSuccess", taskToken=token, output='{"ok": 1}')
        return await emulated.end(arn)

    execution = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert execution.types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert execution.events[3]["taskStartedEventDetails"]["resource"] == "invoke.waitForTaskToken"
    assert execution.described["output"] == '{"ok": 1}'


def test_a_callback_fails_a_task(play: Play, function: MakeFunction) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        arn, token = await with_token(emulated, token_machine())
        await emulated("SendTaskFailure", taskToken=token, error="Denied", cause="by Jane")
        return await emulated.end(arn)

    execution = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert execution.types[5] == "TaskFailed"
    assert execution.error == ("Denied", "by Jane")


def test_a_failure_that_nothing_is_told_about_is_caught_with_nulls(play: Play, function: MakeFunction) -> None:
    """As AWS was recorded, through a Parallel state too."""
    branch = {"StartAt": "Ask", "States": {"Ask": token_machine()["States"]["S"]}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "H"}]
    definition = one_task({"Type": "Parallel", "Branches": [branch], "Catch": catch})
    definition["States"]["H"] = END

    async def scenario(emulated: Emulated) -> Execution:
        arn, token = await with_token(emulated, definition)
        await emulated("SendTaskFailure", taskToken=token)
        return await emulated.end(arn)

    execution = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert execution.types[7:10] == ["TaskFailed", "TaskStateAborted", "ParallelStateFailed"]
    details = execution.events[7]["taskFailedEventDetails"]
    assert details == {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"}
    assert execution.output == {"Error": None, "Cause": None}


def test_a_failure_that_nothing_is_told_about_fails_an_execution_without_a_word(
    play: Play, function: MakeFunction
) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        arn, token = await with_token(emulated, token_machine())
        await emulated("SendTaskFailure", taskToken=token)
        return await emulated.end(arn)

    execution = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert execution.events[-1]["executionFailedEventDetails"] == {}
    assert execution.error == (None, None)


def test_a_token_is_good_once(play: Play, function: MakeFunction, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> list[str]:
        arn, token = await with_token(emulated, token_machine())
        await emulated("SendTaskSuccess", taskToken=token, output="1")
        again = await refused(emulated("SendTaskSuccess", taskToken=token, output="1"))
        await emulated.end(arn)
        late = await refused(emulated("SendTaskHeartbeat", taskToken=token))
        forged = await refused(emulated("SendTaskSuccess", taskToken="made up", output="1"))
        malformed = await refused(emulated("SendTaskSuccess", taskToken=token, output="not json"))
        both = await refused(emulated("SendTaskSuccess", taskToken="made up", output="not json"))
        return [error.code for error in (again, late, forged, malformed, both)]

    codes = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert codes == ["TaskTimedOut", "TaskTimedOut", "InvalidToken", "InvalidOutput", "InvalidToken"]


def test_a_missed_heartbeat_is_reported_as_a_timeout_and_caught_by_its_own_name(
    play: Play, function: MakeFunction
) -> None:
    definition = token_machine(HeartbeatSeconds=60, Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "H"}])
    definition["States"]["H"] = END

    async def scenario(emulated: Emulated) -> Execution:
        arn, token = await with_token(emulated, definition)
        await asyncio.sleep(0.03)
        await emulated("SendTaskHeartbeat", taskToken=token)
        return await emulated.end(arn)

    execution = play(scenario, {"lambda:Invoke": function(lambda _event: None)})

    assert execution.types[5] == "TaskTimedOut"
    assert execution.output["Error"] == "States.Timeout"
    times = [event["timestamp"] for event in execution.events]
    assert (times[5] - times[4]).total_seconds() > 7


def test_an_activity_is_done_by_a_worker(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        activity = (await emulated("CreateActivity", name="paint"))["activityArn"]
        machine = await emulated.create(one_task({"Type": "Task", "Resource": activity}))
        waiting = asyncio.ensure_future(emulated("GetActivityTask", activityArn=activity, workerName="jane"))
        started = await emulated("StartExecution", stateMachineArn=machine, input='{"wall": 1}')
        task = await waiting
        await emulated("SendTaskSuccess", taskToken=task["taskToken"], output=task["input"])
        return await emulated.end(started["executionArn"])

    execution = play(scenario)

    assert execution.types[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert execution.events[3]["activityStartedEventDetails"] == {"workerName": "jane"}
    assert execution.output == {"wall": 1}


def test_a_task_of_a_deleted_activity_ends_the_execution(play: Play) -> None:
    async def scenario(emulated: Emulated) -> tuple[str, Execution]:
        arn = str((await emulated("CreateActivity", name="w"))["activityArn"])
        machine = await emulated.create(one_task({"Type": "Task", "Resource": arn}))
        await emulated("DeleteActivity", activityArn=arn)
        return arn, await emulated.end((await emulated("StartExecution", stateMachineArn=machine))["executionArn"])

    arn, execution = play(scenario)

    assert execution.types == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    place = "An error occurred while executing the state 'S' (entered at the event id #2)."
    assert execution.error == ("States.Runtime", f"{place} The activity {arn} does not exist.")


def test_a_worker_that_waits_in_vain_gets_nothing(play: Play) -> None:
    async def scenario(emulated: Emulated) -> dict[str, Any]:
        activity = (await emulated("CreateActivity", name="paint"))["activityArn"]
        return await emulated("GetActivityTask", activityArn=activity)

    assert play(scenario, speed=10_000.0) == {}


def test_a_worker_that_hung_up_is_given_no_task(play: Play) -> None:
    @dataclass
    class Worker:
        is_gone: bool = False

    gone = Worker()

    async def scenario(emulated: Emulated) -> Any:
        activity = (await emulated("CreateActivity", name="a"))["activityArn"]
        get = emulated.service.operations()["GetActivityTask"]
        asks = {"activityArn": activity}
        hung_up = asyncio.ensure_future(get(context("GetActivityTask", "x")._replace(peer=gone), asks))
        await asyncio.sleep(0)
        gone.is_gone = True
        machine = await emulated.create(one_task({"Type": "Task", "Resource": activity}))
        await emulated("StartExecution", stateMachineArn=machine)
        return await hung_up, await emulated("GetActivityTask", activityArn=activity)

    nothing, task = play(scenario)

    assert nothing == {}
    assert task["input"] == "{}"
