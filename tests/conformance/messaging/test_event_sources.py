"""Queues that call functions, through boto3."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fixtures.target import MakeRole, Target

pytest.importorskip("awslambdaric")
CODE = """
def handler(event, context):
    bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}
"""
READING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


class Bench:
    """A function that fails for bad messages, and the queues before and behind it."""

    def __init__(self, target: Target, role: str) -> None:
        self.sqs, self.functions = target.client("sqs"), target.client("lambda")
        self.name = f"conf-{uuid.uuid4().hex[:12]}"
        self.dead = self.sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        redrive = json.dumps({"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": 1})
        attributes = {"VisibilityTimeout": "2", "RedrivePolicy": redrive}
        self.url = self.sqs.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("app.py", CODE)
        code = {"ZipFile": buffer.getvalue()}
        settings: dict[str, Any] = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": role, "Timeout": 2}
        self.functions.create_function(FunctionName=self.name, Code=code, **settings)
        self.functions.get_waiter("function_active_v2").wait(FunctionName=self.name)
        self.mappings: list[str] = []

    def arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    def map(self, **settings: Any) -> Any:
        made = self.functions.create_event_source_mapping(
            FunctionName=self.name, EventSourceArn=self.arn(self.url), **settings
        )
        self.mappings.append(made["UUID"])
        return made

    def is_empty(self) -> bool:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return all(answer["Attributes"][kind] == "0" for kind in kinds)

    def close(self) -> None:
        for mapping in self.mappings:
            self.functions.delete_event_source_mapping(UUID=mapping)
        self.functions.delete_function(FunctionName=self.name)
        for url in (self.url, self.dead):
            self.sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def make_bench(target: Target) -> Iterator[Callable[[str], Bench]]:
    made: list[Bench] = []

    def make(role: str) -> Bench:
        made.append(Bench(target, role))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


def test_good_messages_are_deleted_and_bad_ones_end_in_the_dead_letter_queue(
    make_bench: Callable[[str], Bench], make_role: MakeRole
) -> None:
    bench = make_bench(make_role("lambda.amazonaws.com", {"Action": READING, "Resource": "arn:aws:sqs:*:*:conf-*"}))
    for body in ("good", "bad", "fine"):
        bench.sqs.send_message(QueueUrl=bench.url, MessageBody=body)

    made = bench.map(FunctionResponseTypes=["ReportBatchItemFailures"], ScalingConfig={"MaximumConcurrency": 2})
    deadline = time.monotonic() + 60
    while not bench.is_empty():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (dead,) = bench.sqs.receive_message(QueueUrl=bench.dead, WaitTimeSeconds=20)["Messages"]
    shown = bench.functions.get_event_source_mapping(UUID=made["UUID"])

    assert dead["Body"] == "bad"
    assert (shown["BatchSize"], shown["State"]) == (10, "Enabled")
    assert shown["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert "StartingPosition" not in shown


def test_a_function_whose_role_cannot_read_the_queue_is_refused(
    make_bench: Callable[[str], Bench], make_role: MakeRole
) -> None:
    bench = make_bench(make_role("lambda.amazonaws.com", {"Action": "logs:*", "Resource": "*"}))

    with pytest.raises(ClientError, match="does not have permissions to call ReceiveMessage on SQS") as raised:
        bench.map()

    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"
