"""Topics through boto3, and queues that listen to them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A queue that may get what a topic sends."""

    sqs: Any
    url: str
    arn: str

    def next(self, wait_s: int = 20, **params: Any) -> Any:
        """The next message, taken out; None if none comes."""
        answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=wait_s, **params)
        for message in answer.get("Messages", ()):
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return message
        return None

    def notification(self) -> Any:
        """The next message's body as JSON."""
        return json.loads(self.next()["Body"])


def allowed_from(topic: str, queue: str) -> str:
    """The policy of a queue that a topic may send to."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="session")
def sns(target: Target) -> Any:
    """A boto3 client."""
    return target.client("sns")


@pytest.fixture
def topic(sns: Any) -> Iterator[str]:
    """The ARN of a topic."""
    arn = sns.create_topic(Name=f"conf-{uuid.uuid4().hex[:12]}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


def subscription_of(sns: Any, topic: str, listener: Listener) -> str:
    """The ARN by which a queue listens to a topic."""
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return next(str(each["SubscriptionArn"]) for each in listed if each["Endpoint"] == listener.arn)


MakeListener = Callable[..., Listener]


@pytest.fixture
def listen(target: Target, sns: Any, topic: str) -> Iterator[MakeListener]:
    """Subscribes a new queue to the topic: `listen(RawMessageDelivery="true")`."""
    sqs = target.client("sqs")
    urls: list[str] = []

    def make(*, allowed: bool = True, **attributes: str) -> Listener:
        name = f"conf-{uuid.uuid4().hex[:12]}"
        arn = topic.rpartition(":")[0].replace(":sns:", ":sqs:") + f":{name}"
        given = {"Policy": allowed_from(topic, arn)} if allowed else {}
        url = sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
        urls.append(url)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return Listener(sqs=sqs, url=url, arn=arn)

    yield make
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
