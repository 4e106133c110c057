"""Calls as they come: asked for again and again by key, each time only for what may have been added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from mlfn_audit.query import CallRow, timestamp

Ask = Callable[[datetime], Iterable[CallRow]]
"""The calls from a moment on, in the order of their start."""
POLL_S = 1.0
SHORTEST, LONGEST = timedelta(seconds=60), timedelta(minutes=20)
"""How long ago calls may have begun whose end is to come: at least, and at most (Lambda ends each at 15 minutes)."""
LATE = timedelta(seconds=15)
"""From a call's deadline until its record is in the table."""


def follow(
    ask: Ask, first: Sequence[CallRow], since: datetime, *, now: Callable[[], datetime], pause: Callable[[float], None]
) -> Iterator[CallRow]:
    """The first calls, then without end those that began at `since` or later; one comes again when it has ended.

    A record that the table takes long after its call's deadline (deferred, derived) is not waited for: a question
    asked afterwards has it.
    """
    yield from first
    window = max([SHORTEST, *map(_open_for, first)])
    shown = {_name(row): row for row in first}
    while True:
        pause(POLL_S)
        since = max(since, now() - window)
        oldest = timestamp(since)
        shown = {name: row for name, row in shown.items() if row.record.started_at >= oldest}
        for row in ask(since):
            before = shown.get(_name(row))
            is_new = before is None or before.status != row.status
            if is_new and row.record.started_at >= oldest:  # an execution's calls come whole, whatever the period
                shown[_name(row)] = row
                window = max(window, _open_for(row))
                yield row


def moment_of(row: CallRow) -> datetime:
    """When a call began."""
    return datetime.fromisoformat(row.record.started_at)


def _name(row: CallRow) -> tuple[str, str]:
    return row.record.invocation, row.record.attempt


def _open_for(row: CallRow) -> timedelta:
    """How long after its start a call such as this one may end."""
    if row.record.deadline_ms is None:
        return SHORTEST
    return min(datetime.fromtimestamp(row.record.deadline_ms / 1000, UTC) - moment_of(row) + LATE, LONGEST)
