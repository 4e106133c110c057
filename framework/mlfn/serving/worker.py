"""One environment: a child that runs the image's Lambda runtime, and the Runtime API that it talks to."""

from __future__ import annotations

import asyncio
import os
import sys
from time import time

from mlfn.serving.wire import HEAD_LIMIT, RequestError, read_request, response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future, Queue, StreamReader, StreamWriter, Task
    from typing import Any

    from mlfn.serving.wire import Request

ARN = "arn:aws:lambda:local:000000000000:function:{name}:api"
"""The alias says that events have API Gateway's shape."""

RESTART_DELAY_S = 0.5


class Job:
    """One call on its way to a worker; `outcome` gets its answer, or why there is none."""

    __slots__ = ("event", "id", "outcome")

    def __init__(self, id: str, event: bytes, outcome: Future[bytes]) -> None:
        self.id = id
        self.event = event
        self.outcome = outcome


class CallFailedError(Exception):
    """A call without an answer: the status and error type that its caller gets."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type


class Worker:
    """Takes jobs from a queue that all workers share, one at a time."""

    def __init__(self, name: str, jobs: Queue[Job], timeout_s: int) -> None:
        self._name = name
        self._jobs = jobs
        self._timeout_s = timeout_s
        self._running: Job | None = None
        self._waiting: Task[Any] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()
        """It has asked for its first call."""
        self.idle = asyncio.Event()
        """It has nothing left to do for any call."""
        self.idle.set()

    async def run(self) -> None:
        """Keep a child running; ends, with what is wrong in the log, if one cannot even start.

        Raises:
            ChildProcessError: it ended before it asked for its first call.
        """
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
        address = "{}:{}".format(*server.sockets[0].getsockname()[:2])
        async with server:
            while True:
                self._process = await self._child(address)
                code = await self._process.wait()
                self._lost()
                if not self.ready.is_set():
                    raise ChildProcessError(f"the model could not be loaded (exit status {code})")
                await asyncio.sleep(RESTART_DELAY_S)  # a model that dies at each call must not take the machine along

    def end(self) -> None:
        """Kill the child."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _child(self, address: str) -> asyncio.subprocess.Process:
        environment = {**os.environ, "AWS_LAMBDA_RUNTIME_API": address}
        return await asyncio.create_subprocess_exec(sys.executable, *sys.orig_argv[1:], env=environment)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while (request := await read_request(reader, writer)) is not None:
                writer.write(await self._answer(request))
                await writer.drain()
        except (RequestError, ConnectionError, asyncio.CancelledError):
            pass  # the child is gone; what it had to do has been answered for it
        finally:
            writer.close()

    async def _answer(self, request: Request) -> bytes:
        if request.path.endswith("/invocation/next"):
            return await self._next()
        if request.path.endswith("/response"):
            self._finish(request.body)
        elif self._running is not None:
            self._fail(CallFailedError(502, "FunctionError", "The function failed; its log says why."))
        return response(202, {}, b"")

    async def _next(self) -> bytes:
        self.ready.set()
        self.idle.set()
        self._waiting = asyncio.current_task()
        job = await self._jobs.get()
        self._waiting = None
        self._running = job
        self.idle.clear()
        asyncio.get_running_loop().call_later(self._timeout_s, self._expire, job)
        described = {
            "lambda-runtime-aws-request-id": job.id,
            "lambda-runtime-deadline-ms": str(int((time() + self._timeout_s) * 1000)),
            "lambda-runtime-invoked-function-arn": ARN.format(name=self._name),
            "content-type": "application/json",
        }
        return response(200, described, job.event)

    def _finish(self, body: bytes) -> None:
        job, self._running = self._running, None
        if job is not None and not job.outcome.done():
            job.outcome.set_result(body)

    def _fail(self, error: CallFailedError) -> None:
        job, self._running = self._running, None
        if job is not None and not job.outcome.done():
            job.outcome.set_exception(error)

    def _expire(self, job: Job) -> None:
        if self._running is job:
            message = f"The call took longer than {self._timeout_s} s."
            self._fail(CallFailedError(504, "Function.Timeout", message))
            self.end()

    def _lost(self) -> None:
        """The child has ended: its call has no answer, and it must take no further one."""
        self._fail(CallFailedError(502, "Runtime.ExitError", "The function's process ended during the call."))
        self.idle.set()
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
