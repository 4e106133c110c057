"""Bytes to a server, its answer back, and how long that took; no HTTP library is in between."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from dataclasses import dataclass

HANG_S = 1.0
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    raw: bytes
    elapsed_s: float
    hung: bool
    """Nothing more came, and the server did not close either."""

    @property
    def status(self) -> int | None:
        """The first final status; None if the server closed without a word."""
        found = [int(code) for code in _STATUS.findall(self.raw) if code[:1] != b"1"]
        return found[0] if found else None

    @property
    def statuses(self) -> list[int]:
        """Every status, interim ones as well."""
        return [int(code) for code in _STATUS.findall(self.raw)]

    @property
    def body(self) -> bytes:
        """What follows the first head."""
        return self.raw.partition(b"\r\n\r\n")[2]


def exchange(port: int, raw: bytes, *, timeout_s: float = 5.0) -> Answer:
    """Send bytes, say that there are no more, and read until the server closes."""
    started = time.perf_counter()
    received, hung = b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as client:
        with contextlib.suppress(ConnectionError):  # it may have had enough before we were done
            client.sendall(raw)
            client.shutdown(socket.SHUT_WR)
        try:
            while piece := client.recv(_PIECE):
                received += piece
        except TimeoutError:
            hung = True
        except ConnectionError:
            pass
    return Answer(raw=received, elapsed_s=time.perf_counter() - started, hung=hung)
