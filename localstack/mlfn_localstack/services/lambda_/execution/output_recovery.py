"""After a kill -9: brings to CloudWatch Logs what functions had written and the emulator had not yet stored."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from mlfn_localstack.log_batches import next_batch
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_.execution.log_events import PRINCIPAL, texts_of
from mlfn_localstack.services.lambda_.execution.pipe_keeper import LOCK
from mlfn_localstack.services.lambda_.execution.pipe_keeper_main import LONGEST_S

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path

    from mlfn_localstack.service import Gateway, Params, Result

_LOG = logging.getLogger(__name__)
_LOCK_EVERY_S = 0.02


async def recover(folder: Path, gateway: Gateway, *, own: Container[str]) -> int:
    """Store what an emulator that was killed left in `folder`, but for `own` files; how many lines that were."""
    await _keepers_end(folder)
    stored = 0
    for path in sorted(folder.glob("*.output")):
        if path.name in own:
            continue
        try:
            stored += await _Stream(path, gateway).complete()
        except (ServiceError, ValueError, KeyError) as error:
            _LOG.warning("%s: log lines were lost: %s", path, error)
        path.unlink()
    if stored:
        _LOG.info("%d lines of functions were recovered after a kill of the emulator.", stored)
    return stored


async def _keepers_end(folder: Path) -> None:
    """Wait until the keeper of the emulator before has saved what it held."""
    with (folder / LOCK).open("ab") as lock:
        deadline = time.monotonic() + 2 * LONGEST_S
        while time.monotonic() < deadline:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOCK_EVERY_S)
            else:
                return


class _Stream:
    """One stream that is completed from its file."""

    def __init__(self, path: Path, gateway: Gateway) -> None:
        head, _, self._data = path.read_bytes().partition(b"\n")
        self._head = json.loads(head)
        self._time_ms = int(path.stat().st_mtime * 1000)
        self._gateway = gateway
        self._stream = {"logGroupName": self._head["group"], "logStreamName": self._head["stream"]}

    async def complete(self) -> int:
        """Add the lines that are not there; how many that are."""
        there = await self._count() - self._head["first"]
        waiting = deque((self._time_ms, text) for text in list(self._texts())[max(there, 0) :])
        count = len(waiting)
        if count:
            await self._create("CreateLogGroup", {"logGroupName": self._head["group"]})
            await self._create("CreateLogStream", self._stream)
        while waiting:
            await self._call("PutLogEvents", {**self._stream, "logEvents": next_batch(waiting)})
        return count

    def _texts(self) -> Iterator[str]:
        """The events as the emulator would have sent them."""
        mark = self._head["mark"].encode()
        *lines, rest = self._data.split(b"\n")
        for line in [*(each + b"\n" for each in lines), rest]:
            if line.startswith(mark):
                yield json.loads(line[len(mark) :])
            else:
                yield from texts_of(line)

    async def _count(self) -> int:
        count, token = 0, ""
        params: Params = {**self._stream, "startFromHead": True}
        while True:
            try:
                page = await self._call("GetLogEvents", params)
            except ServiceError as error:
                if error.code != "ResourceNotFoundException":
                    raise
                return 0
            count += len(page["events"])
            if page["nextForwardToken"] == token:
                return count
            params["nextToken"] = token = page["nextForwardToken"]

    async def _create(self, operation: str, params: Params) -> None:
        try:
            await self._call(operation, params)
        except ServiceError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    async def _call(self, operation: str, params: Params) -> Result:
        return await self._gateway.call("logs", operation, params, principal=PRINCIPAL)
