"""Items and index rows in the store: every write and read of a table's data.

Index rows hold keys alone; what an index shows is read from the item, so that the two cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from mlfn_localstack.services.dynamodb.keys import HASH_BYTES, RowKey, decode, index_row
from mlfn_localstack.services.dynamodb.layout import lay_out
from mlfn_localstack.services.dynamodb.stored import Stored
from mlfn_localstack.services.dynamodb.totals import Totals
from mlfn_localstack.services.dynamodb.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlfn_localstack.services.dynamodb.model import Index, Key, Table
    from mlfn_localstack.services.dynamodb.values import Item
    from mlfn_localstack.store import Store

_PUT = """
INSERT INTO dynamodb_rows (tbl, pk, sk, body, size, expires) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tbl, pk, sk) DO UPDATE SET body = excluded.body, size = excluded.size, expires = excluded.expires
"""
_INDEX_COLUMNS = ("x.pk", "x.sk", "x.item_pk", "x.item_sk")
MAX_KEY = b"\xff" * 4096
"""After every key, so that it can close a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Rows of a table or index, in order, from `low` to `high` and past `after`; an end may be left out."""

    index: Index | None = None
    low: RowKey
    high: RowKey
    without_low: bool = False
    without_high: bool = False
    after: tuple[bytes, ...] | None = None
    forward: bool = True


class Items:
    """The items of all tables."""

    def __init__(self, store: Store) -> None:
        self._store = store
        lay_out(store)
        self.totals = Totals(store)

    def get(self, table: Table, key: RowKey) -> Stored | None:
        """The item, or None."""
        row = self._store.execute(
            "SELECT body, size FROM dynamodb_rows WHERE tbl=? AND pk=? AND sk=?", (table.id, *key)
        ).fetchone()
        return Stored(orjson.loads(row[0]), row[1]) if row else None

    def size(self, table: Table, key: RowKey) -> int:
        """The size of the item that is there, or 0."""
        row = self._store.execute(
            "SELECT size FROM dynamodb_rows WHERE tbl=? AND pk=? AND sk=?", (table.id, *key)
        ).fetchone()
        return int(row[0]) if row else 0

    def put(self, table: Table, key: RowKey, new: Stored, old: Stored | None) -> None:
        """Write an item in place of `old`, and its index rows."""
        body = (table.id, *key, encode(new.item), new.size, expiry(table, new.item))
        self._store.execute(_PUT, body)
        if old is None and not table.indexes and table.stream is None:
            self.totals.forget(table)  # whoever wrote may not have looked what was there
        else:
            self.totals.replaced(table, None, old, new)
        for index in table.indexes:
            self._move(table, index, key, old, new)

    def delete(self, table: Table, key: RowKey, old: Stored) -> None:
        """Remove an item and its index rows."""
        self._store.execute("DELETE FROM dynamodb_rows WHERE tbl=? AND pk=? AND sk=?", (table.id, *key))
        self.totals.replaced(table, None, old, None)
        for index in table.indexes:
            self._move(table, index, key, old, None)

    def read(self, table: Table, span: Range) -> Iterator[Stored]:
        """The items of a range, in order."""
        sql, args = _table_query(table, span) if span.index is None else _index_query(table, span.index, span)
        for body, size in self._store.execute(sql, args):
            yield Stored(orjson.loads(body), size)

    def read_keys(self, table: Table, index: Index, span: Range) -> Iterator[Stored]:
        """The keys alone of an index's range, from its rows: only what they lead to would be far to fetch."""
        keys = _row_keys(index, table)
        for row in self._store.execute(*_key_query(table, index, span)):
            parts = {key.name: (key.kind, row[column][skipped:]) for key, column, skipped in keys}
            item = {name: {kind: decode(kind, part)} for name, (kind, part) in parts.items()}
            yield Stored(item, sum([len(name.encode()) + len(part) for name, (_, part) in parts.items()]))

    def rows(self, table: Table) -> Iterator[tuple[RowKey, Stored]]:
        """Every item of a table with its key; the table may be written meanwhile."""
        rows = self._store.execute("SELECT pk, sk, body, size FROM dynamodb_rows WHERE tbl=?", (table.id,)).fetchall()
        for pk, sk, body, size in rows:
            yield RowKey(pk, sk), Stored(orjson.loads(body), size)

    def collection_size(self, table: Table, partition: bytes) -> int:
        """The bytes of all items with one partition key."""
        row = self._store.execute(
            "SELECT coalesce(sum(size), 0) FROM dynamodb_rows WHERE tbl=? AND pk=?", (table.id, partition)
        ).fetchone()
        return int(row[0])

    def add_index(self, table: Table, index: Index) -> None:
        """Fill a new index from the table."""
        self.totals.begin(table, index)
        for key, stored in self.rows(table):
            self._move(table, index, key, None, stored)

    def drop_index(self, table: Table, index: Index) -> None:
        """Empty an index."""
        self.totals.forget(table, index)
        self._store.execute("DELETE FROM dynamodb_index WHERE tbl=? AND idx=?", (table.id, index.number))

    def drop(self, table: Table) -> None:
        """Remove all items and index rows of a table."""
        for index in (None, *table.indexes):
            self.totals.forget(table, index)
        self._store.execute("DELETE FROM dynamodb_rows WHERE tbl=?", (table.id,))
        self._store.execute("DELETE FROM dynamodb_index WHERE tbl=?", (table.id,))

    def mark_expiry(self, table: Table) -> None:
        """Note anew when each item expires, after the table's setting changed."""
        for key, stored in self.rows(table):
            self._store.execute(
                "UPDATE dynamodb_rows SET expires=? WHERE tbl=? AND pk=? AND sk=?",
                (expiry(table, stored.item), table.id, *key),
            )

    def expired(self, since: float, until: float, limit: int) -> list[tuple[int, RowKey]]:
        """Table ids and keys of items whose time lies between two moments."""
        rows = self._store.execute(
            "SELECT tbl, pk, sk FROM dynamodb_rows WHERE expires IS NOT NULL AND expires > ? AND expires <= ? LIMIT ?",
            (since, until, limit),
        ).fetchall()
        return [(table, RowKey(pk, sk)) for table, pk, sk in rows]

    def _move(self, table: Table, index: Index, key: RowKey, old: Stored | None, new: Stored | None) -> None:
        before, after = old and index_row(index, old.item), new and index_row(index, new.item)
        self.totals.replaced(table, index, old if before else None, new if after else None)
        if before == after:
            return
        if before is not None:
            sql = "DELETE FROM dynamodb_index WHERE tbl=? AND idx=? AND pk=? AND sk=? AND item_pk=? AND item_sk=?"
            self._store.execute(sql, (table.id, index.number, *before, *key))
        if after is not None:
            sql = "INSERT OR REPLACE INTO dynamodb_index VALUES (?, ?, ?, ?, ?, ?)"
            self._store.execute(sql, (table.id, index.number, *after, *key))


def expiry(table: Table, item: Item) -> int | None:
    """When an item expires: a number in the TTL attribute, in seconds since 1970 and within what SQLite holds."""
    if table.ttl_attribute is None:
        return None
    number = item.get(table.ttl_attribute, {}).get("N")
    if number is None or len(number) > 18:
        return None
    return int(float(number))


def _table_query(table: Table, span: Range) -> tuple[str, tuple[object, ...]]:
    where, args = _bounds(span, ("pk", "sk"))
    direction = "ASC" if span.forward else "DESC"
    # S608: the condition is made of column names and placeholders alone
    sql = f"SELECT body, size FROM dynamodb_rows WHERE tbl=? AND {where} ORDER BY pk {direction}, sk {direction}"  # noqa: S608
    return sql, (table.id, *args)


def _index_query(table: Table, index: Index, span: Range) -> tuple[str, tuple[object, ...]]:
    where, args = _index_rows(table, index, span)
    joined = "dynamodb_index x CROSS JOIN dynamodb_rows i ON i.tbl=x.tbl AND i.pk=x.item_pk AND i.sk=x.item_sk"
    return f"SELECT i.body, i.size FROM {joined} WHERE {where}", args  # noqa: S608 - column names and placeholders


def _key_query(table: Table, index: Index, span: Range) -> tuple[str, tuple[object, ...]]:
    where, args = _index_rows(table, index, span)
    return f"SELECT {', '.join(_INDEX_COLUMNS)} FROM dynamodb_index x WHERE {where}", args  # noqa: S608 - as above


def _index_rows(table: Table, index: Index, span: Range) -> tuple[str, tuple[object, ...]]:
    where, args = _bounds(span, _INDEX_COLUMNS)
    direction = "ASC" if span.forward else "DESC"
    order = ", ".join(f"{name} {direction}" for name in _INDEX_COLUMNS)
    return f"x.tbl=? AND x.idx=? AND {where} ORDER BY {order}", (table.id, index.number, *args)


def _row_keys(index: Index, table: Table) -> list[tuple[Key, int, int]]:
    """The keys that a row of an index holds: each with its column, and how many bytes come before it there."""
    columns = (index.schema.hash, index.schema.range, table.schema.hash, table.schema.range)
    return [(key, column, 0 if column % 2 else HASH_BYTES) for column, key in enumerate(columns) if key is not None]


def _bounds(span: Range, columns: tuple[str, ...]) -> tuple[str, tuple[object, ...]]:
    """The condition of a range: one lower and one upper bound on what the rows are sorted by."""
    low: tuple[bytes, ...] = span.low
    high: tuple[bytes, ...] = span.high
    first, last = ">" if span.without_low else ">=", "<" if span.without_high else "<="
    if span.after is not None and span.forward:
        low, first = span.after, ">"
    elif span.after is not None:
        high, last = span.after, "<"
    if span.low.partition == span.high.partition:
        lower, upper = _row(columns[1:], first, len(low) - 1), _row(columns[1:], last, len(high) - 1)
        return f"{columns[0]} = ? AND {lower} AND {upper}", (span.low.partition, *low[1:], *high[1:])
    return f"{_row(columns, first, len(low))} AND {_row(columns, last, len(high))}", (*low, *high)


def _row(columns: tuple[str, ...], operator: str, count: int) -> str:
    """`(a, b) >= (?, ?)` over the first `count` columns."""
    if count == 1:
        return f"{columns[0]} {operator} ?"
    return f"({', '.join(columns[:count])}) {operator} ({', '.join('?' * count)})"
