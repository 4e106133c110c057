"""A writer's chain as verification sees it: which numbers are there, how they are linked, which are sealed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_audit.verifying.reader import digest_bytes
from mlfn_audit.verifying.report import Findings, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_audit.checkpoint import Run
    from mlfn_audit.verifying.reader import Record

_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRun:
    """A part of a chain that a checkpoint has sealed."""

    first: int
    last: int
    head: bytes
    late_before: str
    """A record made before this moment came late."""
    expired: bool
    """Whether its records may be gone by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A record that is not the next of its chain as far as read."""

    own: bytes
    previous: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """A record that no checkpoint vouches for."""

    id: str
    sequence: int
    made_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Records that are not there, and need not be."""

    expired: int
    """Their time is over."""
    pending: int
    """They may be on their way: a later one has just come."""


class Chain:
    """One writer: 32 bytes for each record while they come in order."""

    __slots__ = (
        "_current",
        "_hashes",
        "_last",
        "_next",
        "_numbers",
        "_stray",
        "late",
        "runs",
        "sealed_end",
        "unsealed",
        "writer",
    )

    def __init__(self, writer: str) -> None:
        self.writer = writer
        self.runs: list[SealedRun] = []
        self.sealed_end = -1
        self.late = 0
        self.unsealed: list[Unsealed] = []
        self._current: SealedRun | None = None
        self._hashes = bytearray()
        self._next = 0
        self._last: str | None = None
        self._stray: dict[int, list[Stray]] = {}
        self._numbers: list[int] = []

    def seal(self, run: Run, late_before: str, *, expired: bool, findings: Findings) -> None:
        """Take note of what a checkpoint has sealed, before any record is added."""
        again = run.first <= self.sealed_end
        if again and any(run.first <= other.last and other.first <= run.last for other in self.runs):
            findings.add(Kind.CHECKPOINT, f"numbers {run.first} to {run.last} of writer {self.writer} are sealed twice")
            return
        head = digest_bytes(run.head)
        self.runs.append(SealedRun(first=run.first, last=run.last, head=head, late_before=late_before, expired=expired))
        self.sealed_end = max(self.sealed_end, run.last)

    def add(self, record: Record, own: bytes, sequence: int) -> None:
        """One record of this writer."""
        if sequence == self._next and record.p == self._last:
            self._hashes += own
            self._next += 1
            self._last = record.h
            if self._stray:
                self._absorb()
        else:
            self._stray.setdefault(sequence, []).append(Stray(own=own, previous=record.p, digest=record.h))
        made_at = record.t1 or record.t0
        run = self._run_of(sequence)
        if run is None:
            self.unsealed.append(Unsealed(id=record.id, sequence=sequence, made_at=made_at))
        elif made_at < run.late_before:
            self.late += 1

    def hash_at(self, sequence: int) -> bytes | None:
        """The hash of the record with this number, if it is there."""
        if 0 <= sequence < self._next:
            return bytes(self._hashes[sequence * _SIZE : (sequence + 1) * _SIZE])
        stray = self._stray.get(sequence)
        return stray[0].own if stray else None

    def hashes(self, first: int, last: int) -> list[bytes | None]:
        """The hashes of the records from one number to another."""
        if last < self._next:
            data = bytes(self._hashes[first * _SIZE : (last + 1) * _SIZE])
            return [data[start : start + _SIZE] for start in range(0, len(data), _SIZE)]
        return [self.hash_at(sequence) for sequence in range(first, last + 1)]

    def close(self, findings: Findings, *, settled_before: str) -> Absent:
        """Add what is wrong with the chain; gives what is absent and may be.

        What was made since `settled_before` may overtake the record before it on its way to the table.
        """
        self._numbers = sorted(self._stray)
        for sequence in self._numbers:
            self._check_stray(sequence, findings)
        expired, pending = 0, 0
        made = {each.sequence: each.made_at for each in self.unsealed}
        for run in sorted(self.runs, key=lambda run: run.first):
            found = self.hash_at(run.last)
            if found is not None and found != run.head:
                findings.add(
                    Kind.ALTERED, f"writer {self.writer} was rewritten: its number {run.last} is not the sealed one"
                )
            expired += self._check_run(run, findings)
        for first, last in self._unsealed_gaps():
            if made.get(last + 1, "") >= settled_before:
                pending += last - first + 1
            else:
                findings.add(Kind.GAP, f"writer {self.writer} lacks {_span(first, last)}", last - first + 1)
        return Absent(expired=expired, pending=pending)

    def overdue(self, before: str) -> Iterator[Unsealed]:
        """The unsealed records that the last checkpoint would have sealed if they had been there."""
        expected = self.sealed_end + 1
        for record in sorted(self.unsealed, key=lambda each: each.sequence):
            if record.sequence > expected:
                return  # a gap, told as such, keeps the rest from being sealed
            expected = max(expected, record.sequence + 1)
            if record.made_at < before:
                yield record

    def _absorb(self) -> None:
        """What came too early is in order once what was before it has come."""
        while (strays := self._stray.get(self._next)) and len(strays) == 1 and strays[0].previous == self._last:
            del self._stray[self._next]
            self._hashes += strays[0].own
            self._next += 1
            self._last = strays[0].digest

    def _run_of(self, sequence: int) -> SealedRun | None:
        """The run that seals a record; mostly the one that sealed the record before."""
        run = self._current
        if sequence > self.sealed_end:
            return None
        if run is None or not run.first <= sequence <= run.last:
            run = self._current = next((each for each in self.runs if each.first <= sequence <= each.last), None)
        return run

    def _check_stray(self, sequence: int, findings: Findings) -> None:
        strays = self._stray[sequence]
        if copies := len(strays) - (0 if sequence < self._next else 1):
            findings.add(Kind.EXTRA, f"writer {self.writer} has its number {sequence} more than once", copies)
        if sequence < self._next:
            return
        before = self.hash_at(sequence - 1) if sequence else None
        if before is None:
            before = next((run.head for run in self.runs if run.last == sequence - 1), None)
        previous = strays[0].previous
        unlinked = (previous is not None) if not sequence else previous is None
        if unlinked or (previous and before is not None and digest_bytes(previous) != before):
            findings.add(Kind.ALTERED, f"number {sequence} of writer {self.writer} does not follow from the one before")

    def _check_run(self, run: SealedRun, findings: Findings) -> int:
        absent = self._absent(run.first, run.last)
        if run.expired:
            return sum(last - first + 1 for first, last in absent)
        for first, last in absent:
            findings.add(Kind.MISSING, f"writer {self.writer} lacks {_span(first, last)}, sealed", last - first + 1)
        return 0

    def _unsealed_gaps(self) -> list[tuple[int, int]]:
        end = max([self._next - 1, self.sealed_end, *self._stray])
        position, gaps = 0, []
        for run in sorted(self.runs, key=lambda run: run.first):
            gaps += self._absent(position, run.first - 1)
            position = run.last + 1
        return gaps + self._absent(position, end)

    def _absent(self, first: int, last: int) -> list[tuple[int, int]]:
        """The numbers from `first` to `last` that are not there, as spans."""
        spans, start = [], max(first, self._next)
        numbers = self._numbers
        for sequence in numbers[bisect_left(numbers, start) : bisect_right(numbers, last)]:
            if sequence > start:
                spans.append((start, sequence - 1))
            start = sequence + 1
        return [*spans, (start, last)] if start <= last else spans


def _span(first: int, last: int) -> str:
    return f"number {first}" if first == last else f"numbers {first} to {last}"
