"""What the next checkpoint seals, as a function of the records found and of what is sealed already.

A writer's records are sealed as far as its chain goes without a gap, whatever their times say. So a record that comes
late is sealed by a later checkpoint, and nothing is sealed twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from mlfn.audit.codec import base64url_bytes
from mlfn_audit.checkpoint import Checkpoint, Contents, Loose, Run, Sealed
from mlfn_audit.merkle import Peaks
from mlfn_audit.note import signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlfn_audit.checkpoint import OpenedCheckpoint
    from mlfn_audit.note import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What sealing needs to know of a record."""

    id: str
    writer: str
    sequence: int | None
    digest: str
    made_at: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a writer's chain is sealed: up to `sequence`, but for the gaps."""

    sequence: int = -1
    gaps: tuple[tuple[int, int], ...] = ()

    def with_run(self, first: int, last: int) -> Head:
        """The head after a run has been sealed; the same if it was before."""
        if first > self.sequence:
            new = ((self.sequence + 1, first - 1),) if first > self.sequence + 1 else ()
            return Head(sequence=last, gaps=self.gaps + new)
        left = [
            part
            for low, high in self.gaps
            for part in ((low, min(high, first - 1)), (max(low, last + 1), high))
            if part[0] <= part[1]
        ]
        return Head(sequence=self.sequence, gaps=tuple(dict.fromkeys(left)))

    def awaits(self, sequence: int) -> bool:
        """Whether this record is still to be sealed."""
        return sequence > self.sequence or any(low <= sequence <= high for low, high in self.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is sealed already."""

    previous: OpenedCheckpoint | None = None
    heads: Mapping[str, Head] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the next checkpoint adds."""

    contents: Contents
    facts: tuple[Fact, ...]
    """In the order of the contents."""
    waiting_since: str | None
    """When the oldest record was made that a gap keeps from being sealed."""


def select(facts: Iterable[Fact], state: State, *, give_up_before: str) -> Selection:
    """The records to seal next.

    A gap ends a writer's run until it is filled, or until what follows it was made before `give_up_before`.
    """
    by_writer = groupby(sorted(facts, key=_order), key=lambda fact: fact.writer)
    runs: list[list[Fact]] = []
    loose: list[Fact] = []
    waiting: list[Fact] = []
    for writer, group in by_writer:
        head = state.heads.get(writer, Head())
        chained, others = _chained(group, head)
        loose += [fact for fact in others if fact.id not in state.loose]
        ready, late = _runs(chained, head, give_up_before)
        runs += ready
        waiting += late
    loose.sort(key=lambda fact: fact.id)
    contents = Contents(runs=tuple(_run(run) for run in runs), loose=tuple(_loose(fact) for fact in loose))
    return Selection(
        contents=contents,
        facts=(*(fact for run in runs for fact in run), *loose),
        waiting_since=min((fact.made_at for fact in waiting), default=None),
    )


def seal(selection: Selection, previous: OpenedCheckpoint | None, signer: Signer, *, now: str) -> Sealed:
    """The signed checkpoint that adds a selection to the trail."""
    before = previous.peaks if previous else Peaks()
    peaks = before.extended(base64url_bytes(fact.digest) for fact in selection.facts)
    expiries = [fact.expires_at for fact in selection.facts]
    contents = selection.contents.to_text()
    since = previous.checkpoint.until if previous else min([now, *(fact.made_at for fact in selection.facts)])
    checkpoint = Checkpoint(
        origin=signer.public_key.name,
        size=peaks.size,
        root=peaks.root,
        number=previous.checkpoint.number + 1 if previous else 1,
        since=since,
        until=max(now, since),
        contents=sha256(contents.encode()).digest(),
        expires=(min(expiries, default=0), max(expiries, default=0)),
        previous=previous.checkpoint.digest if previous else None,
    )
    return Sealed(note=signed(checkpoint.to_text(), signer), contents=contents, peaks=peaks.hashes)


def _order(fact: Fact) -> tuple[str, int, str]:
    return fact.writer, -1 if fact.sequence is None else fact.sequence, fact.id


def _chained(group: Iterable[Fact], head: Head) -> tuple[list[tuple[int, Fact]], list[Fact]]:
    """The records still to be sealed by their sequence numbers, and those that have none of their own."""
    chained: dict[int, Fact] = {}
    others = []
    for fact in group:
        if fact.sequence is None:
            others.append(fact)
        elif head.awaits(fact.sequence):
            # Two records with one number are for `verify` to report; both are sealed as evidence.
            if fact.sequence in chained:
                others.append(fact)
            else:
                chained[fact.sequence] = fact
    return list(chained.items()), others


def _runs(chained: Sequence[tuple[int, Fact]], head: Head, give_up_before: str) -> tuple[list[list[Fact]], list[Fact]]:
    """Records one after the other, and those that wait for a gap to be filled."""
    runs: list[list[Fact]] = []
    last = -2
    for position, (sequence, fact) in enumerate(chained):
        if runs and sequence == last + 1:
            runs[-1].append(fact)
        elif sequence <= head.sequence + 1 or fact.made_at < give_up_before:
            runs.append([fact])
        else:
            return runs, [each for _, each in chained[position:]]
        last = sequence
    return runs, []


def _run(facts: Sequence[Fact]) -> Run:
    first, last = facts[0], facts[-1]
    if first.sequence is None or last.sequence is None:
        raise ValueError("a run is of records with a sequence number")
    return Run(writer=first.writer, first=first.sequence, last=last.sequence, head=last.digest)


def _loose(fact: Fact) -> Loose:
    return Loose(writer=fact.writer, id=fact.id, digest=fact.digest)
