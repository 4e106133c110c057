"""The emulator's listening socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from mlfn_localstack.connection import Connection, ConnectionSettings

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

    async def start(self, listener: socket.socket) -> None:
        """Answer what comes in on a listening socket, which is the server's from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self.connected, sock=listener, backlog=BACKLOG)
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

    def connected(self) -> Connection:
        """Answers one more connection, wherever it was accepted."""
        return Connection(self._settings, self._connections)

    async def _sweep(self) -> None:
        """End connections whose deadline passed: one timer for all instead of one per request."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            now = loop.time()
            for connection in [c for c in self._connections if c.deadline < now]:
                connection.expire()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listener.setblocking(False)
    return listener
