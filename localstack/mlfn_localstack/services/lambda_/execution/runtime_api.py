"""The Runtime API of one environment: HTTP/1.1 on a loopback port of its own (AWS: "Lambda runtime API")."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol

PREFIX = "/2018-06-01/runtime/"
MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_KNOWN_LINE = 128

Headers = dict[str, str]

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}


class RuntimeEvents(Protocol):
    """What an environment makes of its runtime's requests; each is answered through `connection`."""

    def runtime_request(
        self, connection: RuntimeConnection, method: str, path: str, headers: Headers, body: bytes
    ) -> None:
        """Handle one complete request."""


class RuntimeConnection(asyncio.Protocol):
    """One connection of a runtime client."""

    def __init__(self, events: RuntimeEvents) -> None:
        self._events = events
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.is_open = True
        """Whether the client may still be there; so it is before the connection is made."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write to."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
        if not self.is_open:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        self._transport, self.is_open = None, False

    def data_received(self, data: bytes) -> None:
        """Hand over every request that is complete."""
        self._buffer += data
        try:
            while self._buffer and (request := _take_request(self._buffer)) is not None:
                self._events.runtime_request(self, *request)
        except ValueError:
            self.respond(400, b'{"errorType":"InvalidRequest","errorMessage":"malformed HTTP request"}')
            self.close()

    def respond(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answer the request that was handed over last."""
        if self._transport is None:
            return
        head = [_STATUS_LINES[status], "Content-Type: application/json"]
        head += [f"{name}: {value}" for name, value in headers]
        head += [f"Content-Length: {len(body)}", "", ""]
        self._transport.write("\r\n".join(head).encode("utf-8") + body)

    def close(self) -> None:
        """Hang up, now or once the connection is made."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()


def _take_request(buffer: bytearray) -> tuple[str, str, Headers, bytes] | None:
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        if len(buffer) > MAX_HEAD_BYTES:
            raise ValueError("headers too large")
        return None
    request_line, *lines = bytes(buffer[:head_end]).decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ")
    headers = dict([_known_header(line) if len(line) <= _MAX_KNOWN_LINE else _header(line) for line in lines])
    taken = _take_body(buffer, head_end + 4, headers)
    if taken is None:
        return None
    body, end = taken
    del buffer[:end]
    return method, path, headers, body


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


_known_header = lru_cache(maxsize=512)(_header)
"""Most lines of a request are those of the one before."""


def _take_body(buffer: bytearray, start: int, headers: Headers) -> tuple[bytes, int] | None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _take_chunks(buffer, start)
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError("body too large")
    if len(buffer) < start + length:
        return None
    return bytes(buffer[start : start + length]), start + length


def _take_chunks(buffer: bytearray, position: int) -> tuple[bytes, int] | None:
    """The body and its end; trailers are added to it as nothing (a streaming runtime's error trailers are not read)."""
    chunks: list[bytes] = []
    while (line_end := buffer.find(b"\r\n", position)) >= 0:
        size = int(bytes(buffer[position:line_end]).split(b";")[0], 16)
        position = line_end + 2
        if size == 0:
            trailer_end = buffer.find(b"\r\n", position)
            return None if trailer_end < 0 else (b"".join(chunks), trailer_end + 2)
        if len(buffer) < position + size + 2:
            return None
        chunks.append(bytes(buffer[position : position + size]))
        position += size + 2
    return None
