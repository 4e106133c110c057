"""What is interrupted, by a sibling that fails or by StopExecution, leaves nothing behind that goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import one_task, start, until

if TYPE_CHECKING:
    from tests.functional.stepfunctions.conftest import Emulated, Play

FOR_EVER = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9999, "End": True}}}
CALLBACK = one_task(
    {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
    }
)
NESTED = one_task(
    {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child"},
    }
)
TAKEN = {"lambda:Invoke": lambda _params: {"StatusCode": 200, "Payload": b"null"}}
DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **FOR_EVER}
MAP: dict[str, Any] = {
    "StartAt": "D",
    "States": {"D": {"Type": "Map", "Label": "L", "ItemProcessor": DISTRIBUTED, "End": True}},
}


def beside_a_failure(branch: dict[str, Any]) -> dict[str, Any]:
    """A branch beside one that fails a little later; the machine goes on after that."""
    states = {"Later": {"Type": "Wait", "Seconds": 10, "Next": "F"}, "F": {"Type": "Fail", "Error": "Sibling"}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    parallel = {"Type": "Parallel", "Branches": [branch, {"StartAt": "Later", "States": states}], "Catch": catch}
    wait = {"Type": "Wait", "Seconds": 9999, "End": True}
    return {"StartAt": "P", "States": {"P": {**parallel, "End": True}, "Z": wait}}


def beside_a_failing_iteration(branch: dict[str, Any]) -> dict[str, Any]:
    """The same in a Map, one of whose items fails."""
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Later"}], "Default": "S"}
    states = {
        "C": choice,
        "Later": {"Type": "Wait", "Seconds": 10, "Next": "F"},
        "F": {"Type": "Fail", "Error": "Sibling"},
        **branch["States"],
    }
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    inner = {"Type": "Map", "ItemProcessor": {"StartAt": "C", "States": states}, "Catch": catch, "End": True}
    wait = {"Type": "Wait", "Seconds": 9999, "End": True}
    return {"StartAt": "M", "States": {"M": inner, "Z": wait}}


async def after_the_failure(emulated: Emulated) -> None:
    """The machine has caught the failure, and waits in its last state."""
    await until(lambda: emulated.count("WaitStateEntered") == 2)


async def children_of(emulated: Emulated, arn: str) -> tuple[dict[str, Any], list[str]]:
    """An execution's map run, and the statuses of its children."""
    [run] = (await emulated("ListMapRuns", executionArn=arn))["mapRuns"]
    children = await emulated("ListExecutions", mapRunArn=run["mapRunArn"])
    return await emulated("DescribeMapRun", mapRunArn=run["mapRunArn"]), [
        child["status"] for child in children["executions"]
    ]


@pytest.mark.parametrize("beside", [beside_a_failure, beside_a_failing_iteration])
def test_a_callback_for_an_interrupted_task_is_too_late(play: Play, refused: Any, beside: Any) -> None:
    async def scenario(emulated: Emulated) -> str:
        await start(emulated, beside(CALLBACK), [1, 2] if beside is beside_a_failing_iteration else None)
        await after_the_failure(emulated)
        token = json.loads(emulated.calls[0][1]["Payload"])["token"]
        error = await refused(emulated("SendTaskSuccess", taskToken=token, output="1"))
        return str(error.code)

    assert play(scenario, TAKEN) == "TaskTimedOut"


def test_no_worker_gets_the_task_of_an_interrupted_branch(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        activity = (await emulated("CreateActivity", name="a"))["activityArn"]
        await start(emulated, beside_a_failure(one_task({"Type": "Task", "Resource": activity})))
        await after_the_failure(emulated)
        return await emulated("GetActivityTask", activityArn=activity)

    assert play(scenario) == {}


def test_a_nested_execution_that_is_waited_for_stops_with_its_branch(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[str]:
        child = await emulated.create(FOR_EVER, name="child")
        await start(emulated, beside_a_failure(NESTED))
        await until(lambda: emulated.count("WaitStateEntered") == 3)
        return [each["status"] for each in (await emulated("ListExecutions", stateMachineArn=child))["executions"]]

    assert play(scenario) == ["ABORTED"]


def test_a_nested_execution_that_is_waited_for_stops_with_its_parent(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[str]:
        child = await emulated.create(FOR_EVER, name="child")
        arn = await start(emulated, NESTED)
        await until(lambda: emulated.count("WaitStateEntered") == 1)
        await emulated("StopExecution", executionArn=arn)
        return [each["status"] for each in (await emulated("ListExecutions", stateMachineArn=child))["executions"]]

    assert play(scenario) == ["ABORTED"]


def test_a_map_run_is_aborted_with_its_branch(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        arn = await start(emulated, beside_a_failure(MAP), [1, 2])
        await until(lambda: emulated.count("WaitStateEntered") == 4)
        return await children_of(emulated, arn)

    run, children = play(scenario)

    assert children == ["ABORTED", "ABORTED"]
    assert run["status"] == "ABORTED"
    counts = ("total", "aborted", "running", "pending")
    assert [run["itemCounts"][name] for name in counts] == [2, 2, 0, 0]


def test_a_map_run_is_aborted_when_its_execution_runs_out_of_time(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        arn = await start(emulated, {**MAP, "TimeoutSeconds": 20}, [1, 2])
        ended = await emulated.end(arn)
        await until(lambda: emulated.count("ExecutionAborted") == 2)
        return ended.status, await children_of(emulated, arn)

    status, (run, children) = play(scenario)

    assert status == "TIMED_OUT"
    assert (run["status"], children) == ("ABORTED", ["ABORTED", "ABORTED"])


def test_children_that_run_are_stopped_once_too_many_have_failed(play: Play) -> None:
    states = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "W"},
        "F": {"Type": "Fail", "Error": "Two"},
        "W": {"Type": "Wait", "Seconds": 9999, "End": True},
    }
    processor = {"ProcessorConfig": DISTRIBUTED["ProcessorConfig"], "StartAt": "C", "States": states}
    machine = {"StartAt": "D", "States": {"D": {**MAP["States"]["D"], "ItemProcessor": processor}}}

    async def scenario(emulated: Emulated) -> Any:
        execution = await emulated.end(await start(emulated, machine, [1, 2, 3]))
        return execution.error[0], await children_of(emulated, execution.arn)

    error, (run, children) = play(scenario)

    assert error == "States.ExceedToleratedFailureThreshold"
    assert sorted(children) == ["ABORTED", "ABORTED", "FAILED"]
    assert run["status"] == "FAILED"
    assert [run["executionCounts"][name] for name in ("failed", "aborted", "running")] == [1, 2, 0]


def test_an_execution_can_stop_itself(play: Play) -> None:
    stop = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:stopExecution",
        "Parameters": {"ExecutionArn.$": "$$.Execution.Id", "Cause": "enough"},
    }
    parallel = {"Type": "Parallel", "Branches": [one_task(stop), FOR_EVER], "End": True}
    beside = {"StartAt": "P", "States": {"P": parallel}}

    async def scenario(emulated: Emulated) -> Any:
        return await emulated.end(await start(emulated, beside))

    execution = play(scenario)

    assert (execution.status, execution.error) == ("ABORTED", (None, "enough"))
    assert execution.types[-1] == "ExecutionAborted"
