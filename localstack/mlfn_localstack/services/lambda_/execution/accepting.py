"""Connections of functions, accepted until the environment ends.

An asyncio server of Python 3.11 that is closed just after it accepted a connection leaves that one open to the client.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_PAUSE_S = 1.0


class Acceptor:
    """Accepts what comes to a listening socket, which is its own from now on."""

    def __init__(self, listener: socket.socket, connected: Callable[[], asyncio.BaseProtocol]) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._connected = connected
        self._loop = asyncio.get_running_loop()
        self._making: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    @property
    def address(self) -> str:
        """Where it listens: host and port."""
        host, port = self._listener.getsockname()[:2]
        return f"{host}:{port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """Accept no more; whoever was accepted is connected."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:  # no descriptor is left: others may be given back meanwhile
            _LOG.warning("A function's connection could not be accepted: %s", error)
            self._loop.remove_reader(self._listener)
            self._pause = self._loop.call_later(_PAUSE_S, self._listen)
            return
        task: asyncio.Task[object] = self._loop.create_task(
            self._loop.connect_accepted_socket(self._connected, connection)
        )
        self._making.add(task)
        task.add_done_callback(partial(self._made, connection))

    def _made(self, connection: socket.socket, task: asyncio.Task[object]) -> None:
        self._making.discard(task)
        if task.cancelled() or task.exception() is not None:
            connection.close()
