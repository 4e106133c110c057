"""A proxy in front of the table that answers some requests as a table in trouble does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import Counter
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What can become of a request."""

    THROTTLE = "throttled"
    BEFORE = "500 before it was applied"
    AFTER = "500 after it was applied"
    SILENCE = "no answer after it was applied"
    HANG_UP = "connection closed"


_EVERYDAY = (Fault.THROTTLE, Fault.BEFORE, Fault.AFTER, Fault.SILENCE)
_OUTAGE = (Fault.BEFORE, Fault.HANG_UP)
_PREFIX = "com.amazonaws.dynamodb.v20120810#"
_REFUSALS = {
    Fault.THROTTLE: (400, "ThrottlingException"),
    Fault.BEFORE: (500, "InternalServerError"),
    Fault.AFTER: (500, "InternalServerError"),
}


class FaultyTable:
    """Passes requests on to `port`, a share of them into trouble; everything while it is `down`."""

    def __init__(self, port: int, *, share: float, rng: Random) -> None:
        self._upstream = port
        self._share = share
        self._rng = rng
        self.down = False
        self.faults: Counter[Fault] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Streams refer to who waits for them only weakly.
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = _Upstream(self._upstream)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while answer := await self._answer(await _message(reader), upstream, reader):
                writer.write(answer)
                await writer.drain()
        upstream.close()
        writer.close()

    async def _answer(self, request: bytes, upstream: _Upstream, reader: asyncio.StreamReader) -> bytes:
        """What the caller gets; nothing: that its connection is closed."""
        fault = self._fault()
        if fault is None:
            return await upstream.exchange(request)
        self.faults[fault] += 1
        if fault in (Fault.AFTER, Fault.SILENCE):
            await upstream.exchange(request)
        if fault is Fault.SILENCE:
            await reader.read(1)  # until the caller has had enough
        return _refusal(*_REFUSALS[fault]) if fault in _REFUSALS else b""

    def _fault(self) -> Fault | None:
        if self.down:
            return self._rng.choice(_OUTAGE)
        return self._rng.choice(_EVERYDAY) if self._rng.random() < self._share else None


class _Upstream:
    """The connection to the table that belongs to one of ours."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def exchange(self, request: bytes) -> bytes:
        """The table's answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        return await _message(reader)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer, which has a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0]))


def _refusal(status: int, code: str) -> bytes:
    body = json.dumps({"__type": f"{_PREFIX}{code}", "message": "on purpose"}).encode()
    head = f"HTTP/1.1 {status} Fault\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
