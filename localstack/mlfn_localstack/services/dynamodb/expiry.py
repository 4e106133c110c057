"""The removal of expired items in the background, as AWS's TTL service does it: the stream names that service."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from mlfn_localstack.services.dynamodb.operations_transactions import forget_tokens

if TYPE_CHECKING:
    from mlfn_localstack.services.dynamodb.database import Database

logger = logging.getLogger(__name__)

_BATCH = 200
_TIDY_S = 60
_MAX_AGE_S = 5 * 365 * 86_400
"""Times more than five years ago are taken for mistakes, and their items are kept."""


def remove_expired(database: Database, now: float) -> int:
    """Remove some of the items whose time has passed; gives how many."""
    removed = 0
    for table_id, key in database.items.expired(now - _MAX_AGE_S, now, _BATCH):
        table = database.tables.by_id(table_id)
        if table is None:
            continue
        database.changes.write(table, key, database.items.get(table, key), None, by_ttl=True)
        removed += 1
    return removed


async def sweep(database: Database, interval_s: float) -> None:
    """Remove what is over, again and again, until cancelled."""
    tidied = 0.0
    while True:
        await asyncio.sleep(interval_s)
        try:
            while remove_expired(database, time.time()) == _BATCH:
                await database.store.durable()
            if time.monotonic() - tidied > _TIDY_S:
                database.streams.trim(time.time())
                forget_tokens(database)
                tidied = time.monotonic()
            await database.store.durable()
        except Exception:
            logger.exception("The removal of expired items failed; it goes on.")
