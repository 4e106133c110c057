"""Runs the mappings that are enabled."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.event_sources.follower import MAX_BACKOFF_S, Follower, Pace
from mlfn_localstack.services.lambda_.event_sources.mapping import is_queue
from mlfn_localstack.services.lambda_.event_sources.queue_follower import QueueFollower
from mlfn_localstack.services.lambda_.event_sources.queue_reader import QueueReader
from mlfn_localstack.services.lambda_.event_sources.shard_reader import ShardReader, shards_of
from mlfn_localstack.services.lambda_.names import FunctionReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.state import LambdaState

_LOG = logging.getLogger(__name__)


class Pollers:
    """One task per mapping."""

    def __init__(self, state: LambdaState, mappings: Mappings, pace: Pace) -> None:
        self._state = state
        self._mappings = mappings
        self._pace = pace
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._shards: dict[str, list[Follower]] = {}
        self._queues: dict[str, QueueFollower] = {}

    def start(self) -> None:
        """Go on with every enabled mapping."""
        for document in self._mappings.all():
            self.changed(document["UUID"])

    async def stop(self) -> None:
        """Leave the rest for the next start; a batch under way will be sent again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for follower in self._queues.values():
            await follower.stop()

    def changed(self, identifier: str) -> None:
        """Have a mapping read if it is there and enabled; settings are looked at before each batch."""
        if identifier in self._queues:
            self._queues[identifier].interrupt()
        if identifier not in self._tasks and self._enabled(identifier) is not None:
            self._tasks[identifier] = asyncio.create_task(self._run(identifier))

    def _enabled(self, identifier: str) -> Document | None:
        document = self._mappings.find(identifier)
        return document if document is not None and document["State"] == "Enabled" else None

    async def _run(self, identifier: str) -> None:
        """Batch after batch of a mapping, as long as it is enabled."""
        failures = 0
        try:
            while (document := self._enabled(identifier)) is not None:
                try:
                    for follower in await self._followers(document):
                        await follower.step(document)
                    failures = 0
                except ServiceError as error:
                    failures += 1
                    self._mappings.note(document, f"PROBLEM: {error.message}")
                    await asyncio.sleep(min(self._pace.retry_s * 2 ** min(failures - 1, 16), MAX_BACKOFF_S))
                except Exception:  # the mapping stays enabled, and must not fail in a tight loop
                    _LOG.exception("The event source mapping %s failed", identifier)
                    await asyncio.sleep(MAX_BACKOFF_S)
        finally:
            del self._tasks[identifier]

    async def _followers(self, document: Document) -> Sequence[Follower | QueueFollower]:
        """Whoever reads the source of a mapping: its queue, or all its shards, one after the other's next batch."""
        identifier = document["UUID"]
        if is_queue(document["EventSourceArn"]):
            return [self._queue(document)]
        if identifier not in self._shards:
            self._shards[identifier] = await self._shard_followers(document)
        return self._shards[identifier]

    def _queue(self, document: Document) -> QueueFollower:
        emulator, identifier = self._state.emulator, document["UUID"]
        if identifier not in self._queues:
            reader = QueueReader(emulator.gateway, document["EventSourceArn"], emulator.region)
            self._queues[identifier] = QueueFollower(self._state, self._mappings, reader)
        return self._queues[identifier]

    async def _shard_followers(self, document: Document) -> list[Follower]:
        reference = FunctionReference(name=document["Name"], qualifier=document["Qualifier"])
        role = str(self._state.version(reference).configuration["Role"])
        gateway, stream = self._state.emulator.gateway, document["EventSourceArn"]
        shards = await shards_of(gateway, stream, role)
        return [
            Follower(self._state, self._mappings, ShardReader(gateway, stream, shard), self._pace) for shard in shards
        ]
