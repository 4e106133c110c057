"""One client's HTTP/1.1 connection: requests are answered one after the other, in the order they came."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from mlfn_localstack.http import FAILED, HttpRequest, HttpResponse, Ready
from mlfn_localstack.http_body import BodyLimit, BodyReader, FileBody, whole_body
from mlfn_localstack.http_head import MAX_HEAD_BYTES, MalformedRequestError, RequestHead, parse_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mlfn_localstack.cohort import Cohort
    from mlfn_localstack.http import FileSlice, SpooledBody

logger = logging.getLogger(__name__)

MAX_PIPELINED_BYTES = 1 << 20
DRAIN_S = 2.0
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_SMALL = BodyLimit(max_bytes=64 * 1024)
"""What every request may send, whatever it is for: most need not be asked that."""
_SENT_BYTES = 8 << 20
"""Of a file, that a client has to read in the time it may be idle."""
_NEVER = float("inf")
_LENGTH_NAME_SIZE = len("content-length")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionSettings:
    """What every connection of a server shares."""

    cohort: Cohort
    limit: Callable[[RequestHead], BodyLimit]
    head_timeout_s: float = 10.0
    idle_timeout_s: float = 120.0
    body_timeout_s: float = 20.0
    min_bytes_per_s: int = 16_384
    """A body that comes more slowly than this, after the first `body_timeout_s`, is given up."""


class Connection(asyncio.Protocol):
    """Reads requests, has them answered, writes the answers."""

    def __init__(self, settings: ConnectionSettings, registry: set[Connection]) -> None:
        self._settings = settings
        self._registry = registry
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._head: RequestHead | None = None
        self._body: BodyReader | None = None
        self._whole = b""
        """A body that came in one piece with its head."""
        self._is_answering = False
        self._awaits_turn = False
        """More came while an answer was made: it is looked at after the other clients had their turn."""
        self._task: asyncio.Task[None] | None = None
        """What makes the answer, unless it is made at once."""
        self._closing = False
        self._eof = False
        self._drained: asyncio.Future[None] | None = None
        """Until the client has read enough of what it asked for."""
        self._paused = False
        self._client = ""
        self.is_gone = False
        """The client has hung up: of what it asked for, nothing is to be taken out of a queue for it any more."""
        self._body_started = 0.0
        self.deadline = _NEVER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast("asyncio.Transport", transport)  # what create_server makes for TCP
        peer = transport.get_extra_info("peername")
        self._client = peer[0] if isinstance(peer, tuple) else ""
        self._registry.add(self)
        self.deadline = self._loop.time() + self._settings.head_timeout_s

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; what it asked for still finishes, as in AWS."""
        self._registry.discard(self)
        self._closing = self.is_gone = True
        self.deadline = _NEVER
        if self._body is not None:
            self._body.sink.discard()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It does again, or it is gone."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def eof_received(self) -> bool:
        """The client sends no more: answer what is complete, drop the rest."""
        self._eof = self.is_gone = True
        return self._is_answering or self._awaits_turn

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._closing:
            return
        if not self._is_answering and self._body is None and not self._buffer:
            self.deadline = self._loop.time() + self._settings.head_timeout_s
        self._buffer += data
        if not (self._is_answering or self._awaits_turn):
            self._advance()
        elif len(self._buffer) > MAX_PIPELINED_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def expire(self) -> None:
        """Give up on a client that is too slow, or idle."""
        is_stuck = self._closing or self._drained is not None
        if is_stuck or not (self._buffer or self._head):
            self._transport.abort() if is_stuck else self._transport.close()
            self.deadline = _NEVER
        else:
            self._refuse(MalformedRequestError(408, "The request did not arrive in time."))

    def close_when_idle(self) -> None:
        """Close now, or after the answer that is being made."""
        self._closing = True
        if not self._is_answering:
            self._transport.close()

    def _advance(self) -> None:
        try:
            request = self._next_request()
        except MalformedRequestError as error:
            self._refuse(error)
            return
        if request is not None:
            self.deadline = _NEVER
            self._is_answering = True
            self._settings.cohort.join(request[0], partial(self._take, *request))

    def _next_request(self) -> tuple[HttpRequest, RequestHead] | None:
        head = self._head or self._read_head()
        if head is None:
            return None
        body = self._body
        if body is None:
            data, spooled = self._whole, None
        elif not body.feed(self._buffer):
            allowance_s = self._settings.body_timeout_s + body.received / self._settings.min_bytes_per_s
            self.deadline = self._body_started + allowance_s
            return None
        else:
            data, spooled = _finish(body)
        self._body = None
        request = HttpRequest(
            method=head.method,
            raw_path=head.raw_path,
            raw_query=head.raw_query,
            headers=head.headers,
            body=data,
            client=self._client,
            spooled=spooled,
            known_fields=head.fields,
            peer=self,
        )
        return request, head

    def _read_head(self) -> RequestHead | None:
        buffer = self._buffer
        while buffer[:2] == b"\r\n":  # RFC 9112 2.2: tolerate empty lines before the request line
            del buffer[:2]
        end = buffer.find(b"\r\n\r\n")
        if end > MAX_HEAD_BYTES or (end < 0 and len(buffer) > MAX_HEAD_BYTES):
            raise MalformedRequestError(431, f"The request head is larger than {MAX_HEAD_BYTES} bytes.")
        if end < 0:
            if b"\n\n" in buffer:
                raise MalformedRequestError(400, "Lines must end in CRLF.")
            return None
        head = parse_head(bytes(buffer[:end]))
        del buffer[: end + 4]
        self._whole = b""
        if head.chunked or head.content_length:
            self._begin_body(head)
        self._head = head
        return head

    def _begin_body(self, head: RequestHead) -> None:
        """Take the body if it came with its head, as most do; else prepare to read it."""
        whole = whole_body(head, _SMALL, self._buffer)
        if whole is not None:
            self._whole = whole
            return
        limit = self._settings.limit(head)
        whole = whole_body(head, limit, self._buffer)
        if whole is not None:
            self._whole = whole
            return
        self._body = BodyReader(head, limit)
        self._body_started = self._loop.time()
        if head.expects_continue and not self._buffer:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _take(self, request: HttpRequest, head: RequestHead, answer: Awaitable[HttpResponse]) -> None:
        """Send an answer, once it is there."""
        if isinstance(answer, Ready) and answer.response.file is None and request.spooled is None:
            answer.when_true(partial(self._deliver, answer.response, head))
        else:
            self._task = self._loop.create_task(self._answer(answer, request, head))

    def _deliver(self, response: HttpResponse, head: RequestHead, failure: Exception | None) -> None:
        """Send an answer that is ready."""
        if failure is not None:
            logger.error("Answering %s %s failed", head.method, head.raw_path, exc_info=failure)
            response = FAILED
        self._write(response, head)
        if self._drained is None:
            self._finish_answer(head)
        else:
            self._task = self._loop.create_task(self._finish_once_drained(head))

    async def _answer(self, answer: Awaitable[HttpResponse], request: HttpRequest, head: RequestHead) -> None:
        try:
            response = await answer
        except Exception:
            logger.exception("Answering %s %s failed", request.method, request.raw_path)
            response = FAILED
        self._write(response, head)
        if response.file is not None:
            if head.method != "HEAD" and not self._transport.is_closing():
                await self._send_file(response.file)
            response.file.close()
        if request.spooled is not None:
            request.spooled.path.unlink(missing_ok=True)
        await self._finish_once_drained(head)

    def _write(self, response: HttpResponse, head: RequestHead) -> None:
        if not self._transport.is_closing():
            keep_alive = head.keep_alive and not self._closing
            self._transport.write(encode_response(response, head.method, keep_alive=keep_alive))

    async def _finish_once_drained(self, head: RequestHead) -> None:
        if self._drained is not None and not self._transport.is_closing():
            self.deadline = self._loop.time() + self._settings.idle_timeout_s
            await self._drained
        self._finish_answer(head)

    def _finish_answer(self, head: RequestHead) -> None:
        self._task, self._head, self._is_answering = None, None, False
        if head.keep_alive:
            self._resume()
        else:
            self._closing = True
            self._transport.close()

    async def _send_file(self, part: FileSlice) -> None:
        end = part.offset + part.length
        try:
            with part.open() as file:
                for place in range(part.offset, end, _SENT_BYTES):
                    async with asyncio.timeout(self._settings.idle_timeout_s):  # it may not read what it asked for
                        await self._loop.sendfile(self._transport, file, place, min(_SENT_BYTES, end - place))
        except (OSError, RuntimeError):  # the client went away, or the file did
            self._closing = True
            self._transport.abort()

    def _read_on(self) -> None:
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def _resume(self) -> None:
        self._read_on()
        if self._closing:
            self._transport.close()
            return
        wait_s = self._settings.head_timeout_s if self._buffer else self._settings.idle_timeout_s
        self.deadline = self._loop.time() + wait_s
        if self._buffer:
            self._awaits_turn = True
            self._loop.call_soon(self._go_on)
        elif self._eof:
            self._transport.close()

    def _go_on(self) -> None:
        """Answer what came meanwhile."""
        self._awaits_turn = False
        if self._closing:
            return
        self._read_on()
        self._advance()
        if self._eof and not (self._is_answering or self._awaits_turn):
            self._transport.close()

    def _refuse(self, error: MalformedRequestError) -> None:
        """Answer and close, but read on for a moment: a reset would take the answer from a client that still sends."""
        body = json.dumps({"message": error.message}).encode()
        headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", error.error_type))
        response = HttpResponse(status=error.status, headers=headers, body=body)
        if self._body is not None:
            self._body.sink.discard()
            self._body = None
        self._closing = True
        self._buffer.clear()
        self._transport.write(encode_response(response, "POST", keep_alive=False))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.deadline = self._loop.time() + DRAIN_S


def _finish(body: BodyReader) -> tuple[bytes, SpooledBody | None]:
    if isinstance(body.sink, FileBody):
        return b"", body.sink.finish()
    return bytes(body.sink.data), None


@lru_cache(maxsize=64)
def _status_line(status: int, now: int) -> str:
    """The status line and the date, which all answers of one second share."""
    return f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\nDate: {formatdate(now, usegmt=True)}\r\n"


def encode_response(response: HttpResponse, method: str, *, keep_alive: bool) -> bytes:
    """A response as bytes; only the head if its body is a file or the method is HEAD."""
    status = response.status
    lines = [_status_line(status, int(time.time()))]
    length: int | str = len(response.body) if response.file is None else response.file.length
    for name, value in response.headers:
        if len(name) == _LENGTH_NAME_SIZE and name.lower() == "content-length":
            length = value
        else:
            lines.append(f"{name}: {value if value.isprintable() else _header_value(value)}\r\n")
    if status >= 200 and status not in (204, 304):
        lines.append(f"Content-Length: {length}\r\n")
    lines.append("\r\n" if keep_alive else "Connection: close\r\n\r\n")
    head = "".join(lines).encode("latin-1", "replace")
    return head if method == "HEAD" or response.file is not None or status in (204, 304) else head + response.body


def _header_value(value: str) -> str:
    if "\r" in value or "\n" in value or "\0" in value:
        return value.translate({13: " ", 10: " ", 0: " "})
    return value
