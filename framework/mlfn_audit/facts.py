"""What sealing needs of the table's records, read hour by hour."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlfn.audit.codec import base64url
from mlfn.audit.keys import hour_of
from mlfn_audit.directory import partition_items, partitions
from mlfn_audit.sealing import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlfn_audit.directory import Item, TableClient

LARGEST = 100_000
"""Records of one checkpoint, about: whole hours are read."""
_FIELDS = ("w", "q", "h", "t1", "x")
_WRITER = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID = re.compile(r"[a-z2-7]{26}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_LARGEST_NUMBER = 2**53 - 1
_DIGEST_BYTES = 32


@dataclass(slots=True, kw_only=True)
class Found:
    """The records read so far."""

    facts: list[Fact] = field(default_factory=list)
    unreadable: int = 0
    rest_from: str | None = None
    """Where reading stopped, if there is more than one checkpoint should hold."""


def read_facts(client: TableClient, table: str, models: Iterable[str], *, since: str, largest: int = LARGEST) -> Found:
    """The records whose attempts began at `since` or later."""
    found = Found()
    hour = ""
    for part in partitions(client, table, models, since_hour=hour_of(since) if since else ""):
        if len(found.facts) >= largest and part.hour != hour:
            found.rest_from = f"{part.hour[:4]}-{part.hour[4:6]}-{part.hour[6:11]}:00:00.000000Z"
            break
        hour = part.hour
        for item in partition_items(client, table, part.key, since=since, fields=_FIELDS):
            fact = _fact(item)
            if fact is None:
                found.unreadable += 1
            else:
                found.facts.append(fact)
    return found


def _fact(item: Item) -> Fact | None:
    """A record's fact; None for an item that cannot be a record."""
    try:
        started, record, _ = item["sk"]["S"].split("#")
        writer, digest = item["w"]["S"], item["h"]["B"]
        sequence = int(item["q"]["N"]) if "q" in item else None
        expires = int(item["x"]["N"])
    except (KeyError, ValueError):
        return None
    ended = item.get("t1", {}).get("S", started)
    texts = _WRITER.fullmatch(writer) and _ID.fullmatch(record) and _TIME.fullmatch(ended) and _TIME.fullmatch(started)
    numbers = 0 <= (sequence or 0) <= _LARGEST_NUMBER and 0 <= expires <= _LARGEST_NUMBER
    if not texts or not numbers or len(digest) != _DIGEST_BYTES:
        return None
    return Fact(
        id=record,
        writer=writer,
        sequence=sequence,
        digest=base64url(bytes(digest)),
        made_at=ended,
        expires_at=expires,
    )
