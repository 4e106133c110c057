"""Moves messages out of dead-letter queues, back to where they came from or elsewhere, as fast as is asked for."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.sqs.model import is_fifo

if TYPE_CHECKING:
    from mlfn_localstack.services.sqs.messages import Message
    from mlfn_localstack.services.sqs.model import Queue, SqsState

BATCH = 10
_SOURCE = "DeadLetterQueueSourceArn"
_LOG = logging.getLogger(__name__)

Move = dict[str, Any]
"""Members of ListMessageMoveTasksResultEntry."""


class Moves:
    """Tasks that move messages; each is durable, and goes on after a restart."""

    def __init__(self, state: SqsState) -> None:
        self._state = state
        self._documents = state.environment.store.documents("sqs-move")
        self._running: dict[str, asyncio.Task[None]] = {}

    def of(self, source: str) -> list[Move]:
        """The moves out of a queue, newest first."""
        moves = [move for _, move in self._documents.items() if move["SourceArn"] == source]
        return sorted(moves, key=lambda move: int(move["StartedTimestamp"]), reverse=True)

    def find(self, handle: str) -> Move | None:
        """A move by its handle, or None."""
        move: Move | None = self._documents.get(handle)
        return move

    def put(self, move: Move) -> None:
        """Write a move, and begin it if it is to run."""
        handle = move["TaskHandle"]
        self._documents.put(handle, move)
        if move["Status"] == "RUNNING" and handle not in self._running:
            self._running[handle] = asyncio.create_task(self._run(handle))

    def forget(self, moves: list[Move]) -> None:
        """Keep these moves no longer."""
        for move in moves:
            self._documents.delete(move["TaskHandle"])

    def start(self) -> None:
        """Go on with what was running."""
        for _, move in self._documents.items():
            self.put(move)

    async def stop(self) -> None:
        """Leave the rest for the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, handle: str) -> None:
        try:
            while (move := self.find(handle)) is not None and move["Status"] == "RUNNING":
                self.put(self._step(move))
                await self._state.environment.store.durable()
                await asyncio.sleep(_pause_s(move))
        except Exception:
            _LOG.exception("The move %s failed", handle)
        finally:
            self._running.pop(handle, None)

    def _step(self, move: Move) -> Move:
        """The move after its next few messages, which are in either queue at any moment."""
        source = self._state.find_arn(move["SourceArn"])
        messages = [] if source is None else self._next(source, move)
        if source is None or not messages:
            return {**move, "Status": "COMPLETED"}
        for message in messages:
            target = self._state.find_arn(move.get("DestinationArn") or message.system.get(_SOURCE, ""))
            if target is None:
                reason = "AWS.SimpleQueueService.NonExistentQueue"
                return {**move, "Status": "FAILED", "FailureReason": reason}
            self._move(message, target)
            move = {**move, "ApproximateNumberOfMessagesMoved": move["ApproximateNumberOfMessagesMoved"] + 1}
        return move

    def _next(self, source: Queue, move: Move) -> list[Message]:
        """What was there when the move began: what comes later stays."""
        count = min(BATCH, move.get("MaxNumberOfMessagesPerSecond") or BATCH)
        left = move["ApproximateNumberOfMessagesToMove"] - move["ApproximateNumberOfMessagesMoved"]
        now, in_order = time.time(), is_fifo(source)
        return self._state.messages.free(source["Name"], now, min(count, left), in_order=in_order) if left > 0 else []

    def _move(self, message: Message, target: Queue) -> None:
        """Make a new message of an old one."""
        now = time.time()
        system = {name: value for name, value in message.system.items() if name != _SOURCE}
        self._state.messages.remove(message)
        moved = replace(message, id=str(uuid.uuid4()), queue=target["Name"], system=system, sent_at=now, visible_at=now)
        self._state.messages.add(moved)
        self._state.arrivals.notify(target["Name"])


def _pause_s(move: Move) -> float:
    """Until the next step, so that no more than the asked for are moved in a second."""
    rate = move.get("MaxNumberOfMessagesPerSecond")
    return min(BATCH, rate) / rate if rate else 0.0
