"""TestState of tasks that the emulator does not perform, and of maps whose items a request gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = "arn:aws:iam::000000000000:role/machine"


def task(resource: str) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}


def result(value: Any) -> dict[str, str]:
    return {"result": json.dumps(value)}


def unknown(resource: str, place: str) -> tuple[str, str]:
    """The error of a Resource that there is no integration behind."""
    reason = "The value is not a valid resource ARN, or the resource is not available in this region."
    message = f"The resource provided arn:aws:states:::{resource} is not recognized. {reason}"
    code = "SCHEMA_VALIDATION_FAILED"
    return "InvalidDefinition", f"Invalid State Machine Definition: '{code}: {message} at {place}/Resource'"


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        ("http:invoke", {"StatusCode": 200, "ResponseBody": {"a": 1}}),
        ("bedrock:invokeModel", {"Body": {"a": 1}}),
        ("ecs:runTask.sync", {"LastStatus": "STOPPED"}),
        ("emr-serverless:startJobRun.sync", {}),
        ("aws-sdk:ec2:describeInstances", {"Reservations": []}),
        ("aws-sdk:cognitoidentityprovider:adminGetUser", {"Username": "jane"}),
    ],
)
def test_a_mock_takes_the_place_of_any_integration_that_aws_has(
    tested: Callable[..., Any], resource: str, value: dict[str, Any]
) -> None:
    answer = tested(task(resource), mock=result(value))

    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", value)


def test_a_mocked_callback_of_any_integration_has_a_token(tested: Callable[..., Any]) -> None:
    state = {**task("ecs:runTask.waitForTaskToken"), "Parameters": {"token.$": "$$.Task.Token"}}

    answer = tested(state, inspectionLevel="DEBUG", mock=result({}))

    assert len(json.loads(answer["inspectionData"]["afterParameters"])["token"]) > 100


def test_a_mocked_result_of_any_service_is_held_to_its_model(denied: Callable[..., Any]) -> None:
    reason = "Mock result schema validation error: Field 'Reservations' must be an array"

    assert denied(task("aws-sdk:ec2:describeInstances"), mock=result({"Reservations": 1})) == (
        "ValidationException",
        reason,
    )


@pytest.mark.parametrize("resource", ["nope:run", "aws-sdk:nope:run", "aws-sdk:ec2:nope", "lambda:invoke.sync"])
def test_no_mock_takes_the_place_of_what_aws_has_not(denied: Callable[..., Any], resource: str) -> None:
    assert denied(task(resource), mock=result({})) == unknown(resource, "")


def test_another_state_of_the_machine_may_have_any_integration(tested: Callable[..., Any]) -> None:
    states = {"Call": {**task("http:invoke"), "End": False, "Next": "P"}, "P": {"Type": "Pass", "End": True}}

    answer = tested({"StartAt": "Call", "States": states}, stateName="P", input="[1]")

    assert answer == {"status": "SUCCEEDED", "output": "[1]"}


def test_what_the_emulator_does_not_perform_needs_a_mock(denied: Callable[..., Any]) -> None:
    machine = {"StartAt": "Call", "States": {"Call": task("http:invoke")}}

    assert denied(machine, stateName="Call", roleArn=ROLE) == unknown("http:invoke", "/States/Call")


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:us-east-1:000000000000:activity:a",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    ],
)
def test_what_nobody_would_complete_needs_a_mock(denied: Callable[..., Any], resource: str) -> None:
    code, message = denied({"Type": "Task", "Resource": resource, "End": True}, roleArn=ROLE)

    assert code == "InvalidDefinition"
    assert message.endswith("without a mock.")


def test_a_state_that_takes_more_than_five_minutes_times_out(tested: Callable[..., Any]) -> None:
    answer = tested({"Type": "Wait", "Seconds": 3600, "End": True})

    assert answer == {"status": "FAILED", "error": "States.Timeout"}


PROCESSOR = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Each",
    "States": {"Each": {"Type": "Pass", "End": True}},
}


def reading(**config: Any) -> dict[str, Any]:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Arguments": {"Bucket": "b", "Key": "k"},
    }
    return {
        "Type": "Map",
        "QueryLanguage": "JSONata",
        "ItemReader": reader,
        "ItemProcessor": PROCESSOR,
        "ToleratedFailurePercentage": 50,
        "End": True,
    }


@pytest.mark.parametrize(
    ("config", "data", "items", "pointed"),
    [
        ({"InputType": "JSON"}, "[1, 2]", "[1,2]", None),
        ({"InputType": "JSON", "ItemsPointer": "/a"}, '{"a": [1, 2]}', "[1,2]", "[1, 2]"),
        ({"InputType": "CSV"}, "n\n1\n2\n", '[{"n":"1"},{"n":"2"}]', None),
    ],
)
def test_a_test_gives_what_a_maps_reader_reads(
    tested: Callable[..., Any], config: dict[str, Any], data: str, items: str, pointed: str | None
) -> None:
    answer = tested(
        {**reading(**config), "ItemSelector": "{% $states.context.Map.Item.Value %}"},
        inspectionLevel="DEBUG",
        mock=result([0, 0]),
        stateConfiguration={"mapItemReaderData": data, "mapIterationFailureCount": 1},
    )

    assert answer["status"] == "SUCCEEDED"
    assert answer["inspectionData"]["afterItemSelector"] == items
    assert answer["inspectionData"].get("afterItemsPointer") == pointed


def test_what_a_maps_reader_cannot_read_fails_its_test(tested: Callable[..., Any]) -> None:
    answer = tested(
        reading(InputType="JSON"),
        mock=result([]),
        stateConfiguration={"mapItemReaderData": '"text"'},
    )

    assert (answer["status"], answer["error"]) == ("FAILED", "States.ItemReaderFailed")
