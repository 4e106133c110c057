"""Lambda's side of a single call: a Runtime API that hands out one event and takes its answer."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

ARN = "arn:aws:lambda:local:000000000000:function:image:live"
"""The alias of direct callers: the event is the input itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a function answered."""

    kind: str
    """`response`, `error`, or `init` if it could not even start."""
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a result."""
        return self.kind == "response"


class OneCall:
    """A Runtime API on loopback for one event."""

    def __init__(self, event: bytes, timeout_s: float) -> None:
        self.event = event
        self.timeout_s = timeout_s
        self.answer: Answer | None = None
        self.answered = threading.Event()
        self.settled = threading.Event()
        """The function asks for its next event: it has done everything for this one."""
        self._given = False
        self._server = _Server(self)

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is to be."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> bool:
        """Whether the event is still to be had; whoever asks after it has been answered waits until the end."""
        first, self._given = not self._given, True
        if not first:
            self.settled.set()
        return first

    def give(self, kind: str, body: bytes) -> None:
        """Keep the function's answer."""
        self.answer = Answer(kind=kind, body=body)
        self.answered.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, call: OneCall) -> None:
        self.call = call
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: functions that are ended hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        call = self.server.call
        if not call.take():
            return  # no further event
        self.send_response(200)
        deadline_ms = int((time.time() + call.timeout_s) * 1000)
        for name, value in (
            ("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4())),
            ("Lambda-Runtime-Deadline-Ms", str(deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", ARN),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(call.event))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(call.event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.call.give("init" if "/init/" in self.path else self.path.rpartition("/")[2], body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
