"""Writes to items: the item, its index rows and its stream record, all in one turn."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.dynamodb.keys import key_of
from mlfn_localstack.services.dynamodb.model import StreamView
from mlfn_localstack.services.dynamodb.values import item_size

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.keys import RowKey
    from mlfn_localstack.services.dynamodb.model import Stream, Table
    from mlfn_localstack.services.dynamodb.storage import Items, Stored
    from mlfn_localstack.store import Store

STREAM_SCHEMA = """
CREATE TABLE IF NOT EXISTS dynamodb_stream (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl INTEGER, label TEXT, at REAL, body TEXT
);
CREATE INDEX IF NOT EXISTS dynamodb_stream_shard ON dynamodb_stream (tbl, label, seq);
"""
FIRST_SEQUENCE = 10**20
"""Added to a record's number: sequence numbers have at least 21 digits."""
TTL_IDENTITY = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


class Changes:
    """The one door through which items change."""

    def __init__(self, store: Store, items: Items, region: str) -> None:
        self._store = store
        self._items = items
        self._region = region
        store.script(STREAM_SCHEMA)

    def write(self, table: Table, key: RowKey, old: Stored | None, new: Stored | None, *, by_ttl: bool = False) -> None:
        """Replace `old` by `new`; None is no item. A table with indexes or a stream needs the true `old`."""
        if new is not None:
            self._items.put(table, key, new, old)
        elif old is not None:
            self._items.delete(table, key, old)
        if table.stream is not None and (old and old.item) != (new and new.item):
            self._record(table, table.stream, old, new, by_ttl=by_ttl)

    def _record(self, table: Table, stream: Stream, old: Stored | None, new: Stored | None, *, by_ttl: bool) -> None:
        now = time.time()
        present = new or old
        if present is None:
            return
        images = _images(stream.view, old, new)
        keys = key_of(table.schema, present.item)
        change = {
            "ApproximateCreationDateTime": float(int(now)),
            "Keys": keys,
            **images,
            "SizeBytes": item_size(keys) + sum(item_size(image) for image in images.values()),
            "StreamViewType": stream.view,
        }
        record: dict[str, Any] = {
            "eventName": "REMOVE" if new is None else "INSERT" if old is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self._region,
            "dynamodb": change,
        }
        if by_ttl:
            record["userIdentity"] = TTL_IDENTITY
        self._store.execute(
            "INSERT INTO dynamodb_stream (tbl, label, at, body) VALUES (?, ?, ?, ?)",
            (table.id, stream.label, now, json.dumps(record, ensure_ascii=False)),
        )


def _images(view: StreamView, old: Stored | None, new: Stored | None) -> dict[str, Any]:
    images: dict[str, Any] = {}
    if new is not None and view in (StreamView.NEW_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
        images["NewImage"] = new.item
    if old is not None and view in (StreamView.OLD_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
        images["OldImage"] = old.item
    return images
