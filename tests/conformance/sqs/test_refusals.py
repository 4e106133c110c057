"""What SQS refuses, word for word as AWS was recorded to (2022 to 2025)."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.conformance.sqs.conftest import MakeQueue
    from tests.fixtures.target import Target

NO_TOKEN = (
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
)
NO_GROUP = "The request must contain the parameter MessageGroupId."
MODERN = "InvalidParameterValueException"


def refusal(operation: Any, **params: Any) -> tuple[str, str, str]:
    """The code that SDKs go by, the one in the answer, and the message."""
    with pytest.raises(ClientError) as caught:
        operation(**params)
    error: dict[str, str] = dict(caught.value.response["Error"])  # type: ignore[arg-type]
    return error["Code"], error["QueryErrorCode"], error["Message"]


@pytest.mark.parametrize(
    ("entry", "message"), [({}, NO_GROUP), ({"MessageGroupId": "1"}, NO_TOKEN)], ids=["group", "token"]
)
def test_a_batch_that_cannot_be_ordered_is_refused_whole(
    make_queue: MakeQueue, sqs: Any, entry: dict[str, str], message: str
) -> None:
    queue = make_queue(fifo=True)

    refused = refusal(sqs.send_message_batch, QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "x", **entry}])

    assert refused == ("InvalidParameterValue", MODERN, message)


def test_a_single_message_without_a_group_lacks_a_parameter(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True)

    refused = refusal(sqs.send_message, QueueUrl=queue.url, MessageBody="x", MessageDeduplicationId="1")

    assert refused == ("MissingParameter", "MissingRequiredParameterException", NO_GROUP)


def test_the_kind_of_a_queue_is_for_ever(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True)

    refused = refusal(sqs.set_queue_attributes, QueueUrl=queue.url, Attributes={"FifoQueue": "false"})

    message = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    assert refused == ("InvalidAttributeValue", "InvalidAttributeValue", message)


def test_a_dead_letter_queue_is_an_arn(make_queue: MakeQueue, sqs: Any) -> None:
    queue, policy = make_queue(), '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'

    refused = refusal(sqs.set_queue_attributes, QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})

    reason = f"Value {policy} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn."
    assert refused == ("InvalidParameterValue", MODERN, reason)


def test_an_empty_attribute_is_refused(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    attributes = {"ErrorDetails": {"StringValue": "", "DataType": "String"}}

    refused = refusal(sqs.send_message, QueueUrl=queue.url, MessageBody="x", MessageAttributes=attributes)

    message = "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'."
    assert refused == ("InvalidParameterValue", MODERN, message)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, ("MissingParameter", "MissingRequiredParameterException", "The request must contain the parameter Mess")),
        (
            {"MessageBody": "x", "MessageDeduplicationId": "d"},
            ("InvalidParameterValue", MODERN, "Value d for parameter MessageDeduplicationId is invalid. Reason: The "),
        ),
        (
            {"MessageBody": "x", "MessageGroupId": ""},
            ("InvalidParameterValue", MODERN, "Value  for parameter MessageGroupId is invalid. Reason: MessageGroup"),
        ),
        (
            {"MessageBody": "x", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "\x02"}}},
            ("InvalidParameterValue", MODERN, "Invalid characters found. Valid unicode characters are #x9 | #xA | #"),
        ),
        (
            {"MessageBody": "\x02"},
            ("InvalidMessageContents", "InvalidMessageContents", "Invalid characters found. Valid unicode character"),
        ),
    ],
    ids=["nothing", "token", "group", "attribute", "body"],
)
def test_what_no_standard_queue_takes(
    make_queue: MakeQueue, target: Target, params: dict[str, Any], told: tuple[str, str, str]
) -> None:
    careless = target.client("sqs", config=Config(parameter_validation=False))

    code, modern, message = refusal(careless.send_message, QueueUrl=make_queue().url, **params)

    assert (code, modern) == told[:2]
    assert message.startswith(told[2])


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Label": "a b"}, "InvalidParameterValue", "Value a b for parameter Label is invalid. Reason: Can only incl"),
        ({"Actions": ["Foo"]}, "InvalidParameterValue", "Value SQS:Foo for parameter ActionName is invalid. Reason: "),
        ({"AWSAccountIds": ["x"]}, "InvalidParameterValue", "Value [x] for parameter PrincipalId is invalid. Reason:"),
        ({"Actions": ["SendMessage"] * 8}, "OverLimit", "8 Actions were found, maximum allowed is 7."),
    ],
    ids=["label", "action", "account", "many"],
)
def test_permissions_that_nobody_gets(
    make_queue: MakeQueue, sqs: Any, change: dict[str, Any], code: str, message: str
) -> None:
    given = {"Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"], **change}

    refused = refusal(sqs.add_permission, QueueUrl=make_queue().url, **given)

    assert refused[0] == code
    assert refused[2].startswith(message)


@pytest.mark.parametrize("wait_s", [-1, 21])
def test_nobody_waits_longer_than_twenty_seconds(make_queue: MakeQueue, sqs: Any, wait_s: int) -> None:
    refused = refusal(sqs.receive_message, QueueUrl=make_queue().url, WaitTimeSeconds=wait_s)

    reason = f"Value {wait_s} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
    assert refused == ("InvalidParameterValue", MODERN, reason)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ContentBasedDeduplication", "true", "Unknown Attribute ContentBasedDeduplication."),
        (
            "DeduplicationScope",
            "messageGroup",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            "FifoThroughputLimit",
            "perMessageGroupId",
            "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        ),
    ],
)
def test_a_queue_without_order_has_no_settings_of_order(sqs: Any, name: str, value: str, message: str) -> None:
    refused = refusal(sqs.create_queue, QueueName=f"unordered-{uuid.uuid4().hex[:12]}", Attributes={name: value})

    assert refused == ("InvalidAttributeName", "InvalidAttributeName", message)


def test_a_message_of_a_batch_that_is_too_long_fails_by_itself(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(MaximumMessageSize=1024)

    answer = sqs.send_message_batch(
        QueueUrl=queue.url,
        Entries=[{"Id": "long", "MessageBody": "x" * 1025}, {"Id": "short", "MessageBody": "x" * 1024}],
    )

    assert [one["Id"] for one in answer["Successful"]] == ["short"]
    assert answer["Failed"] == [
        {
            "Id": "long",
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
        }
    ]


def test_a_url_may_end_with_a_slash(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()

    sqs.send_message(QueueUrl=f"{queue.url}/", MessageBody="x")

    assert queue.bodies() == ["x"]


def test_a_name_alone_will_do(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()

    sqs.send_message(QueueUrl=queue.url.rpartition("/")[2], MessageBody="x")

    assert queue.bodies() == ["x"]


def test_attributes_are_named_in_any_letters(make_queue: MakeQueue, sqs: Any) -> None:
    queue, attribute = make_queue(), {"StringValue": "Valid", "DataType": "String"}

    sqs.send_message(QueueUrl=queue.url, MessageBody="x", MessageAttributes={"attr.1øßä": attribute})

    (message,) = queue.receive(MessageAttributeNames=["All"])
    assert message["MessageAttributes"] == {"attr.1øßä": attribute}
    bad = {"MessageBody": "x", "MessageAttributes": {"bad-§": attribute}}
    assert refusal(sqs.send_message, QueueUrl=queue.url, **bad)[0] == "InvalidParameterValue"


def test_an_asterisk_asks_for_every_attribute(make_queue: MakeQueue, sqs: Any) -> None:
    queue, attribute = make_queue(), {"StringValue": "There", "DataType": "String"}
    sqs.send_message(QueueUrl=queue.url, MessageBody="x", MessageAttributes={"Hello": attribute})

    (message,) = sqs.receive_message(QueueUrl=queue.url, MessageAttributeNames=["*"])["Messages"]

    assert message["MessageAttributes"] == {"Hello": attribute}


def test_a_message_that_is_visible_again_may_be_hidden_in_vain(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(VisibilityTimeout="0")
    sqs.send_message(QueueUrl=queue.url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=queue.url)["Messages"]

    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=30)

    assert queue.bodies() == ["x"]


def test_a_purge_has_to_wait(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    sqs.purge_queue(QueueUrl=queue.url)

    with pytest.raises(ClientError) as caught:
        sqs.purge_queue(QueueUrl=queue.url)

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert caught.value.response["Error"]["Code"] == "AWS.SimpleQueueService.PurgeQueueInProgress"


def test_a_moves_handle_names_its_queue(make_queue: MakeQueue, sqs: Any) -> None:
    def handle(source: str) -> str:
        return base64.b64encode(json.dumps({"taskId": "none", "sourceArn": source}).encode()).decode()

    arn = make_queue().arn
    told = [
        refusal(sqs.cancel_message_move_task, TaskHandle=given)[::2]
        for given in ("foobar", handle(f"{arn}-none"), handle(arn))
    ]

    assert told == [
        ("InvalidParameterValue", "Value for parameter TaskHandle is invalid."),
        ("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."),
        ("ResourceNotFoundException", "Task does not exist."),
    ]
