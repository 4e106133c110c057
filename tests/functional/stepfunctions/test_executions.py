"""Executions through the API: names, inputs, lists, stops; their logs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import PASS, WAIT, log_group, one, until

from mlfn_localstack.services.stepfunctions.journal import DurableJournal

if TYPE_CHECKING:
    from tests.functional.stepfunctions.conftest import Emulated, Execution, Play

    from mlfn_localstack.services.stepfunctions.interpreter.frame import Frame

ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:machine"


def test_a_name_is_idempotent_while_it_runs_with_the_same_input(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(WAIT)
        first = await emulated("StartExecution", stateMachineArn=machine, name="n", input="{}")
        second = await emulated("StartExecution", stateMachineArn=machine, name="n", input="{}")
        other = await refused(emulated("StartExecution", stateMachineArn=machine, name="n", input="1"))
        await emulated("StopExecution", executionArn=first["executionArn"])
        ended = await refused(emulated("StartExecution", stateMachineArn=machine, name="n", input="{}"))
        return first == second, other, ended

    same, other, ended = play(scenario)

    assert same
    message = "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:machine:n'"
    assert (other.code, other.message) == (ended.code, ended.message) == ("ExecutionAlreadyExists", message)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "not json",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token"
            " 'null', 'true' or 'false')",
        ),
        ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ("", "Invalid execution input."),
    ],
    ids=["word", "quotes", "empty"],
)
def test_an_input_that_is_not_json_is_refused(play: Play, refused: Any, text: str, reason: str) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        return await refused(emulated("StartExecution", stateMachineArn=machine, input=text))

    error = play(scenario)

    assert error.code == "InvalidExecutionInput"
    assert error.message == f"Invalid State Machine Execution Input: '{reason}'"


@pytest.mark.parametrize("text", ["1", '"s"', "null", "[]"])
def test_any_json_is_an_input(play: Play, text: str) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        machine = await emulated.create(PASS)
        return await emulated.end(
            (await emulated("StartExecution", stateMachineArn=machine, input=text))["executionArn"]
        )

    assert play(scenario).described["output"] == text


def test_an_input_of_more_than_256_kib_is_refused(play: Play, refused: Any) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        return await refused(emulated("StartExecution", stateMachineArn=machine, input=json.dumps("x" * 262_143)))

    assert play(scenario).code == "ValidationException"


def test_a_stopped_execution_says_only_that_it_was_aborted(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        machine = await emulated.create(WAIT)
        arn = (await emulated("StartExecution", stateMachineArn=machine))["executionArn"]
        await asyncio.sleep(0.01)
        await emulated("StopExecution", executionArn=arn, error="E", cause="c")
        return await emulated.end(arn)

    execution = play(scenario)

    assert execution.status == "ABORTED"
    assert execution.types == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    assert execution.previous == [0, 0, 0]
    assert execution.described["redriveStatus"] == "REDRIVABLE"


def test_a_machines_time_limit_ends_its_executions(play: Play) -> None:
    execution = play(lambda emulated: emulated.run({**WAIT, "TimeoutSeconds": 2}))

    assert execution.status == "TIMED_OUT"
    assert execution.types[-1] == "ExecutionTimedOut"
    assert "error" not in execution.described


def test_a_description_of_a_success_is_complete(play: Play) -> None:
    described = play(lambda emulated: emulated.run(PASS, {"a": 1}, name="n")).described

    assert described.pop("startDate") <= described.pop("stopDate")
    assert described == {
        "executionArn": "arn:aws:states:us-east-1:000000000000:execution:machine:n",
        "stateMachineArn": ARN,
        "name": "n",
        "status": "SUCCEEDED",
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "output": '{"a": 1}',
        "outputDetails": {"included": True},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    }


def test_executions_are_listed_newest_first_in_pages(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        for name in "abc":
            await emulated.end((await emulated("StartExecution", stateMachineArn=machine, name=name))["executionArn"])
        first = await emulated("ListExecutions", stateMachineArn=machine, maxResults=2)
        second = await emulated("ListExecutions", stateMachineArn=machine, nextToken=first["nextToken"])
        running = await emulated("ListExecutions", stateMachineArn=machine, statusFilter="RUNNING")
        return [[e["name"] for e in page["executions"]] for page in (first, second, running)], second

    names, last = play(scenario)

    assert names == [["c", "b"], ["a"], []]
    assert "nextToken" not in last


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"statusFilter": "succeeded"},
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must"
            " satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
        ),
        (
            {"maxResults": 1001},
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have"
            " value less than or equal to 1000",
        ),
    ],
    ids=["status", "size"],
)
def test_bad_list_parameters_are_refused(play: Play, refused: Any, params: dict[str, Any], message: str) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(PASS)
        return await refused(emulated("ListExecutions", stateMachineArn=machine, **params))

    assert play(scenario).message == message


def test_a_running_execution_keeps_the_definition_it_began_with(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create(WAIT)
        arn = (await emulated("StartExecution", stateMachineArn=machine))["executionArn"]
        await emulated("UpdateStateMachine", stateMachineArn=machine, definition=json.dumps(PASS))
        return await emulated("DescribeStateMachineForExecution", executionArn=arn)

    assert json.loads(play(scenario)["definition"]) == WAIT


@pytest.mark.parametrize(
    ("level", "included", "kinds"),
    [
        ("ALL", True, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", True, ["FailStateEntered", "ExecutionFailed"]),
        ("ERROR", False, ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", False, ["ExecutionFailed"]),
        ("OFF", True, []),
    ],
)
def test_the_history_goes_to_the_log_group_by_level(play: Play, level: str, included: bool, kinds: list[str]) -> None:
    definition = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/sfn:*"}}
    logging = {"level": level, "includeExecutionData": included, "destinations": [group]}
    lines: list[dict[str, Any]] = []

    def put(params: dict[str, Any]) -> dict[str, Any]:
        lines.extend(params["logEvents"])
        return {}

    neighbours = log_group(put)

    async def scenario(emulated: Emulated) -> None:
        machine = await emulated.create(definition, type="EXPRESS", loggingConfiguration=logging)
        await emulated("StartSyncExecution", stateMachineArn=machine)
        await asyncio.sleep(0.01)

    play(scenario, neighbours)

    messages = [json.loads(line["message"]) for line in lines]
    assert [message["type"] for message in messages] == kinds
    if messages:
        data = {name for message in messages for name in message["details"]} & {"input", "inputDetails"}
        assert bool(data) is included
        assert messages[0]["id"] == "1" if level == "ALL" else "3"


def test_a_long_history_goes_to_the_log_group_in_parts_that_it_takes(play: Play) -> None:
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:/sfn:*"}}
    logging = {"level": "ALL", "includeExecutionData": True, "destinations": [group]}
    steps: dict[str, Any] = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(4)}
    definition = {"StartAt": "S0", "States": {**steps, "S4": {"Type": "Pass", "End": True}}}
    parts: list[list[str]] = []

    def put(params: dict[str, Any]) -> dict[str, Any]:
        parts.append([event["message"] for event in params["logEvents"]])
        return {}

    async def scenario(emulated: Emulated) -> None:
        machine = await emulated.create(definition, type="EXPRESS", loggingConfiguration=logging)
        await emulated("StartSyncExecution", stateMachineArn=machine, input=json.dumps("x" * 200_000))
        await until(lambda: sum(map(len, parts)) == 12)

    play(scenario, log_group(put))

    assert all(sum(map(len, part)) < 1_048_576 for part in parts)


def test_a_deep_value_fails_its_expression_and_nothing_else(play: Play) -> None:
    state = {"Type": "Pass", "Output": "{% $states.input %}", "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}

    async def scenario(emulated: Emulated) -> Execution:
        arn = await emulated.create(machine)
        text = "[" * 900 + "]" * 900
        return await emulated.end((await emulated("StartExecution", stateMachineArn=arn, input=text))["executionArn"])

    execution = play(scenario)

    assert execution.status == "SUCCEEDED" or execution.error[0] == "States.QueryEvaluationError"


def test_a_redriven_execution_knows_since_when(play: Play) -> None:
    seen: list[dict[str, Any]] = []

    def second_time(params: dict[str, Any]) -> dict[str, Any]:
        seen.append(json.loads(params["Payload"]))
        failed = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType":"E"}'}
        return failed if len(seen) == 1 else {"StatusCode": 200, "Payload": b"1"}

    arguments = {"FunctionName": "f", "Payload": "{% $states.context.Execution %}"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments, "End": True}

    async def scenario(emulated: Emulated) -> Execution:
        failed = await emulated.run({"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": task}}, {})
        await emulated("RedriveExecution", executionArn=failed.arn)
        return await emulated.end(failed.arn)

    assert play(scenario, {"lambda:Invoke": second_time}).status == "SUCCEEDED"
    assert ("RedriveTime" in seen[0], seen[1]["RedriveTime"] >= seen[0]["StartTime"]) == (False, True)


def test_an_execution_with_a_full_history_cannot_be_redriven(play: Play, refused: Any) -> None:
    circle = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "E"}], "Default": "P"},
        "P": {"Type": "Pass", "Next": "C"},
        "E": {"Type": "Succeed"},
    }

    async def scenario(emulated: Emulated) -> Any:
        machine = await emulated.create({"StartAt": "C", "States": circle})
        started = await emulated("StartExecution", stateMachineArn=machine)
        await emulated.ended(started["executionArn"])
        error = await refused(emulated("RedriveExecution", executionArn=started["executionArn"]))
        return error, await emulated("DescribeExecution", executionArn=started["executionArn"])

    error, described = play(scenario)

    assert (error.code, error.message) == ("ExecutionNotRedrivable", "Execution history event limit exceeded")
    assert described["status"] == "FAILED"
    assert described["redriveStatusReason"] == "Execution history event limit exceeded"


@pytest.mark.parametrize(
    "state", [{"Parameters": {"b.$": "$.a"}}, {"Assign": {"b.$": "$.a"}}], ids=["output", "variable"]
)
def test_half_a_surrogate_pair_becomes_a_question_mark(play: Play, state: dict[str, Any]) -> None:
    states = {"A": {"Type": "Pass", **state, "Next": "B"}, "B": {"Type": "Pass", "End": True}}

    execution = play(lambda emulated: emulated.run({"StartAt": "A", "States": states}, {"a": "\ud800"}))

    assert execution.status == "SUCCEEDED"
    assert "?" in str(execution.events[2])


def test_an_execution_whose_state_cannot_be_kept_still_ends(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(_journal: DurableJournal, frame: Frame) -> None:
        if frame.entered:
            raise RecursionError

    monkeypatch.setattr(DurableJournal, "save", save)

    async def scenario(emulated: Emulated) -> str:
        machine = await emulated.create(one({"Type": "Succeed"}))
        started = await emulated("StartExecution", stateMachineArn=machine)
        return await emulated.ended(started["executionArn"])

    assert play(scenario) == "FAILED"
