"""Removing unpacked code that no function version has any more: after deletions, and at the start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, assert_never

from mlfn_localstack.services.lambda_.model import Code, FunctionVersion, ImageCode, ZipCode, layers_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_localstack.services.lambda_.execution.fleet import Fleet
    from mlfn_localstack.services.lambda_.execution.trees import Trees
    from mlfn_localstack.services.lambda_.repository import Repository

DELAY_S = 1.0
"""Deletions come in groups: a stack's functions, a function's old versions."""

MAX_DELAY_S = 30.0
"""Environments that hold code back may live for minutes."""


class CodeCleaner:
    """Keeps on disk what a version or a running environment needs, and nothing else."""

    def __init__(self, repository: Repository, fleet: Fleet, trees: Trees) -> None:
        self._repository = repository
        self._fleet = fleet
        self._trees = trees
        self._task: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        # Now, not in start(): a neighbour that starts earlier may already be creating functions by then.
        trees.forget_unfinished()

    def start(self) -> None:
        """Remove what an emulator before this one left behind."""
        self.request()

    def request(self) -> None:
        """Clean soon, and again until nothing is held back by a running environment."""
        self._asked.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._clean_until_done())

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _clean_until_done(self) -> None:
        delay_s, done = DELAY_S, False
        while not done or self._asked.is_set():
            try:
                async with asyncio.timeout(delay_s):  # wait_for may swallow stop()'s cancellation
                    await self._asked.wait()
                self._asked.clear()
                delay_s = DELAY_S
                await asyncio.sleep(delay_s)
            except TimeoutError:
                delay_s = min(2 * delay_s, MAX_DELAY_S)
            done = await self._clean()

    async def _clean(self) -> bool:
        """Remove what can go; whether that was everything that is to go."""
        wanted, used = self._wanted(), set(_names(self._fleet.versions_in_use()))
        fresh = self._trees.keep_only(wanted | used)
        await asyncio.to_thread(self._trees.empty_trash)
        return used | fresh <= wanted

    def _wanted(self) -> set[str]:
        functions = self._repository.functions()
        versions = [each for function in functions for each in self._repository.versions(function.latest.name)]
        return set(_names([*(function.latest for function in functions), *versions]))


def _names(versions: Iterable[FunctionVersion]) -> Iterable[str]:
    for version in versions:
        yield code_name(version.code)
        if version.layers:
            yield layers_name(version.layers)


def code_name(code: Code) -> str:
    """What a code's tree is called."""
    match code:
        case ImageCode():
            return code.digest.removeprefix("sha256:")
        case ZipCode():
            return f"zip-{code.sha256}"
        case _:
            assert_never(code)
