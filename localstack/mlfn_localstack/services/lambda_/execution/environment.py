"""An execution environment: a process behind its own Runtime API endpoint, one invocation at a time."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from mlfn_localstack.services.lambda_.execution import processes
from mlfn_localstack.services.lambda_.execution.accepting import Acceptor
from mlfn_localstack.services.lambda_.execution.invocation import (
    InitFailedError,
    Invocation,
    Outcome,
    exit_message,
    exited,
    not_started,
    timed_out,
)
from mlfn_localstack.services.lambda_.execution.report import LogFormat, Report
from mlfn_localstack.services.lambda_.execution.runner import Launch, Listener, Runner, Sandbox, describe_exit
from mlfn_localstack.services.lambda_.execution.runtime_api import RuntimeConnection
from mlfn_localstack.services.lambda_.execution.runtime_requests import RuntimeRequests
from mlfn_localstack.services.lambda_.execution.storage import StorageWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.lambda_.model import FunctionVersion

INIT_LIMIT_S = 10.0
BACKLOG = 100
FREEZE_AFTER_S = 0.01
"""Two signals per call cost more than a warm call itself; under steady traffic none are sent."""
PEAK_EVERY_S = 0.1
MAX_PROCESSES = 1024
"""Execution processes and threads of one environment (AWS Lambda quotas)."""


class LogStream(Protocol):
    """Where an environment's output goes."""

    def write(self, data: bytes) -> None:
        """Take output as it comes, whole lines or not."""

    def lines(self, *texts: str) -> None:
        """Take lines of the platform's."""

    def begin_tail(self) -> None:
        """Start collecting the last 4 KB."""

    def tail(self) -> bytes:
        """The last 4 KB since `begin_tail`."""

    async def flush(self) -> None:
        """Return once everything taken is durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """What an environment is made from; `launch` still lacks the Runtime API's address."""

    version: FunctionVersion
    launch: Launch
    log_format: LogFormat
    expires_at: float
    """When its credentials end (monotonic time); it takes no call after that."""
    freeze: bool = True
    init_limit_s: float = INIT_LIMIT_S


@dataclass(slots=True)
class _Call:
    """The invocation under way."""

    invocation: Invocation
    answered: asyncio.Future[Outcome]
    finished: asyncio.Future[None]
    timer: asyncio.TimerHandle
    started: float
    outcome: Outcome | None = None


class ExecutionEnvironment:
    """Starts once, then runs invocations until it is killed or ends by itself."""

    def __init__(
        self,
        spec: EnvironmentSpec,
        runner: Runner,
        log: LogStream,
        *,
        on_idle: Callable[[ExecutionEnvironment], bool],
        on_dead: Callable[[ExecutionEnvironment], None],
    ) -> None:
        self.spec = spec
        self.idle_since = 0.0
        self.dead = False
        self._runner = runner
        self._log = log
        self._on_idle = on_idle
        self._on_dead = on_dead
        self._door: Acceptor | None = None
        self._sandbox: Sandbox | None = None
        self._ready: asyncio.Future[None] | None = None
        self._next: RuntimeConnection | None = None
        self._connections: list[RuntimeConnection] = []
        self._call: _Call | None = None
        self._init_ms: float | None = None
        self._init_started = 0.0
        self._answered_at = 0.0
        self._frozen = False
        self._freezing: asyncio.TimerHandle | None = None
        self._peak_mb = 0.0
        self._peak_read_at = 0.0
        self._out_of_memory = False
        self._out_of_storage = False
        self._storage = StorageWatch(spec.launch.scratch, spec.launch.storage_mb)

    # -- life

    async def start(self) -> None:
        """Run the init phase.

        Raises:
            InitFailedError: it failed, ended, or took too long.
        """
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        self._door = Acceptor(socket.create_server(("127.0.0.1", 0), backlog=BACKLOG), self._connected)
        launch = replace(
            self.spec.launch,
            environment={**self.spec.launch.environment, "AWS_LAMBDA_RUNTIME_API": self._door.address},
            listeners=(*self.spec.launch.listeners, Listener(port=self._door.port, connected=self._connected)),
        )
        self._init_started = time.perf_counter()
        try:
            self._sandbox = self._runner.start(launch, self._log.write, self._exited)
            await asyncio.wait_for(asyncio.shield(self._ready), self.spec.init_limit_s)
        except FileNotFoundError as error:
            self._die()
            raise InitFailedError(not_started(self.spec.version.wrapper, error)) from error
        except TimeoutError:
            elapsed_ms = self.spec.init_limit_s * 1000
            self._log.lines(self.spec.log_format.init_timed_out(elapsed_ms))
            self.kill()
            outcome = timed_out("", self.spec.init_limit_s)
            raise InitFailedError(outcome, timed_out=True) from None
        except BaseException:
            self.kill()
            raise

    async def invoke(self, invocation: Invocation) -> Outcome:
        """Run one call and give its outcome, which is never an exception."""
        loop = asyncio.get_running_loop()
        timeout_s = self.spec.version.timeout_s
        call = _Call(
            invocation=invocation,
            answered=loop.create_future(),
            finished=loop.create_future(),
            timer=loop.call_later(timeout_s, self._time_is_up),
            started=time.perf_counter(),
        )
        self._call = call
        self._log.begin_tail()
        self._log.lines(self.spec.log_format.start(invocation.request_id, self.spec.version.version))
        self._send(call, int((time.time() + timeout_s) * 1000))
        outcome = await call.answered
        if invocation.wait_for_report:
            await call.finished
            outcome = replace(outcome, log_tail=self._log.tail())
        return outcome

    def report_unstarted(self, request_id: str, outcome: Outcome) -> None:
        """Write how a call ended that waited for this environment, which could not start."""
        version = self.spec.version
        report = Report(
            request_id=request_id,
            duration_ms=(time.perf_counter() - self._init_started) * 1000,
            memory_mb=version.memory_mb,
            peak_mb=min(round(self._peak_mb), version.memory_mb),
            init_ms=None,
            status="timeout" if outcome.status == "timeout" else "error",
            error_type=outcome.error_type,
        )
        log_format = self.spec.log_format
        self._log.lines(log_format.start(request_id, version.version), *log_format.end(report))

    def kill(self) -> None:
        """End it now; an invocation under way ends with it."""
        if self._sandbox is not None and not self.dead:
            self._sandbox.kill()
        self._die()

    @property
    def answered_at(self) -> float | None:
        """When its call was answered (monotonic), if the runtime has not asked for the next since."""
        return self._answered_at if self._call is not None and self._call.outcome is not None else None

    @property
    def started(self) -> bool:
        """Whether its init phase is over."""
        return self._ready is not None and self._ready.done() and not self.dead

    def check_limits(self) -> None:
        """Kill it if its processes hold more memory than the function may, store more, or are too many."""
        if self._sandbox is None or self.dead or self._next is not None:
            return
        members = processes.descendants(self._sandbox.pid)
        used = processes.resident_mb(members)
        self._peak_mb = max(self._peak_mb, used)
        # kept until it has ended: of a process that is being killed the next look sees nothing any more
        self._out_of_memory |= used > self.spec.version.memory_mb
        self._out_of_storage |= self._storage.exceeded()
        if self._out_of_memory or self._out_of_storage or len(members) > MAX_PROCESSES:
            self._sandbox.kill()

    # -- what its runtime says (RuntimeRequests)

    @property
    def request_id(self) -> str | None:
        """The id of the invocation that may still be answered."""
        return self._call.invocation.request_id if self._call and self._call.outcome is None else None

    def runtime_is_ready(self, connection: RuntimeConnection) -> None:
        """The runtime asks for the next event."""
        is_idle_already, self._next = self._next is not None, connection
        if is_idle_already:
            return
        if self._ready is not None and not self._ready.done():
            self._init_ms = (time.perf_counter() - self._init_started) * 1000
            self._ready.set_result(None)
        call, self._call = self._call, None
        if call is not None:
            self._finish(call)
        self.idle_since = time.monotonic()
        if not self._on_idle(self) and self.spec.freeze and not self.dead:
            self._freezing = asyncio.get_running_loop().call_later(FREEZE_AFTER_S, self._freeze)

    def runtime_answered(self, outcome: Outcome) -> None:
        """The runtime answers the invocation under way."""
        if self._call is None or self._sandbox is None:
            return
        self._sandbox.drain()
        self._answer(self._call, outcome)

    def runtime_failed_to_start(self, outcome: Outcome) -> None:
        """The runtime says that its init failed."""
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(InitFailedError(outcome))

    # -- inside

    def _connected(self) -> RuntimeConnection:
        connection = RuntimeConnection(RuntimeRequests(self))
        self._connections = [*(each for each in self._connections if each.is_open), connection]
        if self.dead:
            connection.close()
        return connection

    def _send(self, call: _Call, deadline_ms: int) -> None:
        invocation = call.invocation
        headers = [
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.invoked_arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        ]
        if invocation.client_context is not None:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        connection, self._next = self._next, None
        if connection is None or self._sandbox is None:
            raise RuntimeError("an environment takes a call only after its runtime has asked for one")
        connection.respond(200, invocation.payload, tuple(headers))
        if self._freezing is not None:
            self._freezing.cancel()
            self._freezing = None
        if self._frozen:
            self._frozen = False
            self._sandbox.thaw()

    def _freeze(self) -> None:
        self._freezing = None
        if self._sandbox is not None and not self.dead:
            self._frozen = True
            self._sandbox.freeze()

    def _answer(self, call: _Call, outcome: Outcome) -> None:
        if call.outcome is None:
            call.outcome = outcome
            self._answered_at = time.monotonic()
            if not call.answered.done():
                call.answered.set_result(outcome)

    def _finish(self, call: _Call) -> None:
        """Write the report of a call that is over, and answer it if that has not happened."""
        call.timer.cancel()
        request_id = call.invocation.request_id
        outcome = call.outcome or exited(request_id, "")
        self._answer(call, outcome)
        if self._sandbox is not None:
            self._sandbox.drain()
            self._read_peak(self._sandbox)
        report = Report(
            request_id=request_id,
            duration_ms=(time.perf_counter() - call.started) * 1000,
            memory_mb=self.spec.version.memory_mb,
            peak_mb=min(round(self._peak_mb), self.spec.version.memory_mb),
            init_ms=self._init_ms,
            status=outcome.status,
            error_type=outcome.error_type,
        )
        self._init_ms = None
        self._log.lines(*self.spec.log_format.end(report))
        if not call.finished.done():
            call.finished.set_result(None)

    def _read_peak(self, sandbox: Sandbox) -> None:
        """Once in a while: the file costs as much as a tenth of a warm call."""
        now = time.monotonic()
        if now - self._peak_read_at > PEAK_EVERY_S:
            self._peak_read_at = now
            self._peak_mb = max(self._peak_mb, *map(processes.peak_mb, processes.descendants(sandbox.pid)))

    def _time_is_up(self) -> None:
        call = self._call
        if call is None:
            return
        timeout_s = self.spec.version.timeout_s
        request_id = call.invocation.request_id
        self._log.lines(self.spec.log_format.fault(request_id, f"Task timed out after {timeout_s:.2f} seconds\n"))
        self._answer(call, timed_out(request_id, timeout_s))
        self.kill()

    def _exited(self, code: int) -> None:
        self._out_of_memory |= self._sandbox is not None and self._sandbox.out_of_memory
        reason = "No space left on device" if self._out_of_storage else describe_exit(code)
        if self._ready is not None and not self._ready.done() and not self.dead:
            self._ready.set_exception(InitFailedError(exited("", reason, out_of_memory=self._out_of_memory)))
        if self._call is not None:
            request_id = self._call.invocation.request_id
            outcome = exited(request_id, reason, out_of_memory=self._out_of_memory)
            if self._call.outcome is None:
                self._log.lines(f"{exit_message(request_id, reason)}\n{outcome.error_type}\n")
            self._answer(self._call, outcome)
        self._die()

    def _die(self) -> None:
        if self.dead:
            return
        self.dead = True
        if self._door is not None:
            self._door.close()
        for connection in self._connections:
            connection.close()
        call, self._call = self._call, None
        if call is not None:
            self._finish(call)
        self._on_dead(self)
