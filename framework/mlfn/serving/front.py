"""The server: `POST /models/NAME`, `GET /health`; ends in order when it is told to."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio import CancelledError
from binascii import b2a_base64
from os import environ, getcwd, urandom

from mlfn.jsontext import decode
from mlfn.runtime.answers import problem, to_json
from mlfn.runtime.manifest import ManifestError, read_manifest
from mlfn.serving.wire import HEAD_LIMIT, RequestError, read_request, response
from mlfn.serving.worker import CallFailedError, Job, Worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from typing import Any, NoReturn

    from mlfn.runtime.manifest import Manifest
    from mlfn.serving.wire import Request

DEFAULT_PORT = 8080
REST_S = 5.0
"""What workers get to put their last records: more than a strict call's two puts take."""

LINGER_S = 2.0
WAITING_LIMIT = 100
"""Calls that may wait for each worker; more are told to come back."""


class Front:
    """One image's server."""

    def __init__(self, manifest: Manifest, workers: int) -> None:
        self._manifest = manifest
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(WAITING_LIMIT * workers)
        name = f"{manifest.app}-{manifest.name}"
        self._workers = [Worker(name, self._jobs, manifest.timeout_s) for _ in range(workers)]
        self._busy: set[asyncio.Task[Any]] = set()
        """Connections whose request has no answer yet."""
        self._stopping = asyncio.Event()

    async def run(self, host: str, port: int) -> int:
        """Serve until SIGTERM or SIGINT; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        children = [asyncio.ensure_future(worker.run()) for worker in self._workers]
        server = await asyncio.start_server(self._connected, host, port, limit=HEAD_LIMIT)
        _say(f"serving {self._manifest.id} {self._manifest.version} on port {server.sockets[0].getsockname()[1]}")
        stopped = asyncio.ensure_future(self._stopping.wait())
        done, _ = await asyncio.wait([stopped, *children], return_when=asyncio.FIRST_COMPLETED)
        server.close()
        if stopped in done and self._busy:
            await asyncio.wait(self._busy, timeout=self._manifest.timeout_s)
        await self._rested()
        for worker in self._workers:
            worker.end()
        return 0 if stopped in done else _failed(done)

    async def _rested(self) -> None:
        """Wait until every worker has put the record of its last call, which it does after the answer."""
        idle = [asyncio.ensure_future(worker.idle.wait()) for worker in self._workers]
        await asyncio.wait(idle, timeout=REST_S)

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (ConnectionError, CancelledError):
            pass  # the caller has hung up, or the server ends
        finally:
            writer.close()

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("",)
        task: Any = asyncio.current_task()
        while not self._stopping.is_set():
            try:
                request = await read_request(reader, writer)
            except RequestError as error:
                payload = problem(error.status, "BadRequest", str(error), None)
                writer.write(_sent(payload, keeps_alive=False))
                await _linger(reader, writer)
                return
            if request is None:
                return
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
            writer.write(await self._answered(request, str(peer[0]), alive=request.keeps_alive))
            await writer.drain()
            if not request.keeps_alive:
                return
            if not self._stopping.is_set():
                self._busy.discard(task)

    async def _answered(self, request: Request, peer: str, *, alive: bool) -> bytes:
        if request.path == "/live" and request.method in ("GET", "HEAD"):
            return self._alive(request, alive=alive)
        if request.path in ("/health", "/healthz", "/ready") and request.method in ("GET", "HEAD"):
            return self._health(request, alive=alive)
        if request.path != f"/models/{self._manifest.name}":
            return _sent(problem(404, "NotFound", f"There is POST /models/{self._manifest.name}.", None), alive)
        if request.method != "POST":
            return _sent(problem(405, "MethodNotAllowed", "Models are called with POST.", None), alive)
        return _sent(await self._called(request, peer), alive)

    def _alive(self, request: Request, *, alive: bool) -> bytes:
        """While a model loads, too: who asks this starts what does not answer again."""
        body = b"" if request.method == "HEAD" else to_json({"status": "alive"})
        return response(200, {"content-type": "application/json"}, body, keeps_alive=alive)

    def _health(self, request: Request, *, alive: bool) -> bytes:
        ready = any(worker.ready.is_set() for worker in self._workers) and not self._stopping.is_set()
        state = "ok" if ready else "stopping" if self._stopping.is_set() else "starting"
        told = {"status": state, "model": self._manifest.id, "version": self._manifest.version}
        body = b"" if request.method == "HEAD" else to_json(told)
        return response(200 if ready else 503, {"content-type": "application/json"}, body, keeps_alive=alive)

    async def _called(self, request: Request, peer: str) -> bytes:
        outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        name = urandom(16).hex()
        call = Job(f"{name[:8]}-{name[8:12]}-4{name[13:16]}-a{name[17:20]}-{name[20:]}", _event(request, peer), outcome)
        try:
            self._jobs.put_nowait(call)
        except asyncio.QueueFull:
            return problem(503, "TooManyRequests", "Too many calls wait; try again later.", None)
        try:
            return await outcome
        except CallFailedError as error:
            return problem(error.status, error.error_type, str(error), None)


def serve_forever() -> NoReturn:
    """Run the image in the working directory as a server on `$PORT`, `$MLFN_CONCURRENCY` calls at a time."""
    try:
        manifest = read_manifest(environ.get("LAMBDA_TASK_ROOT") or getcwd())  # noqa: PTH109 - as the loop does
    except ManifestError as error:
        sys.exit(f"mlfn: {error}")
    if manifest.kind != "model":
        sys.exit(f"mlfn: this image is the {manifest.kind} of {manifest.app}, which runs in Lambda only")
    port, workers = _number("PORT", DEFAULT_PORT, 65_535), _number("MLFN_CONCURRENCY", 1, 1000)
    sys.exit(asyncio.run(Front(manifest, max(workers, 1)).run(environ.get("HOST", "0.0.0.0"), port)))  # noqa: S104


async def _linger(reader: StreamReader, writer: StreamWriter) -> None:
    """Take what a caller still sends for a moment: one that is hung up on in the middle never reads why."""
    try:
        async with asyncio.timeout(LINGER_S):
            await writer.drain()
            while await reader.read(65_536):
                pass
    except TimeoutError:
        return


def _number(variable: str, default: int, largest: int) -> int:
    text = environ.get(variable) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > largest:
        sys.exit(f"mlfn: {variable} is {text!r}, which is no number up to {largest}")
    return int(text)


def _event(request: Request, peer: str) -> bytes:
    """The request as API Gateway would hand it over (payload format 2.0); nobody vouches for the caller."""
    http = {"method": request.method, "path": request.path, "sourceIp": peer}
    http["userAgent"] = request.headers.get("user-agent", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": request.path,
        "headers": request.headers,
        "requestContext": {"http": http},
        "body": b2a_base64(request.body, newline=False).decode(),
        "isBase64Encoded": True,
    }
    return to_json(event)


def _sent(payload: bytes, keeps_alive: bool) -> bytes:
    """API Gateway's form of a response as a response."""
    answer = decode(payload.decode())
    return response(answer["statusCode"], answer["headers"], answer["body"].encode(), keeps_alive=keeps_alive)


def _failed(done: set[Any]) -> int:
    for each in done:
        if not each.cancelled() and (error := each.exception()) is not None:
            _say(str(error))
    return 1


def _say(text: str) -> None:
    sys.stderr.write(f"mlfn: {text}\n")
    sys.stderr.flush()
