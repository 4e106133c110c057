"""Streams: what changed in a table, in order, for 24 hours; a stream outlives its table by as much."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.keys import key_of
from mlfn_localstack.services.dynamodb.model import StreamView
from mlfn_localstack.services.dynamodb.values import item_size

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.model import Stream, Table
    from mlfn_localstack.services.dynamodb.stored import Stored
    from mlfn_localstack.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS dynamodb_stream (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl INTEGER, label TEXT, at REAL, body TEXT
);
CREATE INDEX IF NOT EXISTS dynamodb_stream_shard ON dynamodb_stream (tbl, label, seq);
"""
LIFE_S = 24 * 3600
TTL_IDENTITY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
_FIRST_SEQUENCE = 10**20


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """A stream that can be read: one shard, open until the stream is disabled."""

    arn: str
    label: str
    view: str
    table_id: int
    table_name: str
    key_schema: list[dict[str, str]]
    created_at: float
    closed_at: float | None = None

    @property
    def shard_id(self) -> str:
        """The id of its one shard."""
        return f"shardId-{int(self.created_at * 1000):020d}-{uuid.uuid5(uuid.NAMESPACE_URL, self.arn).hex[:8]}"


class StreamLog:
    """All streams and their records."""

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region
        self._streams = store.documents("dynamodb-stream")
        store.script(SCHEMA)

    def open(self, table: Table) -> None:
        """Make the table's new stream known."""
        if table.stream is None or table.stream_arn is None:
            return
        elements = [
            {"AttributeName": key.name, "KeyType": kind}
            for key, kind in zip(table.schema.keys, ("HASH", "RANGE"), strict=False)
        ]
        info = StreamInfo(
            arn=table.stream_arn,
            label=table.stream.label,
            view=table.stream.view,
            table_id=table.id,
            table_name=table.name,
            key_schema=elements,
            created_at=time.time(),
        )
        self._streams.put(info.arn, asdict(info))

    def close(self, arn: str) -> None:
        """No more records come; those that are there stay readable for a day."""
        info = self.find(arn)
        if info is not None and info.closed_at is None:
            self._streams.put(arn, asdict(replace(info, closed_at=time.time())))

    def find(self, arn: str) -> StreamInfo | None:
        """A stream by its ARN, or None."""
        document = self._streams.get(arn)
        return StreamInfo(**document) if document else None

    def all(self) -> list[StreamInfo]:
        """All streams, by ARN."""
        return [StreamInfo(**document) for _, document in self._streams.items()]

    def append(
        self, table: Table, stream: Stream, old: Stored | None, new: Stored | None, *, by_ttl: bool = False
    ) -> None:
        """Record that `old` became `new`; None is no item."""
        present = new or old
        if present is None or (old and new and old.item == new.item):
            return
        now = time.time()
        record: dict[str, Any] = {
            "eventName": "REMOVE" if new is None else "INSERT" if old is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": _change(table, stream, old, new, now),
        }
        if by_ttl:
            record["userIdentity"] = TTL_IDENTITY
        self._store.execute(
            "INSERT INTO dynamodb_stream (tbl, label, at, body) VALUES (?, ?, ?, ?)",
            (table.id, stream.label, now, json.dumps(record, ensure_ascii=False)),
        )

    def read(self, info: StreamInfo, position: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """Records from a position on, with the position of each."""
        rows = self._store.execute(
            "SELECT seq, body FROM dynamodb_stream WHERE tbl=? AND label=? AND seq>=? ORDER BY seq LIMIT ?",
            (info.table_id, info.label, position, limit),
        ).fetchall()
        return [(seq, _identified(info, seq, json.loads(body))) for seq, body in rows]

    def position_at(self, info: StreamInfo, moment: float) -> int:
        """The position of the first record of that moment or later, or the one that the next record gets."""
        row = self._store.execute(
            "SELECT min(seq) FROM dynamodb_stream WHERE tbl=? AND label=? AND at>=?",
            (info.table_id, info.label, moment),
        ).fetchone()
        return self.next_position() if row[0] is None else int(row[0])

    def ends(self, info: StreamInfo) -> tuple[int, int] | None:
        """The positions of the oldest and newest record, or None if there is none."""
        low, high = self._store.execute(
            "SELECT min(seq), max(seq) FROM dynamodb_stream WHERE tbl=? AND label=?", (info.table_id, info.label)
        ).fetchone()
        return None if low is None else (low, high)

    def next_position(self) -> int:
        """The position that the next record of any stream gets, or a lower one that no record has."""
        row = self._store.execute("SELECT seq FROM sqlite_sequence WHERE name='dynamodb_stream'").fetchone()
        return int(row[0]) + 1 if row else 1

    def horizon(self) -> int:
        """The first position that was not trimmed."""
        row = self._store.execute("SELECT min(seq) FROM dynamodb_stream").fetchone()
        return self.next_position() if row[0] is None else int(row[0])

    def trim(self, now: float) -> None:
        """Drop records, and closed streams, after their day."""
        self._store.execute("DELETE FROM dynamodb_stream WHERE at < ?", (now - LIFE_S,))
        for info in self.all():
            if info.closed_at is not None and info.closed_at < now - LIFE_S:
                self._streams.delete(info.arn)


def sequence_number(position: int) -> str:
    """A record's sequence number; it has at least 21 digits."""
    return str(_FIRST_SEQUENCE + position)


def position_of(sequence: str) -> int | None:
    """The position of a sequence number, or None if it is none."""
    if not (sequence.isascii() and sequence.isdigit()) or len(sequence) > 40:
        return None
    return int(sequence) - _FIRST_SEQUENCE


def _change(table: Table, stream: Stream, old: Stored | None, new: Stored | None, now: float) -> dict[str, Any]:
    present = new or old
    keys = key_of(table.schema, present.item) if present else {}
    images: dict[str, Any] = {}
    if new is not None and stream.view in (StreamView.NEW_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
        images["NewImage"] = new.item
    if old is not None and stream.view in (StreamView.OLD_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
        images["OldImage"] = old.item
    return {
        "ApproximateCreationDateTime": float(int(now)),
        "Keys": keys,
        **images,
        "SizeBytes": item_size(keys) + sum(item_size(image) for image in images.values()),
        "StreamViewType": stream.view,
    }


def _identified(info: StreamInfo, position: int, record: dict[str, Any]) -> dict[str, Any]:
    record["eventID"] = uuid.uuid5(uuid.NAMESPACE_URL, f"{info.arn}#{position}").hex
    record["dynamodb"]["SequenceNumber"] = sequence_number(position)
    return record
