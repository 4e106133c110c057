"""Sends what subscription filters let through to their functions, in order, until each batch is taken.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.model import now_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.service import Environment
    from mlfn_localstack.services.logs.subscriptions import Filter, Subscriptions, Waiting

PRINCIPAL = "logs.amazonaws.com"
BATCH_S = 0.1
"""How long events are gathered before they are sent."""
LOOP_S = 5.0
"""The same, for a function whose own lines come back to it."""
MAX_BATCH_EVENTS = 1_000
MAX_BATCH_BYTES = 700_000
"""Even incompressible, and as base64, less than an asynchronous call may carry."""
MAX_AGE_MS = 24 * 3_600_000
BACKOFF_S = (1.0, 60.0)

_LOG = logging.getLogger(__name__)


class SubscriptionDelivery:
    """One sender per filter, as long as something waits for it."""

    def __init__(self, environment: Environment, subscriptions: Subscriptions) -> None:
        self._environment = environment
        self._subscriptions = subscriptions
        self._senders: dict[str, asyncio.Task[None]] = {}
        subscriptions.offered = self._wake

    def start(self) -> None:
        """Go on with what waits."""
        for key in self._subscriptions.keys_with_waiting():
            self._wake(key)

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        tasks = list(self._senders.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self, key: str) -> None:
        if key not in self._senders:
            self._senders[key] = asyncio.create_task(self._send_all(key))

    async def _send_all(self, key: str) -> None:
        failures = 0
        try:
            while (document := self._subscriptions.find(key)) is not None:
                await asyncio.sleep(self._pause_s(document, failures))
                batch = _batch(self._subscriptions.waiting(key, MAX_BATCH_EVENTS))
                if not batch:
                    return
                failures = 0 if await self._sent(document, batch) else failures + 1
        finally:
            del self._senders[key]

    def _pause_s(self, document: Filter, failures: int) -> float:
        least, most = BACKOFF_S
        if failures:
            return float(min(least * 2 ** (failures - 1), most))
        return LOOP_S if document["Loop"] else BATCH_S

    async def _sent(self, document: Filter, batch: Sequence[Waiting]) -> bool:
        """Whether a batch is done with: taken, or too old to be tried again."""
        try:
            await self._invoke(document, batch)
        except ServiceError as error:
            if batch[0].offered_at > now_ms() - MAX_AGE_MS:
                _LOG.info("%s: %s did not take a batch: %s", document["logGroupName"], document["filterName"], error)
                return False
            _LOG.warning("%s: events for %s were dropped", document["logGroupName"], document["filterName"])
        except Exception:  # they are still in the outbox, and must not be tried in a tight loop
            _LOG.exception("%s: a batch could not be sent", document["logGroupName"])
            return False
        await self._subscriptions.remove(batch)
        return True

    async def _invoke(self, document: Filter, batch: Sequence[Waiting]) -> None:
        environment = self._environment
        message = {
            "messageType": "DATA_MESSAGE",
            "owner": environment.account_id,
            "logGroup": document["logGroupName"],
            "logStream": batch[0].stream,
            "subscriptionFilters": [document["filterName"]],
            "logEvents": [
                {
                    "id": f"{event.timestamp:020d}{event.event_id:036d}",
                    "timestamp": event.timestamp,
                    "message": event.message,
                }
                for event in batch
            ],
        }
        data = gzip.compress(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode(), 6)
        params = {
            "FunctionName": document["destinationArn"],
            "InvocationType": "Event",
            "Payload": json.dumps({"awslogs": {"data": base64.b64encode(data).decode()}}).encode(),
        }
        source = group_arn(environment, document["logGroupName"])
        await environment.gateway.call("lambda", "Invoke", params, principal=PRINCIPAL, source_arn=source)


def group_arn(environment: Environment, group: str) -> str:
    """A group as resource policies see it."""
    return f"arn:aws:logs:{environment.region}:{environment.account_id}:log-group:{group}:*"


def _batch(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The first events, all of one stream, that fit into one call."""
    batch: list[Waiting] = []
    size = 0
    for event in waiting:
        if event.stream != waiting[0].stream:
            continue
        size += len(event.message.encode()) + 100
        if batch and size > MAX_BATCH_BYTES:
            break
        batch.append(event)
    return batch
