"""One run: read what was recorded and what AWS wrote down, judge, and note what is now known."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from mlfn_audit.collecting.deposit import Outcome
from mlfn_audit.query import AT_ONCE, query_records, rows
from mlfn_audit.question import CallsOfExecution
from mlfn_audit.reconciling.judging import Judge, Verdict, is_confirmed_front_door, leans_on
from mlfn_audit.reconciling.notes import dispatched, note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mlfn.audit.codec import Wire
    from mlfn_audit.collecting.deposit import Deposit
    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Period
    from mlfn_audit.reconciling.evidence import Evidence
    from mlfn_audit.reconciling.judging import Finding
    from mlfn_audit.table import AuditTable

_FIRST_OF_A_RUN = 20
"""Records of a run among which its front door's is, whatever the clocks of two environments say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose calls are looked at."""

    app: str
    prefix: str
    """How the names of its functions begin."""
    period: Period
    models: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What came of a run."""

    calls: int
    noted: int
    """Records that are new in the trail."""
    findings: tuple[Finding, ...]

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """What somebody should look at."""
        return tuple(finding for finding in self.findings if finding.is_alarm)

    def count(self, verdict: Verdict) -> int:
        """How many calls got a verdict."""
        return sum(finding.verdict is verdict for finding in self.findings)

    def alarms_by_model(self) -> dict[str, int]:
        """How many alarms each model has."""
        return dict(Counter(finding.model for finding in self.alarms))


def judged(
    calls: Sequence[CallRow], evidence: Evidence, scope: Scope, now: datetime, table: AuditTable
) -> list[Finding]:
    """What the evidence says of calls, and of calls that nobody recorded; nothing is written.

    The calls may be of more than the scope's time, since the evidence of a call can be of a moment before or after.
    """
    judge = Judge(evidence=evidence, now=now)
    own = [row for row in calls if scope.period.has(row.record.started_at)]
    findings = judge.judge(own, confirmed=frozenset(_confirmed_runs(own, table)))
    missing = judge.unrecorded(calls, scope.app, scope.prefix, scope.period.since)
    return findings + [each for each in missing if each.model in scope.models]


def deposited(findings: Iterable[Finding], deposit: Deposit) -> int:
    """Write what was found into the trail; how many records are new."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(outcome is Outcome.NEW for outcome in pool.map(deposit.put, _wires(findings)))


def _wires(findings: Iterable[Finding]) -> Iterable[Wire]:
    for finding in findings:
        if finding.is_noted:
            yield note(finding)
        elif finding.verdict is Verdict.UNRECORDED:
            yield dispatched(finding)


def _confirmed_runs(calls: Sequence[CallRow], table: AuditTable) -> Iterable[str]:
    """The runs, begun outside of these calls, whose front door the trail is sure of."""
    for execution in leans_on(calls):
        first = islice(query_records(table, CallsOfExecution(execution=execution)), _FIRST_OF_A_RUN)
        if any(map(is_confirmed_front_door, rows(first))):
            yield execution
