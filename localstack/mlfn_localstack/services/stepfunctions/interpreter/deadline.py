"""Waiting for something no longer than until a deadline on the world's clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from mlfn_localstack.services.stepfunctions.interpreter.world import Clock

_T = TypeVar("_T")


async def before(clock: Clock, deadline: float | None, work: Coroutine[Any, Any, _T]) -> _T:
    """What `work` gives.

    Raises:
        TimeoutError: the deadline came first; the work is cancelled.
    """
    if deadline is None:
        return await work
    async with asyncio.timeout(max(0.0, clock.seconds_until(deadline))):  # of its own it needs no task
        return await work
