"""Answers to questions about calls: who, which version, when, on which data, with what result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, assert_never

from mlfn.audit.codec import fit
from mlfn.audit.keys import (
    MOST_SHARDS,
    SHARDED,
    caller_key,
    directory_key,
    execution_key,
    input_key,
    model_key,
    sharded_sort,
)
from mlfn.audit.record import END_PHASES, AuditRecord, Phase
from mlfn_audit.question import CallsOfCaller, CallsOfExecution, CallsOfModel, CallsOnInput
from mlfn_audit.table import AuditTable, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from mlfn_audit.question import Period, Question
    from mlfn_audit.table import Cost, DynamoDBClient, Item

AT_ONCE = 8
"""Requests on their way at once; boto3 keeps ten connections."""
_HOURS_AT_FIRST = 16
"""Entries of a directory that the first answer has: in a busy hour or two lies what most readers want."""
_AFTER = "~"
"""Sorts after every character of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One attempt of one call: the record that tells most, and all its phases in the order of their times."""

    record: AuditRecord
    phases: tuple[AuditRecord, ...]

    @property
    def status(self) -> str:
        """`ok`, `error`, `rejected`, …; `running` while no end is known."""
        return self.record.status or ("running" if self.record.phase not in END_PHASES else self.record.phase)

    @property
    def confirmed(self) -> AuditRecord:
        """The record whose word on the caller counts: a later note's that is surer of it, or the call's own."""
        level = self.record.assurance or 0
        surer = [each for each in self.phases if each.phase is Phase.NOTE and (each.assurance or 0) > level]
        return surer[-1] if surer else self.record


def query(client: DynamoDBClient, table: str, question: Question, *, newest_first: bool = False) -> Iterator[CallRow]:
    """The calls a question asks for, one row each, read as they are needed."""
    return rows(query_records(AuditTable(client=client, name=table), question, newest_first=newest_first))


def query_records(table: AuditTable, question: Question, *, newest_first: bool = False) -> Iterator[AuditRecord]:
    """Every phase of the calls a question asks for, in the order of the calls' start."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        items = table.items_of(_parts(table, question, newest_first), pool, newest_first=newest_first)
        yield from filter(question.admits, records(items, table.cost))


def records(items: Iterable[Item], cost: Cost) -> Iterator[AuditRecord]:
    """The records in items; somebody has changed an item that holds none: `mlfn audit verify` tells which."""
    for item in items:
        try:
            yield AuditRecord.from_item(item)
        except ValueError:
            cost.damaged += 1


def _parts(table: AuditTable, question: Question, newest_first: bool) -> Iterator[Sequence[Range]]:
    match question:
        case CallsOfModel():
            return model_parts(table, question, newest_first)
        case CallsOfCaller():
            return _caller_parts(table, question, newest_first)
        case CallsOfExecution():
            names = _names(question.execution, 300, 128)
            return iter([[Range(key=execution_key(name), index="g2") for name in names]])
        case CallsOnInput():
            return _daily(question.period, "g3", lambda day: [input_key(question.digest, day)], newest_first)
        case _:
            assert_never(question)


def rows(records: Iterable[AuditRecord]) -> Iterator[CallRow]:
    """Records in the order of the calls' start, with the phases of each attempt in one row."""
    for _, group in groupby(records, key=lambda record: record.started_at):
        attempts: dict[tuple[str, str], list[AuditRecord]] = {}
        for record in group:
            attempts.setdefault((record.invocation, record.attempt), []).append(record)
        for phases in attempts.values():
            phases.sort(key=lambda record: _RANK[record.phase])
            told = [record for record in phases if record.phase is not Phase.NOTE]
            yield CallRow(record=(told or phases)[-1], phases=tuple(phases))


_RANK = {phase: rank for rank, phase in enumerate(Phase)}


def timestamp(time: datetime) -> str:
    """A time as records hold it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def model_parts(table: AuditTable, question: CallsOfModel, newest_first: bool) -> Iterator[Sequence[Range]]:
    """For each hour that holds records, the partitions of that hour."""
    first, last = timestamp(question.period.since), timestamp(question.period.until)
    directory = Range(
        key=directory_key(question.model),
        first=_hour(question.period.since),
        last=_hour(question.period.until) + _AFTER,
    )
    listed = table.items(directory, newest_first=newest_first, at_first=_HOURS_AT_FIRST)
    entries = filter(None, (_entry(item) for item in listed))
    for hour, group in groupby(entries, key=lambda entry: entry.hour):
        wanted = {(each.version, each.shard) for each in group if question.is_version(each.version, each.function)}
        if wanted:
            yield [
                Range(key=model_key(question.model, version, hour, shard), first=first, last=last)
                for version, shard in sorted(wanted)
            ]


class _Entry(NamedTuple):
    hour: str
    version: str
    function: str
    shard: int


def _entry(item: Item) -> _Entry | None:
    """A directory entry; functions write them, so that one of another form leads nowhere."""
    match item["sk"]["S"].split("#"):
        case [hour, version, function, shard] if shard.isdecimal():
            return _Entry(hour, version, function, int(shard))
        case _:
            return None


def _names(name: str, limit: int, tight: int) -> list[str]:
    """A long name is cut to size in a record, and once more if the record would be too large; so is its key."""
    cut = fit(name, limit)
    return list(dict.fromkeys([cut, fit(cut, tight)]))


def _caller_parts(table: AuditTable, question: CallsOfCaller, newest_first: bool) -> Iterator[Sequence[Range]]:
    """For each day, the caller's partitions: as many as the models with the most shards had on that day."""
    callers, shards = _names(question.caller, 192, 64), _shards_by_day(table, question.period)

    def keys(day: str) -> list[str]:
        return [caller_key(name, day, shard) for name in callers for shard in range(shards.get(day, 1))]

    return _daily(question.period, "g1", keys, newest_first)


def _shards_by_day(table: AuditTable, period: Period) -> dict[str, int]:
    """The days of a period on which a model had more than one shard, and how many at most."""
    days = _days(period, newest_first=False)
    marks = Range(key=SHARDED, first=sharded_sort(days[0], ""), last=sharded_sort(days[-1], _AFTER), index="g1")
    most: dict[str, int] = {}
    for item in table.entries(marks):
        match item["sk"]["S"].split("#"):
            case ["", day, shards] if shards.isdecimal():
                # Functions write these entries: more than there can be are none.
                most[day] = max(most.get(day, 1), min(int(shards), MOST_SHARDS))
    return most


def _daily(
    period: Period, index: str, keys: Callable[[str], list[str]], newest_first: bool
) -> Iterator[Sequence[Range]]:
    first, last = timestamp(period.since), timestamp(period.until)
    for day in _days(period, newest_first):
        yield [Range(key=key, first=first, last=last, index=index) for key in keys(day)]


def _days(period: Period, newest_first: bool) -> list[str]:
    day, end = period.since.astimezone(UTC).date(), period.until.astimezone(UTC).date()
    days = [f"{day + timedelta(days=number):%Y%m%d}" for number in range((end - day).days + 1)]
    return days[::-1] if newest_first else days


def _hour(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H")
