"""HTTP as callers need it: kept alive, from any thread, and clear about whether a request may have arrived."""

from __future__ import annotations

import selectors
import ssl
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE_LIMIT_S = 20.0
"""AWS's endpoints hang up after a minute or so; a younger connection is likely still good."""
_CONNECT_TIMEOUT_S = 5.0


class UnsentError(OSError):
    """The request never left: it is safe to send it again."""


class UnansweredError(OSError):
    """The request may have arrived; nobody knows what came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request, ready to go."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport:
    """Connections to one endpoint, as many as there are calls at the same time."""

    def __init__(self, url: str, *, ca_bundle: str | None = None) -> None:
        parts = urlsplit(url)
        self.authority = parts.netloc
        self._host, self._port = parts.hostname or "", parts.port
        self._tls = ssl.create_default_context(cafile=ca_bundle) if parts.scheme == "https" else None
        self._idle: list[tuple[HTTPConnection, float]] = []
        self._lock = threading.Lock()

    def exchange(self, request: Sent, *, timeout_s: float) -> Received:
        """The answer to a request, which is sent once.

        Raises:
            UnsentError: there is no connection to be had.
            UnansweredError: there was one, and no answer within `timeout_s`.
        """
        connection = self._take() or self._connect()
        try:
            connection.sock.settimeout(timeout_s)
            connection.request(request.method, request.target, body=request.body, headers=dict(request.headers))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise UnansweredError(f"{self.authority} gave no answer: {type(error).__name__}") from error
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if answer.will_close:
            connection.close()
        else:
            self._put_back(connection)
        return Received(status=answer.status, headers=headers, body=body)

    def close(self) -> None:
        """Hang up all idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _take(self) -> HTTPConnection | None:
        """An idle connection that the other side has not closed, or None."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if monotonic() - since < IDLE_LIMIT_S and not _hung_up(connection):
                return connection
            connection.close()

    def _put_back(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._idle.append((connection, monotonic()))

    def _connect(self) -> HTTPConnection:
        if self._tls is None:
            connection = HTTPConnection(self._host, self._port, timeout=_CONNECT_TIMEOUT_S)
        else:
            connection = HTTPSConnection(self._host, self._port, timeout=_CONNECT_TIMEOUT_S, context=self._tls)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise UnsentError(f"{self.authority} cannot be reached: {error}") from error
        return connection


def _hung_up(connection: HTTPConnection) -> bool:
    """Whether the other side has closed an idle connection, or said something nobody asked for."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection.sock, selectors.EVENT_READ)
        return bool(selector.select(timeout=0))
