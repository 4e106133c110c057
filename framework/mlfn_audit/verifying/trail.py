"""A whole trail under verification: its checkpoints first, then its records in any order, then the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mlfn_audit.merkle import Peaks
from mlfn_audit.verifying.chains import Chain
from mlfn_audit.verifying.reader import digest_bytes, read
from mlfn_audit.verifying.report import Findings, Kind, Report

if TYPE_CHECKING:
    from mlfn_audit.checkpoint import Checkpoint, Loose, OpenedCheckpoint, Sealed
    from mlfn_audit.note import PublicKey
    from mlfn_audit.verifying.reader import Record

GRACE = timedelta(minutes=20)
"""How long after it was made a record may reach the table without being late."""
DERIVED = frozenset({"dispatched", "rejected", "abandoned", "note"})
"""Phases that the platform derives from logs, whenever it reads them: in no chain, and at any time after the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loose:
    own: bytes
    made_at: str


class Trail:
    """Takes checkpoints and records, gives a report."""

    def __init__(self, key: PublicKey, *, now: datetime, known: Checkpoint | None = None) -> None:
        """`known` is a checkpoint that the verifier has seen before and trusts: the trail must continue it."""
        self._key = key
        self._now = int(now.timestamp())
        self._read_at = now
        self._known = known
        self._findings = Findings()
        self._checkpoints: list[OpenedCheckpoint] = []
        self._chains: dict[str, Chain] = {}
        self._loose: dict[str, _Loose] = {}
        self._sealed_loose: dict[str, Loose] = {}
        self._checked = 0

    def add_checkpoint(self, sealed: Sealed) -> None:
        """The next checkpoint, in the order of their numbers; all of them before the first record."""
        if self._checked:
            raise ValueError("checkpoints come before records")
        number = len(self._checkpoints) + 1
        try:
            opened = sealed.opened(self._key)
        except ValueError as error:
            self._findings.add(Kind.CHECKPOINT, f"checkpoint {number}: {error}")
            return
        if problem := self._break(opened.checkpoint):
            self._findings.add(Kind.CHECKPOINT, f"checkpoint {opened.checkpoint.number}: {problem}")
        self._checkpoints.append(opened)
        self._note_contents(opened)

    def note_export(self, moment: datetime) -> None:
        """When the trail was exported: what was on its way then is not expected to have come since."""
        self._read_at = min(self._read_at, moment)

    def refuse(self, where: str, problem: str, kind: Kind = Kind.ALTERED) -> None:
        """Something that could not even be read as a record or checkpoint."""
        self._findings.add(kind, f"{where}: {problem}")

    def add(self, text: str) -> None:
        """A record by its canonical text."""
        self._checked += 1
        try:
            record, own = read(text)
        except ValueError as error:
            self._findings.add(Kind.ALTERED, f"record {_name_of(text)}: {error}")
            return
        if record.q is None:
            self._add_loose(record, own)
            return
        chain = self._chains.get(record.w)
        if chain is None:
            chain = self._chains[record.w] = Chain(record.w)
        chain.add(record, own, int(record.q))

    def report(self) -> Report:
        """The verdict."""
        self._check_known()
        settled = _stamp(self._read_at - GRACE)
        absent = [chain.close(self._findings, settled_before=settled) for chain in self._chains.values()]
        expired = sum(each.expired for each in absent) + self._check_loose()
        self._check_roots()
        unsealed = [each for chain in self._chains.values() for each in chain.unsealed]
        loose = [each for record, each in self._loose.items() if record not in self._sealed_loose]
        times = [each.made_at for each in unsealed] + [each.made_at for each in loose]
        self._check_overdue()
        last = self._checkpoints[-1].checkpoint if self._checkpoints else None
        return Report(
            checked=self._checked,
            sealed=(last.size if last else 0) - expired - self._findings.counts[Kind.MISSING],
            unsealed=len(times),
            unsealed_since=min(times, default=None),
            late=sum(chain.late for chain in self._chains.values()),
            expired=expired,
            pending=sum(each.pending for each in absent),
            checkpoints=len(self._checkpoints),
            last_checkpoint=last.until if last else None,
            last_number=last.number if last else 0,
            counts=dict(self._findings.counts),
            findings=tuple(self._findings.told),
        )

    def _break(self, checkpoint: Checkpoint) -> str | None:
        """Where a checkpoint does not continue the one before."""
        if not self._checkpoints:
            return None if checkpoint.number == 1 and not checkpoint.previous else "the ones before it are not there"
        before = self._checkpoints[-1].checkpoint
        if checkpoint.number != before.number + 1:
            return f"it follows number {before.number}"
        if checkpoint.previous != before.digest:
            return "it does not name the one before it"
        if checkpoint.since != before.until or checkpoint.until < checkpoint.since:
            return "its window does not follow the one before it"
        return None

    def _note_contents(self, opened: OpenedCheckpoint) -> None:
        checkpoint = opened.checkpoint
        expired = checkpoint.expires[0] <= self._now
        late_before = _earlier(checkpoint.since) if checkpoint.number > 1 else ""
        for run in opened.contents.runs:
            chain = self._chains.setdefault(run.writer, Chain(run.writer))
            chain.seal(run, late_before, expired=expired, findings=self._findings)
        for each in opened.contents.loose:
            if each.id in self._sealed_loose:
                self._findings.add(Kind.CHECKPOINT, f"record {each.id} is sealed twice")
            self._sealed_loose[each.id] = each

    def _add_loose(self, record: Record, own: bytes) -> None:
        if record.id in self._loose:
            self._findings.add(Kind.EXTRA, f"record {record.id} is there twice")
            return
        if record.ph not in DERIVED:
            self._findings.add(Kind.EXTRA, f"record {record.id} says {record.ph}, but is in no writer's chain")
        self._loose[record.id] = _Loose(own=own, made_at=record.t1 or record.t0)

    def _check_known(self) -> None:
        """The trail must hold the checkpoint that the verifier knows."""
        known = self._known
        if known is None:
            return
        same = [each.checkpoint for each in self._checkpoints if each.checkpoint.number == known.number]
        if not same:
            self._findings.add(Kind.CHECKPOINT, f"checkpoint {known.number}, which was seen before, is not there")
        elif same[0].digest != known.digest:
            self._findings.add(Kind.CHECKPOINT, f"checkpoint {known.number} is not the one that was seen before")

    def _check_loose(self) -> int:
        expired = 0
        for opened in self._checkpoints:
            gone = opened.checkpoint.expires[0] <= self._now
            for each in opened.contents.loose:
                found = self._loose.get(each.id)
                if found is None and gone:
                    expired += 1
                elif found is None:
                    self._findings.add(Kind.MISSING, f"record {each.id}, sealed, is not there")
                elif found.own != digest_bytes(each.digest):
                    self._findings.add(Kind.ALTERED, f"record {each.id} is not the sealed one")
        return expired

    def _check_roots(self) -> None:
        """Grow the tree from the records themselves: it must have the signed roots."""
        peaks = Peaks()
        for opened in self._checkpoints:
            leaves = self._leaves(opened)
            if leaves is not None:
                peaks = peaks.extended(leaves)
                if (peaks.size, peaks.root) != (opened.checkpoint.size, opened.checkpoint.root):
                    number = opened.checkpoint.number
                    self._findings.add(
                        Kind.ALTERED, f"the records of checkpoint {number} are not those that were sealed"
                    )
            # Its peaks are those of the signed root: one bad window does not hide what comes after it.
            peaks = opened.peaks

    def _leaves(self, opened: OpenedCheckpoint) -> list[bytes] | None:
        """The hashes of a checkpoint's records; None if one is not there."""
        leaves: list[bytes | None] = []
        for run in opened.contents.runs:
            leaves += self._chains[run.writer].hashes(run.first, run.last)
        for each in opened.contents.loose:
            found = self._loose.get(each.id)
            leaves.append(found.own if found else None)
        there = [leaf for leaf in leaves if leaf is not None]
        return there if len(there) == len(leaves) else None

    def _check_overdue(self) -> None:
        """What is not sealed although it is older than the last checkpoint was not there when that was made."""
        if not self._checkpoints:
            return
        before = _earlier(self._checkpoints[-1].checkpoint.until)
        for chain in self._chains.values():
            for record in chain.overdue(before):
                self._findings.add(Kind.EXTRA, f"record {record.id} appeared in a time that was sealed without it")


def _earlier(moment: str) -> str:
    """A moment less the time a record may take to arrive."""
    return _stamp(datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f%z") - GRACE)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _name_of(text: str) -> str:
    """The id that a broken record claims, or its start."""
    _, _, rest = text.partition('"id":"')
    return rest[:26] if rest else repr(text[:40])
