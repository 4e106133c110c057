"""What every group of operations works on: the tables, their items, and the door for changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlfn_localstack.service import Environment, Params, Result
from mlfn_localstack.services.dynamodb.changes import Changes
from mlfn_localstack.services.dynamodb.storage import Items
from mlfn_localstack.services.dynamodb.stream_log import StreamLog
from mlfn_localstack.services.dynamodb.table_keys import TableKeys
from mlfn_localstack.services.dynamodb.tables import Tables

if TYPE_CHECKING:
    from mlfn_localstack.store import Store

SyncOperation = Callable[[Params], Result]
"""An operation that never waits: nothing else runs between its reads and its writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """DynamoDB's state in the emulator's store."""

    store: Store
    tables: Tables
    keys: TableKeys
    items: Items
    streams: StreamLog
    changes: Changes
    account_id: str
    region: str


def open_database(environment: Environment) -> Database:
    """The state that is in the environment's store."""
    store = environment.store
    items = Items(store)
    streams = StreamLog(store, environment.region)
    keys = TableKeys(environment)
    return Database(
        store=store,
        tables=Tables(store, keys),
        keys=keys,
        items=items,
        streams=streams,
        changes=Changes(items, streams),
        account_id=environment.account_id,
        region=environment.region,
    )
