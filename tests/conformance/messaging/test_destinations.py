"""Where the results of asynchronous calls go: destinations and dead-letter queues."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.target import PYTHON_RUNTIME

if TYPE_CHECKING:
    from tests.fixtures.target import MakeRole, Target

pytest.importorskip("awslambdaric")
CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("no")
    return {"was": event}
"""
MakeQueue = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def role(make_role: MakeRole) -> str:
    actions = ["sqs:SendMessage", "sns:Publish", "events:PutEvents"]
    resources = ["arn:aws:sqs:*:*:conf-*", "arn:aws:sns:*:*:conf-*", "arn:aws:events:*:*:event-bus/default"]
    return make_role("lambda.amazonaws.com", {"Action": actions, "Resource": resources})


@pytest.fixture
def make_queue(target: Target) -> Iterator[MakeQueue]:
    """Makes queues that let AWS's services send: their URL and ARN."""
    sqs = target.client("sqs")
    urls: list[str] = []

    def make() -> tuple[str, str]:
        url = sqs.create_queue(QueueName=f"conf-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        urls.append(url)
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        services = {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}
        allow = {"Effect": "Allow", "Principal": services, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return url, arn

    yield make
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def function(target: Target, role: str) -> Iterator[Callable[..., str]]:
    """Makes a function that fails when asked to: its ARN."""
    client = target.client("lambda")
    names: list[str] = []

    def make(**settings: Any) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("app.py", CODE)
        names.append(f"conf-{uuid.uuid4().hex[:12]}")
        defaults = {"Runtime": PYTHON_RUNTIME, "Handler": "app.handler", "Role": role, "Timeout": 5}
        code = {"ZipFile": buffer.getvalue()}
        created = client.create_function(FunctionName=names[-1], Code=code, **(defaults | settings))
        client.get_waiter("function_active_v2").wait(FunctionName=names[-1])
        return str(created["FunctionArn"])

    yield make
    for name in names:
        client.delete_function(FunctionName=name)


def _configure(target: Target, function: str, **destinations: str) -> None:
    config = {kind: {"Destination": arn} for kind, arn in destinations.items()}
    target.client("lambda").put_function_event_invoke_config(
        FunctionName=function, MaximumRetryAttempts=0, DestinationConfig=config
    )


def _call(target: Target, function: str, **event: Any) -> str:
    answer = target.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    return str(answer["ResponseMetadata"]["RequestId"])


def _next(target: Target, url: str) -> Any:
    answer = target.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    return answer["Messages"][0]


def test_a_queue_hears_of_failures_and_of_successes(
    target: Target, function: Callable[..., str], make_queue: MakeQueue
) -> None:
    (failures, failed), (successes, succeeded) = make_queue(), make_queue()
    arn = function()
    _configure(target, arn, OnFailure=failed, OnSuccess=succeeded)

    _call(target, arn, fail=True)
    _call(target, arn, n=1)
    failure = json.loads(_next(target, failures)["Body"])
    success = json.loads(_next(target, successes)["Body"])

    assert failure["requestContext"]["functionArn"] == f"{arn}:$LATEST"
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["requestPayload"] == {"fail": True}
    assert failure["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert failure["responsePayload"]["errorMessage"] == "no"
    assert success["requestContext"]["condition"] == "Success"
    assert success["responsePayload"] == {"was": {"n": 1}}


def test_a_topic_hears_of_failures(target: Target, function: Callable[..., str], make_queue: MakeQueue) -> None:
    url, queue = make_queue()
    sns = target.client("sns")
    topic = sns.create_topic(Name=f"conf-{uuid.uuid4().hex[:12]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    arn = function()
    _configure(target, arn, OnFailure=topic)

    _call(target, arn, fail=True)
    record = json.loads(json.loads(_next(target, url)["Body"])["Message"])
    sns.delete_topic(TopicArn=topic)

    assert record["requestPayload"] == {"fail": True}


def test_an_event_bus_hears_of_successes(target: Target, function: Callable[..., str], make_queue: MakeQueue) -> None:
    url, queue = make_queue()
    events, name, arn = target.client("events"), f"conf-{uuid.uuid4().hex[:12]}", function()
    pattern = {"source": ["lambda"], "resources": [f"{arn}:$LATEST"]}
    rule = events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": queue}])
    _configure(target, arn, OnSuccess=rule.rpartition(":")[0] + ":event-bus/default")

    _call(target, arn, n=1)
    event = json.loads(_next(target, url)["Body"])
    events.remove_targets(Rule=name, Ids=["t"])
    events.delete_rule(Name=name)

    assert event["detail-type"] == "Lambda Function Invocation Result - Success"
    assert event["detail"]["responsePayload"] == {"was": {"n": 1}}


def test_a_dead_letter_queue_gets_the_event_itself(
    target: Target, function: Callable[..., str], make_queue: MakeQueue
) -> None:
    url, queue = make_queue()
    arn = function(DeadLetterConfig={"TargetArn": queue})
    _configure(target, arn)

    request = _call(target, arn, fail=True)
    message = _next(target, url)

    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert json.loads(message["Body"]) == {"fail": True}
    assert attributes == {"RequestID": request, "ErrorCode": "200", "ErrorMessage": "no"}
    shown = target.client("lambda").get_function_configuration(FunctionName=arn)
    assert shown["DeadLetterConfig"] == {"TargetArn": queue}


def test_a_topic_calls_a_function(target: Target, function: Callable[..., str], make_queue: MakeQueue) -> None:
    url, queue = make_queue()
    sns, arn = target.client("sns"), function()
    topic = sns.create_topic(Name=f"conf-{uuid.uuid4().hex[:12]}")["TopicArn"]
    target.client("lambda").add_permission(
        FunctionName=arn,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    _configure(target, arn, OnSuccess=queue)
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)["SubscriptionArn"]

    sns.publish(TopicArn=topic, Message="news", Subject="today")
    (record,) = json.loads(_next(target, url)["Body"])["requestPayload"]["Records"]
    sns.delete_topic(TopicArn=topic)

    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", subscription)
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("news", "today")
    assert (record["Sns"]["TopicArn"], record["Sns"]["MessageAttributes"]) == (topic, {})


def test_a_destination_the_role_cannot_reach_is_refused(
    target: Target, function: Callable[..., str], make_queue: MakeQueue, make_role: MakeRole
) -> None:
    _, queue = make_queue()
    poor = make_role("lambda.amazonaws.com", {"Action": "logs:*", "Resource": "*"})
    arn = function(Role=poor)

    with pytest.raises(ClientError, match="does not have permissions to call SendMessage") as raised:
        _configure(target, arn, OnFailure=queue)

    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"
