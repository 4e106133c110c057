"""Puts a year of records into the emulator's store while it is not running, in the order of its B-trees."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from typing import TYPE_CHECKING, Any

from mlfn_localstack.process import read_credentials, start, stop
from mlfn_localstack.services.dynamodb.keys import index_row, item_key
from mlfn_localstack.services.dynamodb.keys import partition as row_prefix
from mlfn_localstack.services.dynamodb.storage import Stored
from mlfn_localstack.services.dynamodb.tables import Tables
from mlfn_localstack.services.dynamodb.values import check_item, encode
from mlfn_localstack.store import Store
from trail.records import MODELS, Partition, Year, checkpoint, directory, head, records, root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mlfn_localstack.services.dynamodb.model import Table
    from trail.records import Item

Row = tuple[tuple[Any, ...], list[tuple[Any, ...]]]
"""Of an item, and of its entries in the indexes."""
TABLE = "mlfn-audit-bench"
INDEXES = {"GSI1": "g1", "GSI2": "g2", "GSI3": "g3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was loaded, and how."""

    records: int
    seconds: float
    bytes: int


def client_of(state_dir: Path) -> Any:
    """A DynamoDB client, as `mlfn audit` has it, of the emulator that runs there."""
    from mlfn_cli.session import local_target  # noqa: PLC0415 - not needed to load
    from mlfn_deployers.aws.clients import Clients  # noqa: PLC0415

    return Clients(local_target(state_dir)).records


def load(state_dir: Path, year: Year) -> Loaded:
    """Make the table, then fill it."""
    began = time.perf_counter()
    start(state_dir, port=0)
    assert read_credentials(state_dir) is not None
    create_table(client_of(state_dir))
    stop(state_dir)
    path = state_dir / "state.db"
    store = Store(path)
    table = Tables(store).get(TABLE)
    store.close()
    count = _fill(path, table, year)
    return Loaded(records=count, seconds=time.perf_counter() - began, bytes=path.stat().st_size)


def create_table(client: Any) -> None:
    """The audit table, as the base stack has it."""
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *INDEXES.values())
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for name, key in INDEXES.items()
        ],
    )


def _fill(path: Path, table: Table, year: Year) -> int:
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-100000", "temp_store=FILE"):
        database.execute(f"PRAGMA {pragma}")
    database.execute("BEGIN")
    database.execute("CREATE TEMP TABLE unsorted (tbl, idx, pk BLOB, sk BLOB, item_pk BLOB, item_sk BLOB)")
    before = database.execute("SELECT count(*) FROM dynamodb_items").fetchone()[0]
    with Pool() as pool:
        for row, entries in _all_rows(pool, table, year):
            database.execute("INSERT INTO dynamodb_items VALUES (?, ?, ?, ?, ?, ?)", row)
            if entries:
                database.executemany("INSERT INTO unsorted VALUES (?, ?, ?, ?, ?, ?)", entries)
    database.execute("INSERT INTO dynamodb_index SELECT * FROM unsorted ORDER BY tbl, idx, pk, sk, item_pk, item_sk")
    count: int = database.execute("SELECT count(*) FROM dynamodb_items WHERE pk > ?", (b"",)).fetchone()[0] - before
    database.execute("DROP TABLE unsorted")
    database.execute("COMMIT")
    database.close()
    return count


def _all_rows(pool: Any, table: Table, year: Year) -> Iterator[Row]:
    """The rows of every item, partition by partition in the order of the store."""
    parts = {part.key: part for part in year.partitions}
    others = [*map(head, parts.values()), *map(directory, parts.values()), *map(root, MODELS)]
    others += [checkpoint(number, part.stamp) for number, part in enumerate(parts.values())]
    by_key: dict[str, Partition | list[Item]] = {**parts}
    for item in others:
        by_key.setdefault(item["pk"]["S"], []).append(item)
    ordered = [by_key[key] for key in sorted(by_key, key=lambda key: row_prefix("S", key))]
    for rows in pool.imap(partial(_rows_of, table), ordered, chunksize=20):
        yield from rows


def _rows_of(table: Table, content: Partition | list[Item]) -> list[Row]:
    items = content if isinstance(content, list) else records(content)
    return [_rows(table, item) for item in sorted(items, key=lambda item: item["sk"]["S"])]


def _rows(table: Table, item: Item) -> Row:
    stored = Stored(*check_item(item))
    key = item_key(table.schema, stored.item)
    entries = [
        (table.id, index.number, *place, *key)
        for index in table.indexes
        if (place := index_row(index, stored.item)) is not None
    ]
    return (table.id, *key, encode(stored.item), stored.size, None), entries
