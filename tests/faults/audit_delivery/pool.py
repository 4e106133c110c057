"""A load of calls over function processes, some of which are killed at random moments."""

from __future__ import annotations

import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

from tests.faults.audit_delivery.ledger import Ledger
from tests.faults.audit_delivery.runtime_api import FunctionProcess

KILL_WITHIN = (1.0, 3.0, 8.0)
"""Kills fall within so many times what the model takes: into it, into what follows, into the wait for the next call."""
LONGEST_PAUSE_US = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One call, and when its environment is killed after it got it."""

    number: int
    invocation: str
    payload: bytes
    kill_after_s: float | None


def plan_calls(count: int, killed: float, rng: Random) -> list[Plan]:
    """So many calls, of which a share is killed."""
    victims = set(rng.sample(range(count), round(count * killed)))
    return [_plan(number, rng, is_victim=number in victims) for number in range(count)]


def _plan(number: int, rng: Random, *, is_victim: bool) -> Plan:
    pause_us = rng.randrange(LONGEST_PAUSE_US)
    return Plan(
        number=number,
        invocation=str(UUID(int=rng.getrandbits(128), version=4)),
        payload=b'{"number":%d,"pause_us":%d}' % (number, pause_us),
        kill_after_s=rng.uniform(0, pause_us / 1e6 * rng.choice(KILL_WITHIN)) if is_victim else None,
    )


@dataclass(slots=True, kw_only=True)
class Pool:
    """Makes planned calls with so many environments at once."""

    task: Path
    logs: Path
    environ: dict[str, str]
    ledger: Ledger
    size: int = 6
    on_call: Mapping[int, Callable[[], None]] = field(default_factory=dict)
    """What else happens, in a thread of its own, when a call goes out."""
    failures: list[BaseException] = field(default_factory=list)

    def run(self, plans: list[Plan]) -> None:
        """Make the calls, wait until every environment is idle, end them."""
        calls: queue.SimpleQueue[Plan | None] = queue.SimpleQueue()
        for plan in [*plans, *[None] * self.size]:
            calls.put(plan)
        events: list[threading.Thread] = []
        slots = [
            threading.Thread(target=self.guarded, args=(partial(_Slot(self, f"{number}", events).run, calls),))
            for number in range(self.size)
        ]
        for slot in slots:
            slot.start()
        for slot in slots:
            slot.join()
        for event in events:  # as many as the slots have started
            event.join()
        if self.failures:
            raise self.failures[0]

    def guarded(self, work: Callable[[], None]) -> None:
        """Do something in a thread whose failure is the load's."""
        try:
            work()
        except BaseException as error:
            self.failures.append(error)


class _Slot:
    """One environment after the other."""

    def __init__(self, pool: Pool, name: str, events: list[threading.Thread]) -> None:
        self._pool = pool
        self._name = name
        self._events = events
        self._generations = itertools.count()
        self._process: FunctionProcess | None = None

    def run(self, calls: queue.SimpleQueue[Plan | None]) -> None:
        """Take calls until there are none."""
        try:
            while (plan := calls.get()) is not None:
                if (happening := self._pool.on_call.get(plan.number)) is not None:
                    self._events.append(threading.Thread(target=self._pool.guarded, args=(happening,)))
                    self._events[-1].start()
                self._call(self._ready(), plan)
        finally:
            self._end()

    def _ready(self) -> FunctionProcess:
        """An environment that has asked for a call."""
        if self._process is None:
            log = self._pool.logs / f"{self._name}-{next(self._generations)}"
            self._process = FunctionProcess(self._pool.task, self._pool.environ, log)
            assert self._process.asks_for_next(), log.read_text()
        return self._process

    def _call(self, process: FunctionProcess, plan: Plan) -> None:
        until = None if plan.kill_after_s is None else time.monotonic() + plan.kill_after_s
        self._pool.ledger.dispatch(plan.number, plan.invocation)
        process.send(plan.invocation, plan.payload)
        posted = process.posted(until)
        done = posted is not None and self._is_done(process, plan, posted.kind, posted.body, until)
        if until is None:
            assert done, f"call {plan.number}: the environment ended by itself"
        else:
            self._kill(process, plan, answered=posted is not None, until=until)
        process.report(plan.invocation, killed=not done)
        if until is not None:
            self._end()

    def _is_done(self, process: FunctionProcess, plan: Plan, kind: str, body: bytes, until: float | None) -> bool:
        self._pool.ledger.answer(plan.number, kind, body)
        process.acknowledge()
        return process.asks_for_next(until)

    def _kill(self, process: FunctionProcess, plan: Plan, *, answered: bool, until: float) -> None:
        """Kill at its moment; an answer that was on its way counts."""
        time.sleep(max(until - time.monotonic(), 0.0))
        process.kill()
        if not answered and (late := process.posted(time.monotonic())) is not None:
            self._pool.ledger.answer(plan.number, late.kind, late.body)

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None


def bare_environ(**more: str) -> dict[str, str]:
    """What a function sees of this machine: PYTHONUNBUFFERED, for one, is not among it."""
    return {"PATH": os.environ["PATH"], **more}
