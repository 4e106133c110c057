"""Queues through boto3."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fixtures.target import Target

WAIT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue and its client."""

    client: Any
    url: str

    @property
    def arn(self) -> str:
        return self.attribute("QueueArn")

    def attribute(self, name: str) -> str:
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def send(self, body: str, **params: Any) -> Any:
        return self.client.send_message(QueueUrl=self.url, MessageBody=body, **params)

    def receive(self, *, wait_s: int = WAIT_S, count: int = 10, **params: Any) -> list[Any]:
        """What the next ReceiveMessage gives."""
        answer = self.client.receive_message(
            QueueUrl=self.url, WaitTimeSeconds=wait_s, MaxNumberOfMessages=count, **params
        )
        return list(answer.get("Messages", ()))

    def bodies(self, **params: Any) -> list[str]:
        return [message["Body"] for message in self.receive(**params)]

    def delete(self, message: Any) -> None:
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


MakeQueue = Callable[..., Queue]


@pytest.fixture(scope="session")
def sqs(target: Target) -> Any:
    """A boto3 client."""
    return target.client("sqs")


@pytest.fixture
def make_queue(sqs: Any) -> Iterator[MakeQueue]:
    """Makes queues: `make_queue(VisibilityTimeout=1)`, `make_queue(fifo=True)`; they go with the test."""
    urls: list[str] = []

    def make(*, fifo: bool = False, **attributes: Any) -> Queue:
        name = f"conf-{uuid.uuid4().hex[:12]}{'.fifo' if fifo else ''}"
        given = {key: str(value) for key, value in attributes.items()} | ({"FifoQueue": "true"} if fifo else {})
        urls.append(sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"])
        return Queue(client=sqs, url=urls[-1])

    yield make
    for url in urls:
        sqs.delete_queue(QueueUrl=url)
