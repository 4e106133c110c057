"""FIFO queues: order within groups, and no message twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from tests.conformance.sqs.conftest import MakeQueue


def test_a_group_waits_for_what_is_being_worked_on(make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true")
    for body in ("a1", "a2", "b1"):
        queue.send(body, MessageGroupId=body[0])

    (first,) = queue.receive(count=1)
    others = queue.receive()
    blocked = queue.bodies(wait_s=0)
    queue.delete(first)

    assert (first["Body"], [message["Body"] for message in others], blocked) == ("a1", ["b1"], [])
    assert queue.bodies() == ["a2"]


def test_a_group_comes_in_order_also_after_it_was_given_back(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True)
    for number in range(5):
        queue.send(str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    (first, second) = queue.receive(count=2)
    for message in (second, first):
        sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)

    messages = queue.receive(AttributeNames=["All"])

    assert [message["Body"] for message in messages] == ["0", "1", "2", "3", "4"]
    numbers = [int(message["Attributes"]["SequenceNumber"]) for message in messages]
    assert numbers == sorted(set(numbers))
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    assert messages[0]["Attributes"]["MessageDeduplicationId"] == "0"


def test_as_much_of_a_group_as_there_is_comes_together(make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true")
    for body in ("a1", "b1", "b2", "c1", "a2"):
        queue.send(body, MessageGroupId=body[0])

    first = queue.bodies(count=3, VisibilityTimeout=0)
    second = queue.bodies(VisibilityTimeout=0)

    assert first == ["a1", "a2", "b1"]
    assert second == ["c1", "a1", "a2", "b1", "b2"]


def test_a_message_given_back_does_not_wait_for_those_after_it(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true")
    for body in ("a1", "a2", "a3", "b1"):
        queue.send(body, MessageGroupId=body[0])
    (first, _) = queue.receive(count=2)
    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    assert queue.bodies() == ["b1", "a1"]
    assert queue.bodies(wait_s=0) == []


def test_a_purge_forgets_what_was_sent(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True)
    queue.send("one", MessageGroupId="g", MessageDeduplicationId="d")

    sqs.purge_queue(QueueUrl=queue.url)
    queue.send("two", MessageGroupId="g", MessageDeduplicationId="d")

    assert queue.bodies() == ["two"]


def test_true_may_have_a_capital(sqs: Any, name: str) -> None:
    given = {"FifoQueue": "True", "ContentBasedDeduplication": "False", "DeduplicationScope": "messageGroup"}

    url = sqs.create_queue(QueueName=f"{name}.fifo", Attributes=given)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    again = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)

    assert (shown["FifoQueue"], shown["ContentBasedDeduplication"]) == ("true", "false")
    assert again == url


def test_a_duplicate_is_acknowledged_and_not_queued(make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true")

    answers = [queue.send("same", MessageGroupId=group) for group in ("a", "b")]
    (message,) = queue.receive()
    queue.delete(message)
    again = queue.send("same", MessageGroupId="a")

    assert len({(answer["MessageId"], answer["SequenceNumber"]) for answer in (*answers, again)}) == 1
    assert queue.receive(wait_s=0) == []


def test_duplicates_can_be_told_by_group(make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True, DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")

    for group in ("a", "b", "a"):
        queue.send(group, MessageGroupId=group, MessageDeduplicationId="same")

    assert sorted(queue.bodies()) == ["a", "b"]


def test_an_attempt_that_is_repeated_receives_the_same(make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true")
    queue.send("x", MessageGroupId="g")

    first = queue.receive(ReceiveRequestAttemptId="one")
    again = queue.receive(ReceiveRequestAttemptId="one")
    other = queue.receive(ReceiveRequestAttemptId="two", wait_s=0)

    assert [m["ReceiptHandle"] for m in first] == [m["ReceiptHandle"] for m in again]
    assert other == []


def test_an_expired_handle_does_not_delete(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True, ContentBasedDeduplication="true", VisibilityTimeout=0)
    queue.send("x", MessageGroupId="g")
    (message,) = queue.receive()

    code, text = refusal(sqs.delete_message, QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])

    assert code == "InvalidParameterValue"
    assert text.endswith("Reason: The receipt handle has expired.")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param({}, "MissingParameter", id="no group"),
        pytest.param({"MessageGroupId": "g"}, "InvalidParameterValue", id="no deduplication"),
        pytest.param(
            {"MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 1},
            "InvalidParameterValue",
            id="delay",
        ),
    ],
)
def test_what_a_fifo_queue_needs_is_asked_for(
    make_queue: MakeQueue, sqs: Any, params: dict[str, Any], code: str
) -> None:
    queue = make_queue(fifo=True)

    assert refusal(sqs.send_message, QueueUrl=queue.url, MessageBody="x", **params)[0] == code


def test_what_counted_before_groups_had_tokens_of_their_own_still_counts(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(fifo=True)
    queue.send("once", MessageGroupId="a", MessageDeduplicationId="1")
    scope = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=scope)

    for group, token in (("b", "1"), ("b", "2"), ("c", "2")):
        queue.send(f"{group}{token}", MessageGroupId=group, MessageDeduplicationId=token)

    assert queue.bodies() == ["once", "b2", "c2"]
