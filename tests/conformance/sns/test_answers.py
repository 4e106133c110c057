"""What SNS shows and refuses, word for word as AWS was recorded to (2023 to 2025)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.sns.conftest import MakeListener
    from tests.fixtures.target import Target

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


def test_a_topic_has_fifty_tags(sns: Any, topic: str) -> None:
    with pytest.raises(ClientError) as caught:
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(51)])

    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "TagLimitExceeded",
        "Could not complete request: tag quota of per resource exceeded",
    )


def test_permissions_are_for_what_topics_do(sns: Any, topic: str) -> None:
    given = {"TopicArn": topic, "Label": "l", "AWSAccountId": ["111111111111"]}

    sns.add_permission(ActionName=["Publish"], **given)

    assert refusal(sns.add_permission, ActionName=["Publish"], **given) == "Statement already exists"
    foreign = refusal(sns.add_permission, ActionName=["SendMessage"], **given | {"Label": "m"})
    assert foreign == "Policy statement action out of service scope!"


def test_what_is_no_number_gets_no_text_message(sns: Any) -> None:
    told = refusal(sns.publish, PhoneNumber="+1a234", Message="x")

    assert told == "PhoneNumber Reason: +1a234 is not valid to publish to"


def test_a_subscription_that_is_not_there_can_go(sns: Any, topic: str) -> None:
    assert sns.unsubscribe(SubscriptionArn=f"{topic}:{NOBODY}")
    assert "not 1" in refusal(sns.unsubscribe, SubscriptionArn="x")
    assert refusal(sns.unsubscribe, SubscriptionArn=topic) == "SubscriptionId"
    assert refusal(sns.get_subscription_attributes, SubscriptionArn=topic) == "SubscriptionId"


def test_a_topic_of_another_region_is_none(sns: Any, topic: str) -> None:
    there = topic.replace(topic.split(":")[3], "eu-north-1")
    entries = [{"Id": "1", "Message": "x"}]

    for operation, params in (
        (sns.publish, {"Message": "x"}),
        (sns.publish_batch, {"PublishBatchRequestEntries": entries}),
        (sns.subscribe, {"Protocol": "sqs", "Endpoint": QUEUE}),
        (sns.get_topic_attributes, {}),
        (sns.list_subscriptions_by_topic, {}),
        (sns.delete_topic, {}),
    ):
        assert refusal(operation, TopicArn=there, **params) == "TopicArn"


def test_what_is_missing_is_named(target: Target, topic: str) -> None:
    careless = target.client("sns", config=Config(parameter_validation=False))

    with pytest.raises(ClientError) as caught:
        careless.publish(TopicArn=topic, Message="x", MessageAttributes={"a": {"StringValue": "v"}})

    assert refusal(careless.unsubscribe) == "SubscriptionArn Reason: no value for required parameter"
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == (
        "1 validation error detected: Value null at 'messageAttributes.a.member.dataType' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_the_same_subscription_may_be_asked_for_again(sns: Any, topic: str) -> None:
    def subscribe(**attributes: str) -> str:
        answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=attributes)
        return str(answer["SubscriptionArn"])

    first = subscribe(RawMessageDelivery="True")
    again = {
        subscribe(),
        subscribe(RawMessageDelivery="true"),
        subscribe(FilterPolicyScope="MessageAttributes"),
        subscribe(RawMessageDelivery="true", FilterPolicyScope="MessageAttributes"),
    }

    assert again == {first}
    assert sns.get_subscription_attributes(SubscriptionArn=first)["Attributes"]["RawMessageDelivery"] == "true"
    other = {"Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"RawMessageDelivery": "false"}}
    assert "different attributes" in refusal(sns.subscribe, TopicArn=topic, **other)


def test_a_standard_topic_passes_groups_on(sns: Any, topic: str, listen: MakeListener) -> None:
    listener = listen()

    sns.publish(TopicArn=topic, Message="x", MessageGroupId="g")

    assert listener.next(AttributeNames=["All"])["Attributes"]["MessageGroupId"] == "g"
    given = {"Message": "x", "MessageDeduplicationId": "d"}
    reason = "The request includes MessageDeduplicationId parameter that is not valid for this topic type"
    assert refusal(sns.publish, TopicArn=topic, **given) == f"MessageDeduplicationId Reason: {reason}"


@pytest.mark.parametrize(
    ("name", "attribute", "message"),
    [
        ("a", {"DataType": "String", "StringValue": ""}, "must contain non-empty message attribute value for message"),
        ("a", {"DataType": "String"}, "must contain non-empty message attribute value for message attribute type 'Str"),
        ("a", {"DataType": "Binary", "BinaryValue": b""}, "must contain non-empty message attribute value for message"),
        ("a", {"DataType": "String", "BinaryValue": b"x"}, "'a' with type 'String' must use field 'String'."),
        ("a", {"DataType": "Number", "BinaryValue": b"1"}, "'a' with type 'Number' must use field 'String'."),
        ("a", {"DataType": "Binary", "StringValue": "x"}, "'a' with type 'Binary' must use field 'Binary'."),
        ("a", {"DataType": "Text", "StringValue": "x"}, "supported type prefixes is Binary, Number, and String."),
        ("a" * 257, {"DataType": "String", "StringValue": "x"}, "Length of message attribute name must be less than 2"),
        ("a^", {"DataType": "String", "StringValue": "x"}, "Invalid non-alphanumeric character '#x5E' was found"),
        (".a", {"DataType": "String", "StringValue": "x"}, "name starting with character '.' was found."),
        ("a.", {"DataType": "String", "StringValue": "x"}, "name ending with character '.' was found."),
        ("a..b", {"DataType": "String", "StringValue": "x"}, "name can not have successive '.' character."),
    ],
    ids=["empty", "missing", "no bytes", "bytes", "number", "text", "type", "long", "sign", "start", "end", "dots"],
)
def test_attributes_that_no_message_can_have(
    sns: Any, topic: str, name: str, attribute: dict[str, Any], message: str
) -> None:
    given = {"Message": "x", "MessageAttributes": {name: attribute}}
    entries = [{"Id": "1", "Message": "fine"}, {"Id": "2", **given}]

    for operation, params in (
        (sns.publish, given),
        (sns.publish_batch, {"PublishBatchRequestEntries": entries}),
    ):
        with pytest.raises(ClientError) as caught:
            operation(TopicArn=topic, **params)
        assert caught.value.response["Error"]["Code"] == "ParameterValueInvalid"
        assert message in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("entries", "code", "message"),
    [
        ([("1", "x")] * 2, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
        (
            [(str(number), "x") for number in range(11)],
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        ),
        (
            [(str(number), "x" * 30_000) for number in range(9)],
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit.",
        ),
    ],
    ids=["ids", "many", "long"],
)
def test_batches_that_are_refused(sns: Any, topic: str, entries: Any, code: str, message: str) -> None:
    given = [{"Id": name, "Message": text} for name, text in entries]

    with pytest.raises(ClientError) as caught:
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=given)

    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("carrier-pigeon", "Amazon SNS does not support this protocol string: carrier-pigeon"),
        ("email", "Email address"),
        (
            "http",
            "The emulator does not support the protocol http; it has sqs and lambda, and keeps email unconfirmed.",
        ),
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
    "body",
    [
        {"object": {"nested": {"test": "value"}}},
        {"object.nested.test": "value"},
        {"object.nested": {"test": "value"}},
        {"object": [[{"nested.test": "other"}, {"nested.test": ["value"]}]]},
    ],
    ids=["objects", "name", "name and object", "arrays"],
)
def test_dots_in_names_are_steps_into_objects(sns: Any, topic: str, listen: MakeListener, body: Any) -> None:
    policy = {"FilterPolicyScope": "MessageBody", "FilterPolicy": '{"object.nested.test": ["value"]}'}
    listener = listen(RawMessageDelivery="true", **policy)

    for text in (json.dumps({"object": {"nested": {"test": "other"}}}), "no JSON", json.dumps(body)):
        sns.publish(TopicArn=topic, Message=text)

    assert json.loads(listener.next()["Body"]) == body


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"RawMessageDelivery": "maybe"}, "RawMessageDelivery: Invalid value [maybe]. Must be true or false."),
        ({"FilterPolicy": '{"key":[["value"]]}'}, "FilterPolicy: Match value must be String, number, true, false, or"),
        ({"FilterPolicy": '{"key":[{"numeric":[]}]}'}, "FilterPolicy: Invalid member in numeric match: ]"),
        (
            {"FilterPolicy": '{"key":[{"anything-but":{"suffix":"test"}}]}'},
            "FilterPolicy: Unsupported anything-but pattern: suffix",
        ),
        (
            {"FilterPolicy": '{"key":[{"anything-but":{"prefix":false}}]}'},
            "FilterPolicy: prefix match pattern must be a string",
        ),
        ({"FilterPolicy": '{"key":[{"wildcard":"a*"}]}'}, "FilterPolicy: Unrecognized match type wildcard"),
    ],
    ids=["raw", "list", "numeric", "suffix", "prefix", "wildcard"],
)
def test_attributes_that_no_new_subscription_can_have(
    sns: Any, topic: str, attributes: dict[str, str], message: str
) -> None:
    told = refusal(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=attributes)

    assert told.startswith(f"Attributes Reason: {message}")


def test_a_trace_goes_with_a_message(target: Target, topic: str, listen: MakeListener) -> None:
    listener, trace = listen(), "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    traced = target.client("sns")
    traced.meta.events.register("before-send.sns.Publish", lambda request, **_: _traced(request, trace))

    traced.publish(TopicArn=topic, Message="x")

    assert listener.next(AttributeNames=["All"])["Attributes"]["AWSTraceHeader"] == trace


def _traced(request: Any, trace: str) -> None:
    request.headers["X-Amzn-Trace-Id"] = trace
