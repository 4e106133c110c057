"""SQS, SNS and EventBridge Scheduler through the AWS CLI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.clients.conftest import AwsCli
    from tests.fixtures.target import Target


@pytest.fixture
def sqs(target: Target) -> str:
    """`sqs` as a command begins: version 1 of the CLI looks for an endpoint of SQS in its options only."""
    return f"sqs --endpoint-url {target.endpoint}" if target.endpoint else "sqs"


def test_a_queue_is_made_filled_and_emptied(aws: AwsCli, sqs: str, name: str) -> None:
    dead = aws(f"{sqs} create-queue --queue-name {name}-dead")["QueueUrl"]
    arn = aws(f"{sqs} get-queue-attributes --queue-url {dead} --attribute-names QueueArn")["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    attributes = json.dumps({"VisibilityTimeout": "0", "RedrivePolicy": policy})
    url = aws(f"{sqs} create-queue --queue-name {name} --attributes", attributes)["QueueUrl"]

    sent = aws(
        f"{sqs} send-message --queue-url {url} --message-body",
        "hello world",
        "--message-attributes",
        json.dumps({"a": {"DataType": "Binary", "BinaryValue": "raw"}}),
    )
    (message,) = aws(f"{sqs} receive-message --queue-url {url} --message-attribute-names All")["Messages"]
    nothing = aws(f"{sqs} receive-message --queue-url {url}")
    (buried,) = aws(f"{sqs} receive-message --queue-url {dead} --wait-time-seconds 5")["Messages"]
    aws(f"{sqs} delete-message --queue-url {dead} --receipt-handle {buried['ReceiptHandle']}")
    listed = aws(f"{sqs} list-queues --queue-name-prefix {name}")["QueueUrls"]
    aws(f"{sqs} delete-queue --queue-url {url}")
    aws(f"{sqs} delete-queue --queue-url {dead}")

    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hello world")
    assert message["MessageAttributes"] == {"a": {"BinaryValue": "cmF3", "DataType": "Binary"}}
    assert nothing is None
    assert buried["MessageId"] == sent["MessageId"]
    assert listed == [url, dead]
    gone = aws.refused(f"{sqs} send-message --queue-url {url} --message-body x")
    assert "(AWS.SimpleQueueService.NonExistentQueue)" in gone
    assert gone.endswith("The specified queue does not exist.")


def test_a_topic_reaches_its_queue(aws: AwsCli, sqs: str, name: str) -> None:
    topic = aws(f"sns create-topic --name {name} --attributes DisplayName=News --tags Key=a,Value=1")["TopicArn"]
    queue = topic.replace(":sns:", ":sqs:")
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url = aws(f"{sqs} create-queue --queue-name {name} --attributes", json.dumps({"Policy": policy}))["QueueUrl"]
    wanted = json.dumps({"FilterPolicy": json.dumps({"kind": ["good"]}), "RawMessageDelivery": "true"})
    subscribe = f"sns subscribe --topic-arn {topic} --protocol sqs --notification-endpoint {queue} --attributes"
    subscription = aws(subscribe, wanted)["SubscriptionArn"]

    for kind in ("bad", "good"):
        given = f"kind={{DataType=String,StringValue={kind}}}"
        aws(f"sns publish --topic-arn {topic} --message {kind} --message-attributes {given}")
    (message,) = aws(f"{sqs} receive-message --queue-url {url} --wait-time-seconds 20")["Messages"]
    shown = aws(f"sns get-topic-attributes --topic-arn {topic}")["Attributes"]
    aws(f"sns unsubscribe --subscription-arn {subscription}")
    aws(f"sns delete-topic --topic-arn {topic}")
    aws(f"{sqs} delete-queue --queue-url {url}")

    assert message["Body"] == "good"
    assert (shown["DisplayName"], shown["SubscriptionsConfirmed"]) == ("News", "1")
    assert "(NotFound)" in aws.refused(f"sns publish --topic-arn {topic} --message x")


def test_a_fifo_topic_reaches_its_queue_once(aws: AwsCli, sqs: str, name: str) -> None:
    topic = aws(f"sns create-topic --name {name}.fifo --attributes FifoTopic=true")["TopicArn"]
    queue = topic.replace(":sns:", ":sqs:")
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    attributes = json.dumps({"FifoQueue": "true", "Policy": policy})
    url = aws(f"{sqs} create-queue --queue-name {name}.fifo --attributes", attributes)["QueueUrl"]
    aws(f"sns subscribe --topic-arn {topic} --protocol sqs --notification-endpoint {queue}")

    publish = f"sns publish --topic-arn {topic} --message hello --message-group-id g --message-deduplication-id d"
    first, again = aws(publish), aws(publish)
    (message,) = aws(f"{sqs} receive-message --queue-url {url} --wait-time-seconds 20")["Messages"]
    left = aws(f"{sqs} get-queue-attributes --queue-url {url} --attribute-names ApproximateNumberOfMessages")
    unordered = aws.refused(f"sns publish --topic-arn {topic} --message x")
    aws(f"sns delete-topic --topic-arn {topic}")
    aws(f"{sqs} delete-queue --queue-url {url}")

    assert first == again
    assert json.loads(message["Body"])["SequenceNumber"] == first["SequenceNumber"]
    assert left["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert "The MessageGroupId parameter is required for FIFO topics" in unordered


def test_a_schedule_is_shown_and_deleted(aws: AwsCli, name: str) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    aws.write("trust.json", json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    create = f"iam create-role --role-name {name} --assume-role-policy-document file://trust.json"
    role = aws(create)["Role"]["Arn"]
    target = json.dumps({"Arn": f"arn:aws:sqs:us-east-1:{role.split(':')[4]}:{name}", "RoleArn": role})

    made = aws(
        f"scheduler create-schedule --name {name} --schedule-expression-timezone Europe/Berlin"
        " --flexible-time-window Mode=FLEXIBLE,MaximumWindowInMinutes=5 --schedule-expression",
        "cron(0 9 ? * MON *)",
        "--target",
        target,
    )
    shown = aws(f"scheduler get-schedule --name {name}")
    aws(f"scheduler delete-schedule --name {name}")
    aws(f"iam delete-role --role-name {name}")

    assert made["ScheduleArn"] == shown["Arn"]
    assert (shown["ScheduleExpression"], shown["ScheduleExpressionTimezone"]) == (
        "cron(0 9 ? * MON *)",
        "Europe/Berlin",
    )
    assert shown["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    assert "(ResourceNotFoundException)" in aws.refused(f"scheduler get-schedule --name {name}")
