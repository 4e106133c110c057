"""What an exported trail holds: checkpoints, then every record, in the order of their hours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from mlfn.audit.codec import canonical
from mlfn.audit.item import from_item
from mlfn.audit.keys import hour_of
from mlfn_audit.directory import items_of, partitions
from mlfn_audit.verifying.reader import check_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlfn_audit.bucket import CheckpointBucket
    from mlfn_audit.directory import Item, TableClient

FIRST, LAST = "0", "9"
"""Before and after every time."""


class Kind(StrEnum):
    """What an entry is: its name in a line of the file (docs/audit-trail.md §5)."""

    EXPORT = "mlfn_export"
    CHECKPOINT = "mlfn_checkpoint"
    RECORD = "mlfn_audit"
    DAMAGED = "mlfn_damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of the things that an export holds; a record in its wire form."""

    kind: Kind
    value: Any
    text: bytes = b""
    """The canonical bytes of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose trail it is."""

    table: str
    region: str
    account: str
    partition: str = "aws"

    @property
    def name(self) -> str:
        """The trail's name."""
        return f"{self.table}.{self.region}.{self.account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Which records: of which models, that began from `since` up to, not including, `until` (times of records)."""

    models: tuple[str, ...]
    since: str = FIRST
    until: str = LAST


def whole_trail(
    client: TableClient, table: str, models: Iterable[str], *, bucket: CheckpointBucket, at: int
) -> Iterator[Entry]:
    """The whole trail as it is at this moment (seconds since 1970): what verification needs."""
    yield Entry(kind=Kind.EXPORT, value={"table": table, "at": at})
    for stored in bucket.all():
        yield Entry(kind=Kind.CHECKPOINT, value=_document(stored.data))
    yield from records(client, table, Excerpt(models=tuple(models)))


def records(client: TableClient, table: str, excerpt: Excerpt) -> Iterator[Entry]:
    """The records of an excerpt; an item that holds none is told of as damaged, for verification to tell of it."""
    hours = {"since_hour": hour_of(excerpt.since), "until_hour": hour_of(excerpt.until)}
    parts = partitions(client, table, excerpt.models, **hours)
    for item in items_of(client, table, parts, since=excerpt.since):
        if item["sk"]["S"] < excerpt.until:
            yield entry_of(item)


def entry_of(item: Item) -> Entry:
    """What an item is."""
    try:
        wire = from_item(item)
        check_fields(wire)
        for time in {wire["t0"], wire.get("t1") or wire["t0"]}:
            datetime.fromisoformat(time)
        return Entry(kind=Kind.RECORD, value=wire, text=canonical(wire))
    except (KeyError, TypeError, ValueError) as error:
        damage = {"pk": item["pk"]["S"], "sk": item["sk"]["S"], "problem": repr(error)}
        return Entry(kind=Kind.DAMAGED, value=damage)


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")
