"""One call by what people have of it: a record's id, an invocation's, an execution's; whole, or how it begins."""

from __future__ import annotations

import heapq
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlfn.errors import AuditError, UsageError
from mlfn_audit.query import AT_ONCE, CallRow, model_parts, query_records, records, rows
from mlfn_audit.question import CallsOfExecution, CallsOfModel, Period
from mlfn_audit.table import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mlfn.audit.record import AuditRecord
    from mlfn_audit.table import AuditTable, Range

SHORTEST = 8
"""Characters of an id, as tables show it."""
RETRIED = timedelta(hours=3)
"""How far from a call its other attempts are looked for: Lambda retries an asynchronous call for hours."""
_RECORD = re.compile("[a-z2-7]{26}")


def find(table: AuditTable, text: str, models: Iterable[str], period: Period) -> AuditRecord:
    """The newest record that is meant, or that is of the invocation or execution that is meant.

    An ARN of an execution is a key of the table. For an id every record of the period is looked at, the newest first:
    by the table, which answers with those that fit.

    Raises:
        UsageError: the text is too short.
        AuditError: there is none.
    """
    if len(text) < SHORTEST:
        raise UsageError(f"{text!r} is too short.", hint=f"Give at least {SHORTEST} characters of an id.")
    if ":" in text:
        found = query_records(table, CallsOfExecution(execution=text))
    else:
        found = _searched(table, _filter(text), models, period)
    record = next((each for each in found if ":" in text or _is_meant(each, text)), None)
    if record is None:
        raise AuditError(
            f"There is no record, invocation or execution {text}.",
            hint="Give its whole id, and --since if it is older.",
        )
    return record


def attempts_of(table: AuditTable, record: AuditRecord) -> list[CallRow]:
    """Every attempt of a record's invocation, in their order."""
    began = datetime.fromisoformat(record.started_at)
    period = Period(since=began - RETRIED, until=began + RETRIED)
    same = Filter(expression="#i = :i", names={"#i": "iv"}, values={":i": record.invocation})
    return list(rows(_searched(table, same, [record.model], period, newest_first=False)))


def run_id(arn: str | None) -> str:
    """The id of a run of a pipeline, from its ARN; express executions have one more part."""
    return arn.split(":")[7] if arn and arn.count(":") >= 7 else ""


def names_run(record: AuditRecord, text: str) -> bool:
    """Whether a text that led to a record means its run of a pipeline, and not the one call."""
    return record.id != text and not record.invocation.startswith(text)


def _filter(text: str) -> Filter:
    if _RECORD.fullmatch(text):
        # A large item leaves its id out: its key has it.
        return Filter(expression="#i = :i OR attribute_not_exists(#i)", names={"#i": "id"}, values={":i": text})
    return Filter(
        expression="begins_with(#i, :i) OR contains(#g, :i)", names={"#i": "iv", "#g": "g2"}, values={":i": text}
    )


def _is_meant(record: AuditRecord, text: str) -> bool:
    return record.id == text or record.invocation.startswith(text) or run_id(record.execution).startswith(text)


def _searched(
    table: AuditTable, only: Filter, models: Iterable[str], period: Period, *, newest_first: bool = True
) -> Iterator[AuditRecord]:
    hours = [model_parts(table, CallsOfModel(model=model, period=period), newest_first) for model in models]
    parts = heapq.merge(*hours, key=_hour, reverse=newest_first)
    filtered = ([replace(each, only=only) for each in part] for part in parts)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from records(table.items_of(filtered, pool, newest_first=newest_first), table.cost)


def _hour(part: Sequence[Range]) -> str:
    return part[0].key.rsplit("#", 2)[1]
