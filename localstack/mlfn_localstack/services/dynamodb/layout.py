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
_MOVE = """
INSERT OR REPLACE INTO dynamodb_rows (tbl, pk, sk, body, size, expires)
SELECT tbl, pk, sk, body, size, expires FROM dynamodb_items ORDER BY tbl, pk, sk
"""


def lay_out(store: Store) -> None:
    """Make the tables, and move the items of an earlier version into them: all of them, or after a failure none."""
    store.script(_SCHEMA)
    if store.execute(_EARLIER).fetchone() is None:
        return
    with _without_overwriting(store), store.savepoint():
        moved = store.execute(_MOVE).rowcount
        store.execute("DROP TABLE dynamodb_items")
    logger.info("Moved %d items of an earlier version into today's layout.", moved)


@contextmanager
def _without_overwriting(store: Store) -> Iterator[None]:
    """Where SQLite overwrites what it deletes, doing so takes five times as long as the move."""
    (overwrites,) = store.execute("PRAGMA secure_delete").fetchone()
    store.script("PRAGMA secure_delete=0")
    try:
        yield
    finally:
        store.script(f"PRAGMA secure_delete={overwrites}")
