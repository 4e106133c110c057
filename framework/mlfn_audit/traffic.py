"""How much a model is called, estimated from its records: some hours of the last month, by key, never a scan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from mlfn.audit.record import Phase
from mlfn_audit.directory import partitions
from mlfn_audit.query import records, rows
from mlfn_audit.table import Range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn.audit.record import AuditRecord
    from mlfn_audit.directory import Partition, TableClient
    from mlfn_audit.query import CallRow
    from mlfn_audit.table import AuditTable

MONTH_HOURS = 730
"""What AWS's calculator takes for a month."""
WINDOW = timedelta(days=30)
LEAST_HOURS = 24
"""A trail that is younger counts as so old: five minutes of trying out are no traffic."""
MOST_PARTITIONS, MOST_RECORDS = 40, 500
"""What is read of a model: partitions, spread evenly over those there are, and records of each."""


@dataclass(slots=True, kw_only=True)
class Traffic:
    """Calls of a model or pipeline in a month, and what each of them left."""

    calls: float = 0.0
    invocations: float = 0.0
    """Calls that reached a function: not those that the gateway refused."""
    through_api: float = 0.0
    cold_starts: float = 0.0
    records: float = 0.0
    index_entries: float = 0.0
    duration_ms: float = 0.0
    """Of all invocations together."""
    callers: Counter[str] = field(default_factory=Counter)
    """Whose calls were read: names, and how many there were."""
    is_whole: bool = True
    """Every record was counted; else some stand for the others."""

    @property
    def mean_ms(self) -> float:
        """How long an invocation takes."""
        return self.duration_ms / self.invocations if self.invocations else 0.0

    def add(self, row: CallRow, weight: float) -> None:
        """Count a call as so many a month."""
        record = row.record
        self.calls += weight
        self.callers[row.confirmed.caller or "unknown"] += 1
        self.through_api += weight * (record.path or "").startswith("http_")
        self.records += weight * len(row.phases)
        self.index_entries += weight * sum(map(_index_entries, row.phases))
        if record.function:
            self.invocations += weight
            self.cold_starts += weight * bool(record.cold_start)
            self.duration_ms += weight * (record.duration_us or 0) / 1000

    def __add__(self, other: Traffic) -> Traffic:
        """Both together."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMMED}
        return Traffic(**sums, is_whole=self.is_whole and other.is_whole)


_SUMMED = tuple(each.name for each in fields(Traffic) if each.name != "is_whole")


def month_of(table: AuditTable, client: TableClient, model: str, now: datetime) -> Traffic:
    """What a month would be like if it went on as it was, from at most 20,000 records."""
    since = now - WINDOW
    found = partitions(client, table.name, [model], since_hour=f"{since:%Y%m%dT%H}", until_hour=f"{now:%Y%m%dT%H}")
    traffic = Traffic()
    if not found:
        return traffic
    observed = (now - max(since, _start(found[0]))) / timedelta(hours=1)
    chosen = spread(found, MOST_PARTITIONS)
    traffic.is_whole = len(chosen) == len(found)
    scale = MONTH_HOURS / max(observed, LEAST_HOURS) * len(found) / len(chosen)
    for partition in chosen:
        _count(table, partition, traffic, scale)
    return traffic


def spread(found: Sequence[Partition], most: int) -> list[Partition]:
    """So many at most, evenly from the first to the last."""
    if len(found) <= most:
        return list(found)
    return [found[number * len(found) // most] for number in range(most)]


def _count(table: AuditTable, partition: Partition, traffic: Traffic, scale: float) -> None:
    items = list(islice(table.items(Range(key=partition.key)), MOST_RECORDS))
    read = list(records(items, table.cost))
    if len(items) == MOST_RECORDS:
        seconds = (datetime.fromisoformat(read[-1].started_at) - _start(partition)).total_seconds() if read else 3600
        scale *= max(3600 / max(seconds, 1), 1)
        traffic.is_whole = False
    for row in rows(read):
        if not row.record.is_copy:  # a shadow is no lasting load
            traffic.add(row, scale)


def _start(partition: Partition) -> datetime:
    return datetime.strptime(partition.hour, "%Y%m%dT%H").replace(tzinfo=UTC)


def _index_entries(record: AuditRecord) -> int:
    """How many indexes a record is in (docs/audit-record.md §4)."""
    is_told = record.phase is not Phase.STARTED
    return (is_told and record.caller is not None) + bool(record.execution) + (is_told and bool(record.input_digest))
