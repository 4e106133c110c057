"""What tasks ask of services, and what they make of the answers: names of errors, arguments, nested executions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.functional.stepfunctions.conftest import failing, one_task

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution, Neighbour, Play

    Execute = Callable[..., Execution]
    MakeFunction = Callable[..., Neighbour]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
        ("ConditionalCheckFailedException", "DynamoDB.ConditionalCheckFailedException"),
        ("ValidationException", "DynamoDB.AmazonDynamoDBException"),
    ],
)
def test_dynamodb_errors_are_named_as_its_integration_does(execute: Execute, code: str, error: str) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t"}}

    execution = execute(one_task(state), {}, {"dynamodb:PutItem": failing(code, "Requested resource not found")})

    name, cause = execution.error
    assert name == error
    assert str(cause).startswith(
        "Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: "
    )


@pytest.mark.parametrize(
    ("resource", "given"),
    [("lambda:invoke", [1]), ("sqs:sendMessage", "text"), ("events:putEvents", {"Entries": ["text"]})],
)
def test_a_service_is_not_asked_with_what_it_cannot_read(execute: Execute, resource: str, given: Any) -> None:
    execution = execute(one_task({"Type": "Task", "Resource": f"arn:aws:states:::{resource}"}), given)

    error, cause = execution.error
    assert error == "States.Runtime"
    assert f"The Parameters '{json.dumps(given)}' could not be used to start the Task" in str(cause)


def test_dynamodb_results_carry_metadata(execute: Execute) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": {"TableName": "t", "Key": {"id": {"S.$": "$.id"}}},
        "OutputPath": "$.Item.n.N",
    }
    items = {"dynamodb:GetItem": lambda params: {"Item": {"n": {"N": params["Key"]["id"]["S"]}}}}

    assert execute(one_task(state), {"id": "7"}, items).output == "7"


@pytest.mark.parametrize(
    ("call", "code", "error", "status"),
    [
        ("s3:listObjects", "NoSuchBucket", "S3.NoSuchBucketException", 404),
        ("dynamodb:putItem", "ValidationException", "DynamoDb.DynamoDbException", 400),
        ("lambda:getFunction", "AccessDeniedException", "Lambda.LambdaException", 404),
    ],
)
def test_sdk_errors_are_named_by_the_sdk(execute: Execute, call: str, code: str, error: str, status: int) -> None:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:{call}", "Parameters": {}}
    service, action = call.split(":")
    operation = f"{service}:{action[0].upper()}{action[1:]}"

    execution = execute(one_task(state), {}, {operation: failing(code, "no such thing", 404)})

    name, cause = execution.error
    assert name == error
    assert str(cause).startswith(
        f"no such thing (Service: {error.split('.', maxsplit=1)[0]}, Status Code: {status}, Request ID: "
    )


def test_sdk_arguments_and_results_are_pascal_case(play: Play) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:createLogGroup",
        "Parameters": {"LogGroupName": "g", "Tags": {"a": "b"}},
    }

    async def scenario(emulated: Emulated) -> list[Any]:
        await emulated.run(one_task(state))
        return emulated.calls

    calls = play(scenario, {"logs:CreateLogGroup": lambda _params: {}})

    role = "arn:aws:iam::000000000000:role/machine"
    assert calls == [("logs:CreateLogGroup", {"logGroupName": "g", "tags": {"a": "b"}}, role)]


def test_s3_bodies_are_text(execute: Execute) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
    }

    assert execute(one_task(state), {}, {"s3:GetObject": lambda _params: {"Body": "é".encode()}}).output["Body"] == "é"


@pytest.mark.parametrize(("suffix", "output"), [(".sync", '{"a":1}'), (".sync:2", {"a": 1})])
def test_a_nested_execution_is_waited_for(play: Play, suffix: str, output: Any) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        child = await emulated.create(one_task({"Type": "Pass", "Result": {"a": 1}}), name="child")
        state = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution{suffix}",
            "Parameters": {"StateMachineArn": child, "Input": {"x": 1}},
        }
        return await emulated.run(one_task(state))

    execution = play(scenario)

    assert execution.types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert execution.output["Output"] == output
    assert execution.output["Status"] == "SUCCEEDED"


def test_a_nested_execution_that_fails_fails_its_task(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Execution:
        failing_child = {"StartAt": "S", "States": {"S": {"Type": "Fail", "Error": "E"}}}
        child = await emulated.create(failing_child, name="child")
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync",
            "Parameters": {"StateMachineArn": child},
        }
        return await emulated.run(one_task(state))

    error, cause = play(scenario).error

    assert error == "States.TaskFailed"
    described = json.loads(cause)
    assert (described["Status"], described["Error"]) == ("FAILED", "E")


def test_a_message_body_of_null_is_not_sent(play: Play) -> None:
    def send(params: dict[str, Any]) -> dict[str, Any]:
        assert "MessageBody" not in params
        raise ServiceError("MissingParameter", "The request must contain the parameter MessageBody.")

    parameters = {"QueueUrl": "http://127.0.0.1/000000000000/q", "MessageBody": None}
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters, "End": True}

    execution = play(lambda emulated: emulated.run({"StartAt": "S", "States": {"S": state}}), {"sqs:SendMessage": send})

    error, cause = execution.error
    assert error == "SQS.AmazonSQSException"
    assert cause.startswith(
        "The request must contain the parameter MessageBody."
        " (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: "
    )
