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
SELDOM_S = 0.01
INPUT = '{"input": "a"}'
LIMIT_S = 30.0


class States:
    """Step Functions over one kept connection, signed request by request."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)

    def durations_ms(self, machine: str, *, rounds: int) -> list[float]:
        """Milliseconds of `rounds` executions, one after the other."""
        return [self._run(machine, POLL_S)[0] for _ in range(rounds)]

    def told_ms(self, machine: str) -> float:
        """Milliseconds of one execution by its own start and stop: asking often would slow down what is measured."""
        return self._run(machine, SELDOM_S)[1]

    def sync_once_ms(self, machine: str) -> float:
        """Milliseconds of a synchronous execution of an express state machine."""
        begun = time.perf_counter()
        ended = self._call("StartSyncExecution", {"stateMachineArn": machine, "input": INPUT})
        if ended["status"] != "SUCCEEDED":
            raise RuntimeError(f"{machine} ended as {ended['status']}: {ended.get('error')}, {ended.get('cause')}")
        return (time.perf_counter() - begun) * 1000

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _run(self, machine: str, poll_s: float) -> tuple[float, float]:
        """Milliseconds of one execution, by our clock and by its own."""
        name = f"run-{time.perf_counter_ns()}"
        begun = time.perf_counter()
        started = self._call("StartExecution", {"stateMachineArn": machine, "name": name, "input": INPUT})
        while (told := self._told(started["executionArn"]))["status"] == "RUNNING":
            if time.perf_counter() - begun > LIMIT_S:
                raise RuntimeError(f"{machine} is not done after {LIMIT_S:.0f} s.")
            time.sleep(poll_s)
        if told["status"] != "SUCCEEDED":
            raise RuntimeError(f"{machine} ended as {told['status']}.")
        own = (float(told["stopDate"]) - float(told["startDate"])) * 1000
        return (time.perf_counter() - begun) * 1000, own

    def _told(self, execution: str) -> dict[str, Any]:
        return self._call("DescribeExecution", {"executionArn": execution})

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
