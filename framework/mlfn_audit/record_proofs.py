"""One record by its id: its phases, its checkpoint, its proof."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlfn.audit.keys import hour_of
from mlfn.errors import AuditError
from mlfn_audit.checkpoint import OpenedCheckpoint, Sealed
from mlfn_audit.directory import partition_items, partitions
from mlfn_audit.facts import read_facts
from mlfn_audit.merkle import Peaks
from mlfn_audit.proving import Proof, leaf_names, prove
from mlfn_audit.verifying.items import text_of
from mlfn_audit.verifying.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_audit.bucket import CheckpointBucket
    from mlfn_audit.directory import Item, TableClient
    from mlfn_audit.note import PublicKey

_ALL = 1 << 62
_BEFORE = timedelta(hours=1), timedelta(hours=50)
"""How long before a checkpoint's window its records may have begun: usually, and at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A table, the bucket of its checkpoints and the key they are signed with."""

    client: TableClient
    table: str
    models: tuple[str, ...]
    bucket: CheckpointBucket
    key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What is known of a record's integrity."""

    problem: str | None = None
    """Why it is not as it was written."""
    checkpoint: int | None = None
    sealed_at: str | None = None


def find(trail: Trail, record: str, since: str) -> Item:
    """The item of a record that was made at `since` or later; the newest hours are looked through first.

    Raises:
        AuditError: there is none.
    """
    for part in reversed(partitions(trail.client, trail.table, trail.models, since_hour=hour_of(since))):
        for item in partition_items(trail.client, trail.table, part.key, since=since):
            if item["sk"]["S"].split("#")[1:2] == [record]:
                return item
    raise AuditError(f"There is no record {record}.", hint="Give its whole id, and --since if it is older.")


def prove_record(trail: Trail, item: Item) -> Proof:
    """The proof that a record in the table is in the trail.

    Raises:
        AuditError: it is not as it was written, not sealed yet, or what it was sealed with is gone.
    """
    try:
        text = text_of(item)
        record, _ = read(text)
    except ValueError as error:
        raise AuditError(f"The record is not as it was written: {error}.", hint="Run mlfn audit verify.") from error
    for sealed, opened in _checkpoints(trail, record.t1 or record.t0):
        if _holds(opened, record.id, record.w, record.q):
            return prove(text, opened, sealed.note, before=_before(trail, opened), hashes=_hashes(trail, opened))
    raise AuditError(f"Record {record.id} is not sealed yet.", hint="Run mlfn audit seal, or wait for the sealer.")


def seal_of(trail: Trail, item: Item) -> Seal:
    """Whether a record is as it was written, and the checkpoint that sealed it."""
    try:
        record, _ = read(text_of(item))
    except ValueError as error:
        return Seal(problem=str(error))
    for _, opened in _checkpoints(trail, record.t1 or record.t0):
        if _holds(opened, record.id, record.w, record.q):
            return Seal(checkpoint=opened.checkpoint.number, sealed_at=opened.checkpoint.until)
    return Seal()


def _checkpoints(trail: Trail, made_at: str) -> Iterator[tuple[Sealed, OpenedCheckpoint]]:
    """The checkpoints made since a record was, the first one found by halving."""
    key = {"pk": {"S": "K#"}, "sk": {"S": "latest"}}
    pointer = trail.client.get_item(TableName=trail.table, Key=key, ConsistentRead=True).get("Item")
    last = int(pointer["n"]["N"]) if pointer else 0
    numbers = range(1, last + 1)
    first = bisect_left(numbers, made_at, key=lambda number: _checkpoint(trail, number)[1].checkpoint.until)
    for number in numbers[first:]:
        yield _checkpoint(trail, number)


def _checkpoint(trail: Trail, number: int) -> tuple[Sealed, OpenedCheckpoint]:
    data = trail.bucket.get(number)
    if data is None:
        raise AuditError(f"Checkpoint {number} is not in the bucket.", hint="Run mlfn audit verify.")
    return _opened(trail, data)


def _opened(trail: Trail, data: bytes) -> tuple[Sealed, OpenedCheckpoint]:
    try:
        sealed = Sealed.from_bytes(data)
        return sealed, sealed.opened(trail.key)
    except ValueError as error:
        raise AuditError(f"A checkpoint is not as it was signed: {error}.", hint="Run mlfn audit verify.") from error


def _holds(opened: OpenedCheckpoint, record: str, writer: str, number: str | None) -> bool:
    if any(each.id == record for each in opened.contents.loose):
        return True
    return number is not None and any(
        run.writer == writer and run.first <= int(number) <= run.last for run in opened.contents.runs
    )


def _before(trail: Trail, opened: OpenedCheckpoint) -> Peaks:
    number = opened.checkpoint.number - 1
    return _checkpoint(trail, number)[1].peaks if number else Peaks()


def _hashes(trail: Trail, opened: OpenedCheckpoint) -> dict[object, str]:
    """The hashes of the records that a checkpoint sealed, by writer and number and by id."""
    window = datetime.strptime(opened.checkpoint.since, "%Y-%m-%dT%H:%M:%S.%f%z")
    hashes: dict[object, str] = {}
    for earlier in _BEFORE:
        since = (window - earlier).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found = read_facts(trail.client, trail.table, trail.models, since=since, largest=_ALL)
        for fact in found.facts:
            hashes.setdefault(fact.id if fact.sequence is None else (fact.writer, fact.sequence), fact.digest)
            if fact.sequence is not None:
                hashes.setdefault(fact.id, fact.digest)
        if all(name in hashes for name in leaf_names(opened.contents)):
            break
    return hashes
