"""Messages from topics to queues and functions."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.conformance.sns.conftest import subscription_of
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.conformance.sns.conftest import MakeListener
    from tests.fixtures.target import Target


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


def test_a_queue_gets_a_signed_notification(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen()

    sent = sns.publish(TopicArn=topic, Message="hé", Subject="greeting", MessageAttributes={"a": text("1", "Number")})
    got = listener.notification()

    assert (got["Type"], got["MessageId"], got["TopicArn"]) == ("Notification", sent["MessageId"], topic)
    assert (got["Subject"], got["Message"]) == ("greeting", "hé")
    assert got["MessageAttributes"] == {"a": {"Type": "Number", "Value": "1"}}
    with urllib.request.urlopen(got["SigningCertURL"], timeout=10) as answer:  # noqa: S310 - the emulator's
        key = x509.load_pem_x509_certificate(answer.read()).public_key()
    signed = "".join(
        f"{name}\n{got[name]}\n" for name in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    )
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(base64.b64decode(got["Signature"]), signed.encode(), padding.PKCS1v15(), hashes.SHA1())  # noqa: S303


def test_raw_delivery_gives_the_message_itself(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen(RawMessageDelivery="true")
    attributes = {"a": text("v"), "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}

    sns.publish(TopicArn=topic, Message="plain", MessageAttributes=attributes)
    message = listener.next(MessageAttributeNames=["All"])

    assert message["Body"] == "plain"
    assert message["MessageAttributes"] == attributes


def test_each_protocol_can_have_a_text_of_its_own(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen()
    texts = json.dumps({"default": "for others", "sqs": "for queues"})

    sns.publish(TopicArn=topic, Message=texts, MessageStructure="json")

    assert listener.notification()["Message"] == "for queues"


@pytest.mark.parametrize(
    ("policy", "scope", "wanted"),
    [
        pytest.param({"kind": ["b"]}, "MessageAttributes", [1], id="exact"),
        pytest.param({"kind": [{"anything-but": ["a"]}]}, "MessageAttributes", [1], id="anything but"),
        pytest.param({"size": [{"numeric": [">", 1]}]}, "MessageAttributes", [1], id="numeric"),
        pytest.param({"tags": ["x"]}, "MessageAttributes", [1], id="array"),
        pytest.param({"kind": [{"exists": False}]}, "MessageAttributes", [2], id="missing"),
        pytest.param({"n": {"m": [{"prefix": "o"}]}}, "MessageBody", [1], id="body"),
    ],
)
def test_a_filter_policy_chooses(
    sns: Any, topic: str, listen: MakeListener, policy: Any, scope: str, wanted: list[int]
) -> None:
    listener = listen(FilterPolicy=json.dumps(policy), FilterPolicyScope=scope, RawMessageDelivery="true")
    messages: list[tuple[dict[str, Any], str]] = [
        ({"kind": text("a"), "size": text("1", "Number"), "tags": text('["y"]', "String.Array")}, "text"),
        (
            {"kind": text("b"), "size": text("2.5", "Number"), "tags": text('["x", "y"]', "String.Array")},
            '{"n": {"m": "one"}}',
        ),
        ({}, '{"n": 1}'),
    ]

    for attributes, body in messages:
        sns.publish(TopicArn=topic, Message=body, MessageAttributes=attributes)

    assert [listener.next()["Body"] for _ in wanted] == [messages[number][1] for number in wanted]
    assert listener.next(wait_s=0) is None


def test_a_queue_whose_policy_does_not_allow_it_gets_nothing(
    sns: Any, topic: str, listen: MakeListener, target: Target
) -> None:
    dead, listener = listen(FilterPolicy='{"none": ["x"]}'), listen(allowed=False)
    subscription = subscription_of(sns, topic, listener)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue=redrive)

    sns.publish(TopicArn=topic, Message="x")

    assert dead.notification()["Message"] == "x"
    assert listener.next(wait_s=0) is None


def test_a_batch_answers_for_every_message(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen(RawMessageDelivery="true")
    entries = [{"Id": "a", "Message": "one"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "two"}]

    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)

    assert [each["Id"] for each in answer["Successful"]] == ["a", "c"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [
        ("b", "InvalidParameter", True)
    ]
    assert {listener.next()["Body"], listener.next()["Body"]} == {"one", "two"}


def test_topics_and_subscriptions_are_made_once(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen(RawMessageDelivery="true")
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    again = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=listener.arn)
    other = refusal(
        sns.subscribe,
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=listener.arn,
        Attributes={"RawMessageDelivery": "false"},
    )
    found = sns.get_subscription_attributes(SubscriptionArn=listed["SubscriptionArn"])["Attributes"]

    assert sns.create_topic(Name=topic.rpartition(":")[2])["TopicArn"] == topic
    assert again["SubscriptionArn"] == listed["SubscriptionArn"]
    assert other == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )
    assert (found["RawMessageDelivery"], found["PendingConfirmation"]) == ("true", "false")
    sns.unsubscribe(SubscriptionArn=listed["SubscriptionArn"])
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_attributes_and_tags_are_kept(sns: Any, topic: str) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="News")
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])

    found = sns.get_topic_attributes(TopicArn=topic)["Attributes"]

    assert (found["DisplayName"], found["TopicArn"]) == ("News", topic)
    assert json.loads(found["Policy"])["Statement"][0]["Sid"] == "__default_statement_ID"
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert topic in [
        each["TopicArn"] for page in sns.get_paginator("list_topics").paginate() for each in page["Topics"]
    ]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param({"Message": ""}, "InvalidParameter", id="empty"),
        pytest.param({"Message": "x" * 262_145}, "InvalidParameter", id="long"),
        pytest.param({"Message": "x", "Subject": "two\nlines"}, "InvalidParameter", id="subject"),
        pytest.param({"Message": "{}", "MessageStructure": "json"}, "InvalidParameter", id="no default"),
        pytest.param({"Message": "x", "MessageGroupId": "two words"}, "InvalidParameter", id="group"),
        pytest.param(
            {"Message": "x", "MessageAttributes": {"n": text("y", "Number")}}, "ParameterValueInvalid", id="number"
        ),
    ],
)
def test_a_message_that_does_not_fit_is_refused(sns: Any, topic: str, params: dict[str, Any], code: str) -> None:
    assert refusal(sns.publish, TopicArn=topic, **params)[0] == code


def test_a_topic_that_is_not_there_is_not_found(sns: Any, topic: str) -> None:
    missing = f"{topic}-none"

    assert refusal(sns.publish, TopicArn=missing, Message="x") == ("NotFound", "Topic does not exist")
    assert refusal(sns.get_topic_attributes, TopicArn=missing)[0] == "NotFound"
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="https", Endpoint="https://b.c")[0] == "InvalidParameter"


def test_a_user_needs_a_policy_to_publish(sns: Any, topic: str, target: Target) -> None:
    target.only_emulator("it makes a user with a key")
    user = new_user(target.client("iam"), "sns")
    client = target.client("sns", **user.keys)
    before = refusal(client.publish, TopicArn=topic, Message="x")
    allow = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)

    assert before == (
        "AuthorizationError",
        f"User: {user.arn} is not authorized to perform: SNS:Publish on resource: {topic} "
        "because no identity-based policy allows the SNS:Publish action",
    )
    assert client.publish(TopicArn=topic, Message="x")["MessageId"]


def test_an_alarm_tells_a_topic(sns: Any, topic: str, listen: MakeListener, target: Target) -> None:
    listener, cloudwatch = listen(), target.client("cloudwatch")
    name = topic.rpartition(":")[2]
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=name,
        MetricName="Lost",
        Dimensions=[{"Name": "d", "Value": "v"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )

    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")
    got = listener.notification()
    cloudwatch.delete_alarms(AlarmNames=[name])

    message = json.loads(got["Message"])
    assert got["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    assert (message["AlarmName"], message["NewStateValue"], message["NewStateReason"]) == (name, "ALARM", "drill")
    assert message["OldStateValue"] == "INSUFFICIENT_DATA"
    assert message["Trigger"]["Dimensions"] == [{"value": "v", "name": "d"}]
    assert (message["Trigger"]["Statistic"], message["Trigger"]["StatisticType"]) == ("SUM", "Statistic")
