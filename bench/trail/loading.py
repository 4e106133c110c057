"""Puts a year of records into the emulator's store while it is not running, in the order in which they were made."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from multiprocessing import Pool
from typing import TYPE_CHECKING, Any

from mlfn_localstack.process import read_credentials, start, stop
from mlfn_localstack.service import Environment
from mlfn_localstack.services.dynamodb.database import open_database
from mlfn_localstack.services.dynamodb.keys import index_row, item_key
from mlfn_localstack.services.dynamodb.stored import Stored
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
_PUT = "INSERT INTO dynamodb_rows (tbl, pk, sk, body, size, expires) VALUES (?, ?, ?, ?, ?, ?)"
TABLE = "mlfn-audit-bench"
INDEXES = {"GSI1": "g1", "GSI2": "g2", "GSI3": "g3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What is put in an hour of the year."""

    partitions: tuple[Partition, ...]
    others: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was loaded, and how."""

    records: int
    seconds: float
    bytes: int


def client_of(state_dir: Path) -> Any:
    """A DynamoDB client, as `mlfn audit` has it, of the emulator that runs there."""
    from mlfn_cli.session import local_target  # noqa: PLC0415 - not needed to load
    from mlfn_deployers.aws.api.clients import Clients  # noqa: PLC0415

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
    environment = Environment(store=store, gateway=None, authenticator=None, state_dir=state_dir)  # type: ignore[arg-type]
    table = open_database(environment).tables.get(TABLE)
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
    (keys,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'dynamodb_keys'").fetchone()
    database.execute("DROP INDEX dynamodb_keys")  # trees are made in their order, at the end
    count = 0
    with Pool() as pool:
        for rows in pool.imap(partial(_rows_of, table), _hours(year), chunksize=20):
            for row, entries in rows:
                database.execute(_PUT, row)
                database.executemany("INSERT INTO unsorted VALUES (?, ?, ?, ?, ?, ?)", entries)
            count += len(rows)
    database.execute(keys)
    database.execute("INSERT INTO dynamodb_index SELECT * FROM unsorted ORDER BY tbl, idx, pk, sk, item_pk, item_sk")
    database.execute("DROP TABLE unsorted")
    database.execute("COMMIT")
    database.close()
    return count


def _hours(year: Year) -> Iterator[Hour]:
    """What is put in each hour: the records of its partitions, and what tells of them."""
    yield Hour(partitions=(), others=tuple(map(root, MODELS)))
    number = 0
    for _, group in groupby(year.partitions, key=lambda part: part.hour):
        parts = tuple(group)
        others = [*map(directory, parts), *map(head, parts)]
        others += [checkpoint(number + place, part.stamp) for place, part in enumerate(parts)]
        number += len(parts)
        yield Hour(partitions=parts, others=tuple(others))


def _rows_of(table: Table, hour: Hour) -> list[Row]:
    items = [item for part in hour.partitions for item in records(part)]
    items.sort(key=lambda item: item["sk"]["S"])
    return [_rows(table, item) for item in (*items, *hour.others)]


def _rows(table: Table, item: Item) -> Row:
    stored = Stored(*check_item(item))
    key = item_key(table.schema, stored.item)
    entries = [
        (table.id, index.number, *place, *key)
        for index in table.indexes
        if (place := index_row(index, stored.item)) is not None
    ]
    return (table.id, *key, encode(stored.item), stored.size, None), entries
