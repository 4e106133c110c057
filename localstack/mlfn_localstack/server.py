"""The emulator's listening socket."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mlfn_localstack.connection import Connection, ConnectionSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.http import Handler
    from mlfn_localstack.http_body import BodyLimit
    from mlfn_localstack.http_head import RequestHead

SWEEP_S = 0.5
BACKLOG = 1024


class HttpServer:
    """An HTTP/1.1 server on one address."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        """The port it listens on, once started."""
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            OSError: the address is taken or not ours.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, host, port, backlog=BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweeper = loop.create_task(self._sweep())

    async def stop(self) -> None:
        """Stop listening, close idle connections and those that have their answer."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.close_when_idle()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper

    def _connect(self) -> Connection:
        return Connection(self._settings, self._connections)

    async def _sweep(self) -> None:
        """End connections whose deadline passed: one timer for all instead of one per request."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            now = loop.time()
            for connection in [c for c in self._connections if c.deadline < now]:
                connection.expire()


async def serve(
    handler: Handler, limit: Callable[[RequestHead], BodyLimit], *, host: str = "127.0.0.1", port: int = 0
) -> HttpServer:
    """A running server that answers with `handler`."""
    server = HttpServer(ConnectionSettings(handler=handler, limit=limit))
    await server.start(host, port)
    return server
