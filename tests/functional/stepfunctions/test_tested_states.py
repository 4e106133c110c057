"""TestState with mocks, context objects and configurations, as recorded on AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.tested import FAILURE, MAP, PARALLEL, PROCESSOR, result

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Play

    from mlfn_localstack.service import ServiceError

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "QueryLanguage": "JSONata",
    "Arguments": {"FunctionName": "f"},
    "End": True,
}
EXPRESSIONS = {
    "Type": "Map",
    "QueryLanguage": "JSONata",
    "Items": "{% $states.input.v %}",
    "ItemProcessor": PROCESSOR,
    "ToleratedFailureCount": 1,
    "End": True,
}
THRESHOLD = ("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")


def test_a_task_without_a_mock_needs_a_role(denied: Callable[..., Any]) -> None:
    assert denied(INVOKE) == ("ValidationException", "RoleArn must be specified when testing a Task state")


@pytest.mark.parametrize("state", [MAP, PARALLEL], ids=["map", "parallel"])
def test_states_that_run_others_need_a_mock(denied: Callable[..., Any], state: dict[str, Any]) -> None:
    assert denied(state) == (
        "InvalidDefinition",
        "TestState API does not support Map or Parallel states."
        " Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]",
    )


@pytest.mark.parametrize(
    ("state", "params", "message"),
    [
        (
            {"Type": "Pass", "End": True},
            {"mock": result({})},
            "State type 'Pass' is not supported when a mock is specified",
        ),
        (
            INVOKE,
            {"mock": {**result({}), **FAILURE}},
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
        (
            INVOKE,
            {"mock": result({}), "revealSecrets": True},
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (INVOKE, {"mock": {"result": "not JSON"}}, "Mocked result must be valid JSON"),
        (MAP, {"mock": result({})}, "Mocked result must be an array."),
        (
            {**MAP, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}},
            {"mock": result([])},
            "Mocked result must be a JSON object.",
        ),
        (PARALLEL, {"mock": result({})}, "Mocked result must be an array."),
        (
            PARALLEL,
            {"mock": result([1])},
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
    ],
    ids=["pass", "both", "secrets", "syntax", "map", "writer", "parallel", "branches"],
)
def test_a_mock_has_to_fit_the_state(
    denied: Callable[..., Any], state: dict[str, Any], params: dict[str, Any], message: str
) -> None:
    assert denied(state, **params) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"input": '{"a":1'},
            "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unexpected end-of-input: expected close marker for Object (start "
            """marker at [Source: (String)"{"a":1"; line: 1, column: 1])'""",
        ),
        ({"variables": "["}, "ValidationException", "Variables must be a JSON object"),
        ({"variables": "[]"}, "ValidationException", "Variables must be a JSON object"),
        (
            {"context": "{}"},
            "ValidationException",
            "A Context object can be specified only when a mock is specified.",
        ),
    ],
    ids=["input", "no variables", "other variables", "context"],
)
def test_what_a_test_gives_has_to_be_of_use(
    denied: Callable[..., Any], params: dict[str, Any], code: str, message: str
) -> None:
    assert denied({"Type": "Pass", "End": True}, **params) == (code, message)


def test_a_tested_definition_that_is_no_json_is_placed(play: Play, refused: Callable[..., Any]) -> None:
    async def scenario(emulated: Emulated) -> ServiceError:
        error: ServiceError = await refused(emulated("TestState", definition='{"Type" 1}'))
        return error

    error = play(scenario)

    assert error.code == "InvalidDefinition"
    assert "INVALID_JSON_DESCRIPTION: Unexpected character ('1' (code 49))" in error.message
    assert "line: 1, column:" in error.message


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"Type": "Pass", "QueryLanguage": "jq", "End": True}, "[JSONPath, JSONata] at /QueryLanguage"),
        (
            {**MAP, "ItemProcessor": {**PROCESSOR, "States": {"Each": {"Type": "Pass", "Next": "Away"}}}},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: Away at /ItemProcessor/States/Each/Next",
        ),
        (
            {**MAP, "ToleratedFailurePercentage": "half"},
            "SCHEMA_VALIDATION_FAILED: Expected value of type Float at /ToleratedFailurePercentage",
        ),
    ],
)
def test_a_tested_state_is_looked_at_as_in_a_machine(
    denied: Callable[..., Any], state: dict[str, Any], problem: str
) -> None:
    code, message = denied(state, mock=result([]))

    assert code == "InvalidDefinition"
    assert problem in message


def test_a_state_that_is_not_there_is_not_found(denied: Callable[..., Any]) -> None:
    machine = {"StartAt": "S", "States": {"S": {"Type": "Pass", "End": True}}}

    assert denied(machine, stateName="T") == ("ValidationException", "State not found in definition")


def test_a_state_inside_a_map_can_be_tested(tested: Callable[..., Any]) -> None:
    answer = tested({"StartAt": "M", "States": {"M": MAP}}, stateName="Each", input="[1]")

    assert answer == {"status": "SUCCEEDED", "output": "[1]"}


def task(resource: str) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}


@pytest.mark.parametrize(
    ("resource", "value", "reason"),
    [
        ("events:putEvents", {"Entries": {}}, "Field 'Entries' must be an array"),
        ("events:putEvents", {"Entries": [{"EventId": "a"}, {"EventId": 1}]}, "Field 'EventId' must be a string"),
        ("states:startExecution", {"executionArn": "a"}, "Required field 'ExecutionArn' is missing"),
        (
            "states:startExecution",
            {"ExecutionArn": "a", "StartDate": True},
            "Field 'StartDate' must be a string",
        ),
        ("lambda:invoke", {"StatusCode": "200"}, "Field 'StatusCode' must be a number"),
        (
            "dynamodb:putItem",
            {"ConsumedCapacity": {"CapacityUnits": "1"}},
            "Field 'CapacityUnits' must be a number",
        ),
        ("aws-sdk:s3:getObject", {"StorageClass": "SOLID"}, "Field 'StorageClass' is not an expected value"),
        ("aws-sdk:kms:encrypt", {"CiphertextBlob": 1}, "Field 'CiphertextBlob' must be a string"),
        ("aws-sdk:kms:encrypt", {"CiphertextBlob": ""}, "Field 'CiphertextBlob' is smaller than the minimum length"),
        (
            "aws-sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 1}},
            "Field 'MemorySize' is less than the minimum value",
        ),
        (
            "aws-sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 10**9}},
            "Field 'MemorySize' exceeds the maximum value",
        ),
    ],
)
def test_a_mocked_result_is_held_to_the_services_model(
    denied: Callable[..., Any], resource: str, value: dict[str, Any], reason: str
) -> None:
    expected = ("ValidationException", f"Mock result schema validation error: {reason}")

    assert denied(task(resource), mock=result(value)) == expected


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        ("STRICT", {"ExecutionArn": "a", "StartDate": "then", "random": 1}),
        ("PRESENT", {"executionArn": 1}),
        ("NONE", {"StartDate": True}),
    ],
    ids=["unknown field", "missing field", "anything"],
)
def test_a_validation_mode_lets_results_pass(tested: Callable[..., Any], mode: str, value: dict[str, Any]) -> None:
    answer = tested(task("states:startExecution"), mock=result(value, fieldValidationMode=mode))

    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", value)


@pytest.mark.parametrize(
    ("failed", "handler", "expected", "details"),
    [
        (1, {}, "SUCCEEDED", None),
        (2, {}, "FAILED", None),
        (2, {"Catch": [{"ErrorEquals": [THRESHOLD[0]], "Next": "H"}]}, "CAUGHT_ERROR", {"catchIndex": 0}),
        (
            2,
            {"Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": [THRESHOLD[0]]}]},
            "RETRIABLE",
            {"retryIndex": 1, "retryBackoffIntervalSeconds": 1},
        ),
    ],
    ids=["tolerated", "failed", "caught", "retried"],
)
def test_failed_iterations_count_against_the_tolerated_ones(
    tested: Callable[..., Any], failed: int, handler: dict[str, Any], expected: str, details: dict[str, Any] | None
) -> None:
    answer = tested(
        {**EXPRESSIONS, **handler},
        input='{"v":[1,2,3]}',
        inspectionLevel="DEBUG",
        mock=result([0, 0, 1]),
        stateConfiguration={"mapIterationFailureCount": failed},
    )

    assert answer["status"] == expected
    assert answer["inspectionData"].get("errorDetails") == details
    if expected != "SUCCEEDED":
        assert (answer["error"], answer["cause"]) == THRESHOLD


@pytest.mark.parametrize(
    ("count", "status", "details"),
    [
        (4, "RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 16}),
        (5, "FAILED", {"retryIndex": 0}),
    ],
    ids=["one left", "none left"],
)
def test_a_retrier_counts_the_retries_it_has_made(
    tested: Callable[..., Any], count: int, status: str, details: dict[str, int]
) -> None:
    retry = {"ErrorEquals": ["MockException"], "IntervalSeconds": 1, "MaxAttempts": 5, "BackoffRate": 2.0}

    answer = tested(
        {**INVOKE, "Retry": [retry]},
        inspectionLevel="DEBUG",
        mock=FAILURE,
        stateConfiguration={"retrierRetryCount": count},
    )

    assert answer["status"] == status
    assert answer["inspectionData"] == {
        "input": "{}",
        "afterArguments": '{"FunctionName":"f"}',
        "errorDetails": details,
    }


CONTEXT_TASK = {**task("lambda:invoke"), "ResultSelector": {"context.$": "$$"}}


@pytest.mark.parametrize(
    "context", [{}, {"Execution": {}, "State": {}}, {"State": {"Name": "Other"}}], ids=["nothing", "empty", "a name"]
)
def test_a_mocked_context_object_is_the_whole_context(tested: Callable[..., Any], context: dict[str, Any]) -> None:
    answer = tested(CONTEXT_TASK, context=json.dumps(context), mock=result({}))

    assert json.loads(answer["output"]) == {"context": context}


@pytest.mark.parametrize(
    ("context", "reason"),
    [
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        ({"Execution": {"pokemon": "x"}}, "Field 'pokemon' is not allowed"),
        ({"Pokedex": {}}, "Field 'Pokedex' is not allowed"),
        (
            {"Task": {"Token": "t"}},
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken'"
            " service integration pattern",
        ),
    ],
)
def test_a_mocked_context_object_has_the_fields_of_a_context(
    denied: Callable[..., Any], context: dict[str, Any], reason: str
) -> None:
    answer = denied(CONTEXT_TASK, context=json.dumps(context), mock=result({}))

    assert answer == ("ValidationException", f"Invalid Context object provided: {reason}")


@pytest.mark.parametrize("context", [{"Task": {"Token": "abcd"}}, None], ids=["mocked", "made up"])
def test_a_tested_callback_has_a_token(tested: Callable[..., Any], context: dict[str, Any] | None) -> None:
    state = {**task("sqs:sendMessage.waitForTaskToken"), "Parameters": {"token.$": "$$.Task.Token"}}
    given = {} if context is None else {"context": json.dumps(context)}

    answer = tested(state, inspectionLevel="DEBUG", mock=result({}), **given)

    token = json.loads(answer["inspectionData"]["afterParameters"])["token"]
    assert token == "abcd" if context else len(token) > 100


def test_a_context_without_a_role_says_null(tested: Callable[..., Any]) -> None:
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.context.Execution %}", "End": True}

    execution = json.loads(tested(state)["output"])

    assert execution["RoleArn"] is None
    assert execution["Id"].split(":")[5:] == ["express", execution["Id"].split(":")[6], execution["Name"]]
