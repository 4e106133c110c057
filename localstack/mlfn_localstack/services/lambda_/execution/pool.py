"""The environments of one version, and the calls that wait for one."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from mlfn_localstack.services.lambda_.execution.environment import ExecutionEnvironment
    from mlfn_localstack.services.lambda_.model import FunctionVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolKey:
    """Environments are never shared between versions, or between two states of `$LATEST`."""

    name: str
    version: str
    revision: str


class Pool:
    """Environments of one version."""

    def __init__(self, key: PoolKey, version: FunctionVersion) -> None:
        self.key = key
        self.version = version
        self.members: set[ExecutionEnvironment] = set()
        self.waiters: deque[asyncio.Future[ExecutionEnvironment]] = deque()
        self.starting = 0
        self.target = 0
        """Environments to keep warm."""
        self.failure: Exception | None = None
        """Why the last environment nobody waited for did not start."""
        self.retired = False
        self._idle: list[ExecutionEnvironment] = []

    def take_idle(self) -> ExecutionEnvironment | None:
        """The environment used last, if one is idle."""
        while self._idle:
            environment = self._idle.pop()
            if environment.dead:
                continue
            if environment.spec.expires_at > time.monotonic():
                return environment
            environment.kill()
        return None

    def give_back(self, environment: ExecutionEnvironment) -> bool:
        """Take an environment that is ready for a call; True if one was waiting for it."""
        if environment.spec.expires_at <= time.monotonic():
            environment.kill()
            return False
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_result(environment)
                return True
        if self.retired:
            environment.kill()
        elif not environment.dead:
            self._idle.append(environment)
        return False

    def waiting(self) -> int:
        """How many calls wait."""
        while self.waiters and self.waiters[0].done():
            self.waiters.popleft()
        return sum(not waiter.done() for waiter in self.waiters)

    def finishing(self, since: float) -> int:
        """How many environments have answered their call after `since`, and will soon be idle."""
        return sum((environment.answered_at or 0.0) > since for environment in self.members)

    def fail(self, error: Exception) -> None:
        """Tell the call that has waited longest that its environment did not start."""
        while self.waiters:
            waiter = self.waiters.popleft()
            if not waiter.done():
                waiter.set_exception(error)
                return
        self.failure, self.target = error, 0

    def retire(self) -> None:
        """Take no more calls than those that wait already."""
        self.retired, self.target = True, 0
        for environment in list(self._idle):
            environment.kill()

    def spare(self) -> list[ExecutionEnvironment]:
        """Idle environments beyond the provisioned ones."""
        surplus = len(self.members) - self.target
        return self._idle[: max(surplus, 0)]

    def remove(self, environment: ExecutionEnvironment) -> None:
        """Forget a dead environment."""
        self.members.discard(environment)
        if environment in self._idle:
            self._idle.remove(environment)

    def ready(self) -> int:
        """How many environments have started."""
        return sum(environment.started for environment in self.members)
