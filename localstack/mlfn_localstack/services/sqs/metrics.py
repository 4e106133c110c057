"""The metrics SQS publishes of queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from mlfn_localstack.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlfn_localstack.service import Gateway
    from mlfn_localstack.services.sqs.messages import Messages

PRINCIPAL = "sqs.amazonaws.com"
NAMESPACE = "AWS/SQS"
GAUGE_S = 60.0
ACTIVE_S = 6 * 3600.0
"""A queue that nobody has used for so long, and that is empty, has no metrics."""


class QueueMetrics:
    """Counts messages that come and go, and looks once a minute at how many are there."""

    def __init__(self, gateway: Gateway, messages: Messages, names: Callable[[], Iterable[str]]) -> None:
        self._meter: Meter[str] = Meter(gateway, PRINCIPAL, NAMESPACE, _dimension_sets)
        self._messages = messages
        self._names = names
        self._used: dict[str, float] = {}
        self._watching: asyncio.Task[None] | None = None

    def sent(self, queue: str, sizes: Iterable[int]) -> None:
        """Messages of these sizes came."""
        for size in sizes:
            self._count(queue, "NumberOfMessagesSent", 1)
            self._meter.add(queue, "SentMessageSize", "Bytes", float(size))

    def received(self, queue: str, count: int) -> None:
        """So many messages were received; none is counted, too."""
        self._count(queue, "NumberOfMessagesReceived" if count else "NumberOfEmptyReceives", count or 1)

    def deleted(self, queue: str, count: int) -> None:
        """So many messages were deleted."""
        self._count(queue, "NumberOfMessagesDeleted", count)

    def start(self, every_s: float) -> None:
        """Begin looking."""
        self._watching = asyncio.create_task(self._watch(every_s))

    async def stop(self) -> None:
        """Publish the rest."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await self._meter.stop()

    def look(self) -> None:
        """Note how many messages every active queue has."""
        now = time.time()
        self._used = {name: at for name, at in self._used.items() if now - at < ACTIVE_S}
        active = self._used.keys() | self._messages.queues()
        for name in self._names():
            if name in active:
                self._look_at(name, now)

    def _look_at(self, name: str, now: float) -> None:
        counts, oldest = self._messages.counts(name, now), self._messages.oldest(name)
        self._gauge(name, "ApproximateNumberOfMessagesVisible", counts.visible)
        self._gauge(name, "ApproximateNumberOfMessagesNotVisible", counts.in_flight)
        self._gauge(name, "ApproximateNumberOfMessagesDelayed", counts.delayed)
        age_s = 0.0 if oldest is None else max(0.0, now - oldest)
        self._meter.add(name, "ApproximateAgeOfOldestMessage", "Seconds", float(int(age_s)))

    async def _watch(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            self.look()

    def _gauge(self, queue: str, metric: str, value: int) -> None:
        self._meter.add(queue, metric, "Count", float(value))

    def _count(self, queue: str, metric: str, count: int) -> None:
        self._used[queue] = time.time()
        self._meter.add(queue, metric, "Count", float(count))


def _dimension_sets(queue: str) -> list[Mapping[str, str]]:
    return [{"QueueName": queue}]
