"""Watch a canary by the audit trail, and end it: promoted, rolled back, or left to a person."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from mlfn_audit.query import query_records, rows
from mlfn_audit.question import CallsOfModel, Period
from mlfn_engine.declarations.naming import INGRESS_KEY
from mlfn_engine.releases.canary import Verdict, judge, seen
from mlfn_engine.releases.history import Basis, Move, ShiftKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlfn_audit.table import AuditTable
    from mlfn_engine.releases.canary import Canary, Judgement, Seen
    from mlfn_engine.releases.history import FunctionVersions, Releases
    from mlfn_engine.reporting import Reporter
    from mlfn_engine.values import AppGraph

LOOKS = 30
"""How often a canary is looked at during its window, but not more than every two seconds on AWS."""
AT_MOST = 2_000
"""Calls of a version that are judged: the newest."""
CLOCKS_S = 5
"""How far functions' clocks may be behind ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one function's canary ended."""

    function: str
    verdict: Verdict
    reasons: tuple[str, ...]
    stable: str
    canary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryWatch:
    """The canaries of one deploy."""

    graph: AppGraph
    canary: Canary
    table: AuditTable
    releases: Releases
    reporter: Reporter
    least_pause_s: float
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> tuple[Ended, ...]:
        """Look until each is decided or its window is over; a bad one is rolled back at once, a good one promoted."""
        began = datetime.now(UTC) - timedelta(seconds=CLOCKS_S)
        until = time.monotonic() + self.canary.window_s
        pause_s = max(self.canary.window_s / LOOKS, self.least_pause_s)
        under_way = self._under_way()
        ended: list[Ended] = []
        while under_way:
            left_s = until - time.monotonic()
            self.sleep(max(min(pause_s, left_s), 0.0))
            at_end = time.monotonic() >= until
            decided = [each for function in under_way if (each := self._look(function, began, at_end=at_end))]
            ended += decided
            names = {each.function for each in decided}
            under_way = [each for each in under_way if each.function not in names]
        return tuple(ended)

    def _under_way(self) -> list[FunctionVersions]:
        found = self.releases.versions(self.graph.app, self.graph.stage)
        return [each for each in found if each.canary and each.answering]

    def _look(self, function: FunctionVersions, began: datetime, *, at_end: bool) -> Ended | None:
        stable, canary = str(function.answering), str(function.canary)
        new, old = self._seen(function.function, canary, began), self._seen(function.function, stable, began)
        judgement = judge(new, old, at_end=at_end)
        told = f"canary {canary}: {new.calls} calls, {new.errors} failed; {stable}: {old.calls}, {old.errors}"
        self.reporter.report(function.function, told)
        if judgement.verdict is Verdict.UNDECIDED and not at_end:
            return None
        self._end(function.function, stable, canary, judgement)
        return Ended(
            function=function.function,
            verdict=judgement.verdict,
            reasons=judgement.reasons,
            stable=stable,
            canary=canary,
        )

    def _end(self, function: str, stable: str, canary: str, judgement: Judgement) -> None:
        graph, basis = self.graph, Basis(reason="; ".join(judgement.reasons))
        if judgement.verdict is Verdict.BAD:
            back = (Move(function=function, source=canary, to=stable),)
            self.releases.shift(graph.app, graph.stage, ShiftKind.ROLLBACK, back, basis)
        elif judgement.verdict is Verdict.GOOD:
            on = (Move(function=function, source=stable, to=canary),)
            self.releases.shift(graph.app, graph.stage, ShiftKind.PROMOTE, on, basis)

    def _seen(self, function: str, version: str, began: datetime) -> Seen:
        period = Period(since=began, until=datetime.now(UTC) + timedelta(minutes=5))
        questions = [CallsOfModel(model=model, period=period, version=version) for model in self._models(function)]
        calls = (
            row.record for question in questions for row in rows(query_records(self.table, question, newest_first=True))
        )
        return seen(islice((record for record in calls if record.is_call), AT_MOST))

    def _models(self, function: str) -> list[str]:
        """Under which names a function's calls are in the trail: its own, or the pipelines' that it lets in."""
        if function != INGRESS_KEY:
            return [f"{self.graph.app}.{function}"]
        return [f"{self.graph.app}.{machine.pipeline.name}" for machine in self.graph.state_machines]
