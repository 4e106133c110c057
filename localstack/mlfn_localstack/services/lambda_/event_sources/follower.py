"""Follows one shard: gathers batches, calls the function, and decides what a failure means for what comes next."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events.patterns import compile_pattern
from mlfn_localstack.services.lambda_.event_sources.answers import first_failed
from mlfn_localstack.services.lambda_.event_sources.destination import Discarded, send
from mlfn_localstack.services.lambda_.event_sources.shard_reader import PAGE, ShardReader, sequence_of
from mlfn_localstack.services.lambda_.invoker import Call
from mlfn_localstack.services.lambda_.metrics import called_by
from mlfn_localstack.services.lambda_.names import LATEST, FunctionReference

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.progress import Progress
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.event_sources.shard_reader import Record
    from mlfn_localstack.services.lambda_.invoker import Answer
    from mlfn_localstack.services.lambda_.state import LambdaState

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 - 1024
MAX_BACKOFF_S = 60.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a shard is looked at, and how soon a failed batch is tried again."""

    poll_s: float = 0.2
    retry_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What is read up to `end`, and of that what the function gets."""

    end: str
    records: list[Record]


class Follower:
    """One shard of one mapping."""

    def __init__(self, state: LambdaState, mappings: Mappings, reader: ShardReader, pace: Pace) -> None:
        self._state = state
        self._mappings = mappings
        self._reader = reader
        self._pace = pace

    async def step(self, document: Document) -> None:
        """Send the next batch, or wait a little if there is none.

        Raises:
            ServiceError: the stream or the function cannot be reached; nothing is lost by trying again.
        """
        progress = self._mappings.progress(document, self._reader.shard)
        if not progress.segments:
            batch = await self._gather(document, progress)
            if batch is None:
                await asyncio.sleep(self._pace.poll_s)
                return
            progress = progress.beginning(batch.end) if batch.records else progress.skipped(batch.end)
            await self._mappings.save_progress(document, self._reader.shard, progress)
        else:
            batch = await self._again(document, progress)
        if batch.records:
            await self._send(document, progress, batch.records)
        elif progress.segments:
            await self._mappings.save_progress(document, self._reader.shard, progress.finished())

    # -- reading

    async def _gather(self, document: Document, progress: Progress) -> _Batch | None:
        """The next batch: full, or what there is when its window closes."""
        batch = _Batch(end=progress.after or "", records=[])
        closes = time.monotonic() + document["MaximumBatchingWindowInSeconds"]
        while True:
            page = await self._reader.read(batch.end or None, self._role(document))
            batch, is_full = _extended(document, batch, page)
            if is_full or (len(page) < PAGE and time.monotonic() >= closes):
                break
            if len(page) < PAGE:
                await asyncio.sleep(self._pace.poll_s)
        return None if batch.end == (progress.after or "") else batch

    async def _again(self, document: Document, progress: Progress) -> _Batch:
        """A segment that was begun before, read again."""
        end, after = progress.segments[0].end, progress.after
        found: list[Record] = []
        while page := await self._reader.read(after, self._role(document)):
            after = sequence_of(page[-1])
            found += [record for record in page if int(sequence_of(record)) <= int(end)]
            if int(after) >= int(end):
                break
        return _Batch(end=end, records=[record for record in found if _wanted(document, record)])

    def _role(self, document: Document) -> str:
        return str(self._state.version(_reference(document)).configuration["Role"])

    # -- sending

    async def _send(self, document: Document, progress: Progress, records: list[Record]) -> None:
        expired = _expired(document, records)
        if expired:
            await self._discard(document, progress, expired, "RecordAgeExceeded", None)
            await self._save(document, progress.skipped(_end_of(progress, expired, records)))
            return
        call = Call(reference=_reference(document), payload=_payload(document, records).encode())
        answer = await self._state.invoker.call(call)
        failed = _first_failed(document, answer, records)
        if failed is None:
            await self._save(document, progress.finished())
            self._mappings.note(document, "OK")
        else:
            self._mappings.note(document, "PROBLEM: Function call failed")
            await self._failed(document, progress, records, failed, answer)

    async def _failed(
        self, document: Document, progress: Progress, records: list[Record], failed: int, answer: Answer
    ) -> None:
        """Leave behind what went well; then cut the rest in two, try it again later, or give it up."""
        segment, rest = progress.segments[0], records[failed:]
        after = sequence_of(records[failed - 1]) if failed else progress.after
        is_error = answer.outcome.error is not None
        limit = document["MaximumRetryAttempts"]
        if is_error and document["BisectBatchOnFunctionError"] and len(rest) > 1:
            await self._save(document, progress.bisected(sequence_of(rest[len(rest) // 2 - 1])))
        elif not failed and 0 <= limit <= segment.attempts:
            await self._discard(document, progress, rest, "RetryAttemptsExhausted", answer)
            await self._save(document, progress.finished())
        else:
            await self._save(document, progress.failed(after))
            await asyncio.sleep(min(self._pace.retry_s * 2 ** min(segment.attempts, 16), MAX_BACKOFF_S))

    async def _discard(
        self,
        document: Document,
        progress: Progress,
        records: list[Record],
        condition: str,
        answer: Answer | None,
    ) -> None:
        response = None
        if answer is not None:
            error = answer.outcome.error
            response = {"statusCode": 200, "executedVersion": answer.version, "functionError": error}
        discarded = Discarded(
            shard=self._reader.shard,
            records=records,
            payload=_payload(document, records),
            condition=condition,
            attempts=progress.segments[0].attempts + (answer is not None),
            request_id=str(uuid.uuid4()),
            response=response,
        )
        role = self._role(document)
        try:
            await send(self._state.emulator.gateway, document, role, discarded)
        except ServiceError as error:  # the shard must not wait for a destination that is gone
            _LOG.warning("%s: no record of a batch that was given up: %s", document["FunctionArn"], error)
            called = called_by(_reference(document), document["Qualifier"] or LATEST)
            self._state.metrics.undelivered(called, "DestinationDeliveryFailures")

    async def _save(self, document: Document, progress: Progress) -> None:
        await self._mappings.save_progress(document, self._reader.shard, progress)


def _extended(document: Document, batch: _Batch, page: list[Record]) -> tuple[_Batch, bool]:
    """A batch with as many records of a page as it takes, and whether it is full."""
    records, end = list(batch.records), batch.end
    size = sum(len(json.dumps(record)) for record in records)
    for record in page:
        if _wanted(document, record):
            size += len(json.dumps(record))
            if records and size > MAX_PAYLOAD_BYTES:
                return _Batch(end=end, records=records), True
            records.append(record)
        end = sequence_of(record)
        if len(records) == document["BatchSize"]:
            return _Batch(end=end, records=records), True
    return _Batch(end=end, records=records), False


def _wanted(document: Document, record: Record) -> bool:
    filters = document.get("FilterCriteria", {}).get("Filters", ())
    return not filters or any(compile_pattern(each["Pattern"])(record) for each in filters)


def _expired(document: Document, records: list[Record]) -> list[Record]:
    limit = document["MaximumRecordAgeInSeconds"]
    oldest = time.time() - limit
    return [r for r in records if limit != -1 and r["dynamodb"]["ApproximateCreationDateTime"] < oldest]


def _end_of(progress: Progress, expired: list[Record], records: list[Record]) -> str:
    return progress.segments[0].end if len(expired) == len(records) else sequence_of(expired[-1])


def _first_failed(document: Document, answer: Answer, records: list[Record]) -> int | None:
    if answer.outcome.error is not None:
        return 0
    if "ReportBatchItemFailures" not in document["FunctionResponseTypes"]:
        return None
    return first_failed(answer.outcome.payload, [sequence_of(record) for record in records])


def _payload(document: Document, records: list[Record]) -> str:
    event = {
        "Records": [{**_whole_seconds(record), "eventSourceARN": document["EventSourceArn"]} for record in records]
    }
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def _whole_seconds(record: Record) -> dict[str, Any]:
    change = record["dynamodb"]
    at = int(change["ApproximateCreationDateTime"])
    return {**record, "dynamodb": {**change, "ApproximateCreationDateTime": at}}


def _reference(document: Document) -> FunctionReference:
    return FunctionReference(name=document["Name"], qualifier=document["Qualifier"])
