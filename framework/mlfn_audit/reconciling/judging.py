"""What the evidence says of a call: confirmed, made by somebody else, or nowhere to be found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from mlfn.audit.codec import fit
from mlfn.audit.record import Phase
from mlfn_audit.collecting.access_log import is_asking
from mlfn_audit.collecting.derived import PLATFORM
from mlfn_audit.reconciling.evidence import GATEWAY, STATES, is_same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlfn.audit.record import AuditRecord
    from mlfn_audit.query import CallRow
    from mlfn_audit.reconciling.evidence import Evidence, Invocation

CONFIRMED_LEVEL = 3
GRACE = timedelta(minutes=20)
"""How long evidence may take to arrive: CloudTrail delivers within some 15 minutes."""
INGRESS = "-mlfn-ingress"
_CALLER_LIMIT = 192


class Verdict(StrEnum):
    """What came of looking."""

    CONFIRMED = "confirmed"
    FORGED = "forged"
    """Somebody else called than the record says; the evidence says who."""
    UNMATCHED = "unmatched"
    """Neither the API's log nor CloudTrail knows the call."""
    UNRECORDED = "unrecorded"
    """A call that AWS has seen and the trail has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict on one call."""

    verdict: Verdict
    model: str
    invocation: str
    at: str
    claimed: str | None
    """Whom the record names."""
    caller: str | None
    """Whom the evidence names."""
    caller_type: str | None
    why: str
    record: AuditRecord | None

    @property
    def is_alarm(self) -> bool:
        """Whether somebody should look."""
        return self.verdict is not Verdict.CONFIRMED

    @property
    def is_noted(self) -> bool:
        """Whether the trail is to say so, too."""
        return self.record is not None and self.caller is not None and self.verdict is not Verdict.UNMATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Holds records against evidence."""

    evidence: Evidence
    now: datetime

    def judge(self, rows: Sequence[CallRow], confirmed: Iterable[str] = ()) -> list[Finding]:
        """What there is to say of calls; front doors first, since their runs' steps lean on them.

        `confirmed` are runs whose front door is not among these calls, and known to be what it says.
        """
        sure: set[str | None] = {*confirmed, *(row.record.execution for row in rows if is_confirmed_front_door(row))}
        findings = []
        for row in sorted(rows, key=lambda row: not _is_front_door(row.record)):
            if row.record.writer == PLATFORM or any(phase.phase is Phase.NOTE for phase in row.phases):
                continue
            finding = self._finding(row.record, sure)
            if finding is None:
                continue
            findings.append(finding)
            if finding.verdict is Verdict.CONFIRMED and _is_front_door(row.record):
                sure.add(row.record.execution)
        return findings

    def unrecorded(self, rows: Iterable[CallRow], app: str, prefix: str, since: datetime) -> Iterator[Finding]:
        """Calls that AWS has seen and the trail has not; asking about a run (GET) leaves no record."""
        known = {phase.invocation for row in rows for phase in row.phases}
        calls = (self.evidence.gateway or {}).values()
        known |= {call.invocation for call in calls if is_asking(call.route, call.status)}
        for call in calls:
            if call.invocation not in known and self._is_due(call.at, since):
                model = f"{app}.{call.route.rpartition('/')[2]}"
                yield _missing(model, call.invocation, call.at, call.caller, "unknown")
        known |= {call.invocation for call in calls}
        for each in (self.evidence.invocations or {}).values():
            ours = not each.refused and not each.function.endswith(INGRESS)
            if ours and each.request not in known and self._is_due(each.at, since):
                model = f"{app}.{each.function.removeprefix(prefix)}"
                yield _missing(model, each.request, each.at, each.principal or each.service, each.principal_type)

    def _is_due(self, at: datetime, since: datetime) -> bool:
        """Whether a call lies in the period, and is so old that its record must be there."""
        return since <= at < self.now - GRACE

    def _finding(self, record: AuditRecord, confirmed: set[str | None]) -> Finding | None:
        seen = (self.evidence.invocations or {}).get(record.invocation)
        path = record.path or ""
        if path.startswith("http_"):
            return self._through_gateway(record, seen)
        if path == "sfn":
            return self._in_a_run(record, seen, confirmed)
        return self._directly(record, seen) if path == "direct" else None

    def _through_gateway(self, record: AuditRecord, seen: Invocation | None) -> Finding | None:
        call = (self.evidence.gateway or {}).get(record.gateway_request or "")
        if seen is not None and seen.service != GATEWAY:
            return _forged(record, seen, "the function was invoked directly, not by the API")
        if call is not None and call.invocation == record.invocation:
            if call.caller and record.caller and fit(call.caller, _CALLER_LIMIT) != record.caller:
                return _finding(Verdict.FORGED, record, call.caller, record.caller_type, "the API saw somebody else")
            sources = "the API's access log and CloudTrail" if seen else "the API's access log"
            return _finding(Verdict.CONFIRMED, record, record.caller, record.caller_type, f"confirmed by {sources}")
        if self.evidence.gateway is None:
            return None
        return self._unmatched(record, "the API's access log does not know it")

    def _in_a_run(self, record: AuditRecord, seen: Invocation | None, confirmed: set[str | None]) -> Finding | None:
        if seen is None:
            return self._unmatched(record, "CloudTrail does not know it") if self.evidence.invocations else None
        if seen.service != STATES:
            return _forged(record, seen, "the function was invoked directly, not by a state machine")
        if record.execution not in confirmed:
            return None
        return _finding(Verdict.CONFIRMED, record, record.caller, record.caller_type, "confirmed with its run")

    def _directly(self, record: AuditRecord, seen: Invocation | None) -> Finding | None:
        if seen is None:
            return self._unmatched(record, "CloudTrail does not know it") if self.evidence.invocations else None
        if not seen.principal:
            return None
        if record.caller and not is_same(record.caller, seen.principal):
            return _forged(record, seen, "somebody else called than the call says")
        if record.assurance == CONFIRMED_LEVEL:
            return None
        return _finding(Verdict.CONFIRMED, record, seen.principal, seen.principal_type, "confirmed by CloudTrail")

    def _unmatched(self, record: AuditRecord, why: str) -> Finding | None:
        began = datetime.fromisoformat(record.started_at)
        return _finding(Verdict.UNMATCHED, record, None, None, why) if began < self.now - GRACE else None


def _finding(verdict: Verdict, record: AuditRecord, caller: str | None, caller_type: str | None, why: str) -> Finding:
    return Finding(
        verdict=verdict,
        model=record.model,
        invocation=record.invocation,
        at=record.started_at,
        claimed=record.caller,
        caller=caller,
        caller_type=caller_type,
        why=why,
        record=record,
    )


def _forged(record: AuditRecord, seen: Invocation, why: str) -> Finding:
    return _finding(Verdict.FORGED, record, seen.principal or seen.service, seen.principal_type, why)


def _missing(model: str, invocation: str, at: datetime, caller: str, caller_type: str) -> Finding:
    return Finding(
        verdict=Verdict.UNRECORDED,
        model=model,
        invocation=invocation,
        at=at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        claimed=None,
        caller=caller or None,
        caller_type=caller_type if caller else None,
        why="AWS has seen this call, and the trail has no record of it",
        record=None,
    )


def _is_front_door(record: AuditRecord) -> bool:
    """Whether it is a pipeline's own record, made by its ingress."""
    return record.execution is not None and (record.path or "").startswith("http_")


def is_confirmed_front_door(row: CallRow) -> bool:
    """Whether it is a pipeline's own call, and the trail is sure of it."""
    return _is_front_door(row.record) and (row.confirmed.assurance or 0) >= CONFIRMED_LEVEL


def leans_on(rows: Iterable[CallRow]) -> list[str]:
    """The runs whose steps are among these calls, and their own records are not."""
    runs: dict[str, bool] = {}
    for record in (row.record for row in rows):
        if record.execution is not None and (record.path == "sfn" or _is_front_door(record)):
            runs[record.execution] = runs.get(record.execution, False) or _is_front_door(record)
    return [execution for execution, has_own in runs.items() if not has_own]
