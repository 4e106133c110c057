"""Tasks: errors of functions and services by name, retries, catches, limits."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import failing, one_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour, Play

    Execute = Callable[..., Execution]
    MakeFunction = Callable[..., Neighbour]

INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
END = {"Type": "Pass", "End": True}
JSONATA = {"QueryLanguage": "JSONata"}


def raise_value_error(_event: Any) -> Any:
    raise ValueError("bad value")


@pytest.mark.parametrize(
    ("resource", "cause"),
    [
        ("arn:aws:states:::lambda:invoke", '{"errorMessage":"bad value","errorType":"ValueError"}'),
        (
            "arn:aws:lambda:us-east-1:000000000000:function:f",
            '{"errorMessage": "bad value", "errorType": "ValueError"}',
        ),
    ],
    ids=["service integration, compact", "function ARN, as it came"],
)
def test_a_functions_error_type_is_the_error_name(
    execute: Execute, function: MakeFunction, resource: str, cause: str
) -> None:
    execution = execute(one_task({**INVOKE, "Resource": resource}), {}, {"lambda:Invoke": function(raise_value_error)})

    assert execution.error == ("ValueError", cause)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", "Lambda.TooManyRequestsException"),
        ("ServiceException", "Lambda.ServiceException"),
        ("ResourceNotFoundException", "Lambda.ResourceNotFoundException"),
        ("AccessDeniedException", "Lambda.AWSLambdaException"),
    ],
)
def test_an_error_of_lambda_itself_has_its_prefix(execute: Execute, code: str, error: str) -> None:
    execution = execute(one_task(INVOKE), {}, {"lambda:Invoke": failing(code, "Function not found: f", 404)})

    name, cause = execution.error
    assert name == error
    expected = f"Function not found: f (Service: AWSLambda; Status Code: 404; Error Code: {code}; Request ID: "
    assert cause is not None
    assert cause.startswith(expected)
    assert cause.endswith("; Proxy: null)")


def test_a_payload_without_error_type_is_lambda_unknown(execute: Execute) -> None:
    def timed_out(_params: dict[str, Any]) -> dict[str, Any]:
        return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorMessage":"x"}'}

    execution = execute(one_task(INVOKE), {}, {"lambda:Invoke": timed_out})

    assert execution.error == (
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type."
        ' Returned payload: {"errorMessage":"x"}',
    )


def test_a_retry_backs_off_and_counts_in_the_context(play: Play, function: MakeFunction) -> None:
    seen: list[Any] = []

    def third_time(event: Any) -> Any:
        seen.append(event["retry"])
        if len(seen) < 3:
            raise ValueError("not yet")
        return "done"

    state = {
        **INVOKE,
        "Parameters": {"FunctionName": "f", "Payload": {"retry.$": "$$.State.RetryCount"}},
        "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 4}],
        "ResultSelector": {"result.$": "$.Payload"},
    }

    execution = play(lambda emulated: emulated.run(one_task(state)), {"lambda:Invoke": function(third_time)})

    assert seen == [0, 1, 2]
    assert execution.output == {"result": "done"}
    assert execution.types.count("TaskScheduled") == 3
    events = [event for event in execution.events if event["type"] in ("TaskScheduled", "TaskFailed")]
    waits = [(after["timestamp"] - before["timestamp"]).total_seconds() for before, after in pairwise(events)]
    assert waits[1] >= 1
    assert waits[3] >= 2


def test_a_catch_places_the_error_at_its_result_path(execute: Execute, function: MakeFunction) -> None:
    state = {**INVOKE, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "H"}]}
    machine = {"StartAt": "S", "States": {"S": {**state, "End": True}, "H": END}}

    execution = execute(machine, {"keep": 1}, {"lambda:Invoke": function(raise_value_error)})

    assert execution.output["keep"] == 1
    assert execution.output["error"]["Error"] == "ValueError"


def test_jsonata_catches_see_the_error_output(execute: Execute, function: MakeFunction) -> None:
    state = {
        "Type": "Task",
        "Resource": INVOKE["Resource"],
        "Arguments": {"FunctionName": "f"},
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"cause": "{% $parse($states.errorOutput.Cause).errorMessage %}"},
                "Output": "{% $states.errorOutput.Error %}",
                "Next": "H",
            }
        ],
        "End": True,
    }
    after = {"Type": "Pass", "Output": "{% $states.input & ': ' & $cause %}", "End": True}

    execution = execute(
        {**JSONATA, "StartAt": "S", "States": {"S": state, "H": after}},
        {},
        {"lambda:Invoke": function(raise_value_error)},
    )

    assert execution.output == "ValueError: bad value"


@pytest.mark.parametrize("catch", ["States.DataLimitExceeded", "States.ALL"])
def test_a_result_of_more_than_256_kib_can_be_caught(execute: Execute, function: MakeFunction, catch: str) -> None:
    state = {**INVOKE, "Catch": [{"ErrorEquals": [catch], "Next": "H"}], "End": True}
    machine = {"StartAt": "S", "States": {"S": state, "H": END}}

    execution = execute(machine, {}, {"lambda:Invoke": function(lambda _event: "é" * 140_000)})

    assert execution.output == {
        "Error": "States.DataLimitExceeded",
        "Cause": "The state/task 'lambda' returned a result with a size exceeding"
        " the maximum number of bytes service limit.",
    }


def test_a_map_keeps_its_concurrency_limit(play: Play) -> None:
    running, most = 0, 0

    async def slow(_params: dict[str, Any]) -> dict[str, Any]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        return {"StatusCode": 200, "Payload": b"1"}

    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 3,
        "ItemProcessor": {"StartAt": "I", "States": {"I": {**INVOKE, "OutputPath": "$.Payload", "End": True}}},
    }

    execution = play(
        lambda emulated: emulated.run(one_task(state), {"items": list(range(10))}), {"lambda:Invoke": slow}
    )

    assert execution.output == [1] * 10
    assert most == 3


def test_a_failed_iteration_interrupts_the_others(play: Play) -> None:
    async def second_fails(params: dict[str, Any]) -> dict[str, Any]:
        if params["Payload"] == b"1":
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b'{"errorType":"E"}'}
        await asyncio.sleep(60)
        return {}

    task = {**INVOKE, "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "End": True}
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {"StartAt": "I", "States": {"I": task}},
    }

    execution = play(
        lambda emulated: emulated.run(one_task(state), {"items": [0, 1, 2]}), {"lambda:Invoke": second_fails}
    )

    failed = execution.types.index("TaskFailed")
    assert execution.types[failed + 1 :] == [
        "MapIterationFailed",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
        "MapIterationAborted",
        "TaskStateAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert {event["previousEventId"] for event in execution.events[failed + 1 : -1]} == {failed + 1}


def test_a_task_calls_as_the_role_of_its_credentials(play: Play) -> None:
    role = "arn:aws:iam::111111111111:role/other"
    state = {**INVOKE, "Credentials": {"RoleArn.$": "$.role"}}

    async def scenario(emulated: Emulated) -> Any:
        execution = await emulated.run(one_task(state), {"role": role})
        return execution, [(call, principal) for call, _, principal in emulated.calls]

    neighbours = {
        "sts:AssumeRole": lambda _params: {},
        "lambda:Invoke": lambda _params: {"StatusCode": 200, "Payload": b"1"},
    }
    execution, calls = play(scenario, neighbours)

    own = "arn:aws:iam::000000000000:role/machine"
    assert calls == [("sts:AssumeRole", own), ("lambda:Invoke", role)]
    assert execution.events[2]["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": role}


def test_a_task_fails_if_the_machine_may_not_assume_the_role_of_its_credentials(execute: Execute) -> None:
    role = "arn:aws:iam::111111111111:role/other"

    execution = execute(
        one_task({**INVOKE, "Credentials": {"RoleArn": role}}), {}, {"sts:AssumeRole": failing("AccessDenied")}
    )

    own = "arn:aws:iam::000000000000:role/machine"
    assert execution.types[2:] == ["TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"]
    assert execution.error == (
        "States.TaskFailed",
        f"The role {own} is not authorized to assume the task state's role, {role}.",
    )
