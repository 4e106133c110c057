"""Fires schedules when they are due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.store import Store

_LOG = logging.getLogger(__name__)
LONGEST_SLEEP_S = 60.0
"""The machine's clock may be set, or the machine sleep, meanwhile."""


class Schedules(Protocol):
    """What has schedules."""

    def fire_due(self) -> None:
        """Queue what is due (durable with the next commit)."""

    def next_due(self) -> float | None:
        """When the next schedule is due, or None if none ever is."""


class Ticker:
    """Sleeps until the next schedule is due."""

    def __init__(self, schedules: Schedules, store: Store, clock: Callable[[], float]) -> None:
        self._schedules = schedules
        self._store = store
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Look again: a schedule is not as it was."""
        self._changed.set()

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
                self._schedules.fire_due()
                await self._store.durable()
            except Exception:  # one schedule must not end them all
                _LOG.exception("A schedule could not be fired")
                await asyncio.sleep(LONGEST_SLEEP_S)
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._sleep_s()):  # wait_for may swallow stop()'s cancellation
                    await self._changed.wait()

    def _sleep_s(self) -> float:
        first = self._schedules.next_due()
        return LONGEST_SLEEP_S if first is None else min(LONGEST_SLEEP_S, max(first - self._clock(), 0.0))
