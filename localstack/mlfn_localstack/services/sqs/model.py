"""What SQS keeps of queues: their attributes, tags and when they were made; messages are in `messages.py`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs import errors
from mlfn_localstack.services.sqs.arrivals import Arrivals
from mlfn_localstack.services.sqs.attributes import lets_redrive, redrive_of
from mlfn_localstack.services.sqs.messages import Messages
from mlfn_localstack.services.sqs.metrics import QueueMetrics
from mlfn_localstack.services.sqs.urls import named_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, RequestContext

PAUSE_S = 60.0
"""Between two purges of a queue, and between a queue's deletion and another one of its name."""

Queue = dict[str, Any]
"""`Name`, `Attributes` (as texts), `Tags`, `Created`, `Modified`, and `Purged`, in seconds."""


class SqsState:
    """Queues by name, their messages, and who waits for some."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.messages = Messages(environment.store)
        self.arrivals = Arrivals()
        self.metrics = QueueMetrics(environment.gateway, self.messages, lambda: [each["Name"] for each in self.all()])
        self.pause_s = float(environment.options.get("sqs_pause_s", PAUSE_S))
        self._queues = environment.store.documents("sqs-queue")
        self._deleted = environment.store.documents("sqs-deleted")
        self._prefix = f"arn:aws:sqs:{environment.region}:{environment.account_id}:"

    def arn(self, name: str) -> str:
        """The ARN of a queue."""
        return self._prefix + name

    def url(self, context: RequestContext, name: str) -> str:
        """The URL of a queue, at the address under which a client reached the emulator."""
        return f"{context.endpoint}/{self.environment.account_id}/{name}"

    def find(self, name: str) -> Queue | None:
        """A queue by name, or None."""
        queue: Queue | None = self._queues.get(name)
        return queue

    def find_arn(self, arn: str) -> Queue | None:
        """A queue by ARN, or None."""
        return self.find(arn.removeprefix(self._prefix)) if arn.startswith(self._prefix) else None

    def queue(self, url: str) -> Queue:
        """The queue that a URL names, on whatever host.

        Raises:
            ServiceError: InvalidAddress, QueueDoesNotExist.
        """
        named = named_by(url)
        if named is None:
            if (queue := self.find(url)) is not None:
                return queue  # a name alone will do
            raise errors.invalid_address(url)
        region, account, name = named
        queue = self.find(name)
        elsewhere = region not in (None, self.environment.region) or account != self.environment.account_id
        if queue is None or elsewhere:
            raise errors.no_queue()
        return queue

    def all(self, prefix: str = "") -> list[Queue]:
        """All queues whose names begin so, by name."""
        return [queue for _, queue in self._queues.items(prefix)]

    def put(self, queue: Queue) -> None:
        """Write a queue."""
        self._queues.put(queue["Name"], queue)

    def delete(self, queue: Queue) -> None:
        """Remove a queue with its messages."""
        name = queue["Name"]
        self._queues.delete(name)
        self._deleted.put(name, time.time())
        self.messages.clear(name)
        self.arrivals.notify(name)

    def check_name_is_free(self, name: str) -> None:
        """Refuse a name that was in use a moment ago.

        Raises:
            ServiceError: QueueDeletedRecently.
        """
        at = self._deleted.get(name)
        if at is not None and time.time() - at < self.pause_s:
            raise errors.deleted_recently()
        self._deleted.delete(name)

    def forget_deleted(self) -> None:
        """Forget which names were in use, where that does not matter any more."""
        for name, at in self._deleted.items():
            if time.time() - at >= self.pause_s:
                self._deleted.delete(name)

    def check_redrive(self, name: str, attributes: Mapping[str, str]) -> None:
        """Refuse a redrive policy whose dead-letter queue is not there, of another kind, or does not want it.

        Raises:
            ServiceError: InvalidParameterValue.
        """
        redrive = redrive_of(attributes)
        if redrive is None:
            return
        text, target = attributes["RedrivePolicy"], self.find_arn(redrive[0])
        if target is None:
            raise errors.invalid_value(text, "RedrivePolicy", "Dead letter target does not exist.")
        if is_fifo(target) != (attributes.get("FifoQueue") == "true"):
            reason = "Dead-letter queue must be same type of queue as the source."
            raise errors.invalid_value(text, "RedrivePolicy", reason)
        if not lets_redrive(target["Attributes"], self.arn(name)):
            reason = "The dead-letter queue's redrive allow policy does not allow this source queue."
            raise errors.invalid_value(text, "RedrivePolicy", reason)


def is_fifo(queue: Queue) -> bool:
    """Whether a queue keeps the order of its groups."""
    return bool(queue["Attributes"].get("FifoQueue") == "true")


def number(queue: Queue, attribute: str) -> int:
    """An attribute that is a number."""
    return int(queue["Attributes"][attribute])
