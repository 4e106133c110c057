"""The events of executions, as recorded on AWS: types, order, links and details."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import one

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour, Play

    Execute = Callable[..., Execution]

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "End": True,
}
END = {"Type": "Pass", "End": True}


def test_a_chain_of_pass_states_links_every_event_to_the_one_before(execute: Execute) -> None:
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Result": {"x": 1}, "End": True}}

    execution = execute({"StartAt": "A", "States": states}, {"in": 1})

    assert execution.types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5]
    details = {"name": "A", "input": '{"in": 1}', "inputDetails": {"truncated": False}}
    assert execution.events[1]["stateEnteredEventDetails"] == details
    assert execution.output == {"x": 1}


def test_a_fail_state_ends_the_execution_without_an_exit(execute: Execute) -> None:
    execution = execute(one({"Type": "Fail", "Error": "SomeFailure", "Cause": "why"}))

    assert execution.types == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert execution.previous == [0, 0, 2]
    assert execution.events[2]["executionFailedEventDetails"] == {"error": "SomeFailure", "cause": "why"}
    assert execution.error == ("SomeFailure", "why")


def test_an_empty_fail_state_says_nothing(execute: Execute) -> None:
    execution = execute(one({"Type": "Fail"}))

    assert execution.events[2]["executionFailedEventDetails"] == {}
    assert "error" not in execution.described


def test_a_lambda_task_is_scheduled_started_and_succeeds(execute: Execute, function: Callable[..., Neighbour]) -> None:
    execution = execute(one(INVOKE), {"n": 2}, {"lambda:Invoke": function(lambda event: event["n"] * 2)})

    assert execution.types[1:6] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 5, 6]
    assert execution.events[2]["taskScheduledEventDetails"] == {
        "resourceType": "lambda",
        "resource": "invoke",
        "region": "us-east-1",
        "parameters": '{"FunctionName":"f","Payload":{"n": 2}}'.replace(": 2", ":2"),
    }
    assert execution.events[3]["taskStartedEventDetails"] == {"resourceType": "lambda", "resource": "invoke"}
    output = execution.output
    assert (output["Payload"], output["StatusCode"], output["ExecutedVersion"]) == (4, 200, "1")
    assert sorted(output) == ["ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"]


def test_a_function_by_its_arn_has_events_of_its_own(execute: Execute, function: Callable[..., Neighbour]) -> None:
    state = {"Type": "Task", "Resource": FUNCTION, "TimeoutSeconds": 5, "End": True}

    execution = execute(one(state), {"n": 2}, {"lambda:Invoke": function(lambda event: event)})

    assert execution.types[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    assert execution.events[2]["lambdaFunctionScheduledEventDetails"] == {
        "resource": FUNCTION,
        "input": '{"n": 2}',
        "inputDetails": {"truncated": False},
        "timeoutInSeconds": 5,
    }
    assert "lambdaFunctionStartedEventDetails" not in execution.events[3]
    assert execution.output == {"n": 2}


def test_an_evaluation_that_fails_is_an_event_per_attempt(execute: Execute) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $states.input.missing %}"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        "End": True,
    }

    execution = execute(one(state, QueryLanguage="JSONata"), {"x": "a"})

    assert execution.types[1:] == ["TaskStateEntered", "EvaluationFailed", "EvaluationFailed", "ExecutionFailed"]
    assert execution.previous == [0, 0, 2, 3, 4]
    cause = (
        "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression"
        " '$states.input.missing' specified for the field 'Arguments/Payload' returned nothing (undefined)."
    )
    assert execution.events[2]["evaluationFailedEventDetails"] == {
        "error": "States.QueryEvaluationError",
        "cause": cause,
        "location": "Arguments/Payload",
        "state": "S",
    }
    assert execution.error == ("States.QueryEvaluationError", cause)


def test_a_catchers_own_evaluation_fails_the_state_a_second_time(execute: Execute) -> None:
    parallel = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "Boom", "States": {"Boom": {"Type": "Fail", "Error": "E"}}}],
        "Catch": [
            {"ErrorEquals": ["Other"], "Next": "Done"},
            {"ErrorEquals": ["States.ALL"], "Output": {"v": "{% $states.input.missing %}"}, "Next": "Done"},
        ],
        "End": True,
    }

    execution = execute({"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": parallel, "Done": END}})

    assert execution.types[3:] == [
        "FailStateEntered",
        "ParallelStateFailed",
        "EvaluationFailed",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert execution.previous == [0, 0, 2, 3, 4, 4, 6, 7]
    assert execution.events[5]["evaluationFailedEventDetails"]["location"] == "Catch[1]/Output/v"


def test_items_that_cannot_be_evaluated_fail_the_map_before_it_starts(execute: Execute) -> None:
    state = {
        "Type": "Map",
        "Items": "{% $states.input.missing %}",
        "ItemProcessor": {"StartAt": "I", "States": {"I": END}},
        "End": True,
    }

    execution = execute(one(state, QueryLanguage="JSONata"))

    assert execution.types[1:] == ["MapStateEntered", "EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.previous == [0, 0, 0, 3, 4]


def test_an_output_that_cannot_be_evaluated_links_to_what_was_before_its_state(execute: Execute) -> None:
    output = {"v": "{% $nope(1) %}"}
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Output": output, "End": True}}

    execution = execute({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})

    assert execution.types[3:] == ["PassStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert execution.previous == [0, 0, 2, 3, 3, 5]
    assert str(execution.error[1]).endswith(
        "threw an error during evaluation. T1006: Attempted to invoke a non-function"
    )


def test_assigned_variables_are_in_the_exit(execute: Execute) -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"n": 1, "s": "{% $states.input.s %}"}, "Next": "B"},
        "B": {"Type": "Pass", "Output": "{% $s & $string($n) %}", "End": True},
    }

    execution = execute({"QueryLanguage": "JSONata", "StartAt": "A", "States": states}, {"s": "x"})

    exited = execution.events[2]["stateExitedEventDetails"]
    assert exited["assignedVariables"] == {"n": "1", "s": '"x"'}
    assert exited["assignedVariablesDetails"] == {"truncated": False}
    assert execution.output == "x1"


def test_a_runtime_error_in_a_branch_is_the_whole_executions(execute: Execute) -> None:
    branch = {"StartAt": "Fast", "States": {"Fast": {"Type": "Pass", "Parameters": {"m.$": "$.nope"}, "End": True}}}
    state = {
        "Type": "Parallel",
        "Branches": [branch],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
        "End": True,
    }

    execution = execute(one(state), {"x": "a"})

    assert execution.types[1:] == [
        "ParallelStateEntered",
        "ParallelStateStarted",
        "PassStateEntered",
        "ExecutionFailed",
    ]
    assert execution.previous == [0, 0, 2, 3, 4]
    assert execution.error == (
        "States.Runtime",
        "An error occurred while executing the state 'Fast' (entered at the event id #4). The JSONPath '$.nope'"
        " specified for the field 'm.$' could not be found in the input '{\"x\": \"a\"}'",
    )


def test_history_pages_in_both_directions(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[list[int]]:
        execution = await emulated.run(one(END))
        pages = []
        for reverse in (False, True):
            ids: list[int] = []
            token: dict[str, str] = {}
            while True:
                page = await emulated(
                    "GetExecutionHistory", executionArn=execution.arn, maxResults=3, reverseOrder=reverse, **token
                )
                ids += [event["id"] for event in page["events"]]
                if "nextToken" not in page:
                    break
                token = {"nextToken": page["nextToken"]}
            pages.append(ids)
        return pages

    assert play(scenario) == [[1, 2, 3, 4], [4, 3, 2, 1]]


def test_history_without_execution_data_keeps_the_shape(play: Play) -> None:
    async def scenario(emulated: Emulated) -> list[dict[str, Any]]:
        execution = await emulated.run(one(END))
        answer = await emulated("GetExecutionHistory", executionArn=execution.arn, includeExecutionData=False)
        return list(answer["events"])

    events = play(scenario)

    assert events[1]["stateEnteredEventDetails"] == {"name": "S", "inputDetails": {"truncated": False}}


def test_a_timed_out_task_says_so_and_fails_with_states_timeout(play: Play) -> None:
    async def hang(_params: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def scenario(emulated: Emulated) -> Execution:
        return await emulated.run(one({**INVOKE, "TimeoutSeconds": 5}))

    execution = play(scenario, {"lambda:Invoke": hang})

    assert execution.types[4:] == ["TaskTimedOut", "ExecutionFailed"]
    details = {"error": "States.Timeout", "resourceType": "lambda", "resource": "invoke"}
    assert execution.events[4]["taskTimedOutEventDetails"] == details
    assert execution.error == ("States.Timeout", None)


EACH = {"StartAt": "P", "States": {"P": END}}


@pytest.mark.parametrize(
    ("fields", "data", "cause", "location"),
    [
        ({}, 1, "Map state input must be an array but was: 1", None),
        ({}, {"a": "b"}, 'Map state input must be an array but was: {"a":"b"}', None),
        (
            {"Items": "{% $states.input %}"},
            {"a": "b"},
            "The JSONata expression '$states.input' specified for the field 'Items' returned an unexpected result type."
            " Expected 'array', but was 'object' for value: {\"a\":\"b\"}",
            "Items",
        ),
        (
            {"Items": "{% $f := function($x){$x} %}"},
            {},
            "The JSONata expression '$f := function($x){$x}' specified for the field 'Items'"
            " returned an unsupported result type.",
            "Items",
        ),
    ],
    ids=["number", "object", "expression", "function"],
)
def test_a_map_without_an_array_fails_its_evaluation(
    execute: Execute, fields: dict[str, Any], data: Any, cause: str, location: str | None
) -> None:
    state = {"Type": "Map", "ItemProcessor": EACH, "End": True, **fields}

    execution = execute(one(state, QueryLanguage="JSONata"), data)

    full = f"An error occurred while executing the state 'S' (entered at the event id #2). {cause}"
    assert execution.types[1:] == ["MapStateEntered", "EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert execution.previous == [0, 0, 0, 3, 4]
    details = {"cause": full, "error": "States.QueryEvaluationError", "state": "S"}
    assert execution.events[2]["evaluationFailedEventDetails"] == (
        details if location is None else {**details, "location": location}
    )


def test_a_computed_time_that_is_none_fails_its_evaluation(execute: Execute) -> None:
    state = {"Type": "Wait", "Timestamp": "{% '2016-12-05 21:29:29Z' %}", "End": True}

    execution = execute(one(state, QueryLanguage="JSONata"))

    assert execution.types[1:] == ["WaitStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert execution.events[2]["evaluationFailedEventDetails"]["location"] == "Timestamp"
    assert execution.error == (
        "States.QueryEvaluationError",
        "An error occurred while executing the state 'S' (entered at the event id #2). The Timestamp field cannot be"
        " parsed as an ISO-8601 extended offset date-time format string: 2016-12-05 21:29:29Z",
    )
