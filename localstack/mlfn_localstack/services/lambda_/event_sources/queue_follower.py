"""Follows a queue: gathers batches, calls the function with several at a time, deletes what went well.

What did not comes back when its visibility timeout is over, and is counted by the queue.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.event_sources.answers import failed
from mlfn_localstack.services.lambda_.event_sources.queue_reader import LONGEST_WAIT_S, QueueReader, wanted
from mlfn_localstack.services.lambda_.invoker import Call
from mlfn_localstack.services.lambda_.names import FunctionReference

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.queue_reader import Record
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.invoker import Answer
    from mlfn_localstack.services.lambda_.state import LambdaState

FIRST_CONCURRENCY, GROWTH_PER_S, MOST_CONCURRENCY = 5, 5.0, 1_000
"""Batches at a time: at first, and how many more a second while the queue does not get empty.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 - 1024
RETRY_S = (0.5, 10.0)
"""Between attempts to call a function that refuses calls."""

_LOG = logging.getLogger(__name__)


class QueueFollower:
    """The queue of one mapping."""

    def __init__(self, state: LambdaState, mappings: Mappings, reader: QueueReader) -> None:
        self._state = state
        self._mappings = mappings
        self._reader = reader
        self._running: set[asyncio.Task[None]] = set()
        self._busy_since: float | None = None
        """Since when the queue has had messages whenever it was looked at."""

    async def step(self, document: Document) -> None:
        """Begin the next batch, as soon as there is one and one fewer than the most are under way.

        Raises:
            ServiceError: the queue cannot be read.
        """
        while len(self._running) >= (most := self._concurrency(document)):
            growing_s = 1 / GROWTH_PER_S if most < _limit(document) else None
            await asyncio.wait(self._running, timeout=growing_s, return_when=asyncio.FIRST_COMPLETED)
        visible_for_s = await self._reader.visibility_s(self._role(document))
        received_at = time.monotonic()
        parts = _parts(await self._gather(document))
        self._busy_since = (self._busy_since or received_at) if parts else None
        for part in parts:
            task = asyncio.create_task(self._work(document, part, received_at + visible_for_s))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def interrupt(self) -> None:
        """Have `step` come back if it waits for messages."""
        self._reader.interrupt()

    async def stop(self) -> None:
        """End what is under way: its messages will be seen again."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _concurrency(self, document: Document) -> int:
        busy_s = 0.0 if self._busy_since is None else time.monotonic() - self._busy_since
        return min(_limit(document), FIRST_CONCURRENCY + int(busy_s * GROWTH_PER_S))

    async def _gather(self, document: Document) -> list[Record]:
        """Messages that fill a batch, or come before its window closes; those nobody wants are deleted."""
        role, size = self._role(document), document["BatchSize"]
        window_s = document["MaximumBatchingWindowInSeconds"]
        found: list[Record] = []
        left_s: float = LONGEST_WAIT_S
        closes = 0.0
        while left_s > 0 and len(found) < size and sum(map(_size, found)) < MAX_PAYLOAD_BYTES:
            records = await self._reader.read(role, size - len(found), math.ceil(left_s))
            if not records and not found:
                break
            fitting = wanted(document, records)
            await self._reader.delete([record for record in records if record not in fitting], role)
            closes = closes or time.monotonic() + window_s
            found += fitting
            left_s = closes - time.monotonic()
        return found

    async def _work(self, document: Document, records: list[Record], visible_at: float) -> None:
        try:
            answer = await self._call(document, records, visible_at)
            done = _done(document, answer, records)
            await self._reader.delete(done, self._role(document))
        except ServiceError as error:
            self._mappings.note(document, f"PROBLEM: {error.message}")
        except Exception:
            _LOG.exception("A batch of the event source mapping %s failed", document["UUID"])
        else:
            complete = len(done) == len(records)
            self._mappings.note(document, "OK" if complete else "PROBLEM: Function call failed")

    async def _call(self, document: Document, records: list[Record], visible_at: float) -> Answer:
        """The function's answer; a function that is too busy is called again while the messages are still hidden."""
        payload = json.dumps(_event(document, records), separators=(",", ":"), ensure_ascii=False).encode()
        delay_s, most_s = RETRY_S
        while True:
            try:
                return await self._state.invoker.call(Call(reference=_reference(document), payload=payload))
            except ServiceError as error:
                retriable = error.status == 429 or error.status >= 500
                if not retriable or time.monotonic() + delay_s > visible_at:
                    raise
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, most_s)

    def _role(self, document: Document) -> str:
        return str(self._state.version(_reference(document)).configuration["Role"])


def _event(document: Document, records: list[Record]) -> dict[str, Any]:
    """What the function gets: only mappings with a window name the digest of attributes that are not there."""
    always = {"md5OfMessageAttributes": None} if document["MaximumBatchingWindowInSeconds"] else {}
    return {"Records": [always | record for record in records]}


def _limit(document: Document) -> int:
    return int(document.get("ScalingConfig", {}).get("MaximumConcurrency", MOST_CONCURRENCY))


def _parts(records: list[Record]) -> list[list[Record]]:
    """Records in as many batches as it takes for each to fit a call."""
    parts: list[list[Record]] = []
    left = 0
    for record in records:
        left -= _size(record)
        if left < 0:
            parts.append([])
            left = MAX_PAYLOAD_BYTES - _size(record)
        parts[-1].append(record)
    return parts


def _size(record: Record) -> int:
    return len(json.dumps(record, ensure_ascii=False).encode())


def _done(document: Document, answer: Answer, records: list[Record]) -> list[Record]:
    if answer.outcome.error is not None:
        return []
    if "ReportBatchItemFailures" not in document["FunctionResponseTypes"]:
        return records
    again = failed(answer.outcome.payload, [record["messageId"] for record in records])
    return [record for at, record in enumerate(records) if at not in again]


def _reference(document: Document) -> FunctionReference:
    return FunctionReference(name=document["Name"], qualifier=document["Qualifier"])
