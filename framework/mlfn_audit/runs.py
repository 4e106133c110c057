"""A run of a pipeline as a tree: each call below the one whose result it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlfn.audit.record import AuditRecord
    from mlfn_audit.query import CallRow

DEEPEST = 100
"""Levels of a tree; a longer chain of steps goes on beside its last level."""


_MACHINE = 6
"""Which part of an execution's ARN names its state machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A call of a run, and the calls that came after it."""

    row: CallRow
    also_after: tuple[str, ...]
    """Ids of further records whose results it took."""
    children: tuple[Step, ...]


def tree_of(rows: Sequence[CallRow]) -> tuple[Step, ...]:
    """The calls of a run, given in the order of their start.

    A call of several parents stands below the one that ended last, one without parents below the pipeline's own record.
    """
    own = next((row for row in rows if is_own(row)), None)
    if own is not None:
        rows = [own, *[row for row in rows if row is not own]]  # whatever the clocks of two environments say
    places = {phase.id: number for number, row in enumerate(rows) for phase in row.phases}
    above: list[int | None] = []
    also_after: list[tuple[str, ...]] = []
    for number, row in enumerate(rows):
        parents = [places[each] for each in row.record.parents or () if places.get(each, number) < number]
        parent = max(parents, key=lambda each: _end(rows[each]), default=0 if own is not None and number else None)
        also_after.append(tuple(rows[each].record.id for each in parents if each != parent))
        above.append(_high_enough(parent, above))
    return _grown(rows, above, also_after)


def _high_enough(parent: int | None, above: Sequence[int | None]) -> int | None:
    """A place in the tree below which there may be one level more."""
    path = []
    step = parent
    while step is not None:
        path.append(step)
        step = above[step]
    return path[-DEEPEST] if len(path) > DEEPEST else parent


def _grown(
    rows: Sequence[CallRow], above: Sequence[int | None], also_after: Sequence[tuple[str, ...]]
) -> tuple[Step, ...]:
    below: dict[int | None, list[Step]] = {}
    for number in reversed(range(len(rows))):  # what is below a call comes after it
        children = tuple(reversed(below.pop(number, [])))
        step = Step(row=rows[number], also_after=also_after[number], children=children)
        below.setdefault(above[number], []).append(step)
    return tuple(reversed(below.get(None, [])))


def is_own(row: CallRow) -> bool:
    """Whether it is the pipeline's own call, and not one of a step."""
    return row.record.state is None and row.record.path != "sfn"


def own_call(run: Sequence[CallRow], otherwise: AuditRecord) -> AuditRecord:
    """The pipeline's own call, which tells what a run was given and how it ended; a step, if its trail has no other."""
    return next((row.record for row in run if is_own(row)), otherwise)


def machine_of(execution: str) -> str:
    """The name of the state machine that an execution's ARN is of: a synchronous run, and one of a batch's lines, too.

    `…:execution:<machine>:<name>`, `…:express:<machine>:<name>:<id>`; a line's machine is `<machine>/<its map>`.
    """
    parts = execution.split(":")
    return parts[_MACHINE].partition("/")[0] if len(parts) > _MACHINE else ""


def _end(row: CallRow) -> str:
    return row.record.ended_at or row.record.started_at
