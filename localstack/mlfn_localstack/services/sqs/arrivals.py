"""Who waits for messages of a queue, woken when there may be some."""

from __future__ import annotations

import asyncio


class Arrivals:
    """Long polls of all queues."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self.closed = False
        """Once the service stops, nobody is to wait any more."""

    async def wait(self, queue: str, limit_s: float) -> None:
        """Return when something has come to a queue, or after a time."""
        if self.closed:
            return
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(queue, set())
        waiting.add(arrived)
        try:
            await asyncio.wait((arrived,), timeout=limit_s)
        finally:
            waiting.discard(arrived)
            if not waiting:
                self._waiting.pop(queue, None)

    def notify(self, queue: str) -> None:
        """Have everybody look who waits for a queue."""
        for arrived in self._waiting.get(queue, ()):
            if not arrived.done():
                arrived.set_result(None)

    def close(self) -> None:
        """Have everybody look, and nobody wait again."""
        self.closed = True
        for queue in list(self._waiting):
            self.notify(queue)
