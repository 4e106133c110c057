"""How long a state machine takes: from StartExecution to the first DescribeExecution that says it has succeeded."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any

from emulators.signing import Signer

if TYPE_CHECKING:
    from emulators.subjects import Running

POLL_S = 0.0005
LIMIT_S = 30.0


class States:
    """Step Functions over one kept connection, signed request by request."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)

    def durations_ms(self, machine: str, *, rounds: int) -> list[float]:
        """Milliseconds of `rounds` executions, one after the other."""
        return [self._run(machine) for _ in range(rounds)]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _run(self, machine: str) -> float:
        name = f"run-{time.perf_counter_ns()}"
        begun = time.perf_counter()
        started = self._call("StartExecution", {"stateMachineArn": machine, "name": name, "input": '{"a": 1}'})
        while (status := self._status(started["executionArn"])) == "RUNNING":
            if time.perf_counter() - begun > LIMIT_S:
                raise RuntimeError(f"{machine} is not done after {LIMIT_S:.0f} s.")
            time.sleep(POLL_S)
        if status != "SUCCEEDED":
            raise RuntimeError(f"{machine} ended as {status}.")
        return (time.perf_counter() - begun) * 1000

    def _status(self, execution: str) -> str:
        return str(self._call("DescribeExecution", {"executionArn": execution})["status"])

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        running = self._running
        signer = Signer(service="states", access_key=running.access_key, secret_key=running.secret_key)
        headers = {"x-amz-target": f"AWSStepFunctions.{operation}", "content-type": "application/x-amz-json-1.0"}
        raw = signer.request(running.host, "/", json.dumps(params).encode(), headers)
        if self._connection.sock is None:
            self._connection.connect()
        self._connection.sock.sendall(raw)
        response = http.client.HTTPResponse(self._connection.sock, method="POST")
        response.begin()
        body = response.read()
        if response.will_close:
            self._connection.close()
        if response.status != 200:
            raise RuntimeError(f"{operation} answers {response.status}: {body[:300]!r}")
        answer: dict[str, Any] = json.loads(body)
        return answer
