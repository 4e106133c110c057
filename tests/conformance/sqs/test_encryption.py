"""Queues with keys: what they show as AWS was recorded to (2024 and 2025), and who can use them."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.sqs.conftest import MakeQueue
    from tests.fixtures.emulator import LiveEmulator
    from tests.fixtures.target import Target

ENCRYPTION = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]


def encryption(sqs: Any, url: str) -> dict[str, str]:
    """What a queue says of its encryption."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=ENCRYPTION)
    return dict(answer["Attributes"])


@pytest.fixture
def key(target: Target) -> Iterator[str]:
    """The id of a KMS key that goes after the test."""
    kms = target.client("kms")
    one = kms.create_key()["KeyMetadata"]["KeyId"]
    yield str(one)
    kms.schedule_key_deletion(KeyId=one, PendingWindowInDays=7)


def test_a_key_takes_the_place_of_the_queues_own_encryption(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    keyed = {"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"}

    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=keyed)

    assert encryption(sqs, queue.url) == {**keyed, "SqsManagedSseEnabled": "false"}
    unkeyed = {"KmsMasterKeyId": "", "KmsDataKeyReusePeriodSeconds": "300"}
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes=unkeyed)
    assert encryption(sqs, queue.url) == {"SqsManagedSseEnabled": "false"}


def test_a_queue_has_one_encryption(make_queue: MakeQueue, sqs: Any) -> None:
    both = {"KmsMasterKeyId": "testKeyId", "SqsManagedSseEnabled": "true"}

    told = refusal(sqs.set_queue_attributes, QueueUrl=make_queue().url, Attributes=both)

    assert told == (
        "InvalidAttributeName",
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
    )


def test_a_message_goes_through_a_queue_with_a_key(make_queue: MakeQueue, sqs: Any, key: str) -> None:
    queue = make_queue(KmsMasterKeyId=key)

    one = queue.send("grüße 🐙")
    sqs.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "second"}])

    messages = [*queue.receive(count=1), *queue.receive(count=1)]
    assert {message["Body"] for message in messages} == {"grüße 🐙", "second"}
    assert one["MD5OfMessageBody"] in {message["MD5OfBody"] for message in messages}


def test_what_lies_in_a_queue_with_a_key_is_sealed(
    make_queue: MakeQueue, key: str, emulator: LiveEmulator, target: Target
) -> None:
    target.only_emulator("it looks into the store")

    make_queue(KmsMasterKeyId=key).send("in the clear")

    with sqlite3.connect(f"file:{emulator.state_dir}/state.db?mode=ro", uri=True) as store:
        bodies = [row[0] for row in store.execute("SELECT body FROM sqs_messages")]
    assert not any("in the clear" in body for body in bodies)


def test_who_may_not_use_the_key_neither_sends_nor_receives(
    make_queue: MakeQueue, sqs: Any, key: str, target: Target
) -> None:
    queue = make_queue(KmsMasterKeyId=key)
    iam = target.client("iam")
    someone = new_user(iam, "without-key")
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": queue.arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=someone.name, PolicyName="p", PolicyDocument=policy)
    user = target.client("sqs", **someone.keys)
    queue.send("secret")

    sent = refusal(user.send_message, QueueUrl=queue.url, MessageBody="x")
    received = refusal(user.receive_message, QueueUrl=queue.url)

    assert (sent[0], received[0]) == ("KMS.AccessDeniedException", "KMS.AccessDeniedException")
    assert queue.bodies() == ["secret"]


def test_a_key_that_is_not_there_takes_no_message(make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue(KmsMasterKeyId="alias/nobody-has-this")

    assert refusal(sqs.send_message, QueueUrl=queue.url, MessageBody="x")[0] == "KMS.NotFoundException"


def test_topics_do_not_get_past_the_key_that_aws_manages(make_queue: MakeQueue, target: Target) -> None:
    sns, queue = target.client("sns"), make_queue(KmsMasterKeyId="alias/aws/sqs")
    topic = sns.create_topic(Name=queue.url.rpartition("/")[2])["TopicArn"]
    let_in = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [let_in]})
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)

    sns.publish(TopicArn=topic, Message="by the topic")
    queue.send("by a user")

    assert queue.bodies() == ["by a user"]
    assert queue.bodies(wait_s=2) == []
    sns.delete_topic(TopicArn=topic)
