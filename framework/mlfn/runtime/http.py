"""A kept-alive HTTP/1.1 connection on a raw socket (RFC 9112).

`http.client` imports the email package, 17 ms of a cold start; `socket` imports `enum` and `selectors`, another 8.
"""

from __future__ import annotations

from _socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, getaddrinfo
from _socket import socket as RawSocket  # noqa: N812 - not the `socket` module
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Headers = dict[bytes, bytes]

HEAD_LIMIT = 262_144
IDLE_LIMIT_S = 20.0
"""A connection unused for longer is replaced: a frozen environment does not see its peer hang up."""
_START, _CHUNK = 8_192, 65_536
"""What is asked for at once: most answers fit into the first, and a larger buffer makes malloc give memory back."""
_BODILESS = frozenset({204, 304})


class ExchangeError(OSError):
    """No answer: `sent` tells whether the request may have arrived."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class Answer:
    """A response: header names are in lower case."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class Endpoint:
    """Where a URL points: its host, port and whether to speak TLS."""

    __slots__ = ("authority", "host", "port", "tls")

    def __init__(self, url: str) -> None:
        scheme, mark, rest = url.partition("://")
        self.tls = scheme == "https" if mark else False
        self.authority = (rest if mark else url).partition("/")[0]
        host, _, port = self.authority.rpartition(":") if self.authority[-1:] != "]" else (self.authority, "", "")
        if not host:
            host, port = self.authority, ""
        self.host = host.strip("[]")
        self.port = int(port) if port else (443 if self.tls else 80)


class Connection:
    """One connection, opened when it is first needed and again after it was lost."""

    __slots__ = ("_buffer", "_endpoint", "_idle_limit_s", "_is_timed", "_last_use", "_socket")

    def __init__(self, endpoint: Endpoint, *, idle_limit_s: float = IDLE_LIMIT_S) -> None:
        self._endpoint = endpoint
        self._socket: Any = None
        self._buffer = b""
        """What has come of the answer and is still to be read."""
        self._is_timed = False
        self._idle_limit_s = idle_limit_s
        self._last_use = 0.0

    def exchange(self, request: bytes, *, timeout_s: float | None = None) -> Answer:
        """The answer to a request, given as the bytes to send; one that a stale connection lost is sent once more.

        Raises:
            ExchangeError: no answer within `timeout_s`, or none at all.
        """
        deadline = None if timeout_s is None else monotonic() + timeout_s
        if self._socket is not None and monotonic() - self._last_use > self._idle_limit_s:
            self.close()
        reused = self._socket is not None
        try:
            return self._exchange(request, deadline)
        except _StaleError as error:
            self.close()
            if not reused:
                raise ExchangeError(str(error), sent=True) from error
        try:
            return self._exchange(request, deadline)
        except _StaleError as error:
            self.close()
            raise ExchangeError(str(error), sent=True) from error

    def close(self) -> None:
        """Let go of the socket, if there is one."""
        if self._socket is not None:
            try:
                self._socket.close()
            except OSError:  # user code has closed its descriptor
                self._socket.detach()
            self._socket = None
        self._buffer = b""

    def _exchange(self, request: bytes, deadline: float | None) -> Answer:
        if self._socket is None:
            self._connect(deadline)
        try:
            self._limit(deadline)
            try:
                self._socket.sendall(request)
                head = self._head(deadline)
            except (BrokenPipeError, ConnectionResetError) as error:
                raise _StaleError(str(error)) from error
            answer = self._answer(head, deadline)
        except _StaleError:
            raise
        except (OSError, ValueError) as error:
            self.close()
            raise ExchangeError(f"{type(error).__name__}: {error}", sent=True) from error
        self._last_use = monotonic()
        return answer

    def _connect(self, deadline: float | None) -> None:
        endpoint = self._endpoint
        problem = OSError(f"{endpoint.host} has no address")
        try:
            host = endpoint.host.encode("ascii")  # of a str, Python imports the IDNA codec
            addresses = getaddrinfo(host, endpoint.port, 0, SOCK_STREAM)
        except (OSError, UnicodeEncodeError) as error:
            raise ExchangeError(f"{endpoint.host}: {error}", sent=False) from error
        for family, kind, protocol, _, address in addresses:
            raw = RawSocket(family, kind, protocol)
            try:
                raw.settimeout(_remaining(deadline))
                raw.connect(address)
                raw.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
                self._socket = _wrapped(raw, endpoint.host) if endpoint.tls else raw
                self._is_timed = deadline is not None
            except OSError as error:
                raw.close()
                problem = error
            else:
                return
        raise ExchangeError(f"{endpoint.host}:{endpoint.port}: {problem}", sent=False) from problem

    def _limit(self, deadline: float | None) -> None:
        if deadline is not None or self._is_timed:
            self._socket.settimeout(_remaining(deadline))
            self._is_timed = deadline is not None

    def _received(self, size: int, deadline: float | None) -> bytes:
        if deadline is not None:
            self._limit(deadline)
        data: bytes = self._socket.recv(size)
        return data

    def _fill(self, deadline: float | None) -> bool:
        data = self._received(_CHUNK, deadline)
        self._buffer += data
        return bool(data)

    def _head(self, deadline: float | None) -> list[bytes]:
        data = self._buffer
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > HEAD_LIMIT:
                raise ValueError("the header section has no end")
            more = self._received(_START, deadline)
            if not more:
                if not data:
                    raise _StaleError("the peer closed the connection")
                raise ValueError("the answer ends inside its header section")
            data = data + more if data else more
        self._buffer = data[end + 4 :]
        return data[:end].split(b"\r\n")

    def _answer(self, head: list[bytes], deadline: float | None) -> Answer:
        status = _status(head[0])
        while 100 <= status < 200:
            head = self._head(deadline)
            status = _status(head[0])
        headers = _headers(head)
        last = headers.get(b"connection", b"").lower() == b"close" or head[0].startswith(b"HTTP/1.0")
        if status in _BODILESS:
            body = b""
        elif headers.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
            body = self._chunked(deadline)
        elif (length := headers.get(b"content-length")) is not None:
            body = self._take(_length(length), deadline)
        else:
            last = True
            body = self._rest(deadline)
        if last:
            self.close()
        return Answer(status, headers, body)

    def _take(self, count: int, deadline: float | None) -> bytes:
        data, missing = self._buffer, count - len(self._buffer)
        if missing > 0:
            data = self._whole(data, missing, deadline)
        self._buffer = data[count:]
        return data if len(data) == count else data[:count]

    def _whole(self, data: bytes, missing: int, deadline: float | None) -> bytes:
        parts = [data]
        while missing > 0:
            data = self._received(min(missing, _CHUNK), deadline)
            if not data:
                raise ValueError("the answer ends inside its body")
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _rest(self, deadline: float | None) -> bytes:
        parts = [self._buffer]
        while data := self._received(_CHUNK, deadline):
            parts.append(data)
        return b"".join(parts)

    def _line(self, deadline: float | None) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > HEAD_LIMIT or not self._fill(deadline):
                raise ValueError("a chunked answer is cut short")
        line = self._buffer[:end]
        self._buffer = self._buffer[end + 2 :]
        return line

    def _chunked(self, deadline: float | None) -> bytes:
        parts = []
        while size := int(self._line(deadline).partition(b";")[0], 16):
            parts.append(self._take(size, deadline))
            if self._line(deadline):
                raise ValueError("a chunk is longer than it says")
        while self._line(deadline):
            pass  # trailers
        return b"".join(parts)


class _StaleError(Exception):
    """The peer hung up before the first byte of its answer."""


def _remaining(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - monotonic(), 0.001)


def _status(line: bytes) -> int:
    if not line.startswith(b"HTTP/1."):
        raise ValueError("the answer is not HTTP/1")
    return int(line[9:12])


def _length(value: bytes) -> int:
    if not value.isdigit():
        raise ValueError("Content-Length is no number")
    return int(value)


def _headers(head: list[bytes]) -> Headers:
    headers: Headers = {}
    for line in head[1:]:
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    return headers


def _wrapped(raw: Any, host: str) -> Any:
    """TLS over a connected socket; `ssl` works on `socket.socket` only."""
    import socket  # noqa: PLC0415 - only AWS itself is reached over TLS, after the first answer
    import ssl  # noqa: PLC0415

    timeout = raw.gettimeout()
    connection = socket.socket(fileno=raw.detach())
    connection.settimeout(timeout)
    return _context(ssl).wrap_socket(connection, server_hostname=host)


def _context(ssl: Any, _kept: list[Any] = []) -> Any:  # noqa: B006 - one context per process, made at first use
    if not _kept:
        from os import environ  # noqa: PLC0415

        _kept.append(ssl.create_default_context(cafile=environ.get("AWS_CA_BUNDLE")))
    return _kept[0]
