"""A runner that knows what of it still runs, so that stopping can wait for the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_localstack.services.lambda_.execution.runner import Launch, Runner, Sandbox


class TrackedRunner:
    """Starts environments through another runner."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._running = 0
        self._none_left = asyncio.Event()
        self._none_left.set()

    def start(self, launch: Launch, on_output: Callable[[bytes], None], on_exit: Callable[[int], None]) -> Sandbox:
        """Start one environment."""

        def ended(code: int) -> None:
            self._running -= 1
            if not self._running:
                self._none_left.set()
            on_exit(code)

        sandbox = self._runner.start(launch, on_output, ended)
        self._running += 1
        self._none_left.clear()
        return sandbox

    def close(self) -> None:
        """Let go of what the runner keeps."""
        self._runner.close()

    async def none_left(self) -> None:
        """Return once everything that was started has ended."""
        await self._none_left.wait()
