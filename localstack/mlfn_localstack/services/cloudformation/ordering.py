"""Runs work on resources side by side, each after what it needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

_PARALLEL = 16


async def run_in_order(
    needs: Mapping[str, Iterable[str]], work: Callable[[str], Awaitable[bool]], *, keep_going: bool = False
) -> list[str]:
    """The names whose work failed; after a failure nothing new starts, or with `keep_going` nothing that needs it."""
    waiting = {name: {need for need in one if need in needs} for name, one in needs.items()}
    running: dict[asyncio.Task[bool], str] = {}
    failed: list[str] = []
    while True:
        if not failed or keep_going:
            for name in _ready(waiting)[: _PARALLEL - len(running)]:
                del waiting[name]
                running[asyncio.ensure_future(work(name))] = name
        if not running:
            return failed
        for task in await _any_done(running):
            name = running.pop(task)
            if task.result():
                _satisfy(waiting, name)
            else:
                failed.append(name)


def _ready(waiting: Mapping[str, set[str]]) -> list[str]:
    return [name for name, left in waiting.items() if not left]


def _satisfy(waiting: Mapping[str, set[str]], name: str) -> None:
    for left in waiting.values():
        left.discard(name)


async def _any_done(running: Collection[asyncio.Task[bool]]) -> set[asyncio.Task[bool]]:
    try:
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    return done


def backwards(needs: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The order for removal: each name after everything that needs it."""
    found: dict[str, set[str]] = {name: set() for name in needs}
    for name, one in needs.items():
        for need in one:
            if need in found:
                found[need].add(name)
    return found
