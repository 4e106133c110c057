"""Messages of standard queues: sent, received, hidden, deleted, sent on."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.sqs.conftest import Queue
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from tests.conformance.sqs.conftest import MakeQueue
    from tests.fixtures.target import Target


def test_a_message_arrives_as_it_was_sent(make_queue: MakeQueue) -> None:
    queue = make_queue()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "ä"},
        "size": {"DataType": "Number.int", "StringValue": "7"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }

    sent = queue.send("hé", MessageAttributes=attributes)  # boto3 compares the body's digest itself
    (message,) = queue.receive(MessageAttributeNames=["All"], AttributeNames=["All"])

    assert message["Body"] == "hé"
    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SenderId", "SentTimestamp", "ApproximateFirstReceiveTimestamp"} <= set(message["Attributes"])


def test_only_the_attributes_asked_for_are_shown(make_queue: MakeQueue) -> None:
    queue = make_queue(VisibilityTimeout=0)
    names = ("app.one", "app.two", "other")
    queue.send("x", MessageAttributes={name: {"DataType": "String", "StringValue": "v"} for name in names})

    (by_prefix,) = queue.receive(MessageAttributeNames=["app.*"], AttributeNames=["SenderId"])
    (none,) = queue.receive()

    assert set(by_prefix["MessageAttributes"]) == {"app.one", "app.two"}
    assert set(by_prefix["Attributes"]) == {"SenderId"}
    assert "MessageAttributes" not in none
    assert "Attributes" not in none


def test_a_message_is_hidden_until_its_time_is_over(make_queue: MakeQueue) -> None:
    queue = make_queue(VisibilityTimeout=1)
    queue.send("x")
    started = time.monotonic()

    (first,) = queue.receive()
    hidden = queue.receive(wait_s=0)
    (second,) = queue.receive(AttributeNames=["ApproximateReceiveCount"])

    assert hidden == []
    assert time.monotonic() - started >= 0.9
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


def test_a_deleted_message_does_not_come_back(make_queue: MakeQueue) -> None:
    queue = make_queue(VisibilityTimeout=0)
    queue.send("x")
    (message,) = queue.receive()

    queue.delete(message)
    queue.delete(message)

    assert queue.receive(wait_s=0) == []
    assert queue.attribute("ApproximateNumberOfMessages") == "0"


def test_an_older_handle_deletes_nothing(make_queue: MakeQueue) -> None:
    queue = make_queue(VisibilityTimeout=0)
    queue.send("x")
    (first,) = queue.receive()
    (second,) = queue.receive()

    queue.delete(first)

    assert queue.attribute("ApproximateNumberOfMessages") == "1"
    queue.delete(second)
    assert queue.attribute("ApproximateNumberOfMessages") == "0"


def test_visibility_can_be_given_back(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    queue.send("x")
    (message,) = queue.receive()
    handle = {"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"]}

    assert queue.attribute("ApproximateNumberOfMessagesNotVisible") == "1"
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    assert queue.bodies() == ["x"]
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    (again,) = queue.receive()
    queue.delete(again)

    code, message_text = refusal(sqs.change_message_visibility, **handle, VisibilityTimeout=10)
    assert code == "InvalidParameterValue"
    assert message_text.endswith("Message does not exist or is not available for visibility timeout change.")


def test_a_waiting_receiver_gets_what_arrives_meanwhile(make_queue: MakeQueue) -> None:
    queue = make_queue(ReceiveMessageWaitTimeSeconds=20)
    got: list[list[str]] = []
    waiting = threading.Thread(
        target=lambda: got.append(
            [m["Body"] for m in queue.client.receive_message(QueueUrl=queue.url).get("Messages", ())]
        )
    )

    waiting.start()
    time.sleep(0.3)
    queue.send("late")
    waiting.join(15)

    assert got == [["late"]]


def test_a_delayed_message_comes_later(make_queue: MakeQueue) -> None:
    queue = make_queue(DelaySeconds=1)
    queue.send("later")
    queue.send("now", DelaySeconds=0)

    delayed = queue.attribute("ApproximateNumberOfMessagesDelayed")

    assert (delayed, queue.bodies()) == ("1", ["now"])
    assert queue.bodies() == ["later"]


def test_what_is_received_too_often_goes_to_the_dead_letter_queue(make_queue: MakeQueue, sqs: Any) -> None:
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    queue = make_queue(VisibilityTimeout=0, RedrivePolicy=policy)
    queue.send("poison")

    received = [queue.bodies(wait_s=0) for _ in range(3)]
    (message,) = dead.receive(AttributeNames=["DeadLetterQueueSourceArn"])

    assert received == [["poison"], ["poison"], []]
    assert message["Attributes"] == {"DeadLetterQueueSourceArn": queue.arn}
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"] == [queue.url]


def test_batches_answer_for_every_entry(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(10)]
    entries[3] = {"Id": "3", "MessageBody": "\x00"}

    sent = sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
    messages: list[Any] = []
    while len(messages) < 9:
        messages += queue.receive()
    handles = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)]
    hidden = sqs.change_message_visibility_batch(
        QueueUrl=queue.url, Entries=[{**handle, "VisibilityTimeout": 60} for handle in handles]
    )
    gone = sqs.delete_message_batch(QueueUrl=queue.url, Entries=[*handles[:8], {"Id": "x", "ReceiptHandle": "none"}])

    assert [entry["Id"] for entry in sent["Successful"]] == [str(n) for n in range(10) if n != 3]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]] == [
        ("3", "InvalidMessageContents", True)
    ]
    assert (len(hidden["Successful"]), "Failed" in hidden) == (9, False)
    assert (len(gone["Successful"]), gone["Failed"][0]["Code"]) == (8, "ReceiptHandleIsInvalid")


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        pytest.param([], "EmptyBatchRequest", id="none"),
        pytest.param([("a", "x")] * 2, "BatchEntryIdsNotDistinct", id="twice"),
        pytest.param([(str(n), "x") for n in range(11)], "TooManyEntriesInBatchRequest", id="eleven"),
        pytest.param([("a b", "x")], "InvalidBatchEntryId", id="id"),
        pytest.param([(str(n), "x" * 600_000) for n in range(2)], "BatchRequestTooLong", id="long"),
    ],
)
def test_what_is_no_batch_is_refused(
    make_queue: MakeQueue, sqs: Any, entries: list[tuple[str, str]], code: str
) -> None:
    batch = [{"Id": name, "MessageBody": body} for name, body in entries]

    told, _ = refusal(sqs.send_message_batch, QueueUrl=make_queue().url, Entries=batch)

    assert told == f"AWS.SimpleQueueService.{code}"


def _number(value: str) -> dict[str, Any]:
    return {"MessageAttributes": {"n": {"DataType": "Number", "StringValue": value}}}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param({"MessageBody": "\ufffe"}, "InvalidMessageContents", id="characters"),
        pytest.param({"MessageBody": "x" * 1_048_577}, "InvalidParameterValue", id="size"),
        pytest.param({"MessageBody": ""}, "MissingParameter", id="empty"),
        pytest.param({"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue", id="delay"),
        pytest.param({"MessageBody": "x", **_number("seven")}, "InvalidParameterValue", id="number"),
        pytest.param(
            {"MessageBody": "x", "MessageAttributes": {"aws.x": {"DataType": "String", "StringValue": "v"}}},
            "InvalidParameterValue",
            id="reserved name",
        ),
    ],
)
def test_a_message_that_does_not_fit_is_refused(
    make_queue: MakeQueue, sqs: Any, params: dict[str, Any], code: str
) -> None:
    queue = make_queue()

    assert refusal(sqs.send_message, QueueUrl=queue.url, **params)[0] == code
    assert queue.receive(wait_s=0) == []


def test_messages_are_kept_for_so_long(make_queue: MakeQueue, sqs: Any) -> None:
    queue: Queue = make_queue()

    for value in ("59", "1209601", "x"):
        code, text = refusal(sqs.set_queue_attributes, QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": value})
        assert (code, text) == ("InvalidAttributeValue", "Invalid value for the parameter MessageRetentionPeriod.")


def test_dead_letters_are_moved_back(make_queue: MakeQueue, sqs: Any) -> None:
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue = make_queue(VisibilityTimeout=0, RedrivePolicy=policy)
    for number in range(12):
        queue.send(str(number))
    while queue.receive(wait_s=0):
        pass
    before = dead.attribute("ApproximateNumberOfMessages")

    sqs.start_message_move_task(SourceArn=dead.arn)
    deadline = time.monotonic() + 60
    while (task := sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"][0])["Status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert before == "12"
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 12)
    assert "TaskHandle" not in task
    assert queue.attribute("ApproximateNumberOfMessages") == "12"
    assert dead.attribute("ApproximateNumberOfMessages") == "0"


def test_a_slow_move_can_be_cancelled(make_queue: MakeQueue, sqs: Any) -> None:
    dead, other = make_queue(), make_queue()
    make_queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))
    for number in range(5):
        dead.send(str(number))

    given = {"SourceArn": dead.arn, "DestinationArn": other.arn, "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**given)["TaskHandle"]
    (first,) = other.receive(count=1)
    second = refusal(sqs.start_message_move_task, **given)
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]

    assert first["Body"] == "0"
    assert second[0] == "InvalidParameterValue"
    assert 1 <= moved < 5
    assert refusal(sqs.start_message_move_task, SourceArn=other.arn)[0] == "InvalidParameterValue"


def test_a_trace_of_the_request_is_one_of_the_message(make_queue: MakeQueue, target: Target) -> None:
    queue, trace = make_queue(), "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    traced = target.client("sqs")

    def name(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = trace

    traced.meta.events.register("before-send.sqs.SendMessage", name)

    traced.send_message(QueueUrl=queue.url, MessageBody="x")

    assert queue.receive(AttributeNames=["AWSTraceHeader"])[0]["Attributes"] == {"AWSTraceHeader": trace}
