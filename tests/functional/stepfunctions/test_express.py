"""Express executions: in memory, for callers that wait and for those that do not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.functional.stepfunctions.conftest import PASS, WAIT, log_group

if TYPE_CHECKING:
    from tests.functional.stepfunctions.conftest import Emulated, Play


def test_a_sync_execution_answers_its_output(play: Play) -> None:
    async def scenario(emulated: Emulated) -> dict[str, Any]:
        machine = await emulated.create(PASS, type="EXPRESS")
        return await emulated("StartSyncExecution", stateMachineArn=machine, name="n", input='{"a":1}')

    answer = play(scenario)

    assert answer["executionArn"].startswith("arn:aws:states:us-east-1:000000000000:express:machine:n:")
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '{"a":1}')
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert answer["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    assert answer["outputDetails"] == {"included": True}


def test_the_context_of_an_express_execution_counts_redrives_only_if_nobody_waits(play: Play) -> None:
    state = {"Type": "Pass", "Parameters": {"execution.$": "$$.Execution"}, "End": True}
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/sfn:*"}}
    logging = {"level": "ALL", "includeExecutionData": True, "destinations": [group]}
    logged = asyncio.Event()
    lines: list[dict[str, Any]] = []

    def put(params: dict[str, Any]) -> dict[str, Any]:
        lines.extend(params["logEvents"])
        logged.set()
        return {}

    async def scenario(emulated: Emulated) -> Any:
        definition = {"StartAt": "S", "States": {"S": state}}
        machine = await emulated.create(definition, type="EXPRESS", loggingConfiguration=logging)
        await emulated("StartExecution", stateMachineArn=machine, input="{}")
        await logged.wait()
        asynchronous = json.loads(json.loads(lines[-1]["message"])["details"]["output"])
        return asynchronous, json.loads((await emulated("StartSyncExecution", stateMachineArn=machine))["output"])

    neighbours = log_group(put)

    asynchronous, synchronous = play(scenario, neighbours)

    fields = ["Id", "Input", "Name", "RoleArn", "StartTime"]
    assert list(synchronous["execution"]) == fields
    assert list(asynchronous["execution"]) == [*fields, "RedriveCount"]


def test_a_failed_sync_execution_answers_error_and_cause(play: Play) -> None:
    definition = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}

    async def scenario(emulated: Emulated) -> dict[str, Any]:
        machine = await emulated.create(definition, type="EXPRESS")
        return await emulated("StartSyncExecution", stateMachineArn=machine)

    answer = play(scenario)

    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "c")
    assert "output" not in answer


def test_a_sync_execution_ends_at_its_time_limit(play: Play) -> None:
    async def scenario(emulated: Emulated) -> dict[str, Any]:
        machine = await emulated.create({**WAIT, "TimeoutSeconds": 1}, type="EXPRESS")
        return await emulated("StartSyncExecution", stateMachineArn=machine)

    answer = play(scenario)

    assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")


def test_express_executions_cannot_be_looked_up(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> list[tuple[str, str]]:
        machine = await emulated.create(PASS, type="EXPRESS")
        arn = (await emulated("StartExecution", stateMachineArn=machine))["executionArn"]
        errors = [await refused(emulated("ListExecutions", stateMachineArn=machine))]
        for operation in ("DescribeExecution", "StopExecution", "GetExecutionHistory"):
            errors.append(await refused(emulated(operation, executionArn=arn)))
        return [(error.code, error.message) for error in errors]

    listed, *others = play(scenario)

    assert listed == (
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )
    assert set(others) == {("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")}


def test_a_standard_machine_has_no_sync_executions(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        return await refused(emulated("StartSyncExecution", stateMachineArn=machine))

    assert play(scenario).code == "StateMachineTypeNotSupported"


def test_an_express_context_has_no_redrive_count(play: Play) -> None:
    state = {"Type": "Pass", "Parameters": {"context.$": "$$"}, "End": True}

    async def scenario(emulated: Emulated) -> dict[str, Any]:
        machine = await emulated.create({"StartAt": "S", "States": {"S": state}}, type="EXPRESS")
        return await emulated("StartSyncExecution", stateMachineArn=machine)

    context = json.loads(play(scenario)["output"])["context"]

    assert sorted(context["Execution"]) == ["Id", "Input", "Name", "RoleArn", "StartTime"]
    assert context["StateMachine"] == {
        "Id": "arn:aws:states:us-east-1:000000000000:stateMachine:machine",
        "Name": "machine",
    }
    assert sorted(context["State"]) == ["EnteredTime", "Name"]


def test_states_that_go_round_let_others_have_their_turn_until_the_time_is_up(play: Play) -> None:
    never = {"Variable": "$.done", "IsPresent": True, "Next": "End"}
    states = {
        "Again": {"Type": "Pass", "Next": "Done?"},
        "Done?": {"Type": "Choice", "Choices": [never], "Default": "Again"},
        "End": {"Type": "Succeed"},
    }
    circle = {"StartAt": "Again", "States": states, "TimeoutSeconds": 100}

    async def scenario(emulated: Emulated) -> tuple[dict[str, Any], int]:
        machine = await emulated.create(circle, type="EXPRESS")
        running = asyncio.ensure_future(emulated("StartSyncExecution", stateMachineArn=machine))
        answered = 0
        while not running.done():
            await emulated("ListStateMachines")
            await asyncio.sleep(0)
            answered += 1
        return running.result(), answered

    answer, answered = play(scenario)

    assert (answer["status"], answer["error"]) == ("TIMED_OUT", "States.Timeout")
    assert answered > 10
