"""Queues as a whole: names, attributes, tags, policies."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.conformance.sqs.conftest import MakeQueue
    from tests.fixtures.target import Target


def test_a_queue_is_made_once(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(VisibilityTimeout=5)
    name = queue.url.rpartition("/")[2]

    same = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "5"})
    found = sqs.get_queue_url(QueueName=name)
    other = refusal(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "6"})

    assert same["QueueUrl"] == found["QueueUrl"] == queue.url
    assert other == (
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    )


def test_a_queue_that_is_gone_is_not_found(make_queue: MakeQueue, sqs: Any, name: str) -> None:
    url = sqs.create_queue(QueueName=name)["QueueUrl"]

    sqs.delete_queue(QueueUrl=url)

    gone = ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    assert refusal(sqs.get_queue_url, QueueName=name) == gone
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x") == gone
    assert refusal(sqs.send_message, QueueUrl=name, MessageBody="x")[0] == "InvalidAddress"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=url)
    assert refusal(sqs.create_queue, QueueName=name)[0] == "AWS.SimpleQueueService.QueueDeletedRecently"


def test_queues_are_listed_in_pages(sqs: Any) -> None:
    prefix = f"list-{uuid.uuid4().hex[:8]}"
    urls = [sqs.create_queue(QueueName=f"{prefix}-{n}")["QueueUrl"] for n in range(3)]

    pages = list(sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix, PaginationConfig={"PageSize": 2}))

    assert [page["QueueUrls"] for page in pages] == [urls[:2], urls[2:]]
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="nobody-has-this")
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


def test_attributes_have_defaults_and_can_be_changed(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    first = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]

    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"DelaySeconds": "3"})

    expected = {
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "ApproximateNumberOfMessages": "0",
    }
    assert expected.items() <= first.items()
    assert queue.attribute("DelaySeconds") == "3"
    assert refusal(sqs.get_queue_attributes, QueueUrl=queue.url, AttributeNames=["Colour"]) == (
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
    )


def test_a_dead_letter_queue_has_a_say(make_queue: MakeQueue, sqs: Any) -> None:
    closed = make_queue(RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))
    queue = make_queue()

    def redrive(arn: str) -> str:
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        return refusal(sqs.set_queue_attributes, QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})[1]

    assert "redrive allow policy" in redrive(closed.arn)
    assert redrive(f"{queue.arn}-none").endswith("Reason: Dead letter target does not exist.")
    assert "same type" in redrive(make_queue(fifo=True).arn)


def test_a_purge_empties_a_queue_once_a_minute(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    queue.send("x")

    sqs.purge_queue(QueueUrl=queue.url)

    assert queue.receive(wait_s=0) == []
    assert refusal(sqs.purge_queue, QueueUrl=queue.url)[0] == "AWS.SimpleQueueService.PurgeQueueInProgress"


def test_tags_are_set_and_taken_away(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()

    sqs.tag_queue(QueueUrl=queue.url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=queue.url, TagKeys=["a"])

    assert sqs.list_queue_tags(QueueUrl=queue.url)["Tags"] == {"b": "2"}


@pytest.mark.parametrize("bad", ["a b", "x" * 81, "name.fifo", ""])
def test_a_name_that_is_none_is_refused(sqs: Any, bad: str) -> None:
    assert refusal(sqs.create_queue, QueueName=bad)[0] == "InvalidParameterValue"


def test_a_queue_policy_lets_a_user_send_and_nothing_else(make_queue: MakeQueue, sqs: Any, target: Target) -> None:
    target.only_emulator("it makes a user with a key")
    user, queue = new_user(target.client("iam"), "sqs"), make_queue()
    client = target.client("sqs", **user.keys)
    before = refusal(client.send_message, QueueUrl=queue.url, MessageBody="x")
    allow = {"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "sqs:SendMessage", "Resource": queue.arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    client.send_message(QueueUrl=queue.url, MessageBody="one")
    client.send_message_batch(QueueUrl=f"{queue.url}/", Entries=[{"Id": "a", "MessageBody": "two"}])

    assert before[0] == "AccessDenied"
    assert f"User: {user.arn} is not authorized to perform: sqs:SendMessage on resource: {queue.arn}".lower() in (
        before[1].lower()
    )
    with pytest.raises(ClientError):
        client.receive_message(QueueUrl=queue.url)
    assert sorted([*queue.bodies(), *queue.bodies(wait_s=0)]) == ["one", "two"]


def test_permissions_are_statements_of_the_policy(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()

    sqs.add_permission(QueueUrl=queue.url, Label="them", AWSAccountIds=["111111111111"], Actions=["SendMessage"])

    (statement,) = json.loads(queue.attribute("Policy"))["Statement"]
    assert (statement["Sid"], statement["Action"]) == ("them", "SQS:SendMessage")
    sqs.remove_permission(QueueUrl=queue.url, Label="them")
    answer = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["Policy"])
    assert "Attributes" not in answer
