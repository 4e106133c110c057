"""DynamoDB: tables, items, expressions, indexes, transactions, TTL, in the emulator's store.

Parameters and results are in the form of the service's JSON: times are seconds since 1970, and a `B` value is base64
text in results (and in the store, so that most requests need no conversion); in parameters it may also be bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from mlfn_localstack.service import Immediate
from mlfn_localstack.services.dynamodb import (
    operations_batch,
    operations_items,
    operations_query,
    operations_settings,
    operations_statements,
    operations_tables,
    operations_transactions,
)
from mlfn_localstack.services.dynamodb.database import open_database
from mlfn_localstack.services.dynamodb.expiry import sweep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.http import Route
    from mlfn_localstack.service import Environment, Operation

_GROUPS = (
    operations_tables,
    operations_settings,
    operations_items,
    operations_query,
    operations_batch,
    operations_transactions,
    operations_statements,
)
_SWEEP_S = 1.0


class DynamoDb:
    """The service."""

    name = "dynamodb"

    def __init__(self, environment: Environment) -> None:
        self.database = open_database(environment)
        self._sweep_s = float(environment.options.get("dynamodb-ttl-interval-s", _SWEEP_S))
        self._sweeper: asyncio.Task[None] | None = None
        self._operations = {
            name: Immediate(operation)
            for group in _GROUPS
            for name, operation in group.operations(self.database).items()
        }

    def operations(self) -> Mapping[str, Operation]:
        """Every supported operation."""
        return self._operations

    def routes(self) -> Sequence[Route]:
        """None: everything goes through the wire protocol."""
        return ()

    async def start(self) -> None:
        """Begin to remove expired items."""
        self._sweeper = asyncio.create_task(sweep(self.database, self._sweep_s))

    async def stop(self) -> None:
        """End the removal of expired items; leave the tables' totals to the next start."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
            self._sweeper = None
        self.database.items.totals.save()
