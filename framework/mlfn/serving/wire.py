"""HTTP/1.1 on asyncio's streams (RFC 9112), as much of it as a function's callers and the loop need."""

from __future__ import annotations

from asyncio import IncompleteReadError, LimitOverrunError
from http import HTTPStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

BODY_LIMIT = 6 * 1024 * 1024
"""Lambda's limit for synchronous calls, so that a model behaves the same in both places."""

HEAD_LIMIT = 65_536


class RequestError(Exception):
    """A request that cannot be read: its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Request:
    """One request; header names are in lower case."""

    __slots__ = ("body", "headers", "keeps_alive", "method", "path")

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes, *, keeps_alive: bool) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.keeps_alive = keeps_alive


async def read_request(reader: StreamReader, writer: StreamWriter) -> Request | None:
    """The next request of a connection; None when its peer has hung up.

    Raises:
        RequestError: it is malformed or too large.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (IncompleteReadError, ConnectionError):
        return None
    except LimitOverrunError:
        raise RequestError(431, "The header section is too large.") from None
    lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, version = _request_line(lines[0])
    headers = _headers(lines[1:])
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _body(reader, headers)
    keeps = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method, target.partition("?")[0], headers, body, keeps_alive=keeps)


def response(status: int, headers: dict[str, str], body: bytes, *, keeps_alive: bool = True) -> bytes:
    """A response's bytes."""
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    fields = {**headers, "content-length": str(len(body))}
    if not keeps_alive:
        fields["connection"] = "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1", "replace") + body


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[1].startswith("/") or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise RequestError(400, "The request line is malformed.")
    return parts[0], parts[1], parts[2]


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or name != name.strip() or not name:
            raise RequestError(400, "A header is malformed.")
        if name in ("content-length", "transfer-encoding") and name in headers:
            raise RequestError(400, f"{name} is given twice.")
        headers[name] = value.strip()
    return headers


async def _body(reader: StreamReader, headers: dict[str, str]) -> bytes:
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None and length is not None:
        raise RequestError(400, "The body's length is given in two ways.")
    try:
        if coding is not None:
            if coding.lower() != "chunked":
                raise RequestError(501, f"The transfer coding {coding} is not supported.")
            return await _chunked(reader)
        return await reader.readexactly(_size(length or "0", 10))
    except (IncompleteReadError, LimitOverrunError):
        raise RequestError(400, "The body is cut short.") from None


async def _chunked(reader: StreamReader) -> bytes:
    body = b""
    while size := _size((await reader.readuntil(b"\r\n")).decode("latin-1").partition(";")[0].strip(), 16):
        body += await reader.readexactly(size)
        if len(body) > BODY_LIMIT or await reader.readexactly(2) != b"\r\n":
            raise RequestError(413 if len(body) > BODY_LIMIT else 400, "The body is malformed or too large.")
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return body


def _size(text: str, base: int) -> int:
    if not text.isascii() or not text.isalnum() or len(text) > 16:
        raise RequestError(400, "A length is no number.")
    try:
        size = int(text, base)
    except ValueError:
        raise RequestError(400, "A length is no number.") from None
    if size > BODY_LIMIT:
        raise RequestError(413, f"The body has more than {BODY_LIMIT} bytes.")
    return size
