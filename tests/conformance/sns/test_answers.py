"""What SNS shows and refuses, word for word as AWS was recorded to (2023 to 2025)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sns.conftest import MakeListener

NOBODY = "0f7d5971-aa8b-4bd5-b585-0826e9f93a66"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:answers"
ENDPOINT = f"arn:aws:sns:us-east-1:000000000000:endpoint/APNS/app/{NOBODY}"
NO_JSON = (
    "failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n"
    " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"
)
TOO_COMPLEX = "FilterPolicy: Filter policy is too complex"
NUMBERS = [str(number) for number in range(76)]


def refusal(operation: Callable[..., Any], **params: Any) -> str:
    """The message of an operation that is refused for its parameters."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameter"
    return error["Message"].removeprefix("Invalid parameter: ")


def test_a_topic_shows_how_it_delivers(sns: Any, topic: str) -> None:
    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]

    http = json.loads(shown["EffectiveDeliveryPolicy"])["http"]
    assert http["defaultHealthyRetryPolicy"]["backoffFunction"] == "linear"
    assert http["disableSubscriptionOverrides"] is False


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"TopicArn": ""}, "TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ({"TopicArn": "some:text"}, "TopicArn Reason: An ARN must have at least 6 elements, not 2"),
        ({"TargetArn": ENDPOINT}, "TargetArn Reason: No endpoint found for the target arn specified"),
    ],
    ids=["empty", "short", "endpoint"],
)
def test_what_is_no_topic_gets_no_message(sns: Any, params: dict[str, str], message: str) -> None:
    assert refusal(sns.publish, Message="x", **params) == message


def test_a_tag_has_one_value(sns: Any, topic: str) -> None:
    tags = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]

    assert refusal(sns.tag_resource, ResourceArn=topic, Tags=tags) == "Duplicated keys are not allowed."


def test_a_subscription_that_is_not_there_can_go(sns: Any, topic: str) -> None:
    assert sns.unsubscribe(SubscriptionArn=f"{topic}:{NOBODY}")
    assert "not 1" in refusal(sns.unsubscribe, SubscriptionArn="x")


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("carrier-pigeon", "Amazon SNS does not support this protocol string: carrier-pigeon"),
        ("email", "The emulator does not support the protocol email; it has sqs and lambda."),
    ],
)
def test_protocols_that_are_refused(sns: Any, topic: str, protocol: str, message: str) -> None:
    assert refusal(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint="x") == message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."),
        ("FilterPolicyScope", "x", "FilterPolicyScope: Invalid value [x]. Please use either MessageBody or Message"),
        ("FilterPolicy", "{invalid}", f"FilterPolicy: {NO_JSON}"),
        ("FilterPolicy", "[" * 100_000, "FilterPolicy: Filter is nested too deeply"),
        ("FilterPolicy", '{"a": {"b": ["c"]}}', "Filter policy scope MessageAttributes does not support nested filter"),
        ("FilterPolicy", json.dumps({"a": NUMBERS * 2}), TOO_COMPLEX),
        ("FilterPolicy", json.dumps({"a": NUMBERS, "b": ["1", "2"]}), TOO_COMPLEX),
        ("FilterPolicy", json.dumps({"$or": [{"a": NUMBERS}, {"b": NUMBERS}]}), TOO_COMPLEX),
        ("FilterPolicy", json.dumps({str(key): ["x"] for key in range(6)}), "Filter policy can not have more than 5"),
        ("RedrivePolicy", "{invalid}", f"RedrivePolicy: {NO_JSON}"),
        ("RedrivePolicy", "[" * 100_000, "RedrivePolicy: failed to parse JSON."),
        ("DeliveryPolicy", "{}", "The emulator does not support the attribute DeliveryPolicy of subscriptions."),
        ("Colour", "red", "AttributeName"),
    ],
)
def test_attributes_that_a_subscription_cannot_have(
    sns: Any, listen: MakeListener, topic: str, name: str, value: str, message: str
) -> None:
    listen()
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    told = refusal(
        sns.set_subscription_attributes,
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName=name,
        AttributeValue=value,
    )

    assert message in told


def test_a_body_may_be_filtered_at_any_depth(sns: Any, topic: str) -> None:
    filters = {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"a": {"b": ["c"]}}'}

    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=filters)["SubscriptionArn"]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"RawMessageDelivery": "maybe"}, "RawMessageDelivery: Invalid value [maybe]. Must be true or false."),
        ({"FilterPolicy": '{"key":[["value"]]}'}, "FilterPolicy: Match value must be String, number, true, false, or"),
        ({"FilterPolicy": '{"key":[{"numeric":[]}]}'}, "FilterPolicy: Invalid member in numeric match: ]"),
    ],
    ids=["raw", "list", "numeric"],
)
def test_attributes_that_no_new_subscription_can_have(
    sns: Any, topic: str, attributes: dict[str, str], message: str
) -> None:
    told = refusal(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=attributes)

    assert told.startswith(f"Attributes Reason: {message}")
