"""Messages of queues: sent, received, deleted; in order where that is promised; and from a topic to a queue."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from tests.faults.emulator.kill.tally import Tally

_DRAIN_S = 60.0
_VISIBLE_S = 2


class QueueLoad:
    """One client of a standard queue; what is received is deleted only now and then, so that it comes back."""

    def __init__(self, client: Any) -> None:
        self.name = "sqs"
        self.tally = Tally()
        self._client = client
        self._url = ""
        self._there: set[str] = set()
        """Acknowledged, and not deleted."""
        self._gone: set[str] = set()
        """Deleted, and that acknowledged."""
        self._open: set[str] = set()
        """Of a call that was under way at a kill: there or not."""
        self._pending: set[str] = set()

    def prepare(self) -> None:
        """A queue whose messages are soon seen again."""
        attributes = {"VisibilityTimeout": str(_VISIBLE_S)}
        self._url = self._client.create_queue(QueueName="faults", Attributes=attributes)["QueueUrl"]

    def work(self, round_number: int, rng: Random) -> None:
        """Send one or ten, or receive some and delete half of them."""
        match rng.choices(("send", "batch", "receive"), (5, 1, 4))[0]:
            case "send":
                self._send([uuid.uuid4().hex])
            case "batch":
                self._send([uuid.uuid4().hex for _ in range(10)])
            case _:
                self._receive(rng)
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """As many messages are there as must be."""
        self._open |= self._pending
        self._there -= self._pending
        self._pending = set()
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])["Attributes"]
        kinds = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        count = sum(int(attributes[kind]) for kind in kinds)
        if not len(self._there) <= count <= len(self._there) + len(self._open):
            where = self.tally.lost if count < len(self._there) else self.tally.wrong
            where.append(f"round {round_number}: {count} messages instead of {len(self._there)} (+{len(self._open)})")

    def finish(self) -> None:
        """Every message that must be there is received, and none that was deleted."""
        found = drained(self._client, self._url, lambda seen: self._there <= set(seen))
        self.tally.lost += [f"message {body}" for body in self._there - set(found)]
        self.tally.wrong += [f"message {body} came back" for body in self._gone & set(found)]

    def _send(self, bodies: list[str]) -> None:
        self._pending = set(bodies)
        if len(bodies) == 1:
            self._client.send_message(QueueUrl=self._url, MessageBody=bodies[0])
        else:
            entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(bodies)]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                self.tally.wrong.append(f"{answer['Failed']}")
        self._there |= self._pending
        self._pending = set()

    def _receive(self, rng: Random) -> None:
        answer = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=rng.randrange(1, 11))
        for message in answer.get("Messages", ()):
            body = message["Body"]
            if body in self._gone:
                self.tally.wrong.append(f"message {body} came back")
            if rng.random() < 0.5:
                self._pending = {body}
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                self._there.discard(body)
                self._open.discard(body)
                self._gone.add(body)
                self._pending = set()


class OrderLoad:
    """One client of a FIFO queue and of a topic; a call under way at a kill is made again with its token."""

    def __init__(self, sqs: Any, sns: Any) -> None:
        self.name = "sqs-fifo, sns"
        self.tally = Tally()
        self._sqs = sqs
        self._sns = sns
        self._sent: list[str] = []
        self._repeat = ""
        self._published: set[str] = set()
        self._ordered = self._heard = self._topic = ""

    def prepare(self) -> None:
        """A queue that keeps order, and one that listens to a topic."""
        fifo = {"FifoQueue": "true"}
        self._ordered = self._sqs.create_queue(QueueName="faults.fifo", Attributes=fifo)["QueueUrl"]
        self._heard, arn = open_queue(self._sqs, "heard")
        self._topic = self._sns.create_topic(Name="faults")["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn, Attributes=raw)

    def work(self, round_number: int, rng: Random) -> None:
        """Send to the queue that keeps order, or publish."""
        body = uuid.uuid4().hex
        if rng.random() < 0.6:
            self._repeat = body
            self._send()
        else:
            self._sns.publish(TopicArn=self._topic, Message=body)
            self._published.add(body)
        self.tally.acknowledged += 1

    def check(self, round_number: int) -> None:
        """What was under way is sent again, and is there once."""
        self._send()

    def finish(self) -> None:
        """The order is that of the acknowledgements; what was published has arrived."""
        ordered = drained(self._sqs, self._ordered, lambda seen: len(seen) >= len(self._sent))
        if ordered != self._sent:
            missing = set(self._sent) - set(ordered)
            twice = len(ordered) - len(set(ordered))
            self.tally.lost.append(f"order: {len(missing)} missing, {twice} twice, of {len(self._sent)}")
        heard = drained(self._sqs, self._heard, lambda seen: self._published <= set(seen))
        self.tally.lost += [f"publication {body}" for body in self._published - set(heard)]
        self.tally.duplicates += len(heard) - len(set(heard))

    def _send(self) -> None:
        if self._repeat:
            self._sqs.send_message(
                QueueUrl=self._ordered,
                MessageBody=self._repeat,
                MessageGroupId="g",
                MessageDeduplicationId=self._repeat,
            )
            self._sent.append(self._repeat)
            self._repeat = ""


def open_queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    """The URL and ARN of a new queue that topics and buckets may send to."""
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def drained(client: Any, url: str, complete: Callable[[list[str]], bool]) -> list[str]:
    """The bodies that a queue gives, each deleted, until they are complete and nothing more comes."""
    found: list[str] = []
    deadline = time.monotonic() + _DRAIN_S
    while time.monotonic() < deadline:
        answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        if not messages and complete(found):
            break
        found += [message["Body"] for message in messages]
        entries = [{"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)]
        if entries:
            client.delete_message_batch(QueueUrl=url, Entries=entries)
    return found
