"""Waiting for what arrives from outside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlfn_localstack.http import HttpRequest

MAX_BYTES = 4096
"""What those outside may say at once."""


def arrived_body(request: HttpRequest) -> bytes | None:
    """What came with a request, or None if it is too much."""
    if request.spooled is None:
        return request.body if len(request.body) <= MAX_BYTES else None
    return request.spooled.path.read_bytes() if request.spooled.size <= MAX_BYTES else None


class Arrivals:
    """Tells who waits at a place that something arrived there."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def tell(self, place: str) -> None:
        """Something arrived."""
        if place in self._events:
            self._events[place].set()

    async def wait(self, place: str, interruption: asyncio.Event, *, within_s: float) -> None:
        """Return once something arrives, nobody waits any more, or the time is over."""
        arrival = self._events.setdefault(place, asyncio.Event())
        arrival.clear()
        waits = [asyncio.ensure_future(event.wait()) for event in (arrival, interruption)]
        try:
            await asyncio.wait(waits, timeout=max(within_s, 0), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def forget(self, place: str) -> None:
        """Nobody will wait there."""
        self._events.pop(place, None)
