"""Fires schedules when they are due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from mlfn_localstack.services.events.model import DEFAULT_BUS

if TYPE_CHECKING:
    from mlfn_localstack.services.events.model import EventsState
    from mlfn_localstack.services.events.publishing import Publisher

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP_S = 60.0
"""The machine's clock may be set, or the machine sleep, meanwhile."""


class Ticker:
    """Sleeps until the next schedule is due."""

    def __init__(self, state: EventsState, publisher: Publisher) -> None:
        self._state = state
        self._publisher = publisher
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        state.changed = self._changed.set

    def start(self) -> None:
        """Fire what was missed, then what comes."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Fire no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                self._publisher.fire_due()
                await self._state.environment.store.durable()
            except Exception:  # one schedule must not end them all
                _LOG.exception("A schedule could not be fired")
                await asyncio.sleep(LONGEST_SLEEP_S)
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), self._sleep_s())

    def _sleep_s(self) -> float:
        due = [rule["Due"] for rule in self._state.rules(DEFAULT_BUS) if rule.get("Due") is not None]
        first: float = min(due, default=float("inf"))
        return min(LONGEST_SLEEP_S, max(first - self._state.clock(), 0.0))
