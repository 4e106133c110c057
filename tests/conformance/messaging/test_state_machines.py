"""State machines that send messages, and wait for whoever gets them."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fixtures.target import MakeRole, Target


@pytest.fixture
def queue(target: Target) -> Iterator[str]:
    """The URL of a queue."""
    sqs = target.client("sqs")
    url = str(sqs.create_queue(QueueName=f"conf-{uuid.uuid4().hex[:12]}")["QueueUrl"])
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def start(target: Target, make_role: MakeRole) -> Iterator[Callable[..., str]]:
    """Starts a machine of one task: the execution's ARN."""
    client = target.client("stepfunctions")
    role = make_role("states.amazonaws.com", {"Action": ["sqs:SendMessage", "sns:Publish"], "Resource": "*"})
    machines: list[str] = []

    def make(resource: str, parameters: dict[str, Any], data: Any) -> str:
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
        definition = json.dumps({"StartAt": "S", "States": {"S": state}})
        name = f"conf-{uuid.uuid4().hex[:12]}"
        machine = client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
        machines.append(machine)
        return str(client.start_execution(stateMachineArn=machine, input=json.dumps(data))["executionArn"])

    yield make
    for machine in machines:
        client.delete_state_machine(stateMachineArn=machine)


def _ended(target: Target, execution: str) -> Any:
    client, deadline = target.client("stepfunctions"), time.monotonic() + 60
    while (described := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return described


def _body(target: Target, url: str) -> Any:
    (message,) = target.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    return json.loads(message["Body"])


def test_a_message_without_a_body_fails_the_task(target: Target, start: Callable[..., str], queue: str) -> None:
    execution = start("arn:aws:states:::sqs:sendMessage", {"QueueUrl": queue, "MessageBody": None}, {})

    described = _ended(target, execution)

    assert described["error"] == "SQS.AmazonSQSException"
    assert described["cause"].startswith("The request must contain the parameter MessageBody. (Service: AmazonSQS; ")


def test_a_message_is_sent_and_its_id_is_the_result(target: Target, start: Callable[..., str], queue: str) -> None:
    parameters = {"QueueUrl": queue, "MessageBody": {"n.$": "$.n"}}

    described = _ended(target, start("arn:aws:states:::sqs:sendMessage", parameters, {"n": 7}))

    assert described["status"] == "SUCCEEDED"
    assert {"MessageId", "MD5OfMessageBody", "SdkHttpMetadata"} <= set(json.loads(described["output"]))
    assert _body(target, queue) == {"n": 7}


def test_a_task_waits_for_the_receiver_of_its_token(target: Target, start: Callable[..., str], queue: str) -> None:
    parameters = {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}}

    execution = start("arn:aws:states:::sqs:sendMessage.waitForTaskToken", parameters, {})
    token = _body(target, queue)["token"]
    target.client("stepfunctions").send_task_success(taskToken=token, output='{"approved": true}')

    assert json.loads(_ended(target, execution)["output"]) == {"approved": True}


def test_a_queue_that_is_not_there_fails_the_task_by_name(
    target: Target, start: Callable[..., str], queue: str
) -> None:
    parameters = {"QueueUrl": f"{queue}-none", "MessageBody": "x"}

    described = _ended(target, start("arn:aws:states:::sqs:sendMessage", parameters, {}))

    assert (described["status"], described["error"]) == ("FAILED", "SQS.QueueDoesNotExistException")


def test_a_message_is_published(target: Target, start: Callable[..., str]) -> None:
    sns = target.client("sns")
    topic = sns.create_topic(Name=f"conf-{uuid.uuid4().hex[:12]}")["TopicArn"]

    described = _ended(target, start("arn:aws:states:::sns:publish", {"TopicArn": topic, "Message": {"n": 1}}, {}))
    sns.delete_topic(TopicArn=topic)

    assert "MessageId" in json.loads(described["output"])
