"""Calls counted as they are read: how many, how they ended, how long they took; memory does not grow with them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from mlfn.audit.record import Phase, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.query import CallRow
    from mlfn_audit.question import Period

RUNNING = "running"
SLICES = 48
"""Parts of a period whose calls are counted apart."""
PRECISION = 0.01
"""Of percentiles: they are at most so far from the duration that they stand for."""
ORPHANED_S = 900
"""After its deadline, a call without an end will get none from its function."""
_STEP = math.log1p(2 * PRECISION)


@dataclass(slots=True)
class Durations:
    """How long calls took, in steps of two hundredths."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, microseconds: int) -> None:
        """Count a call."""
        self.counts[round(math.log(max(microseconds, 1)) / _STEP)] += 1

    def percentile(self, share: float) -> int | None:
        """What so many of the calls took at most, in microseconds; None without calls."""
        wanted = math.ceil(share * self.counts.total())
        for step in sorted(self.counts):
            wanted -= self.counts[step]
            if wanted <= 0:
                return round(math.exp(step * _STEP))
        return None


@dataclass(slots=True)
class Tally:
    """Some calls, counted."""

    statuses: Counter[str] = field(default_factory=Counter)
    durations: Durations = field(default_factory=Durations)

    def add(self, row: CallRow) -> None:
        """Count a call."""
        self.statuses[row.status] += 1
        if row.record.duration_us is not None:
            self.durations.add(row.record.duration_us)

    @property
    def calls(self) -> int:
        """How many there are."""
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """How many ended badly, by no fault of the caller's: a refusal is no failure."""
        return self.calls - sum(self.statuses[each] for each in (Status.OK, Status.REJECTED, RUNNING))

    @property
    def failure_rate(self) -> float:
        """The failures among the calls that were let through and have ended."""
        ended = self.calls - self.statuses[Status.REJECTED] - self.statuses[RUNNING]
        return self.failed / ended if ended else 0.0


@dataclass(slots=True, kw_only=True)
class Summary:
    """All calls of a period: by version, by caller, by time."""

    period: Period
    now: datetime
    all: Tally = field(default_factory=Tally)
    versions: defaultdict[tuple[str, str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    """By model, Lambda version and image version."""
    callers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By name and assurance."""
    slices: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(SLICES)])
    orphans: int = 0
    """Calls whose end nobody has told: their deadline is long over, and the reaper has not been there."""
    abandoned: int = 0
    """Calls whose end the platform told of, and not their function."""

    def add(self, rows: Iterable[CallRow]) -> None:
        """Count calls; a shadow's copies are nobody's, and asking where to put an input is none."""
        since, until = self.period.since.timestamp(), self.period.until.timestamp()
        for row in rows:
            record = row.record
            if not record.is_call:
                continue
            self.all.add(row)
            version = (record.model, record.function_version or "", record.version)
            self.versions[version].add(row)
            self.callers[record.caller or "", record.assurance or 0] += 1
            self.abandoned += record.phase is Phase.ABANDONED
            self.orphans += row.status == RUNNING and self._is_overdue(record.deadline_ms)
            place = (_seconds(record.started_at) - since) / (until - since) * SLICES
            self.slices[min(max(int(place), 0), SLICES - 1)].add(row)

    def _is_overdue(self, deadline_ms: int | None) -> bool:
        return deadline_ms is not None and deadline_ms / 1000 + ORPHANED_S < self.now.timestamp()


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
