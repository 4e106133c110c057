"""Functions' output on its way to CloudWatch Logs: cut into lines, batched, durable before an answer leaves."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, Params

PRINCIPAL = "lambda.amazonaws.com"
TAIL_BYTES = 4_096
MAX_LINE_BYTES = 262_144 - 26
"""An event of CloudWatch Logs, less what it counts for itself."""
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 1_000_000
LAZY_FLUSH_S = 0.05

_LOG = logging.getLogger(__name__)


class LogStream:
    """One environment's stream; created in CloudWatch Logs when its first line is sent."""

    def __init__(self, gateway: Gateway, group: str, version: str) -> None:
        self.group = group
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"
        self._gateway = gateway
        self._partial = b""
        self._events: deque[tuple[int, str]] = deque()
        self._tail: bytearray | None = None
        self._created = False
        self._wrote = False
        self._flushing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        """Take output of the function."""
        self._wrote = True
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._take(line + b"\n")
        while len(self._partial) >= MAX_LINE_BYTES:
            self._take(self._partial[:MAX_LINE_BYTES])
            self._partial = self._partial[MAX_LINE_BYTES:]

    def line(self, text: str) -> None:
        """Take a line of the platform's; a line the function has not ended goes first."""
        if self._partial:
            partial, self._partial = self._partial, b""
            self._take(partial)
        self._take(text.encode())

    def begin_tail(self) -> None:
        """Start collecting the last 4 KB."""
        self._tail = bytearray()

    def tail(self) -> bytes:
        """The last 4 KB since `begin_tail`."""
        return bytes(self._tail or b"")[-TAIL_BYTES:]

    async def flushed(self) -> None:
        """Hand over what a function wrote before its call is answered; a silent one's platform lines follow lazily.

        The lines join the transaction that is committed before the answer leaves.
        """
        if not self._wrote:
            return
        self._wrote = False
        if self._created and self._flushing is None:
            await self._send_batches(durable=False)
        else:
            await self.flush()

    async def flush(self) -> None:
        """Send everything taken so far."""
        while self._events or self._flushing is not None:
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._send_all())
            await asyncio.shield(self._flushing)

    def _take(self, line: bytes) -> None:
        if self._tail is not None:
            self._tail += line
            del self._tail[: -2 * TAIL_BYTES]
        for start in range(0, len(line), MAX_LINE_BYTES):
            part = line[start : start + MAX_LINE_BYTES].decode("utf-8", "replace")
            self._events.append((int(time.time() * 1000), part))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LAZY_FLUSH_S, self._flush_lazily)

    def _flush_lazily(self) -> None:
        self._timer = None
        if self._events and self._flushing is None:
            self._flushing = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            await self._send_batches(durable=True)
        finally:
            self._flushing = None

    async def _send_batches(self, *, durable: bool) -> None:
        try:
            while self._events:
                await self._send(self._next_batch(), durable=durable)
        except ServiceError as error:
            _LOG.warning("%s: log lines were lost: %s", self.group, error)

    def _next_batch(self) -> list[dict[str, int | str]]:
        batch: list[dict[str, int | str]] = []
        size = 0
        while self._events and len(batch) < MAX_BATCH_EVENTS:
            timestamp, message = self._events[0]
            size += len(message.encode()) + 26
            if batch and size > MAX_BATCH_BYTES:
                break
            self._events.popleft()
            batch.append({"timestamp": timestamp, "message": message})
        return batch

    async def _send(self, events: list[dict[str, int | str]], *, durable: bool) -> None:
        stream = {"logGroupName": self.group, "logStreamName": self.name}
        if not self._created:
            await self._create("CreateLogGroup", {"logGroupName": self.group})
            await self._create("CreateLogStream", stream)
            self._created = True
        try:
            await self._call("PutLogEvents", {**stream, "logEvents": events}, durable=durable)
        except ServiceError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._create("CreateLogGroup", {"logGroupName": self.group})
            await self._create("CreateLogStream", stream)
            await self._call("PutLogEvents", {**stream, "logEvents": events})

    async def _create(self, operation: str, params: Params) -> None:
        try:
            await self._call(operation, params)
        except ServiceError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    async def _call(self, operation: str, params: Params, *, durable: bool = True) -> None:
        await self._gateway.call("logs", operation, params, principal=PRINCIPAL, durable=durable)
