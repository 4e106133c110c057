"""What tasks send to services and what they make of the answers, as recorded from AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.integrations.shapes import to_params

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functional.stepfunctions.conftest import Emulated, Execution

    Execute = Callable[..., Execution]
    Play = Callable[..., Any]


def task(resource: str, **parameters: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return {"StartAt": "S", "States": {"S": state}}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("text data", b'"text data"'),
        ({"Dict": "Value"}, b'{"Dict":"Value"}'),
        (["a", 1], b'["a",1]'),
        (False, b"false"),
    ],
    ids=["text", "object", "array", "boolean"],
)
def test_an_object_is_put_as_json_even_if_it_is_only_text(play: Play, body: Any, sent: bytes) -> None:
    async def scenario(emulated: Emulated) -> Any:
        await emulated.run(task("aws-sdk:s3:putObject", Bucket="b", Key="k", Body=body))
        return emulated.calls[0][1]["Body"]

    assert play(scenario, {"s3:PutObject": lambda _params: {"ETag": '"e"'}}) == sent


def test_an_object_where_a_service_wants_text_is_sent_as_json(play: Play) -> None:
    async def scenario(emulated: Emulated) -> Any:
        child = await emulated.create({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, name="child")
        started = await emulated.run(task("aws-sdk:sfn:startExecution", StateMachineArn=child, Input={"key": "value"}))
        return await emulated.end(started.output["ExecutionArn"])

    assert play(scenario).output == {"key": "value"}


def test_other_values_are_sent_as_they_are() -> None:
    params = to_params("s3", "PutObject", {"Bucket": "b", "Metadata": {"a": "1"}, "ContentLength": 3})

    assert params == {"Bucket": "b", "Metadata": {"a": "1"}, "ContentLength": 3}


def test_secrets_are_reached_by_the_sdk(execute: Execute) -> None:
    def refuse(_params: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("ValidationException", "Invalid name.")

    machine = task("aws-sdk:secretsmanager:createSecret", Name="Invalid Name", SecretString="s")

    error, cause = execute(machine, {}, {"secretsmanager:CreateSecret": refuse}).error

    assert error == "SecretsManager.SecretsManagerException"
    assert str(cause).startswith("Invalid name. (Service: SecretsManager, Status Code: 400, Request ID: ")


def test_an_object_is_read_with_its_time_as_text_and_its_body_last(execute: Execute) -> None:
    object_ = {"Body": b"text", "ETag": '"e"', "LastModified": 1716491490.0, "ContentLength": 4}

    output = execute(task("aws-sdk:s3:getObject", Bucket="b", Key="k"), {}, {"s3:GetObject": lambda _: object_}).output

    assert list(output.items()) == [
        ("ContentLength", 4),
        ("ETag", '"e"'),
        ("LastModified", "2024-05-23T19:11:30Z"),
        ("Metadata", {}),
        ("Body", "text"),
    ]


def test_a_list_that_s3_does_not_send_is_not_in_the_result(execute: Execute) -> None:
    listed = {"Name": "b", "Contents": [], "CommonPrefixes": [], "KeyCount": 0}

    output = execute(task("aws-sdk:s3:listObjectsV2", Bucket="b"), {}, {"s3:ListObjectsV2": lambda _: listed}).output

    assert output == {"KeyCount": 0, "Name": "b"}


def test_times_are_sent_as_times() -> None:
    params = to_params("cloudwatch", "GetMetricStatistics", {"StartTime": "2024-05-23T19:11:30Z", "EndTime": "soon"})

    assert params == {"StartTime": datetime(2024, 5, 23, 19, 11, 30, tzinfo=UTC), "EndTime": "soon"}


NO_QUEUE = ServiceError("QueueDoesNotExist", "No queue.", status=404)
NO_ADDRESS = ServiceError("InvalidAddress", "No address.", status=404)
NO_BODY = ServiceError("404", "Not Found", status=404)
FORBIDDEN = ServiceError("403", "Forbidden", status=403)


@pytest.mark.parametrize(
    ("resource", "refusal", "error", "cause"),
    [
        (
            "sqs:sendMessage",
            NO_QUEUE,
            "SQS.QueueDoesNotExistException",
            "No queue. (Service: AmazonSQS; Status Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; ",
        ),
        (
            "sqs:sendMessage",
            NO_ADDRESS,
            "SQS.SdkClientException",
            "Unable to execute HTTP request: no-such-host: Name or service not known",
        ),
        ("aws-sdk:sqs:sendMessage", NO_QUEUE, "Sqs.QueueDoesNotExistException", "No queue. (Service: Sqs, "),
        ("aws-sdk:s3:headBucket", NO_BODY, "S3.NoSuchBucketException", "null (Service: S3, Status Code: 404, "),
        ("aws-sdk:s3:headObject", NO_BODY, "S3.NoSuchKeyException", "null (Service: S3, Status Code: 404, "),
        ("aws-sdk:s3:headObject", FORBIDDEN, "S3.S3Exception", "null (Service: S3, Status Code: 403, "),
    ],
    ids=["no-queue", "no-host", "no-queue-by-sdk", "head-bucket", "head-object", "head-forbidden"],
)
def test_tasks_fail_as_the_sdk_reads_answers(
    execute: Execute, resource: str, refusal: ServiceError, error: str, cause: str
) -> None:
    def refuse(_params: dict[str, Any]) -> dict[str, Any]:
        raise refusal

    calls = dict.fromkeys(("sqs:SendMessage", "s3:HeadBucket", "s3:HeadObject"), refuse)
    parameters = {"Bucket": "b", "Key": "k"} if ":s3:" in resource else {"QueueUrl": "http://no-such-host"}

    failed = execute(task(resource, **parameters), {}, calls).error

    assert failed[0] == error
    assert str(failed[1]).startswith(cause)


def test_the_tail_of_a_functions_log_is_part_of_the_result(execute: Execute) -> None:
    answer = {"StatusCode": 200, "Payload": b"{}", "ExecutedVersion": "$LATEST", "LogResult": "TE9H"}

    execution = execute(
        task("lambda:invoke", FunctionName="f", LogType="Tail"), {}, {"lambda:Invoke": lambda _params: answer}
    )

    assert execution.output["LogResult"] == "TE9H"
    assert execution.output["SdkHttpMetadata"]["AllHttpHeaders"]["X-Amz-Log-Result"] == ["TE9H"]


def test_events_name_the_machine_before_the_execution_and_the_result_has_no_metadata(play: Play) -> None:
    entry = {"Detail": {"a": 1}, "DetailType": "t", "Source": "s", "Resources": ["mine"]}

    async def scenario(emulated: Emulated) -> Any:
        execution = await emulated.run(task("events:putEvents", Entries=[entry]))
        return execution, emulated.calls[0][1]["Entries"][0]

    answer = {"Entries": [{"EventId": "e"}], "FailedEntryCount": 0}
    execution, sent = play(scenario, {"events:PutEvents": lambda _params: answer})

    assert sent["Resources"] == ["mine", execution.described["stateMachineArn"], execution.arn]
    assert json.loads(sent["Detail"]) == {"a": 1}
    assert execution.output == answer


def test_an_array_of_outputs_keeps_the_text_of_each(execute: Execute) -> None:
    passing = {"Type": "Pass", "End": True}
    inner = {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": passing}}], "End": True}
    outer = {"Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": inner}}], "End": True}

    execution = execute({"StartAt": "O", "States": {"O": outer}}, [[1, 2], [3]])

    assert execution.described["output"] == "[[[[1, 2], [3]]]]"
