"""Messages and events nested as deep as JSON may be: they go to whom they are for, and keep nobody else from them."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

DEPTHS = [100, 480, 900]


def lists(depth: int, inner: str) -> str:
    return "[" * depth + inner + "]" * depth


@pytest.fixture
def queue(emulator: LiveEmulator) -> tuple[str, str]:
    """A queue that everybody may send to: its URL and ARN."""
    sqs, name = emulator.client("sqs"), f"deep-{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"], arn


def received(emulator: LiveEmulator, url: str) -> Any:
    (message,) = emulator.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    return message["Body"]


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_body_of_deep_lists_is_filtered(emulator: LiveEmulator, queue: tuple[str, str], depth: int) -> None:
    sns, (url, arn) = emulator.client("sns"), queue
    topic = sns.create_topic(Name=f"deep-{uuid.uuid4().hex[:8]}")["TopicArn"]
    attributes = {
        "FilterPolicy": '{"a": ["wanted"]}',
        "FilterPolicyScope": "MessageBody",
        "RawMessageDelivery": "true",
    }
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    sns.publish(TopicArn=topic, Message=f'{{"a": {lists(depth, "1")}}}')
    sns.publish(TopicArn=topic, Message=f'{{"a": {lists(depth, json.dumps("wanted"))}}}')

    assert received(emulator, url).count("[") == depth


def test_a_body_too_deep_to_be_looked_into_reaches_those_who_want_all(
    emulator: LiveEmulator, queue: tuple[str, str]
) -> None:
    sns, (url, arn) = emulator.client("sns"), queue
    topic = sns.create_topic(Name=f"deep-{uuid.uuid4().hex[:8]}")["TopicArn"]
    picky = {"FilterPolicy": '{"a": ["wanted"]}', "FilterPolicyScope": "MessageBody"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn.replace(":deep", ":other"), Attributes=picky)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    body = '{"a": [' * 450 + "1" + "]}" * 450

    sns.publish(TopicArn=topic, Message=body)

    assert received(emulator, url) == body


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_event_of_deep_lists_fits_its_pattern(emulator: LiveEmulator, queue: tuple[str, str], depth: int) -> None:
    events, (url, arn), name = emulator.client("events"), queue, f"deep-{uuid.uuid4().hex[:8]}"
    pattern = {"source": [name], "detail": {"a": ["wanted"], "b": {"c": ["wanted"]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn, "Input": '"fits"'}])
    wanted = json.dumps("wanted")
    detail = f'{{"a": {lists(depth, wanted)}, "b": {lists(depth, json.dumps({"c": "wanted"}))}}}'

    answer = events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": detail}])

    assert answer["FailedEntryCount"] == 0
    assert received(emulator, url) == '"fits"'
