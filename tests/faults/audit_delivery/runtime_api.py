"""One function process as Lambda runs it: a Runtime API of its own, a log stream, and `kill -9` at any moment."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_COMMAND = (sys.executable, "-S", "-c", "from mlfn.runtime.loop import main; main()")
_ARN = "arn:aws:lambda:us-east-1:000000000000:function:faults-dev-echo:live"
LIMIT_S = 30
"""A call's time, as its deadline tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a function sent for a call: `response` or `error`."""

    kind: str
    body: bytes


class FunctionProcess:
    """A running image; one call at a time."""

    def __init__(self, task: Path, environ: dict[str, str], log: Path) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connection: socket.socket | None = None
        self._buffer = b""
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._process = subprocess.Popen(
            _COMMAND,
            env={**environ, "AWS_LAMBDA_RUNTIME_API": address, "LAMBDA_TASK_ROOT": str(task)},
            cwd=task,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        self._exit = os.pidfd_open(self._process.pid)

    def send(self, invocation: str, payload: bytes) -> None:
        """Give it a call; it must have asked for one."""
        assert self._connection is not None
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {invocation}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + LIMIT_S) * 1000)}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {_ARN}\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        self.say(f"START RequestId: {invocation} Version: 1")
        self._connection.sendall(head.encode() + payload)

    def posted(self, until: float | None) -> Posted | None:
        """Its answer to the call; None if it has died or the (monotonic) time is over."""
        request = self._request(until)
        if request is None:
            return None
        line, body = request
        kind = line.split()[1].rpartition("/")[2]
        assert kind in ("response", "error"), line
        return Posted(kind=kind, body=body)

    def acknowledge(self) -> None:
        """Take its answer."""
        assert self._connection is not None
        self._connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def asks_for_next(self, until: float | None = None) -> bool:
        """Wait until it asks for the next event; False if it has died or the (monotonic) time is over."""
        request = self._request(until)
        assert request is None or "/invocation/next " in request[0], request
        return request is not None

    def report(self, invocation: str, *, killed: bool) -> None:
        """Write what Lambda writes after a call."""
        status = "\tStatus: error\tError Type: Runtime.ExitError" if killed else ""
        if killed:
            self.say(f"RequestId: {invocation} Error: Runtime exited with error: signal: killed\nRuntime.ExitError")
        self.say(f"END RequestId: {invocation}")
        usage = "Duration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 512 MB\tMax Memory Used: 20 MB"
        self.say(f"REPORT RequestId: {invocation}\t{usage}{status}\t")

    def say(self, text: str) -> None:
        """Write a line of the platform's to its log."""
        os.write(self._log, f"{text}\n".encode())

    def kill(self) -> None:
        """`kill -9`; what it sent before can still be read."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let go of everything."""
        self.kill()
        for each in (self._connection, self._listener):
            if each is not None:
                each.close()
        os.close(self._log)
        os.close(self._exit)

    def _request(self, until: float | None) -> tuple[str, bytes] | None:
        while (found := self._parsed()) is None:
            if not self._receive(until):
                return None
        return found

    def _parsed(self) -> tuple[str, bytes] | None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        lines = head.decode("latin-1").split("\r\n")
        named = dict(line.lower().split(":", 1) for line in lines[1:])
        length = int(named.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return lines[0], rest[:length]

    def _receive(self, until: float | None) -> bool:
        source = (self._connection or self._listener).fileno()
        timeout_s = None if until is None else max(until - time.monotonic(), 0.0)
        ready, _, _ = select.select([source, self._exit], [], [], timeout_s)
        if source not in ready:
            return False
        if self._connection is None:
            self._connection, _ = self._listener.accept()
            return True
        try:
            data = self._connection.recv(65_536)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)
