"""All execution environments: last-in-first-out reuse, bounded and fair cold starts, reaping."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_.execution.environment import EnvironmentSpec, ExecutionEnvironment, LogStream
from mlfn_localstack.services.lambda_.execution.invocation import InitFailedError
from mlfn_localstack.services.lambda_.execution.pool import Pool, PoolKey
from mlfn_localstack.services.lambda_.execution.tracked import TrackedRunner

if TYPE_CHECKING:
    from mlfn_localstack.services.lambda_.execution.runner import Runner
    from mlfn_localstack.services.lambda_.model import FunctionVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetLimits:
    """How large a fleet may grow, and how fast."""

    starts: int = max(2, os.cpu_count() or 2)
    """Cold starts at once."""
    environments: int = 256
    idle_s: float = 300.0
    finish_grace_s: float = 0.025
    """How long a call waits for an environment that has answered but not asked for more, before a cold start."""
    memory_poll_s: float = 0.1


SpecFactory = Callable[["FunctionVersion", bool], Awaitable[tuple[EnvironmentSpec, LogStream]]]
"""Makes the spec and log stream of an environment; the flag says whether it is provisioned."""


class Fleet:
    """Hands out environments, one call at a time each."""

    def __init__(
        self,
        make_spec: SpecFactory,
        runner: Runner,
        *,
        cap: Callable[[str], int | None],
        limits: FleetLimits | None = None,
    ) -> None:
        self._make_spec = make_spec
        self._runner = TrackedRunner(runner)
        self._cap = cap
        self._limits = limits or FleetLimits()
        self._pools: dict[PoolKey, Pool] = {}
        self._ring: deque[Pool] = deque()
        self._logs: weakref.WeakSet[LogStream] = weakref.WeakSet()
        """Every stream that may still hold lines."""
        self._starting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._patrol: asyncio.Task[None] | None = None
        self._stopped = False
        self._is_held_up = False
        """Whether a call waits until an environment of another pool is idle."""

    async def lease(self, version: FunctionVersion) -> ExecutionEnvironment:
        """An environment of this version, ready for one call; it comes back by itself.

        Raises:
            InitFailedError: a new one was needed and could not start.
            ServiceError: its code, role or image is gone.
        """
        pool = self._pool(version)
        environment = pool.take_idle()
        if environment is not None:
            return environment
        waiter: asyncio.Future[ExecutionEnvironment] = asyncio.get_running_loop().create_future()
        pool.waiters.append(waiter)
        self._schedule()
        try:
            environment = await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                pool.give_back(waiter.result())
            raise
        # It may have ended between being handed over and now.
        return await self.lease(version) if environment.dead else environment

    def provision(self, version: FunctionVersion, count: int) -> Pool:
        """Keep `count` environments of a version warm (0: no more than calls need)."""
        pool = self._pool(version)
        pool.target, pool.failure = count, None
        self._schedule()
        return pool

    def retire(self, name: str, version: str | None = None) -> None:
        """Let go of a function's environments (or of one version's) as soon as their calls are over."""
        for key, pool in list(self._pools.items()):
            if key.name == name and version in {None, key.version}:
                pool.retire()
                if not pool.members and not pool.waiters:
                    self._forget(pool)

    def versions_in_use(self) -> list[FunctionVersion]:
        """The versions of all environments, running or about to."""
        return [pool.version for pool in self._pools.values() if pool.members or pool.starting or pool.waiters]

    async def logged(self) -> None:
        """Return once what functions wrote so far is in CloudWatch Logs."""
        await asyncio.gather(*(log.flush() for log in self._logs))

    async def stop(self) -> None:
        """End every environment."""
        self._stopped = True
        tasks = [*self._tasks, *([self._patrol] if self._patrol else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for pool in list(self._pools.values()):
            for environment in list(pool.members):
                environment.kill()
        await self._runner.none_left()
        self._runner.close()
        await self.logged()

    # -- starting

    def _schedule(self) -> None:
        while self._starting < self._limits.starts and not self._stopped:
            pool = next((pool for pool in self._ring if self._needs_start(pool)), None)
            if pool is None:
                return
            if not self._has_room(pool):
                self._spare(pool)[0].kill()
                continue
            self._ring.remove(pool)
            self._ring.append(pool)
            pool.starting += 1
            self._starting += 1
            task = asyncio.create_task(self._start(pool))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _needs_start(self, pool: Pool) -> bool:
        waiting = pool.waiting()
        if waiting > pool.starting:
            finishing = pool.finishing(time.monotonic() - self._limits.finish_grace_s)
            if finishing:
                asyncio.get_running_loop().call_later(self._limits.finish_grace_s, self._schedule)
            waiting -= finishing
        wanted = max(waiting, pool.target - len(pool.members)) - pool.starting
        if wanted <= 0:
            return False
        can_start = self._has_room(pool) or bool(self._spare(pool))
        self._is_held_up |= not can_start
        return can_start

    def _has_room(self, pool: Pool) -> bool:
        alive = sum(len(other.members) + other.starting for other in self._pools.values())
        return alive < self._limits.environments and not self._is_capped(pool)

    def _is_capped(self, pool: Pool) -> bool:
        cap = self._cap(pool.key.name)
        if cap is None:
            return False
        return sum(len(each.members) + each.starting for each in self._siblings(pool)) >= max(cap, 1)

    def _siblings(self, pool: Pool) -> list[Pool]:
        """The pools of the same function."""
        return [other for key, other in self._pools.items() if key.name == pool.key.name]

    def _spare(self, pool: Pool) -> list[ExecutionEnvironment]:
        """Idle environments, longest first, that may end for one of this pool: at its cap, its function's."""
        pools = self._siblings(pool) if self._is_capped(pool) else self._pools.values()
        idle = [environment for other in pools if other is not pool for environment in other.spare()]
        return sorted(idle, key=lambda environment: environment.idle_since)

    async def _start(self, pool: Pool) -> None:
        try:
            await self._start_one(pool)
        except Exception as error:  # whatever it is belongs to the call that waits, which must not wait for ever
            pool.fail(error)
        finally:
            pool.starting -= 1
            self._starting -= 1
            if not self._stopped:
                self._schedule()

    async def _start_one(self, pool: Pool) -> None:
        spec, log = await self._make_spec(pool.version, pool.target > len(pool.members))
        self._logs.add(log)
        try:
            await self._begin(self._environment(pool, spec, log))
        except InitFailedError as error:
            if not error.timed_out:
                raise
            # Lambda runs an init that took too long once more, within the time of the first call.
            again = replace(spec, init_limit_s=float(pool.version.timeout_s))
            await self._begin(self._environment(pool, again, log))

    @staticmethod
    async def _begin(environment: ExecutionEnvironment) -> None:
        try:
            await environment.start()
        except InitFailedError as error:
            outcome = error.outcome
            error.report = lambda request_id: environment.report_unstarted(request_id, outcome)
            raise

    def _environment(self, pool: Pool, spec: EnvironmentSpec, log: LogStream) -> ExecutionEnvironment:
        environment = ExecutionEnvironment(
            spec,
            self._runner,
            log,
            on_idle=lambda idle: self._returned(pool, idle),
            on_dead=lambda dead: self._buried(pool, dead),
        )
        pool.members.add(environment)
        if self._patrol is None:
            self._patrol = asyncio.create_task(self._watch())
        return environment

    def _returned(self, pool: Pool, environment: ExecutionEnvironment) -> bool:
        is_taken = pool.give_back(environment)
        if self._is_held_up and not is_taken:
            self._is_held_up = False
            asyncio.get_running_loop().call_soon(self._schedule)
        return is_taken

    def _buried(self, pool: Pool, environment: ExecutionEnvironment) -> None:
        pool.remove(environment)
        if self._stopped:
            return
        if pool.retired and not pool.members and not pool.waiters:
            self._forget(pool)
        self._schedule()

    # -- watching

    async def _watch(self) -> None:
        while any(pool.members for pool in self._pools.values()):
            await asyncio.sleep(self._limits.memory_poll_s)
            oldest = time.monotonic() - self._limits.idle_s
            for pool in list(self._pools.values()):
                for environment in list(pool.members):
                    environment.check_limits()
                for environment in pool.spare():
                    if environment.idle_since < oldest:
                        environment.kill()
                if not (pool.members or pool.waiters or pool.starting or pool.target):
                    self._forget(pool)
        self._patrol = None

    def _pool(self, version: FunctionVersion) -> Pool:
        key = PoolKey(name=version.name, version=version.version, revision=version.revision)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = Pool(key, version)
            self._ring.append(pool)
        return pool

    def _forget(self, pool: Pool) -> None:
        self._pools.pop(pool.key, None)
        with contextlib.suppress(ValueError):
            self._ring.remove(pool)
