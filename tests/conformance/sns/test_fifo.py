"""FIFO topics: order, one delivery for each message, who may listen; as AWS was recorded to have them (2023–2025)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.conformance.sns.conftest import Listener, allowed_from, subscription_of

if TYPE_CHECKING:
    from tests.fixtures.target import Target

MakeTopic = Callable[..., str]
Subscribe = Callable[..., Listener]
NO_TOKEN = (
    "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
    "provided explicitly"
)
NO_GROUP = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"


@pytest.fixture
def make_topic(sns: Any) -> Iterator[MakeTopic]:
    """Makes FIFO topics: `make_topic(ContentBasedDeduplication="true")`; they go with the test."""
    arns: list[str] = []

    def make(**attributes: str) -> str:
        given = {"FifoTopic": "true", **attributes}
        arns.append(sns.create_topic(Name=f"conf-{uuid.uuid4().hex[:12]}.fifo", Attributes=given)["TopicArn"])
        return arns[-1]

    yield make
    for arn in arns:
        sns.delete_topic(TopicArn=arn)


@pytest.fixture
def subscribe(target: Target, sns: Any) -> Iterator[Subscribe]:
    """Subscribes a new queue to a topic: `subscribe(topic, fifo=False, RawMessageDelivery="true")`."""
    sqs = target.client("sqs")
    urls: list[str] = []

    def make(topic: str, *, fifo: bool = True, **attributes: str) -> Listener:
        arn = topic.rpartition(":")[0].replace(":sns:", ":sqs:") + f":conf-{uuid.uuid4().hex[:12]}"
        arn += ".fifo" if fifo else ""
        given = {"Policy": allowed_from(topic, arn)} | ({"FifoQueue": "true"} if fifo else {})
        urls.append(sqs.create_queue(QueueName=arn.rpartition(":")[2], Attributes=given)["QueueUrl"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return Listener(sqs=sqs, url=urls[-1], arn=arn)

    yield make
    for url in urls:
        with contextlib.suppress(sqs.exceptions.QueueDoesNotExist):
            sqs.delete_queue(QueueUrl=url)


def refusal(operation: Callable[..., Any], **params: Any) -> str:
    """The message of an operation that is refused for its parameters."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"
    return caught.value.response["Error"]["Message"]


def test_a_notification_has_a_number_and_no_signature(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic()
    listener = subscribe(topic)

    sent = sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g", MessageDeduplicationId="d", Subject="s")
    got = listener.next(AttributeNames=["All"])
    body = json.loads(got["Body"])

    assert list(body) == [
        "Type",
        "MessageId",
        "SequenceNumber",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "UnsubscribeURL",
    ]
    assert (body["MessageId"], body["SequenceNumber"]) == (sent["MessageId"], sent["SequenceNumber"])
    assert len(sent["SequenceNumber"]) == 20
    assert (got["Attributes"]["MessageGroupId"], got["Attributes"]["MessageDeduplicationId"]) == ("g", "d")


@pytest.mark.parametrize("by_content", [True, False], ids=["by content", "by id"])
def test_a_repetition_is_taken_and_not_sent_on(
    sns: Any, make_topic: MakeTopic, subscribe: Subscribe, *, by_content: bool
) -> None:
    topic = make_topic(ContentBasedDeduplication=str(by_content).lower())
    listener = subscribe(topic, RawMessageDelivery="true")
    given = {"Message": "Test", "MessageGroupId": "g"} | ({} if by_content else {"MessageDeduplicationId": "d"})

    first = sns.publish(TopicArn=topic, **given)
    got = listener.next(AttributeNames=["All"])
    again = sns.publish(TopicArn=topic, **given | {"MessageGroupId": "h"})

    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    token = hashlib.sha256(b"Test").hexdigest() if by_content else "d"
    assert (got["Body"], got["Attributes"]["MessageDeduplicationId"]) == ("Test", token)
    assert listener.next(wait_s=1) is None


def test_each_group_may_have_tokens_of_its_own(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic(FifoThroughputScope="MessageGroup")
    listener = subscribe(topic, fifo=False, RawMessageDelivery="true")

    for group, text in (("a", "one"), ("b", "two"), ("a", "three")):
        sns.publish(TopicArn=topic, Message=text, MessageGroupId=group, MessageDeduplicationId="d")

    assert {listener.next()["Body"], listener.next()["Body"]} == {"one", "two"}
    assert listener.next(wait_s=1) is None


def test_a_group_keeps_its_order(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic(ContentBasedDeduplication="true")
    listener = subscribe(topic, RawMessageDelivery="true")
    texts = [str(number) for number in range(30)]

    for start in range(0, len(texts), 10):
        entries = [{"Id": text, "Message": text, "MessageGroupId": "g"} for text in texts[start : start + 10]]
        answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        numbers = [each["SequenceNumber"] for each in answer["Successful"]]
        assert numbers == sorted(numbers)
    got = [listener.next()["Body"] for _ in texts]

    assert got == texts


def test_a_standard_queue_is_not_told_of_groups(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic(ContentBasedDeduplication="true")
    listener = subscribe(topic, fifo=False)

    sns.publish(TopicArn=topic, Message="Test", MessageGroupId="g")
    got = listener.next(AttributeNames=["All"])

    assert json.loads(got["Body"])["Message"] == "Test"
    assert not {"MessageGroupId", "MessageDeduplicationId", "SequenceNumber"} & set(got["Attributes"])


def test_a_batch_that_repeats_itself_answers_as_before(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic(ContentBasedDeduplication="true")
    listener = subscribe(topic, FilterPolicy='{"kind": ["a"]}', RawMessageDelivery="true")
    kind = {"kind": {"DataType": "String", "StringValue": "a"}}
    entries = [
        {"Id": "1", "Message": "one", "MessageGroupId": "g", "MessageAttributes": kind},
        {"Id": "2", "Message": "two", "MessageGroupId": "g"},
    ]

    first = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    second = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)

    assert first["Successful"] == second["Successful"]
    assert (first["Failed"], len(first["Successful"])) == ([], 2)
    assert listener.next()["Body"] == "one"
    assert listener.next(wait_s=1) is None


@pytest.mark.parametrize(
    ("params", "message"),
    [({}, NO_GROUP), ({"MessageGroupId": "g"}, NO_TOKEN)],
    ids=["group", "token"],
)
def test_what_has_no_order_is_refused(sns: Any, make_topic: MakeTopic, params: dict[str, str], message: str) -> None:
    topic, entry = make_topic(), {"Id": "1", "Message": "x", **params}

    assert refusal(sns.publish, TopicArn=topic, Message="x", **params) == message
    assert refusal(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[entry]) == message


def test_a_topic_shows_its_kind(sns: Any, make_topic: MakeTopic) -> None:
    topic = make_topic(DisplayName="d", SignatureVersion="2")

    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="ContentBasedDeduplication", AttributeValue="true")

    assert (shown["FifoTopic"], shown["ContentBasedDeduplication"]) == ("true", "false")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["ContentBasedDeduplication"] == "true"
    assert sns.create_topic(Name=topic.rpartition(":")[2], Attributes={"FifoTopic": "true"})["TopicArn"] == topic


def test_a_standard_topic_has_no_kind(sns: Any, name: str) -> None:
    topic = sns.create_topic(Name=name, Attributes={"FifoTopic": "false"})["TopicArn"]

    shown = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    told = refusal(sns.set_topic_attributes, TopicArn=topic, AttributeName="FifoTopic", AttributeValue="false")
    sns.delete_topic(TopicArn=topic)

    assert "FifoTopic" not in shown
    assert told == "Invalid parameter: AttributeName"


def test_names_tell_the_kind(sns: Any, name: str) -> None:
    assert refusal(sns.create_topic, Name=f"{name}.fifo") == "Invalid parameter: Topic Name"
    assert "must end with .fifo" in refusal(sns.create_topic, Name=name, Attributes={"FifoTopic": "true"})


def test_a_dead_letter_queue_keeps_the_order(sns: Any, make_topic: MakeTopic, subscribe: Subscribe) -> None:
    topic = make_topic()
    listener, dead = subscribe(topic), subscribe(topic, fifo=False)
    subscription = subscription_of(sns, topic, listener)
    redrive = {"AttributeName": "RedrivePolicy", "AttributeValue": json.dumps({"deadLetterTargetArn": dead.arn})}

    told = refusal(sns.set_subscription_attributes, SubscriptionArn=subscription, **redrive)

    needed = "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
    assert told == f"Invalid parameter: RedrivePolicy: {needed}"


def test_what_a_deleted_queue_would_have_got_is_in_order_among_the_dead(
    sns: Any, make_topic: MakeTopic, subscribe: Subscribe
) -> None:
    topic = make_topic()
    dead, listener = subscribe(topic, FilterPolicy='{"none": ["x"]}'), subscribe(topic)
    subscription = subscription_of(sns, topic, listener)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue=redrive)
    listener.sqs.delete_queue(QueueUrl=listener.url)

    for text in ("one", "two"):
        sns.publish(TopicArn=topic, Message=text, MessageGroupId="g", MessageDeduplicationId=text)
    got = [dead.next(AttributeNames=["All"]) for _ in range(2)]

    assert [json.loads(each["Body"])["Message"] for each in got] == ["one", "two"]
    assert [each["Attributes"]["MessageDeduplicationId"] for each in got] == ["one", "two"]


def test_only_queues_listen(sns: Any, make_topic: MakeTopic) -> None:
    topic = make_topic()
    function = topic.rpartition(":")[0].replace(":sns:", ":lambda:") + ":function:f"

    told = refusal(sns.subscribe, TopicArn=topic, Protocol="lambda", Endpoint=function)

    assert told == "Invalid parameter: Invalid protocol type: lambda"


@pytest.mark.parametrize(
    ("operation", "attribute"),
    [("set_topic_attributes", "ArchivePolicy"), ("set_subscription_attributes", "ReplayPolicy")],
)
def test_archives_are_refused_by_name(
    sns: Any, make_topic: MakeTopic, subscribe: Subscribe, target: Target, operation: str, attribute: str
) -> None:
    target.only_emulator("AWS has them")
    topic = make_topic()
    subscribe(topic)
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    where = {"set_topic_attributes": {"TopicArn": topic}}.get(
        operation, {"SubscriptionArn": subscription["SubscriptionArn"]}
    )

    told = refusal(getattr(sns, operation), AttributeName=attribute, AttributeValue="{}", **where)

    assert told.startswith(f"Invalid parameter: The emulator does not support the attribute {attribute} of ")
