"""How items and index rows lie in the store, and how those that an earlier version left get there.

An item's row is found by its number: the tree of keys stays small, so that an item costs two reads of a disk
wherever it is. Rows are in the order of their puts, in which most are read together.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.store import Store

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dynamodb_rows (
    number INTEGER PRIMARY KEY, tbl INTEGER, pk BLOB, sk BLOB, body TEXT, size INTEGER, expires INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS dynamodb_keys ON dynamodb_rows (tbl, pk, sk);
CREATE INDEX IF NOT EXISTS dynamodb_expiries ON dynamodb_rows (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS dynamodb_index (
    tbl INTEGER, idx INTEGER, pk BLOB, sk BLOB, item_pk BLOB, item_sk BLOB,
    PRIMARY KEY (tbl, idx, pk, sk, item_pk, item_sk)
) WITHOUT ROWID;
"""
_EARLIER = "SELECT 1 FROM sqlite_master WHERE type='table' AND name='dynamodb_items'"
_BATCH = 1_000
"""Items moved at a time: some 20 ms."""
_LAST = "SELECT tbl, pk, sk FROM dynamodb_items ORDER BY tbl, pk, sk LIMIT 1 OFFSET ?"
_COPY = """
INSERT OR REPLACE INTO dynamodb_rows (tbl, pk, sk, body, size, expires)
SELECT tbl, pk, sk, body, size, expires FROM dynamodb_items WHERE (tbl, pk, sk) <= (?, ?, ?) ORDER BY tbl, pk, sk
"""
_REMOVE = "DELETE FROM dynamodb_items WHERE (tbl, pk, sk) <= (?, ?, ?)"


def lay_out(store: Store) -> None:
    """Make the tables, and move the items of an earlier version into them if nobody has (which blocks)."""
    store.script(_SCHEMA)
    for _ in _moves(store):
        store.commit()


async def move_earlier(store: Store) -> None:
    """Move the items of an earlier version into today's tables while others are answered.

    Where it is broken off the next start goes on; the pages that the moved ones leave take those that follow.
    """
    store.script(_SCHEMA)
    for _ in _moves(store):
        await store.durable()


def _moves(store: Store) -> Iterator[None]:
    """Step by step; each is whole once the transaction that it leaves open is committed."""
    if store.execute(_EARLIER).fetchone() is None:
        return
    moved = 0
    with _without_overwriting(store):
        while (place := _end_of_batch(store)) is not None:
            moved += store.execute(_COPY, place).rowcount
            store.execute(_REMOVE, place)
            yield
        store.execute("DROP TABLE dynamodb_items")
        yield
    logger.info("Moved %d items of an earlier version into today's layout.", moved)


def _end_of_batch(store: Store) -> tuple[object, ...] | None:
    place: tuple[object, ...] | None = store.execute(_LAST, (_BATCH - 1,)).fetchone()
    if place is None:
        place = store.execute("SELECT tbl, pk, sk FROM dynamodb_items ORDER BY tbl DESC, pk DESC, sk DESC").fetchone()
    return place


@contextmanager
def _without_overwriting(store: Store) -> Iterator[None]:
    """Where SQLite overwrites what it deletes, doing so takes five times as long as the move."""
    (overwrites,) = store.execute("PRAGMA secure_delete").fetchone()
    store.script("PRAGMA secure_delete=0")
    try:
        yield
    finally:
        store.script(f"PRAGMA secure_delete={overwrites}")
