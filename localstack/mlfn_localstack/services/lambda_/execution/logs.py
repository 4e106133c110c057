"""Functions' output on its way to CloudWatch Logs: cut into lines and batched, safe in a file until it is there."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlfn_localstack.log_batches import next_batch
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.execution.log_events import MAX_LINE_BYTES, PRINCIPAL, logged, texts_of
from mlfn_localstack.services.lambda_.execution.output_file import LIMIT_BYTES

if TYPE_CHECKING:
    from mlfn_localstack.service import Gateway, Params
    from mlfn_localstack.services.lambda_.execution.output_folder import OutputFolder

TAIL_BYTES = 4_096
LAZY_FLUSH_S = 0.05

_LOG = logging.getLogger(__name__)


class LogStream:
    """One environment's stream; created in CloudWatch Logs when its first line is sent."""

    def __init__(self, gateway: Gateway, group: str, version: str, folder: OutputFolder) -> None:
        self.group = group
        self.name = f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"
        self._gateway = gateway
        self._partial = b""
        self._events: deque[tuple[int, str]] = deque()
        self._taken = 0
        self._sent = 0
        self._folder = folder
        self._file = folder.file(group, self.name)
        self._ended = False
        self._tail: bytearray | None = None
        self._created = False
        self._flushing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, pipe: int) -> None:
        """From now on this pipe holds the function's output."""
        self._ended = False
        self._begin()
        self._folder.keeper.hold(self._file.path.name, pipe)

    def read(self, pipe: int) -> bytes:
        """What is in the pipe; empty at its end.

        Raises:
            BlockingIOError: nothing is in it.
        """
        return self._file.take(pipe)

    def let_go(self) -> None:
        """The pipe is closed."""
        self._folder.keeper.let_go(self._file.path.name)
        self._ended = True
        self._flush_soon()

    def write(self, data: bytes) -> None:
        """Take output of the function."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._take(line + b"\n")
        while len(self._partial) >= MAX_LINE_BYTES:
            self._take(self._partial[:MAX_LINE_BYTES])
            self._partial = self._partial[MAX_LINE_BYTES:]

    def lines(self, *texts: str) -> None:
        """Take lines of the platform's; a line the function has not ended goes first."""
        if not texts:
            return
        if self._partial:
            partial, self._partial = self._partial, b""
            self._begin()
            self._file.end_line()
            self._take(partial)
        self._begin()
        self._file.add(*texts)
        for text in texts:
            self._take(text.encode())

    def begin_tail(self) -> None:
        """Start collecting the last 4 KB."""
        self._tail = bytearray()

    def tail(self) -> bytes:
        """The last 4 KB since `begin_tail`."""
        return bytes(self._tail or b"")[-TAIL_BYTES:]

    async def flush(self) -> None:
        """Send everything taken so far."""
        goal = self._taken
        while self._sent < goal or self._flushing is not None:
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._send_all())
            await asyncio.shield(self._flushing)
        if self._ended and self._timer is not None:  # the emulator may be gone when it is up
            self._timer.cancel()
            self._timer = None
            self._tidy()

    def _take(self, line: bytes) -> None:
        if self._tail is not None:
            self._tail += logged(line)
            del self._tail[: -2 * TAIL_BYTES]
        for text in texts_of(line):
            self._events.append((int(time.time() * 1000), text))
            self._taken += 1
        self._flush_soon()

    def _begin(self) -> None:
        if not self._file.is_there:
            self._file.begin(self._taken)

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LAZY_FLUSH_S, self._flush_lazily)

    def _flush_lazily(self) -> None:
        self._timer = None
        if (self._events or self._ended) and self._flushing is None:
            self._flushing = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        """Send what is there now; what comes meanwhile has a timer of its own, or gets one."""
        goal = self._taken
        try:
            while self._sent < goal:
                await self._send(next_batch(self._events))
            self._tidy()
        finally:
            self._flushing = None
            if self._events:
                self._flush_soon()

    def _tidy(self) -> None:
        """Let go of the file's content that CloudWatch Logs has."""
        if self._ended and not self._events and not self._partial:
            self._file.remove()
        elif self._file.size > LIMIT_BYTES:
            self._file.begin(self._sent, [text for _, text in self._events], self._partial)

    async def _send(self, events: list[dict[str, int | str]]) -> None:
        self._sent += len(events)
        try:
            await self._put(events)
        except ServiceError as error:
            _LOG.warning("%s: log lines were lost: %s", self.group, error)

    async def _put(self, events: list[dict[str, int | str]]) -> None:
        stream = {"logGroupName": self.group, "logStreamName": self.name}
        if not self._created:
            await self._create("CreateLogGroup", {"logGroupName": self.group})
            await self._create("CreateLogStream", stream)
            self._created = True
        try:
            await self._call("PutLogEvents", {**stream, "logEvents": events})
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

    async def _call(self, operation: str, params: Params) -> None:
        await self._gateway.call("logs", operation, params, principal=PRINCIPAL)
