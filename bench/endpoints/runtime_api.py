"""A Runtime API that tells when the function asked and when it answered."""

from __future__ import annotations

import socket
import time


class RuntimeApi:
    """A Runtime API for one function: one connection at a time, no framework in between."""

    def __init__(self, event: bytes) -> None:
        self._event = event
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._connection: socket.socket | None = None
        self._buffer = b""
        self._number = 0

    def wait_next(self) -> float:
        """When the function asked for an event."""
        self._receive()
        return time.perf_counter()

    def answer(self) -> float:
        """Send the event; when the answer is there."""
        self._number += 1
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{self._number:012}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 30_000}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:bench:live\r\n"
            f"Content-Length: {len(self._event)}\r\n\r\n"
        )
        self._send(head.encode() + self._event)
        body = self._receive()
        now = time.perf_counter()
        if b"good" not in body:
            raise SystemExit(f"wrong answer: {body!r}")
        self._send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        return now

    def close(self) -> None:
        """Hang up."""
        for each in (self._connection, self._listener):
            if each is not None:
                each.close()

    def _send(self, data: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(data)

    def _receive(self) -> bytes:
        while True:
            if self._connection is None:
                self._connection, _ = self._listener.accept()
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if end:
                length = int(
                    next((line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0)
                )
                if len(rest) >= length:
                    self._buffer = rest[length:]
                    return rest[:length]
            data = self._connection.recv(65_536)
            if not data:
                self._connection.close()
                self._connection, self._buffer = None, b""
            self._buffer += data
