"""One run: read what was recorded and what AWS wrote down, judge, and note what is now known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_audit.platform.deposit import Outcome
from mlfn_audit.reconciling.judging import Judge, Verdict
from mlfn_audit.reconciling.notes import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mlfn_audit.platform.deposit import Deposit
    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Period
    from mlfn_audit.reconciling.evidence import Evidence
    from mlfn_audit.reconciling.judging import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose calls are looked at."""

    app: str
    prefix: str
    """How the names of its functions begin."""
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What came of a run."""

    calls: int
    noted: int
    """Notes that are new in the trail."""
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


def reconcile(
    rows: Sequence[CallRow], evidence: Evidence, scope: Scope, deposit: Deposit | None, now: datetime
) -> Reconciliation:
    """Judge calls and note what is found; without a `deposit`, nothing is written."""
    judge = Judge(evidence=evidence, now=now)
    findings = [*judge.judge(rows), *judge.unrecorded(rows, scope.app, scope.prefix, scope.period.since)]
    notes = [note(finding) for finding in findings if finding.is_noted]
    noted = sum(deposit.put(wire) is Outcome.NEW for wire in notes) if deposit else 0
    return Reconciliation(calls=len(rows), noted=noted, findings=tuple(findings))
