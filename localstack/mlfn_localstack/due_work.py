"""Rows of a table, each due at a time: worked off, so many at once, whenever one is."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

Row = tuple[Any, ...]
"""Its first column is its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRows:
    """Where they are found; those under way stay until they end, and are found as well."""

    due: Callable[[float, int], Sequence[Row]]
    """Those due at a time, the first ones, at most so many."""
    next_at: Callable[[float], float | None]
    """When the next is due after a time, if one is."""


class DueWork:
    """Starts due rows and sleeps until the next is due; nothing begins before `start`."""

    def __init__(self, rows: DueRows, work: Callable[[Row], Awaitable[None]], *, parallel: int) -> None:
        """`work` ends a row, or has it due again later: one that is still due is begun again at once."""
        self._rows = rows
        self._work_off = work
        self._parallel = parallel
        self._running: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = True

    def start(self) -> None:
        """Begin, with what is due already."""
        self._stopped = False
        self.wake()

    async def stop(self) -> None:
        """Begin nothing more, and end what is under way."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, delay_s: float = 0.0) -> None:
        """Look for due rows, soon."""
        if self._stopped:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now = time.time()
        for row in self._rows.due(now, 2 * self._parallel):  # half of them may be under way
            if row[0] not in self._running and len(self._running) < self._parallel:
                self._running[row[0]] = asyncio.create_task(self._run(row))
        later = self._rows.next_at(now)
        if later is not None:
            self.wake(later - now)

    async def _run(self, row: Row) -> None:
        try:
            await self._work_off(row)
        finally:  # also if its commit fails: nothing may take a place for ever
            self._running.pop(row[0], None)
            self.wake()
