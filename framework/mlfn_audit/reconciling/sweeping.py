"""An app's calls held against AWS's own word part by part, each once, however often the reader dies."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mlfn_audit.collecting.trail_sweep import LATE_MS
from mlfn_audit.query import query_records, rows
from mlfn_audit.question import CallsOfModel, Period
from mlfn_audit.reconciling.evidence import Evidence, gateway_calls, invocations
from mlfn_audit.reconciling.judging import GRACE, Verdict
from mlfn_audit.reconciling.reconcile import Reconciliation, Scope, deposited, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_audit.collecting.group_log import GroupLog
    from mlfn_audit.collecting.sweeping import Progress
    from mlfn_audit.collecting.trail_sweep import TrailFiles
    from mlfn_audit.query import CallRow
    from mlfn_audit.reconciling.evidence import GatewayCall, Invocation
    from mlfn_audit.reconciling.judging import Finding
    from mlfn_audit.table import AuditTable

PART = timedelta(minutes=10)
LEAST_PART = timedelta(minutes=1)
LARGEST_PART = 20_000
"""Calls of one part, about: what a function of 512 MB takes easily."""
FIRST = timedelta(hours=1)
"""How far back the first run goes."""
ASIDE = timedelta(minutes=2)
"""Between a call, by its environment's clock, and what AWS wrote down of it."""
RETRIED = timedelta(minutes=40)
"""From an asynchronous call to its third attempt, each of which may take 15 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where AWS writes down an app's calls."""

    trail: TrailFiles | None
    log: GroupLog

    def read(self, part: Period, prefix: str) -> Evidence:
        """What was written down of a part's calls, and of those around it."""
        return Evidence(invocations=self._invocations(part, prefix), gateway=self._gateway(part))

    def _invocations(self, part: Period, prefix: str) -> Mapping[str, Invocation] | None:
        if self.trail is None:
            return None
        since, until = part.since - RETRIED, part.until + ASIDE
        # A file is named by the minute of its delivery.
        events = self.trail.events(_ms(since - LEAST_PART), _ms(part.until) + LATE_MS)
        return {each.request: each for each in invocations(events, prefix) if since <= each.at < until}

    def _gateway(self, part: Period) -> Mapping[str, GatewayCall] | None:
        written = self.log.events(_ms(part.since - ASIDE), _ms(part.until + ASIDE), pattern="")
        try:
            return {call.request: call for call in gateway_calls(event.message for event in written)}
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None  # the app has no API


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSweep:
    """Reconciles what has happened to an app since the last time."""

    app: str
    stage: str
    models: frozenset[str]
    sources: Sources
    table: AuditTable
    deposit: Deposit
    progress: Progress
    clock: Callable[[], datetime]
    may_go_on: Callable[[], bool]
    """Whether there is time for another part."""

    def run(self, tell: Callable[[Reconciliation], None], *, settled: timedelta) -> int:
        """Go on up to `settled` ago, telling of each part before it counts as done; how many records are new."""
        latest, last, noted = self.progress.latest(), _whole(self.clock() - settled), 0
        since = last - FIRST if latest is None else datetime.fromtimestamp(latest / 1000, UTC)
        while since < last and self.may_go_on():
            part, calls = self._part(since, min(since + PART, last))
            found = self._judged(part, calls)
            tell(Reconciliation(calls=len(calls), noted=0, findings=tuple(found)))
            noted += deposited(found, self.deposit)
            self.progress.reached(_ms(part.until), now_ms=_ms(self.clock()))
            since = part.until
        return noted

    def _part(self, since: datetime, until: datetime) -> tuple[Period, list[CallRow]]:
        """A part that is not too large, and its calls with those around it."""
        while True:
            part = Period(since=since, until=_whole(until))
            around = Period(since=since - ASIDE, until=until + ASIDE)
            calls = list(islice(self._calls(around), LARGEST_PART + 1))
            if len(calls) <= LARGEST_PART or until - since <= LEAST_PART:
                return part, calls
            until = since + max((until - since) / 2, LEAST_PART)

    def _judged(self, part: Period, calls: list[CallRow]) -> list[Finding]:
        prefix = f"{self.app}-{self.stage}-"
        scope = Scope(app=self.app, prefix=prefix, period=part, models=self.models)
        evidence = self.sources.read(part, prefix)
        # Everything there is to say of this time has been written by now.
        found = judged(calls, evidence, scope, part.until + GRACE, self.table)
        return self._without_later_calls(part, found)

    def _without_later_calls(self, part: Period, found: list[Finding]) -> list[Finding]:
        """An asynchronous call may have waited, and be recorded long after AWS took it."""
        missing = {each.invocation for each in found if each.verdict is Verdict.UNRECORDED}
        if not missing:
            return found
        later = self._calls(Period(since=part.until, until=self.clock() + ASIDE))
        known = {row.record.invocation for row in later} & missing
        return [each for each in found if each.verdict is not Verdict.UNRECORDED or each.invocation not in known]

    def _calls(self, period: Period) -> Iterable[CallRow]:
        questions = [CallsOfModel(model=model, period=period) for model in sorted(self.models)]
        answers = [rows(query_records(self.table, question)) for question in questions]
        return heapq.merge(*answers, key=lambda row: row.record.started_at)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _whole(moment: datetime) -> datetime:
    """To the millisecond, as progress is kept."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
