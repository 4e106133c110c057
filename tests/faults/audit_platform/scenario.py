"""A function's log of many calls that ended in every way, and what the table must hold of each in the end."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.fixtures.function_log import TIMEOUT_MS, Environment, World

from mlfn_audit.collecting.log_lines import LogEvent
from mlfn_audit.collecting.settling import GRACE_MS
from mlfn_audit.collecting.sweeping import OVERLAP_MS

ENDINGS = {
    "kept": "completed",
    "untold": "completed",
    "spooled": "completed",
    "failed": "error",
    "timeout": "abandoned timeout",
    "oom": "abandoned oom",
    "killed": "abandoned killed",
    "vanished": "abandoned killed",
    "unreached": "abandoned killed",
}
"""How a call ends -> the end that the table must show. `untold`: killed before its put; `vanished`: with its report."""
TOLD_AT_ONCE = ("spooled", "timeout", "oom", "killed", "unreached")
"""Endings that the writer hears of by its subscription; the reaper finds the others."""
_REPORTS = {
    "timeout": ("timeout", ""),
    "oom": ("error", "Runtime.OutOfMemory"),
    "killed": ("error", "Runtime.ExitError"),
    "unreached": ("error", "Runtime.ExitError"),
    "failed": ("error", "ValueError"),
}


@dataclass(slots=True, kw_only=True)
class Scenario:
    """A world before anybody settled it, and its ledger."""

    world: World = field(default_factory=World)
    ledger: dict[str, str] = field(default_factory=dict)
    """Invocation -> its end."""
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Minute and status -> how many requests the gateway refused."""

    def deliveries(self) -> list[list[LogEvent]]:
        """What the subscription sends: spooled records and bad ends, by stream, as they lie in the log."""
        wanted = [each for each in self.world.lines if each[2].startswith('{"mlfn_spool"') or _ended_badly(each[2])]
        streams = dict.fromkeys(stream for stream, _, _ in wanted)
        return [[_event(each) for each in wanted if each[0] == stream] for stream in streams]


def make_scenario(seed: int, *, calls: int) -> Scenario:
    """The same scenario for the same seed."""
    chance = random.Random(seed)
    made = Scenario()
    environments = [Environment(made.world) for _ in range(3)]
    for number in range(calls):
        slot = chance.randrange(len(environments))
        ending = chance.choice(list(ENDINGS))
        request = f"{seed}-{number}-{ending}"
        made.ledger[request] = ENDINGS[ending]
        _call(environments[slot], request, ending, strict=chance.random() < 0.3)
        if ending in ("timeout", "oom", "killed", "vanished", "unreached"):
            environments[slot] = Environment(made.world)
        made.world.now_ms += chance.randrange(30_000)
        for _ in range(chance.randrange(3)):
            _refuse(made, chance.choice(("403", "429")))
    made.world.now_ms += TIMEOUT_MS + GRACE_MS + OVERLAP_MS
    return made


def _call(environment: Environment, request: str, ending: str, *, strict: bool) -> None:
    world = environment.world
    common = environment.starts(request, strict=strict and ending != "unreached")
    if ending == "unreached":
        world.lines.pop()
    elif ending in ("kept", "untold", "spooled", "failed"):
        wire = environment.ends(common, "error" if ending == "failed" else "completed")
        if ending == "spooled":
            environment.spools(wire)
        elif ending != "untold":
            world.put(wire)
    if ending != "vanished":
        environment.reports(request, *_REPORTS.get(ending, ("success", "")))


def _refuse(scenario: Scenario, status: str) -> None:
    """A request that the gateway turned away, as the access log has it."""
    now_ms = scenario.world.now_ms
    line = {"requestId": "r", "requestTimeEpoch": str(now_ms), "routeKey": "POST /models/mood", "status": status}
    scenario.world.lines.append(("access", now_ms, json.dumps(line)))
    scenario.refused[now_ms // 60_000, status] += 1


def _ended_badly(message: str) -> bool:
    return '"type":"platform.report"' in message and ('"Runtime.' in message or '"timeout"' in message)


def _event(told: tuple[str, int, str]) -> LogEvent:
    return LogEvent(stream=told[0], time_ms=told[1], message=told[2])
